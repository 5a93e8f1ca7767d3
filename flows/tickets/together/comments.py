"""Saying something about a ticket, and watching it."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from flows.forms.files import FILE_GROUPS, check_file, check_photo
from flows.forms.kinds import keep_file
from flows.organisation.models import User
from flows.tickets import waits
from flows.tickets.actions import lock
from flows.tickets.events import SAID
from flows.tickets.models import Ticket
from flows.tickets.service_levels.clocks import answered
from flows.tickets.together.mentions import mentioned_in, without_sight
from flows.tickets.together.merging import goes_on_in
from flows.tickets.together.models import Comment, CommentEdit, Watcher
from flows.tickets.together.rights import demand_sight, demand_work
from flows.tickets.together.secrecy import readable, secrets_in
from flows.tickets.together.telling import tell_about
from rules.store.problems import Refusal

MOST_FILES = 5
MEGABYTES = 20


class MentionedMayNotSee(Refusal):
    """Nothing was posted: `people` are named and would not be told."""

    def __init__(self, people: Sequence[User]):
        self.people = people
        super().__init__(
            _("%(names)s may not see this ticket and will not be told. Post it all the same?")
            % {"names": _(", ").join(map(str, people))}
        )


@transaction.atomic
def add_comment(
    *, ticket: Ticket, text: str, by, at: datetime, is_public=False, uploads=(), though_unseen=False
) -> Comment:
    """Say something about `ticket`.

    uploads         checked by `check_upload`
    though_unseen   post it although someone mentioned may not see the ticket
    raises          NotYours, MentionedMayNotSee, Refusal
    """
    demand_work(ticket, by=by)
    if onward := goes_on_in(ticket):
        raise Refusal(
            _("This ticket was merged into #%(number)s. Please comment there.") % {"number": onward.pk}
        )
    text = checked_text(text, has_files=bool(uploads))
    mentioned = mentioned_in(text)
    blind = without_sight(mentioned, ticket)
    if blind and not though_unseen:
        raise MentionedMayNotSee(blind)
    comment = Comment.objects.create(ticket=ticket, by=by, at=at, text=text, is_public=is_public)
    comment.files.set(keep_file(upload, by=by, at=at)["id"] for upload in uploads)
    seeing = [person for person in mentioned if person not in blind]
    mention(comment, seeing, at=at)
    if is_public:
        answered(ticket=lock(ticket), at=at)
        waits.happened(ticket=ticket, event=SAID, at=at)
    others = people_concerned(ticket) - set(seeing)
    tell_about(
        ticket, people=others, event="ticket.commented", by=by, at=at, note_for=reader_of(comment),
        occasion=f"comment-{comment.pk}",
    )  # fmt: skip
    return comment


def checked_text(text: str, *, has_files: bool) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text and not has_files:
        raise Refusal(_("Please write something, or add a file."))
    if len(text) > Comment.MOST_CHARACTERS:
        raise Refusal(
            _("This comment has %(count)s characters; at most %(limit)s are taken.")
            % {"count": len(text), "limit": Comment.MOST_CHARACTERS}
        )
    return text


def check_upload(upload):
    """`upload` marked with what it holds. Raises ValidationError."""
    groups = list(FILE_GROUPS)
    upload.checked_type = check_file(upload, groups=groups, megabytes=MEGABYTES)
    if upload.checked_type.startswith("image/"):
        check_photo(upload, groups=groups, megabytes=MEGABYTES)
    return upload


def check_uploads(uploads: Sequence) -> list:
    """Raises ValidationError."""
    if len(uploads) > MOST_FILES:
        raise ValidationError(_("At most %(count)s files with one comment."), params={"count": MOST_FILES})
    return [check_upload(upload) for upload in uploads]


def mention(comment: Comment, people: Sequence[User], *, at: datetime) -> None:
    """Note, tell and let watch those who are mentioned for the first time."""
    comment.mentioned.add(*people)
    for person in people:
        watch(ticket=comment.ticket, person=person, at=at, because=Watcher.Because.MENTIONED)
    tell_about(
        comment.ticket, people=people, event="ticket.mentioned", by=comment.by, at=at,
        note_for=reader_of(comment), occasion=f"comment-{comment.pk}",
    )  # fmt: skip


def reader_of(comment: Comment):
    return lambda person: readable(comment.text, secrets_in(comment.ticket, by=person))


def people_concerned(ticket: Ticket) -> set[User]:
    watching = {row.person for row in ticket.watchers.select_related("person")}
    return watching | ({ticket.assignee} if ticket.assignee else set())


@transaction.atomic
def edit_comment(*, comment: Comment, text: str, by, at: datetime) -> Comment:
    """Mend one's own comment, soon after writing it; what it said before stays readable."""
    now = Comment.objects.select_for_update(of=("self",)).select_related("ticket", "by").get(pk=comment.pk)
    demand_work(now.ticket, by=by)
    if now.by_id != by.pk:
        raise Refusal(_("Only who wrote a comment may edit it."))
    if not now.may_be_edited(by=by, at=at):
        minutes = Comment.MAY_BE_EDITED_FOR.seconds // 60
        raise Refusal(
            _("A comment can be edited for %(count)s minutes. Write another one instead.")
            % {"count": minutes}
        )
    text = checked_text(text, has_files=now.files.exists())
    if text == now.text:
        return now
    CommentEdit.objects.create(comment=now, at=at, text=now.text)
    now.text, now.edited_at = text, max(at, now.at)
    now.save(update_fields=["text", "edited_at"])
    known = set(now.mentioned.all())
    added = [person for person in mentioned_in(text) if person not in known]
    blind = without_sight(added, now.ticket)
    mention(now, [person for person in added if person not in blind], at=at)
    return now


# Watching


def watch(*, ticket: Ticket, person, at: datetime, because=Watcher.Because.SELF) -> None:
    Watcher.objects.get_or_create(ticket=ticket, person=person, defaults={"at": at, "because": because})


def watch_myself(*, ticket: Ticket, by, at: datetime) -> None:
    demand_sight(ticket, by=by)
    watch(ticket=ticket, person=by, at=at)


def stop_watching(*, ticket: Ticket, by) -> None:
    Watcher.objects.filter(ticket=ticket, person=by).delete()

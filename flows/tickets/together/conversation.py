"""The time line with what people said: events and comments in one order, as one person may read them."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from flows.tickets.explaining import Happened, time_line, urgency_in_words
from flows.tickets.field_access import MASK
from flows.tickets.models import Ticket, TicketEvent
from flows.tickets.together.links import BACKWARDS
from flows.tickets.together.mentions import Part, parts_of
from flows.tickets.together.merging import taken_in
from flows.tickets.together.models import Comment, TicketLink
from flows.tickets.together.secrecy import may_see_files, readable, secrets_in


@dataclass(frozen=True, kw_only=True)
class SaidFile:
    """A file of a comment; without `id` one that the reader may not see."""

    id: str
    name: str
    is_picture: bool


@dataclass(frozen=True, kw_only=True)
class Said:
    """A comment, ready to be shown. `came_from`: number of the merged ticket it was written on, if any."""

    comment: Comment
    at: datetime
    who: str
    own: bool
    parts: list[Part]
    files: list[SaidFile]
    edits: list[tuple[datetime, str]]
    came_from: int | None
    may_edit: bool
    is_masked: bool


def conversation(ticket: Ticket, language: str, *, to, at: datetime) -> list[Happened | Said]:
    """Newest first."""
    secrets = secrets_in(ticket, by=to)
    lines = time_line(ticket, language, to=to)
    happened = [replace(line, note=readable(line.note, secrets)) for line in lines]
    return sorted([*happened, *said_about(ticket, to=to, at=at)], key=lambda line: line.at, reverse=True)


def said_about(ticket: Ticket, *, to, at: datetime) -> list[Said]:
    """Comments on the ticket and on those merged into it, newest first; secrets of either masked."""
    merged = {one.pk: one for one in Ticket.objects.filter(pk__in=taken_in(ticket)).with_names()}
    comments = (
        Comment.objects.filter(ticket__in=[ticket.pk, *merged])
        .select_related("by")
        .prefetch_related("files", "edits")
        .order_by("-at", "-pk")
    )
    own_secrets = secrets_in(ticket, by=to)
    secrets = {pk: secrets_in(one, by=to) for pk, one in merged.items()} | {ticket.pk: own_secrets}
    files = {one.pk: may_see_files(one, by=to) for one in [ticket, *merged.values()]}
    return [
        said(
            comment,
            secret=[own_secrets, secrets[comment.ticket_id]],
            shows_files=files[comment.ticket_id] and files[ticket.pk],
            here=ticket.pk,
            to=to,
            at=at,
        )
        for comment in comments
    ]


def said(comment: Comment, *, secret, shows_files: bool, here: int, to, at: datetime) -> Said:
    def read(text: str) -> str:
        for one in secret:
            text = readable(text, one)
        return text

    text = read(comment.text)
    return Said(
        comment=comment,
        at=comment.at,
        who=str(comment.by or _("somebody who left")),
        own=True,
        parts=parts_of(text),
        files=[
            SaidFile(
                id=str(kept.pk) if shows_files else "",
                name=read(kept.name) if shows_files else MASK,
                is_picture=kept.content_type.startswith("image/"),
            )
            for kept in comment.files.all()
        ],
        edits=[(edit.at, read(edit.text)) for edit in comment.edits.all()],
        came_from=comment.ticket_id if comment.ticket_id != here else None,
        may_edit=comment.may_be_edited(by=to, at=at) and comment.ticket_id == here,
        is_masked=text != comment.text,
    )


def told(event: TicketEvent) -> str:
    """A line of the time line about something done together."""
    data, kind = event.data, event.kind
    match kind:
        case "handed":
            return _("gave the ticket to %(name)s") % {"name": data["to"]}
        case "tagged":
            added, removed = _(", ").join(data["added"]), _(", ").join(data["removed"])
            parts = [_("added: %(tags)s") % {"tags": added}] if added else []
            parts += [_("removed: %(tags)s") % {"tags": removed}] if removed else []
            return _("changed the tags; %(what)s") % {"what": _("; ").join(parts)}
        case "urgency":
            return _("changed the urgency from %(from)s to %(to)s") % {
                end: urgency_in_words(data[end]) for end in ("from", "to")
            }
        case "linked" | "unlinked":
            how = TicketLink.Kind(data["how"].removesuffix(BACKWARDS))
            words = TicketLink.SEEN_FROM_TARGET[how] if data["how"].endswith(BACKWARDS) else how.label
            sentence = (
                _("linked: %(how)s #%(number)s") if kind == "linked" else _("no longer: %(how)s #%(number)s")
            )
            return sentence % {"how": words, "number": data["to"]}
        case "split":
            return by_direction(
                data, _("split a part off: #%(number)s"), _("split this off from #%(number)s")
            )
        case "merged":
            return by_direction(data, _("merged this into #%(number)s"), _("merged #%(number)s into this"))
        case "unmerged":
            return by_direction(
                data, _("undid the merge into #%(number)s"), _("undid the merge of #%(number)s into this")
            )


def by_direction(data: dict, into: str, came: str) -> str:
    return into % {"number": data["into"]} if "into" in data else came % {"number": data["from"]}

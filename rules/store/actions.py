"""What may be done with a stored record: one function per verb. Each refuses with a sentence or does all."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log
from wagtail.models import Revision

from rules.store.models import Override, StoredRecord, Version
from rules.store.models.override import document_above, kind_of, override_slug
from rules.store.models.review import is_reviewer, review_workflow
from rules.store.permissions import stored_record_models
from rules.store.places import Place, may_adjust
from rules.store.problems import Refusal, in_every_language

logger = logging.getLogger(__name__)

SCHEDULED = _("An approved draft is scheduled to go live. Cancel that first.")


def save_draft(*, record: StoredRecord, by):
    """Store what `record` says now as its newest draft, without touching what is live. → Revision"""
    if record.pk is None:
        record.live = False
        record.save()
    return record.save_revision(user=by, log_action=True, clean=False)


@transaction.atomic
def adjust(*, record: StoredRecord, place: Place, by) -> Override:
    """The adjustment of `record` at `place`: the one there is, else an empty draft of one."""
    if not may_adjust(by, place):
        raise Refusal(_("You may not adjust records for %(place)s.") % {"place": place.label})
    # Two people who press at once get the same one.
    record = record.locked_row()
    kind = kind_of(type(record))
    if document_above(kind, record.slug) is None:
        raise Refusal(_("Regions and stores can adjust this record once it has gone live."))
    found = Override.objects.filter(kind=kind, record_slug=record.slug, place=place.key).first()
    if found:
        return found
    override = Override(
        name=f"{record.name} · {place.label}"[:120],
        slug=override_slug(kind, record.slug, place.key),
        kind=kind,
        record_slug=record.slug,
        place=place.key,
    )
    save_draft(record=override, by=by)
    return override


@transaction.atomic
def request_review(*, record: StoredRecord, by) -> None:
    """Ask a second person to approve the newest draft. Raises RecordErrors if it is not complete."""
    record = record.locked_row()
    if record.workflow_in_progress:
        raise Refusal(_("A review is already under way."))
    workflow, sent_back = review_workflow(), record.current_workflow_state
    if workflow is None:
        raise Refusal(_("The review is not set up. Please ask whoever runs this system to migrate it."))
    if sent_back:
        sent_back.resume(by)
    else:
        workflow.start(record, by)


@transaction.atomic
def cancel_review(*, record: StoredRecord, by) -> None:
    """Take the draft back. Who asked for the review may, and who may decide it."""
    record = record.locked_row()
    state = record.current_workflow_state
    if state is None:
        raise Refusal(_("There is no review to cancel."))
    if not state.user_can_cancel(by):
        raise Refusal(_("Only who asked for the review or may decide it can cancel it."))
    state.cancel(user=by)


@transaction.atomic
def restart_review(*, record: StoredRecord, by) -> None:
    """Begin again with what was sent back, as a request of one's own."""
    cancel_review(record=record, by=by)
    request_review(record=record, by=by)


def approve(*, record: StoredRecord, by, comment: str = "") -> None:
    """Approve the draft under review; it goes live at once, or at the time it names."""
    decide(record=record, by=by, verdict="approve", comment=comment)


def reject(*, record: StoredRecord, by, comment: str) -> None:
    """Send the draft under review back to its author with a reason."""
    decide(record=record, by=by, verdict="reject", comment=comment)


def decide(*, record, by, verdict, comment):
    task_state = record.current_workflow_task_state
    if task_state is None:
        raise Refusal(_("There is no review to decide."))
    task_state.task.specific.on_action(task_state, by, verdict, comment=comment)
    record.refresh_from_db()


def publish_reviewed_by(record: StoredRecord, *, author, reviewer) -> Version:
    """Draft, review and approval in one go, by two people: for demo companies and tests."""
    save_draft(record=record, by=author)
    request_review(record=record, by=author)
    approve(record=record, by=reviewer)
    return Version.objects.of(record).current().get()


def refuse_unless_reviewer(user) -> None:
    if not is_reviewer(user):
        raise Refusal(_("Only compliance reviewers can do this."))


@transaction.atomic
def roll_back(*, version: Version, by) -> Version:
    """Make an earlier version live again. It was approved once; a draft in progress is left as it is."""
    refuse_unless_reviewer(by)
    record = version.record.locked_row()
    version.refresh_from_db()
    if version.live_until is None:
        raise Refusal(_("This version is live already."))
    if version.revision is None:
        raise Refusal(_("The draft of this version is no longer stored, so it cannot be made live again."))
    if record.workflow_in_progress:
        raise Refusal(_("A review is under way. Decide or cancel it first."))
    if record.approved_schedule:
        raise Refusal(SCHEDULED)
    draft = record.get_latest_revision()
    version.revision.publish(user=by, skip_permission_checks=True, log_action="rules.roll_back")
    record.refresh_from_db()
    keep_newest_draft(record=record, revision=draft)
    return Version.objects.of(record).current().get()


def keep_newest_draft(*, record, revision) -> None:
    """Publishing an older revision must not hide a newer draft from its author."""
    if revision and record.live_revision_id != revision.pk:
        record.latest_revision = revision
        record.has_unpublished_changes = True
        record.save(update_fields=["latest_revision", "has_unpublished_changes"])


@transaction.atomic
def cancel_schedule(*, record: StoredRecord, by) -> None:
    """What was approved for a set time does not go live; it stays as a draft."""
    refuse_unless_reviewer(by)
    record = record.locked_row()
    scheduled = record.scheduled_revision
    if scheduled is None:
        raise Refusal(_("Nothing is scheduled."))
    take_off_schedule(scheduled, by=by)


def take_off_schedule(revision, *, by=None):
    revision.approved_go_live_at = None
    # Wagtail writes the line in the history.
    revision.save(user=by, update_fields=["approved_go_live_at"])


def run_schedule(*, at: datetime) -> None:
    """Records that have expired stop; approved drafts whose time has come go live. One that cannot is taken
    off the schedule, with the reason in its history, and holds up no other."""
    for model in stored_record_models():
        for record in model.objects.filter(live=True, expire_at__lte=at).order_by("expire_at"):
            expire(record, at=at)
    due = Revision.objects.filter(approved_go_live_at__lte=at).order_by("approved_go_live_at")
    for revision in due:
        try:
            publish_due(revision)
        except Refusal as refusal:
            log(
                revision.content_object,
                "rules.miss",
                data={"sentence": in_every_language(refusal)},
                revision=revision,
            )
            take_off_schedule(revision)
        except Exception:
            logger.exception("Revision %s could not go live on schedule; it is tried again.", revision.pk)


@transaction.atomic
def expire(record, *, at):
    record = record.locked_row()
    if record.live and record.expire_at and record.expire_at <= at:
        record.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")


@transaction.atomic
def publish_due(revision):
    revision.content_object.locked_row()
    revision.refresh_from_db()
    # Another worker may have been quicker.
    if revision.approved_go_live_at:
        revision.publish(log_action="wagtail.publish.scheduled")


@transaction.atomic
def retire(*, record: StoredRecord, by, reason: str) -> None:
    """Stop `record` from deciding, now. What already started with it goes on with its version."""
    refuse_unless_reviewer(by)
    record = record.locked_row()
    if not record.live:
        raise Refusal(_("This record is not live."))
    if not reason.strip():
        raise Refusal(_("Please give a reason; it is kept in the history."))
    record.unpublish(user=by, log_action=False)
    log(record, "rules.retire", user=by, data={"reason": reason})


@transaction.atomic
def archive(*, record: StoredRecord, by, at: datetime | None = None) -> None:
    """Put `record` away: out of lists, kept for ever. A live record must be stopped first."""
    record = record.locked_row()
    if record.archived_at:
        raise Refusal(_("This record is archived already."))
    if record.live:
        raise Refusal(_("Stop this record before archiving it: it still decides."))
    if record.workflow_in_progress:
        raise Refusal(_("A review is under way. Decide or cancel it first."))
    if record.approved_schedule:
        raise Refusal(SCHEDULED)
    record.archived_at = at or timezone.now()
    record.save(update_fields=["archived_at"])
    log(record, "rules.archive", user=by)


@transaction.atomic
def restore(*, record: StoredRecord, by) -> None:
    record = record.locked_row()
    if not record.archived_at:
        raise Refusal(_("This record is not archived."))
    record.archived_at = None
    record.save(update_fields=["archived_at"])
    log(record, "rules.restore", user=by)

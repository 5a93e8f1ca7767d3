"""What may be done with a stored record: one function per verb. Each refuses with a sentence or does all."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from rules.store.models import StoredRecord, Version
from rules.store.models.review import REVIEWERS, review_workflow
from rules.store.problems import Refusal


def save_draft(*, record: StoredRecord, by):
    """Store what `record` says now as its newest draft, without touching what is live. → Revision"""
    if record.pk is None:
        record.live = False
        record.save()
    return record.save_revision(user=by, log_action=True, clean=False)


def request_review(*, record: StoredRecord, by) -> None:
    """Ask a second person to approve the newest draft. Raises RecordErrors if it is not complete."""
    if record.archived_at:
        raise Refusal(_("This record is archived. Restore it first."))
    if record.workflow_in_progress:
        raise Refusal(_("A review is already under way."))
    review_workflow().start(record, by)


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
    if not user.groups.filter(name=REVIEWERS).exists():
        raise Refusal(_("Only compliance reviewers can do this."))


@transaction.atomic
def roll_back(*, version: Version, by) -> Version:
    """Make an earlier version live again. It was approved once; a draft in progress is left as it is."""
    refuse_unless_reviewer(by)
    record = version.record
    if version.live_until is None:
        raise Refusal(_("This version is live already."))
    if version.revision is None:
        raise Refusal(_("The draft of this version is no longer stored, so it cannot be made live again."))
    if record.workflow_in_progress:
        raise Refusal(_("A review is under way. Decide or cancel it first."))
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
def retire(*, record: StoredRecord, by, reason: str) -> None:
    """Stop `record` from deciding, now. What already started with it goes on with its version."""
    refuse_unless_reviewer(by)
    if not record.live:
        raise Refusal(_("This record is not live."))
    if not reason.strip():
        raise Refusal(_("Please give a reason; it is kept in the history."))
    record.unpublish(user=by, log_action=False)
    log(record, "rules.retire", user=by, data={"reason": reason})


@transaction.atomic
def archive(*, record: StoredRecord, by, at: datetime | None = None) -> None:
    """Put `record` away: out of lists, kept for ever. A live record must be stopped first."""
    if record.live:
        raise Refusal(_("Stop this record before archiving it: it still decides."))
    if record.workflow_in_progress:
        raise Refusal(_("A review is under way. Decide or cancel it first."))
    record.archived_at = at or timezone.now()
    record.save(update_fields=["archived_at"])
    record.revisions.update(approved_go_live_at=None)
    log(record, "rules.archive", user=by)


@transaction.atomic
def restore(*, record: StoredRecord, by) -> None:
    record.archived_at = None
    record.save(update_fields=["archived_at"])
    log(record, "rules.restore", user=by)

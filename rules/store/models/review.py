from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.locks import WorkflowLock
from wagtail.log_actions import log
from wagtail.models import (
    AbstractGroupApprovalTask,
    Revision,
    TaskState,
    Workflow,
    WorkflowTask,
)

from rules.store.problems import RecordErrors, Refusal, in_every_language

REVIEWERS = "Compliance reviewers"


def is_reviewer(user) -> bool:
    return user.groups.filter(name=REVIEWERS).exists()


class ReviewStateQuerySet(models.QuerySet):
    def approving(self, revision, record):
        """The newest approval of `revision`, by a second person, if it still says what `record` says."""
        approved = self.filter(
            status=TaskState.STATUS_APPROVED,
            revision=revision,
            workflow_state__object_id=str(record.pk),
            workflow_state__base_content_type=record.get_base_content_type(),
            content_digest=record.content_digest,
            finished_by__isnull=False,
        ).select_related("workflow_state", "finished_by")
        # Asked again here: an approval that reached the table some other way is still no second person.
        by_second_person = (
            review
            for review in approved.order_by("-finished_at")
            if not review.refusal_for(review.finished_by)
        )
        return next(by_second_person, None)


class ReviewState(TaskState):
    """A review of one record: what was submitted, who wrote it, and what came of it."""

    content_digest = models.CharField(max_length=64)
    # Everyone who wrote a revision since the record last went live, and who handed this one in.
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    objects = models.Manager.from_queryset(ReviewStateQuerySet)()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def refusal_for(self, user):
        """Why `user` may not decide this review, as a sentence; None if they may."""
        if user == self.workflow_state.requested_by:
            return _("You asked for this review, so someone else must decide it.")
        if self.authors.filter(pk=user.pk).exists():
            return _("You wrote part of this draft, so someone else must decide it.")
        return None


class ReviewLock(WorkflowLock):
    """What is read must stay what was handed in, so nobody changes a draft while it is in review."""

    def get_message(self, user):
        return _("This draft is in review. Cancel the review to change it.")

    def get_locked_by(self, user, can_lock=False):
        return _("In review")

    def get_description(self, user, can_lock=False):
        return self.get_message(user)


class ReviewTask(AbstractGroupApprovalTask):
    """Four eyes: decided by a reviewer who neither wrote nor requested what is reviewed."""

    task_state_class = ReviewState
    lock_class = ReviewLock

    class Meta:
        verbose_name = _("compliance review")
        verbose_name_plural = _("compliance reviews")

    @transaction.atomic
    def start(self, workflow_state, user=None):
        record = workflow_state.content_object.locked_row()
        if record.archived_at:
            raise Refusal(_("This record is archived. Restore it first."))
        draft = record.get_latest_revision_as_object()
        if problems := draft.problems():
            raise RecordErrors(problems)
        review = super().start(workflow_state, user=user)
        review.content_digest = draft.content_digest
        review.save(update_fields=["content_digest"])
        review.authors.set({*authors_since_live(record), *([user.pk] if user else [])})
        return review

    def on_action(self, task_state, user, action_name, **kwargs):
        try:
            with transaction.atomic():
                # Whoever saves, cancels or decides at the same moment waits here.
                record = task_state.workflow_state.content_object.locked_row()
                review = ReviewState.objects.get(pk=task_state.pk)
                if sentence := self.refusal_of(action_name, review, record, user):
                    raise Refusal(sentence)
                super().on_action(review, user, action_name, **kwargs)
        except Refusal as refusal:
            log_refusal(task_state.workflow_state.content_object, action_name, user, refusal)
            raise

    def refusal_of(self, verdict, review, record, user):
        """Why `user` may not give this verdict now, as a sentence; None if they may."""
        if not is_reviewer(user):
            return _("Only compliance reviewers can decide a review.")
        if record.current_workflow_task_state != review:
            return _("This review has been decided or cancelled meanwhile.")
        if sentence := review.refusal_for(user):
            return sentence
        if verdict == "approve" and has_changed(record, since=review):
            return _(
                "This draft changed after the review was requested. Cancel the review and request a new one."
            )
        return None

    def _user_in_groups(self, user):
        # Not the groups that Wagtail lets an administrator choose for a task: reviewers review.
        return is_reviewer(user)

    def get_actions(self, obj, user):
        review = obj.current_workflow_task_state
        if not is_reviewer(user) or review is None or review.specific.refusal_for(user):
            return []
        return [
            ("reject", _("Request changes"), True),
            ("approve", _("Approve"), False),
            ("approve", _("Approve with comment"), True),
        ]

    def get_task_states_user_can_moderate(self, user, **kwargs):
        if not is_reviewer(user):
            return TaskState.objects.none()
        return self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)

    def user_can_access_editor(self, obj, user):
        return is_reviewer(user)

    def locked_for_user(self, obj, user):
        # Reviewers too: they decide on the review page, which asks for no lock.
        return True

    def user_can_lock(self, obj, user):
        return False

    @classmethod
    def get_description(cls):
        return _("A compliance reviewer who neither wrote nor requested the draft decides.")


def has_changed(record, *, since: ReviewState) -> bool:
    draft = record.get_latest_revision_as_object()
    return {draft.content_digest, since.revision.as_object().content_digest} != {since.content_digest}


def log_refusal(record, verdict, user, refusal):
    data = {"verdict": verdict, "sentence": in_every_language(refusal)}
    log(record, "rules.refuse", user=user, data=data)


def authors_since_live(record):
    revisions = Revision.objects.for_instance(record).filter(user__isnull=False)
    if record.live_revision_id:
        revisions = revisions.filter(created_at__gt=record.live_revision.created_at)
    return set(revisions.values_list("user", flat=True))


def review_workflow():
    """The workflow every stored record goes through, or None before the database is set up."""
    return Workflow.objects.filter(
        active=True, workflow_tasks__task__active=True, workflow_tasks__task__reviewtask__isnull=False
    ).first()


def set_up_review(**kwargs):
    """Runs after every migrate: the reviewers' group, the review task and its workflow."""
    reviewers, _created = Group.objects.get_or_create(name=REVIEWERS)
    if review_workflow():
        return
    # Shown as it is stored, like every record's name, so in the company's language.
    with translation.override(settings.LANGUAGE_CODE):
        name = gettext("Compliance review")
    task = ReviewTask.objects.create(name=name)
    task.groups.add(reviewers)
    workflow = Workflow.objects.create(name=name)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)

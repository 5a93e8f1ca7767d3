"""Who is told of reviews: reviewers when something waits for them, authors when it was decided."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected

from flows.channels.notices import About, Kind, notify, register_about, register_kind
from project.home import url_of
from rules.store.models import ReviewState

NEEDS = "wagtailadmin.access_admin"


def about_reviews(subjects: Iterable[str], people: Iterable) -> dict:
    """What each person may be told of each review: of records they may open."""
    keys = {int(key): subject for subject in subjects if (key := subject.partition(":")[2]).isdigit()}
    told = {}
    for state in WorkflowState.objects.filter(pk__in=keys).select_related("requested_by"):
        record = state.content_object
        if record is None:
            continue
        told_of = {"name": str(record), "kind": str(record._meta.verbose_name)}
        may = f"{record._meta.app_label}.view_{record._meta.model_name}"
        for person in people:
            if person.has_perm(may):
                page = "edit" if person == state.requested_by else "review"
                told[keys[state.pk], person.pk] = told_of | {"url": url_of(record, page)}
    return told


ABOUT = About(
    describe=about_reviews,
    placeholders={"name": _("name of the record"), "kind": _("what kind of record it is")},
    example={"name": _("Refund"), "kind": _("ticket type")},
)
NOTE = {"note": _("what was written with it")}
KINDS = (
    Kind(
        key="record.review",
        label=_("A draft waits for my review"),
        subject=_("To review: {name}"),
        body=_("{by} asks for a review. Kind: {kind}."),
        about="review",
        important=True,
        needs=NEEDS,
    ),
    Kind(
        key="record.approved",
        label=_("My draft was approved"),
        subject=_("Approved: {name}"),
        body=_("{by} approved it. Kind: {kind}."),
        about="review",
        needs=NEEDS,
    ),
    Kind(
        key="record.sent_back",
        label=_("My draft was sent back"),
        subject=_("Sent back: {name}"),
        body="{by}: {note}",
        about="review",
        important=True,
        needs=NEEDS,
        tells=NOTE,
    ),
)


def register() -> None:
    register_about("review", ABOUT)
    for kind in KINDS:
        register_kind(kind)
    task_submitted.connect(tell_reviewers, dispatch_uid="notices of reviews")
    workflow_approved.connect(tell_approved, dispatch_uid="notices of approvals")
    workflow_rejected.connect(tell_sent_back, dispatch_uid="notices of rejections")


def tell_reviewers(sender, instance, user=None, **kwargs) -> None:
    if isinstance(instance, ReviewState):
        reviewers = get_user_model().objects.filter(groups__in=instance.task.specific.groups.all())
        tell(
            "record.review", reviewers.distinct(), instance.workflow_state, by=user, occasion=f"{instance.pk}"
        )


def tell_approved(sender, instance, user=None, **kwargs) -> None:
    tell_author("record.approved", instance, by=user)


def tell_sent_back(sender, instance, user=None, **kwargs) -> None:
    tell_author("record.sent_back", instance, by=user, note=instance.current_task_state.comment)


def tell_author(event: str, state: WorkflowState, *, by, **context) -> None:
    if state.requested_by:
        occasion = f"{state.current_task_state_id}"
        tell(event, [state.requested_by], state, by=by, occasion=occasion, **context)


def tell(event: str, people, state: WorkflowState, *, by, occasion: str, **context) -> None:
    notify(
        people=people, event=event, subject=f"review:{state.pk}", at=timezone.now(), by=by, context=context,
        occasion=occasion,
    )  # fmt: skip

"""The same parts adjusted at many places in one act, and decided in one act.

Every place keeps an adjustment of its own, with its own draft, review and versions: what one place changes
later, or what headquarters changes, is as if each had been written by hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.models import TaskState

from rules.store.actions import adjust, decide, request_review, save_draft
from rules.store.models import Override, ReviewState, Rollout
from rules.store.models.override import kind_of
from rules.store.places import Place, may_adjust
from rules.store.problems import Refusal

MOST_PLACES = 2_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What adjusting these places would do.

    new       places without an adjustment yet
    changing  places whose draft would change
    same      places whose draft says all of it already
    in_review, archived, not_theirs   places that are left alone
    """

    new: list[Place] = field(default_factory=list)
    changing: list[Place] = field(default_factory=list)
    same: list[Place] = field(default_factory=list)
    in_review: list[Place] = field(default_factory=list)
    archived: list[Place] = field(default_factory=list)
    not_theirs: list[Place] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of each. `refused`: [(label, why)]. `rollout`: those under review together, if any."""

    done: list[Override]
    refused: list[tuple[str, str]]
    rollout: Rollout | None = None


def plan(*, record, places: Iterable[Place], parts: Mapping, by) -> Plan:
    found = {override.place: override for override in overrides_of(record)}
    planned = Plan()
    for place in places:
        override = found.get(place.key)
        if not may_adjust(by, place):
            planned.not_theirs.append(place)
        elif override is None:
            planned.new.append(place)
        elif override.archived_at:
            planned.archived.append(place)
        elif override.workflow_in_progress:
            planned.in_review.append(place)
        elif says(override, parts):
            planned.same.append(place)
        else:
            planned.changing.append(place)
    return planned


def overrides_of(record):
    found = Override.objects.filter(kind=kind_of(type(record)), record_slug=record.slug)
    return found.select_related("latest_revision")


def says(override: Override, parts: Mapping) -> bool:
    own = override.get_latest_revision_as_object().parts
    return all(own.get(key) == value for key, value in parts.items())


def adjust_many(*, record, places: Sequence[Place], parts: Mapping, by, at: datetime, send: bool) -> Outcome:
    """Draft `parts` for all these places; what a place has its own way beside them stays.

    All drafts are made or none. With `send`, those that are complete go to review together; the others stay
    drafts, and it is said why. Raises Refusal.
    """
    if not parts:
        raise Refusal(_("Choose at least one thing that is different there."))
    if not places:
        raise Refusal(_("Choose at least one region or store."))
    if len(places) > MOST_PLACES:
        raise Refusal(_("At most %(count)s places at once, please.") % {"count": MOST_PLACES})
    with transaction.atomic():
        planned = plan(record=record, places=places, parts=parts, by=by)
        drafts = [
            drafted(record=record, place=place, parts=parts, by=by)
            for place in (*planned.new, *planned.changing)
        ]
        if not send:
            return Outcome(done=drafts, refused=[])
        return send_together(record=record, overrides=drafts, by=by, at=at)


def drafted(*, record, place: Place, parts: Mapping, by) -> Override:
    override = adjust(record=record, place=place, by=by).get_latest_revision_as_object()
    override.parts = {**override.parts, **parts}
    save_draft(record=override, by=by)
    return override


@transaction.atomic
def send_together(*, record, overrides: Iterable[Override], by, at: datetime) -> Outcome:
    """Ask for the review of all of them; what is not complete stays a draft."""
    sent, refused = [], []
    for override in overrides:
        try:
            with transaction.atomic():
                request_review(record=override, by=by)
        except Refusal as refusal:
            refused.append((override.name, str(refusal)))
        else:
            sent.append(override)
    if not sent:
        return Outcome(done=[], refused=refused)
    rollout = Rollout.objects.create(kind=kind_of(type(record)), record_slug=record.slug, by=by, at=at)
    rollout.reviews.set(
        ReviewState.objects.filter(
            status=TaskState.STATUS_IN_PROGRESS,
            workflow_state__base_content_type=sent[0].get_base_content_type(),
            workflow_state__object_id__in=[str(override.pk) for override in sent],
        )
    )
    return Outcome(done=sent, refused=refused, rollout=rollout)


def decide_together(*, rollout: Rollout, by, verdict: str, comment: str = "") -> Outcome:
    """Give one verdict for each that still waits for one. What may not be decided says why; the rest is."""
    decided, refused = [], []
    for override in waiting_in(rollout):
        try:
            decide(record=override, by=by, verdict=verdict, comment=comment)
        except Refusal as refusal:
            refused.append((override.name, str(refusal)))
        else:
            decided.append(override)
    return Outcome(done=decided, refused=refused, rollout=rollout)


def waiting_in(rollout: Rollout) -> list[Override]:
    """Those whose review is still the one that was asked for with the others."""
    waiting = rollout.reviews.filter(status=TaskState.STATUS_IN_PROGRESS)
    ids = waiting.values_list("workflow_state__object_id", flat=True)
    return list(Override.objects.filter(pk__in=[int(pk) for pk in ids]).order_by("name"))


def waiting_of(record) -> list[Rollout]:
    """What was sent together for `record` and is not decided whole."""
    of_record = Rollout.objects.filter(kind=kind_of(type(record)), record_slug=record.slug)
    return list(of_record.filter(reviews__status=TaskState.STATUS_IN_PROGRESS).distinct())

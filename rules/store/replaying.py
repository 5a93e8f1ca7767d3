"""Ask a sample of logged decisions again: the same version on the same facts must decide the same."""

from datetime import datetime
from random import Random

from django.db.models import Max, Min
from django.utils import timezone

from rules.store.decisions import replay
from rules.store.models import Decision, ReplayReport
from rules.store.problems import RecordErrors

SAMPLE = 1_000
PAGE = 200
MOST_KEPT = 100


def replay_sample(*, at: datetime, most: int = SAMPLE) -> ReplayReport:
    """Replay up to `most` decisions, chosen by chance, the same ones for the same day, and store what came of
    it: once a day, a second run of the day takes the place of the first."""
    day = timezone.localdate(at)
    replayed = different = unreadable = 0
    differing = []
    for decision in chosen(seed=day.isoformat(), most=most):
        try:
            outcome = replay(decision)
        except (RecordErrors, LookupError, TypeError, ValueError):
            unreadable += 1
            continue
        if outcome is None:
            continue
        replayed += 1
        if outcome != decision.outcome:
            different += 1
            differing.append([decision.pk, outcome])
    report, _created = ReplayReport.objects.update_or_create(
        day=day,
        defaults={
            "at": at,
            "replayed": replayed,
            "different": different,
            "unreadable": unreadable,
            "differing": differing[:MOST_KEPT],
        },
    )
    return report


def chosen(*, seed: str, most: int):
    """Decisions by chance, in pages, without reading the whole log."""
    ends = Decision.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    places = range(ends["first"], ends["last"] + 1)
    # The log is only added to, so there are hardly any gaps.
    ids = sorted(Random(seed).sample(places, min(most, len(places))))
    for start in range(0, len(ids), PAGE):
        page = Decision.objects.filter(pk__in=ids[start : start + PAGE])
        # Documents are read only of versions that are not compiled yet.
        yield from page.select_related("version__content_type").defer("version__document").order_by("pk")

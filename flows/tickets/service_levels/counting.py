"""How much of a budget is used up, and when the rest will be. Pure: reads no clock and no table.

A count is kept as what was used up to `since`; from there it runs by one calendar. So when the calendar or
the budget changes, the time used stays used, and only the rest is counted the new way. Whole seconds:
instants are cut to the second, so that adding up parts gives what counting at once gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flows.organisation.calendars import NoWorkingTime, WorkingCalendar

# Every hour of every day: what a budget that is not in working time counts by.
ALWAYS = WorkingCalendar.from_document(
    {
        "timezone": "UTC",
        "week": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    }
)


@dataclass(frozen=True, kw_only=True)
class Count:
    """`since` is None while it stands still."""

    budget: int
    calendar: WorkingCalendar
    used: int = 0
    since: datetime | None = None

    def used_at(self, at: datetime) -> int:
        at = whole(at)
        if self.since is None or at <= self.since:
            return self.used
        return self.used + self.calendar.between(self.since, at)

    def run(self, at: datetime) -> "Count":
        return self if self.since else replace(self, since=whole(at))

    def stand_still(self, at: datetime) -> "Count":
        return replace(self, used=self.used_at(at), since=None)

    def recount(self, at: datetime, *, budget: int, calendar: WorkingCalendar) -> "Count":
        """From `at` on by another calendar and budget; what was used stays used."""
        since = self.since and max(whole(at), self.since)
        return Count(budget=budget, calendar=calendar, used=self.used_at(at), since=since)

    def when_used(self, mark: int) -> datetime | None:
        """When `mark` seconds are used up: the first such instant; None while it stands still, and where the
        calendar has no more working time. What was used up before is due at `since`."""
        if self.since is None:
            return None
        try:
            return self.calendar.add(self.since, max(mark - self.used, 0))
        except NoWorkingTime:
            return None

    @property
    def due_at(self) -> datetime | None:
        return self.when_used(self.budget)


def from_scratch(
    spans: Iterable[tuple[datetime, datetime | None, WorkingCalendar, int]],
) -> Count | None:
    """The count after these stretches of running, in order: (begin, end or None, calendar, budget). What the
    clock rows keep step by step must equal this."""
    count = None
    for begin, end, calendar, budget in spans:
        if count is None:
            count = Count(budget=budget, calendar=calendar)
        count = count.recount(begin, budget=budget, calendar=calendar).run(begin)
        if end is not None:
            count = count.stand_still(end)
    return count


def whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def seconds(length: timedelta) -> int:
    return length.days * 24 * 60 * 60 + length.seconds

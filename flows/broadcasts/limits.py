"""A compiled limit: what it says about instants. Which customers it concerns is asked in judging.py."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

CAP, PACE, BOUGHT, QUIET = "cap", "pace", "bought", "quiet"
ROLLING, CALENDAR = "rolling", "calendar"
CALENDAR_UNITS = ("day", "week", "month")
ROLLING_UNITS = ("minute", "hour", "day")


@dataclass(frozen=True)
class Window:
    """Instants from `start` to `end`; both belong to it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class CompiledLimit:
    """
    kind      cap: at most `most` per customer in a period; pace: at most `most` in all, the rest waits;
              bought: not who bought in the period; quiet: nothing between `quiet_from` and `quiet_until`
    channel, category   "" is all
    counted   rolling: `length` units back from now; calendar: this day, week or month and the ones before
              it, `length` in all, in `zone`
    """

    kind: str
    channel: str
    category: str
    most: int | None
    counted: str
    length: int | None
    unit: str
    zone: ZoneInfo
    quiet_from: time | None
    quiet_until: time | None
    off: bool = False  # switched off for a region or store

    def concerns(self, *, channel: str, category: str) -> bool:
        return self.channel in ("", channel) and self.category in ("", category)

    def period_before(self, at: datetime) -> Window:
        """The period that ends at `at`. Rolling: exactly so long ago still belongs to it."""
        if self.counted == CALENDAR:
            return Window(self.calendar_start(at), at)
        return Window(at - self.span, at)

    def period_around(self, at: datetime) -> Window:
        """As period_before, and what is planned after `at` that would share a period with it."""
        if self.counted == CALENDAR:
            return Window(self.calendar_start(at), self.calendar_end(at))
        return Window(at - self.span, at + self.span)

    @property
    def span(self) -> timedelta:
        return timedelta(**{f"{self.unit}s": self.length})

    def calendar_start(self, at: datetime) -> datetime:
        local = at.astimezone(self.zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if self.unit == "week":
            day -= timedelta(days=day.weekday())
        if self.unit == "month":
            day = day.replace(day=1)
        return shifted(day, self.unit, 1 - self.length)

    def calendar_end(self, at: datetime) -> datetime:
        """The last instant of the calendar unit that holds `at`."""
        return shifted(self.calendar_start(at), self.unit, self.length) - timedelta(microseconds=1)

    def quiet_ends(self, at: datetime) -> datetime | None:
        """When the quiet hours that hold `at` are over, or None outside them. The end itself is not quiet."""
        local = at.astimezone(self.zone)
        clock = local.time()
        over_midnight = self.quiet_from > self.quiet_until
        if over_midnight:
            quiet = clock >= self.quiet_from or clock < self.quiet_until
        else:
            quiet = self.quiet_from <= clock < self.quiet_until
        if not quiet:
            return None
        day = local.date() + timedelta(days=1 if over_midnight and clock >= self.quiet_from else 0)
        return datetime.combine(day, self.quiet_until, tzinfo=self.zone)


def shifted(day: datetime, unit: str, count: int) -> datetime:
    """The local midnight `count` days, weeks or months after `day`; a month is counted from its first day."""
    if unit == "month":
        months = day.year * 12 + day.month - 1 + count
        return day.replace(year=months // 12, month=months % 12 + 1)
    return day + timedelta(days=count * (7 if unit == "week" else 1))


def latest_quiet_end(quiet_limits, at: datetime, *, most_days: int = 14):
    """The first instant from `at` on at which no limit is quiet, and the name of the last that was.

    quiet_limits  [(name, CompiledLimit)];  → (instant, name or "");  None if there is no such instant soon
    """
    moment, name = at, ""
    while moment <= at + timedelta(days=most_days):
        ends = [(end, slug) for slug, limit in quiet_limits if (end := limit.quiet_ends(moment))]
        if not ends:
            return moment, name
        moment, name = max(ends)
    return None

"""A compiled limit: what it says about instants, and about one message at one moment. Sets of customers are
judged in judging.py, with the same periods; a property test holds the two together."""

from collections.abc import Collection
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

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at <= self.end


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


# One message at one moment


REACHED, HELD_BACK, WAITS = "reached", "held_back", "waits"


@dataclass(frozen=True)
class Message:
    """A message to a customer: when it counts, and what it is. None: whatever a limit is about."""

    at: datetime | None
    channel: str | None = None
    category: str | None = None

    def concerned_by(self, limit: CompiledLimit) -> bool:
        return limit.concerns(
            channel=limit.channel if self.channel is None else self.channel,
            category=limit.category if self.category is None else self.category,
        )


@dataclass(frozen=True, kw_only=True)
class Situation:
    """
    message         what is to be sent, and when it would leave
    others          what else the customer got, or is about to get
    last_purchase   the customer's last one until then
    in_all          how many messages to anybody fall in a pace's period, or are waiting in front of this one
    """

    message: Message
    others: Collection[Message] = ()
    last_purchase: datetime | None = None
    in_all: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """
    until     of what waits for the end of quiet hours: when that is
    counted   of a cap: the messages that use it up
    """

    outcome: str
    concerned: bool = True
    until: datetime | None = None
    counted: tuple[Message, ...] = ()


def ruling(limit: CompiledLimit, situation: Situation) -> Ruling | None:
    """What a limit says about one message; None where something is not known that it needs."""
    message = situation.message
    if limit.off or not message.concerned_by(limit):
        return Ruling(outcome=REACHED, concerned=not limit.off and message.concerned_by(limit))
    if limit.kind == PACE:
        if situation.in_all is None:
            return None
        return Ruling(outcome=WAITS if situation.in_all >= limit.most else REACHED)
    if message.at is None:
        return None
    try:
        return at_its_moment(limit, situation)
    except OverflowError:
        # The year 1 has no period before it.
        return None


def at_its_moment(limit: CompiledLimit, situation: Situation) -> Ruling:
    at = situation.message.at
    if limit.kind == QUIET:
        until = limit.quiet_ends(at)
        return Ruling(outcome=WAITS if until else REACHED, until=until)
    if limit.kind == BOUGHT:
        bought = situation.last_purchase
        recently = bought is not None and bought in limit.period_before(at)
        return Ruling(outcome=HELD_BACK if recently else REACHED)
    period = limit.period_around(at)
    counted = tuple(other for other in situation.others if other.concerned_by(limit) and other.at in period)
    return Ruling(outcome=HELD_BACK if len(counted) >= limit.most else REACHED, counted=counted)

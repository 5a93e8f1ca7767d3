"""A stretch of time as a rule names it, counted from the fact `now`. Nothing here reads a clock."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from .words import Words

LENGTHS = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}
MONTHS = {"months": 1, "years": 12}

_SINGULAR = {
    "seconds": Words(en="second", zh="秒"),
    "minutes": Words(en="minute", zh="分钟"),
    "hours": Words(en="hour", zh="小时"),
    "days": Words(en="day", zh="天"),
    "weeks": Words(en="week", zh="周"),
    "months": Words(en="month", zh="个月"),
    "years": Words(en="year", zh="年"),
}


@dataclass(frozen=True)
class Span:
    """`amount` is a whole number, 0 or more."""

    amount: int
    unit: str  # key of LENGTHS or MONTHS

    def say(self, language: str | None) -> str:
        unit = _SINGULAR[self.unit]
        plural = "" if self.amount == 1 else "s"
        return Words(en=f"{self.amount:,} {unit.en}{plural}", zh=f"{self.amount:,} {unit.zh}").say(language)


def length_of(span: Span) -> timedelta:
    """Of a span without months and years, whose length depends on where they begin."""
    return span.amount * LENGTHS[span.unit]


def moved(now: datetime, span: Span, direction: int) -> datetime:
    """`now` moved into the past (-1) or the future (1), in UTC; or the end of all time if that is past it.

    A day has 24 hours. Months are those of the calendar at `now`'s own offset, and a day that the month does
    not have becomes its last one.
    """
    end = (datetime.min if direction < 0 else datetime.max).replace(tzinfo=UTC)
    try:
        if span.unit in LENGTHS:
            return now.astimezone(UTC) + direction * length_of(span)
        local = now.astimezone(timezone(now.utcoffset()))
        day = _months_later(local.date(), direction * span.amount * MONTHS[span.unit])
        return datetime.combine(day, local.timetz()).astimezone(UTC)
    except OverflowError:
        return end


def moved_day(today: date, span: Span, direction: int) -> date:
    try:
        if span.unit in LENGTHS:
            return today + direction * length_of(span)
        return _months_later(today, direction * span.amount * MONTHS[span.unit])
    except OverflowError:
        return date.min if direction < 0 else date.max


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def bounds(kind: str, key: str, now: datetime, span: Span) -> tuple:
    """What a relative comparison asks of a `date` or `datetime`: (operator, moment or pair of moments).

    Both the predicate and the database expression are made of it. A date counts from the day of `now` in
    `now`'s own zone.
    """
    here = now.date() if kind == "date" else now.astimezone(UTC)
    move = moved_day if kind == "date" else moved
    start = here if kind == "date" else now
    if key == "within_last":
        return "between", (move(start, span, -1), here)
    if key == "within_next":
        return "between", (here, move(start, span, 1))
    if key == "more_than_ago":
        return "before", move(start, span, -1)
    return "after", move(start, span, 1)


def relative(kind: str, key: str):
    """The predicate (fact, now, span) -> bool."""

    def holds(fact, now, span):
        order, moment = bounds(kind, key, now, span)
        if order == "between":
            return moment[0] <= fact <= moment[1]
        return fact < moment if order == "before" else fact > moment

    return holds

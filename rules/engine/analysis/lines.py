"""Kinds of values that have an order, as lines of keys: what lies between two of them, if anything does.

Exactness rests on this: nothing lies between 2026-01-01 and 2026-01-02, nor between "a" and "a" followed by
the character U+0000, nor between two numbers that differ in the last digit a number may have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from ..tables.values import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS,
    MONTHS,
    NUMBER,
    STRING,
    TIME,
    Months,
    kind_of,
)
from ..values import NUMBER_DIGITS


class Line:
    """Values of one kind that can all be put in order. A key is a value as it is compared here."""

    kind: str
    pivots: tuple  # points by which a column that names none is cut

    def key(self, value: object) -> object:
        return value

    def value(self, key: object) -> object:
        return key

    def between(self, low: object, high: object) -> object:
        """A key above `low` and below `high`, a handy one; None where there is none. None has no limit."""
        raise NotImplementedError


class BooleanLine(Line):
    """Two values, not in order; false and true are both points of any partition."""

    kind = BOOLEAN
    pivots = (False, True)

    def between(self, low: object, high: object) -> None:
        return None


class NumberLine(Line):
    kind = NUMBER
    pivots = (0,)
    _exact = Context(prec=3 * NUMBER_DIGITS)

    def __init__(self, places: int):
        self._places = places  # that a number may have behind the point

    def between(self, low, high):
        if low is None and high is None:
            return 0
        for places in range(self._places + 1):
            found = self._step_above(low, places) if low is not None else self._step_below(high, places)
            if low is None or high is None or found < high:
                return int(found) if found == found.to_integral_value() else found.normalize(self._exact)
        return None

    def _step_above(self, low, places: int) -> Decimal:
        return self._exact.add(self._rounded(low, places, ROUND_FLOOR), Decimal(1).scaleb(-places))

    def _step_below(self, high, places: int) -> Decimal:
        return self._exact.subtract(self._rounded(high, places, ROUND_CEILING), Decimal(1).scaleb(-places))

    def _rounded(self, number, places: int, rounding: str) -> Decimal:
        return Decimal(number).quantize(Decimal(1).scaleb(-places), rounding, context=self._exact)


class TextLine(Line):
    kind = STRING
    pivots = ("",)
    _handy = ("other", "x", "Z", "A", "0", " ", "")

    def between(self, low, high):
        candidates = self._handy if low is None else (*self._handy, low + "1", low + " ", low + "\0")
        for text in candidates:
            if (low is None or low < text) and (high is None or text < high):
                return text
        return None


@dataclass(frozen=True, kw_only=True, eq=False)
class WholeLine(Line):
    """Values that can be counted: days, microseconds, months. `steps` are handy distances, long first."""

    kind: str
    key: Callable[[object], int]
    value: Callable[[int], object]
    start: int  # what to give when anything will do
    lowest: int | None = None
    highest: int | None = None
    steps: tuple[int, ...] = (1,)

    @property
    def pivots(self) -> tuple:
        return (self.start,)

    def between(self, low, high):
        first = self.lowest if low is None else low + 1
        last = self.highest if high is None else high - 1
        if first is not None and last is not None and first > last:
            return None
        if _within(self.start, first, last):
            return self.start
        for step in self.steps:
            near = -(-first // step) * step if low is not None else last // step * step
            if _within(near, first, last):
                return near
        return first if low is not None else last


def _within(key: int, first: int | None, last: int | None) -> bool:
    return (first is None or first <= key) and (last is None or key <= last)


_SECOND = 10**6
_MINUTE, _HOUR, _DAY = 60 * _SECOND, 3_600 * _SECOND, 86_400 * _SECOND
_MICROSECOND = timedelta(microseconds=1)
_CLOCK_STEPS = (_HOUR, _MINUTE, _SECOND, 1)


def _of_clock(moment: time) -> int:
    """Microseconds from midnight, on the clock of UTC where there is an offset."""
    clock = timedelta(
        hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
    )
    return (clock - (moment.utcoffset() or timedelta())) // _MICROSECOND


def _clock(key: int) -> time:
    return (datetime.min + timedelta(microseconds=key)).time()


def _clock_with_offset(key: int) -> time:
    """One whose day in UTC is another day needs an offset to be said."""
    shift = -(key // _HOUR) if key < 0 else -(key // _HOUR - 23) if key >= _DAY else 0
    if shift >= 24:  # the first hour of them
        return time.min.replace(tzinfo=timezone(timedelta(microseconds=-key)))
    if shift <= -24:  # the last hour
        return time.max.replace(tzinfo=timezone(timedelta(microseconds=_DAY - 1 - key)))
    zone = timezone(timedelta(hours=shift)) if shift else UTC
    return _clock(key + shift * _HOUR).replace(tzinfo=zone)


# A fact of a table that has more digits cannot be read, so it is no value; conditions read any number.
NUMBERS, ANY_NUMBERS = NumberLine(NUMBER_DIGITS), NumberLine(NUMBER_DIGITS + 1)
TEXTS, BOOLEANS = TextLine(), BooleanLine()
DATES = WholeLine(
    kind=DATE,
    key=date.toordinal,
    value=date.fromordinal,
    start=date(2026, 1, 1).toordinal(),
    lowest=date.min.toordinal(),
    highest=date.max.toordinal(),
)
CLOCK = WholeLine(
    kind=TIME, key=_of_clock, value=_clock, start=9 * _HOUR, lowest=0, highest=_DAY - 1, steps=_CLOCK_STEPS
)
CLOCK_WITH_OFFSET = WholeLine(
    kind=TIME,
    key=_of_clock,
    value=_clock_with_offset,
    start=9 * _HOUR,
    lowest=1 - _DAY,
    highest=2 * (_DAY - 1),
    steps=_CLOCK_STEPS,
)
MOMENTS = WholeLine(
    kind=DATE_TIME,
    key=lambda moment: (moment - datetime.min) // _MICROSECOND,
    value=lambda key: datetime.min + timedelta(microseconds=key),
    start=(datetime(2026, 1, 1, 9) - datetime.min) // _MICROSECOND,
    lowest=0,
    highest=(datetime.max - datetime.min) // _MICROSECOND,
    steps=(_DAY, *_CLOCK_STEPS),
)
_FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
INSTANTS = WholeLine(
    kind=DATE_TIME,
    key=lambda moment: (moment - _FIRST_INSTANT) // _MICROSECOND,
    value=lambda key: _FIRST_INSTANT + timedelta(microseconds=key),
    start=MOMENTS.start,
    lowest=0,
    highest=MOMENTS.highest,
    steps=MOMENTS.steps,
)
LENGTHS = WholeLine(
    kind=DAYS,
    key=lambda length: length // _MICROSECOND,
    value=lambda key: timedelta(microseconds=key),
    start=_DAY,
    # The shortest one that a fact may be: it has an opposite.
    lowest=(timedelta.min + timedelta(days=1)) // _MICROSECOND + 1,
    highest=timedelta.max // _MICROSECOND,
    steps=(_DAY, *_CLOCK_STEPS),
)
MONTH_COUNTS = WholeLine(kind=MONTHS, key=lambda months: months.count, value=Months, start=1, steps=(12, 1))

LINES = (
    NUMBERS,
    TEXTS,
    BOOLEANS,
    DATES,
    CLOCK,
    CLOCK_WITH_OFFSET,
    MOMENTS,
    INSTANTS,
    LENGTHS,
    MONTH_COUNTS,
)
_BY_KIND = {
    NUMBER: NUMBERS,
    STRING: TEXTS,
    BOOLEAN: BOOLEANS,
    DATE: DATES,
    DAYS: LENGTHS,
    MONTHS: MONTH_COUNTS,
}


def line_of(value: object) -> Line:
    """Of a value as it is compared, which is not null."""
    kind = kind_of(value)
    if kind == TIME:
        return CLOCK if value.tzinfo is None else CLOCK_WITH_OFFSET
    if kind == DATE_TIME:
        return MOMENTS if value.tzinfo is None else INSTANTS
    return _BY_KIND[kind]

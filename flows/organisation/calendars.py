"""Working time: opening hours in one time zone, holidays, make-up days, pauses. Exact to the second.

Working time is every instant at which the local clock stands in opening hours. So a night that the clocks
change in has an hour more or less of it, and nothing is lost or counted twice.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import isleap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rules.engine import Problem, RuleErrors, Words

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60 * 60
MICROSECONDS = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
# A calendar that has no working time for so long has none at all.
YEARS_AHEAD = 100
DAYS_LISTED = 10_000  # of holidays, of make-up days
RANGES = 100  # of one day

Range = tuple[int, int]  # seconds since local midnight; the end does not count, and may lie on the next day
Pause = tuple[datetime, datetime | None]


class NoWorkingTime(Exception):
    """The calendar has no working time ahead in which a budget could be used up."""


@dataclass(frozen=True, eq=False)
class WorkingCalendar:
    """Immutable; made by `from_document`."""

    zone: ZoneInfo
    week: tuple[tuple[Range, ...], ...]  # Monday first
    holidays: Mapping[date, tuple[Range, ...]]  # when of the day is free
    yearly_holidays: frozenset[tuple[int, int]]  # (month, day)
    working_days: Mapping[date, tuple[Range, ...]]
    _years: dict[int, _Year] = field(default_factory=dict, repr=False)

    @classmethod
    def from_document(cls, document: object) -> WorkingCalendar:
        """
        timezone              "Asia/Shanghai"
        week                  {"mon": ["09:00-12:00", "13:00-18:00"], ...}; a day that is left out is free.
                              "22:00-06:00" ends on the next day, "00:00-24:00" is the whole one
        holidays              "2026-10-01", or {"date", "ranges"}: free only then
        yearly_holidays_MM_DD "01-01": every year
        working_days          make-up days: a date, with the hours of its weekday, or of the first weekday
                              that has hours; or {"date", "ranges"}. They win over holidays
        raises                RuleErrors with every Problem, such as one at "week/mon/0"
        """
        reader = _Reader()
        calendar = reader.calendar(document)
        if reader.problems:
            raise RuleErrors(reader.problems)
        return calendar

    def add(self, start: datetime, seconds: int, pauses: Iterable[Pause] = ()) -> datetime | None:
        """When `seconds` of working time after `start` are used up, in UTC: the first such instant.

        pauses  [(begin, end)] do not count; they may overlap. An `end` of None is a pause that goes on
        returns None if a pause that goes on keeps it from ever being reached
        raises  NoWorkingTime
        """
        if seconds < 0:
            raise ValueError("A budget of working time is not negative.")
        at, budget = _microseconds(start), seconds * MICROSECONDS
        for begin, end in _merged(pauses):
            if end is not None and end <= at:
                continue
            worked = self._between(at, begin) if begin > at else 0
            if worked >= budget:
                break
            if end is None:
                return None
            at, budget = end, budget - worked
        return EPOCH + timedelta(microseconds=self._add(at, budget))

    def between(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> int:
        """Whole working seconds from `start` to `end` but for `pauses`; negative if `end` is earlier."""
        first, last = _microseconds(start), _microseconds(end)
        if first > last:
            return -self.between(end, start, pauses)
        worked = self._between(first, last)
        for begin, finish in _merged(pauses):
            begin, finish = max(begin, first), last if finish is None else min(finish, last)
            worked -= self._between(begin, finish) if begin < finish else 0
        return worked // MICROSECONDS

    def is_open(self, at: datetime) -> bool:
        """Whether `at` is working time."""
        year, moment = self._year_of(_microseconds(at)), _microseconds(at)
        place = bisect_right(year.begins, moment) - 1
        return place >= 0 and moment < year.ends[place]

    def hours_of(self, day: date) -> list[Range]:
        """When work begins and ends on `day`, in seconds since local midnight, in order."""
        if day in self.working_days:
            return list(self.working_days[day])
        if (day.month, day.day) in self.yearly_holidays:
            return []
        hours = list(self.week[day.weekday()])
        return _without(hours, self.holidays[day]) if day in self.holidays else hours

    # On the line of microseconds since 1970, in UTC

    def _add(self, at: int, budget: int) -> int:
        if not budget:
            return at
        number = self._number_of_year(at)
        year = self._year(number)
        budget += year.worked_before(at)
        for ahead in range(1, YEARS_AHEAD):
            if budget <= year.total:
                return year.when_worked(budget)
            budget -= year.total
            year = self._year(number + ahead)
        raise NoWorkingTime

    def _between(self, first: int, last: int) -> int:
        start, end = self._number_of_year(first), self._number_of_year(last)
        whole = sum(self._year(number).total for number in range(start, end))
        return whole + self._year(end).worked_before(last) - self._year(start).worked_before(first)

    def _number_of_year(self, at: int) -> int:
        return (EPOCH + timedelta(microseconds=at)).astimezone(self.zone).year

    def _year_of(self, at: int) -> _Year:
        return self._year(self._number_of_year(at))

    def _year(self, number: int) -> _Year:
        if number not in self._years:
            if not 1 < number < 9_999:
                raise NoWorkingTime
            self._years[number] = _Year.of(self._intervals(number))
        return self._years[number]

    def _intervals(self, number: int) -> Iterator[Range]:
        """Working time of a local year, in seconds since 1970, in order."""
        first, end = date(number, 1, 1).toordinal(), date(number + 1, 1, 1).toordinal()
        special = self._special_days(number)
        offset, spill = self._offset_at(first), _spill_of(self.hours_of(date.fromordinal(first - 1)))
        for day in range(first, end):
            next_offset = self._offset_at(day + 1)
            # The first day of the calendar was a Monday.
            hours = special[day] if day in special else self.week[(day - 1) % 7]
            if offset == next_offset:
                midnight = (day - EPOCH_DAY) * DAY - offset
                for begin, close in _joined([*spill, *hours]) if spill else hours:
                    yield midnight + begin, midnight + min(close, DAY)
            else:
                yield from self._intervals_of_change(day, offset, next_offset)
            offset, spill = next_offset, _spill_of(hours) if hours else ()

    def _special_days(self, number: int) -> dict[int, list[Range]]:
        yearly = [
            date(number, month, day)
            for month, day in self.yearly_holidays
            if (month, day) != (2, 29) or isleap(number)
        ]
        listed = [day for days in (self.holidays, self.working_days) for day in days if day.year == number]
        return {day.toordinal(): self.hours_of(day) for day in (*yearly, *listed)}

    def _intervals_of_change(self, day: int, offset: int, next_offset: int) -> Iterator[Range]:
        """Of a day in which the clock is changed: each stretch with one offset by itself."""
        begin = (day - EPOCH_DAY) * DAY - offset
        end = (day + 1 - EPOCH_DAY) * DAY - next_offset
        # A clock put back over midnight shows the day before again.
        hours = [
            ((near - EPOCH_DAY) * DAY + opens, (near - EPOCH_DAY) * DAY + closes)
            for near in (day - 2, day - 1, day, day + 1)
            for opens, closes in self.hours_of(date.fromordinal(near))
        ]
        for first, last, shift in self._stretches(begin, end):
            for opens, closes in _joined(hours):
                if (low := max(opens - shift, first)) < (high := min(closes - shift, last)):
                    yield low, high

    def _stretches(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(begin, end, offset) between changes of the clock."""
        while begin < end:
            shift, low, high = self._shift(begin), begin, end
            if self._shift(end - 1) != shift:
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if self._shift(middle) == shift else (low, middle)
            yield begin, high, shift
            begin = high

    def _offset_at(self, day: int) -> int:
        """How far the local clock is ahead of UTC at the first midnight of `day`, in seconds."""
        return _seconds(self.zone.utcoffset(datetime.fromordinal(day)))

    def _shift(self, at: int) -> int:
        return _seconds((EPOCH + timedelta(seconds=at)).astimezone(self.zone).utcoffset())


class _Year(NamedTuple):
    """The working time of a local year, in microseconds since 1970."""

    begins: list[int]
    ends: list[int]
    worked: list[int]  # up to each end
    total: int

    @classmethod
    def of(cls, intervals: Iterable[Range]) -> _Year:
        pairs = [(begin * MICROSECONDS, end * MICROSECONDS) for begin, end in intervals]
        worked = list(accumulate(end - begin for begin, end in pairs))
        return cls(
            begins=[begin for begin, _ in pairs],
            ends=[end for _, end in pairs],
            worked=worked,
            total=worked[-1] if worked else 0,
        )

    def worked_before(self, at: int) -> int:
        place = bisect_right(self.begins, at) - 1
        if place < 0:
            return 0
        return self.worked[place] - max(0, self.ends[place] - at)

    def when_worked(self, budget: int) -> int:
        """The first instant at which so much was worked; 0 < budget <= total."""
        place = bisect_left(self.worked, budget)
        return self.ends[place] - (self.worked[place] - budget)


def _seconds(offset: timedelta) -> int:
    # Before there was standard time, offsets had seconds; none has less.
    return offset.days * DAY + offset.seconds


def _microseconds(at: datetime) -> int:
    if at.utcoffset() is None:
        raise ValueError("An instant needs a time zone.")
    return (at - EPOCH) // timedelta(microseconds=1)


def _spill_of(hours: Iterable[Range]) -> list[Range]:
    """What of a day's hours lies on the next day."""
    return [(0, close - DAY) for _begin, close in hours if close > DAY]


def _merged(pauses: Iterable[Pause]) -> list[tuple[int, int | None]]:
    """In order and apart; one that goes on is the last."""
    merged: list[tuple[int, int | None]] = []
    apart = [(_microseconds(begin), end and _microseconds(end)) for begin, end in pauses]
    for begin, end in sorted(apart, key=lambda pause: pause[0]):
        if merged and (merged[-1][1] is None or begin <= merged[-1][1]):
            before, until = merged[-1]
            merged[-1] = (before, None if until is None or end is None else max(until, end))
        else:
            merged.append((begin, end))
    return merged


def _joined(ranges: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for begin, end in sorted(ranges):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def _without(hours: list[Range], free: Iterable[Range]) -> list[Range]:
    for off, on in free:
        hours = [
            part
            for begin, end in hours
            for part in ((begin, min(end, off)), (max(begin, on), end))
            if part[0] < part[1]
        ]
    return hours


# Documents

_RANGE = re.compile(r"(\d\d):([0-5]\d)(?::([0-5]\d))?-(\d\d):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_MONTH_AND_DAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_KEYS = ("timezone", "week", "holidays", "yearly_holidays_MM_DD", "working_days")
WHOLE_DAY = ((0, 2 * DAY),)  # a shift that goes on into the next day is free, too


class _Reader:
    """Reads a document; `problems` holds all that is wrong with it."""

    def __init__(self):
        self.problems: list[Problem] = []

    def calendar(self, document: object) -> WorkingCalendar | None:
        if not isinstance(document, Mapping):
            return self._refuse("", en="A calendar is expected here.", zh="此处应为工作日历。")
        for key in document:
            if key not in _KEYS:
                self._refuse(
                    str(key)[:40], en="This does not belong in a calendar.", zh="日历中不应有此内容。"
                )
        zone = self._zone(document.get("timezone"))
        week = self._week(document.get("week"))
        usual = next((hours for hours in week if hours), ())
        return WorkingCalendar(
            zone=zone,
            week=week,
            holidays=self._days(document, "holidays", lambda day: WHOLE_DAY),
            yearly_holidays=self._yearly(document.get("yearly_holidays_MM_DD")),
            working_days=self._days(document, "working_days", lambda day: week[day.weekday()] or usual),
        )

    def _zone(self, name: object) -> ZoneInfo | None:
        try:
            return ZoneInfo(name)
        except Exception:  # each system raises another one for names that are no zones
            return self._refuse(
                "timezone",
                en="Choose a time zone, such as Asia/Shanghai.",
                zh="请选择时区，例如 Asia/Shanghai。",
            )

    def _week(self, week: object) -> tuple[tuple[Range, ...], ...]:
        if not isinstance(week, Mapping):
            self._refuse("week", en="Enter the hours of each weekday.", zh="请填写每周各天的工作时间。")
            return ((),) * len(WEEKDAYS)
        for day in week:
            if day not in WEEKDAYS:
                self._refuse(
                    f"week/{str(day)[:40]}",
                    en="Weekdays are called mon, tue, wed, thu, fri, sat, sun.",
                    zh="星期应为 mon、tue、wed、thu、fri、sat、sun。",
                )
        return tuple(self._ranges(week.get(day, []), f"week/{day}") for day in WEEKDAYS)

    def _ranges(self, ranges: object, path: str) -> tuple[Range, ...]:
        if not isinstance(ranges, list | tuple) or len(ranges) > RANGES:
            self._refuse(
                path,
                en="A list of hours such as 09:00-18:00 is expected.",
                zh="此处应为 09:00-18:00 这样的时间段列表。",
            )
            return ()
        read = [self._range(text, f"{path}/{place}") for place, text in enumerate(ranges)]
        return tuple(_joined(one for one in read if one))

    def _range(self, text: object, path: str) -> Range | None:
        found = _RANGE.fullmatch(text) if isinstance(text, str) else None
        if found:
            numbers = [int(number or 0) for number in found.groups()]
            begin, end = (
                hours * 3600 + minutes * 60 + seconds
                for hours, minutes, seconds in (numbers[:3], numbers[3:])
            )
            if begin < DAY and end <= DAY and begin != end:
                return (begin, end) if begin < end else (begin, end + DAY)
        return self._refuse(
            path,
            en="Enter hours such as 09:00-18:00; 22:00-06:00 ends on the next day.",
            zh="请输入时间段，例如 09:00-18:00；22:00-06:00 表示次日结束。",
        )

    def _days(self, document: Mapping, key: str, usual) -> dict[date, tuple[Range, ...]]:
        days: dict[date, tuple[Range, ...]] = {}
        for place, entry in self._listed(document.get(key), key):
            path = f"{key}/{place}"
            is_date = not isinstance(entry, Mapping)
            day = self._date(entry if is_date else entry.get("date"), path if is_date else f"{path}/date")
            if is_date:
                hours = usual(day) if day else ()
            else:
                hours = self._ranges(entry.get("ranges"), f"{path}/ranges")
            if day:
                days[day] = tuple(_joined([*days.get(day, ()), *hours]))
        return days

    def _date(self, text: object, path: str) -> date | None:
        if isinstance(text, date) and not isinstance(text, datetime):
            return text
        try:
            return datetime.strptime(text, "%Y-%m-%d").date()
        except (TypeError, ValueError):
            return self._refuse(path, en="Enter a date like 2026-01-31.", zh="请输入日期，例如 2026-01-31。")

    def _yearly(self, days: object) -> frozenset[tuple[int, int]]:
        read = set()
        for place, text in self._listed(days, "yearly_holidays_MM_DD"):
            found = _MONTH_AND_DAY.fullmatch(text) if isinstance(text, str) else None
            try:
                # 2000 was a leap year, so it has every day.
                day = date(2000, int(found[1]), int(found[2]))
            except (TypeError, ValueError):
                self._refuse(
                    f"yearly_holidays_MM_DD/{place}",
                    en="Enter month and day like 12-25.",
                    zh="请输入月和日，例如 12-25。",
                )
            else:
                read.add((day.month, day.day))
        return frozenset(read)

    def _listed(self, entries: object, path: str) -> list[tuple[int, object]]:
        if entries is None:
            return []
        if not isinstance(entries, list | tuple) or len(entries) > DAYS_LISTED:
            return self._refuse(path, en="A list of days is expected here.", zh="此处应为日期列表。") or []
        return list(enumerate(entries))

    def _refuse(self, path: str, *, en: str, zh: str) -> None:
        self.problems.append(Problem(path=path, sentence=Words(en=en, zh=zh)))

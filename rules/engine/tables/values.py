"""The values of FEEL as plain Python ones, how two of them compare, and how they are read and said.

Comparing has three outcomes: True, False, and None for what has no answer (FEEL's null): an order with
nothing, a text beside a number, a local time beside one with an offset.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from ..errors import Refused
from ..facts import UNREADABLE, read_boolean, read_number
from ..sentences import LONG, is_zh, say_number
from ..values import NUMBER_DIGITS
from ..words import Words


@dataclass(frozen=True, order=True)
class Months:
    """A duration of years and months: it has no fixed number of days, so it is no timedelta."""

    count: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.count), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-" if self.count < 0 else "") + "P" + (text or "0M")


# Comparing ---------------------------------------------------------------------------------------------

NUMBER = "number"
STRING = "string"
SELECT = "select"  # a text that is a choice: letter case does not count, and choices are in no order
BOOLEAN = "boolean"
DATE = "date"
TIME = "time"
DATE_TIME = "date and time"
DAYS = "days and time duration"
MONTHS = "years and months duration"
DURATION = "duration"
ANY = "any"

_KINDS = {
    int: NUMBER,
    Decimal: NUMBER,
    str: STRING,
    bool: BOOLEAN,
    date: DATE,
    time: TIME,
    datetime: DATE_TIME,
    timedelta: DAYS,
    Months: MONTHS,
}


def kind_of(value: object) -> str | None:
    """Of a value as the readers below give it; None for null."""
    return _KINDS.get(type(value))


def same(left: object, right: object) -> bool | None:
    """`=`: null is only equal to null; values of different kinds have no answer."""
    if left is None or right is None:
        return left is right
    return left == right if kind_of(left) == kind_of(right) else None


def ordered(left: object, right: object) -> bool:
    """Whether the two can be put in order at all."""
    kind = kind_of(left)
    if kind is None or kind == BOOLEAN or kind != kind_of(right):
        return False
    return kind not in (TIME, DATE_TIME) or (left.tzinfo is None) == (right.tzinfo is None)


def key_of(value: object) -> tuple:
    """Equal and hashable for values that are the same: 1 and 1.0, but not 1 and true."""
    kind = kind_of(value)
    if kind == NUMBER:
        whole = int(value) if value == int(value) else None
        # Numbers beyond 60 bits and fractions can be chosen to have one hash; texts cannot.
        value = whole if whole is not None and whole.bit_length() < 60 else _digits(value)
    return (kind, value)


def _digits(number: int | Decimal) -> str:
    _, digits, exponent = Decimal(number).as_tuple()
    text = "".join(map(str, digits))
    short = text.rstrip("0")
    return f"{'-' if number < 0 else ''}{short}e{exponent + len(text) - len(short)}"


# Reading texts of the standard -------------------------------------------------------------------------

_DATE = re.compile(r"(-?[0-9]{4,9})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:(Z)|([+-][0-9]{2}):([0-9]{2})|@([A-Za-z0-9_+/-]{1,64}))?"
)
_MONTHS = re.compile(r"(-?)P(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?")
_DAYS = re.compile(
    r"(-?)P(?:([0-9]{1,9})D)?"
    r"(?:T(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,6}))?S)?)?"
)

NOT_A_DATE = Words(
    en="Enter a date like 2026-01-31, from the year 1 to 9999.",
    zh="请输入日期，例如 2026-01-31，年份从 1 到 9999。",
)
NOT_A_TIME = Words(
    en="Enter a time like 09:30:00 or 09:30:00+08:00.", zh="请输入时间，例如 09:30:00 或 09:30:00+08:00。"
)
NOT_A_DATE_TIME = Words(
    en="Enter a date and time like 2026-01-31T09:30:00 or 2026-01-31T09:30:00+08:00.",
    zh="请输入日期时间，例如 2026-01-31T09:30:00 或 2026-01-31T09:30:00+08:00。",
)
NOT_A_DURATION = Words(
    en="Enter a duration like P3D, PT2H30M or P1Y6M; months and days cannot be mixed.",
    zh="请输入时长，例如 P3D、PT2H30M 或 P1Y6M；不能混用月和天。",
)


def parse_date(text: str) -> date:
    match = _DATE.fullmatch(text)
    try:
        return date(*(int(part) for part in match.groups()))
    except (AttributeError, ValueError):
        raise Refused(NOT_A_DATE) from None


def parse_time(text: str) -> time:
    """A zone by name is refused: its offset depends on the day."""
    try:
        read = _time(text)
    except (ValueError, LookupError, OSError):
        read = None
    if read is None or isinstance(read.tzinfo, ZoneInfo):
        raise Refused(NOT_A_TIME)
    return read


def parse_date_time(text: str) -> datetime:
    """As written. A date alone is its midnight, without an offset."""
    day, mark, rest = text.partition("T")
    try:
        read = datetime.combine(parse_date(day), _time(rest) if mark else time())
        read.utcoffset()
        return read
    except (Refused, ValueError, LookupError, OSError, OverflowError, TypeError):
        raise Refused(NOT_A_DATE_TIME) from None


def _time(text: str) -> time | None:
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(text)
    hour, minute, second, fraction, utc, hours, minutes, zone = match.groups()
    fraction = fraction or ""
    if fraction[6:].strip("0"):  # finer than a microsecond
        raise ValueError(text)
    tzinfo = UTC if utc else None
    if hours:
        shift = timedelta(hours=abs(int(hours)), minutes=_below_60(minutes))
        tzinfo = timezone(-shift if hours.startswith("-") else shift)
    elif zone:
        tzinfo = ZoneInfo(zone)
    return time(int(hour), int(minute), int(second), int(fraction[:6].ljust(6, "0")), tzinfo)


def _below_60(minutes: str) -> int:
    if int(minutes) >= 60:
        raise ValueError(minutes)
    return int(minutes)


def parse_duration(text: str) -> timedelta | Months:
    try:
        return _months(text) or _days(text)
    except (AttributeError, ValueError, OverflowError):
        raise Refused(NOT_A_DURATION) from None


def _months(text: str) -> Months | None:
    match = _MONTHS.fullmatch(text)
    if not match or text.endswith("P"):
        return None
    sign, years, months = match.groups()
    count = int(years or 0) * 12 + int(months or 0)
    return Months(-count if sign else count)


def _days(text: str) -> timedelta:
    match = _DAYS.fullmatch(text)
    if text.endswith(("P", "T")):
        raise ValueError(text)
    sign, days, hours, minutes, seconds, fraction = match.groups()
    length = timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "").ljust(6, "0")),
    )
    return -length if sign else length


def parse_at(text: str) -> object:
    """What `@"..."` means: whichever of the four it can be."""
    for parse in (parse_date, parse_time, parse_date_time, parse_duration):
        try:
            if parse is not parse_date_time or "T" in text:
                return parse(text)
        except Refused:
            continue
    raise Refused(
        Words(
            en='After @ comes a date, a time, a date and time or a duration, like @"2026-01-31".',
            zh='@ 之后应为日期、时间、日期时间或时长，例如 @"2026-01-31"。',
        )
    )


# Reading facts -----------------------------------------------------------------------------------------


def _read_number(raw: object) -> object:
    """Exact, within the limits that numbers in documents have."""
    read = read_number(raw)
    if isinstance(read, int):
        return read if read.bit_length() <= 1_400 else UNREADABLE
    if isinstance(read, Decimal) and read.as_tuple().exponent >= -NUMBER_DIGITS:
        return Decimal(read) if read.adjusted() < NUMBER_DIGITS else UNREADABLE
    return UNREADABLE


def _read_string(raw: object) -> object:
    return str.__str__(raw) if isinstance(raw, str) else UNREADABLE


def _read_choice(raw: object) -> object:
    """As conditions read one (facts.fold_choice), but a number is the text by which it is written."""
    if isinstance(raw, str):
        return str.__str__(raw).lower()
    number = _read_number(raw)
    return number if number is UNREADABLE else f"{Decimal(number).normalize():f}"


def _read_date(raw: object) -> object:
    if isinstance(raw, str):
        return _parsed(parse_date, raw)
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return date(raw.year, raw.month, raw.day)
    return UNREADABLE


def _read_time(raw: object) -> object:
    if isinstance(raw, str):
        return _parsed(parse_time, raw)
    if type(raw) is not time or (raw.tzinfo is not None and raw.utcoffset() is None):
        return UNREADABLE
    return raw


def _read_date_time(raw: object) -> object:
    if isinstance(raw, str):
        raw = _parsed(parse_date_time, raw) if "T" in raw else UNREADABLE
    return in_utc(raw) if isinstance(raw, datetime) else UNREADABLE


def in_utc(moment: datetime) -> object:
    """With an offset: the same instant in UTC, for Python compares wall clocks within one zone."""
    try:
        if moment.utcoffset() is None:
            return datetime.combine(moment.date(), moment.time())
        moment = moment.astimezone(UTC)
        return datetime.combine(moment.date(), moment.time(), UTC)
    except (OverflowError, ValueError):
        return UNREADABLE


def _read_duration(raw: object) -> object:
    if isinstance(raw, str):
        return _parsed(parse_duration, raw)
    if isinstance(raw, timedelta) and raw > timedelta.min + timedelta(days=1):  # so that it has an opposite
        return timedelta(raw.days, raw.seconds, raw.microseconds)
    return raw if type(raw) is Months else UNREADABLE


def _read_days(raw: object) -> object:
    read = _read_duration(raw)
    return read if isinstance(read, timedelta) else UNREADABLE


def _read_months(raw: object) -> object:
    read = _read_duration(raw)
    return read if isinstance(read, Months) else UNREADABLE


def _read_any(raw: object) -> object:
    """By its class alone: a text stays a text."""
    for read in (
        _read_string,
        read_boolean,
        _read_number,
        _read_date_time,
        _read_date,
        _read_time,
        _read_duration,
    ):
        value = read(raw)
        if value is not UNREADABLE:
            return value
    return UNREADABLE


def _parsed(parse: Callable[[str], object], text: str) -> object:
    try:
        return parse(text)
    except Refused:
        return UNREADABLE


# Types of columns --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ColumnType:
    key: str
    kinds: frozenset[str]  # of the values it has
    read: Callable[[object], object]  # a fact; UNREADABLE for one of another type
    expects: Words  # what an author is told
    wrong: Words  # what the explanation says of a fact that cannot be read

    @property
    def is_text(self) -> bool:
        return self.kinds == {STRING}

    @property
    def is_choice(self) -> bool:
        return self.key == SELECT


def _row(key: str, read: Callable, expects: Words, wrong: Words, kinds: tuple[str, ...] = ()) -> ColumnType:
    return ColumnType(key=key, kinds=frozenset(kinds or (key,)), read=read, expects=expects, wrong=wrong)


COLUMN_TYPES = {
    row.key: row
    for row in (
        _row(
            STRING,
            _read_string,
            Words(en='Enter a text in quotes, like "A".', zh='请输入带英文引号的文本，例如 "A"。'),
            Words(en="not a text", zh="不是文本"),
        ),
        _row(
            SELECT,
            _read_choice,
            Words(en='Enter a choice in quotes, like "A".', zh='请输入带英文引号的选项，例如 "A"。'),
            Words(en="not a choice", zh="不是选项"),
            (STRING,),
        ),
        _row(
            NUMBER,
            _read_number,
            Words(en="Enter a number.", zh="请输入数字。"),
            Words(en="not a number", zh="不是数字"),
        ),
        _row(
            BOOLEAN,
            read_boolean,
            Words(en="Enter true or false.", zh="请输入 true 或 false。"),
            Words(en="neither yes nor no", zh="不是“是”或“否”"),
        ),
        _row(
            DATE,
            _read_date,
            Words(en='Enter a date like date("2026-01-31").', zh='请输入日期，例如 date("2026-01-31")。'),
            Words(en="not a date", zh="不是日期"),
        ),
        _row(
            TIME,
            _read_time,
            Words(en='Enter a time like time("09:30:00").', zh='请输入时间，例如 time("09:30:00")。'),
            Words(en="not a time", zh="不是时间"),
        ),
        _row(
            DATE_TIME,
            _read_date_time,
            Words(
                en='Enter a date and time like date and time("2026-01-31T09:30:00").',
                zh='请输入日期时间，例如 date and time("2026-01-31T09:30:00")。',
            ),
            Words(en="not a date and time", zh="不是日期时间"),
        ),
        _row(
            DAYS,
            _read_days,
            Words(
                en='Enter a duration of days and hours, like duration("P3D").',
                zh='请输入天和小时的时长，例如 duration("P3D")。',
            ),
            Words(en="not a duration of days and hours", zh="不是天和小时的时长"),
        ),
        _row(
            MONTHS,
            _read_months,
            Words(
                en='Enter a duration of years and months, like duration("P1Y6M").',
                zh='请输入年和月的时长，例如 duration("P1Y6M")。',
            ),
            Words(en="not a duration of years and months", zh="不是年和月的时长"),
        ),
        _row(
            DURATION,
            _read_duration,
            Words(
                en='Enter a duration like duration("P3D") or duration("P1Y").',
                zh='请输入时长，例如 duration("P3D") 或 duration("P1Y")。',
            ),
            Words(en="not a duration", zh="不是时长"),
            (DAYS, MONTHS),
        ),
        _row(
            ANY,
            _read_any,
            Words(en="Enter a value.", zh="请输入值。"),
            Words(en="not a value that can be compared", zh="不是可比较的值"),
            tuple(_KINDS.values()),
        ),
    )
}
# Other names of the same types: those of the engine's vocabularies and of XML files.
ALIASES = {
    "numeric": NUMBER,
    "datetime": DATE_TIME,
    "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS,
    "yearMonthDuration": MONTHS,
    "Any": ANY,
    # FEEL's type of the value null alone; comparing with nothing is unknown, whatever the test.
    "null": ANY,
}


def column_type(name: object) -> ColumnType | None:
    """None for a name that is no type; no name at all is `any`."""
    if name is None:
        return COLUMN_TYPES[ANY]
    return COLUMN_TYPES.get(ALIASES.get(name, name)) if isinstance(name, str) else None


# Saying ------------------------------------------------------------------------------------------------

_NULL = Words(en="nothing", zh="空")
_YES = Words(en="yes", zh="是")
_NO = Words(en="no", zh="否")
_UNITS = (
    Words(en="year", zh="年"),
    Words(en="month", zh="个月"),
    Words(en="day", zh="天"),
    Words(en="hour", zh="小时"),
    Words(en="minute", zh="分钟"),
    Words(en="second", zh="秒"),
)


def say(value: object, language: str | None) -> str:
    """A value as people write it."""
    if value is None:
        return _NULL.say(language)
    if isinstance(value, bool):
        return (_YES if value else _NO).say(language)
    if isinstance(value, str):
        return f"“{value if len(value) <= LONG else value[:LONG] + '…'}”"
    if isinstance(value, int | Decimal):
        return say_number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta | Months):
        return _say_duration(value, language)
    return value.isoformat()


def _say_duration(value: timedelta | Months, language: str | None) -> str:
    amounts = _parts(value)
    spoken = []
    for amount, unit in zip(amounts, _UNITS, strict=True):
        if amount:
            plural = "s" if not is_zh(language) and amount != 1 else ""
            spoken.append(f"{amount} {unit.say(language)}{plural}")
    if not spoken:
        unit = _UNITS[1 if isinstance(value, Months) else 2]
        spoken = [f"0 {unit.say(language)}" + ("" if is_zh(language) else "s")]
    return ("-" if _negative(value) else "") + " ".join(spoken)


def _negative(value: timedelta | Months) -> bool:
    return value < (Months(0) if isinstance(value, Months) else timedelta())


def _parts(value: timedelta | Months) -> tuple:
    """Years, months, days, hours, minutes, seconds, without the sign."""
    if isinstance(value, Months):
        return (*divmod(abs(value.count), 12), 0, 0, 0, 0)
    value = abs(value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if value.microseconds:
        seconds += Decimal(value.microseconds).scaleb(-6).normalize()
    return (0, 0, value.days, hours, minutes, seconds)


def plain(value: object) -> object:
    """As JSON holds it: what JSON has no word for becomes the text by which the standard writes it."""
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        # Beyond 53 bits other readers of JSON lose digits.
        return value if abs(value) < 2**53 else str(Decimal(value))
    if isinstance(value, timedelta):
        return _iso_days(value)
    return str(value) if isinstance(value, Decimal | Months) else value.isoformat()


def _iso_days(value: timedelta) -> str:
    *_, days, hours, minutes, seconds = _parts(value)
    clock = "".join(
        f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if amount
    )
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if _negative(value) else "") + "P" + (text or "T0S")

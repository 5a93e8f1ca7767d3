"""Facts: how a raw value is read as one of the types a rule may ask for, and how facts are stored as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite

from .words import Words

NESTED = 32  # levels of a fact that are stored
UNREADABLE = object()  # what a reader returns for a value of the wrong type; no comparison with it holds


def read_text(raw: object) -> object:
    if issubclass(type(raw), str):
        return str.__str__(raw)  # also of an enumeration's member, whose own hash is not that of its text
    return raw if isinstance(raw, str) else UNREADABLE


def read_number(raw: object) -> object:
    """An int or a finite Decimal. A float counts as the decimal it is written as: 0.1 is exactly 0.1."""
    if isinstance(raw, Decimal):
        return raw if raw.is_finite() else UNREADABLE
    if isinstance(raw, int):
        return UNREADABLE if isinstance(raw, bool) else int(raw)
    if isinstance(raw, float) and isfinite(raw):
        return Decimal(float.__repr__(raw))
    return UNREADABLE


def read_boolean(raw: object) -> object:
    return raw if isinstance(raw, bool) else UNREADABLE


def read_choices(raw: object) -> object:
    """The set of folded choices. One text or number is one choice; a list, tuple or set holds several."""
    if isinstance(raw, list | tuple | set | frozenset):
        folded = [fold_choice(element) for element in raw]
        return UNREADABLE if UNREADABLE in folded else frozenset(folded)
    if raw is None:
        return UNREADABLE
    choice = fold_choice(raw)
    return UNREADABLE if choice is UNREADABLE else frozenset((choice,))


def fold_choice(raw: object) -> object:
    """Two choices are the same when this is equal: letter case does not count, and True is not 1."""
    if isinstance(raw, str):
        return raw.lower()
    if raw is None or isinstance(raw, bool):
        return ("", raw)
    return read_number(raw)


# Days and instants as texts, in a notation that Python and PostgreSQL read alike: rules/sql uses them, too.
DAY = (
    "(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
# Groups: the day; hour, minute, second, its decimals; of an offset that is not Z: sign, hours, minutes in two
# spellings, seconds.
INSTANT = (
    f"({DAY})[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:[.,]([0-9]{{1,6}})[0-9]*)?)?"
    "(?:Z|([+-])([01][0-9]|2[0-3])(?:([0-5][0-9])|:([0-5][0-9])(?::([0-5][0-9]))?)?)"
)
_DAY = re.compile(DAY)
_INSTANT = re.compile(INSTANT)


def read_date(raw: object) -> object:
    """A date or its ISO text. A datetime is refused: which day it falls on depends on a zone."""
    if isinstance(raw, date):
        return UNREADABLE if isinstance(raw, datetime) else raw
    if isinstance(raw, str) and _DAY.fullmatch(raw):
        return date.fromisoformat(raw)
    return UNREADABLE


def read_datetime(raw: object) -> object:
    """A datetime with a time zone, or its ISO text with an offset: "2026-01-31T09:00:00.5+08:00"."""
    if isinstance(raw, str):
        return datetime.fromisoformat(raw) if _INSTANT.fullmatch(raw) else UNREADABLE
    if isinstance(raw, datetime) and raw.utcoffset() is not None:
        return raw
    return UNREADABLE


_DURATION = re.compile(
    r"(-)?P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?", re.ASCII
)


def read_duration(raw: object) -> object:
    """A timedelta, or its ISO text in days and smaller: "P3DT2H", "-PT0.5S"."""
    if isinstance(raw, timedelta):
        return raw
    match = _DURATION.fullmatch(raw) if isinstance(raw, str) and len(raw) <= 60 else None
    if not match:
        return UNREADABLE
    sign, days, hours, minutes, seconds, part = match.groups()
    days, hours, minutes, seconds = (int(number or 0) for number in (days, hours, minutes, seconds))
    try:
        length = timedelta(days, seconds, int((part or "").ljust(6, "0")), 0, minutes, hours)
        return -length if sign else length
    except OverflowError:
        return UNREADABLE


_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?", re.ASCII)


def read_clock(raw: object) -> object:
    """A time of day to the minute, as the number its digits are: 14:30 is 1430, which orders as times do.

    From its text "14:30" (or "14:30:00"), or from that number: before there was a type for them, times were
    given and logged so.
    """
    if isinstance(raw, str):
        match = _CLOCK.fullmatch(raw)
        return int(match[1]) * 100 + int(match[2]) if match else UNREADABLE
    number = read_number(raw)
    return int(number) if number is not UNREADABLE and is_clock(number) else UNREADABLE


def is_clock(number: object) -> bool:
    return 0 <= number < 2400 and number == int(number) and int(number) % 100 < 60


@dataclass(frozen=True)
class Change:
    """A fact that tells of a change: the value before and after it, None for no value."""

    old: object
    new: object


def _read_change(read_side: Callable[[object], object]) -> Callable[[object], object]:
    def read_change(raw: object) -> object:
        """A Change, or a mapping with exactly "old" and "new", each side of the base type or None."""
        if isinstance(raw, Mapping) and raw.keys() == {"old", "new"}:
            raw = Change(raw["old"], raw["new"])
        if not isinstance(raw, Change):
            return UNREADABLE
        old, new = (None if side is None else read_side(side) for side in (raw.old, raw.new))
        return UNREADABLE if UNREADABLE in (old, new) else Change(old, new)

    return read_change


def _read_one_choice(raw: object) -> object:
    return UNREADABLE if isinstance(raw, bool) else fold_choice(raw)


@dataclass(frozen=True)
class Location:
    """A place on earth, in degrees of WGS 84."""

    latitude: float
    longitude: float


def read_location(raw: object) -> object:
    """A Location, or a mapping with exactly "latitude" (-90..90) and "longitude" (-180..180)."""
    if isinstance(raw, Mapping) and raw.keys() == {"latitude", "longitude"}:
        raw = Location(raw["latitude"], raw["longitude"])
    if not isinstance(raw, Location):
        return UNREADABLE
    latitude, longitude = read_number(raw.latitude), read_number(raw.longitude)
    if UNREADABLE in (latitude, longitude) or abs(latitude) > 90 or abs(longitude) > 180:
        return UNREADABLE
    return Location(float(latitude), float(longitude))


@dataclass(frozen=True)
class FactType:
    key: str
    label: Words
    read: Callable[[object], object]
    # What the explanation says of a fact that is there but cannot be read.
    wrong: Words
    # The class that needs no reading: generated code compares it straight away.
    ready: type | None = None


TYPES = {
    row.key: row
    for row in (
        FactType(
            key="string",
            label=Words(en="text", zh="文本"),
            read=read_text,
            wrong=Words(en="not a text", zh="不是文本"),
            ready=str,
        ),
        FactType(
            key="numeric",
            label=Words(en="number", zh="数字"),
            read=read_number,
            wrong=Words(en="not a number", zh="不是数字"),
            ready=int,
        ),
        FactType(
            key="boolean",
            label=Words(en="yes or no", zh="是或否"),
            read=read_boolean,
            wrong=Words(en="neither yes nor no", zh="不是“是”或“否”"),
            ready=bool,
        ),
        FactType(
            key="select",
            label=Words(en="choice", zh="单选"),
            read=read_choices,
            wrong=Words(en="not a choice", zh="不是选项"),
        ),
        FactType(
            key="select_multiple",
            label=Words(en="several choices", zh="多选"),
            read=read_choices,
            wrong=Words(en="not a list of choices", zh="不是选项列表"),
        ),
        FactType(
            key="date",
            label=Words(en="date", zh="日期"),
            read=read_date,
            wrong=Words(en="not a date", zh="不是日期"),
            ready=date,
        ),
        FactType(
            key="datetime",
            label=Words(en="date and time", zh="日期时间"),
            read=read_datetime,
            wrong=Words(en="not a date and time with a time zone", zh="不是带时区的日期时间"),
        ),
        FactType(
            key="time",
            label=Words(en="time of day", zh="时刻"),
            read=read_clock,
            wrong=Words(en="not a time of day", zh="不是时刻"),
        ),
        FactType(
            key="duration",
            label=Words(en="length of time", zh="时长"),
            read=read_duration,
            wrong=Words(en="not a length of time", zh="不是时长"),
            ready=timedelta,
        ),
        FactType(
            key="location",
            label=Words(en="place on the map", zh="地理位置"),
            read=read_location,
            wrong=Words(en="not a place with latitude and longitude", zh="不是带经纬度的位置"),
        ),
        FactType(
            key="string_change",
            label=Words(en="change of a text", zh="文本的变化"),
            read=_read_change(read_text),
            wrong=Words(en="not a change of a text", zh="不是文本的变化"),
        ),
        FactType(
            key="numeric_change",
            label=Words(en="change of a number", zh="数字的变化"),
            read=_read_change(read_number),
            wrong=Words(en="not a change of a number", zh="不是数字的变化"),
        ),
        FactType(
            key="boolean_change",
            label=Words(en="change of a yes or no", zh="是或否的变化"),
            read=_read_change(read_boolean),
            wrong=Words(en="not a change of a yes or no", zh="不是“是”或“否”的变化"),
        ),
        FactType(
            key="select_change",
            label=Words(en="change of a choice", zh="单选的变化"),
            read=_read_change(_read_one_choice),
            wrong=Words(en="not a change of a choice", zh="不是选项的变化"),
        ),
        FactType(
            key="date_change",
            label=Words(en="change of a date", zh="日期的变化"),
            read=_read_change(read_date),
            wrong=Words(en="not a change of a date", zh="不是日期的变化"),
        ),
    )
}


class Complete(dict):
    """Facts in which every name is there: one that was not is None."""

    def __init__(self, facts: Mapping[str, object]):
        # A plain dict is copied. Anything else may fetch its facts when asked, so it is asked one by one.
        plain = isinstance(facts, dict) and not hasattr(facts, "__missing__")
        super().__init__(facts if plain else ())
        self._source = {} if plain else facts

    def __missing__(self, name: str) -> object:
        try:
            value = self._source[name]
        except KeyError:
            value = None
        self[name] = value
        return value


class FactsOf(Mapping):
    """The facts of a business-rules variables object: each method called at most once, when asked for."""

    def __init__(self, variables: object):
        self._variables = variables
        self._names = [row["name"] for row in type(variables).get_all_variables()]
        self._known: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self._known:
            if name not in self._names:
                raise KeyError(name)
            self._known[name] = getattr(self._variables, name)()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def order_of(value: object) -> tuple[str, str]:
    """By what a set is put in order. Python refuses to write out integers of more than 4,300 digits."""
    is_huge = isinstance(value, int) and value.bit_length() > 10_000
    return type(value).__name__, hex(value) if is_huge else str(value)


def facts_as_json(facts: Mapping[str, object]) -> dict:
    """Facts as plain JSON that `facts_from_json` reads back to the same outcome, for the decision log."""
    return {_sound(name): _to_json(value) for name, value in facts.items()}


def facts_from_json(document: Mapping[str, object]) -> dict[str, object]:
    return {name: _from_json(value) for name, value in document.items()}


def _to_json(value: object, depth: int = 1) -> object:
    if depth > NESTED:
        return {"unreadable": type(value).__name__}
    if isinstance(value, str):
        return _sound(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        value = int(value)
        # Beyond 53 bits other readers of JSON lose digits.
        return value if abs(value) < 2**53 else {"integer": hex(value)}
    if isinstance(value, Decimal | float):
        return {"decimal": str(value) if isinstance(value, Decimal) else float.__repr__(value)}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, timedelta):
        return {"duration": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, Change):
        return {"change": [_to_json(value.old, depth + 1), _to_json(value.new, depth + 1)]}
    if isinstance(value, Location):
        return {"location": [_to_json(value.latitude, depth + 1), _to_json(value.longitude, depth + 1)]}
    if isinstance(value, Mapping) and value.keys() in ({"old", "new"}, {"latitude", "longitude"}):
        return {key: _to_json(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(element, depth + 1) for element in value]
    if isinstance(value, set | frozenset):
        return [_to_json(element, depth + 1) for element in sorted(value, key=order_of)]
    if isinstance(value, Mapping):
        return {"line": {_sound(name): _to_json(entry, depth + 1) for name, entry in value.items()}}
    return {"unreadable": type(value).__name__}


def _sound(text: object) -> str:
    """A lone surrogate cannot be stored in any database; it is shown as a question mark."""
    text = str(text) if isinstance(text, str) else order_of(text)[1]
    return text.encode("utf-8", "replace").decode("utf-8")


_READERS = {
    "line": lambda line: facts_from_json(line),
    "integer": lambda text: int(text, 16),
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "duration": lambda parts: timedelta(*parts),
    "change": lambda sides: Change(*map(_from_json, sides)),
    "location": lambda degrees: Location(*map(_from_json, degrees)),
}


def _from_json(value: object) -> object:
    if isinstance(value, list):
        return [_from_json(element) for element in value]
    if isinstance(value, Mapping) and len(value) == 1:
        kind, text = next(iter(value.items()))
        if kind in _READERS:
            return _READERS[kind](text)
    if isinstance(value, Mapping) and value.keys() in ({"old", "new"}, {"latitude", "longitude"}):
        return {key: _from_json(part) for key, part in value.items()}
    return value

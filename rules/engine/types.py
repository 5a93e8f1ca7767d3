"""Our operators declared to business-rules, so that `export_rule_data` and its own evaluator know them.

Each method is written out by hand, apart from the predicates in operators.py: business-rules' slow evaluator
is the oracle the engine is tested against, and an oracle that shared our code would agree with every mistake.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from math import asin, cos, pi, sin, sqrt

import business_rules.fields
import business_rules.operators
import re2
from business_rules.operators import (
    BaseType,
    NumericType,
    SelectMultipleType,
    SelectType,
    StringType,
    export_type,
    type_operator,
)
from business_rules.variables import _rule_variable_wrapper, rule_variable

from .operators import OPERATORS

# Input kinds business-rules lacks. It checks the `fieldType` of action parameters against this module.
for _kind in (
    "boolean",
    "words",
    "pattern",
    "numbers",
    "range",
    "time",
    "time_range",
    "times",
    "date",
    "date_range",
    "datetime",
    "datetime_range",
    "dates",
    "datetimes",
    "relative_days",
    "relative_time",
    "duration",
    "duration_range",
    "circle",
    "lexicons",
    "amount",
    "text_pair",
    "number_pair",
    "select_pair",
    "date_pair",
):
    setattr(business_rules.fields, f"FIELD_{_kind.upper()}", _kind)


class DateType(BaseType):
    name = "date"

    def _assert_valid_value_and_cast(self, value):
        if isinstance(value, str):
            value = date.fromisoformat(value)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise AssertionError(f"{value} is not a valid date type.")
        return value


class DateTimeType(BaseType):
    name = "datetime"

    def _assert_valid_value_and_cast(self, value):
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise AssertionError(f"{value} is not a valid datetime type.")
        return value


class TimeType(BaseType):
    name = "time"

    def _assert_valid_value_and_cast(self, value):
        """Minutes since midnight; a number is read by its digits."""
        if isinstance(value, str):
            hours, minutes = value.split(":")[:2]
            return int(hours) * 60 + int(minutes)
        hours, minutes = divmod(Decimal(str(value)), 100)
        return hours * 60 + minutes


_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}


def _seconds(value) -> timedelta:
    return timedelta(seconds=value["amount"] * _SECONDS[value["unit"]])


class DurationType(BaseType):
    name = "duration"

    def _assert_valid_value_and_cast(self, value):
        if isinstance(value, Mapping):
            return _seconds(value)
        if isinstance(value, str):
            match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", value)
            if match:
                days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
                value = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if not isinstance(value, timedelta):
            raise AssertionError(f"{value} is not a valid duration type.")
        return value


class LocationType(BaseType):
    name = "location"

    def _assert_valid_value_and_cast(self, value):
        if not isinstance(value, Mapping):
            value = {"latitude": value.latitude, "longitude": value.longitude}
        if not (-90 <= value["latitude"] <= 90 and -180 <= value["longitude"] <= 180):
            raise AssertionError(f"{value} is not a valid location type.")
        return value


class _ChangeType(BaseType):
    def _assert_valid_value_and_cast(self, value):
        if not isinstance(value, Mapping):
            value = {"old": value.old, "new": value.new}
        return {side: None if value[side] is None else self.cast(value[side]) for side in ("old", "new")}


class StringChangeType(_ChangeType):
    name = "string_change"
    cast = staticmethod(str)


class NumericChangeType(_ChangeType):
    name = "numeric_change"
    cast = staticmethod(lambda number: Decimal(str(number)))


class BooleanChangeType(_ChangeType):
    name = "boolean_change"
    cast = staticmethod(bool)


class SelectChangeType(_ChangeType):
    name = "select_change"
    cast = staticmethod(lambda choice: choice.lower() if isinstance(choice, str) else choice)


class DateChangeType(_ChangeType):
    name = "date_change"
    cast = staticmethod(lambda day: DateType(day).value)


def _declare(type_class, method) -> None:
    row = OPERATORS[type_class.name, method.__name__]
    declared = type_operator(row.input, label=row.label, assert_type_for_arguments=False)(method)
    setattr(type_class, method.__name__, declared)


def _declare_string_operators() -> None:
    def not_equal_to(self, other):
        return self.value != other

    def does_not_contain(self, other):
        return self.value.find(other) == -1

    def contains_any_of(self, words):
        return any(self.value.lower().find(word.lower()) >= 0 for word in words)

    def contains_none_of(self, words):
        return all(self.value.lower().find(word.lower()) == -1 for word in words)

    def one_of(self, texts):
        return self.value in list(texts)

    def not_one_of(self, texts):
        return self.value not in list(texts)

    def matches_regex(self, pattern):
        return re2.search(pattern, self.value) is not None

    # The names of the lexicons have been replaced by what finds their words: `resolved` in resolve.py.
    def mentions_any_of(self, matchers):
        return len([matcher for matcher in matchers if matcher.find(self.value)]) > 0

    def mentions_none_of(self, matchers):
        return len([matcher for matcher in matchers if matcher.find(self.value)]) == 0

    for method in (not_equal_to, does_not_contain, contains_any_of, contains_none_of, one_of, not_one_of):
        _declare(StringType, method)
    for method in (mentions_any_of, mentions_none_of):
        _declare(StringType, method)
    # business-rules' own uses `re`, which a pattern can keep busy for years.
    _declare(StringType, matches_regex)


def _declare_numeric_operators() -> None:
    def cast(value) -> Decimal:
        return NumericType._assert_valid_value_and_cast(value)

    def not_equal_to(self, other):
        return not self.equal_to(other)

    def between(self, ends):
        low, high = ends
        return self.greater_than_or_equal_to(low) and self.less_than_or_equal_to(high)

    def one_of(self, numbers):
        return any(self.equal_to(cast(number)) for number in numbers)

    def not_one_of(self, numbers):
        return not any(self.equal_to(cast(number)) for number in numbers)

    for method in (not_equal_to, between, one_of, not_one_of):
        _declare(NumericType, method)


def _declare_clock_operators() -> None:
    def minutes(value):
        return TimeType(value).value

    def equal_to(self, other):
        return self.value == minutes(other)

    def not_equal_to(self, other):
        return self.value != minutes(other)

    def less_than(self, other):
        return self.value < minutes(other)

    def less_than_or_equal_to(self, other):
        return self.value <= minutes(other)

    def greater_than(self, other):
        return self.value > minutes(other)

    def greater_than_or_equal_to(self, other):
        return self.value >= minutes(other)

    def between(self, ends):
        low, high = ends
        return minutes(low) <= self.value <= minutes(high)

    def one_of(self, others):
        return self.value in [minutes(other) for other in others]

    def not_one_of(self, others):
        return self.value not in [minutes(other) for other in others]

    for method in (
        equal_to,
        not_equal_to,
        less_than,
        less_than_or_equal_to,
        greater_than,
        greater_than_or_equal_to,
        between,
        one_of,
        not_one_of,
    ):
        _declare(TimeType, method)
    _export(TimeType)


def _declare_select_operators() -> None:
    def one_of(self, others):
        return any(self.contains(other) for other in others)

    def not_one_of(self, others):
        return all(self.does_not_contain(other) for other in others)

    for method in (one_of, not_one_of):
        _declare(SelectType, method)


def _declare_set_operators() -> None:
    def equals_set(self, others):
        return self.contains_all(others) and self.is_contained_by(others)

    def not_equals_set(self, others):
        return not (self.contains_all(others) and self.is_contained_by(others))

    for method in (equals_set, not_equals_set):
        _declare(SelectMultipleType, method)


def _shifted(start, value, sign):
    """`start` moved by {"amount", "unit"} into the past (-1) or the future (1)."""
    amount, unit = sign * value["amount"], value["unit"]
    latest = type(start).max if sign > 0 else type(start).min
    if isinstance(start, datetime):
        latest = latest.replace(tzinfo=UTC)
    try:
        if unit in _SECONDS:
            return start + timedelta(seconds=amount * _SECONDS[unit])
        months = start.month - 1 + amount * (12 if unit == "years" else 1)
        year, month = start.year + months // 12, months % 12 + 1
        _, days = calendar.monthrange(year, month)
        return start.replace(year=year, month=month, day=min(start.day, days))
    except (OverflowError, ValueError, calendar.IllegalMonthError):
        return latest


def _declare_time_operators(type_class) -> None:
    def equal_to(self, other):
        return self.value == type_class(other).value

    def before(self, other):
        return self.value < type_class(other).value

    def on_or_before(self, other):
        return self.value <= type_class(other).value

    def after(self, other):
        return self.value > type_class(other).value

    def on_or_after(self, other):
        return self.value >= type_class(other).value

    def between(self, ends):
        low, high = ends
        return type_class(low).value <= self.value <= type_class(high).value

    def not_equal_to(self, other):
        return not self.equal_to(other)

    def one_of(self, others):
        return any(self.equal_to(other) for other in others)

    def not_one_of(self, others):
        return all(self.not_equal_to(other) for other in others)

    # `now` has been put into the value: `resolved` in resolve.py.
    def start(value):
        now = value["now"].replace(tzinfo=timezone(value["now"].utcoffset()))
        return now.date() if type_class is DateType else now

    def within_last(self, value):
        return _shifted(start(value), value, -1) <= self.value <= start(value)

    def within_next(self, value):
        return start(value) <= self.value <= _shifted(start(value), value, 1)

    def more_than_ago(self, value):
        return self.value < _shifted(start(value), value, -1)

    def more_than_ahead(self, value):
        return self.value > _shifted(start(value), value, 1)

    for method in (equal_to, before, on_or_before, after, on_or_after, between):
        _declare(type_class, method)
    for method in (not_equal_to, one_of, not_one_of):
        _declare(type_class, method)
    for method in (within_last, within_next, more_than_ago, more_than_ahead):
        _declare(type_class, method)
    _export(type_class)


def _export(type_class) -> None:
    setattr(business_rules.operators, type_class.__name__, export_type(type_class))


def _declare_duration_operators() -> None:
    def equal_to(self, other):
        return self.value == DurationType(other).value

    def not_equal_to(self, other):
        return self.value != DurationType(other).value

    def greater_than(self, other):
        return self.value > DurationType(other).value

    def greater_than_or_equal_to(self, other):
        return self.value >= DurationType(other).value

    def less_than(self, other):
        return self.value < DurationType(other).value

    def less_than_or_equal_to(self, other):
        return self.value <= DurationType(other).value

    def between(self, ends):
        return DurationType(ends[0]).value <= self.value <= DurationType(ends[1]).value

    for method in (equal_to, not_equal_to, greater_than, greater_than_or_equal_to, less_than):
        _declare(DurationType, method)
    for method in (less_than_or_equal_to, between):
        _declare(DurationType, method)
    _export(DurationType)


def _declare_location_operators() -> None:
    def metres(here, there):
        lat, lon = (float(here[key]) * pi / 180 for key in ("latitude", "longitude"))
        other_lat, other_lon = (float(there[key]) * pi / 180 for key in ("latitude", "longitude"))
        squared = (
            sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin((other_lon - lon) / 2) ** 2
        )
        return 2 * 6_371_008.8 * asin(min(1, sqrt(squared)))

    def within_distance(self, circle):
        return metres(self.value, circle) <= circle["metres"]

    def beyond_distance(self, circle):
        return metres(self.value, circle) > circle["metres"]

    for method in (within_distance, beyond_distance):
        _declare(LocationType, method)
    _export(LocationType)


def _declare_change_operators(type_class) -> None:
    cast = type_class.cast

    def changed(self):
        return self.value["old"] != self.value["new"]

    def not_changed(self):
        return self.value["old"] == self.value["new"]

    def changed_to(self, other):
        return self.changed() and self.value["new"] == cast(other)

    def changed_from(self, other):
        return self.changed() and self.value["old"] == cast(other)

    def changed_from_to(self, others):
        return [self.value["old"], self.value["new"]] == [cast(other) for other in others]

    def changed_to_yes(self):
        return self.changed() and self.value["new"] is True

    def changed_to_no(self):
        return self.changed() and self.value["new"] is False

    def rise(self):
        old, new = self.value["old"], self.value["new"]
        return None if old is None or new is None else new - old

    def increased(self):
        return rise(self) is not None and rise(self) > 0

    def decreased(self):
        return rise(self) is not None and rise(self) < 0

    def increased_by_more_than(self, amount):
        return rise(self) is not None and rise(self) > cast(amount)

    def decreased_by_more_than(self, amount):
        return rise(self) is not None and -rise(self) > cast(amount)

    def moved_later(self):
        return rise(self) is not None and rise(self) > timedelta(0)

    def moved_earlier(self):
        return rise(self) is not None and rise(self) < timedelta(0)

    own = {
        BooleanChangeType: (changed_to_yes, changed_to_no),
        NumericChangeType: (increased, decreased, increased_by_more_than, decreased_by_more_than),
        DateChangeType: (moved_later, moved_earlier),
    }.get(type_class, ())
    to_values = () if type_class is BooleanChangeType else (changed_to, changed_from, changed_from_to)
    for method in (changed, not_changed, *to_values, *own):
        _declare(type_class, method)
    _export(type_class)


_declare_string_operators()
_declare_numeric_operators()
_declare_clock_operators()
_declare_select_operators()
_declare_time_operators(DateType)
_declare_time_operators(DateTimeType)
_declare_set_operators()
_declare_duration_operators()
_declare_location_operators()
for _change_type in (
    StringChangeType,
    NumericChangeType,
    BooleanChangeType,
    SelectChangeType,
    DateChangeType,
):
    _declare_change_operators(_change_type)


def time_rule_variable(label=None):
    return _rule_variable_wrapper(TimeType, label)


def date_rule_variable(label=None):
    return _rule_variable_wrapper(DateType, label)


def datetime_rule_variable(label=None):
    return _rule_variable_wrapper(DateTimeType, label)


def duration_rule_variable(label=None):
    return _rule_variable_wrapper(DurationType, label)


def location_rule_variable(label=None):
    return _rule_variable_wrapper(LocationType, label)


_CHANGE_TYPES = {
    declared.name.removesuffix("_change"): declared
    for declared in (
        StringChangeType,
        NumericChangeType,
        BooleanChangeType,
        SelectChangeType,
        DateChangeType,
    )
}


def change_rule_variable(base, label=None, options=None):
    """A variable whose fact is a Change of `base`: string, numeric, boolean, select or date."""
    return rule_variable(_CHANGE_TYPES[base], label=label, options=options)

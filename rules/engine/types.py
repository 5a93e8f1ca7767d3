"""Our operators declared to business-rules, so that `export_rule_data` and its own evaluator know them.

Each method is written out by hand, apart from the predicates in operators.py: business-rules' slow evaluator
is the oracle the engine is tested against, and an oracle that shared our code would agree with every mistake.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import business_rules.fields
import business_rules.operators
import re2
from business_rules.operators import (
    BaseType,
    NumericType,
    SelectType,
    StringType,
    export_type,
    type_operator,
)
from business_rules.variables import _rule_variable_wrapper

from .operators import OPERATORS

# Input kinds business-rules lacks. It checks the `fieldType` of action parameters against this module.
for _kind in (
    "boolean",
    "words",
    "pattern",
    "numbers",
    "range",
    "date",
    "date_range",
    "datetime",
    "datetime_range",
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

    for method in (not_equal_to, does_not_contain, contains_any_of, contains_none_of, one_of, not_one_of):
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

    for method in (not_equal_to, between, one_of):
        _declare(NumericType, method)


def _declare_select_operators() -> None:
    def one_of(self, others):
        return any(self.contains(other) for other in others)

    def not_one_of(self, others):
        return all(self.does_not_contain(other) for other in others)

    for method in (one_of, not_one_of):
        _declare(SelectType, method)


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

    for method in (equal_to, before, on_or_before, after, on_or_after, between):
        _declare(type_class, method)
    setattr(business_rules.operators, type_class.__name__, export_type(type_class))


_declare_string_operators()
_declare_numeric_operators()
_declare_select_operators()
_declare_time_operators(DateType)
_declare_time_operators(DateTimeType)


def date_rule_variable(label=None):
    return _rule_variable_wrapper(DateType, label)


def datetime_rule_variable(label=None):
    return _rule_variable_wrapper(DateTimeType, label)

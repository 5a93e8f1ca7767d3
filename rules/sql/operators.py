"""How the database asks each operator: the last column of the table in rules/engine/operators.py.

Each takes the column's value `x`, the leaf and the column, and gives a boolean expression: ALWAYS, NEVER, or
one that is null or false where `x` is null. Values are those the leaf was compiled with.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from math import cos, radians

from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    FloatField,
    Func,
    IntegerField,
    Q,
    TextField,
    Value,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Cast, Cos, Radians, Sin, StrIndex

from rules.engine import Words
from rules.engine.errors import Refused
from rules.engine.facts import fold_choice
from rules.engine.moments import bounds
from rules.engine.places import Circle
from rules.engine.tree import Leaf

from . import expressions as sql
from .answers import SomeChoice
from .columns import Column

CHOICES = ("select", "select_multiple")
Translate = Callable[[Expression, Leaf, Column], Expression]


def as_parameter(value: object) -> Value:
    """A stored value as a typed parameter; raises Refused for one the databases could not compare exactly."""
    if isinstance(value, str):
        return Value(_storable(value), output_field=TextField())
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime):
        return Value(_in_utc(value), output_field=DateTimeField())
    if isinstance(value, date):
        return Value(value, output_field=DateField())
    raise TypeError(value)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise Refused(
            Words(en="No database holds the NUL character.", zh="数据库中的文本不可能含有 NUL 字符。")
        )
    return text


TOO_EXACT = Words(
    en="This number has more digits than a database compares exactly.",
    zh="数字位数过多，数据库无法精确比较。",
)
EXACT_DIGITS = 15  # what SQLite keeps of a number with decimal places


def _whole(number: int) -> Value:
    if not -(2**63) <= number < 2**63:
        raise Refused(TOO_EXACT)
    return Value(number, output_field=BigIntegerField())


def _decimal(number: Decimal) -> Value:
    digits = number.normalize().as_tuple()
    if len(digits.digits) > EXACT_DIGITS or digits.exponent < -EXACT_DIGITS:
        raise Refused(TOO_EXACT)
    return Value(number, output_field=DecimalField())


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Refused(
            Words(en="No database holds a time this far away.", zh="此时间超出数据库的范围。")
        ) from None


# Texts


def text_is(x, leaf, column):
    return sql.Same(x, as_parameter(leaf.value))


def text_is_ignoring_case(x, leaf, column):
    return sql.Same(sql.Lower(x), as_parameter(leaf.prepared))


def text_contains(x, leaf, column):
    return _contains(x, leaf.value)


def _contains(x, text: str):
    # Not LIKE, which ignores the case of ASCII letters on SQLite.
    return sql.More(StrIndex(x, as_parameter(text)), Value(0)) if text else sql.ALWAYS


def text_contains_any(x, leaf, column):
    return sql.joined(
        sql.Or,
        [
            # Folding is worth its price only for a word that has letters with a case.
            _contains(x if word.lower() == word.upper() else sql.Lower(x), word.lower())
            for word in leaf.value
        ],
    )


def text_starts_with(x, leaf, column):
    length = len(leaf.value)
    return sql.Same(_part(x, 1, length), as_parameter(leaf.value)) if length else sql.ALWAYS


def text_ends_with(x, leaf, column):
    length = len(leaf.value)
    if not length:
        return sql.ALWAYS
    start = sql.Less(_Length(x), Value(length))
    # Not RIGHT: SQLite has none, and its SUBSTR with a start before the text behaves differently.
    last = sql.Same(_part(x, _Length(x) - Value(length - 1), length), as_parameter(leaf.value))
    return sql.And(sql.Not(start), last)


class _Length(Func):
    function = "LENGTH"
    output_field = IntegerField()


def _part(x, start, length):
    start, length = (part if isinstance(part, Expression) else Value(part) for part in (start, length))
    return Func(x, start, length, function="SUBSTR", output_field=CharField())


def is_filled_in(x, leaf, column):
    return sql.Not(sql.Same(x, Value("", output_field=TextField())))


# Numbers, dates, instants: anything with an order


def compared(test: type[sql.Test]) -> Translate:
    def translate(x, leaf, column):
        return test(_exact(x, leaf), as_parameter(leaf.value))

    return translate


def is_between(x, leaf, column):
    low, high = leaf.value
    return sql.Between(_exact(x, leaf), as_parameter(low), as_parameter(high))


def is_one_of(x, leaf, column):
    return sql.OneOf(_exact(x, leaf), *map(as_parameter, leaf.value))


# Compared as numbers; a time of day by its digits.
NUMBERS = ("numeric", "time")


def _exact(x, leaf: Leaf):
    return sql.Number(x) if leaf.operator.type in NUMBERS else x


# Yes or no


def is_yes(x, leaf, column):
    return sql.Holds(x)


def is_no(x, leaf, column):
    return sql.Not(x)


# Choices. The fact is a set: of the one value in the column, or of the values of related rows.


def among(x, wanted, column: Column):
    """Whether the column's one value is among these choices."""
    texts, numbers = _spelled(wanted, column)
    if texts and numbers:
        raise Refused(
            Words(
                en="A list that mixes texts and numbers cannot be looked up in the database.",
                zh="混有文本和数字的列表无法在数据库中查询。",
            )
        )
    x = sql.Lower(x) if texts and not column.as_stored else x
    return sql.OneOf(x, *texts, *numbers)


def _spelled(wanted, column: Column) -> tuple[list[Value], list[Value]]:
    """Choices as the column is compared with them: texts, and numbers."""
    wanted = list(dict.fromkeys(wanted if column.as_stored else map(fold_choice, wanted)))
    texts = [as_parameter(choice) for choice in wanted if isinstance(choice, str)]
    return texts, [as_parameter(choice) for choice in wanted if not isinstance(choice, str)]


def some(x, wanted, column: Column) -> Expression:
    """Whether some choice of the row is among these."""
    if not wanted:
        return sql.NEVER
    if column.rows is not None:
        return sql.Holds(column.some_row(Q(sql.NotNull(among(column.value, wanted, column)))))
    if column.is_answer:
        return _chosen(wanted, column, other=False)
    return among(x, wanted, column)


def some_other(column: Column, wanted) -> Expression:
    """Whether some choice of a set is none of these."""
    if column.is_answer:
        return _chosen(wanted, column, other=True)
    others = Q(sql.Not(sql.NotNull(among(column.value, wanted, column)))) if wanted else Q()
    return sql.Holds(column.some_row(others))


def _chosen(wanted, column: Column, *, other: bool) -> Expression:
    texts, numbers = (
        tuple(parameter.value for parameter in parameters) for parameters in _spelled(wanted, column)
    )
    return SomeChoice(column.value, column.keys, texts, numbers, folded=not column.as_stored, other=other)


def includes_any(x, leaf, column):
    return some(x, _listed(leaf), column)


def includes_none(x, leaf, column):
    return sql.negated(includes_any(x, leaf, column))


def includes_all(x, leaf, column):
    # One look-up per different choice, all of which must succeed.
    different = list({fold_choice(choice): choice for choice in leaf.value}.values())
    if not different:
        return sql.ALWAYS
    return sql.joined(sql.And, [some(x, [choice], column) for choice in different])


def includes_exactly_one(x, leaf, column):
    if not leaf.value:
        return sql.NEVER
    points = [sql.Point(some(x, [choice], column)) for choice in leaf.value]
    return sql.Same(sql.joined(sql.Plus, points), Value(1))


def is_nothing_but(x, leaf, column):
    if column.is_set:
        return sql.Not(some_other(column, leaf.value))
    return some(x, leaf.value, column)


def is_exactly(x, leaf, column):
    return sql.joined(sql.And, [includes_all(x, leaf, column), is_nothing_but(x, leaf, column)])


def _listed(leaf: Leaf) -> tuple:
    return leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)


# Two columns


def compared_columns(leaf: Leaf, column: Column, other: Column) -> Expression:
    """The same comparison with another column instead of a value."""
    chooses = leaf.variable.type in CHOICES
    if chooses and (column.is_set or other.is_set):
        raise Refused(
            Words(
                en="Sets of choices cannot be compared with one another in the database.",
                zh="数据库无法比较两组选项。",
            )
        )
    x, y = column.read_as(leaf.variable.type), other.read_as(leaf.other.type)
    if leaf.variable.type in NUMBERS:
        x, y = sql.Number(x), sql.Number(y)
    elif chooses and not (column.as_stored and other.as_stored):
        x, y = (sql.Lower(Cast(side, TextField())) for side in (x, y))
    return PAIRS[leaf.operator.type, leaf.operator.key](x, y)


def _column_starts_with(x, y):
    return sql.Same(_part(x, 1, _Length(y)), y)


def _column_ends_with(x, y):
    # A text shorter than the end it should have gives a start before its first character.
    fits = sql.MoreOrSame(_Length(x), _Length(y))
    start = _Length(x) - _Length(y) + Value(1)
    return sql.And(fits, sql.Same(_part(x, start, _Length(y)), y))


def _column_contains(x, y):
    # SQLite finds an empty text at 0, PostgreSQL at 1.
    return sql.Or(sql.More(StrIndex(x, y), Value(0)), sql.Same(y, Value("", output_field=TextField())))


# Relative to `now`


def is_relative(x, leaf: Leaf, now: Column):
    """The moment is worked out here, of the one value that `now` has: so an index serves, and months count as
    they do in Python."""
    at = now.expression.value if isinstance(now.expression, Value) else None
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise Refused(
            Words(
                en="The current time of this query is not a fixed moment.",
                zh="此查询的当前时间不是一个确定的时刻。",
            )
        )
    order, moment = bounds(leaf.variable.type, leaf.operator.key, at, leaf.value)
    if order == "between":
        return sql.Between(x, *map(as_parameter, moment))
    return (sql.Less if order == "before" else sql.More)(x, as_parameter(moment))


# Lengths of time, places


def length_is(test: type[sql.Test]) -> Translate:
    return lambda x, leaf, column: test(x, Value(leaf.prepared, output_field=DurationField()))


def length_is_between(x, leaf, column):
    return sql.Between(x, *(Value(end, output_field=DurationField()) for end in leaf.prepared))


def is_near(x, leaf, column):
    """As rules/engine/places.py does it, step by step."""
    if column.longitude is None:
        raise Refused(Words(en="This is not a place in the database.", zh="数据库中没有此位置的经纬度。"))
    circle: Circle = leaf.value
    lat, lon = (Radians(Cast(degrees, FloatField())) for degrees in (x, column.longitude_value))
    north = Sin((lat - _float(radians(circle.latitude))) / _float(2))
    east = Sin((lon - _float(radians(circle.longitude))) / _float(2))
    haversine = north * north + Cos(lat) * _float(cos(radians(circle.latitude))) * (east * east)
    return sql.LessOrSame(haversine, _float(circle.chord))


def _float(number: float) -> Value:
    return Value(float(number), output_field=FloatField())


# The table


def negated(translate: Translate) -> Translate:
    return lambda x, leaf, column: sql.negated(translate(x, leaf, column))


_ORDERED = {
    "equal_to": compared(sql.Same),
    "between": is_between,
}
_TIMES = _ORDERED | {
    "not_equal_to": negated(compared(sql.Same)),
    "one_of": is_one_of,
    "not_one_of": negated(is_one_of),
    # The time comes from `now`: compile.py asks is_relative.
    "within_last": is_relative,
    "more_than_ago": is_relative,
    "within_next": is_relative,
    "more_than_ahead": is_relative,
    "before": compared(sql.Less),
    "on_or_before": compared(sql.LessOrSame),
    "after": compared(sql.More),
    "on_or_after": compared(sql.MoreOrSame),
}
_BY_TYPE: dict[str, dict[str, Translate]] = {
    "string": {
        "equal_to": text_is,
        "not_equal_to": negated(text_is),
        "equal_to_case_insensitive": text_is_ignoring_case,
        "contains": text_contains,
        "does_not_contain": negated(text_contains),
        "contains_any_of": text_contains_any,
        "contains_none_of": negated(text_contains_any),
        "starts_with": text_starts_with,
        "ends_with": text_ends_with,
        "one_of": is_one_of,
        "not_one_of": negated(is_one_of),
        "non_empty": is_filled_in,
        # No mentions_any_of: no database folds and matches words as a lexicon does.
        # No matches_regex: each database has another dialect of patterns, and none runs in linear time.
    },
    "numeric": _ORDERED
    | {
        "not_equal_to": negated(compared(sql.Same)),
        "greater_than": compared(sql.More),
        "greater_than_or_equal_to": compared(sql.MoreOrSame),
        "less_than": compared(sql.Less),
        "less_than_or_equal_to": compared(sql.LessOrSame),
        "one_of": is_one_of,
        "not_one_of": negated(is_one_of),
    },
    "time": _ORDERED
    | {
        "not_equal_to": negated(compared(sql.Same)),
        "greater_than": compared(sql.More),
        "greater_than_or_equal_to": compared(sql.MoreOrSame),
        "less_than": compared(sql.Less),
        "less_than_or_equal_to": compared(sql.LessOrSame),
        "one_of": is_one_of,
        "not_one_of": negated(is_one_of),
    },
    "boolean": {"is_true": is_yes, "is_false": is_no},
    "select": {
        "contains": includes_any,
        "does_not_contain": includes_none,
        "one_of": includes_any,
        "not_one_of": includes_none,
    },
    "select_multiple": {
        "contains_all": includes_all,
        "is_contained_by": is_nothing_but,
        "shares_at_least_one_element_with": includes_any,
        "shares_exactly_one_element_with": includes_exactly_one,
        "shares_no_elements_with": includes_none,
        "equals_set": is_exactly,
        "not_equals_set": negated(is_exactly),
    },
    "duration": {
        "equal_to": length_is(sql.Same),
        "not_equal_to": negated(length_is(sql.Same)),
        "greater_than": length_is(sql.More),
        "greater_than_or_equal_to": length_is(sql.MoreOrSame),
        "less_than": length_is(sql.Less),
        "less_than_or_equal_to": length_is(sql.LessOrSame),
        "between": length_is_between,
    },
    "location": {"within_distance": is_near, "beyond_distance": negated(is_near)},
    # No changes: a column holds what is, not what was.
    "date": _TIMES,
    "datetime": _TIMES,
}
TRANSLATIONS: dict[tuple[str, str], Translate] = {
    (type_key, key): translate for type_key, rows in _BY_TYPE.items() for key, translate in rows.items()
}

_ORDER_PAIRS = {
    "equal_to": sql.Same,
    "not_equal_to": lambda x, y: sql.Not(sql.Same(x, y)),
}
_SIZE_PAIRS = _ORDER_PAIRS | {
    "greater_than": sql.More,
    "greater_than_or_equal_to": sql.MoreOrSame,
    "less_than": sql.Less,
    "less_than_or_equal_to": sql.LessOrSame,
}
_TIME_PAIRS = _ORDER_PAIRS | {
    "before": sql.Less,
    "on_or_before": sql.LessOrSame,
    "after": sql.More,
    "on_or_after": sql.MoreOrSame,
}
_PAIRS_BY_TYPE = {
    "string": _ORDER_PAIRS
    | {
        "contains": _column_contains,
        "does_not_contain": lambda x, y: sql.Not(_column_contains(x, y)),
        "starts_with": _column_starts_with,
        "ends_with": _column_ends_with,
    },
    "numeric": _SIZE_PAIRS,
    "time": _SIZE_PAIRS,
    "duration": _SIZE_PAIRS,
    "date": _TIME_PAIRS,
    "datetime": _TIME_PAIRS,
    "select": {
        "contains": sql.Same,
        "does_not_contain": lambda x, y: sql.Not(sql.Same(x, y)),
    },
    # One value in each column: all set comparisons ask whether it is the same.
    "select_multiple": {
        "contains_all": sql.Same,
        "is_contained_by": sql.Same,
        "shares_at_least_one_element_with": sql.Same,
        "shares_no_elements_with": lambda x, y: sql.Not(sql.Same(x, y)),
        "equals_set": sql.Same,
        "not_equals_set": lambda x, y: sql.Not(sql.Same(x, y)),
    },
}
PAIRS = {(type_key, key): test for type_key, rows in _PAIRS_BY_TYPE.items() for key, test in rows.items()}

"""A compiled decision table: which rows hold of some facts, and which of these give the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import Problem
from ..sentences import ALWAYS, fill, is_zh, join
from ..words import Words
from .decision import TableDecision, outputs_as_json, say_rows
from .facts import DecisionFacts, show
from .lookup import ColumnIndex, places_of
from .sentences import output_sentence
from .unary import Literal, Unary
from .values import ColumnType, key_of

UNIQUE, ANY, PRIORITY, FIRST = "UNIQUE", "ANY", "PRIORITY", "FIRST"
RULE_ORDER, OUTPUT_ORDER, COLLECT = "RULE ORDER", "OUTPUT ORDER", "COLLECT"
HIT_POLICIES = (UNIQUE, ANY, PRIORITY, FIRST, RULE_ORDER, OUTPUT_ORDER, COLLECT)
VALUES = "VALUES"  # not a policy: what a DecisionError says of a fact outside the allowed values
LISTS = (RULE_ORDER, OUTPUT_ORDER, COLLECT)  # without aggregation, the result is a list
BY_PRIORITY = (PRIORITY, OUTPUT_ORDER)
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")


@dataclass(frozen=True, eq=False)
class Column:
    name: str | None  # only the one output of a table may be without a name
    label: Words
    type: ColumnType
    allowed: Unary | None = None  # a value outside is an error
    # Of outputs: the allowed values in order of priority, and what is given when no row holds.
    ranks: Mapping[tuple, int] | None = None
    default: Literal | None = None
    labels: Mapping[str, Words] = field(default_factory=dict)  # what people call the values of a text

    def spoken(self, value: object, language: str | None) -> object:
        """A value by its label, where it has one."""
        if not isinstance(value, str):
            return value
        label = self.labels.get(value)
        if label is None and self.type.is_choice:
            label = self._by_choice.get(value.lower())
        return label.say(language) if label else value

    @cached_property
    def _by_choice(self) -> dict[str, Words]:
        return {name.lower(): label for name, label in self.labels.items()}

    def sentence(self, unary: Unary, language: str | None) -> str:
        """`unary` about this column: level is “gold card”."""
        if not self.labels:
            return unary.sentence(self.label, language)
        return unary.sentence(self.label, language, spoken=lambda value: self.spoken(value, language))


@dataclass(frozen=True, eq=False)
class Row:
    when: tuple[Unary, ...]
    then: tuple[Literal, ...]


class DecisionError(Exception):
    """The facts break a promise of the table, so there is no outcome.

    policy    UNIQUE or ANY, or VALUES for a fact outside the allowed values of its input
    rows      the rows that hold, counted from 0 as in paths; the sentence counts them from 1
    input     name of the input, for VALUES
    sentence  Words
    """

    def __init__(self, *, policy: str, sentence: Words, rows: tuple[int, ...] = (), input: str | None = None):
        self.policy = policy
        self.rows = rows
        self.input = input
        self.sentence = sentence
        super().__init__(sentence)

    def as_json(self, language: str | None) -> dict:
        return {
            "error": self.policy,
            "rows": list(self.rows),
            "input": self.input,
            "sentence": self.sentence.say(language),
        }


_SEVERAL = Words(
    en="Rows {rows} hold at once, and in this table (UNIQUE) only one may.",
    zh="第 {rows} 行同时成立，而此表（UNIQUE）只允许一行成立。",
)
_DIFFERENT = Words(
    en="Rows {rows} hold at once and do not agree, as this table (ANY) demands.",
    zh="第 {rows} 行同时成立但结果不同，而此表（ANY）要求结果一致。",
)
_OUTSIDE = Words(
    en="{name} may not be {value}; allowed: {allowed}.", zh="{name}不能为{value}；允许：{allowed}。"
)
_ABSENT = Words(en="{name} has no value; allowed: {allowed}.", zh="{name}没有值；允许：{allowed}。")


@dataclass(frozen=True, eq=False, repr=False)
class DecisionTable:
    """Immutable. `names` are the facts it asks for; `unfinished` is what is allowed but surely not meant."""

    hit_policy: str
    aggregation: str | None
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[Row, ...]
    unfinished: tuple[Problem, ...] = ()

    def __deepcopy__(self, memo) -> DecisionTable:
        return self

    @cached_property
    def names(self) -> frozenset[str]:
        tested = (unary.names for row in self.rows for unary in row.when)
        return frozenset(column.name for column in self.inputs).union(*tested)

    @property
    def gives_a_list(self) -> bool:
        return self.hit_policy in LISTS and self.aggregation is None

    def decide(self, facts: Mapping[str, object]) -> TableDecision:
        """Raises DecisionError. A missing fact is null, and so is one that is not of its input's type."""
        kept = DecisionFacts(facts)
        values = [kept.read(column.name, column.type) for column in self.inputs]
        for column, value in zip(self.inputs, values, strict=True):
            _check_allowed(column, value, kept)
        matched = tuple(places_of(self._rows_that_hold(values, kept)))
        hits = _HITS[self.hit_policy](self, matched)
        return TableDecision(table=self, facts=kept, matched=matched, hits=hits)

    def _rows_that_hold(self, values: list, kept: DecisionFacts) -> int:
        """One bit per row. Columns that can be looked up come first: few rows are left to be tested."""
        holding = (1 << len(self.rows)) - 1
        for place in self._lookups_first:
            if holding:
                names = kept.names_as(self.inputs[place].type)
                holding &= self._indexes[place].rows_for(values[place], names, among=holding)
        return holding

    @cached_property
    def _indexes(self) -> list[ColumnIndex]:
        return [ColumnIndex([row.when[place] for row in self.rows]) for place in range(len(self.inputs))]

    @cached_property
    def _lookups_first(self) -> list[int]:
        return sorted(range(len(self.inputs)), key=lambda place: self._indexes[place].tests_to_ask)

    def rank(self, row: Row) -> tuple[int, ...]:
        """Smaller comes first: outputs from left to right, those without a list of values left out."""
        return tuple(
            column.ranks[key_of(entry.compared)]
            for column, entry in zip(self.outputs, row.then, strict=True)
            if column.ranks is not None
        )

    @cached_property
    def has_default(self) -> bool:
        return any(column.default for column in self.outputs)

    # In words -----------------------------------------------------------------------------------------------

    def row_sentence(self, place: int, language: str | None) -> str:
        """When the amount is at least 100: level is “A”."""
        row = self.rows[place]
        tests = [
            (column.sentence(unary, language), len(unary.tests) > 1 and not unary.equals)
            for column, unary in zip(self.inputs, row.when, strict=True)
            if not unary.is_any
        ]
        template = _WHEN if tests else _AT_ALL_TIMES
        values = {
            "tests": join("all", tests, language) if tests else ALWAYS.say(language),
            "outputs": self.say_outputs([entry.value for entry in row.then], language),
        }
        return fill(template.say(language), values)

    def sentences(self, language: str | None) -> list[str]:
        return [self.row_sentence(place, language) for place in range(len(self.rows))]

    def row_outputs(self, place: int) -> dict:
        """What a row gives, as JSON."""
        return outputs_as_json(self.outputs, [entry.value for entry in self.rows[place].then])

    def say_outputs(self, values: list, language: str | None) -> str:
        mark = "，" if is_zh(language) else ", "
        return mark.join(
            output_sentence(column.label, column.spoken(value, language), language)
            for column, value in zip(self.outputs, values, strict=True)
        )


_WHEN = Words(en="When {tests}: {outputs}", zh="当{tests}时：{outputs}")
_AT_ALL_TIMES = Words(en="Always: {outputs}", zh="始终：{outputs}")


def _check_allowed(column: Column, value: object, kept: DecisionFacts) -> None:
    if column.allowed is None or column.allowed.outcome(value, kept.names_as(column.type)):
        return
    sentence = Words(en=_say_outside(column, kept, "en"), zh=_say_outside(column, kept, "zh"))
    raise DecisionError(policy=VALUES, sentence=sentence, input=column.name)


def _say_outside(column: Column, kept: DecisionFacts, language: str) -> str:
    given = kept.given(column.name)
    values = {
        "name": column.label.say(language),
        "value": show(given, column.type, language),
        "allowed": column.allowed.sentence(column.label, language),
    }
    return fill((_ABSENT if given is None else _OUTSIDE).say(language), values)


# Hit policies: which of the rows that hold give the outcome --------------------------------------------


def _unique(table: DecisionTable, matched: tuple[int, ...]) -> tuple[int, ...]:
    if len(matched) > 1:
        raise DecisionError(policy=UNIQUE, sentence=_SEVERAL.fill(rows=say_rows(matched)), rows=matched)
    return matched


def _any(table: DecisionTable, matched: tuple[int, ...]) -> tuple[int, ...]:
    different = {tuple(key_of(entry.compared) for entry in table.rows[place].then) for place in matched}
    if len(different) > 1:
        raise DecisionError(policy=ANY, sentence=_DIFFERENT.fill(rows=say_rows(matched)), rows=matched)
    return matched


def _priority(table: DecisionTable, matched: tuple[int, ...]) -> tuple[int, ...]:
    """Rows of the same rank: the first of them."""
    return _by_rank(table, matched)[:1]


def _by_rank(table: DecisionTable, matched: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(matched, key=lambda place: table.rank(table.rows[place])))


_HITS: dict[str, Callable[[DecisionTable, tuple[int, ...]], tuple[int, ...]]] = {
    UNIQUE: _unique,
    ANY: _any,
    PRIORITY: _priority,
    FIRST: lambda table, matched: matched[:1],
    RULE_ORDER: lambda table, matched: matched,
    OUTPUT_ORDER: _by_rank,
    COLLECT: lambda table, matched: matched,
}

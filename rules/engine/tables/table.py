"""A compiled decision table, and what it decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cached_property

from ..errors import Problem
from ..facts import UNREADABLE, Complete
from ..sentences import ALWAYS, fill, is_zh, join
from ..values import NUMBER_DIGITS
from ..words import Words
from .sentences import output_sentence
from .unary import Literal, Names, Unary, fact, literal
from .values import ColumnType, key_of, plain, say

UNIQUE, ANY, PRIORITY, FIRST = "UNIQUE", "ANY", "PRIORITY", "FIRST"
RULE_ORDER, OUTPUT_ORDER, COLLECT = "RULE ORDER", "OUTPUT ORDER", "COLLECT"
HIT_POLICIES = (UNIQUE, ANY, PRIORITY, FIRST, RULE_ORDER, OUTPUT_ORDER, COLLECT)
VALUES = "VALUES"  # not a policy: what a DecisionError says of a fact outside the allowed values
LISTS = (RULE_ORDER, OUTPUT_ORDER, COLLECT)  # without aggregation, the result is a list
BY_PRIORITY = (PRIORITY, OUTPUT_ORDER)
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
REASONS = 100  # rows that are explained when none holds
ROWS_NAMED = 20  # in a sentence
# Any sum of 100,000 numbers of NUMBER_DIGITS digits before and after the point is exact.
_EXACT = Context(prec=2 * NUMBER_DIGITS + 10)


@dataclass(frozen=True, eq=False)
class Column:
    name: str | None  # only the one output of a table may be without a name
    label: Words
    type: ColumnType
    allowed: Unary | None = None  # a value outside is an error
    # Of outputs: the allowed values in order of priority, and what is given when no row holds.
    ranks: Mapping[tuple, int] | None = None
    default: Literal | None = None


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


@dataclass(frozen=True, eq=False)
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
        kept = _Facts(facts)
        values = [kept.read(column.name, column.type) for column in self.inputs]
        for column, value in zip(self.inputs, values, strict=True):
            _check_allowed(column, value, kept)
        matched = tuple(_places(self._rows_that_hold(values, kept)))
        hits = _HITS[self.hit_policy](self, matched)
        return TableDecision(table=self, facts=kept, matched=matched, hits=hits)

    def _rows_that_hold(self, values: list, kept: _Facts) -> int:
        """One bit per row. Columns that can be looked up come first: few rows are left to be tested."""
        holding = (1 << len(self.rows)) - 1
        for place in self._lookups_first:
            if holding:
                names = kept.names_as(self.inputs[place].type)
                holding &= self._indexes[place].rows_for(values[place], names, among=holding)
        return holding

    @cached_property
    def _indexes(self) -> list[_ColumnIndex]:
        return [_ColumnIndex([row.when[place] for row in self.rows]) for place in range(len(self.inputs))]

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
            (unary.sentence(column.label, language), len(unary.tests) > 1 and not unary.equals)
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

    def say_outputs(self, values: list, language: str | None) -> str:
        mark = "，" if is_zh(language) else ", "
        return mark.join(
            output_sentence(column.label, value, language)
            for column, value in zip(self.outputs, values, strict=True)
        )


_WHEN = Words(en="When {tests}: {outputs}", zh="当{tests}时：{outputs}")
_AT_ALL_TIMES = Words(en="Always: {outputs}", zh="始终：{outputs}")


class _Facts:
    """The facts of one decision: kept as they were, each read once for each type it is asked as."""

    def __init__(self, facts: Mapping[str, object]):
        self.raw = Complete(facts)
        self._read: dict[tuple[str, str], object] = {}

    def given(self, name: str) -> object:
        return fact(self.raw, name)

    def read(self, name: str, type: ColumnType) -> object:
        value = self.read_strictly(name, type)
        return None if value is UNREADABLE else value

    def read_strictly(self, name: str, type: ColumnType) -> object:
        """UNREADABLE for a fact of another type."""
        key = (name, type.key)
        if key not in self._read:
            raw = self.given(name)
            self._read[key] = None if raw is None else type.read(raw)
        return self._read[key]

    def names_as(self, type: ColumnType) -> Names:
        return lambda name: self.read(name, type)


def _check_allowed(column: Column, value: object, kept: _Facts) -> None:
    if column.allowed is None or column.allowed.outcome(value, kept.names_as(column.type)):
        return
    sentence = Words(en=_say_outside(column, kept, "en"), zh=_say_outside(column, kept, "zh"))
    raise DecisionError(policy=VALUES, sentence=sentence, input=column.name)


def _say_outside(column: Column, kept: _Facts, language: str) -> str:
    given = kept.given(column.name)
    values = {
        "name": column.label.say(language),
        "value": show(given, column.type, language),
        "allowed": column.allowed.sentence(column.label, language),
    }
    return fill((_ABSENT if given is None else _OUTSIDE).say(language), values)


class _ColumnIndex:
    """Which rows' tests hold: a look-up for lists of values, one evaluation per other distinct test."""

    def __init__(self, tests: list[Unary]):
        self._tests = tests
        self._always = 0
        self._by_value: dict[tuple, _RowSet] = {}
        self._others: list[tuple[Callable, _RowSet]] = []
        places: dict[Unary, list[int]] = {}
        for place, unary in enumerate(tests):
            places.setdefault(unary, []).append(place)
        by_value: dict[tuple, list[int]] = {}
        for unary, found in places.items():
            if unary.is_any:
                self._always = _bits(found)
            elif unary.keys is None:
                self._others.append((unary.outcome, _RowSet.of(found)))
            else:
                for key in unary.keys:
                    by_value.setdefault(key, []).extend(found)
        for key, found in by_value.items():
            self._by_value[key] = _RowSet.of(found)

    @property
    def tests_to_ask(self) -> int:
        return len(self._others)

    def rows_for(self, value: object, names: Names, *, among: int) -> int:
        """One bit per row whose test holds; rows that are not among the given ones may be left out."""
        if among.bit_count() < self.tests_to_ask:
            return _bits([place for place in _places(among) if self._tests[place].outcome(value, names)])
        found = [rows for outcome, rows in self._others if outcome(value, names)]
        found.append(self._by_value.get(key_of(value), _NO_ROWS))
        bits = self._always
        places: list[int] = []
        for rows in found:
            bits |= rows.bits
            places += rows.places
        return bits | _bits(places)


@dataclass(frozen=True)
class _RowSet:
    """Few rows are listed, many are bits: bits for each of many tests would grow by the square."""

    bits: int = 0
    places: tuple[int, ...] = ()

    @classmethod
    def of(cls, places: list[int]) -> _RowSet:
        return cls(places=tuple(places)) if len(places) < 64 else cls(bits=_bits(places))


_NO_ROWS = _RowSet()


def _bits(places: Sequence[int]) -> int:
    if not places:
        return 0
    bits = bytearray(max(places) // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def _places(bits: int) -> Iterator[int]:
    """Of the bits that are set, from the lowest."""
    text = bin(bits)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)


# Hit policies: which of the rows that hold give the outcome --------------------------------------------


def _unique(table: DecisionTable, matched: tuple[int, ...]) -> tuple[int, ...]:
    if len(matched) > 1:
        raise DecisionError(policy=UNIQUE, sentence=_SEVERAL.fill(rows=_name_rows(matched)), rows=matched)
    return matched


def _any(table: DecisionTable, matched: tuple[int, ...]) -> tuple[int, ...]:
    different = {tuple(key_of(entry.compared) for entry in table.rows[place].then) for place in matched}
    if len(different) > 1:
        raise DecisionError(policy=ANY, sentence=_DIFFERENT.fill(rows=_name_rows(matched)), rows=matched)
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


def _sum(entries: list[Literal]) -> object:
    total = Decimal(0)
    for entry in entries:
        total = _EXACT.add(total, entry.value)
    return int(total) if total == total.to_integral_value() else total


_AGGREGATE = {
    "SUM": _sum,
    "MIN": lambda entries: min(entries, key=_compared).value,
    "MAX": lambda entries: max(entries, key=_compared).value,
}


def _compared(entry: Literal) -> object:
    return entry.compared


def _name_rows(rows: tuple[int, ...]) -> Words:
    named = [str(place + 1) for place in rows[:ROWS_NAMED]]
    more = "…" if len(rows) > ROWS_NAMED else ""
    return Words(en=", ".join(named) + more, zh="、".join(named) + more)


# What was decided --------------------------------------------------------------------------------------

_HOLDS = Words(en="Row {row} holds: {outputs}", zh="第 {row} 行成立：{outputs}")
_AGGREGATED = {
    "SUM": Words(
        en="The sum over the rows that hold ({rows}): {value}", zh="成立各行（{rows}）之和：{value}"
    ),
    "MIN": Words(
        en="The least among the rows that hold ({rows}): {value}", zh="成立各行（{rows}）的最小值：{value}"
    ),
    "MAX": Words(
        en="The greatest among the rows that hold ({rows}): {value}", zh="成立各行（{rows}）的最大值：{value}"
    ),
    "COUNT": Words(en="The number of rows that hold ({rows}): {value}", zh="成立的行数（{rows}）：{value}"),
}
_COUNTED_NONE = Words(en="No row holds, so the count is 0.", zh="没有成立的行，计数为 0。")
_NOTHING = Words(en="No row holds, so there is no outcome.", zh="没有成立的行，因此没有结果。")
_DEFAULT = Words(en="No row holds, so the default: {outputs}", zh="没有成立的行，采用默认值：{outputs}")
_ACTUAL = Words(en="{sentence} (actual: {actual})", zh="{sentence}（实际：{actual}）")
_MISSING = Words(en="{sentence} (no value)", zh="{sentence}（没有值）")
_NAMED = Words(en="{name}: {value}", zh="{name}：{value}")
_NO_VALUE = Words(en="no value", zh="没有值")


@dataclass(frozen=True, eq=False)
class TableDecision:
    """What a table decided on some facts.

    matched  rows whose tests all hold, counted from 0
    hits     those of them that give the outcome, in its order
    outputs  {name: value}, a list of these where the policy gives a list, None when there is no outcome
    value    the same as the standard has it: of a table with one output, its value without the name
    """

    table: DecisionTable
    facts: _Facts
    matched: tuple[int, ...]
    hits: tuple[int, ...]

    @property
    def defaulted(self) -> bool:
        return not self.hits and self.table.has_default and self.table.aggregation != "COUNT"

    @property
    def nothing(self) -> bool:
        """No row holds and no default stands in; `sentence` and `reasons` say why."""
        return not self.hits and not self.defaulted and self.table.aggregation != "COUNT"

    @cached_property
    def outputs(self) -> dict | list[dict] | None:
        if self.table.aggregation == "COUNT":
            return self._named([len(self.hits)])
        if self.table.gives_a_list:
            return [self._named(values) for values in self._values]
        if not self._entries:
            return None
        if self.hits and self.table.aggregation:
            aggregate = _AGGREGATE[self.table.aggregation]
            return self._named([aggregate([row[0] for row in self._entries])])
        return self._named(self._values[0])

    @property
    def value(self) -> object:
        outputs = self.outputs
        if len(self.table.outputs) > 1 or outputs is None:
            return outputs
        name = self.table.outputs[0].name
        return [row[name] for row in outputs] if isinstance(outputs, list) else outputs[name]

    def _named(self, values: list) -> dict:
        return {column.name: value for column, value in zip(self.table.outputs, values, strict=True)}

    @cached_property
    def _entries(self) -> list[tuple[Literal, ...]]:
        """The outputs of each hit, or of the default: an output without one is null."""
        if self.defaulted:
            return [tuple(column.default or literal(None) for column in self.table.outputs)]
        return [self.table.rows[place].then for place in self.hits]

    @property
    def _values(self) -> list[list]:
        return [[entry.value for entry in row] for row in self._entries]

    # Why ----------------------------------------------------------------------------------------------------

    @cached_property
    def reasons(self) -> list[RowReason]:
        """Why each row that holds does; when none does, why the first REASONS rows do not."""
        places = self.matched or range(min(REASONS, len(self.table.rows)))
        return [self.why(place) for place in places]

    def why(self, place: int) -> RowReason:
        """Of any row, counted from 0."""
        cells = []
        for column, unary in zip(self.table.inputs, self.table.rows[place].when, strict=True):
            if not unary.is_any:
                value = self.facts.read(column.name, column.type)
                held = bool(unary.outcome(value, self.facts.names_as(column.type)))
                cells.append(CellReason(column=column, unary=unary, held=held, facts=self.facts))
        return RowReason(row=place, cells=tuple(cells))

    def sentence(self, language: str | None) -> str:
        """What came out, in words; also when nothing did."""
        table = self.table
        if self.nothing:
            return _NOTHING.say(language)
        if self.defaulted:
            return fill(_DEFAULT.say(language), {"outputs": table.say_outputs(self._values[0], language)})
        if table.aggregation:
            if not self.hits:
                return _COUNTED_NONE.say(language)
            values = {"rows": _name_rows(self.hits).say(language), "value": say(self.value, language)}
            return fill(_AGGREGATED[table.aggregation].say(language), values)
        mark = "；" if is_zh(language) else "; "
        shown = list(zip(self.hits, self._values, strict=True))[:REASONS]
        if table.hit_policy == ANY:
            shown = shown[:1]
        return mark.join(
            fill(
                _HOLDS.say(language),
                {"row": str(place + 1), "outputs": table.say_outputs(values, language)},
            )
            for place, values in shown
        )

    def as_json(self, language: str | None) -> dict:
        """Plain JSON for pages and the decision log: at most REASONS reasons, the rest counted."""
        stored = self.reasons[:REASONS]
        outputs = self.outputs
        if isinstance(outputs, list):
            outputs = [_with_text_names(row) for row in outputs]
        elif outputs is not None:
            outputs = _with_text_names(outputs)
        return {
            "hit_policy": self.table.hit_policy,
            "matched": list(self.matched),
            "hits": list(self.hits),
            "outputs": plain(outputs),
            "value": plain(self.value),
            "defaulted": self.defaulted,
            "nothing": self.nothing,
            "sentence": self.sentence(language),
            "reasons": [reason.as_json(language) for reason in stored],
            "reasons_left_out": len(self.matched or self.table.rows) - len(stored),
        }


def _with_text_names(row: dict) -> dict:
    return {name or "": value for name, value in row.items()}


@dataclass(frozen=True, eq=False)
class RowReason:
    row: int
    cells: tuple[CellReason, ...]  # of the tests that are not `-`

    @property
    def held(self) -> bool:
        return all(cell.held for cell in self.cells)

    def sentence(self, language: str | None) -> str:
        """The tests that settled it: all when the row holds, else those that failed."""
        settled = [cell for cell in self.cells if cell.held == self.held]
        mark = "；" if is_zh(language) else "; "
        return mark.join(cell.sentence(language) for cell in settled) or ALWAYS.say(language)

    def as_json(self, language: str | None) -> dict:
        return {
            "row": self.row,
            "held": self.held,
            "because": self.sentence(language),
            "cells": [cell.as_json(language) for cell in self.cells],
        }


@dataclass(frozen=True, eq=False)
class CellReason:
    column: Column
    unary: Unary
    held: bool
    facts: _Facts

    @property
    def missing(self) -> bool:
        return self.facts.given(self.column.name) is None

    @property
    def wrong(self) -> Words | None:
        """What is wrong with a fact that counts as null because it is not of the type."""
        read = self.facts.read_strictly(self.column.name, self.column.type)
        return self.column.type.wrong if read is UNREADABLE else None

    def sentence(self, language: str | None) -> str:
        """The test beside the value it met: "age is at least 18 (actual: 17)"."""
        spoken = self.unary.sentence(self.column.label, language)
        met = ([] if self.missing else [self._met(language)]) + self._names_met(language)
        if not met:
            return _MISSING.say(language).format(sentence=spoken)
        if self.missing:
            met = [_NO_VALUE.say(language), *met]
        mark = "，" if is_zh(language) else ", "
        return _ACTUAL.say(language).format(sentence=spoken, actual=mark.join(met))

    def _met(self, language: str | None) -> str:
        shown = show(self.facts.given(self.column.name), self.column.type, language)
        mark = "，" if is_zh(language) else ", "
        return f"{shown}{mark}{self.wrong.say(language)}" if self.wrong else shown

    def _names_met(self, language: str | None) -> list[str]:
        return [
            _NAMED.say(language).format(name=name, value=self._say_name(name, language))
            for name in sorted(self.unary.names)
        ]

    def _say_name(self, name: str, language: str | None) -> str:
        given = self.facts.given(name)
        return _NO_VALUE.say(language) if given is None else show(given, self.column.type, language)

    def as_json(self, language: str | None) -> dict:
        return {
            "name": self.column.name,
            "held": self.held,
            "sentence": self.sentence(language),
            "missing": self.missing,
            "wrong": self.wrong.say(language) if self.wrong else None,
        }


def show(given: object, type: ColumnType, language: str | None) -> str:
    """A fact of any class at all, shortly; only what could be read is written out."""
    if given is None:
        return _NO_VALUE.say(language)
    read = type.read(given)
    if read is not UNREADABLE:
        text = say(read, language)
    else:
        text = f"“{str.__str__(given)[:80]}”" if isinstance(given, str) else type_name(given)
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def type_name(value: object) -> str:
    return value.__class__.__name__

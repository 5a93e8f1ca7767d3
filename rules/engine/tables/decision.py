"""What a table decided, and why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from ..facts import UNREADABLE
from ..sentences import ALWAYS, fill, is_zh
from ..values import NUMBER_DIGITS
from ..words import Words
from .facts import NO_VALUE, DecisionFacts, show
from .unary import Literal, Unary, literal
from .values import plain, say

if TYPE_CHECKING:
    from .table import Column, DecisionTable

REASONS = 100  # rows that are explained
ROWS_NAMED = 20  # in a sentence
# Any sum of 100,000 numbers of NUMBER_DIGITS digits before and after the point is exact.
_EXACT = Context(prec=2 * NUMBER_DIGITS + 10)

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
_INCOMPARABLE = Words(
    en="of another type, or only one of the two has a time offset", zh="类型不同，或只有一方带时区，无法比较"
)


def say_rows(rows: tuple[int, ...]) -> Words:
    named = [str(place + 1) for place in rows[:ROWS_NAMED]]
    more = "…" if len(rows) > ROWS_NAMED else ""
    return Words(en=", ".join(named) + more, zh="、".join(named) + more)


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


@dataclass(frozen=True, eq=False, repr=False)
class TableDecision:
    """What a table decided on some facts.

    matched  rows whose tests all hold, counted from 0
    hits     those of them that give the outcome, in its order
    outputs  {name: value}, a list of these where the policy gives a list, None when there is no outcome
    value    the same as the standard has it: of a table with one output, its value without the name
    """

    table: DecisionTable
    facts: DecisionFacts
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
            return [tuple(column.default or literal(None, column.type) for column in self.table.outputs)]
        return [self.table.rows[place].then for place in self.hits]

    @property
    def _values(self) -> list[list]:
        return [[entry.value for entry in row] for row in self._entries]

    # Why ----------------------------------------------------------------------------------------------------

    @cached_property
    def reasons(self) -> list[RowReason]:
        """Why the rows that hold do; when none does, why the rows do not. At most REASONS of them."""
        places = self.matched or range(len(self.table.rows))
        return [self.why(place) for place in places[:REASONS]]

    def why(self, place: int) -> RowReason:
        """Of any row, counted from 0."""
        cells = []
        for column, unary in zip(self.table.inputs, self.table.rows[place].when, strict=True):
            if not unary.is_any:
                value = self.facts.read(column.name, column.type)
                outcome = unary.outcome(value, self.facts.names_as(column.type))
                cells.append(CellReason(column=column, unary=unary, outcome=outcome, facts=self.facts))
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
            values = {"rows": say_rows(self.hits).say(language), "value": say(self.value, language)}
            return fill(_AGGREGATED[table.aggregation].say(language), values)
        mark = "；" if is_zh(language) else "; "
        shown = list(zip(self.hits, self._values, strict=True))[:REASONS]
        if not table.gives_a_list:  # under ANY several rows give one outcome
            shown = shown[:1]
        return mark.join(
            fill(
                _HOLDS.say(language),
                {"row": str(place + 1), "outputs": table.say_outputs(values, language)},
            )
            for place, values in shown
        )

    def as_json(self, language: str | None) -> dict:
        """Plain JSON for pages and the decision log: the rows that are not explained are counted."""
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
            "reasons": [reason.as_json(language) for reason in self.reasons],
            "reasons_left_out": len(self.matched or self.table.rows) - len(self.reasons),
        }


def outputs_as_json(columns, values) -> dict:
    """One row's results as `TableDecision.as_json` gives them."""
    return plain({column.name or "": value for column, value in zip(columns, values, strict=True)})


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
    outcome: bool | None
    facts: DecisionFacts

    @property
    def held(self) -> bool:
        return self.outcome is True

    @property
    def missing(self) -> bool:
        return self.facts.given(self.column.name) is None

    @property
    def wrong(self) -> Words | None:
        """What is wrong with a fact: not of the type, or without an order beside what it met."""
        if self.facts.read_strictly(self.column.name, self.column.type) is UNREADABLE:
            return self.column.type.wrong
        names_are_there = all(self.facts.given(name) is not None for name in self.unary.names)
        if self.outcome is None and not self.missing and names_are_there:
            return _INCOMPARABLE
        return None

    def sentence(self, language: str | None) -> str:
        """The test beside the value it met: "age is at least 18 (actual: 17)"."""
        spoken = self.column.sentence(self.unary, language)
        met = ([] if self.missing else [self._met(language)]) + self._names_met(language)
        if not met:
            return _MISSING.say(language).format(sentence=spoken)
        if self.missing:
            met = [NO_VALUE.say(language), *met]
        mark = "，" if is_zh(language) else ", "
        return _ACTUAL.say(language).format(sentence=spoken, actual=mark.join(met))

    def _met(self, language: str | None) -> str:
        given = self.column.spoken(self.facts.given(self.column.name), language)
        shown = show(given, self.column.type, language)
        mark = "，" if is_zh(language) else ", "
        return f"{shown}{mark}{self.wrong.say(language)}" if self.wrong else shown

    def _names_met(self, language: str | None) -> list[str]:
        return [
            _NAMED.say(language).format(name=name, value=self._say_name(name, language))
            for name in sorted(self.unary.names)
        ]

    def _say_name(self, name: str, language: str | None) -> str:
        given = self.facts.given(name)
        return NO_VALUE.say(language) if given is None else show(given, self.column.type, language)

    def as_json(self, language: str | None) -> dict:
        return {
            "name": self.column.name,
            "held": self.held,
            "sentence": self.sentence(language),
            "missing": self.missing,
            "wrong": self.wrong.say(language) if self.wrong else None,
        }

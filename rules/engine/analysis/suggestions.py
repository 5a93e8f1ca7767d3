"""Facts that are worth a test: each boundary of a table or a rule set once, and each gap of a table."""

from __future__ import annotations

from collections.abc import Iterable

from ..rulesets import CompiledRule, CompiledRuleSet
from ..sentences import fill, say_value
from ..tables.table import DecisionTable
from ..tables.unary import Literal
from ..tables.values import BOOLEAN, key_of, kind_of, say
from ..tree import Leaf, leaves
from ..words import Words
from .axes import Axis
from .cells import NULL
from .findings import GAP, Suggestion, in_both
from .lines import line_of
from .rulesets import RuleSetAnalyser
from .sweep import OutOfWork
from .tables import TableAnalyser

SUGGESTIONS = 500
_WITH_LIMITS = ("numeric", "date", "datetime")  # types of which a value named is where something begins

_AT_LIMIT = Words(
    en="{name} exactly at {value}, a limit of row {row}", zh="{name}恰好为{value}，是第 {row} 行的界限"
)
_LISTED = Words(en="{name} is {value}, which row {row} names", zh="{name}为{value}，第 {row} 行列出了该值")
_MISSING = Words(
    en="{name} has no value, which row {row} speaks of", zh="{name}没有值，第 {row} 行提到了这种情况"
)


def table_boundaries(table: DecisionTable) -> list[Suggestion]:
    analyser = TableAnalyser(table)
    gaps = [finding for finding in analyser.analyse().findings if finding.kind == GAP]
    found = [*_limits(analyser), *(Suggestion(facts=gap.example, sentence=gap.sentence) for gap in gaps)]
    return found[:SUGGESTIONS]


def _limits(analyser: TableAnalyser) -> Iterable[Suggestion]:
    told = set()
    for row in range(len(analyser.table.rows)):
        if not analyser.reachable[row]:
            continue
        for place, axis in enumerate(analyser.axes):
            for sign, value in _values_named(axis, analyser.table, row):
                key = (place, key_of(value))
                cells = _cell_of(axis, value) & axis.domain
                if key in told or not cells:
                    continue
                told.add(key)
                box = list(analyser.box_of(row))
                box[place] = cells
                yield Suggestion(facts=analyser.example(tuple(box)), sentence=_say(axis, sign, value, row))


def _values_named(axis: Axis, table: DecisionTable, row: int) -> Iterable[tuple[str, object]]:
    for place in axis.places:
        for test in table.rows[row].when[place].tests:
            for operand in test.operands:
                if isinstance(operand, Literal):
                    yield getattr(test, "sign", ".."), operand.compared


def _cell_of(axis: Axis, value: object) -> int:
    if value is None:
        return NULL
    return axis.partition.point(line_of(value), value)


def _say(axis: Axis, sign: str, value: object, row: int) -> Words:
    template = _LISTED if sign in ("=", "!=") or kind_of(value) == BOOLEAN else _AT_LIMIT
    template = _MISSING if value is None else template
    label = axis.columns[0].label

    def spoken(language: str) -> str:
        values = {"name": label.say(language), "value": say(value, language), "row": str(row + 1)}
        return fill(template.say(language), values)

    return in_both(spoken)


def ruleset_boundaries(ruleset: CompiledRuleSet) -> list[Suggestion]:
    analyser = RuleSetAnalyser(ruleset)
    found: dict[tuple, Suggestion] = {}
    for row, rule in enumerate(ruleset.rules):
        for leaf in leaves(rule.condition.tree):
            for value in analyser.facts.points(leaf):
                key = (leaf.variable.name, key_of(value))
                if key not in found and len(found) < SUGGESTIONS:
                    facts = _facts_at(analyser, rule, leaf, value)
                    found[key] = Suggestion(facts=facts, sentence=_say_leaf(leaf, value, row))
    return list(found.values())


def _facts_at(analyser: RuleSetAnalyser, rule: CompiledRule, leaf: Leaf, value: object) -> dict[str, object]:
    """With the fact exactly at `value`, and the others so that the rule holds if that is possible."""
    name = leaf.variable.name
    try:
        facts = analyser.facts_for(rule.condition, given=[analyser.facts.at(leaf, value)])
        if facts is None:
            facts = analyser.facts_for(rule.condition) or {}
    except OutOfWork:
        facts = {}
    if leaf.variable.type == "select_multiple":
        return {name: [value]} | facts
    return {**facts, name: value}


def _say_leaf(leaf: Leaf, value: object, row: int) -> Words:
    template = _AT_LIMIT_OF_RULE if leaf.variable.type in _WITH_LIMITS else _NAMED_BY_RULE

    def spoken(language: str) -> str:
        values = {
            "name": leaf.variable.label.say(language),
            "value": say_value(value, leaf.variable, language),
            "row": str(row + 1),
        }
        return fill(template.say(language), values)

    return in_both(spoken)


_AT_LIMIT_OF_RULE = Words(
    en="{name} exactly at {value}, a limit of rule {row}",
    zh="{name}恰好为{value}，是第 {row} 条规则的界限",
)
_NAMED_BY_RULE = Words(
    en="{name} is {value}, which rule {row} names", zh="{name}为{value}，第 {row} 条规则提到该值"
)

"""Rules of a set that can never hold, that others make needless, and that contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from ..conditions import Condition
from ..rulesets import CompiledRule, CompiledRuleSet, plain
from ..sentences import condition_sentence, fill, is_zh, say_value
from ..tables.decision import say_rows
from ..tree import Group, Leaf, leaves
from ..words import Words
from .findings import (
    CONTRADICTION,
    DEAD,
    IMPLIED,
    INFO,
    REPEATED,
    UNKNOWN,
    WARNING,
    Finding,
    in_both,
)
from .logic import Facts, Formula, Work, solve
from .sweep import OutOfWork

WORK = 500_000  # steps; about a second at the very most
WORK_OF_ONE = 100_000  # for one question, so that one rule cannot use up what the others need
CONTRADICTIONS = 100  # told of one set
PARTS_WEIGHED = 30  # of a condition that can never hold, to find those that exclude each other

_DEAD = Words(
    en="Rule {row} can never hold: it is impossible that {condition}.",
    zh="第 {row} 条规则永远不会成立：不可能{condition}。",
)
_IMPLIED = Words(
    en="Rule {row} adds nothing: whenever it holds, rule {other} holds too and does the same.",
    zh="第 {row} 条规则是多余的：凡是它成立时，第 {other} 条规则也成立，并且执行相同的动作。",
)
_REPEATED = Words(
    en="Rule {row} repeats rule {other}: it holds in the same cases and does the same.",
    zh="第 {row} 条规则与第 {other} 条规则重复：成立的情形和动作都相同。",
)
_CONTRADICTION = Words(
    en="Rules {row} and {other} can hold at once but want different things, of which one is done: "
    "{left} / {right}.",
    zh="第 {row} 条与第 {other} 条规则可能同时成立，但要求不同，只能执行其一：{left} / {right}。",
)
_ALWAYS_CONTRADICTED = Words(
    en="Whenever rule {row} holds, rule {other} holds too and wants something else: {left} / {right}.",
    zh="凡是第 {row} 条规则成立时，第 {other} 条规则也成立，但要求不同：{left} / {right}。",
)
_MORE_CONTRADICTIONS = Words(
    en="There are more rules that contradict each other; the first {most} pairs are told.",
    zh="还有更多互相矛盾的规则，仅列出前 {most} 对。",
)
_TOO_COMPLEX = Words(
    en="The conditions of rules {rows} are too complex to find out whether they can hold.",
    zh="第 {rows} 条规则的条件过于复杂，未能判断是否可能成立。",
)
_TOO_MANY = Words(
    en="Not all pairs of rules were compared, there are too many: rules may repeat or contradict each other.",
    zh="规则组合过多，未能逐对比较：可能还有重复或互相矛盾的规则。",
)


def analyse_ruleset(
    ruleset: CompiledRuleSet, *, work: int = WORK, left_out: Collection[int] = ()
) -> list[Finding]:
    """What is surely not meant with the rules of a set, each with facts that show it where there can be any.

    work     how many steps all questions together may take
    left_out rules that stand for others only, which cannot be read yet; counted, but not looked at
    returns  ordered by rule. A finding is always true. What could not be found out is told at the end, as
             findings of the kind "unknown"
    """
    return RuleSetAnalyser(ruleset, work=work, left_out=left_out).analyse()


class RuleSetAnalyser:
    def __init__(self, ruleset: CompiledRuleSet, *, work: int = WORK, left_out: Collection[int] = ()):
        self.ruleset = ruleset
        self.left_out = set(left_out)
        self.rules = ruleset.rules
        self.facts = Facts(leaf for rule in self.rules for leaf in leaves(rule.condition.tree))
        self.work = work
        self.not_known: list[int] = []
        self.pairs_left_out = False
        self.more_contradictions = False

    def analyse(self) -> list[Finding]:
        dead = list(self._dead())
        living = set(range(len(self.rules))) - self.left_out - {finding.rows[0] for finding in dead}
        needless = list(self._needless(living))
        living -= {finding.rows[0] for finding in needless}
        findings = [*dead, *needless, *self._contradictions(living)]
        findings.sort(key=lambda finding: (finding.rows, finding.kind))
        return [*findings, *self._unknown()]

    # Questions ----------------------------------------------------------------------------------------------

    def _solve(self, *formulas: Formula) -> dict | None:
        """Raises OutOfWork."""
        if self.work <= 0:
            raise OutOfWork
        work = Work(min(self.work, WORK_OF_ONE))
        before = work.left
        try:
            return solve(formulas, work)
        finally:
            self.work -= before - max(work.left, 0)

    def _of(self, rule: CompiledRule, *, holds: bool = True) -> Formula:
        return self.facts.formula(rule.condition.tree, holds=holds)

    def _always_with(self, rule: CompiledRule, other: CompiledRule) -> bool:
        """Whether `other` holds whenever `rule` does."""
        return self._solve(self._of(rule), self._of(other, holds=False)) is None

    def facts_for(self, *conditions: Condition, given: Iterable[Formula] = ()) -> dict | None:
        """Facts of which all conditions hold; None where none were found. Raises OutOfWork."""
        state = self._solve(*given, *(self.facts.formula(condition.tree) for condition in conditions))
        if state is None:
            return None
        for example in self.facts.examples(state):
            if all(condition.holds(example) for condition in conditions):
                return example
        return None

    # Findings -----------------------------------------------------------------------------------------------

    def _dead(self) -> Iterator[Finding]:
        for row, rule in enumerate(self.rules):
            if row in self.left_out:
                continue
            try:
                if self._solve(self._of(rule)) is None:
                    yield self._finding(DEAD, (row,), WARNING, self._say_dead(row, rule), {})
            except OutOfWork:
                self.not_known.append(row)

    def _say_dead(self, row: int, rule: CompiledRule) -> Words:
        tree = self._impossible_part(rule.condition.tree)

        def say(language: str) -> str:
            values = {"row": str(row + 1), "condition": condition_sentence(tree, language)}
            return fill(_DEAD.say(language), values)

        return in_both(say)

    def _impossible_part(self, tree: Leaf | Group) -> Leaf | Group:
        """Of a list of things that cannot all be, as few as still cannot."""
        if isinstance(tree, Leaf) or tree.kind != "all" or not 1 < len(tree.children) <= PARTS_WEIGHED:
            return tree
        kept = list(tree.children)
        for child in tree.children:
            others = [other for other in kept if other is not child]
            try:
                if others and self._solve(*(self.facts.formula(other) for other in others)) is None:
                    kept = others
            except OutOfWork:
                break
        return Group(kind="all", children=tuple(kept))

    def _needless(self, living: set[int]) -> Iterator[Finding]:
        told: set[int] = set()
        for row, other in self._pairs(living, _actions_key):
            if row in told or other in told:
                continue
            try:
                forward = self._always_with(self.rules[row], self.rules[other])
                backward = self._always_with(self.rules[other], self.rules[row])
                if forward and backward:
                    told.add(other)
                    yield self._pair(REPEATED, other, row, _REPEATED)
                elif forward or backward:
                    needless, needed = (row, other) if forward else (other, row)
                    told.add(needless)
                    yield self._pair(IMPLIED, needless, needed, _IMPLIED)
            except OutOfWork:
                self.pairs_left_out = True

    def _pair(self, kind: str, row: int, other: int, template: Words) -> Finding:
        try:
            example = self.facts_for(self.rules[row].condition, self.rules[other].condition)
        except OutOfWork:
            example = None
        sentence = template.fill(row=row + 1, other=other + 1)
        return self._finding(kind, (row, other), WARNING, sentence, example or {})

    def _pairs(self, living: set[int], key_of) -> Iterator[tuple[int, int]]:
        groups: dict[object, list[int]] = {}
        for row in sorted(living):
            key = key_of(self.rules[row])
            if key is not None and row not in self.not_known:
                groups.setdefault(key, []).append(row)
        for rows in groups.values():
            for pair in combinations(rows, 2):
                if self.work <= 0:
                    self.pairs_left_out = True
                    return
                yield pair

    def _contradictions(self, living: set[int]) -> Iterator[Finding]:
        told = 0
        for name in self._single_valued():
            for row, other in self._pairs(living, lambda rule, name=name: bool(_params(rule, name)) or None):
                if self._agree(row, other, name):
                    continue
                if told == CONTRADICTIONS:
                    self.more_contradictions = True
                    return
                try:
                    finding = self._contradiction(row, other, name)
                except OutOfWork:
                    self.pairs_left_out = True
                    continue
                if finding:
                    told += 1
                    yield finding

    def _single_valued(self) -> list[str]:
        return [name for name, action in self.ruleset.vocabulary.actions.items() if action.single_valued]

    def _agree(self, row: int, other: int, name: str) -> bool:
        return _params(self.rules[row], name) == _params(self.rules[other], name)

    def _contradiction(self, row: int, other: int, name: str) -> Finding | None:
        """A special rule above a general one is how an exception is written, and nothing to tell."""
        first, second = self.rules[row], self.rules[other]
        example = self.facts_for(first.condition, second.condition)
        if example is None or self._always_with(first, second):
            return None
        template = _ALWAYS_CONTRADICTED if self._always_with(second, first) else _CONTRADICTION
        row, other = (other, row) if template is _ALWAYS_CONTRADICTED else (row, other)

        def say(language: str) -> str:
            values = {
                "row": str(row + 1),
                "other": str(other + 1),
                "left": self._say_action(row, name, language),
                "right": self._say_action(other, name, language),
            }
            return fill(template.say(language), values)

        # In part, it may be meant so: the order of the rules settles it.
        severity = WARNING if template is _ALWAYS_CONTRADICTED else INFO
        return self._finding(CONTRADICTION, (row, other), severity, in_both(say), example)

    def _say_action(self, row: int, name: str, language: str) -> str:
        action = next(action for action in self.rules[row].actions if action["name"] == name)
        return self.ruleset.action_sentence(action, language)

    def _unknown(self) -> Iterator[Finding]:
        if self.not_known:
            rows = tuple(self.not_known)
            yield Finding(UNKNOWN, rows, INFO, _TOO_COMPLEX.fill(rows=say_rows(rows)))
        if self.pairs_left_out:
            yield Finding(UNKNOWN, (), INFO, _TOO_MANY)
        if self.more_contradictions:
            yield Finding(UNKNOWN, (), INFO, _MORE_CONTRADICTIONS.fill(most=CONTRADICTIONS))

    # Examples -----------------------------------------------------------------------------------------------

    def _finding(
        self, kind: str, rows: tuple[int, ...], severity: str, sentence: Words, example: Mapping
    ) -> Finding:
        return Finding(
            kind=kind,
            rows=rows,
            severity=severity,
            sentence=sentence,
            example=example,
            written={name: self._say_fact(name, value) for name, value in example.items()},
            example_sentence=in_both(lambda language: self.say_facts(example, language)) if example else None,
        )

    def _say_fact(self, name: str, value: object) -> Words:
        variable = self.ruleset.vocabulary.variables[name]
        if value is None:
            return _NO_VALUE
        return in_both(lambda language: say_value(value, variable, language))

    def say_facts(self, facts: Mapping[str, object], language: str) -> str:
        variables = self.ruleset.vocabulary.variables
        spoken = [
            f"{variables[name].label.say(language)}{'：' if is_zh(language) else ': '}"
            f"{self._say_fact(name, value).say(language)}"
            for name, value in facts.items()
        ]
        return ("，" if is_zh(language) else ", ").join(spoken)


_NO_VALUE = Words(en="no value", zh="没有值")


def _actions_key(rule: CompiledRule) -> object:
    """Equal for rules that do the same; None for one that does nothing."""
    return repr(sorted(_plain(action) for action in rule.actions)) if rule.actions else None


def _plain(action: Mapping) -> tuple:
    return action["name"], repr(sorted((name, plain(value)) for name, value in action["params"].items()))


def _params(rule: CompiledRule, name: str) -> list:
    return [_plain(action) for action in rule.actions if action["name"] == name]

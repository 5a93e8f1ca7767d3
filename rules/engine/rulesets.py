"""An ordered set of rules: which of them hold, what they do, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from .conditions import Condition, ConditionParser
from .errors import Problem, Refused, RuleErrors, strange_keys
from .explain import Explanation
from .facts import Complete
from .index import RuleIndex
from .sentences import action_sentence, fill
from .values import INPUTS, read_number_value, sound_text
from .vocabulary import PARAM_TYPES, Action, Vocabulary
from .words import Words

RULES = 20_000
ACTIONS = 100  # of one rule
REASONS_STORED = 100
TRIED_ONE_BY_ONE = 8  # up to so many rules an index would cost more than it saves

_WHEN = Words(en="When {condition}: {actions}", zh="当{condition}时：{actions}")
_ALWAYS = Words(en="Always: {actions}", zh="始终：{actions}")
_NO_ACTIONS = Words(en="nothing happens", zh="不执行任何动作")
_NOTHING_FIRED = Words(en="No rule applied.", zh="没有规则适用。")


@dataclass(frozen=True, eq=False)
class CompiledRule:
    id: str | int
    condition: Condition
    actions: tuple[Mapping, ...]  # {"name", "params"}, values as read: exact numbers, dates

    def actions_for_decision(self) -> list[dict]:
        return [
            {"rule": self.id, "name": action["name"], "params": dict(action["params"])}
            for action in self.actions
        ]


@dataclass(frozen=True, eq=False)
class Reason:
    rule: str | int
    held: bool
    explanation: Explanation

    def sentence(self, language: str | None) -> str:
        return self.explanation.because(language)

    def as_json(self, language: str | None) -> dict:
        return {
            "rule": self.rule,
            "held": self.held,
            "because": self.sentence(language),
            "explanation": self.explanation.as_json(language),
        }


class Decision:
    """What a rule set decided on some facts. `fired` lists the ids of the rules that hold, in their order."""

    def __init__(
        self, ruleset: CompiledRuleSet, facts: Mapping[str, object], fired: list[str | int], places: list[int]
    ):
        self.ruleset = ruleset
        self.facts = facts
        self.fired = fired
        self._places = places  # of the fired rules

    @cached_property
    def _rules(self) -> list[CompiledRule]:
        return [self.ruleset.rules[place] for place in self._places]

    @cached_property
    def actions(self) -> list[dict]:
        """[{"rule", "name", "params"}] of the fired rules, in order."""
        return [action for rule in self._rules for action in rule.actions_for_decision()]

    @cached_property
    def reasons(self) -> list[Reason]:
        """Why each fired rule fired; when none did, why each rule did not. Worked out when asked for."""
        rules = self._rules or self.ruleset.rules
        facts = self.facts if isinstance(self.facts, Complete) else Complete(self.facts)
        return [
            Reason(rule=rule.id, held=bool(self._rules), explanation=rule.condition.explain(facts))
            for rule in rules
        ]

    def sentence(self, language: str | None) -> str:
        """What happens, in words; "No rule applied." when nothing does."""
        spoken = [self.ruleset.action_sentence(action, language) for action in self.actions]
        mark = "；" if (language or "").lower().startswith("zh") else "; "
        return mark.join(spoken) or (_NO_ACTIONS if self.fired else _NOTHING_FIRED).say(language)

    def as_json(self, language: str | None) -> dict:
        """Plain JSON for pages and the decision log: at most REASONS_STORED reasons, the rest counted."""
        stored = self.reasons[:REASONS_STORED]
        return {
            "fired": self.fired,
            "sentence": self.sentence(language),
            "actions": [
                {
                    "rule": action["rule"],
                    "name": action["name"],
                    "params": {name: plain(value) for name, value in action["params"].items()},
                    "sentence": self.ruleset.action_sentence(action, language),
                }
                for action in self.actions
            ],
            "reasons": [reason.as_json(language) for reason in stored],
            "reasons_left_out": len(self.reasons) - len(stored),
        }


def plain(value: object) -> object:
    """A read value as JSON holds it: an exact number that is not whole, and a date, as text."""
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


@dataclass(frozen=True, eq=False)
class CompiledRuleSet:
    """Immutable; every rule that holds fires, in the order of the rules."""

    rules: tuple[CompiledRule, ...]
    vocabulary: Vocabulary

    def __deepcopy__(self, memo) -> CompiledRuleSet:
        return self

    @cached_property
    def _prepared(self) -> tuple:
        """Of deciding: (ids, index, None, None), or for a small set (ids, None, predicates, blank facts)."""
        ids = [rule.id for rule in self.rules]
        if len(ids) > TRIED_ONE_BY_ONE:
            return ids, RuleIndex([rule.condition.tree for rule in self.rules]), None, None
        predicates = [(rule.condition.holds, place) for place, rule in enumerate(self.rules)]
        return ids, None, predicates, dict.fromkeys(self.names)

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables its rules ask for."""
        return frozenset().union(*(rule.condition.names for rule in self.rules))

    @property
    def unfinished(self) -> list[Problem]:
        return [
            Problem(path=f"{place}/conditions/{problem.path}", sentence=problem.sentence)
            for place, rule in enumerate(self.rules)
            for problem in rule.condition.unfinished
        ]

    def decide(self, facts: Mapping[str, object]) -> Decision:
        ids, index, predicates, missing = self._prepared
        # A copy, because the caller may go on changing its dict before the reasons are asked for.
        kept = facts.copy() if facts.__class__ is dict else Complete(facts)
        if index is not None:
            places = index.places_of(kept)
        else:
            if facts.__class__ is dict and not missing.keys() <= kept.keys():
                kept = missing | kept
            places = [place for holds, place in predicates if holds(kept)]
        return Decision(self, kept, [ids[place] for place in places], places)

    def action_sentence(self, action: Mapping, language: str | None) -> str:
        return action_sentence(action, language, self.vocabulary)

    def rule_sentence(self, rule: CompiledRule, language: str | None) -> str:
        mark = "；" if (language or "").lower().startswith("zh") else "; "
        actions = mark.join(self.action_sentence(action, language) for action in rule.actions)
        template = _ALWAYS if rule.condition.is_always else _WHEN
        return fill(
            template.say(language),
            {
                "condition": rule.condition.sentence(language),
                "actions": actions or _NO_ACTIONS.say(language),
            },
        )

    def sentences(self, language: str | None) -> list[str]:
        """One per rule, in order."""
        return [self.rule_sentence(rule, language) for rule in self.rules]

    def sentence(self, language: str | None) -> str:
        return "\n".join(self.sentences(language))


def compile_ruleset(document: object, vocabulary: Vocabulary) -> CompiledRuleSet:
    """Check and parse rules.

    document  [{"id", "conditions", "actions": [{"name", "params"}]}], ids unique
    raises    RuleErrors with every Problem, each under its path: "0/conditions/all/1/value"
    """
    parser = _RuleSetParser(vocabulary)
    rules = parser.parse(document)
    if parser.problems:
        raise RuleErrors(parser.problems)
    return CompiledRuleSet(rules=tuple(rules), vocabulary=vocabulary)


def compile_actions(document: object, vocabulary: Vocabulary) -> tuple[Mapping, ...]:
    """Check and parse actions alone: [{"name", "params"}]. Raises RuleErrors; paths like "0/params/level"."""
    parser = _RuleSetParser(vocabulary)
    actions = parser.parse_actions(document, ())
    if parser.problems:
        raise RuleErrors(parser.problems)
    return actions


class _RuleSetParser:
    def __init__(self, vocabulary: Vocabulary):
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []

    def parse(self, document: object) -> list[CompiledRule]:
        if not isinstance(document, list | tuple):
            self._refuse((), en="A list of rules is expected here.", zh="此处应为规则列表。")
            return []
        if len(document) > RULES:
            self._refuse(
                (),
                en="There are too many rules: at most {most} are allowed.",
                zh="规则过多：最多 {most} 条。",
                most=f"{RULES:,}",
            )
            return []
        seen: set = set()
        return [self._parse_rule(row, (str(place),), seen) for place, row in enumerate(document)]

    def _parse_rule(self, row: object, path: tuple[str, ...], seen: set) -> CompiledRule | None:
        if not isinstance(row, Mapping):
            return self._refuse(path, en="A rule is expected here.", zh="此处应为一条规则。")
        self._refuse_unknown_keys(row, ("id", "conditions", "actions"), path)
        self._check_id(row.get("id"), (*path, "id"), seen)
        condition = self._parse_condition(row.get("conditions"), (*path, "conditions"))
        actions = self.parse_actions(row.get("actions", []), (*path, "actions"))
        return CompiledRule(id=row.get("id"), condition=condition, actions=actions)

    def _check_id(self, rule_id: object, path: tuple[str, ...], seen: set) -> None:
        if isinstance(rule_id, bool) or not isinstance(rule_id, str | int) or rule_id == "":
            self._refuse(path, en="A rule needs an id.", zh="规则需要编号。")
        elif self._check_id_value(rule_id, path):
            return
        elif rule_id in seen:
            self._refuse(path, en="Two rules have this id.", zh="规则编号重复。")
        else:
            seen.add(rule_id)

    def _check_id_value(self, rule_id: str | int, path: tuple[str, ...]) -> bool:
        """Whether it was refused."""
        try:
            sound_text(rule_id) if isinstance(rule_id, str) else read_number_value(rule_id, None)
        except Refused as refused:
            self.problems += refused.problems_at(path)
            return True
        return False

    def _parse_condition(self, document: object, path: tuple[str, ...]) -> Condition:
        parser = ConditionParser(self.vocabulary)
        tree = parser.parse(document, path)
        self.problems += parser.problems
        # `unfinished` is told with paths that begin at the condition.
        prefix = len("/".join(path)) + 1
        return Condition(
            tree=tree,
            unfinished=tuple(
                Problem(path=problem.path[prefix:], sentence=problem.sentence)
                for problem in parser.unfinished
            ),
        )

    def parse_actions(self, document: object, path: tuple[str, ...]) -> tuple[Mapping, ...]:
        if not isinstance(document, list | tuple):
            self._refuse(path, en="A list of actions is expected here.", zh="此处应为动作列表。")
            return ()
        if len(document) > ACTIONS:
            self._refuse(
                path,
                en="There are too many actions: at most {most}.",
                zh="动作过多：最多 {most} 个。",
                most=ACTIONS,
            )
            return ()
        parsed = [self._parse_action(row, (*path, str(place))) for place, row in enumerate(document)]
        return tuple(action for action in parsed if action)

    def _parse_action(self, row: object, path: tuple[str, ...]) -> Mapping | None:
        if not isinstance(row, Mapping):
            return self._refuse(path, en="An action is expected here.", zh="此处应为一个动作。")
        self._refuse_unknown_keys(row, ("name", "params"), path)
        name = row.get("name")
        action = self.vocabulary.actions.get(name) if isinstance(name, str) else None
        if action is None:
            return self._refuse((*path, "name"), en="Choose an action that exists.", zh="请选择存在的动作。")
        params = row.get("params")
        params = {} if params is None else params
        if not isinstance(params, Mapping):
            return self._refuse((*path, "params"), en="Parameters are expected here.", zh="此处应为参数。")
        return {"name": action.name, "params": self._parse_params(params, action, (*path, "params"))}

    def _parse_params(self, given: Mapping, action: Action, path: tuple[str, ...]) -> dict[str, object]:
        self._refuse_unknown_keys(given, [param.name for param in action.params], path)
        read = {}
        for param in action.params:
            value = given.get(param.name)
            if value is None or value == "":
                if param.required:
                    self._refuse(
                        (*path, param.name), en="Fill in {name}.", zh="请填写{name}。", name=param.label
                    )
                continue
            try:
                read[param.name] = INPUTS[PARAM_TYPES[param.type]](value, param)
            except Refused as refused:
                self.problems += refused.problems_at((*path, param.name))
        return read

    def _refuse_unknown_keys(self, row: Mapping, known: Collection[str], path: tuple[str, ...]) -> None:
        for name in strange_keys(row, known):
            self._refuse((*path, name), en="This does not belong here.", zh="此处不应有此内容。")

    def _refuse(self, path: tuple[str, ...], *, en: str, zh: str, **values: object) -> None:
        sentence = Words(en=en, zh=zh)
        self.problems.append(
            Problem(path="/".join(path), sentence=sentence.fill(**values) if values else sentence)
        )

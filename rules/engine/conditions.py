"""A stored condition, parsed once: all that is wrong with it is found at once, and evaluating cannot fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .errors import Problem, Refused, RuleErrors, strange_keys
from .evaluate import Predicate, compile_predicate
from .explain import Explanation, explain
from .operators import OPERATORS
from .sentences import condition_sentence
from .tree import ALWAYS, Group, Leaf, leaves
from .values import INPUTS
from .vocabulary import Variable, Vocabulary
from .words import Words

DEPTH = 32
LEAVES = 2_000
NODES = 4_000  # comparisons and groups together
GROUP_KINDS = ("all", "any", "none")
_NO_NOW = Words(en="the current time is not among the facts", zh="这里没有当前时间")
_NO_LEXICONS = Words(en="there is no lexicon to choose from", zh="这里没有可选的词库")


@dataclass(frozen=True, eq=False)
class Condition:
    """Immutable. `unfinished` lists what is allowed but surely not meant, such as "contains nothing"."""

    tree: Leaf | Group
    unfinished: tuple[Problem, ...] = ()

    def __deepcopy__(self, memo) -> Condition:
        return self

    @cached_property
    def holds(self) -> Predicate:
        """A function facts -> bool, generated when first asked for: many are compiled only to be checked."""
        return compile_predicate(self.tree)

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables it asks for."""
        return frozenset(
            variable.name
            for leaf in leaves(self.tree)
            for variable in (leaf.variable, leaf.other)
            if variable is not None
        )

    @property
    def is_always(self) -> bool:
        return self.tree is ALWAYS

    def explain(self, facts: Mapping[str, object]) -> Explanation:
        return explain(self.tree, facts)

    def sentence(self, language: str | None) -> str:
        return condition_sentence(self.tree, language)


def compile_condition(tree: object, vocabulary: Vocabulary) -> Condition:
    """Check and parse a stored condition.

    tree    {"all": [...]}, {"any": [...]}, {"none": [...]} or {"name", "operator", "value"}, nested;
            a value may be {"variable": name}, of the same type;
            {} and {"all": []} at the root mean "always"
    raises  RuleErrors with every Problem, each under its path: "all/0/value"
    """
    parser = ConditionParser(vocabulary)
    parsed = parser.parse(tree)
    if parser.problems:
        raise RuleErrors(parser.problems)
    return Condition(tree=parsed, unfinished=tuple(parser.unfinished))


class _TooBig(Exception):
    """Nothing further of this document is looked at."""


class ConditionParser:
    def __init__(self, vocabulary: Vocabulary):
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.unfinished: list[Problem] = []
        self._leaves = 0
        self._nodes = 0

    def parse(self, document: object, path: tuple[str, ...] = ()) -> Leaf | Group | None:
        """The tree, or None with `problems` filled. `path` is where the document stands in a larger one."""
        if isinstance(document, Mapping) and (not document or _is_empty_all(document)):
            return ALWAYS
        try:
            return self._parse_node(document, path, depth=1)
        except _TooBig:
            return None

    def _parse_node(self, node: object, path: tuple[str, ...], depth: int) -> Leaf | Group | None:
        self._count_node(path)
        if not isinstance(node, Mapping):
            return self._refuse(path, en="A condition is expected here.", zh="此处应为一个条件。")
        if any(kind in node for kind in GROUP_KINDS):
            return self._parse_group(node, path, depth)
        return self._parse_leaf(node, path)

    def _count_node(self, path: tuple[str, ...]) -> None:
        self._nodes += 1
        if self._nodes > NODES:
            self._refuse_size(path)

    def _refuse_size(self, path: tuple[str, ...]) -> None:
        self._refuse(
            path,
            en="This condition is too large: at most {most} comparisons are allowed.",
            zh="条件过大：最多允许 {most} 个比较。",
            most=f"{LEAVES:,}",
        )
        raise _TooBig

    def _parse_group(self, node: Mapping, path: tuple[str, ...], depth: int) -> Group | None:
        if len(node) > 1:
            return self._refuse(
                path,
                en="A group holds one of “all”, “any”, “none” and nothing beside it.",
                zh="一个条件组只能是“全部”“任一”“均不”其中之一，不能再有其他内容。",
            )
        kind = next(iter(node))
        children = node[kind]
        path = (*path, kind)
        if not isinstance(children, list | tuple):
            return self._refuse(path, en="A list of conditions is expected here.", zh="此处应为条件列表。")
        if not children:
            return self._refuse(path, en="Add at least one condition.", zh="请至少添加一个条件。")
        if depth > DEPTH:
            return self._refuse(
                path,
                en="Groups are nested too deep: at most {most} levels are allowed.",
                zh="条件组嵌套过深：最多 {most} 层。",
                most=DEPTH,
            )
        parsed = [
            self._parse_node(child, (*path, str(place)), depth + 1) for place, child in enumerate(children)
        ]
        return Group(kind=kind, children=tuple(parsed)) if None not in parsed else None

    def _parse_leaf(self, node: Mapping, path: tuple[str, ...]) -> Leaf | None:
        self._leaves += 1
        if self._leaves > LEAVES:
            self._refuse_size(path)
        before = len(self.problems)
        for key in strange_keys(node, ("name", "operator", "value")):
            self._refuse((*path, key), en="This does not belong in a condition.", zh="条件中不应有此内容。")
        variable = self._read_variable(node.get("name"), (*path, "name"))
        operator = variable and self._read_operator(node.get("operator"), variable, (*path, "operator"))
        if not operator:
            return None
        value = self._read_value(node, operator, variable, (*path, "value"))
        if len(self.problems) > before:
            return None
        if isinstance(value, Variable):
            return Leaf(variable=variable, operator=operator, value=value, prepared=None, other=value)
        prepared = operator.prepare(value) if operator.input != "none" else None
        other = self.vocabulary.variables["now"] if operator.needs_now else None
        return Leaf(variable=variable, operator=operator, value=value, prepared=prepared, other=other)

    def _read_variable(self, name: object, path: tuple[str, ...]) -> Variable | None:
        if name is None or name == "":
            return self._refuse(path, en="Choose what to compare.", zh="请选择要比较的变量。")
        variable = self.vocabulary.variables.get(name) if isinstance(name, str) else None
        return variable or self._refuse(
            path,
            en="“{name}” is not something that can be compared here.",
            zh="此处没有变量“{name}”。",
            name=_cut(name),
        )

    def _read_operator(self, key: object, variable: Variable, path: tuple[str, ...]):
        if key is None or key == "":
            return self._refuse(path, en="Choose how to compare.", zh="请选择比较方式。")
        operator = OPERATORS.get((variable.type, key)) if isinstance(key, str) else None
        if operator is None:
            return self._refuse(
                path,
                en="“{key}” is not a way to compare {name}.",
                zh="{name}没有比较方式“{key}”。",
                key=_cut(key),
                name=variable.label,
            )
        if not self.vocabulary.offers(operator):
            return self._refuse(
                path,
                en="“{operator}” cannot be used here: {missing}.",
                zh="此处不能使用“{operator}”：{missing}。",
                operator=operator.label,
                missing=_NO_NOW if operator.needs_now else _NO_LEXICONS,
            )
        return operator

    def _read_value(self, node: Mapping, operator, variable: Variable, path: tuple[str, ...]) -> object:
        if "value" not in node and operator.input != "none":
            return self._refuse(path, en="Enter a value.", zh="请填写值。")
        value = node.get("value")
        try:
            if isinstance(value, Mapping) and "variable" in value and operator.input != "none":
                return self._read_other(value, operator, variable)
            value = INPUTS[operator.input](value, variable)
            if operator.input == "lexicons":
                value = self.vocabulary.lexicons_called(value)
        except Refused as refused:
            self.problems += refused.problems_at(path)
            return None
        if _compares_with_nothing(operator, value):
            self.unfinished.append(
                Problem(
                    path="/".join(path),
                    sentence=Words(en="This compares with nothing.", zh="此比较的值为空。"),
                )
            )
        return value

    def _read_other(self, value: Mapping, operator, variable: Variable) -> Variable:
        name = value["variable"]
        if not operator.takes_variable or len(value) > 1:
            raise Refused(
                Words(
                    en="“{operator}” compares with a value, not with another variable.",
                    zh="“{operator}”只能与一个值比较，不能与另一个变量比较。",
                ).fill(operator=operator.label)
            )
        other = self.vocabulary.variables.get(name) if isinstance(name, str) else None
        if other is None or other.type != variable.type or other.name == variable.name:
            raise Refused(
                Words(
                    en="Choose another variable of the same kind to compare {name} with.",
                    zh="请选择另一个同类变量与{name}比较。",
                ).fill(name=variable.label)
            )
        return other

    def _refuse(self, path: tuple[str, ...], *, en: str, zh: str, **values: object) -> None:
        sentence = Words(en=en, zh=zh)
        self.problems.append(
            Problem(path="/".join(path), sentence=sentence.fill(**values) if values else sentence)
        )


def _is_empty_all(document: Mapping) -> bool:
    return list(document) == ["all"] and document["all"] in ([], ())


def _compares_with_nothing(operator, value: object) -> bool:
    if operator.input == "select_multiple":
        return not value
    return value == "" and operator.input in ("text", "pattern") and "equal_to" not in operator.key


def _cut(name: object) -> str:
    """A name as it may stand in a sentence: short, and a text that can be stored."""
    text = name if isinstance(name, str) else type(name).__name__
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= 40 else text[:40] + "…"

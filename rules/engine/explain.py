"""Why a condition held or did not: the tree again, each comparison beside the value it met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .facts import TYPES, UNREADABLE, Change, Complete, Location, order_of
from .places import metres_between
from .sentences import LONG, condition_sentence, is_zh, join, leaf_sentence, say_value
from .tree import Group, Leaf
from .vocabulary import Variable
from .words import Words

_ACTUAL_BOTH = Words(
    en="{sentence} (actual: {actual}, {name}: {other})", zh="{sentence}（实际：{actual}，{name}：{other}）"
)
_NO_OTHER = Words(en="{sentence} ({name}: no value)", zh="{sentence}（{name}：没有值）")
_WRONG_OTHER = Words(en="{sentence} ({name}: {other}, {wrong})", zh="{sentence}（{name}：{other}，{wrong}）")
_ACTUAL = Words(en="{sentence} (actual: {actual})", zh="{sentence}（实际：{actual}）")
_FOUND = Words(en="{sentence} (found: {actual})", zh="{sentence}（命中：{actual}）")
_WRONG = Words(en="{sentence} (actual: {actual}, {wrong})", zh="{sentence}（实际：{actual}，{wrong}）")
_MISSING = Words(en="{sentence} (no value)", zh="{sentence}（没有值）")
_NOTHING = Words(en="nothing", zh="无")
_AWAY = Words(en=", {metres} m away", zh="，相距 {metres} 米")
_SAID_AS_READ = frozenset({"duration", "location", *(key for key in TYPES if key.endswith("_change"))})
_EMPTY = Words(en="empty", zh="空")
_HEADINGS = {
    "all": Words(en="All of these hold", zh="以下全部成立"),
    "any": Words(en="At least one of these holds", zh="以下至少一项成立"),
    "none": Words(en="None of these holds", zh="以下均不成立"),
}


@dataclass(frozen=True, eq=False)
class Explanation:
    held: bool
    tree: Leaf | Group
    children: tuple[Explanation, ...] = ()
    actual: object = None  # the fact as it was given
    missing: bool = False  # there was no fact, so the comparison does not hold
    wrong: Words | None = None  # the fact could not be read, so the comparison does not hold
    other: object = None  # the fact it was compared with, where that is one: `now`, or another variable
    wrong_other: Words | None = None

    @property
    def kind(self) -> str:
        """all, any, none, or leaf."""
        return "leaf" if isinstance(self.tree, Leaf) else self.tree.kind

    def sentence(self, language: str | None) -> str:
        """The condition with the value each comparison met: "amount is more than 100 (actual: 120)"."""
        if self.kind == "leaf":
            return self._leaf_sentence(language)
        if not self.children:
            return condition_sentence(self.tree, language)
        return join(self.kind, [(c.sentence(language), c._is_compound) for c in self.children], language)

    def because(self, language: str | None) -> str:
        """Only the comparisons that settled it, as one sentence."""
        return ("；" if is_zh(language) else "; ").join(
            leaf._leaf_sentence(language) if leaf.kind == "leaf" else leaf.sentence(language)
            for leaf in self.decisive
        )

    @property
    def decisive(self) -> list[Explanation]:
        """The comparisons that settled it: those that held of an `any`, those that failed of an `all`."""
        if not self.children:
            return [self]
        if self.kind == "all" or self.kind == "any":
            settled = [child for child in self.children if child.held == self.held]
        else:
            settled = [child for child in self.children if child.held != self.held]
        return [leaf for child in settled for leaf in child.decisive]

    def as_json(self, language: str | None) -> dict:
        """{"kind", "held", "sentence", "children"}, all texts ready to be shown.

        A group also has a "heading"; a leaf has "name", "operator", "actual" (None when missing), "missing"
        and "wrong" (None, or what is wrong with the fact).
        """
        shown = {"kind": self.kind, "held": self.held, "sentence": self.sentence(language)}
        if self.kind == "leaf":
            return shown | {
                "name": self.tree.variable.name,
                "operator": self.tree.operator.key,
                "actual": None if self.missing else self._say_actual(language),
                "missing": self.missing,
                "wrong": self.wrong.say(language) if self.wrong else None,
                "children": [],
            }
        heading = _HEADINGS[self.kind].say(language) if self.children else shown["sentence"]
        return shown | {
            "heading": heading,
            "children": [child.as_json(language) for child in self.children],
        }

    @property
    def _is_compound(self) -> bool:
        if self.kind in ("leaf", "none"):
            return False
        return len(self.children) > 1 or any(child._is_compound for child in self.children)

    def _leaf_sentence(self, language: str | None) -> str:
        sentence = leaf_sentence(self.tree, language)
        if self.missing:
            return _MISSING.say(language).format(sentence=sentence)
        if self.wrong:
            return _WRONG.say(language).format(
                sentence=sentence, actual=self._say_actual(language), wrong=self.wrong.say(language)
            )
        if self.tree.other:
            return self._other_sentence(sentence, language)
        template = _FOUND if self._found else _ACTUAL
        return template.say(language).format(sentence=sentence, actual=self._say_actual(language))

    def _other_sentence(self, sentence: str, language: str | None) -> str:
        said = {"sentence": sentence, "name": self.tree.other.label.say(language)}
        if self.other is None:
            return _NO_OTHER.say(language).format(**said)
        if self.wrong_other:
            wrong = self.wrong_other.say(language)
            return _WRONG_OTHER.say(language).format(**said, other=_show(self.other), wrong=wrong)
        other = self._say_fact(self.other, self.tree.other, language)
        return _ACTUAL_BOTH.say(language).format(**said, actual=self._say_actual(language), other=other)

    @property
    def _found(self) -> list:
        """The keywords met in a text, which say more than the text's first words."""
        find = self.tree.operator.found
        if not find or self.missing or self.wrong:
            return []
        return find(self.actual, self.tree.prepared)

    def _say_actual(self, language: str | None) -> str:
        if self.wrong:
            return _show(self.actual)
        if found := self._found:
            return _clean(("、" if is_zh(language) else ", ").join(f"“{word}”" for word in found))
        return self._say_fact(self.actual, self.tree.variable, language)

    def _say_fact(self, actual: object, variable: Variable, language: str | None) -> str:
        if variable.type in _SAID_AS_READ:
            actual = TYPES[variable.type].read(actual)
        if isinstance(actual, set | frozenset):
            actual = sorted(actual, key=order_of)
        if isinstance(actual, list | tuple):
            actual = list(actual)[:20]
        if actual in ("", []):
            return _EMPTY.say(language)
        if isinstance(actual, str) and len(actual) > LONG:
            actual = actual[:LONG] + "…"
        if isinstance(actual, float):
            actual = Decimal(float.__repr__(actual))
        if isinstance(actual, Change):
            old, new = (
                _NOTHING.say(language) if side is None else say_value(side, variable, language)
                for side in (actual.old, actual.new)
            )
            return _clean(f"{old} → {new}")
        if isinstance(actual, Location) and self.tree.operator.input == "circle":
            metres = metres_between(actual, self.tree.value)
            away = _AWAY.say(language).format(metres=f"{metres:,.0f}")
            return f"{say_value(actual, variable, language)}{away}"
        return _clean(say_value(actual, variable, language))


def explain(tree: Leaf | Group, facts: Mapping[str, object]) -> Explanation:
    """Every comparison is looked at, also those that evaluating would have skipped."""
    return _explain(tree, facts if isinstance(facts, Complete) else Complete(facts))


def _explain(tree: Leaf | Group, facts: Complete) -> Explanation:
    if isinstance(tree, Leaf):
        return _explain_leaf(tree, facts, facts[tree.variable.name])
    children = tuple(_explain(child, facts) for child in tree.children)
    held = [child.held for child in children]
    outcome = {"all": all(held), "any": any(held), "none": not any(held)}[tree.kind]
    return Explanation(held=outcome, tree=tree, children=children)


def _explain_leaf(leaf: Leaf, facts: Complete, raw: object) -> Explanation:
    if raw is None:
        return Explanation(held=False, tree=leaf, missing=True)
    fact_type = TYPES[leaf.operator.type]
    actual = fact_type.read(raw)
    if actual is UNREADABLE:
        return Explanation(held=False, tree=leaf, actual=raw, wrong=fact_type.wrong)
    if leaf.other:
        return _explain_pair(leaf, raw, actual, facts[leaf.other.name])
    return Explanation(held=leaf.operator.holds(actual, leaf.prepared), tree=leaf, actual=raw)


def _explain_pair(leaf: Leaf, raw: object, actual: object, raw_other: object) -> Explanation:
    other_type = TYPES[leaf.other.type]
    other = UNREADABLE if raw_other is None else other_type.read(raw_other)
    held = other is not UNREADABLE and leaf.operator.against(actual, other, leaf.prepared)
    wrong = other_type.wrong if raw_other is not None and other is UNREADABLE else None
    return Explanation(held=held, tree=leaf, actual=raw, other=raw_other, wrong_other=wrong)


def _show(raw: object) -> str:
    """Something of any class at all, shortly; its own repr is only trusted for plain values."""
    if isinstance(raw, str):
        return _clean(f"“{raw[:LONG]}”")
    if isinstance(raw, bool | float | Decimal | date):
        return str(raw)[:LONG]
    return type(raw).__name__


def _clean(text: str) -> str:
    """Without what no database stores: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")

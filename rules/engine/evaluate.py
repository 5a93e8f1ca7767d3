"""A tree as one Python function: facts -> bool.

The function is generated as source text, because a generated expression costs about what a hand-written
closure does. Nothing of the document is in that text: names and values are bound from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from .facts import TYPES, UNREADABLE
from .tree import Group, Leaf

Predicate = Callable[[Mapping[str, object]], bool]


def compile_predicate(tree: Leaf | Group) -> Predicate:
    bound: dict[str, object] = {"__builtins__": {}}
    source = f"def holds(facts):\n get = facts.get\n return {_source(tree, bound)}"
    exec(source, bound)
    return bound["holds"]


_JOINED = {"all": " and ", "any": " or ", "none": " or "}


def _source(tree: Leaf | Group, bound: dict) -> str:
    if isinstance(tree, Leaf):
        return _leaf_source(tree, bound)
    if not tree.children:
        return "True"
    inside = _JOINED[tree.kind].join(_source(child, bound) for child in tree.children)
    return f"(not ({inside}))" if tree.kind == "none" else f"({inside})"


def _leaf_source(leaf: Leaf, bound: dict) -> str:
    number = len(bound)
    name, value, check = f"n{number}", f"k{number}", f"c{number}"
    bound[name] = leaf.variable.name
    bound[check] = leaf_predicate(leaf)
    inline, ready = _inline(leaf)
    if not inline:
        return f"{check}(get({name}))"
    bound[value] = leaf.prepared
    bound[f"t{number}"] = ready
    inline = re.sub(r"\bk\b", value, inline)
    return f"({inline} if (v := get({name})).__class__ is t{number} else {check}(v))"


def _inline(leaf: Leaf) -> tuple[str, type | None]:
    """The expression for a fact of the class that needs no reading, and that class."""
    if leaf.operator.inline_for_text and isinstance(leaf.prepared, str | frozenset):
        return leaf.operator.inline_for_text, str
    ready = TYPES[leaf.operator.type].ready
    return (leaf.operator.inline, ready) if ready and leaf.operator.inline else ("", None)


def leaf_predicate(leaf: Leaf) -> Callable[[object], bool]:
    """The comparison for any fact at all: what cannot be read is not met."""
    read, test, prepared = TYPES[leaf.operator.type].read, leaf.operator.holds, leaf.prepared

    def holds(raw: object) -> bool:
        actual = read(raw)
        return actual is not UNREADABLE and test(actual, prepared)

    return holds

"""A tree as one Python function: facts -> bool.

The function is generated as source text, because a generated expression costs about what a hand-written
closure does. Nothing of the document is in that text: names and values are bound from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from .facts import TYPES, UNREADABLE, Complete
from .tree import Group, Leaf

Predicate = Callable[[Mapping[str, object]], bool]

# A fact that is not there is an exception, not a question asked at every comparison: most facts are there.
_FUNCTION = """
def holds(facts):
    try:
        return {expression}
    except KeyError:
        if facts.__class__ is Complete:
            raise
        return holds(Complete(facts))
"""
_JOINED = {"all": " and ", "any": " or ", "none": " or "}


def compile_predicate(tree: Leaf | Group) -> Predicate:
    bound: dict[str, object] = {"__builtins__": {"KeyError": KeyError}, "Complete": Complete}
    exec(_FUNCTION.format(expression=_source(tree, bound)), bound)
    return bound["holds"]


def _source(tree: Leaf | Group, bound: dict) -> str:
    if isinstance(tree, Leaf):
        return _leaf_source(tree, bound)
    if not tree.children:
        return "True"
    inside = _JOINED[tree.kind].join(_source(child, bound) for child in tree.children)
    return f"(not ({inside}))" if tree.kind == "none" else f"({inside})"


def _leaf_source(leaf: Leaf, bound: dict) -> str:
    number = len(bound)
    bound[f"n{number}"] = leaf.variable.name
    if leaf.other:
        bound[f"m{number}"] = leaf.other.name
        bound[f"c{number}"] = pair_predicate(leaf)
        return f"c{number}(facts[n{number}], facts[m{number}])"
    bound[f"c{number}"] = leaf_predicate(leaf)
    inline, ready = _inline(leaf)
    if not inline:
        return f"c{number}(facts[n{number}])"
    bound[f"k{number}"] = leaf.prepared
    bound[f"t{number}"] = ready
    test = re.sub(r"\bk\b", f"k{number}", inline)
    return f"({test} if (v := facts[n{number}]).__class__ is t{number} else c{number}(v))"


def _inline(leaf: Leaf) -> tuple[str, type | None]:
    """The expression for a fact of the class that needs no reading, and that class."""
    if leaf.operator.inline_for_text and isinstance(leaf.prepared, str | frozenset):
        return leaf.operator.inline_for_text, str
    ready = TYPES[leaf.operator.type].ready
    return (leaf.operator.inline, ready) if ready and leaf.operator.inline else ("", None)


def pair_predicate(leaf: Leaf) -> Callable[[object, object], bool]:
    """The comparison of two facts of any kind at all."""
    read, read_other = TYPES[leaf.variable.type].read, TYPES[leaf.other.type].read
    against, prepared = leaf.operator.against, leaf.prepared

    def holds(raw: object, other: object) -> bool:
        v, w = read(raw), read_other(other)
        return v is not UNREADABLE and w is not UNREADABLE and against(v, w, prepared)

    return holds


def leaf_predicate(leaf: Leaf) -> Callable[[object], bool]:
    """The comparison for any fact at all: what cannot be read is not met."""
    make = _maker(leaf.operator.inline or "test(v, k)")
    return make(TYPES[leaf.operator.type].read, leaf.operator.test, leaf.prepared)


@cache
def _maker(test: str) -> Callable:
    bound = {"UNREADABLE": UNREADABLE}
    exec(
        f"def make(read, test, k):\n"
        f"    def holds(raw):\n"
        f"        v = read(raw)\n"
        f"        return v is not UNREADABLE and ({test})\n"
        f"    return holds",
        bound,
    )
    return bound["make"]

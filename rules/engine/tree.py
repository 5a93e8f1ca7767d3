"""The parsed tree every reader starts from: evaluator, explanation, sentence and database expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .operators import Operator
from .vocabulary import Variable


@dataclass(frozen=True, eq=False)
class Leaf:
    """One comparison. `value` is what the sentence says, `prepared` is what the predicate compares with."""

    variable: Variable
    operator: Operator
    value: object
    prepared: object
    # The fact it is compared with, if that is not a value written in the rule: `now`, or another variable.
    other: Variable | None = None


@dataclass(frozen=True, eq=False)
class Group:
    kind: str  # all, any, none
    children: tuple[Leaf | Group, ...]


ALWAYS = Group(kind="all", children=())


def leaves(tree: Leaf | Group) -> Iterator[Leaf]:
    if isinstance(tree, Leaf):
        yield tree
    else:
        for child in tree.children:
            yield from leaves(child)

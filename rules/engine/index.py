"""Which rules of a large set can hold at all, found by looking up facts instead of trying every rule.

A rule stands in the index under the comparison that lets the fewest facts through:

  equality and membership   by hash: the fact is the key, and the rules under it are the candidates
  a range with two ends     by order: the fact lies in one segment of the line, and that has its candidates
  a single threshold        by order: all rules on one side of the fact hold, with nothing left to test
  all other rules           are candidates always

What is left of the candidates' conditions is tested by generated functions, one per key, made when a key is
first met. Facts are read as their types once per decision; a mapping that fetches its facts is only asked for
what a comparison needs.

The answer is the one that trying every rule gives: tests/engine/test_index.py compares the two.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from .facts import TYPES, UNREADABLE, Complete
from .tree import Group, Leaf, leaves
from .vocabulary import Variable

Tree = Leaf | Group | None  # None: nothing is left to test
Test = tuple[int, Tree]  # the place of a rule, and what is left of its condition
# Called with the facts as read, the answers so far, and the places of rules that hold, to which it adds.
Candidates = Callable[["tuple | Reading", list, list], None]

BATCH = 200  # rules tested by one generated function
READ_AT_ONCE = 64  # up to so many facts are read together; of more, only those asked for
SEGMENTS = 16  # a range over more segments than this is always a candidate
LIKELY = 0.5  # a key that lets more through than this is not worth looking up
FEW = 4  # rules that are tested sooner than looked up
DEPTH = 4  # lookups under one another
MANY = 24  # candidates of one key that are worth looking up again by something else


class _Unmet:
    """What a missing or unreadable fact is read as: it is not equal to, above, below or in anything."""

    __slots__ = ()

    def _never(self, other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _never

    def __iter__(self) -> Iterator:
        return iter(())


UNMET = _Unmet()


# What a rule can be looked up by ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hashed:
    """How an operator is looked up: `keys` of its prepared value, one of which the fact must have."""

    keys: Callable[[object], Iterable]
    exact: bool = True  # having one of the keys is all that the comparison asks
    folded: bool = False  # the fact is looked up without letter case
    any_one: bool = False  # the fact must have all keys, so any one of them will do


def _one(value: object) -> tuple:
    return (value,)


_HASHED = {
    ("string", "equal_to"): _Hashed(_one),
    ("string", "one_of"): _Hashed(tuple),
    ("string", "equal_to_case_insensitive"): _Hashed(_one, folded=True),
    ("numeric", "equal_to"): _Hashed(_one),
    ("numeric", "one_of"): _Hashed(tuple),
    ("boolean", "is_true"): _Hashed(lambda _: (True,)),
    ("boolean", "is_false"): _Hashed(lambda _: (False,)),
    ("select", "contains"): _Hashed(_one),
    ("select", "one_of"): _Hashed(tuple),
    ("select_multiple", "shares_at_least_one_element_with"): _Hashed(tuple),
    ("select_multiple", "shares_exactly_one_element_with"): _Hashed(tuple, exact=False),
    ("select_multiple", "equals_set"): _Hashed(tuple, exact=False, any_one=True),
    ("select_multiple", "contains_all"): _Hashed(tuple, exact=False, any_one=True),
    ("date", "equal_to"): _Hashed(_one),
    ("date", "one_of"): _Hashed(tuple),
    ("datetime", "one_of"): _Hashed(tuple),
    ("duration", "equal_to"): _Hashed(_one),
    ("datetime", "equal_to"): _Hashed(_one),
}


def _hashed(leaf: Leaf) -> _Hashed | None:
    """None for a comparison of two facts: its keys are not known before."""
    return None if leaf.other else _HASHED.get((leaf.operator.type, leaf.operator.key))


_SETS = frozenset({"select", "select_multiple"})  # types whose facts are read as sets: each element is a key

Column = tuple[str, bool]  # the name of a variable, and whether it is folded


class _Lookup(NamedTuple):
    cost: float  # the share of facts that are expected to be let through
    keys: tuple[tuple[Column, object], ...]
    columns: frozenset[Column]  # of the keys
    left: Tree


class _Lookups:
    """The best lookup of each condition, by how many different keys the whole set has for a variable.

    once  only lookups under which facts find a rule once at most, with less of it left to test
    """

    def __init__(self, trees: Iterable[Tree], *, once: bool):
        self._once = once
        self._known: dict[Column, set] = defaultdict(set)
        for tree in trees:
            for leaf in leaves(tree):
                if how := _hashed(leaf):
                    self._known[leaf.variable.name, how.folded].update(how.keys(leaf.prepared))

    def best(self, tree: Leaf | Group) -> _Lookup | None:
        if isinstance(tree, Leaf):
            return self._of_leaf(tree)
        if tree.kind == "all":
            return self._of_all(tree)
        return self._of_any(tree) if tree.kind == "any" else None

    def _of_leaf(self, leaf: Leaf) -> _Lookup | None:
        how = _hashed(leaf)
        keys = dict.fromkeys(how.keys(leaf.prepared)) if how else ()
        if not keys:
            return None
        column = (leaf.variable.name, how.folded)
        exact = how.exact or (how.any_one and len(keys) == 1 and leaf.operator.key == "contains_all")
        if self._once and (not exact or leaf.operator.type in _SETS):
            return None
        chosen = list(keys)[:1] if how.any_one else keys
        return _Lookup(
            cost=len(chosen) / (len(self._known[column]) + 1),
            keys=tuple([(column, key) for key in chosen]),
            columns=frozenset((column,)),
            left=None if exact else leaf,
        )

    def _of_all(self, group: Group) -> _Lookup | None:
        found = [
            (lookup, place) for place, child in enumerate(group.children) if (lookup := self.best(child))
        ]
        if not found:
            return None
        lookup, place = min(found, key=lambda pair: pair[0].cost)
        others = (*group.children[:place], lookup.left, *group.children[place + 1 :])
        return _Lookup(lookup.cost, lookup.keys, lookup.columns, left=_all_of(others))

    def _of_any(self, group: Group) -> _Lookup | None:
        found = [self.best(child) for child in group.children]
        if None in found:
            return None
        columns = frozenset().union(*(lookup.columns for lookup in found))
        if self._once and len(columns) > 1:
            return None
        return _Lookup(
            cost=sum(lookup.cost for lookup in found),
            keys=tuple(dict.fromkeys(key for lookup in found for key in lookup.keys)),
            columns=columns,
            left=group if any(lookup.left for lookup in found) else None,
        )


def _all_of(trees: Iterable[Tree]) -> Tree:
    kept = tuple(tree for tree in trees if tree is not None)
    if len(kept) < 2:
        return kept[0] if kept else None
    return Group(kind="all", children=kept)


# Ranges and thresholds -------------------------------------------------------------------------------------

_ORDERED = frozenset({"numeric", "date", "datetime", "duration"})
_LOWER = {"greater_than": False, "greater_than_or_equal_to": True, "after": False, "on_or_after": True}
_UPPER = {"less_than": False, "less_than_or_equal_to": True, "before": False, "on_or_before": True}


@dataclass(frozen=True)
class _Range:
    name: str
    low: tuple[object, bool] | None  # the end, and whether it counts
    high: tuple[object, bool] | None
    left: Tree


def _range_of(tree: Leaf | Group) -> _Range | None:
    """A range with two ends that the condition asks of one variable; or one end, if it asks nothing else."""
    children = tree.children if isinstance(tree, Group) and tree.kind == "all" else (tree,)
    ends: dict[str, list] = {}
    for place, child in enumerate(children):
        low, high = _ends_of(child) if isinstance(child, Leaf) else (None, None)
        if not (low or high):
            continue
        known = ends.setdefault(child.variable.name, [None, None, []])
        if (low and known[0]) or (high and known[1]):
            continue  # a second end on the same side is left to be tested
        known[0], known[1] = known[0] or low, known[1] or high
        known[2].append(place)
    for name, (low, high, places) in ends.items():
        left = _all_of(child for place, child in enumerate(children) if place not in places)
        if (low and high) or left is None:
            return _Range(name=name, low=low, high=high, left=left)
    return None


def _ends_of(leaf: Leaf) -> tuple:
    if leaf.operator.type not in _ORDERED or leaf.other:
        return None, None
    key, value = leaf.operator.key, leaf.prepared
    if key == "between":
        return (value[0], True), (value[1], True)
    low = (value, _LOWER[key]) if key in _LOWER else None
    return low, ((value, _UPPER[key]) if key in _UPPER else None)


class _Segments:
    """The line cut at every end of every range: segment 2i lies below ends[i], segment 2i + 1 is ends[i]."""

    def __init__(self, ranges: list[tuple[int, _Range]], pending: Callable[[Mapping], dict]):
        self._ends = sorted({end for _place, one in ranges for end, _counts in (one.low, one.high)})
        self.wide: list[int] = []  # places of rules that were not taken in
        tests: dict[int, list[Test]] = defaultdict(list)
        for place, one in ranges:
            segments = self._covered(one)
            if len(segments) > SEGMENTS:
                self.wide.append(place)
                continue
            for segment in segments:
                tests[segment].append((place, one.left))
        self._candidates = pending(tests)

    def _covered(self, one: _Range) -> range:
        (low, low_counts), (high, high_counts) = one.low, one.high
        first = 2 * bisect_left(self._ends, low) + (1 if low_counts else 2)
        last = 2 * bisect_left(self._ends, high) + (1 if high_counts else 0)
        return range(first, last + 1)

    def at(self, value: object) -> Candidates | None:
        place = bisect_left(self._ends, value)
        on_an_end = place < len(self._ends) and self._ends[place] == value
        return self._candidates.get(2 * place + on_an_end)


class _Thresholds:
    """Rules that ask for nothing but one end, in the order of their ends."""

    def __init__(self, rules: list[tuple[int, _Range]]):
        self._sides = []
        for is_low in (True, False):
            for counts in (True, False):
                ends = sorted(
                    (end[0], place)
                    for place, one in rules
                    if (end := one.low if is_low else one.high) and end[1] is counts
                )
                if ends:
                    values, places = [end for end, _ in ends], [place for _, place in ends]
                    # Where an end equal to the fact belongs: "at least" and "less than" count it as below.
                    cut = bisect_right if is_low == counts else bisect_left
                    self._sides.append((is_low, cut, values, places))

    def add(self, value: object, places: list) -> None:
        for is_low, cut, values, held in self._sides:
            at = cut(values, value)
            places += held[:at] if is_low else held[at:]


# Generated code --------------------------------------------------------------------------------------------

# Comparisons that an unmet fact fails by itself; before any other one is asked whether there is a fact.
_FAIL_UNMET = frozenset(
    {"v == k", "v in k", "v > k", "v >= k", "v < k", "v <= k", "k[0] <= v <= k[1]", "v is True", "v is False"}
)
_JOINED = {"all": " and ", "any": " or ", "none": " or "}


class _Functions:
    """Generates functions that test candidates. Of a document, their source holds whole numbers; all other
    values are bound.

    In the source, `r[3]` is a fact as read, and `m[3]` the answer of a comparison that several rules share.
    """

    def __init__(self, variables: Mapping[str, str], shared: Iterable[tuple], *, few: int, many: int):
        self.few, self.many = few, many
        self.types = variables
        self.slots = {name: slot for slot, name in enumerate(variables)}
        self.repeats = False  # whether a rule can be found more than once
        self._answers = {leaf: number for number, leaf in enumerate(shared)}
        self.answers = len(self._answers)
        self._asks: dict[int, Callable] = {}

    def make(self, tests: list[Test]) -> Candidates:
        # Each function has globals of its own: they are few, and do not change any more when it runs.
        bound = _bound()
        lines = ["def candidates(r, m, places):"]
        for place, tree in tests:
            held = f"places.append({place})"
            lines.append(f" if {self._source(tree, bound)}: {held}" if tree else f" {held}")
        return _made("\n".join(lines), bound)

    def _source(self, tree: Leaf | Group, bound: dict) -> str:
        if isinstance(tree, Leaf):
            return self._shared(tree, bound) if self._answers else self._comparison(tree, bound)
        if not tree.children:
            return "True"
        inside = _JOINED[tree.kind].join([self._source(child, bound) for child in tree.children])
        return f"(not ({inside}))" if tree.kind == "none" else f"({inside})"

    def _shared(self, leaf: Leaf, bound: dict) -> str:
        answer = self._answers.get(_identity(leaf))
        if answer is None:
            return self._comparison(leaf, bound)
        if answer not in self._asks:
            own = _bound()
            comparison = self._comparison(leaf, own)
            source = f"def ask(r, m):\n m[{answer}] = held = {comparison}\n return held"
            self._asks[answer] = _made(source, own)
        bound[f"a{answer}"] = self._asks[answer]
        return f"(m[{answer}] if m[{answer}] is not None else a{answer}(r, m))"

    def _comparison(self, leaf: Leaf, bound: dict) -> str:
        inline = leaf.operator.inline
        fact = f"r[{self.slots[leaf.variable.name]}]"
        if leaf.other:
            other = f"r[{self.slots[leaf.other.name]}]"
            test, value = f"t{len(bound)}", f"k{len(bound)}"
            bound[test], bound[value] = leaf.operator.against, leaf.prepared
            return f"({fact} is not UNMET and {other} is not UNMET and {test}({fact}, {other}, {value}))"
        if type(leaf.prepared) is int and leaf.prepared.bit_length() < 64:
            value = f"({leaf.prepared})"
        else:
            value = f"k{len(bound)}"
            bound[value] = leaf.prepared
        if not inline:
            test = f"t{len(bound)}"
            bound[test] = leaf.operator.test
            return f"({fact} is not UNMET and {test}({fact}, {value}))"
        test = _put_in(inline).format(v=fact, k=value)
        return test if inline in _FAIL_UNMET else f"({fact} is not UNMET and {test})"


def _bound() -> dict[str, object]:
    return {"__builtins__": {}, "UNMET": UNMET}


def _made(source: str, bound: dict) -> Callable:
    made: dict[str, Callable] = {}
    exec(source, bound, made)
    [function] = made.values()
    return function


def _put_in(inline: str, known: dict[str, str] = {}) -> str:  # noqa: B006 (a cache of a dozen texts)
    if inline not in known:
        known[inline] = re.sub(r"\b([vk])\b", r"{\1}", inline)
    return known[inline]


def _identity(leaf: Leaf) -> tuple:
    value = ("variable", leaf.value.name) if isinstance(leaf.value, Variable) else leaf.value
    return leaf.variable.name, leaf.operator.key, value


def _is_costly(leaf: Leaf) -> bool:
    """Whether remembering an answer is cheaper than asking again."""
    return leaf.other is not None or leaf.operator.inline not in _FAIL_UNMET


# Facts as read ---------------------------------------------------------------------------------------------


def _read_as(type_key: str) -> Callable[[object], object]:
    read = TYPES[type_key].read

    def read_or_unmet(raw: object) -> object:
        value = UNREADABLE if raw is None else read(raw)
        return UNMET if value is UNREADABLE else value

    return read_or_unmet


class Reading(dict):
    """Slot -> fact as read, each when first asked for."""

    def __init__(self, facts: Complete, slots: list[tuple[str, Callable]]):
        self._facts, self._slots = facts, slots

    def __missing__(self, slot: int) -> object:
        name, read = self._slots[slot]
        value = self[slot] = read(self._facts[name])
        return value


def _reader(slots: list[tuple[str, str]]) -> Callable[[dict], tuple]:
    """A function that reads all facts of a plain dict at once; raises KeyError when one is missing.

    slots  [(name, type)]
    """
    names = [name for name, _ in slots]
    # itemgetter gives a tuple for two names or more only.
    get = itemgetter(*names) if len(names) > 1 else lambda facts: [facts[name] for name in names]
    bound: dict[str, object] = {"__builtins__": {"type": type}, "get": get}
    facts = "".join(f"f{slot}, " for slot in range(len(slots)))
    lines = ["def read(facts):", f" {facts}= get(facts)"]
    for slot, (_name, type_key) in enumerate(slots):
        bound[f"r{slot}"] = _read_as(type_key)
        if ready := TYPES[type_key].ready:
            bound[f"t{slot}"] = ready
            lines.append(f" if type(f{slot}) is not t{slot}: f{slot} = r{slot}(f{slot})")
        else:
            lines.append(f" f{slot} = r{slot}(f{slot})")
    exec("\n".join([*lines, f" return ({facts})"]), bound)
    return bound["read"]


# The index -------------------------------------------------------------------------------------------------


class _Node:
    """Candidates, found by looking up facts. Those of a key that has many are a node in their turn."""

    def __init__(self, tests: list[Test], functions: _Functions, depth: int = 0):
        self._functions, self._depth = functions, depth
        self._lines = ["def candidates(r, m, places):"]
        self._bound = _bound()
        left = self._take_hashed(tests)
        left = self._take_ordered(left)
        for start in range(0, len(left), BATCH):
            self._add(" {}(r, m, places)", functions.make(left[start : start + BATCH]))
        self.candidates: Candidates = _made("\n".join([*self._lines, " return"]), self._bound)

    def _add(self, line: str, value: object) -> None:
        name = f"b{len(self._bound)}"
        self._bound[name] = value
        self._lines.append(line.format(name))

    def _take_hashed(self, tests: list[Test]) -> list[Test]:
        """Set the tables; the tests that are not worth looking up are given back."""
        lookups = _Lookups([tree for _place, tree in tests if tree], once=self._depth > 0)
        found = [lookups.best(tree) if tree else None for _place, tree in tests]
        found = [lookup if lookup and lookup.cost <= LIKELY else None for lookup in found]
        sizes = Counter(column for lookup in found if lookup for column in lookup.columns)
        tables: dict[Column, dict[object, list[Test]]] = {}
        left = []
        for test, lookup in zip(tests, found, strict=True):
            if lookup is None or min(sizes[column] for column in lookup.columns) < self._functions.few:
                left.append(test)
                continue
            self._functions.repeats |= self._may_repeat(lookup)
            for column, key in lookup.keys:
                tables.setdefault(column, {}).setdefault(key, []).append((test[0], lookup.left))
        for column, table in tables.items():
            self._add_table(column, self._pending(table))
        return left

    def _may_repeat(self, lookup: _Lookup) -> bool:
        """Whether facts can have two of the keys."""
        if len(lookup.columns) > 1:
            return True
        [(name, _folded)] = lookup.columns
        return len(lookup.keys) > 1 and self._functions.types[name] in _SETS

    def _add_table(self, column: Column, table: dict[object, Candidates]) -> None:
        name, folded = column
        fact = f"r[{self._functions.slots[name]}]"
        if self._functions.types[name] in _SETS:
            line = f" for choice in {fact}:\n  if found := {{}}(choice): found(r, m, places)"
        elif folded:
            line = f" if {fact} is not UNMET and (found := {{}}({fact}.lower())): found(r, m, places)"
        else:
            line = f" if found := {{}}({fact}): found(r, m, places)"
        self._add(line, table.get)

    def _take_ordered(self, tests: list[Test]) -> list[Test]:
        ranges: dict[str, list[tuple[int, _Range]]] = defaultdict(list)
        thresholds: dict[str, list[tuple[int, _Range]]] = defaultdict(list)
        left = []
        for place, tree in tests:
            if one := tree and _range_of(tree):
                (ranges if one.low and one.high else thresholds)[one.name].append((place, one))
            else:
                left.append((place, tree))
        trees = dict(tests)
        for name, some in ranges.items():
            segments = _Segments(some, self._pending)
            fact = f"r[{self._functions.slots[name]}]"
            line = f" if {fact} is not UNMET and (found := {{}}({fact})): found(r, m, places)"
            self._add(line, segments.at)
            left += [(place, trees[place]) for place in segments.wide]
        for name, some in thresholds.items():
            fact = f"r[{self._functions.slots[name]}]"
            self._add(f" if {fact} is not UNMET: {{}}({fact}, places)", _Thresholds(some).add)
        return sorted(left, key=itemgetter(0))

    def _pending(self, tests: Mapping[object, list[Test]]) -> dict[object, Candidates]:
        """Candidates under each key, made ready when the key is first met."""
        table: dict[object, Candidates] = {}
        for key, some in tests.items():
            table[key] = _Pending(some, table, key, self._functions, self._depth)
        return table


class _Pending:
    """Candidates of a key, made ready when the key is first met."""

    __slots__ = ("depth", "functions", "key", "table", "tests")

    def __init__(self, tests: list[Test], table: dict, key: object, functions: _Functions, depth: int):
        self.tests, self.table, self.key, self.functions, self.depth = tests, table, key, functions, depth

    def __call__(self, r: tuple | Reading, m: list, places: list) -> None:
        if len(self.tests) > self.functions.many and self.depth < DEPTH:
            candidates = _Node(self.tests, self.functions, self.depth + 1).candidates
        else:
            candidates = self.functions.make(self.tests)
        self.table[self.key] = candidates
        candidates(r, m, places)


class RuleIndex:
    """Of conditions in their order. `places_of` lists those that hold."""

    def __init__(self, trees: list[Leaf | Group], *, few: int = FEW, many: int = MANY):
        asked = [leaf for tree in trees for leaf in leaves(tree)]
        variables = {
            variable.name: variable.type
            for leaf in asked
            for variable in (leaf.variable, leaf.other)
            if variable is not None
        }
        self._blank = dict.fromkeys(variables)
        self._readers = [(name, _read_as(type_key)) for name, type_key in variables.items()]
        self._read = _reader(list(variables.items())) if 1 <= len(variables) <= READ_AT_ONCE else None
        self._functions = _Functions(variables, _shared_answers(asked), few=few, many=many)
        self._find = _Node(list(enumerate(trees)), self._functions).candidates

    def places_of(self, facts: Mapping[str, object]) -> list[int]:
        """The places of the conditions that hold, in order."""
        if facts.__class__ is dict and self._read:
            try:
                r = self._read(facts)
            except KeyError:
                r = self._read({**self._blank, **facts})
        else:
            r = Reading(facts if isinstance(facts, Complete) else Complete(facts), self._readers)
        functions = self._functions
        places: list[int] = []
        self._find(r, [None] * functions.answers, places)
        if functions.repeats:
            return sorted(set(places))
        places.sort()
        return places


def _shared_answers(asked: list[Leaf]) -> list[tuple]:
    times = Counter(_identity(leaf) for leaf in asked if _is_costly(leaf))
    return [leaf for leaf, number in times.items() if number > 1]

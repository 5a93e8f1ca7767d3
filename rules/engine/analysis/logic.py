"""Whether conditions can hold together: formulas over cells of facts, and facts that make them true.

A formula is in negation normal form over atoms "the fact lies in one of these cells". Comparisons, ranges,
lists, choices and yes or no are exact. What a comparison such as "contains" says of a text that no rule
names is an atom of its own, free to be true or false: what is then found impossible surely is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ..facts import fold_choice
from ..tree import Group, Leaf
from ..vocabulary import Variable
from .lines import ANY_NUMBERS, BOOLEANS, DATES, INSTANTS, Line
from .sweep import OutOfWork

MISSING = 1  # the cell of a fact that is not there, or of another type
_FILLERS = ("", " ", " other ")  # of a text that is put together
_TRUE, _FALSE = 1, 2  # the cells of what is free to be true or false


@dataclass(frozen=True)
class Free:
    """What a comparison says of a fact, or whether a set has a choice: true or false."""

    name: str
    key: str
    value: object


@dataclass(frozen=True)
class Atom:
    """`about` is the name of a fact, whose cells these are, or something that is _TRUE or _FALSE."""

    about: str | Free
    cells: int


@dataclass(frozen=True)
class And:
    parts: tuple


@dataclass(frozen=True)
class Or:
    parts: tuple


Formula = Atom | And | Or
ALWAYS, NEVER = And(()), Or(())


def all_of(parts: Iterable[Formula]) -> Formula:
    return _joined(And, Or, parts, lambda left, right: left & right)


def any_of(parts: Iterable[Formula]) -> Formula:
    return _joined(Or, And, parts, lambda left, right: left | right)


def _joined(kind, other, parts: Iterable[Formula], merge) -> Formula:
    """Flat, with one atom for each fact."""
    atoms: dict[object, int] = {}
    rest = []
    for part in parts:
        for piece in part.parts if isinstance(part, kind) else (part,):
            if isinstance(piece, Atom):
                known = atoms.get(piece.about)
                atoms[piece.about] = piece.cells if known is None else merge(known, piece.cells)
            elif isinstance(piece, other) and not piece.parts:
                return other(())
            else:
                rest.append(piece)
    joined = (*(Atom(about, cells) for about, cells in atoms.items()), *rest)
    return joined[0] if len(joined) == 1 else kind(joined)


# Solving -----------------------------------------------------------------------------------------------


class Work:
    """Steps that may still be taken, by all questions together."""

    def __init__(self, steps: int):
        self.left = steps

    def step(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise OutOfWork


def solve(formulas: Iterable[Formula], work: Work) -> dict | None:
    """{about: cells} under which all formulas are true, None if there is no such thing. Raises OutOfWork.

    What is not in it may be anything.
    """
    choices = [(list(formulas), [], {})]
    while choices:
        asked, alternatives, state = choices.pop()
        alternatives = _settled(asked, list(alternatives), state, work)
        if alternatives is None:
            continue
        if not alternatives:
            return state
        alternatives.sort(key=len)
        for part in reversed(alternatives[0]):
            choices.append(([part], alternatives[1:], dict(state)))
    return None


def _settled(asked: list, alternatives: list, state: dict, work: Work) -> list | None:
    """Puts into `state` all that must be so. → the choices that are left, None if something is impossible."""
    while True:
        while asked:
            work.step()
            formula = asked.pop()
            if isinstance(formula, And):
                asked.extend(formula.parts)
            elif isinstance(formula, Or):
                alternatives.append(formula.parts)
            else:
                cells = state.get(formula.about, -1) & formula.cells
                if not cells:
                    return None
                state[formula.about] = cells
        left = []
        for parts in alternatives:
            work.step(len(parts))
            possible = [part for part in parts if not _is_impossible(part, state)]
            if not possible:
                return None
            if len(possible) == 1:
                asked.append(possible[0])
            elif not any(_is_sure(part, state) for part in possible):
                left.append(possible)
        alternatives = left
        if not asked:
            return left


def _is_impossible(formula: Formula, state: dict) -> bool:
    if isinstance(formula, Atom):
        return not state.get(formula.about, -1) & formula.cells
    if isinstance(formula, And):
        return any(isinstance(part, Atom) and _is_impossible(part, state) for part in formula.parts)
    return not formula.parts


def _is_sure(formula: Formula, state: dict) -> bool:
    if isinstance(formula, Atom):
        return not state.get(formula.about, -1) & ~formula.cells
    return isinstance(formula, And) and all(_is_sure(part, state) for part in formula.parts)


# Facts as cells ----------------------------------------------------------------------------------------


class Facts:
    """The facts that some conditions ask for, cut into cells; makes formulas of these conditions."""

    def __init__(self, leaves: Iterable[Leaf]):
        asked: dict[str, list[Leaf]] = {}
        for leaf in leaves:
            # What is compared with a second fact depends on both, so nothing is known of it.
            if not leaf.other:
                asked.setdefault(leaf.variable.name, []).append(leaf)
        self._facts = {
            name: _KINDS.get(found[0].variable.type, _Unknown)(found[0].variable, found)
            for name, found in asked.items()
        }
        self._known: dict[tuple[int, bool], tuple] = {}

    def formula(self, tree: Leaf | Group, *, holds: bool = True) -> Formula:
        key = (id(tree), holds)
        if key not in self._known:
            self._known[key] = (tree, self._formula(tree, holds))
        return self._known[key][1]

    def _formula(self, tree: Leaf | Group, holds: bool) -> Formula:
        if isinstance(tree, Leaf):
            return self._of(tree).formula(tree, holds)
        children_hold = holds != (tree.kind == "none")
        every_one = holds != (tree.kind == "any")
        join = all_of if every_one else any_of
        return join([self.formula(child, holds=children_hold) for child in tree.children])

    def examples(self, state: Mapping) -> Iterator[dict[str, object]]:
        """A value for every fact that `state` speaks of. Of texts they are guesses, to be tried in turn."""
        asked = {name: fact for name, fact in self._facts.items() if fact.is_in(state)}
        for filler in _FILLERS:
            yield {name: fact.example(state, filler) for name, fact in asked.items()}

    def at(self, leaf: Leaf, value: object) -> Formula:
        """That a fact is exactly a value which `leaf` compares with."""
        return self._of(leaf).at(value)

    def points(self, leaf: Leaf) -> list:
        """Values at which `leaf` begins or ends to hold, or that it names."""
        return self._of(leaf).points(leaf)

    def _of(self, leaf: Leaf) -> _Fact:
        return _Compared(leaf) if leaf.other else self._facts[leaf.variable.name]


class _Fact:
    """One fact. `cells` are counted from 1; cell 0 is MISSING."""

    def __init__(self, variable: Variable, leaves: list[Leaf]):
        self.variable = variable
        self.name = variable.name

    def is_in(self, state: Mapping) -> bool:
        return self.name in state

    def formula(self, leaf: Leaf, holds: bool) -> Formula:
        raise NotImplementedError

    def example(self, state: Mapping, filler: str) -> object:
        """`filler` stands between the parts of a text that is put together."""
        raise NotImplementedError

    def at(self, value: object) -> Formula:
        return ALWAYS

    def limits(self, leaf: Leaf) -> list:
        """Values `leaf` compares with, where it is exact."""
        return []

    def points(self, leaf: Leaf) -> list:
        return self.limits(leaf)

    def free(self, leaf: Leaf, holds: bool, *, opposites: Mapping[str, str]) -> Atom:
        """What `leaf` says of a value that is not known; equal comparisons say the same."""
        key = leaf.operator.key
        if key in opposites:
            key, holds = opposites[key], not holds
        value = leaf.value if isinstance(leaf.value, Hashable) else repr(leaf.value)
        return Atom(Free(self.name, key, value), _TRUE if holds else _FALSE)


class _Unknown(_Fact):
    """Of a type this module does not know: every comparison may hold or not, even of what is missing."""

    def formula(self, leaf, holds):
        return self.free(leaf, holds, opposites={})

    def is_in(self, state):
        return False

    def example(self, state, filler):
        return None


class _Compared(_Unknown):
    """Two facts beside one another."""

    def __init__(self, leaf: Leaf):
        super().__init__(leaf.variable, [])
        self.name = f"{leaf.variable.name} {leaf.other.name}"


class _Ordered(_Fact):
    """Numbers, dates, instants: points at all values that are named, and what lies between."""

    line: Line
    classes: tuple[type, ...]  # of the values that are compared with
    known: Mapping[str, str]  # operators that are exact
    lists = ("range", "numbers", "date_range", "datetime_range")

    def __init__(self, variable, leaves):
        super().__init__(variable, leaves)
        keys = sorted({self.line.key(value) for leaf in leaves for value in self.limits(leaf)})
        self._cells: list[tuple] = [(None, None)]
        self._places: dict[object, int] = {}
        low = None
        for key in [*keys, None]:
            if self.line.between(low, key) is not None:
                self._cells.append((low, key))
            if key is not None:
                self._places[key] = len(self._cells)
                self._cells.append((key, key))
            low = key
        self._all = (1 << len(self._cells)) - 2

    def limits(self, leaf):
        listed = leaf.value if leaf.operator.input in self.lists else [leaf.value]
        known = leaf.operator.key in self.known and all(type(value) in self.classes for value in listed)
        return list(listed) if known else []

    def formula(self, leaf, holds):
        if not self.limits(leaf):
            return self.free(leaf, holds, opposites={})
        cells = self._where(self.known[leaf.operator.key], leaf.value)
        return Atom(self.name, cells if holds else (self._all | MISSING) & ~cells)

    def _where(self, sign: str, value) -> int:
        if sign == "between":
            return self._where(">=", value[0]) & self._where("<=", value[1])
        if sign == "one_of":
            cells = 0
            for entry in value:
                cells |= self._where("=", entry)
            return cells
        place = self._places[self.line.key(value)]
        point, below = 1 << place, (1 << place) - 2
        above = self._all & ~below & ~point
        return {
            "=": point,
            "!=": below | above,
            "<": below,
            "<=": below | point,
            ">": above,
            ">=": above | point,
        }[sign]

    def at(self, value):
        return Atom(self.name, 1 << self._places[self.line.key(value)])

    def example(self, state, filler):
        cells = state[self.name] & self._all
        if not cells:
            return None
        low, high = self._cells[(cells & -cells).bit_length() - 1]
        key = low if low is not None and low is high else self.line.between(low, high)
        return self.line.value(key)


class _Number(_Ordered):
    line = ANY_NUMBERS
    classes = (int, Decimal)
    known = {
        "equal_to": "=",
        "not_equal_to": "!=",
        "greater_than": ">",
        "greater_than_or_equal_to": ">=",
        "less_than": "<",
        "less_than_or_equal_to": "<=",
        "between": "between",
        "one_of": "one_of",
    }


class _Date(_Ordered):
    line = DATES
    classes = (date,)
    known = {
        "equal_to": "=",
        "before": "<",
        "on_or_before": "<=",
        "after": ">",
        "on_or_after": ">=",
        "between": "between",
    }


class _Instant(_Date):
    line = INSTANTS
    classes = (datetime,)


class _Boolean(_Fact):
    known = {"is_true": True, "is_false": False}

    def formula(self, leaf, holds):
        if leaf.operator.key not in self.known:
            return self.free(leaf, holds, opposites={})
        cell = self._cell(self.known[leaf.operator.key])
        return Atom(self.name, cell if holds else 7 & ~cell)

    def _cell(self, value: bool) -> int:
        return 2 << BOOLEANS.pivots.index(value)

    def limits(self, leaf):
        return [self.known[leaf.operator.key]] if leaf.operator.key in self.known else []

    def at(self, value):
        return Atom(self.name, self._cell(value))

    def example(self, state, filler):
        cells = state[self.name]
        return next((value for value in (True, False) if cells & self._cell(value)), None)


class _Listed(_Fact):
    """Points at the values that are named; all others are one more cell."""

    def __init__(self, variable, leaves):
        super().__init__(variable, leaves)
        self._values: dict[object, object] = {}  # as compared: as written
        for leaf in leaves:
            for value in self.points(leaf):
                self._values.setdefault(self.compared(value), value)
        self._places = {compared: place for place, compared in enumerate(self._values, start=2)}
        self._points = (1 << (len(self._values) + 2)) - 4
        self._other = 2

    def compared(self, value: object) -> object:
        return value

    def limits(self, leaf):
        if leaf.operator.key in self.lists:
            return list(leaf.value)
        return [leaf.value] if leaf.operator.key in self.known else []

    def formula(self, leaf, holds):
        positive = self.known.get(leaf.operator.key)
        if positive is None:
            return self.unlisted(leaf, holds)
        listed = 0
        for value in self.limits(leaf):
            listed |= 1 << self._places[self.compared(value)]
        cells = listed if positive else (self._points | self._other) & ~listed
        return Atom(self.name, cells if holds else (self._points | self._other | MISSING) & ~cells)

    def unlisted(self, leaf: Leaf, holds: bool) -> Formula:
        return self.free(leaf, holds, opposites={})

    def at(self, value):
        return Atom(self.name, 1 << self._places[self.compared(value)])

    def example(self, state, filler):
        cells = state[self.name]
        for compared, place in self._places.items():
            if cells >> place & 1:
                return self._values[compared]
        return self.another(state, filler) if cells & self._other else None

    def another(self, state: Mapping, filler: str) -> object:
        raise NotImplementedError


class _Text(_Listed):
    known = {
        "equal_to": True,
        "not_equal_to": False,
        "one_of": True,
        "not_one_of": False,
        "non_empty": False,
    }
    lists = ("one_of", "not_one_of")
    opposites = {"does_not_contain": "contains", "contains_none_of": "contains_any_of"}
    unknown = ("contains", "contains_any_of", "starts_with", "ends_with", "equal_to_case_insensitive")

    def limits(self, leaf):
        return [""] if leaf.operator.key == "non_empty" else super().limits(leaf)

    def points(self, leaf):
        """Also a text that meets a comparison which is not exact."""
        key = leaf.operator.key
        if key in self.unknown:
            return list(leaf.value[:1]) if key == "contains_any_of" else [leaf.value]
        return self.limits(leaf)

    def unlisted(self, leaf, holds):
        free = self.free(leaf, holds, opposites=self.opposites)
        if leaf.operator.key not in (*self.unknown, *self.opposites, "matches_regex"):
            return free  # one this module does not know: it may not even ask for a text
        cells = MISSING if not holds else 0
        for text, place in self._places.items():
            if leaf.operator.holds(text, leaf.prepared) == holds:
                cells |= 1 << place
        return any_of([Atom(self.name, cells), all_of([Atom(self.name, self._other), free])])

    def another(self, state, filler):
        """Put together from what it should begin with, contain and end with."""
        wanted: dict[str, list] = {}
        for about, cells in state.items():
            if isinstance(about, Free) and about.name == self.name and cells == _TRUE:
                wanted.setdefault(about.key, []).append(about.value)
        starts, ends = wanted.get("starts_with", []), wanted.get("ends_with", [])
        inside = [*wanted.get("contains", []), *(words[0] for words in wanted.get("contains_any_of", []))]
        parts = [max(starts, key=len, default=""), *inside, max(ends, key=len, default="")]
        return filler.join(parts) if any(parts) else "other"


class _Choice(_Listed):
    """A single choice has one value: what holds of a list of choices is not looked at."""

    known = {"contains": True, "does_not_contain": False, "one_of": True, "not_one_of": False}
    lists = ("one_of", "not_one_of")

    def compared(self, value):
        return fold_choice(value)

    def another(self, state, filler):
        """An option that is not named, if there is one."""
        for option in self.variable.options:
            if fold_choice(option.name) not in self._places:
                return option.name
        return "other"


class _Choices(_Fact):
    """A set of choices: each that is named is in it or not, and so are others."""

    known = frozenset(
        (
            "contains_all",
            "is_contained_by",
            "shares_at_least_one_element_with",
            "shares_exactly_one_element_with",
            "shares_no_elements_with",
        )
    )

    def __init__(self, variable, leaves):
        super().__init__(variable, leaves)
        self._values: dict[object, object] = {}
        for leaf in leaves:
            for value in self.limits(leaf):
                self._values.setdefault(fold_choice(value), value)

    def limits(self, leaf):
        return list(leaf.value) if leaf.operator.key in self.known else []

    def formula(self, leaf, holds):
        if leaf.operator.key not in self.known:
            return self.free(leaf, holds, opposites={})
        listed = [fold_choice(value) for value in leaf.value]
        said = getattr(self, "_" + leaf.operator.key)(listed, holds)
        if holds:
            return all_of([Atom(self.name, ~MISSING & 3), said])
        return any_of([Atom(self.name, MISSING), said])

    def _has(self, choice: object, yes: bool) -> Atom:
        return Atom(Free(self.name, "has", choice), _TRUE if yes else _FALSE)

    def _is_chosen(self, choice: object, state: Mapping) -> bool:
        return state.get(Free(self.name, "has", choice)) == _TRUE

    def _contains_all(self, listed, holds):
        return (all_of if holds else any_of)([self._has(choice, holds) for choice in listed])

    def _shares_at_least_one_element_with(self, listed, holds):
        return (any_of if holds else all_of)([self._has(choice, holds) for choice in listed])

    def _shares_no_elements_with(self, listed, holds):
        return self._shares_at_least_one_element_with(listed, not holds)

    def _is_contained_by(self, listed, holds):
        others = [choice for choice in self._values if choice not in listed]
        atoms = [self._has(choice, not holds) for choice in [*others, _OTHERS]]
        return (all_of if holds else any_of)(atoms)

    def _shares_exactly_one_element_with(self, listed, holds):
        """One that is listed twice counts twice."""
        once = [choice for choice in dict.fromkeys(listed) if listed.count(choice) == 1]
        distinct = list(dict.fromkeys(listed))
        if holds:
            return any_of(
                [
                    all_of([self._has(choice, True), *(self._has(o, False) for o in distinct if o != choice)])
                    for choice in once
                ]
            )
        # Unless it is exactly this one, for each of them.
        return all_of(
            [
                any_of([self._has(choice, False), *(self._has(o, True) for o in distinct if o != choice)])
                for choice in once
            ]
        )

    def is_in(self, state):
        return self.name in state

    def at(self, value):
        return all_of([Atom(self.name, 2), self._has(fold_choice(value), True)])

    def example(self, state, filler):
        if not state[self.name] & 2:
            return None
        chosen = [value for choice, value in self._values.items() if self._is_chosen(choice, state)]
        if self._is_chosen(_OTHERS, state):
            chosen.append(self._another())
        return chosen

    def _another(self) -> object:
        for option in self.variable.options:
            if fold_choice(option.name) not in self._values:
                return option.name
        return "other"


_OTHERS = ("others",)

_KINDS = {
    "numeric": _Number,
    "time": _Number,
    "date": _Date,
    "datetime": _Instant,
    "boolean": _Boolean,
    "string": _Text,
    "select": _Choice,
    "select_multiple": _Choices,
}

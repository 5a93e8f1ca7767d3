"""A column of a table cut into cells: every test of the column is true of all of a cell, or of none of it.

A set of cells is an int with one bit per cell. Bit 0 is null, which a fact of another type counts as, too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from ..errors import Refused
from ..tables.lookup import places_of
from ..tables.unary import Comparison, Literal, Range, Unary, parse_unary
from ..tables.values import BOOLEAN, NUMBER, ColumnType
from .lines import BOOLEANS, LINES, TEXTS, Line, line_of
from .writing import write_value

NULL = 1  # the set that holds null alone
HANDY_CELLS = 50  # looked through for an example that reads well


@dataclass(frozen=True)
class Cell:
    """A point of a line (`low` is `high`), or what lies between two points; None has no limit."""

    line: Line
    low: object
    high: object

    @property
    def is_point(self) -> bool:
        return self.low is self.high and self.low is not None


@dataclass(frozen=True)
class Held:
    """Where tests hold: `sure`, and where they may, depending on facts that are named in them."""

    sure: int
    maybe: int

    def __and__(self, other: Held) -> Held:
        return Held(self.sure & other.sure, self.maybe & other.maybe)


@dataclass(frozen=True)
class _Outcomes:
    """Cells where a test is true or false; where it is neither, it has no answer."""

    true: Held
    false: Held


@dataclass(frozen=True)
class _Segment:
    """The cells of one line: `points` has (key, place) in ascending order."""

    line: Line
    start: int
    end: int
    keys: tuple
    places: tuple[int, ...]

    @property
    def all(self) -> int:
        return _bits(self.start, self.end)

    def place(self, key: object) -> int:
        return self.places[bisect_left(self.keys, key)]


def _bits(start: int, end: int) -> int:
    return (1 << end) - (1 << start)


class Partition:
    """Of the values a column may have.

    cells    of each bit; that of null is None
    domain   the cells that the allowed values of the input leave
    unusual  kinds of values that no test of the column mentions although some mention another kind
    """

    def __init__(self, type: ColumnType, tests: Iterable[Unary], allowed: Iterable[Unary] = ()):
        allowed = list(allowed)
        keys = _keys_of([*tests, *allowed])
        self.type = type
        self.cells: list[Cell | None] = [None]
        self._segments = {
            line: self._cut(line, keys.get(line) or line.pivots) for line in LINES if line.kind in type.kinds
        }
        self.all = _bits(0, len(self.cells))
        self.orderable = self._cells_of(lambda line: line.kind != BOOLEAN)
        self.unusual = self._cells_of(lambda line: line not in keys) if keys else 0
        self._held: dict[int, tuple[Unary, Held]] = {}
        self.domain = self.all
        for unary in allowed:
            self.domain &= self.held(unary).sure
        self.usual = self.domain & ~self.unusual & ~NULL

    def _cut(self, line: Line, keys: Iterable) -> _Segment:
        start = len(self.cells)
        places = []
        low = None
        for key in keys:
            self._add_between(line, low, key)
            places.append(len(self.cells))
            self.cells.append(Cell(line, key, key))
            low = key
        self._add_between(line, low, None)
        return _Segment(line, start, len(self.cells), tuple(keys), tuple(places))

    def _add_between(self, line: Line, low: object, high: object) -> None:
        if line.between(low, high) is not None:
            self.cells.append(Cell(line, low, high))

    def _cells_of(self, is_meant) -> int:
        cells = 0
        for line, segment in self._segments.items():
            if is_meant(line):
                cells |= segment.all
        return cells

    # Where a test holds -------------------------------------------------------------------------------------

    def held(self, unary: Unary) -> Held:
        if id(unary) not in self._held:  # equal cells of a table are one object
            self._held[id(unary)] = (unary, self._held_by(unary))
        return self._held[id(unary)][1]

    def _held_by(self, unary: Unary) -> Held:
        if unary.is_any:
            return Held(self.all, self.all)
        outcomes = [self._outcomes(test) for test in unary.tests]
        sure, maybe = (self.all, self.all) if unary.negated else (0, 0)
        for outcome in outcomes:
            if unary.negated:
                sure, maybe = sure & outcome.false.sure, maybe & outcome.false.maybe
            else:
                sure, maybe = sure | outcome.true.sure, maybe | outcome.true.maybe
        return Held(sure, maybe)

    def _outcomes(self, test: Comparison | Range) -> _Outcomes:
        if isinstance(test, Range):
            low = Comparison(">=" if test.low_counts else ">", test.low)
            high = Comparison("<=" if test.high_counts else "<", test.high)
            above, below = self._outcomes(low), self._outcomes(high)
            return _Outcomes(true=above.true & below.true, false=_either(above.false, below.false))
        if not isinstance(test.operand, Literal):
            # What it is compared with is not known. Nothing has an order with null, yes or no.
            cells = self.all if test.sign in ("=", "!=") else self.orderable
            return _Outcomes(true=Held(0, cells), false=Held(0, cells))
        true, false = self._known(test.sign, test.operand.compared)
        return _Outcomes(true=Held(true, true), false=Held(false, false))

    def _known(self, sign: str, value: object) -> tuple[int, int]:
        """Cells where a comparison with a value is true, and where it is false."""
        if sign == "=":
            return self._equal(value)
        if sign == "!=":
            return self._equal(value)[::-1]
        segment = self._segments[line_of(value)]
        place = segment.place(segment.line.key(value))
        end = place + (sign in ("<=", ">"))
        below, above = _bits(segment.start, end), _bits(end, segment.end)
        return (below, above) if sign in ("<", "<=") else (above, below)

    def _equal(self, value: object) -> tuple[int, int]:
        if value is None:
            return NULL, self.all & ~NULL
        line = line_of(value)
        point = self.point(line, value)
        # A value of another kind is neither equal nor different; null is different.
        comparable = self._cells_of(lambda other: other.kind == line.kind) | NULL
        return point, comparable & ~point

    def point(self, line: Line, value: object) -> int:
        """The cell of a value that a test names."""
        return 1 << self._segments[line].place(line.key(value))

    # Values of a set ----------------------------------------------------------------------------------------

    def example(self, cells: int) -> object:
        """A value out of a set of cells that is not empty; null only if there is nothing else."""
        for part in (cells & self.usual, cells & ~NULL):
            if part:
                return self._value_in(part)
        return None

    def _value_in(self, cells: int) -> object:
        found = [self.cells[place] for place in islice(places_of(cells), HANDY_CELLS)]
        handy = (value for cell in found if _is_handy(cell, value := self.value(cell)))
        return next(handy, self.value(found[0]))

    def value(self, cell: Cell) -> object:
        line = cell.line
        return line.value(cell.low if cell.is_point else line.between(cell.low, cell.high))

    # A set as text ------------------------------------------------------------------------------------------

    def write(self, cells: int) -> str | None:
        """Unary tests that hold of exactly these cells, within the domain; None if they would be too long."""
        cells &= self.domain
        if cells == self.domain:
            return "-"
        inside, outside = self._written_parts(cells), self._written_parts(self.domain & ~cells & ~NULL)
        null = ["null"] if cells & NULL else []
        # Nobody thinks of texts as of a range from "A" to "B".
        ranged = 3 if self.type.is_text and any(part[0] in "<>[(" for part in inside) else 0
        # 100,200 without a space may be read as one number.
        join = (", " if self.type.key == NUMBER else ",").join
        candidates = [
            (len(null) + len(inside) - 1 + ranged, join(null + inside)),
            (len(outside) + 0.5, f"not({join(outside)})"),
            (len(outside) + 1.5 if outside else 0, f"not({join(['null', *outside])})"),
        ]
        for _, text in sorted(candidates):
            if self._means(text, cells):
                return text
        return None

    def _means(self, text: str, cells: int) -> bool:
        try:
            unary = parse_unary(text, self.type)
        except Refused:
            return False
        return self._held_by(unary).sure & self.domain == cells

    def _written_parts(self, cells: int) -> list[str]:
        parts = []
        for segment in self._segments.values():
            for first, last in runs_of(cells & segment.all):
                parts += self._written_run(segment, first, last)
        return parts

    def _written_run(self, segment: _Segment, first: int, last: int) -> list[str]:
        """Cells `first` to `last` of a line, both counted."""
        low, high = self.cells[first], self.cells[last]
        if segment.line is BOOLEANS:
            return [self._literal(self.cells[place], "low") for place in range(first, last + 1)]
        from_start, to_end = first == segment.start, last == segment.end - 1
        if from_start and to_end:
            return self._written_line(segment)
        if from_start:
            return [("<=" if high.is_point else "<") + self._literal(high, "high")]
        if to_end:
            return [(">=" if low.is_point else ">") + self._literal(low, "low")]
        if low is high and low.is_point:
            return [self._literal(low, "low")]
        opening, closing = "[" if low.is_point else "(", "]" if high.is_point else ")"
        return [f"{opening}{self._literal(low, 'low')}..{self._literal(high, 'high')}{closing}"]

    def _literal(self, cell: Cell, end: str) -> str:
        return write_value(cell.line.value(getattr(cell, end)))

    def _written_line(self, segment: _Segment) -> list[str]:
        """All of a line: below a point of it, and from there on."""
        point = write_value(segment.line.value(segment.keys[0]))
        return [f"<{point}", f">={point}"]

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Cells that are told apart when gaps are put together: usual values, unusual kinds, nothing."""
        parts = (self.usual, self.domain & self.unusual & ~NULL, self.domain & NULL)
        return tuple(part for part in parts if part)


def _is_handy(cell: Cell, value: object) -> bool:
    """A text that stands in the table, or plainly is another; a number or a date always."""
    if cell.line is TEXTS:
        return value == "other" or (cell.is_point and value != "")
    return True


def _either(left: Held, right: Held) -> Held:
    return Held(left.sure | right.sure, left.maybe | right.maybe)


def _keys_of(tests: Iterable[Unary]) -> dict[Line, list]:
    """The points at which a test of the column begins or ends to hold, of each line, in ascending order."""
    found: dict[Line, list] = {}
    for unary in tests:
        for test in unary.tests:
            for operand in test.operands:
                if isinstance(operand, Literal) and operand.compared is not None:
                    line = line_of(operand.compared)
                    found.setdefault(line, []).append(line.key(operand.compared))
    if BOOLEANS in found:
        found[BOOLEANS] = list(BOOLEANS.pivots)
    return {line: _without_repeats(sorted(keys)) for line, keys in found.items()}


def _without_repeats(keys: list) -> list:
    return [key for place, key in enumerate(keys) if place == 0 or key != keys[place - 1]]


def runs_of(cells: int) -> Iterator[tuple[int, int]]:
    """(first, last) of each unbroken run of bits, from the lowest."""
    starts, ends = cells & ~(cells << 1), cells & ~(cells >> 1)
    return zip(places_of(starts), places_of(ends), strict=True)

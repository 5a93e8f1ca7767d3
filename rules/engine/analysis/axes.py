"""A decision table as boxes: each row is a set of cells on every axis, and holds where all of these meet."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import pairwise

from ..tables.lookup import places_of
from ..tables.table import Column, DecisionTable
from .cells import Held, Partition, runs_of


class Axis:
    """One fact that the table asks for. Columns that ask the same fact as the same type are one axis.

    places  of these columns among the inputs
    rows    where the tests of each row hold, within the domain
    """

    def __init__(self, table: DecisionTable, places: list[int]):
        self.places = tuple(places)
        self.columns: tuple[Column, ...] = tuple(table.inputs[place] for place in places)
        tests = {id(row.when[place]): row.when[place] for place in places for row in table.rows}
        allowed = [column.allowed for column in self.columns if column.allowed]
        self.partition = Partition(self.columns[0].type, tests.values(), allowed)
        self.domain = self.partition.domain
        self.rows = [self._held(row) for row in table.rows]
        self.maybe = [held.maybe for held in self.rows]
        self.sure = [held.sure for held in self.rows]

    @property
    def name(self) -> str:
        return self.columns[0].name

    def _held(self, row) -> Held:
        held = Held(self.domain, self.domain)
        for place in self.places:
            held &= self.partition.held(row.when[place])
        return held

    @cached_property
    def classes(self) -> dict[int, int]:
        """{rows that may hold: the cells where exactly these may}."""
        return self._classes_of(self.maybe)

    @cached_property
    def _sure_classes(self) -> dict[int, int]:
        return self.classes if self.sure == self.maybe else self._classes_of(self.sure)

    def _classes_of(self, sets: list[int]) -> dict[int, int]:
        classes: dict[int, int] = {}
        for start, end, rows in _stretches(sets, len(self.partition.cells)):
            cells = ((1 << end) - (1 << start)) & self.domain
            if cells:
                classes[rows] = classes.get(rows, 0) | cells
        return classes

    @cached_property
    def crowd(self) -> float:
        """How many rows are left on average once its value is known."""
        return sum(rows.bit_count() for rows in self.classes) / max(len(self.classes), 1)

    @cached_property
    def untested(self) -> int:
        """The cells where no row may hold, whatever the other facts."""
        return self.classes.get(0, 0)

    def rows_that_take_all_of(self, cells: int) -> int:
        return sum(1 << row for row, held in enumerate(self.maybe) if not cells & ~held)

    def cost(self, active: int) -> int:
        """Steps that a split takes."""
        return min(active.bit_count() ** 2, len(self.classes)) + 1

    def split(self, active: int, within: int) -> dict[int, int]:
        """{rows out of `active` that may hold: cells}, of the cells `within`."""
        if active.bit_count() ** 2 < len(self.classes):
            return _parted(within, active, self.maybe)
        return _merged(within, active, self.classes)

    def split_surely(self, active: int, within: int) -> dict[int, int]:
        """The same of rows that surely hold."""
        if active.bit_count() ** 2 < len(self.classes):
            return _parted(within, active, self.sure)
        return _merged(within, active, self._sure_classes)

    def meeting(self) -> RowsMet:
        return RowsMet(self.sure, len(self.partition.cells))


def _parted(cells: int, rows: int, sets: list[int]) -> dict[int, int]:
    regions = {0: cells}
    for row in places_of(rows):
        held, bit = sets[row], 1 << row
        parted: dict[int, int] = {}
        for found, part in regions.items():
            if inside := part & held:
                parted[found | bit] = inside
            if outside := part & ~held:
                parted[found] = outside
        regions = parted
    return regions


def _merged(cells: int, rows: int, classes: dict[int, int]) -> dict[int, int]:
    regions: dict[int, int] = {}
    for found, part in classes.items():
        if inside := part & cells:
            found &= rows
            regions[found] = regions.get(found, 0) | inside
    return regions


class RowsMet:
    """Which rows surely hold somewhere in a set of cells: a tree of ever longer stretches of cells."""

    def __init__(self, sets: list[int], cells: int):
        stretches = list(_stretches(sets, cells))
        self._starts = [start for start, _, _ in stretches]
        self._size = len(stretches)
        self._tree = [0] * self._size + [rows for _, _, rows in stretches]
        for place in range(self._size - 1, 0, -1):
            self._tree[place] = self._tree[2 * place] | self._tree[2 * place + 1]
        self._known: dict[int, int] = {}

    def rows(self, cells: int) -> int:
        if cells not in self._known:
            rows = 0
            for first, last in runs_of(cells):
                rows |= self._between(self._stretch(first), self._stretch(last))
            self._known[cells] = rows
        return self._known[cells]

    def _stretch(self, cell: int) -> int:
        return bisect_right(self._starts, cell) - 1

    def _between(self, first: int, last: int) -> int:
        low, high = first + self._size, last + self._size + 1
        rows = 0
        while low < high:
            if low & 1:
                rows |= self._tree[low]
                low += 1
            if high & 1:
                high -= 1
                rows |= self._tree[high]
            low, high = low >> 1, high >> 1
        return rows


def _stretches(sets: list[int], cells: int):
    """(start, end, rows): cells in a row where the same rows hold, from the first cell to the last."""
    rows_of: dict[int, list[int]] = {}
    for row, held in enumerate(sets):
        rows_of.setdefault(held, []).append(row)
    changes: dict[int, int] = {0: 0, cells: 0}
    for held, rows in rows_of.items():
        bits = sum(1 << row for row in rows)
        for first, last in runs_of(held):
            changes[first] = changes.get(first, 0) ^ bits
            changes[last + 1] = changes.get(last + 1, 0) ^ bits
    rows = 0
    for start, end in pairwise(sorted(changes)):
        rows ^= changes[start]
        yield start, end, rows


def axes_of(table: DecisionTable) -> list[Axis]:
    places: dict[tuple, list[int]] = {}
    for place, column in enumerate(table.inputs):
        places.setdefault((column.name, column.type.key), []).append(place)
    return [Axis(table, found) for found in places.values()]

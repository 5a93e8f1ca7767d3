"""Whether boxes fill a space, axis by axis; values that leave the same rows in question count as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from .axes import Axis

WORK = 3_000_000  # steps; some seconds at the very most
GAPS = 200  # told of one table
_BOXES = 5 * GAPS  # kept of any part of the space

Box = tuple[int, ...]  # a set of cells for each axis


class OutOfWork(Exception):
    """There are more combinations than may be looked at."""


class Sweep:
    def __init__(self, axes: list[Axis], *, rows: int, work: int = WORK):
        # The axis that leaves the fewest rows in question comes first.
        self._order = sorted(range(len(axes)), key=lambda place: axes[place].crowd)
        self._axes = [axes[place] for place in self._order]
        self._rows = rows
        self._left = work
        # What no row speaks of is a gap by itself; the others are looked for in what is left.
        self._tested = [axis.domain & ~axis.untested for axis in self._axes]
        self._gaps: dict[tuple[int, int], tuple[Box, ...]] = {}
        self._all_found = True

    def step(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left < 0:
            raise OutOfWork

    # All that is left out -----------------------------------------------------------------------------------

    def gaps(self) -> tuple[list[Box], bool]:
        """Boxes in which no row may hold, as large as can be; and whether these are all."""
        if not all(axis.domain for axis in self._axes):
            return [], True
        if not all(self._tested):
            return [tuple(self._as_given([axis.domain for axis in self._axes]))], True
        found = _joined(self._gaps_from(0, (1 << self._rows) - 1), self._axes, self._tested)
        return [self._as_given(box) for box in [*self._untested(), *found]], self._all_found

    def _untested(self) -> list[Box]:
        everything = [axis.domain for axis in self._axes]
        return [
            (*everything[:place], cells & axis.untested, *everything[place + 1 :])
            for place, axis in enumerate(self._axes)
            for cells in axis.partition.groups
            if cells & axis.untested
        ]

    @cached_property
    def _filled(self) -> list[int]:
        """Rows that hold whatever follows, from each depth on."""
        filled = [-1]
        for axis, tested in zip(reversed(self._axes), reversed(self._tested), strict=True):
            filled.append(filled[-1] & axis.rows_that_take_all_of(tested))
        return filled[::-1]

    def _as_given(self, box: Sequence[int]) -> Box:
        given = [0] * len(box)
        for place, cells in zip(self._order, box, strict=True):
            given[place] = cells
        return tuple(given)

    def _gaps_from(self, depth: int, active: int) -> tuple[Box, ...]:
        """What no row of `active` covers of the axes from `depth` on."""
        if not active:
            return (tuple(axis.domain for axis in self._axes[depth:]),)
        if active & self._filled[depth]:
            return ()
        known = self._gaps.get((depth, active))
        if known is None:
            known = self._gaps[depth, active] = self._find_gaps(depth, active)
        return known

    def _find_gaps(self, depth: int, active: int) -> tuple[Box, ...]:
        axis, tested = self._axes[depth], self._tested[depth]
        try:
            self.step(axis.cost(active))
        except OutOfWork:
            self._all_found = False
            return ()
        found: dict[Box, int] = {}
        for rows, cells in axis.split(active, tested).items():
            for rest in self._gaps_from(depth + 1, rows):
                found[rest] = found.get(rest, 0) | cells
        boxes = [(part, *rest) for rest, cells in found.items() for part in _parts(axis, cells, tested)]
        if len(boxes) > _BOXES:
            self._all_found = False
        return tuple(boxes[:_BOXES])

    # Any that is left out -----------------------------------------------------------------------------------

    def hole_in(self, box: Box, active: int) -> bool:
        """Whether something of a box is covered surely by none of the rows. Raises OutOfWork."""
        return self._has_hole([box[place] for place in self._order], 0, active, set())

    def _has_hole(self, box: list[int], depth: int, active: int, filled: set) -> bool:
        if not active:
            return True
        if depth == len(box) or (depth, active) in filled:
            return False
        axis = self._axes[depth]
        self.step(axis.cost(active))
        regions = axis.split_surely(active, box[depth])
        # Where few rows are left, a hole is found soonest.
        for rows in sorted(regions, key=int.bit_count):
            if self._has_hole(box, depth + 1, rows, filled):
                return True
        filled.add((depth, active))
        return False


def _parts(axis: Axis, cells: int, tested: int) -> list[int]:
    """Usual values, unusual ones and null apart, unless it is simply all there is."""
    if not tested & ~cells:
        return [axis.domain]
    return [part for group in axis.partition.groups if (part := cells & group)]


def _joined(boxes: Iterable[Box], axes: list[Axis], tested: list[int]) -> list[Box]:
    """Boxes that differ on one axis only become one."""
    boxes = list(boxes)
    before = len(boxes) + 1
    while len(boxes) < before:
        before = len(boxes)
        for place, axis in enumerate(axes):
            found: dict[tuple, int] = {}
            for box in boxes:
                rest = (box[:place], box[place + 1 :])
                found[rest] = found.get(rest, 0) | box[place]
            boxes = [
                (*low, part, *high)
                for (low, high), cells in found.items()
                for part in _parts(axis, cells, tested[place])
            ]
    return boxes

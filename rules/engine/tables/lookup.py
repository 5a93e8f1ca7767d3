"""Which rows of a table hold, without testing every cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .unary import Names, Unary
from .values import key_of


class ColumnIndex:
    """Which rows' tests hold: a look-up for lists of values, one evaluation per other distinct test."""

    def __init__(self, tests: list[Unary]):
        self._tests = tests
        self._always = 0
        self._by_value: dict[tuple, _RowSet] = {}
        self._others: list[tuple[Callable, _RowSet]] = []
        places: dict[Unary, list[int]] = {}
        for place, unary in enumerate(tests):
            places.setdefault(unary, []).append(place)
        by_value: dict[tuple, list[int]] = {}
        for unary, found in places.items():
            if unary.is_any:
                self._always |= _bits(found)
            elif unary.keys is None:
                self._others.append((unary.outcome, _RowSet.of(found)))
            else:
                for key in unary.keys:
                    by_value.setdefault(key, []).extend(found)
        for key, found in by_value.items():
            self._by_value[key] = _RowSet.of(found)

    @property
    def tests_to_ask(self) -> int:
        return len(self._others)

    def rows_for(self, value: object, names: Names, *, among: int) -> int:
        """One bit per row whose test holds; rows that are not among the given ones may be left out."""
        if among.bit_count() < self.tests_to_ask:
            return _bits([place for place in places_of(among) if self._tests[place].outcome(value, names)])
        found = [rows for outcome, rows in self._others if outcome(value, names)]
        found.append(self._by_value.get(key_of(value), _NO_ROWS))
        bits = self._always
        places: list[int] = []
        for rows in found:
            bits |= rows.bits
            places += rows.places
        return bits | _bits(places)


@dataclass(frozen=True)
class _RowSet:
    """Few rows are listed, many are bits: bits for each of many tests would grow by the square."""

    bits: int = 0
    places: tuple[int, ...] = ()

    @classmethod
    def of(cls, places: list[int]) -> _RowSet:
        return cls(places=tuple(places)) if len(places) < 64 else cls(bits=_bits(places))


_NO_ROWS = _RowSet()


def _bits(places: Sequence[int]) -> int:
    if not places:
        return 0
    bits = bytearray(max(places) // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def places_of(bits: int) -> Iterator[int]:
    """Of the bits that are set, from the lowest."""
    text = bin(bits)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)

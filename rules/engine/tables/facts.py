"""The facts of one decision: kept as they were given, and read as the types of columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from ..facts import UNREADABLE, Complete
from ..sentences import LONG
from ..words import Words
from .unary import Names, fact
from .values import ColumnType, say

NO_VALUE = Words(en="no value", zh="没有值")


class DecisionFacts:
    """Each is read once for each type it is asked as."""

    def __init__(self, facts: Mapping[str, object]):
        self.raw = Complete(facts)
        self._read: dict[tuple[str, str], object] = {}

    def given(self, name: str) -> object:
        return fact(self.raw, name)

    def read(self, name: str, type: ColumnType) -> object:
        value = self.read_strictly(name, type)
        return None if value is UNREADABLE else value

    def read_strictly(self, name: str, type: ColumnType) -> object:
        """UNREADABLE for a fact of another type."""
        key = (name, type.key)
        if key not in self._read:
            raw = self.given(name)
            self._read[key] = None if raw is None else type.read(raw)
        return self._read[key]

    def names_as(self, type: ColumnType) -> Names:
        return lambda name: self.read(name, type)


def show(given: object, type: ColumnType, language: str | None) -> str:
    """A fact of any class at all, shortly; only what could be read is written out."""
    if given is None:
        return NO_VALUE.say(language)
    read = type.read(given)
    if isinstance(read, datetime):  # as it was given: it is read in UTC
        text = str.__str__(given) if isinstance(given, str) else given.isoformat(sep=" ")
    elif read is not UNREADABLE:
        text = say(read, language)
    elif isinstance(given, str):
        text = f"“{str.__str__(given)[:LONG]}”"
    elif isinstance(given, bool | float | Decimal | date):
        text = str(given)[:LONG]
    else:
        text = given.__class__.__name__
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")

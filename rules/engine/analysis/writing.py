"""A value as it is typed into a cell."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from ..tables.values import Months, plain

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write_value(value: object) -> str:
    """5, "A", true, null, date("2026-01-31") ..."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(_escaped(character) for character in value) + '"'
    return f'{_function(value)}("{plain(value)}")'


def _escaped(character: str) -> str:
    return _ESCAPES.get(character) or (character if character.isprintable() else f"\\U{ord(character):06x}")


def _function(value: object) -> str:
    if isinstance(value, datetime):
        return "date and time"
    if isinstance(value, date):
        return "date"
    if isinstance(value, time):
        return "time"
    if isinstance(value, timedelta | Months):
        return "duration"
    raise TypeError(f"{type(value).__name__} does not stand in a cell")

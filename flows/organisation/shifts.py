"""A shift as it is typed: "09:00-12:00, 13:00-18:00" per weekday, days off as dates, a time zone."""

import re
from collections.abc import Mapping
from functools import lru_cache

from flows.organisation.calendars import WorkingCalendar
from rules.engine import RuleErrors
from rules.store.problems import say

BETWEEN = re.compile(r"[,，、;；\s]+")


def document_of(hours: Mapping[str, str], *, zone: str, days_off: str) -> dict:
    return {
        "timezone": zone,
        "week": {day: parts_of(written) for day, written in hours.items()},
        "holidays": parts_of(days_off),
    }


def parts_of(written: str) -> list[str]:
    return [part for part in BETWEEN.split(written) if part]


def calendar_of(hours: Mapping[str, str], *, zone: str, days_off: str) -> WorkingCalendar | None:
    return compiled(tuple(hours.items()), zone, days_off)


@lru_cache(maxsize=500)
def compiled(hours: tuple, zone: str, days_off: str) -> WorkingCalendar | None:
    """Kept: a calendar works out each of its years once."""
    try:
        return WorkingCalendar.from_document(document_of(dict(hours), zone=zone, days_off=days_off))
    except RuleErrors:
        return None


def problems_of_shift(hours: Mapping[str, str], *, zone: str, days_off: str) -> dict[str, list[str]]:
    """{field of the form: sentences}"""
    try:
        WorkingCalendar.from_document(document_of(hours, zone=zone, days_off=days_off))
    except RuleErrors as errors:
        problems = {}
        for problem in errors.problems:
            part, *rest = problem.path.split("/")
            field = {"week": rest[0] if rest else "mon", "holidays": "days_off"}.get(part, part)
            problems.setdefault(field, []).append(say(problem.sentence))
        return problems
    return {}

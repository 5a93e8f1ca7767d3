"""Time limits as a ticket type stores them, checked and made ready for runtime. Pure.

    "service_levels": {"calendar": slug or "", "calendar_name", "levels": [level with "measure", ...]}
    a node's "time_limits": {} or a level without "measure"

    level  {"seconds", "urgent_seconds" or None, "working": bool, "ladder": [step, ...]}
    step   {"at": {"percent": 80} or {"seconds": -1800}, "action", "who", "person", "person_name",
            "role", "department", "department_name", "channel"}

A step's `at` is a part of the budget, or so long before (negative) or after it is used up, in the time the
budget is counted in. Absent keys have the defaults of `level_of` and `step_of`: old documents stay readable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from rules.store.problems import RecordProblem

RESPONSE, UPDATE, SOLUTION, NODE = "response", "update", "solution", "node"
MEASURES = (RESPONSE, UPDATE, SOLUTION)
ACTIONS = ("remind", "raise_urgency", "reassign", "escalate")
WHO = ("assignee", "head", "department", "person", "role")
CHANNELS = ("usual", "app", "email", "webhook")
# From this part of a budget on, a ticket is due soon.
SOON_PERCENT = 75
MOST_SECONDS = 5 * 365 * 24 * 60 * 60


@dataclass(frozen=True, kw_only=True)
class LadderStep:
    """One step of the ladder. `key` says what it is, not where it stands, so that it stays the same step when
    others are put before it."""

    key: str
    percent: int | None
    offset: int
    action: str
    who: str
    person: str
    role: str
    department: str
    channel: str

    def mark(self, budget: int) -> int:
        """So many seconds of the budget are used up when it is due."""
        if self.percent is not None:
            return budget * self.percent // 100
        return max(budget + self.offset, 0)


@dataclass(frozen=True, kw_only=True)
class Level:
    measure: str
    seconds: int
    urgent_seconds: int | None = None
    working: bool = True
    ladder: tuple[LadderStep, ...] = ()

    def budget(self, *, is_urgent: bool) -> int:
        return self.urgent_seconds if is_urgent and self.urgent_seconds else self.seconds


@dataclass(frozen=True)
class ServiceLevels:
    """Of one version of a ticket type. `calendar`: slug of the calendar the type names, or ""."""

    calendar: str = ""
    by_measure: Mapping[str, Level] = field(default_factory=dict)


NONE = ServiceLevels()


def compile_service_levels(document: dict | None, *, problems: list[RecordProblem]) -> ServiceLevels:
    """What is wrong is added to `problems`, each at its place on the form."""
    if not document:
        return NONE
    by_measure = {}
    for index, row in enumerate(document.get("levels", [])):
        measure = row.get("measure")
        if measure not in MEASURES:
            problems.append(RecordProblem(PLACE, in_row(index, _("Choose what is measured."))))
        elif measure in by_measure:
            problems.append(RecordProblem(PLACE, in_row(index, _("This is limited above already."))))
        else:
            by_measure[measure] = level_of(row, measure)
        problems += problems_of_level(row, place=PLACE, say=lambda text, index=index: in_row(index, text))
    return ServiceLevels(calendar=document.get("calendar", ""), by_measure=by_measure)


def compile_time_limits(document: dict | None, *, problems: list) -> Level | None:
    """A node's own limit, or None."""
    if not document:
        return None
    problems += problems_of_level(document, place=PLACE, say=lambda text: text)
    return level_of(document, NODE)


PLACE = ("service_levels",)


def problems_of_places(document: dict) -> list[RecordProblem]:
    """Limits on one step that name no step, or one that has a limit already."""
    return [
        RecordProblem(
            PLACE,
            (
                _("“%(name)s” has two time limits.")
                if row["is_double"]
                else _("A time limit on one step names “%(name)s”, and there is no such step.")
            )
            % {"name": row["node"]},
        )
        for row in document.get("unplaced_time_limits", [])
    ]


def in_row(index: int, sentence) -> str:
    return _("Time limit %(number)s: %(sentence)s") % {"number": index + 1, "sentence": sentence}


def level_of(row: dict, measure: str) -> Level:
    return Level(
        measure=measure,
        seconds=whole_number(row.get("seconds")),
        urgent_seconds=whole_number(row.get("urgent_seconds")) or None,
        working=row.get("working", True) is not False,
        ladder=tuple(step_of(step) for step in row.get("ladder", [])),
    )


def step_of(row: dict) -> LadderStep:
    at = row.get("at", {})
    percent, offset = at.get("percent"), whole_number(at.get("seconds"))
    action, who = row.get("action", "remind"), row.get("who", "assignee")
    name = row.get(who, "") if who in ("person", "role", "department") else ""
    when = f"{percent}%" if percent is not None else f"{offset:+d}s"
    return LadderStep(
        key="/".join(part for part in (when, action, who, name) if part)[:120],
        percent=percent,
        offset=offset,
        action=action,
        who=who,
        person=row.get("person", ""),
        role=row.get("role", ""),
        department=row.get("department", ""),
        channel=row.get("channel", "usual"),
    )


def whole_number(value) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def problems_of_level(row: dict, *, place: tuple, say) -> list[RecordProblem]:
    problems = []

    def refuse(sentence):
        problems.append(RecordProblem(place, say(sentence)))

    seconds, urgent = row.get("seconds"), row.get("urgent_seconds")
    if not 0 < whole_number(seconds) <= MOST_SECONDS:
        refuse(_("Enter how long it may take: more than nothing, and five years at most."))
    if urgent and whole_number(urgent) > whole_number(seconds):
        refuse(_("An urgent ticket may not take longer than a usual one."))
    seen = set()
    for step in row.get("ladder", []):
        for sentence in sentences_about(step):
            refuse(sentence)
        key = step_of(step).key
        if key in seen:
            refuse(_("Two steps of the ladder are the same."))
        seen.add(key)
    return problems


def sentences_about(step: dict) -> list[str]:
    at, found = step.get("at", {}), []
    percent = at.get("percent")
    if percent is None and "seconds" not in at:
        found.append(_("A step of the ladder needs a time."))
    if percent is not None and not (whole_number(percent) == percent and 0 < percent <= 1000):
        found.append(_("A step is due after 1 % to 1000 % of the time."))
    if abs(whole_number(at.get("seconds"))) > MOST_SECONDS:
        found.append(_("A step is due within five years."))
    action, who = step.get("action", "remind"), step.get("who", "assignee")
    if action not in ACTIONS or who not in WHO or step.get("channel", "usual") not in CHANNELS:
        found.append(_("Choose what a step does, and whom it tells."))
    if who in ("person", "role", "department") and not step.get(who):
        found.append(_("Choose whom the step tells."))
    if action == "reassign" and who not in ("head", "person", "department"):
        found.append(_("A ticket can be handed to the head, a person or a department."))
    return found

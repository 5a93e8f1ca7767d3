"""Time limits in words, in the active language: a ticket's clocks, its time line, what a ticket type says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from flows.forms.texts import said
from flows.tickets.service_levels.levels import step_of

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60
PARTS_SHOWN = 2


def length_in_words(seconds: int, *, by_days: bool = True) -> str:
    """The two largest parts: “2 h 30 min”. Working time is said in hours: a day has not 24 of them."""
    parts, left = [], abs(int(seconds))
    for size, text in (
        *([(DAY, _("%(count)d d"))] if by_days else []),
        (HOUR, _("%(count)d h")),
        (MINUTE, _("%(count)d min")),
    ):
        count, left = divmod(left, size)
        if count:
            parts.append(text % {"count": count})
    return " ".join(parts[:PARTS_SHOWN]) or _("less than a minute")


# A ticket's clocks


@dataclass(frozen=True, kw_only=True)
class Due:
    """When the first running limit of a ticket is used up. `colour`: red, amber or green."""

    at: datetime
    colour: str
    text: str
    what: str


def due_of(ticket, *, at: datetime) -> Due | None:
    """None where nothing runs. Reads `ticket.clocks`: see TicketQuerySet.with_clocks."""
    if ticket.due_at is None or not ticket.is_open:
        return None
    running = [clock for clock in ticket.clocks.all() if clock.due_at]
    first = min(running, key=lambda clock: clock.due_at, default=None)
    if first is None:
        return None
    return Due(
        at=first.due_at,
        colour=first.colour_at(at),
        text=due_in_words(first.due_at, at=at),
        what=first.get_measure_display(),
    )


def due_in_words(due_at: datetime, *, at: datetime) -> str:
    seconds = int((due_at - at).total_seconds())
    text = _("due in %(time)s") if seconds >= 0 else _("overdue by %(time)s")
    return text % {"time": length_in_words(seconds)}


@dataclass(frozen=True, kw_only=True)
class ClockLine:
    """One clock as a ticket's page explains it."""

    name: str
    colour: str  # "" where it does not run
    text: str
    percent: int  # of the budget used
    counted: str
    calendar: str
    happened: list[tuple[datetime, str]]


def clocks_in_words(ticket, language: str, *, at: datetime) -> list[ClockLine]:
    """Running ones first, by what is due first."""
    clocks = ticket.clocks.select_related("calendar").defer("calendar__document")
    in_order = sorted(clocks, key=lambda clock: (clock.due_at is None, clock.due_at or at, clock.pk))
    return [clock_line(clock, ticket, language, at=at) for clock in in_order]


def clock_line(clock, ticket, language: str, *, at: datetime) -> ClockLine:
    used = clock.used_at(at)
    allowed = budget_in_words(clock.budget, working=clock.working)
    return ClockLine(
        name=clock_name(clock.measure, node_label(ticket, clock.node), language),
        colour=clock.colour_at(at) if clock.is_running else "",
        text=state_in_words(clock, at=at),
        percent=min(used * 100 // clock.budget, 100) if clock.budget else 100,
        counted=_("%(used)s of %(allowed)s used")
        % {"used": length_in_words(used, by_days=not clock.working), "allowed": allowed},
        calendar=calendar_in_words(clock),
        happened=[
            (datetime.fromisoformat(entry["at"]), happened_in_words(entry, clock)) for entry in clock.history
        ],
    )


def clock_name(measure: str, label: dict, language: str) -> str:
    if measure == "node":
        return _("Step “%(name)s”") % {"name": said(label, language)}
    return measure_in_words(measure)


def measure_in_words(measure: str) -> str:
    return {
        "response": _("First answer"),
        "update": _("Next update"),
        "solution": _("Solution"),
        "node": _("Step"),
    }[measure]


def node_label(ticket, node: str) -> dict:
    spec = ticket.runtime.nodes.get(node)
    return spec.label if spec else {}


def state_in_words(clock, *, at: datetime) -> str:
    if clock.is_running:
        if clock.due_at is None:
            return _("never due: the calendar has no working time ahead")
        when = date_format(localtime(clock.due_at), "DATETIME_FORMAT")
        return _("%(due)s (%(when)s)") % {"due": due_in_words(clock.due_at, at=at), "when": when}
    if clock.state == "paused":
        return _("stands still while the ticket waits")
    return _("kept") if clock.kept else _("missed")


def budget_in_words(seconds: int, *, working: bool) -> str:
    text = _("%(time)s of working time") if working else "%(time)s"
    return text % {"time": length_in_words(seconds, by_days=not working)}


def calendar_in_words(clock) -> str:
    if not clock.working:
        return _("Nights and holidays count, too.")
    if not clock.calendar_id:
        return _("No working calendar is live, so every hour counts.")
    return _("Working time by the calendar “%(name)s”, version %(number)s.") % {
        "name": clock.calendar.name,
        "number": clock.calendar.number,
    }


def happened_in_words(entry: dict, clock) -> str:
    used = {"time": length_in_words(entry.get("used", 0), by_days=not clock.working)}
    match entry["what"]:
        case "began":
            return _("began")
        case "running":
            return _("went on, %(time)s used") % used
        case "paused":
            return _("stood still, %(time)s used") % used
        case "ended":
            return _("ended, %(time)s used") % used
        case _recounted:
            budget = budget_in_words(entry["budget"], working=clock.working)
            text = (
                _("counted anew with %(budget)s by %(calendar)s, %(time)s used")
                if entry.get("calendar")
                else _("counted anew with %(budget)s, %(time)s used")
            )
            return text % {"budget": budget, "calendar": entry.get("calendar"), **used}


# The time line


def late_in_words(data: dict, language: str) -> str:
    """“Solution: 80 % of the time was used. Reminded 王芳.”"""
    name = clock_name(data["measure"], data.get("node", {}), language)
    parts = [_("%(limit)s: %(when)s") % {"limit": name, "when": reached_in_words(data)}, acted_in_words(data)]
    return _("; ").join(part for part in parts if part)


def reached_in_words(data: dict) -> str:
    if data.get("percent") is not None:
        return _("%(percent)s%% of the time was used") % {"percent": data["percent"]}
    return offset_in_words(data["offset"])


def offset_in_words(offset: int) -> str:
    if offset == 0:
        return _("when it is due")
    text = _("%(time)s before it is due") if offset < 0 else _("%(time)s after it was due")
    return text % {"time": length_in_words(offset)}


def acted_in_words(data: dict) -> str:
    told = listed(data.get("told", []))
    if data.get("nobody"):
        return _("nobody could be given the ticket")
    if data["action"] == "reassign":
        return _("handed to %(name)s") % {"name": data.get("now") or told}
    parts = []
    if data.get("urgency"):
        parts.append(_("made urgent") if data["urgency"] == "red" else _("made more urgent"))
    told_text = _("told %(names)s") if data["action"] == "escalate" else _("reminded %(names)s")
    parts.append(told_text % {"names": told} if told else _("there was nobody to tell"))
    return _(", ").join(parts)


# What a ticket type says


def limit_in_words(level: dict) -> str:
    """“8 h of working time, 2 h for urgent tickets; at 80% of the time: remind who has the ticket”"""
    working = level.get("working", True)
    limit = budget_in_words(level.get("seconds") or 0, working=working)
    parts = [limit]
    if level.get("urgent_seconds"):
        parts[0] += _(", ") + _("%(time)s for urgent tickets") % {
            "time": length_in_words(level["urgent_seconds"], by_days=not working)
        }
    parts += [step_in_words(step) for step in level.get("ladder", [])]
    return _("; ").join(parts)


def step_in_words(row: dict) -> str:
    step = step_of(row)
    if step.percent is not None:
        when = _("at %(percent)s%% of the time") % {"percent": step.percent}
    else:
        when = offset_in_words(step.offset)
    return _("%(when)s: %(what)s") % {"when": when, "what": action_in_words(row)}


def action_in_words(row: dict) -> str:
    who = who_in_words(row)
    return {
        "remind": _("remind %(who)s"),
        "raise_urgency": _("raise the urgency and tell %(who)s"),
        "reassign": _("hand it to %(who)s"),
        "escalate": _("make it urgent and tell %(who)s"),
    }[row.get("action", "remind")] % {"who": who}


def who_in_words(row: dict) -> str:
    who = row.get("who", "assignee")
    name = row.get(f"{who}_name") or row.get(who, "")
    return {
        "assignee": _("who has the ticket"),
        "head": _("the head of its department"),
        "person": name,
        "department": name,
        "role": _(name) if name else "",
    }.get(who, "")


def listed(items: Iterable[str]) -> str:
    return _(", ").join(items)

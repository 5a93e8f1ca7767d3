"""What a region or store may have its own way about a limit, and which of two values is the tighter."""

from django import forms
from django.utils.translation import gettext as _

from flows.broadcasts.limits import BOUGHT, CAP, QUIET, ROLLING
from rules.store.scope import Part

DAY = 24 * 60
# How long a unit is, in a measure in which periods counted in the same way can be compared.
MINUTES = {"minute": 1, "hour": 60, "day": DAY}


def parts_of(document: dict) -> list[Part]:
    """A pace bounds all messages of the company together, so no place has its own."""
    if document["kind"] == QUIET:
        return [quiet_part(document), switch_part(document)]
    if document["kind"] == CAP:
        return [most_part(document), period_part(document), switch_part(document)]
    return [period_part(document), switch_part(document)] if document["kind"] == BOUGHT else []


def most_part(document) -> Part:
    return Part(
        key="most",
        label=_("Messages per customer"),
        value={"most": document["most"]},
        inputs=lambda: {"most": forms.IntegerField(label=_("at most"), min_value=1, max_value=2**31 - 1)},
        say=lambda value: _("at most %(most)s") % value,
        tighter=lambda wide, narrow: min(wide, narrow, key=lambda value: value["most"]),
    )


def period_part(document) -> Part:
    from flows.broadcasts.models.limit import Limit, period_text

    return Part(
        key="period",
        label=_("In what time"),
        value={"length": document["length"], "unit": document["unit"]},
        inputs=lambda: {
            "length": forms.IntegerField(label=_("within"), min_value=1, max_value=2**31 - 1),
            "unit": forms.ChoiceField(label=_("unit"), choices=Limit.Unit.choices),
        },
        say=lambda value: period_text(document | dict(value)),
        tighter=lambda wide, narrow: longer_period(wide, narrow, counted=document["counted"]),
    )


def longer_period(wide, narrow, *, counted):
    """The longer one bounds more. By the calendar, only periods in the same unit can be compared."""
    if counted == ROLLING and {wide["unit"], narrow["unit"]} <= MINUTES.keys():
        return max(narrow, wide, key=lambda period: period["length"] * MINUTES[period["unit"]])
    if wide["unit"] == narrow["unit"]:
        return max(narrow, wide, key=lambda period: period["length"])
    return wide


def quiet_part(document) -> Part:
    def say(value):
        return _("from %(quiet_from)s until %(quiet_until)s") % value

    return Part(
        key="quiet",
        label=_("Quiet hours"),
        value={"quiet_from": document["quiet_from"], "quiet_until": document["quiet_until"]},
        inputs=lambda: {
            "quiet_from": forms.TimeField(label=_("quiet from"), widget=clock_input()),
            "quiet_until": forms.TimeField(label=_("quiet until"), widget=clock_input()),
        },
        say=say,
        tighter=longer_quiet,
    )


def clock_input():
    return forms.TimeInput({"type": "time"}, format="%H:%M")


def longer_quiet(wide, narrow):
    """Both together, where they meet. Apart from one another neither is the tighter, so the wider place's
    counts."""
    start, length = span_of(wide)
    own_start, own_length = span_of(narrow)
    # As seen from the one that begins first, on a clock that goes round.
    for first, first_length, other, other_length in (
        (start, length, own_start, own_length),
        (own_start, own_length, start, length),
    ):
        gap = (other - first) % DAY
        if gap <= first_length:
            together = max(first_length, gap + other_length)
            if together >= DAY:
                return wide
            return {"quiet_from": clock(first), "quiet_until": clock(first + together)}
    return wide


def span_of(value) -> tuple[int, int]:
    """(minute of the day it begins, how many minutes it lasts)."""
    start, end = (minutes(value[name]) for name in ("quiet_from", "quiet_until"))
    return start, (end - start) % DAY


def minutes(text: str) -> int:
    hours, rest = text.split(":")[:2]
    return int(hours) * 60 + int(rest)


def clock(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def switch_part(document) -> Part:
    return Part(
        key="off",
        label=_("On or off"),
        value={"off": document.get("off", False)},
        inputs=lambda: {
            "off": forms.TypedChoiceField(
                label=_("here"),
                choices=[(False, _("on")), (True, _("off"))],
                coerce=lambda value: value in (True, "True"),
            )
        },
        say=lambda value: _("off") if value["off"] else _("on"),
        tighter=lambda wide, narrow: narrow if wide["off"] and not narrow["off"] else wide,
    )

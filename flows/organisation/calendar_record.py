"""Working calendars as ops staff write them: drafted, reviewed by a second person, versioned.

A calendar decides when people are late, so a change of it is reviewed like a change of any rule; and versions
tell which hours counted at any moment, so that a clock that ran over a change counts each part by its own.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from flows.organisation.calendar_words import lines_of
from flows.organisation.calendars import WEEKDAYS, WorkingCalendar
from rules.engine import RuleErrors
from rules.store.models import StoredRecord
from rules.store.problems import Line, RecordErrors, RecordProblem

OFFICE_HOURS = ("09:00-12:00", "13:00-18:00")
FREE, WORKING = "free", "working"


def office_week() -> dict:
    return {day: list(OFFICE_HOURS) for day in WEEKDAYS[:5]}


def zone_choices() -> list[tuple[str, str]]:
    usual = settings.WAGTAIL_USER_TIME_ZONES
    others = sorted(name for name in available_timezones() - set(usual) if "/" in name)
    return [(name, name) for name in (*usual, *others)]


class WeekField(models.JSONField):
    """{"mon": ["09:00-12:00", "13:00-18:00"]}; chosen in a table of times, never typed as JSON."""

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def formfield(self, **kwargs):
        from flows.organisation.calendar_editor import WeekFormField

        return super().formfield(**{"form_class": WeekFormField, **kwargs})


class DaysField(models.JSONField):
    """[{"date", "kind": "free" | "working", "name"}], in order of date; chosen on a year's page."""

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def formfield(self, **kwargs):
        from flows.organisation.calendar_editor import DaysFormField

        return super().formfield(**{"form_class": DaysFormField, **kwargs})


class Calendar(StoredRecord):
    """When work is done. Which calendar counts for a ticket: flows/tickets/service_levels/README.md."""

    time_zone = models.CharField(
        _("time zone"), max_length=40, choices=zone_choices, default="Asia/Shanghai",
        help_text=_("Whose clocks the hours below are read from."),
    )  # fmt: skip
    week = WeekField(_("hours of the week"), default=office_week, blank=True)
    days = DaysField(_("holidays and make-up days"), default=list, blank=True)
    is_usual = models.BooleanField(
        _("counts wherever no other calendar was chosen"),
        default=False,
        help_text=_("Ticket types, stores and departments may name another one."),
    )

    class Meta(StoredRecord.Meta):
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")

    def document(self) -> dict:
        return {
            "timezone": self.time_zone,
            "week": {day: self.week[day] for day in WEEKDAYS if self.week.get(day)},
            "holidays": [day["date"] for day in self.days if day["kind"] == FREE],
            "working_days": [day["date"] for day in self.days if day["kind"] == WORKING],
            "names": {day["date"]: day["name"] for day in self.days if day.get("name")},
            "is_usual": self.is_usual,
        }

    @classmethod
    def compile(cls, document: dict) -> WorkingCalendar:
        about_time = {key: part for key, part in document.items() if key not in ("names", "is_usual")}
        try:
            calendar = WorkingCalendar.from_document(about_time)
        except RuleErrors as errors:
            problems = [RecordProblem(place_of(found.path), found.sentence) for found in errors.problems]
            raise RecordErrors(problems) from errors
        if not any(calendar.week):
            raise RecordErrors([RecordProblem(("week",), _("Enter the hours of one weekday at least."))])
        return calendar

    def completeness(self) -> list[RecordProblem]:
        if not self.is_usual:
            return []
        others = Calendar.objects.in_use().exclude(pk=self.pk).filter(live=True, is_usual=True)
        return [
            RecordProblem(
                ("is_usual",),
                _("“%(name)s” counts wherever none was chosen already. Only one can.") % {"name": other.name},
            )
            for other in others
        ]

    @classmethod
    def in_words(cls, document: dict, language: str) -> list[Line]:
        with translation.override(language):
            return lines_of(document)


def place_of(path: str) -> tuple:
    """Where on the form a problem of a document is mended."""
    part = path.split("/")[0]
    return {"timezone": ("time_zone",), "week": ("week",)}.get(part, ("days",))

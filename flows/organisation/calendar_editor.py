"""How a calendar is written: hours in a table of the week, days on a year's page, and a line to try it."""

import json
import re
from datetime import date, datetime

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flows.organisation.calendar_words import weekday_names
from flows.organisation.calendars import WEEKDAYS
from flows.organisation.public_holidays import days_of, known_years

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
PARTS = ("from", "rest", "again", "until")
MOST_DAYS = 5_000
MOST_LETTERS = 60
KINDS = ("free", "working")


class WeekWidget(forms.Widget):
    """Four times a weekday: work begins, break begins, break ends, work ends. Named "week-mon-from"."""

    template_name = "organisation/week.html"

    def render(self, name, value, attrs=None, renderer=None):
        value = value if isinstance(value, dict) else {}
        names = weekday_names()
        labels = (_("Work begins"), _("Break begins"), _("Break ends"), _("Work ends"))
        rows = [
            {
                "label": names[day],
                "cells": [
                    {"name": f"{name}-{day}-{part}", "value": time, "label": f"{names[day]}: {label}"}
                    for part, time, label in zip(PARTS, times_in(value.get(day)), labels, strict=True)
                ],
            }
            for day in WEEKDAYS
        ]
        return mark_safe(render_to_string(self.template_name, {"labels": labels, "rows": rows}))

    def format_value(self, value):
        return value

    def value_from_datadict(self, data, files, name):
        return {day: [data.get(f"{name}-{day}-{part}", "").strip() for part in PARTS] for day in WEEKDAYS}

    def value_omitted_from_data(self, data, files, name):
        return not any(key.startswith(f"{name}-") for key in data)

    def id_for_label(self, id_):
        return None


def times_in(hours) -> tuple[str, str, str, str]:
    """The four times of ["09:00-12:00", "13:00-18:00"], or what was typed into them."""
    if not hours:
        return ("", "", "", "")
    if len(hours) == 4 and not any("-" in text for text in hours):
        return tuple(hours)
    pairs = [text.split("-") for text in hours]
    begin, until = pairs[0][0], pairs[-1][1]
    rest, again = (pairs[0][1], pairs[1][0]) if len(pairs) > 1 else ("", "")
    return (begin, rest, again, "00:00" if until == "24:00" else until)


class WeekFormField(forms.JSONField):
    widget = WeekWidget
    empty_values = [None]

    def to_python(self, value):
        return value

    def prepare_value(self, value):
        return value

    def bound_data(self, data, initial):
        return data

    def has_changed(self, initial, data):
        return {day: list(times_in(hours)) for day, hours in (initial or {}).items()} != {
            day: times for day, times in (data or {}).items() if any(times)
        }

    def clean(self, value):
        names, week, wrong = weekday_names(), {}, []
        for day in WEEKDAYS:
            typed = (value or {}).get(day, [])
            try:
                hours = hours_of(typed) if len(typed) == 4 else []
            except ValidationError as error:
                wrong += [f"{names[day]}: {sentence}" for sentence in error.messages]
            else:
                if hours:
                    week[day] = hours
        if wrong:
            raise ValidationError(wrong)
        return week


def hours_of(typed: list[str]) -> list[str]:
    """["09:00-12:00", "13:00-18:00"] from four times; [] for a free day."""
    begin, rest, again, until = typed
    if not any(typed):
        return []
    if not all(TIME.fullmatch(text) for text in typed if text):
        raise ValidationError(gettext_lazy("Enter times such as 09:00."))
    if not begin or not until:
        raise ValidationError(gettext_lazy("Enter when work begins and ends, or leave the day empty."))
    if bool(rest) != bool(again):
        raise ValidationError(gettext_lazy("Enter when the break begins and ends, or neither."))
    end = "24:00" if until == "00:00" else until
    if not rest:
        if begin == end:
            raise ValidationError(gettext_lazy("Work begins and ends at the same time."))
        return [f"{begin}-{end}"]
    if not begin < rest < again < end:
        raise ValidationError(
            gettext_lazy("The break must lie between begin and end. A night shift has none here.")
        )
    return [f"{begin}-{rest}", f"{again}-{end}"]


class DaysWidget(forms.Widget):
    """A hidden input with a year's page mounted on it: project/assets/admin/calendar.ts."""

    template_name = "organisation/days.html"

    def render(self, name, value, attrs=None, renderer=None):
        text = value if isinstance(value, str) else json.dumps(value or [], ensure_ascii=False)
        today = timezone.localdate()
        words = {
            "weekdays": list(weekday_names().values()),
            "months": [date_format(date(2000, month, 1), "F") for month in range(1, 13)],
            "states": {
                "usual": _("as its weekday"),
                "free": _("holiday"),
                "working": _("make-up day: working"),
            },
            "today": today.isoformat(),
            "holidays": {year: days_of(year) for year in known_years() if year >= today.year - 1},
            "tryUrl": reverse("calendar_try"),
        }
        return mark_safe(
            render_to_string(
                self.template_name, {"name": name, "value": text, "words": words, "attrs": attrs}
            )
        )

    def format_value(self, value):
        return value

    def id_for_label(self, id_):
        return None


class DaysFormField(forms.JSONField):
    widget = DaysWidget
    empty_values = [None, ""]

    def prepare_value(self, value):
        return value

    def bound_data(self, data, initial):
        return data

    def clean(self, value):
        try:
            days = json.loads(value) if isinstance(value, str) and value else value or []
        except (ValueError, RecursionError):
            days = None
        if not isinstance(days, list) or len(days) > MOST_DAYS:
            raise ValidationError(_("These days could not be read. Please choose them again."))
        found = {}
        for row in days:
            day = day_in(row)
            if day is None:
                raise ValidationError(_("These days could not be read. Please choose them again."))
            found[day["date"]] = day
        return [found[key] for key in sorted(found)]


def day_in(row) -> dict | None:
    if not isinstance(row, dict) or row.get("kind") not in KINDS:
        return None
    text, name = row.get("date"), row.get("name", "")
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except (TypeError, ValueError):
        return None
    if not isinstance(name, str) or len(name) > MOST_LETTERS or not name.isprintable():
        return None
    return {"date": day.isoformat(), "kind": row["kind"], "name": name}

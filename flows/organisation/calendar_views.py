"""Trying a calendar that is not saved yet."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from flows.organisation.calendar_editor import DaysFormField, WeekFormField
from flows.organisation.calendar_words import sentence_of
from flows.organisation.calendars import NoWorkingTime, WorkingCalendar
from flows.organisation.models import Calendar
from rules.store.problems import RecordErrors

MOST_HOURS = 10_000


@require_POST
@permission_required("organisation.view_calendar", raise_exception=True)
def try_calendar(request):
    """What the calendar on the page means, and when so many working hours end: {"sentence", "ends"}."""
    try:
        record = typed(request.POST)
        calendar = Calendar.compile(record.document())
    except ValidationError as error:
        return JsonResponse({"sentence": " ".join(error.messages), "ends": ""})
    except RecordErrors as errors:
        return JsonResponse({"sentence": str(errors), "ends": ""})
    return JsonResponse(
        {"sentence": sentence_of(record.document()), "ends": ends_in_words(calendar, request.POST)}
    )


def typed(data) -> Calendar:
    week = WeekFormField(required=False)
    return Calendar(
        time_zone=data.get("time_zone", ""),
        week=week.clean(week.widget.value_from_datadict(data, {}, "week")),
        days=DaysFormField(required=False).clean(data.get("days", "")),
    )


def ends_in_words(calendar: WorkingCalendar, data) -> str:
    hours, begin = number_in(data.get("try_hours")), instant_in(data.get("try_start"), calendar.zone)
    if hours is None or begin is None:
        return _("Enter a number of hours and a time to begin at.")
    try:
        end = calendar.add(begin, round(hours * 3600))
    except NoWorkingTime:
        return _("never: there is no working time ahead")
    return date_format(end.astimezone(calendar.zone), "l, " + _("Y-m-d H:i"))


def number_in(text) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number <= MOST_HOURS else None


def instant_in(text, zone: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=zone) if 1970 <= at.year <= 2200 else None

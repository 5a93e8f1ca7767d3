"""What a calendar says, in the active language: the sentence at its top, and line by line for comparing."""

from datetime import date
from itertools import groupby

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from flows.organisation.calendars import WEEKDAYS
from rules.store.problems import Line


def weekday_names() -> dict[str, str]:
    return {
        "mon": pgettext("weekday", "Mon"),
        "tue": pgettext("weekday", "Tue"),
        "wed": pgettext("weekday", "Wed"),
        "thu": pgettext("weekday", "Thu"),
        "fri": pgettext("weekday", "Fri"),
        "sat": pgettext("weekday", "Sat"),
        "sun": pgettext("weekday", "Sun"),
    }


def sentence_of(document: dict) -> str:
    """“Mon–Fri 09:00–18:00, break 12:00–13:00; holidays 2026: 33 days, make-up days: 6. Asia/Shanghai”"""
    parts = [week_in_words(document["week"]), *years_in_words(document)]
    return _("%(hours)s (%(zone)s).") % {"hours": _("; ").join(parts), "zone": document["timezone"]}


def week_in_words(week: dict) -> str:
    """Weekdays in a row with the same hours are said once."""
    stretches = [
        (list(days), hours)
        for hours, days in groupby(WEEKDAYS, key=lambda day: tuple(week.get(day, ())))
        if hours
    ]
    said = [
        _("%(days)s %(hours)s") % {"days": days_in_words(days), "hours": hours_in_words(hours)}
        for days, hours in stretches
    ]
    return _(", ").join(said) or _("no working hours yet")


def days_in_words(days: list[str]) -> str:
    names = weekday_names()
    if len(days) == 1:
        return names[days[0]]
    return _("%(first)s–%(last)s") % {"first": names[days[0]], "last": names[days[-1]]}


def hours_in_words(ranges: tuple[str, ...]) -> str:
    """Two ranges on one day are one day with a break."""
    if len(ranges) == 2:
        (begin, rest), (again, end) = (text.split("-") for text in ranges)
        return _("%(begin)s–%(end)s, break %(from)s–%(until)s") % {
            "begin": begin, "end": end, "from": rest, "until": again,
        }  # fmt: skip
    return _(", ").join(text.replace("-", "–") for text in ranges)


def years_in_words(document: dict) -> list[str]:
    said = []
    for year in sorted({text[:4] for text in (*document["holidays"], *document["working_days"])}):
        free = sum(text.startswith(year) for text in document["holidays"])
        working = sum(text.startswith(year) for text in document["working_days"])
        text = ngettext(
            "%(year)s: %(count)d holiday", "%(year)s: %(count)d days of holidays", free
        ) % {"year": year, "count": free}  # fmt: skip
        if working:
            text += _(", ") + ngettext("%(count)d make-up day", "%(count)d make-up days", working) % {
                "count": working
            }
        said.append(text)
    return said


def lines_of(document: dict) -> list[Line]:
    names = weekday_names()
    usual = [Line(key="usual", label=_("Where it counts"), text=_("Wherever no other calendar was chosen"))]
    return [
        Line(key="summary", label=_("Calendar"), text=sentence_of(document)),
        *(
            Line(
                key=f"week/{day}",
                label=names[day],
                text=hours_in_words(tuple(document["week"][day])) if document["week"].get(day) else _("free"),
            )
            for day in WEEKDAYS
        ),
        *day_lines(document),
        *(usual if document.get("is_usual") else []),
    ]


def day_lines(document: dict) -> list[Line]:
    """Days in a row that have the same name and kind are one line."""
    kinds = dict.fromkeys(document["holidays"], _("free")) | dict.fromkeys(
        document["working_days"], _("working day")
    )
    names, runs = document.get("names", {}), []
    for text in sorted(kinds):
        day, said = date.fromisoformat(text), (names.get(text, ""), kinds[text])
        if runs and runs[-1][2] == said and (day - runs[-1][1]).days == 1:
            runs[-1] = (runs[-1][0], day, said)
        else:
            runs.append((day, day, said))
    return [
        Line(
            key=f"day/{first.isoformat()}",
            label=day_in_words(first) if first == last else run_in_words(first, last),
            text=_(": ").join(part for part in said if part),
        )
        for first, last, said in runs
    ]


def run_in_words(first: date, last: date) -> str:
    return _("%(first)s – %(last)s") % {"first": day_in_words(first), "last": day_in_words(last)}


def day_in_words(day: date) -> str:
    return _("%(date)s (%(weekday)s)") % {
        "date": date_format(day, "DATE_FORMAT"),
        "weekday": weekday_names()[WEEKDAYS[day.weekday()]],
    }

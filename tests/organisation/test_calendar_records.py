"""Calendars as ops staff write them: the form's fields, the words, China's holidays, the line to try them."""

import json
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from flows.organisation.calendar_editor import DaysFormField, WeekFormField, hours_of, times_in
from flows.organisation.calendar_words import sentence_of
from flows.organisation.models import Calendar
from flows.organisation.public_holidays import days_of, known_years
from rules.store.actions import publish_reviewed_by


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        (["09:00", "12:00", "13:00", "18:00"], ["09:00-12:00", "13:00-18:00"]),
        (["10:00", "", "", "22:00"], ["10:00-22:00"]),
        (["22:00", "", "", "06:00"], ["22:00-06:00"]),
        (["00:00", "", "", "00:00"], ["00:00-24:00"]),
        (["", "", "", ""], []),
    ],
)
def test_four_times_make_the_hours_of_a_day_and_are_shown_again(typed, hours):
    assert hours_of(typed) == hours
    assert list(times_in(hours)) == typed


@pytest.mark.parametrize(
    "typed",
    [
        ["09:00", "", "", ""],
        ["", "12:00", "13:00", ""],
        ["09:00", "12:00", "", "18:00"],
        ["09:00", "13:00", "12:00", "18:00"],
        ["22:00", "23:00", "23:30", "06:00"],
        ["9", "", "", "18:00"],
        ["25:00", "", "", "18:00"],
        ["09:00", "", "", "09:00"],
    ],
)
def test_times_that_make_no_day_are_refused(typed):
    with pytest.raises(ValidationError):
        hours_of(typed)


def test_what_was_typed_wrongly_is_named_by_its_day_and_kept():
    field = WeekFormField(required=False)
    typed = field.widget.value_from_datadict({"week-mon-from": "09:00", "week-sun-until": "x"}, {}, "week")
    with pytest.raises(ValidationError) as error:
        field.clean(typed)
    assert len(error.value.messages) == 2
    assert 'value="x"' in field.widget.render("week", typed)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        '[{"date": "2026-02-30", "kind": "free"}]',
        '[{"date": "2026-01-01", "kind": "x"}]',
        '[{"date": "2026-01-01", "kind": "free", "name": 1}]',
        json.dumps([{"date": "2026-01-01", "kind": "free", "name": "\x00"}]),
        json.dumps({"date": "2026-01-01"}),
    ],
)
def test_days_that_cannot_be_read_are_refused(text):
    with pytest.raises(ValidationError):
        DaysFormField(required=False).clean(text)


def test_days_are_kept_in_order_and_each_once():
    days = [
        {"date": "2026-05-01", "kind": "free", "name": "劳动节"},
        {"date": "2026-01-01", "kind": "working", "name": ""},
        {"date": "2026-01-01", "kind": "free", "name": "元旦"},
    ]
    assert DaysFormField(required=False).clean(json.dumps(days)) == [days[2], days[0]]


def test_chinas_days_of_2026_are_those_the_state_council_announced():
    kinds = {day["date"]: day["kind"] for day in days_of(2026)}
    # 春节 15 to 23 February, with 14 and 28 February worked.
    february = {day: kind for day, kind in kinds.items() if day.startswith("2026-02")}
    assert sorted(day for day, kind in february.items() if kind == "free") == [
        f"2026-02-{day}" for day in range(15, 24)
    ]
    assert sorted(day for day, kind in february.items() if kind == "working") == ["2026-02-14", "2026-02-28"]
    assert 2026 in known_years()
    assert days_of(2200) == []


def test_the_sentence_says_the_week_and_the_years():
    calendar = Calendar(name="x", days=days_of(2026))
    with translation.override("en"):
        assert sentence_of(calendar.document()) == (
            "Mon–Fri 09:00–18:00, break 12:00–13:00; 2026: 33 days of holidays, 6 make-up days"
            " (Asia/Shanghai)."
        )
    with translation.override("zh-hans"):
        said = sentence_of(calendar.document())
    assert "周一至周五 09:00–18:00（12:00–13:00 休息）" in said
    assert "2026 年休 33 天" in said


def test_days_in_a_row_are_one_line_to_compare():
    lines = {line.key: line for line in Calendar.in_words(Calendar(days=days_of(2026)).document(), "en")}
    assert lines["day/2026-02-15"].text == "春节: free"
    assert "2026-02-16" not in "".join(lines)


def test_a_make_up_day_has_the_hours_of_a_weekday():
    calendar = Calendar.compile(Calendar(days=days_of(2026)).document())
    assert len(calendar.hours_of(date(2026, 2, 14))) == 2  # a Saturday
    assert calendar.hours_of(date(2026, 2, 16)) == []  # a Monday
    friday = datetime(2026, 2, 13, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai
    assert calendar.add(friday, 2 * 3600) == datetime(2026, 2, 14, 2, 0, tzinfo=UTC)


# Screens


@pytest.fixture
def office(designer, reviewer):
    record = Calendar(name="总部", slug="office", is_usual=True, days=days_of(2026))
    publish_reviewed_by(record, author=designer, reviewer=reviewer)
    return Calendar.objects.get()


def posted(record, **changes) -> dict:
    data = {"name": record.name, "slug": record.slug, "time_zone": record.time_zone, "is_usual": "on"}
    for day, hours in record.week.items():
        for part, time in zip(("from", "rest", "again", "until"), times_in(hours), strict=True):
            data[f"week-{day}-{part}"] = time
    return data | {"days": json.dumps(record.days)} | changes


def test_a_designer_changes_hours_and_days_and_asks_for_review(office, designer, client_of):
    url = reverse(Calendar.snippet_viewset.get_url_name("edit"), args=[office.pk])
    client = client_of(designer)
    page = client.get(url).content.decode()
    assert 'name="week-mon-from" value="09:00"' in page
    typhoon = [*office.days, {"date": "2026-08-03", "kind": "free", "name": "台风"}]
    data = posted(office, days=json.dumps(typhoon), **{"week-sat-from": "10:00", "week-sat-until": "16:00"})
    response = client.post(url, data | {"action-submit": "1"})
    assert response.status_code == 302
    draft = Calendar.objects.get().get_latest_revision_as_object()
    assert draft.week["sat"] == ["10:00-16:00"]
    assert {"date": "2026-08-03", "kind": "free", "name": "台风"} in draft.days
    assert Calendar.objects.get().workflow_in_progress


def test_a_mistake_is_told_and_what_was_typed_stays(office, designer, client_of):
    url = reverse(Calendar.snippet_viewset.get_url_name("edit"), args=[office.pk])
    data = posted(office, **{"week-sat-from": "10:00"})
    page = client_of(designer).post(url, data | {"action-submit": "1"}).content.decode()
    assert "周六" in page
    assert 'name="week-sat-from" value="10:00"' in page


def test_the_line_says_when_working_hours_end(office, designer, client_of):
    data = posted(office, try_hours="4", try_start="2026-09-30T17:00")
    said = client_of(designer).post(reverse("calendar_try"), data).json()
    # An hour on Wednesday, then the national holiday until the 8th.
    assert "2026-10-08 12:00" in said["ends"]
    assert "周一至周五" in said["sentence"]


@pytest.mark.parametrize(
    "typed",
    [
        {"try_hours": "", "try_start": ""},
        {"try_hours": "nan", "try_start": "2026-01-01T10:00"},
        {"try_hours": "1e9", "try_start": "x"},
        {"try_hours": "1", "try_start": "9999-12-31T23:59"},
        {"time_zone": "Mars/Base"},
        {"days": "{"},
        {"week-mon-from": "x"},
    ],
)
def test_the_line_answers_bad_input_in_words(office, designer, client_of, typed):
    response = client_of(designer).post(reverse("calendar_try"), posted(office) | typed)
    assert response.status_code == 200
    assert response.json()["sentence"]


def test_only_who_may_see_calendars_tries_them(office, agent, client_of):
    assert client_of(agent).post(reverse("calendar_try"), posted(office)).status_code in (302, 403)

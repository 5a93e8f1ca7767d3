"""Working time: opening hours, holidays, make-up days, pauses, and clocks that change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.organisation.calendars import NoWorkingTime, WorkingCalendar
from rules.engine import RuleErrors

OFFICE = ["09:00-12:00", "13:00-18:00"]
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WORKDAYS, "sat", "sun")
HOUR = 3600


def calendar(hours=OFFICE, days=WORKDAYS, timezone="Asia/Shanghai", **more):
    return WorkingCalendar.from_document({"timezone": timezone, "week": dict.fromkeys(days, hours), **more})


def shanghai(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def berlin(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)


# Deadlines


def test_lunch_and_the_night_do_not_count():
    # Wednesday, 1 h before lunch.
    assert calendar().add(shanghai("2026-03-04T11:00"), 2 * HOUR) == shanghai("2026-03-04T14:00")
    assert calendar().add(shanghai("2026-03-04T17:00"), 2 * HOUR) == shanghai("2026-03-05T10:00")


def test_a_deadline_is_the_instant_the_budget_reaches_zero_not_the_next_opening():
    assert calendar().add(shanghai("2026-03-04T09:00"), 8 * HOUR) == shanghai("2026-03-04T18:00")
    assert calendar().add(shanghai("2026-03-04T09:00"), 3 * HOUR) == shanghai("2026-03-04T12:00")


def test_work_that_arrives_at_night_begins_to_count_in_the_morning():
    assert calendar().add(shanghai("2026-03-07T02:00"), 60) == shanghai("2026-03-09T09:01")


def test_no_budget_is_used_up_at_once():
    night = shanghai("2026-03-07T02:00")
    assert calendar().add(night, 0) == night


def test_a_deadline_is_told_in_utc():
    assert calendar().add(shanghai("2026-03-04T09:00"), 1).tzinfo is UTC


def test_holidays_every_years_holidays_and_make_up_days():
    golden_week = calendar(
        holidays=["2026-10-01", "2026-10-02"], yearly_holidays_MM_DD=["01-01"], working_days=["2026-10-10"]
    )
    assert golden_week.add(shanghai("2026-09-30T17:00"), 2 * HOUR) == shanghai("2026-10-05T10:00")
    assert golden_week.add(shanghai("2026-12-31T17:00"), 2 * HOUR) == shanghai("2027-01-04T10:00")
    # A Saturday, with the hours of Monday, because the week knows none for Saturdays.
    assert golden_week.hours_of(date(2026, 10, 10)) == [(9 * HOUR, 12 * HOUR), (13 * HOUR, 18 * HOUR)]
    assert golden_week.add(shanghai("2026-10-09T17:00"), 2 * HOUR) == shanghai("2026-10-10T10:00")


def test_a_holiday_may_be_free_in_part_and_a_make_up_day_have_hours_of_its_own():
    half_days = calendar(
        holidays=[{"date": "2026-12-24", "ranges": ["12:30-24:00"]}],
        working_days=[{"date": "2026-12-26", "ranges": ["10:00-11:00"]}],
    )
    assert half_days.hours_of(date(2026, 12, 24)) == [(9 * HOUR, 12 * HOUR)]
    assert half_days.add(shanghai("2026-12-24T11:00"), 10 * HOUR) == shanghai("2026-12-26T11:00")


def test_a_make_up_day_wins_over_a_holiday():
    both = calendar(holidays=["2026-03-04"], working_days=["2026-03-04"])
    assert both.between(shanghai("2026-03-04T00:00"), shanghai("2026-03-05T00:00")) == 8 * HOUR


def test_a_night_shift_belongs_to_the_day_it_begins_on():
    nights = calendar(["22:00-06:00"], ["fri"])
    assert nights.between(shanghai("2026-03-06T00:00"), shanghai("2026-03-08T00:00")) == 8 * HOUR
    assert nights.is_open(shanghai("2026-03-07T05:59"))
    assert not nights.is_open(shanghai("2026-03-07T06:00"))
    assert not nights.is_open(shanghai("2026-03-06T05:00"))


def test_a_calendar_without_working_time_ahead_says_so_instead_of_searching_for_ever():
    with pytest.raises(NoWorkingTime):
        calendar(days=()).add(shanghai("2026-03-04T09:00"), 1)


# Pauses


def test_time_on_hold_does_not_count():
    start, end = shanghai("2026-03-04T09:00"), shanghai("2026-03-04T12:00")
    pauses = [(shanghai("2026-03-04T10:00"), shanghai("2026-03-04T11:00"))]
    assert calendar().between(start, end, pauses) == 2 * HOUR
    assert calendar().add(start, 2 * HOUR, pauses) == end


def test_pauses_that_overlap_count_once():
    start = shanghai("2026-03-04T09:00")
    pauses = [
        (shanghai("2026-03-04T10:00"), shanghai("2026-03-04T11:00")),
        (shanghai("2026-03-04T09:30"), shanghai("2026-03-04T10:30")),
    ]
    assert calendar().between(start, shanghai("2026-03-04T12:00"), pauses) == 3 * HOUR // 2


def test_a_budget_used_up_when_the_pause_begins_is_used_up_then():
    pauses = [(shanghai("2026-03-04T10:00"), shanghai("2026-03-04T11:00"))]
    assert calendar().add(shanghai("2026-03-04T09:00"), HOUR, pauses) == shanghai("2026-03-04T10:00")


def test_a_pause_that_goes_on_leaves_no_deadline():
    start, pause = shanghai("2026-03-04T09:00"), [(shanghai("2026-03-04T10:00"), None)]
    assert calendar().add(start, 2 * HOUR, pause) is None
    assert calendar().add(start, HOUR // 2, pause) == shanghai("2026-03-04T09:30")
    assert calendar().between(start, shanghai("2026-03-06T10:00"), pause) == HOUR


# Clocks that change


def test_a_night_in_which_the_clock_springs_ahead_is_an_hour_shorter():
    always = calendar(["00:00-24:00"], EVERY_DAY, timezone="Europe/Berlin")
    assert always.between(berlin("2026-03-29T00:00"), berlin("2026-03-30T00:00")) == 23 * HOUR
    assert always.between(berlin("2026-10-25T00:00"), berlin("2026-10-26T00:00")) == 25 * HOUR


def test_hours_the_clock_skips_are_not_worked_and_hours_it_repeats_are_worked_twice():
    nights = calendar(["02:00-03:00"], EVERY_DAY, timezone="Europe/Berlin")
    assert nights.between(berlin("2026-03-29T00:00"), berlin("2026-03-30T00:00")) == 0
    assert nights.between(berlin("2026-10-25T00:00"), berlin("2026-10-26T00:00")) == 2 * HOUR


def test_opening_in_the_skipped_hour_is_opening_when_the_clock_has_jumped():
    early = calendar(["02:30-05:00"], EVERY_DAY, timezone="Europe/Berlin")
    assert early.add(berlin("2026-03-29T01:00"), HOUR) == berlin("2026-03-29T04:00")


def test_offices_open_at_their_local_hour_whatever_the_offset():
    office = calendar(timezone="Europe/Berlin")
    assert office.add(berlin("2026-03-27T17:00"), 2 * HOUR) == berlin("2026-03-30T10:00")


def test_a_day_that_a_country_skipped_has_no_hours():
    samoa = calendar(["00:00-24:00"], EVERY_DAY, timezone="Pacific/Apia")
    zone = ZoneInfo("Pacific/Apia")
    around = datetime(2011, 12, 29, tzinfo=zone), datetime(2012, 1, 1, tzinfo=zone)
    assert samoa.between(*around) == 2 * 24 * HOUR


# Any calendar: second by second is slow, but it is surely right

ZONES = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Tehran",
    "America/Sao_Paulo",
    "Pacific/Apia",
]
MOMENTS_OF_CHANGE = [
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia skips a day
    datetime(2008, 11, 2, 2, 31, tzinfo=UTC),  # St. John's puts the clock back over midnight
    datetime(2016, 3, 20, 20, 30, tzinfo=UTC),  # Tehran has no midnight
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # São Paulo has none either
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
]
STEP = 15 * 60

clock = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
hours = st.lists(st.tuples(clock, clock).filter(lambda ends: ends[0] != ends[1]).map("-".join), max_size=2)


def is_working_time(document, at):
    """What the calendar's words say about one instant, without any arithmetic."""
    local = at.astimezone(ZoneInfo(document["timezone"]))
    now = local.time().isoformat("minutes")
    for day, is_next in ((local.date(), False), (local.date() - timedelta(days=1), True)):
        for text in hours_on(document, day):
            opens, closes = text.split("-")
            overnight = closes <= opens
            if not is_next and opens <= now and (overnight or now < closes):
                return True
            if is_next and overnight and now < closes:
                return True
    return False


def hours_on(document, day):
    return [] if day.isoformat() in document["holidays"] else document["week"][EVERY_DAY[day.weekday()]]


@given(
    zone=st.sampled_from(ZONES),
    week=st.fixed_dictionaries(dict.fromkeys(EVERY_DAY, hours)),
    change=st.sampled_from(MOMENTS_OF_CHANGE),
    begin=st.integers(-200, 200),
    length=st.integers(0, 300),
    free=st.integers(-2, 2),
)
@settings(max_examples=60, deadline=None)
def test_working_time_is_what_counting_every_quarter_of_an_hour_gives(
    zone, week, change, begin, length, free
):
    document = {
        "timezone": zone,
        "week": week,
        "holidays": [(change + timedelta(days=free)).date().isoformat()],
    }
    # Quarters of an hour on the clock of every one of these zones, at that time.
    start = change.replace(minute=change.minute // 15 * 15) + begin * timedelta(seconds=STEP)
    steps = [start + place * timedelta(seconds=STEP) for place in range(length)]
    worked = sum(counted(document, at) for at in steps)
    made = WorkingCalendar.from_document(document)
    end = start + length * timedelta(seconds=STEP)
    assert made.between(start, end) == worked
    if worked:
        deadline = made.add(start, worked)
        assert start < deadline <= end
        assert made.between(start, deadline) == worked
        assert made.between(start, deadline - timedelta(seconds=1)) == worked - 1


def counted(document, start):
    """Seconds of a quarter of an hour; minute by minute, for clocks that change at 00:01."""
    minutes = (start + minute * timedelta(minutes=1) for minute in range(STEP // 60))
    return sum(60 for at in minutes if is_working_time(document, at))


@given(st.integers(0, 40 * HOUR), st.integers(0, 10 * 24 * HOUR))
@settings(max_examples=60, deadline=None)
def test_adding_and_measuring_are_each_others_inverse(budget, after):
    office = calendar(timezone="Europe/Berlin", holidays=["2026-03-30"])
    start = datetime(2026, 3, 25, tzinfo=UTC) + timedelta(seconds=after)
    deadline = office.add(start, budget)
    assert office.between(start, deadline) == budget
    assert office.between(deadline, start) == -budget


# Bad documents


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({"timezone": "Moon/Crater", "week": {}}, "timezone"),
        ({"timezone": "../etc/passwd", "week": {}}, "timezone"),
        ({"timezone": 8, "week": {}}, "timezone"),
        ({"timezone": "UTC"}, "week"),
        ({"timezone": "UTC", "week": {"monday": []}}, "week/monday"),
        ({"timezone": "UTC", "week": {"mon": ["9-17"]}}, "week/mon/0"),
        ({"timezone": "UTC", "week": {"mon": ["09:00-25:00"]}}, "week/mon/0"),
        ({"timezone": "UTC", "week": {"mon": ["09:00-09:00"]}}, "week/mon/0"),
        ({"timezone": "UTC", "week": {"mon": "09:00-17:00"}}, "week/mon"),
        ({"timezone": "UTC", "week": {}, "holidays": ["2026-02-30"]}, "holidays/0"),
        ({"timezone": "UTC", "week": {}, "holidays": [{"date": "2026-02-01"}]}, "holidays/0/ranges"),
        ({"timezone": "UTC", "week": {}, "working_days": [{"ranges": []}]}, "working_days/0/date"),
        ({"timezone": "UTC", "week": {}, "yearly_holidays_MM_DD": ["13-01"]}, "yearly_holidays_MM_DD/0"),
        ({"timezone": "UTC", "week": {}, "lunch": "12:00"}, "lunch"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_told_at_its_place(document, path):
    with pytest.raises(RuleErrors) as raised:
        WorkingCalendar.from_document(document)
    [problem] = raised.value.problems
    assert problem.path == path
    assert problem.sentence.zh != problem.sentence.en


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        calendar().add(datetime(2026, 3, 4, 9), 60)

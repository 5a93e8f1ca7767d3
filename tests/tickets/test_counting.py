"""Counting a budget step by step gives what counting it at once gives."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flows.organisation.calendars import WorkingCalendar
from flows.tickets.service_levels.counting import ALWAYS, Count, from_scratch, whole

OFFICE = WorkingCalendar.from_document(
    {
        "timezone": "Asia/Shanghai",
        "week": {day: ["09:00-12:00", "13:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": ["2026-10-01", "2026-10-02"],
        "working_days": ["2026-10-10"],
    }
)
LONDON = WorkingCalendar.from_document(
    {
        "timezone": "Europe/London",
        "week": {"mon": ["22:00-06:00"], "thu": ["09:00-17:30"], "sun": ["00:00-03:00"]},
    }
)
CALENDARS = st.sampled_from([OFFICE, LONDON, ALWAYS])
START = datetime(2026, 9, 25, 1, 0, tzinfo=UTC)
instants = st.integers(0, 40 * 24 * 60 * 60 * 1000).map(lambda ms: START + timedelta(milliseconds=ms))
budgets = st.integers(0, 200 * 60 * 60)


@given(CALENDARS, budgets, st.lists(instants, min_size=1, max_size=9, unique=True), instants)
def test_pausing_and_resuming_counts_as_the_calendar_does_with_pauses(calendar, budget, moments, asked):
    begin, *changes = sorted(moments)
    count, pauses = Count(budget=budget, calendar=calendar).run(begin), []
    for at in changes:
        if count.since is None:
            pauses[-1] = (pauses[-1][0], whole(at))
            count = count.run(at)
        else:
            pauses.append((whole(at), None))
            count = count.stand_still(at)
    asked = max(asked, changes[-1] if changes else begin)
    assert count.used_at(asked) == calendar.between(whole(begin), whole(asked), pauses)
    if count.since is not None and count.used < budget:
        assert count.due_at == calendar.add(whole(begin), budget, pauses)


@given(
    st.lists(
        st.tuples(instants, CALENDARS, budgets, st.booleans()),
        min_size=1,
        max_size=8,
        unique_by=lambda x: x[0],
    )
)
def test_counting_again_equals_counting_from_scratch(changes):
    """Any run of calendars, budgets and pauses: kept step by step, or worked out from its stretches."""
    changes = sorted(changes, key=lambda change: change[0])
    first, calendar, budget, _runs = changes[0]
    count, spans = Count(budget=budget, calendar=calendar).run(first), []
    running_since, by = first, (calendar, budget)
    for at, calendar, budget, runs in changes[1:]:
        count = count.recount(at, budget=budget, calendar=calendar)
        count = count.run(at) if runs else count.stand_still(at)
        if running_since is not None:
            spans.append((running_since, at, *by))
        running_since, by = (at if runs else None), (calendar, budget)
    if running_since is not None:
        spans.append((running_since, None, *by))
    expected = from_scratch(spans)
    assert count.used_at(changes[-1][0]) == sum(
        calendar.between(whole(begin), whole(end or changes[-1][0])) for begin, end, calendar, _ in spans
    )
    if running_since is not None:
        assert (count.used, count.since, count.due_at) == (expected.used, expected.since, expected.due_at)


@given(CALENDARS, st.integers(1, 10**6), st.integers(0, 10**6), instants)
def test_a_mark_is_reached_exactly_when_so_much_is_used(calendar, budget, mark, begin):
    count = Count(budget=budget, calendar=calendar).run(begin)
    when = count.when_used(mark)
    assert count.used_at(when) == mark
    assert mark == 0 or count.used_at(when - timedelta(seconds=1)) == mark - 1


def test_what_was_used_before_a_calendar_changed_stays_used():
    monday = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
    count = Count(budget=4 * 3600, calendar=OFFICE).run(monday)
    changed = count.recount(monday + timedelta(hours=2), budget=4 * 3600, calendar=ALWAYS)
    assert changed.used == 2 * 3600
    assert changed.due_at == monday + timedelta(hours=4)


def test_a_budget_made_shorter_than_what_is_used_is_due_at_once():
    monday = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)
    now = monday + timedelta(hours=2)
    count = Count(budget=4 * 3600, calendar=OFFICE).run(monday).recount(now, budget=3600, calendar=OFFICE)
    assert count.due_at == now


def test_a_calendar_without_working_time_ahead_is_never_due():
    never = WorkingCalendar.from_document({"timezone": "UTC", "week": {}})
    assert Count(budget=1, calendar=never).run(START).due_at is None

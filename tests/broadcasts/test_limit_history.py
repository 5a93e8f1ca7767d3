"""A draft of a limit is tried on what was sent: each side remembers only what it would have let through."""

from datetime import time, timedelta

import pytest

from flows.broadcasts.limits import HELD_BACK, REACHED, WAITS
from flows.broadcasts.models import Limit, Recipient
from rules.store import tasks
from rules.store.actions import save_draft
from rules.store.back_tests import perform, request_back_test, sides_now
from rules.store.histories import history_of
from tests.broadcasts.conftest import NOON, work
from tests.broadcasts.test_limits import NOT_RECENT_BUYERS, ONE_A_DAY, night, shanghai

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ROLLING = {"kind": "cap", "counted": "rolling", "unit": "day"}


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    monkeypatch.setattr(tasks, "perform_back_test", lambda pk: None)


@pytest.fixture
def live_limit(make_limit):
    return lambda slug, **fields: make_limit(slug, **fields).record


@pytest.fixture
def draft_of(designer):
    """draft_of(record, most=1): the newest draft says so."""

    def draft_of(record, **changes):
        newer = Limit.objects.get(pk=record.pk).get_latest_revision_as_object()
        for name, value in changes.items():
            setattr(newer, name, value)
        save_draft(record=newer, by=designer)
        return newer

    return draft_of


@pytest.fixture
def new_draft(designer):
    def new_draft(slug="new", **fields):
        record = Limit(name=slug, slug=slug, **fields)
        save_draft(record=record, by=designer)
        return record

    return new_draft


@pytest.fixture
def sent(make_broadcast, send):
    """sent(NOON, NOON + DAY): a broadcast to everyone at each."""
    count = 0

    def sent(*moments, **fields):
        nonlocal count
        for at in moments:
            count += 1
            send(make_broadcast(f"number-{count}", **fields).slug, at)

    return sent


@pytest.fixture
def try_on(designer):
    def try_on(record, *, since=NOON - 60 * DAY, until=NOON + 60 * DAY):
        run = request_back_test(record=record, since=since, until=until, by=designer, at=NOON)
        perform(run.pk)
        run.refresh_from_db()
        assert run.state == "done"
        return run

    return try_on


def changes(run) -> dict:
    return {
        (row["before"] and row["before"]["outcome"], row["after"]["outcome"]): row["count"]
        for row in run.outcomes.values()
    }


def test_a_tighter_cap_would_have_held_more_back(make_buyers, live_limit, draft_of, sent, try_on):
    make_buyers(3)
    record = live_limit("cap", **ROLLING, most=2, length=7)
    sent(NOON, NOON + DAY)
    run = try_on(draft_of(record, most=1))
    assert (run.done, run.changed) == (6, 3)
    assert changes(run) == {(REACHED, HELD_BACK): 3}


def test_what_a_draft_holds_back_does_not_count_for_the_next_message(make_buyers, new_draft, sent, try_on):
    make_buyers(1)
    # Every 24 hours; the draft allows one in 36. It holds back the second, so the third may go.
    sent(*(NOON + number * DAY for number in range(4)))
    run = try_on(new_draft(kind="cap", counted="rolling", unit="hour", most=1, length=36))
    assert changes(run) == {(None, REACHED): 2, (None, HELD_BACK): 2}


def test_what_live_limits_held_back_counts_for_a_looser_draft(
    make_buyers, live_limit, draft_of, sent, try_on
):
    make_buyers(1)
    record = live_limit("cap", **ROLLING, most=1, length=7)
    sent(NOON, NOON + DAY, NOON + 2 * DAY)
    assert Recipient.objects.filter(outcome="held_back").count() == 2
    # With two a week the second goes, and counts: the third does not.
    run = try_on(draft_of(record, most=2))
    assert changes(run) == {(HELD_BACK, REACHED): 1}
    (row,) = run.outcomes.values()
    (example,) = row["examples"]
    assert len(example["facts"]["messages"]) == 1


def test_the_days_before_the_period_count_as_they_were(make_buyers, live_limit, draft_of, sent, try_on):
    make_buyers(1)
    record = live_limit("cap", **ROLLING, most=9, length=7)
    sent(NOON, NOON + DAY)
    run = try_on(draft_of(record, most=1), since=NOON + HOUR)
    assert (run.done, changes(run)) == (1, {(REACHED, HELD_BACK): 1})


def test_who_is_held_back_by_something_else_too_is_no_case(
    make_buyers, live_limit, draft_of, sent, try_on, make_customer
):
    make_buyers(1)
    record = live_limit("cap", **ROLLING, most=1, length=7)
    live_limit("day", **ONE_A_DAY)
    sent(NOON, NOON + HOUR, NOON + DAY)
    # The second is held back by both; the third by the first only.
    run = try_on(draft_of(record, most=5))
    assert (run.done, changes(run)) == (2, {(HELD_BACK, REACHED): 1})


def test_a_failed_message_does_not_count(make_buyers, new_draft, sent, try_on):
    make_buyers(1)
    sent(NOON, NOON + DAY)
    Recipient.objects.filter(counts_at=NOON).update(outcome="failed", reason="failed")
    run = try_on(new_draft(**ROLLING, most=1, length=7))
    assert changes(run) == {(None, REACHED): 2}


def test_only_messages_that_either_limit_is_about_are_looked_at(make_buyers, new_draft, sent, try_on):
    make_buyers(1)
    sent(NOON, category="news")
    sent(NOON + DAY, category="promotion")
    run = try_on(new_draft(**ROLLING, most=1, length=7, category="news"))
    assert run.done == 1


def test_recent_buyers(make_buyers, make_order, live_limit, draft_of, sent, try_on):
    first, second, _third = make_buyers(3)
    record = live_limit("recent", **NOT_RECENT_BUYERS)
    make_order(first, NOON - 3 * DAY)
    make_order(second, NOON - 10 * DAY)
    sent(NOON)
    assert changes(try_on(draft_of(record, length=14))) == {(REACHED, HELD_BACK): 1}
    assert changes(try_on(draft_of(record, length=2))) == {(HELD_BACK, REACHED): 1}


def test_quiet_hours(make_buyers, live_limit, draft_of, sent, try_on):
    make_buyers(2)
    record = live_limit("night", **night())
    sent(shanghai("2026-03-02 20:30"), shanghai("2026-03-03 22:00"))
    work(shanghai("2026-03-04 10:00"))
    # Now both are in the quiet hours, and the second waits an hour longer.
    run = try_on(draft_of(record, quiet_from=time(20), quiet_until=time(10)))
    rows = {
        (row["before"].get("until"), row["after"].get("until")): row["count"] for row in run.outcomes.values()
    }
    assert rows == {(None, "10:00"): 2, ("09:00", "10:00"): 2}


def test_a_pace_makes_those_wait_for_whom_there_is_no_room(make_buyers, new_draft, sent, try_on):
    make_buyers(5)
    sent(NOON, NOON + timedelta(minutes=2))
    run = try_on(new_draft(kind="pace", counted="rolling", unit="minute", most=2, length=1))
    # Two of the first five leave at once; the last of them is still waiting when the next five are ready.
    assert changes(run) == {(None, REACHED): 2, (None, WAITS): 8}


@pytest.mark.parametrize("kind", ["cap", "pace"])
def test_a_try_that_broke_off_goes_on_to_the_same_result(
    kind, make_buyers, new_draft, sent, try_on, monkeypatch, designer
):
    from flows.broadcasts import limit_history

    make_buyers(7)
    sent(NOON, NOON + HOUR, NOON + DAY)
    monkeypatch.setattr(limit_history, "CUSTOMERS", 2)
    monkeypatch.setattr(limit_history, "MESSAGES", 4)
    record = new_draft(kind=kind, counted="rolling", unit="hour", most=2, length=24)
    sides = sides_now(record)
    history = history_of(Limit, record.document())
    period = (sides, NOON - DAY, NOON + 9 * DAY)
    whole = [case for page in history.pages(*period, 0) for case in page]
    assert len(whole) == history.count(*period) == 21
    first = next(iter(history.pages(*period, 0)))
    rest = [case for page in history.pages(*period, first[-1].place) for case in page]
    assert [*first, *rest] == whole


def test_the_live_limit_tried_on_what_it_did_changes_nothing(
    make_buyers, make_order, live_limit, sent, try_on
):
    first, *_others = make_buyers(4)
    make_order(first, NOON - DAY)
    records = [
        live_limit("cap", **ROLLING, most=2, length=7),
        live_limit("recent", **NOT_RECENT_BUYERS),
        live_limit("night", **night()),
        live_limit("pace", kind="pace", counted="rolling", unit="minute", most=3, length=1),
    ]
    sent(NOON, NOON + 10 * HOUR, NOON + 3 * DAY)
    work(NOON + 9 * DAY)
    for record in records:
        assert try_on(record).changed == 0


def test_a_customer_is_found_by_number(make_buyers, live_limit, sent):
    make_buyers(2)
    record = live_limit("cap", **ROLLING, most=1, length=7)
    sent(NOON, NOON + DAY)
    history = history_of(Limit, record.document())
    case = history.find(sides_now(record), " 2 ")
    assert [row["at"] for row in case.facts["messages"]] == [NOON]
    assert history.find(sides_now(record), "no such number") is None

"""A limit has tests: one message to one customer at one moment, decided as sets of customers are."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from flows.broadcasts import judging
from flows.broadcasts.limits import HELD_BACK, REACHED, WAITS, Message, Situation, ruling
from flows.broadcasts.models import Limit, Recipient, Sending
from flows.broadcasts.models.limit_facts import boundaries
from rules.store.actions import save_draft
from rules.store.deciding import Decider
from rules.store.problems import RecordErrors
from rules.store.testing import StoredTest, keep_tests, run_tests, stored_tests, suggested_tests
from tests.broadcasts.conftest import NOON
from tests.broadcasts.test_limits import (
    NOT_RECENT_BUYERS,
    ONE_A_DAY,
    TWO_IN_7_DAYS,
    compiled,
    night,
    shanghai,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def draft(designer):
    """draft("two", **fields): a limit that is not live yet."""

    def draft(slug, **fields):
        record = Limit(name=slug, slug=slug, **fields)
        save_draft(record=record, by=designer)
        return record

    return draft


def outcome(limit, **facts):
    return Limit.replay(limit, facts)["outcome"]


def before(*spans):
    return [{"at": NOON - span} for span in spans]


# What a limit says about one message


@pytest.mark.parametrize(("count", "said"), [(1, REACHED), (2, HELD_BACK), (3, HELD_BACK)])
def test_a_cap_counts_the_other_messages(count, said):
    limit = compiled(**TWO_IN_7_DAYS)
    assert outcome(limit, at=NOON, messages=before(*[DAY] * count)) == said


def test_a_message_exactly_at_the_end_of_the_period_still_counts():
    limit = compiled(**TWO_IN_7_DAYS)
    assert outcome(limit, at=NOON, messages=before(DAY, 7 * DAY)) == HELD_BACK
    assert outcome(limit, at=NOON, messages=before(DAY, 7 * DAY + timedelta(seconds=1))) == REACHED


def test_only_messages_that_the_limit_is_about_count():
    limit = compiled(**ONE_A_DAY, category="promotion")
    news = [{"at": NOON - HOUR, "category": "news"}]
    assert outcome(limit, at=NOON, category="promotion", messages=news) == REACHED
    assert outcome(limit, at=NOON, category="news", messages=before(HOUR)) == REACHED
    assert outcome(limit, at=NOON, messages=before(HOUR)) == HELD_BACK


def test_who_bought_recently_is_held_back():
    limit = compiled(**NOT_RECENT_BUYERS)
    assert outcome(limit, at=NOON, last_purchase=NOON - 7 * DAY) == HELD_BACK
    assert outcome(limit, at=NOON, last_purchase=NOON - 8 * DAY) == REACHED
    assert outcome(limit, at=NOON) == REACHED


def test_quiet_hours_say_until_when_a_message_waits():
    limit = compiled(**night())
    assert Limit.replay(limit, {"at": shanghai("2026-03-02 21:00")}) == {"outcome": WAITS, "until": "09:00"}
    assert outcome(limit, at=shanghai("2026-03-02 09:00")) == REACHED


def test_a_pace_lets_the_others_wait():
    limit = compiled(kind="pace", most=100, length=1, unit="minute", counted="rolling")
    assert outcome(limit, in_all=99) == REACHED
    assert outcome(limit, in_all=100) == WAITS


@pytest.mark.parametrize("facts", [{}, {"at": "soon"}, {"at": 5}, {"at": datetime(1, 1, 1, tzinfo=UTC)}])
def test_without_a_moment_nothing_is_decided(facts):
    assert Limit.replay(compiled(**TWO_IN_7_DAYS), facts) is None


@pytest.mark.parametrize(
    "messages", ["x", 7, [7], [{}], [{"at": []}], [{"at": NOON, "channel": {}}], {"at": NOON}]
)
def test_messages_that_cannot_be_read_do_not_count_or_count_as_any(messages):
    assert outcome(compiled(**TWO_IN_7_DAYS), at=NOON, messages=messages) == REACHED


# The same as what is done to sets of people

windows = st.one_of(
    st.tuples(st.just("rolling"), st.sampled_from(["minute", "hour", "day"]), st.integers(1, 50)),
    st.tuples(st.just("calendar"), st.sampled_from(["day", "week", "month"]), st.integers(1, 3)),
)
instants = st.one_of(
    # Around the ends of periods, and anywhere.
    st.builds(
        lambda days, hours, edge: NOON - timedelta(days=days, hours=hours) + edge,
        st.integers(-2, 40),
        st.integers(0, 24),
        st.sampled_from([timedelta(0), timedelta(microseconds=1), -timedelta(microseconds=1)]),
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 4, 1), timezones=st.just(UTC)),
)
said_of_messages = st.tuples(st.sampled_from(["console", "email"]), st.sampled_from(["promotion", "news"]))


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    window=windows,
    most=st.integers(1, 4),
    zone=st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Berlin"]),
    concerns=st.tuples(st.sampled_from(["", "console"]), st.sampled_from(["", "news"])),
    others=st.lists(st.tuples(instants, said_of_messages), max_size=7),
    at=instants,
)
def test_a_cap_says_of_one_message_what_the_database_says_of_many(
    db, make_customer, make_broadcast, django_user_model, window, most, zone, concerns, others, at
):
    from django.db import transaction

    counted, unit, length = window
    limit = Limit.compile(
        Limit(
            kind="cap", most=most, counted=counted, unit=unit, length=length, zone=zone,
            channel=concerns[0], category=concerns[1],
        ).document()
    )  # fmt: skip
    with transaction.atomic():
        customer = make_customer(f"c{Sending.objects.count()}-{make_customer.__name__}")
        version = live_version_of(make_broadcast)
        for counts_at, (channel, category) in others:
            sending = Sending.objects.create(
                version=version, slug="x", channel=channel, category=category, at=counts_at, state="done",
                created_at=counts_at, finished_at=counts_at, content_digest="",
            )  # fmt: skip
            Recipient.objects.create(
                sending=sending, customer=customer, outcome="sent", reason="sent", counts_at=counts_at
            )
        in_sets = judging.held_back_by(limit, ids=[customer.pk], at=at, leaves_at=at) == {customer.pk}
        transaction.set_rollback(True)
    messages = [Message(when, channel, category) for when, (channel, category) in others]
    alone = ruling(limit, Situation(message=Message(at), others=messages))
    assert (alone.outcome == HELD_BACK) == in_sets


def live_version_of(make_broadcast):
    from flows.broadcasts.models import Broadcast
    from rules.store.runtime import live_version

    return live_version(Broadcast, "spring") or live_version(Broadcast, make_broadcast("spring").slug)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(window=windows, purchases=st.lists(instants, max_size=5), at=instants)
def test_not_to_recent_buyers_says_of_one_customer_what_the_database_says_of_many(
    db, make_customer, make_order, window, purchases, at
):
    from django.db import transaction

    counted, unit, length = window
    limit = Limit.compile(Limit(kind="bought", counted=counted, unit=unit, length=length).document())
    with transaction.atomic():
        customer = make_customer("1")
        for placed_at in purchases:
            make_order(customer, placed_at)
        in_sets = judging.held_back_by(limit, ids=[customer.pk], at=at, leaves_at=at) == {customer.pk}
        transaction.set_rollback(True)
    last = max((placed_at for placed_at in purchases if placed_at <= at), default=None)
    alone = ruling(limit, Situation(message=Message(at), last_purchase=last))
    assert (alone.outcome == HELD_BACK) == in_sets


# Kept with the limit


def test_a_failing_test_keeps_a_limit_from_going_live_and_says_why(draft, publish, designer):
    record = draft("two-a-week", **TWO_IN_7_DAYS)
    test = StoredTest.make(
        name="Third in a week",
        facts={"at": NOON, "messages": before(DAY, 2 * DAY)},
        expected={"outcome": HELD_BACK},
    )
    keep_tests(record=record, tests=[test], by=designer)
    newer = Limit.objects.get().get_latest_revision_as_object()
    newer.most = 3
    with pytest.raises(RecordErrors) as refused:
        publish(newer)
    with translation.override("en"):
        (problem,) = refused.value.problems
        assert str(problem.sentence.say("en")) == (
            "The test “Third in a week” fails. Expected: is held back. Decided: may be reached. Why: 2 other "
            "messages count between 2026-02-23 12:00:00 and 2026-03-09 12:00:00; at most 3 is allowed."
        )


@pytest.mark.parametrize(
    ("fields", "outcomes"),
    [
        (TWO_IN_7_DAYS, [REACHED, HELD_BACK, HELD_BACK, HELD_BACK, REACHED]),
        (ONE_A_DAY, [REACHED, HELD_BACK, HELD_BACK, HELD_BACK, REACHED]),
        (NOT_RECENT_BUYERS, [HELD_BACK, REACHED]),
        (night(), [REACHED, WAITS, WAITS, REACHED]),
        (night(quiet_from=time(12), quiet_until=time(14)), [REACHED, WAITS, WAITS, REACHED]),
        (
            {"kind": "pace", "most": 10, "length": 1, "unit": "minute", "counted": "rolling"},
            [REACHED, WAITS, WAITS],
        ),
    ],
)
def test_tests_are_suggested_at_the_boundaries(fields, outcomes):
    limit = compiled(**fields)
    assert [outcome(limit, **one.facts) for one in boundaries(limit)] == outcomes


def test_suggested_cases_can_be_kept_once(draft, designer):
    record = draft("two-a-week", **TWO_IN_7_DAYS)
    suggested = suggested_tests(record, Decider.of(record))
    tests = [StoredTest.make(name="x", facts=one.facts, expected=one.outcome) for one in suggested]
    keep_tests(record=record, tests=tests, by=designer)
    kept = Limit.objects.get().get_latest_revision_as_object()
    assert all(result.passed for result in run_tests(kept))
    assert suggested_tests(kept, Decider.of(kept)) == []
    assert len(stored_tests(kept)) == 5


@pytest.mark.parametrize("fields", [TWO_IN_7_DAYS, NOT_RECENT_BUYERS, night()])
def test_the_pages_of_tests_are_shown_in_both_languages(fields, draft, designer, client):
    record = draft("limit", **fields)
    client.force_login(designer)
    name = record.snippet_viewset.get_url_name
    for language in ("en", "zh-hans"):
        asked = {"headers": {"accept-language": language}}
        assert client.get(reverse(name("tests"), args=[record.pk]), **asked).status_code == 200
        assert client.get(reverse(name("test"), args=[record.pk, "new"]), **asked).status_code == 200


def test_a_test_is_written_by_hand(draft, designer, client):
    record = draft("one", **ONE_A_DAY)
    client.force_login(designer)
    address = reverse(record.snippet_viewset.get_url_name("test"), args=[record.pk, "new"])
    typed = {
        "fact-at": "2026-03-02T12:00",
        "fact-messages-0-at": "2026-03-02T08:00",
        "fact-messages-0-channel": "console",
    }
    assert "record-test__decided" in client.post(address, typed | {"verb": "try"}).content.decode()
    client.post(address, typed | {"verb": "keep", "expected": "0", "name": "Second today"})
    (test,) = stored_tests(Limit.objects.get().get_latest_revision_as_object())
    assert test.expected == {"outcome": HELD_BACK}
    assert [row["channel"] for row in test.facts["messages"]] == ["console"]
    # Opened and kept again, it is the same.
    again = reverse(record.snippet_viewset.get_url_name("test"), args=[record.pk, test.id])
    client.post(again, typed | {"verb": "keep", "expected": "0", "name": "Second today"})
    (kept,) = stored_tests(Limit.objects.get().get_latest_revision_as_object())
    assert kept == test


def test_a_row_that_makes_no_sense_is_refused_at_its_place(draft, designer, client):
    record = draft("one", **ONE_A_DAY)
    client.force_login(designer)
    address = reverse(record.snippet_viewset.get_url_name("test"), args=[record.pk, "new"])
    for typed in ("yesterday", "99999999", "NaN", "1e400", "[" * 900):
        page = client.post(
            address, {"fact-at": "2026-03-02T12:00", "fact-messages-3-at": typed, "verb": "try"}
        )
        assert page.status_code == 200
        assert "error-message" in page.content.decode()

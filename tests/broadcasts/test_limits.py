"""What limits say about instants, and about customers."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows.broadcasts import actions
from flows.broadcasts.limits import latest_quiet_end
from flows.broadcasts.models import Limit, Recipient
from rules.store.problems import RecordErrors, Refusal
from tests.broadcasts.conftest import NOON, reasons, work

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def compiled(**fields):
    return Limit.compile(Limit(**fields).document())


ONE_A_DAY = {"kind": "cap", "most": 1, "length": 1, "unit": "day", "counted": "calendar"}
ONE_IN_24_HOURS = {"kind": "cap", "most": 1, "length": 24, "unit": "hour", "counted": "rolling"}
TWO_IN_7_DAYS = {"kind": "cap", "most": 2, "length": 7, "unit": "day", "counted": "rolling"}
NOT_RECENT_BUYERS = {"kind": "bought", "length": 7, "unit": "day", "counted": "rolling"}


def night(**fields):
    from datetime import time

    return {"kind": "quiet", "quiet_from": time(21), "quiet_until": time(9)} | fields


# The caps table


def test_one_per_calendar_day_allows_the_next_day_of_its_zone(make_buyers, make_limit, make_broadcast, send):
    make_buyers(1)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast("first")
    make_broadcast("second")
    assert reasons(send("first", shanghai("2026-03-01 23:00"))) == {"sent": 1}
    assert reasons(send("second", shanghai("2026-03-02 00:00"))) == {"sent": 1}


def test_one_per_calendar_day_refuses_the_same_day_of_its_zone(make_buyers, make_limit, make_broadcast, send):
    make_buyers(1)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast("first")
    make_broadcast("second")
    # The same day in Shanghai, not in UTC.
    assert reasons(send("first", shanghai("2026-03-02 07:00"))) == {"sent": 1}
    assert reasons(send("second", shanghai("2026-03-02 09:00"))) == {"limit:one-a-day": 1}


@pytest.mark.parametrize(
    ("ago", "outcome"),
    [(timedelta(hours=24), "limit:one-in-24-hours"), (timedelta(hours=24, microseconds=1), "sent")],
)
def test_one_per_rolling_24_hours_still_counts_exactly_24_hours_ago(
    ago, outcome, make_buyers, make_limit, make_broadcast, send
):
    make_buyers(1)
    make_limit("one-in-24-hours", **ONE_IN_24_HOURS)
    make_broadcast("first")
    make_broadcast("second")
    send("first", NOON - ago)
    assert reasons(send("second", NOON)) == {outcome: 1}


def test_a_failed_send_does_not_count(make_buyers, make_limit, make_broadcast, send):
    make_buyers(1)
    make_limit("two-in-7-days", **TWO_IN_7_DAYS)
    for slug in ("first", "second", "third", "fourth"):
        make_broadcast(slug)
    send("first", NOON - timedelta(days=2))
    failed = send("second", NOON - timedelta(days=1))
    failed.recipients.update(outcome=Recipient.Outcome.FAILED)
    assert reasons(send("third", NOON)) == {"sent": 1}
    assert reasons(send("fourth", NOON)) == {"limit:two-in-7-days": 1}


def test_a_pace_lets_through_no_more_than_its_number_however_long_it_runs(
    make_buyers, make_limit, make_broadcast, send
):
    make_buyers(40)
    make_limit("five-an-hour", kind="pace", most=5, length=1, unit="hour", counted="rolling")
    make_broadcast()
    sending = send("spring", NOON)
    assert reasons(sending) == {"pace:five-an-hour": 35, "sent": 5}
    for minutes in range(10, 4 * 60 + 1, 10):
        work(NOON + timedelta(minutes=minutes))
    sent = sorted(sending.recipients.filter(outcome="sent").values_list("counts_at", flat=True))
    assert len(sent) == 20
    for start in sent:
        assert sum(start <= at <= start + timedelta(hours=1) for at in sent) <= 5


# Windows


def test_a_calendar_week_begins_on_monday_and_a_month_on_its_first():
    week = compiled(kind="cap", most=1, length=1, unit="week", counted="calendar")
    month = compiled(kind="cap", most=1, length=2, unit="month", counted="calendar")
    at = shanghai("2026-03-04 10:00")
    assert week.period_before(at).start == shanghai("2026-03-02 00:00")
    assert month.period_before(at).start == shanghai("2026-02-01 00:00")
    assert month.period_around(at).end == shanghai("2026-04-01 00:00") - timedelta(microseconds=1)


def test_a_calendar_day_may_have_23_or_25_hours():
    day = compiled(kind="cap", most=1, length=1, unit="day", counted="calendar", zone="Europe/London")
    spring = day.period_around(datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert spring.start == datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert spring.end == datetime(2026, 3, 29, 23, tzinfo=UTC) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-03-02 20:59", None),
        ("2026-03-02 21:00", "2026-03-03 09:00"),
        ("2026-03-02 23:59", "2026-03-03 09:00"),
        ("2026-03-03 00:00", "2026-03-03 09:00"),
        ("2026-03-03 08:59", "2026-03-03 09:00"),
        ("2026-03-03 09:00", None),
    ],
)
def test_quiet_hours_cross_midnight(at, end):
    assert compiled(**night()).quiet_ends(shanghai(at)) == (end and shanghai(end))


def test_quiet_hours_within_one_day():
    from datetime import time

    noon = compiled(kind="quiet", quiet_from=time(12), quiet_until=time(14))
    assert noon.quiet_ends(shanghai("2026-03-02 11:59")) is None
    assert noon.quiet_ends(shanghai("2026-03-02 12:00")) == shanghai("2026-03-02 14:00")
    assert noon.quiet_ends(shanghai("2026-03-02 14:00")) is None


def test_several_quiet_hours_are_waited_for_one_after_the_other():
    from datetime import time

    early = compiled(kind="quiet", quiet_from=time(8), quiet_until=time(10))
    quiet = [("night", compiled(**night())), ("early", early)]
    assert latest_quiet_end(quiet, shanghai("2026-03-02 22:00")) == (shanghai("2026-03-03 10:00"), "early")


def test_quiet_hours_that_leave_no_time_are_found():
    from datetime import time

    day = compiled(kind="quiet", quiet_from=time(9), quiet_until=time(21))
    assert latest_quiet_end([("night", compiled(**night())), ("day", day)], NOON) is None


# Bought recently


@pytest.mark.parametrize(
    ("ago", "kind", "held"),
    [
        (timedelta(days=7), "sale", True),
        (timedelta(days=7, microseconds=1), "sale", False),
        (timedelta(0), "sale", True),
        (-timedelta(seconds=1), "sale", False),
        (timedelta(days=1), "return", False),
    ],
)
def test_who_bought_within_seven_days_is_held_back_and_returns_are_no_purchases(
    ago, kind, held, make_buyers, make_order, make_limit, make_broadcast
):
    [buyer] = make_buyers(1)
    make_order(buyer, NOON - ago, kind=kind)
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_broadcast()
    forecast = actions.forecast(slug="spring", at=NOON)
    assert forecast.by_reason == ({"limit:bought": 1} if held else {"accepted": 1})


def test_bought_within_calendar_days_counts_from_midnight(
    make_buyers, make_order, make_limit, make_broadcast
):
    one, two = make_buyers(2)
    make_order(one, shanghai("2026-03-01 00:00"))
    make_order(two, shanghai("2026-02-28 23:59"))
    make_limit("bought", kind="bought", length=2, unit="day", counted="calendar")
    make_broadcast()
    assert actions.forecast(slug="spring", at=NOON).by_reason == {"limit:bought": 1, "accepted": 1}


# Several limits


def test_the_strictest_wins_and_the_others_are_named(
    make_buyers, make_order, make_limit, make_broadcast, send
):
    [buyer] = make_buyers(1)
    make_order(buyer, NOON - timedelta(days=1))
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast("first")
    make_broadcast("second")
    send("first")
    [recipient] = send("second").recipients.all()
    assert recipient.reason == "limit:bought"
    assert recipient.detail == {"version": 1}


def test_all_limits_that_hold_someone_back_are_kept(
    make_buyers, make_order, make_limit, make_broadcast, send
):
    [buyer] = make_buyers(1)
    make_broadcast("first")
    make_broadcast("second")
    send("first")
    make_order(buyer, NOON)
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_limit("one-a-day", **ONE_A_DAY)
    [recipient] = send("second").recipients.all()
    assert (recipient.reason, recipient.detail) == ("limit:bought", {"version": 1, "also": ["one-a-day"]})


def test_a_limit_for_one_category_leaves_the_others_alone(make_buyers, make_limit, make_broadcast, send):
    make_buyers(1)
    make_limit("one-promotion-a-day", **ONE_A_DAY, category="promotion")
    make_broadcast("first", category="promotion")
    make_broadcast("notice", category="service")
    make_broadcast("second", category="promotion")
    assert reasons(send("first")) == {"sent": 1}
    assert reasons(send("notice")) == {"sent": 1}
    assert reasons(send("second")) == {"limit:one-promotion-a-day": 1}


def test_a_limit_that_is_only_a_draft_bounds_nothing(make_buyers, make_broadcast, designer, send):
    from rules.store.actions import save_draft

    make_buyers(1)
    save_draft(record=Limit(name="draft", slug="draft", **ONE_A_DAY), by=designer)
    make_broadcast("first")
    make_broadcast("second")
    send("first")
    assert reasons(send("second")) == {"sent": 1}


# What a limit may say


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"kind": "cap"}, "most"),
        ({"kind": "cap", "most": 1, "length": None}, "length"),
        ({"kind": "cap", "most": 1, "unit": "hour", "counted": "calendar"}, "unit"),
        ({"kind": "cap", "most": 1, "unit": "month", "counted": "rolling"}, "unit"),
        ({"kind": "pace", "most": 1, "counted": "calendar"}, "counted"),
        ({"kind": "quiet"}, "quiet_from"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(fields, place):
    with pytest.raises(RecordErrors) as refusal:
        compiled(**fields)
    assert refusal.value.problems[0].path == (place,)


def test_quiet_hours_of_a_whole_day_are_refused():
    from datetime import time

    with pytest.raises(RecordErrors, match="全天"):
        compiled(kind="quiet", quiet_from=time(9), quiet_until=time(9))


def test_a_sending_is_refused_when_quiet_hours_leave_no_time(make_buyers, make_limit, make_broadcast, send):
    from datetime import time

    make_buyers(1)
    make_limit("night", **night())
    make_limit("day", kind="quiet", quiet_from=time(9), quiet_until=time(21))
    make_broadcast()
    with pytest.raises(Refusal):
        send("spring")


@pytest.mark.parametrize(
    ("fields", "zh", "en"),
    [
        (
            ONE_A_DAY,
            "每位客户每个自然日（Asia/Shanghai）最多 1 条。",
            "At most 1 message per customer on one",
        ),
        (TWO_IN_7_DAYS, "每位客户最近 7×24 小时内最多 2 条。", "At most 2 messages per customer within"),
        (NOT_RECENT_BUYERS, "不发给最近 7×24 小时内下过单的客户。", "Not to customers who bought within"),
        (night(), "21:00 至 09:00（Asia/Shanghai）不发送", "Nothing is sent from 21:00 until 09:00"),
    ],
)
def test_a_limit_says_what_it_does_in_both_languages(fields, zh, en):
    document = Limit(**fields).document()
    assert zh in Limit.in_words(document, "zh-hans")[0].text
    assert en in Limit.in_words(document, "en")[0].text

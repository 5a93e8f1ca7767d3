"""Limits that a region or a store has tightened: never more than headquarters allows."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from flows.broadcasts.models import Limit
from flows.broadcasts.models.limit_parts import longer_period, longer_quiet
from flows.organisation.models import Region, Store
from flows.organisation.places import path_of_store, place_of_region, place_of_store
from rules.store.actions import adjust
from rules.store.problems import RecordErrors
from rules.store.runtime import live_version

from .conftest import NOON, reasons


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def shop(db):
    north = Region.objects.create(slug="north", name="North")
    return Store.objects.create(slug="sh-001", name="Nanjing Road", region=north)


@pytest.fixture
def adjust_limit(publish, designer):
    """adjust_limit("cap", place, most={"most": 2}): live."""

    def adjust_limit(slug, place, **parts):
        override = adjust(record=Limit.objects.get(slug=slug), place=place, by=designer)
        override.parts = parts
        return publish(override)

    return adjust_limit


@pytest.fixture
def cap(make_limit):
    """Three promotions a week for everyone."""
    return make_limit("cap", kind="cap", most=3, length=1, unit="week", counted="calendar")


def most_in(path):
    return live_version(Limit, "cap", path=path).compiled.most


def change_cap(publish, **changes):
    newer = Limit.objects.get(slug="cap").get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(newer, name, value)
    return publish(newer)


def test_a_store_tightens_and_headquarters_later_tightens_more(cap, adjust_limit, publish, shop):
    adjust_limit("cap", place_of_store(shop), most={"most": 2})
    assert (most_in(()), most_in(path_of_store(shop))) == (3, 2)
    change_cap(publish, most=1)
    assert (most_in(()), most_in(path_of_store(shop))) == (1, 1)
    change_cap(publish, most=9)
    assert (most_in(()), most_in(path_of_store(shop))) == (9, 2)


def test_a_store_that_loosens_is_refused_with_a_sentence(cap, adjust_limit, shop):
    with pytest.raises(
        RecordErrors, match="“at most 5” would loosen “at most 3”, which comes from Headquarters"
    ):
        adjust_limit("cap", place_of_store(shop), most={"most": 5})
    assert most_in(path_of_store(shop)) == 3


def test_a_store_may_not_loosen_what_its_region_tightened(cap, adjust_limit, shop):
    adjust_limit("cap", place_of_region(shop.region), most={"most": 1})
    with pytest.raises(RecordErrors, match="“at most 1”, which comes from North"):
        adjust_limit("cap", place_of_store(shop), most={"most": 2})


def test_where_a_limit_allows_it_a_store_loosens_and_switches_off(cap, adjust_limit, publish, shop):
    change_cap(publish, narrower_may_only_tighten=False)
    adjust_limit("cap", place_of_store(shop), most={"most": 5})
    assert most_in(path_of_store(shop)) == 5
    adjust_limit("cap", place_of_store(shop), off={"off": True})
    assert live_version(Limit, "cap", path=path_of_store(shop)).compiled.off


def test_switching_off_is_loosening(cap, adjust_limit, shop):
    with pytest.raises(RecordErrors, match="“off” would loosen “on”"):
        adjust_limit("cap", place_of_store(shop), off={"off": True})


def test_each_customer_is_held_back_by_the_limit_of_their_store(
    cap, adjust_limit, make_buyers, make_order, make_broadcast, send, shop
):
    here, _elsewhere = make_buyers(2)
    make_order(here, NOON - timedelta(days=30), store=shop)
    override = adjust_limit("cap", place_of_store(shop), most={"most": 1})
    make_broadcast()
    make_broadcast("again")
    assert reasons(send("spring")) == {"sent": 2}
    sending = send("again")
    assert reasons(sending) == {"limit:cap": 1, "sent": 1}
    assert sending.recipients.get(outcome="held_back").customer_id == here.pk
    assert sending.recipients.get(outcome="held_back").detail == {"version": 1, "adjusted_by": [override.pk]}
    assert sending.decided_by["overrides"] == [override.pk]


def test_a_sending_keeps_the_adjustments_it_began_with(
    cap, adjust_limit, make_buyers, make_order, make_broadcast, designer, shop
):
    from flows.broadcasts import actions, judging

    (here,) = make_buyers(1)
    make_order(here, NOON - timedelta(days=30), store=shop)
    adjust_limit("cap", place_of_store(shop), most={"most": 2})
    make_broadcast()
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    adjust_limit("cap", place_of_store(shop), most={"most": 1})
    [(limits, _ids)] = judging.limits_by_place(judging.plan_of(sending).limits, [here.pk], at=NOON)
    assert [limit.compiled.most for limit in limits] == [2]


def test_longer_quiet_hours_of_a_store_make_only_its_customers_wait(
    make_limit, adjust_limit, make_buyers, make_order, make_broadcast, send, shop
):
    make_limit("quiet", kind="quiet", quiet_from=time(21), quiet_until=time(9))
    here, _elsewhere = make_buyers(2)
    make_order(here, NOON - timedelta(days=30), store=shop)
    adjust_limit("quiet", place_of_store(shop), quiet={"quiet_from": "21:00", "quiet_until": "14:00"})
    make_broadcast()
    # Noon in Shanghai.
    sending = send("spring", NOON)
    assert reasons(sending) == {"quiet_hours:quiet": 1, "sent": 1}
    waiting = sending.recipients.get(outcome="queued")
    assert waiting.customer_id == here.pk
    assert (waiting.counts_at - NOON).total_seconds() == 2 * 3600


def test_a_place_whose_customers_must_wait_at_sending_does_not_hold_up_the_others(
    make_limit, adjust_limit, make_buyers, make_order, make_broadcast, designer, shop
):
    from flows.broadcasts import actions
    from flows.channels import actions as outbox

    here, _elsewhere = make_buyers(2)
    make_order(here, NOON - timedelta(days=30), store=shop)
    make_limit("quiet", kind="quiet", quiet_from=time(21), quiet_until=time(9))
    make_broadcast()
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_due(clock=lambda: NOON)
    # Meanwhile the store asks for a longer rest.
    adjust_limit("quiet", place_of_store(shop), quiet={"quiet_from": "20:00", "quiet_until": "13:00"})
    outbox.deliver_due(clock=lambda: NOON)
    assert reasons(sending) == {"quiet_hours:quiet": 1, "sent": 1}
    assert sending.recipients.get(outcome="queued").customer_id == here.pk


@pytest.mark.parametrize(
    ("wide", "narrow", "tighter"),
    [
        (("21:00", "09:00"), ("20:00", "10:00"), ("20:00", "10:00")),
        (("21:00", "09:00"), ("22:00", "08:00"), ("21:00", "09:00")),
        (("20:00", "08:00"), ("21:00", "09:00"), ("20:00", "09:00")),
        (("12:00", "14:00"), ("14:00", "15:00"), ("12:00", "15:00")),
        # Apart: neither is the tighter.
        (("12:00", "14:00"), ("20:00", "22:00"), ("12:00", "14:00")),
        # Together they would leave no time at all.
        (("09:00", "21:00"), ("20:00", "10:00"), ("09:00", "21:00")),
    ],
)
def test_the_tighter_quiet_hours_are_both_together(wide, narrow, tighter):
    names = ("quiet_from", "quiet_until")
    values = [dict(zip(names, ends, strict=True)) for ends in (wide, narrow, tighter)]
    assert longer_quiet(values[0], values[1]) == values[2]


@pytest.mark.parametrize(
    ("counted", "wide", "narrow", "tighter"),
    [
        ("rolling", (1, "day"), (25, "hour"), (25, "hour")),
        ("rolling", (1, "day"), (60, "minute"), (1, "day")),
        ("calendar", (1, "week"), (2, "week"), (2, "week")),
        # A month may be shorter than 31 days: by the calendar, units are not compared.
        ("calendar", (1, "month"), (31, "day"), (1, "month")),
    ],
)
def test_the_tighter_period_is_the_longer(counted, wide, narrow, tighter):
    values = [dict(zip(("length", "unit"), period, strict=True)) for period in (wide, narrow, tighter)]
    assert longer_period(values[0], values[1], counted=counted) == values[2]


MINUTES = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
QUIET = st.tuples(MINUTES, MINUTES).filter(lambda ends: ends[0] != ends[1])


def quiet_quarters(value):
    """The quarters of an hour of a day that are quiet, asked of the compiled limit itself."""
    document = {"kind": "quiet", "channel": "", "category": "", "zone": "UTC"} | value
    limit = Limit.compile(document)
    day = datetime(2026, 3, 2, tzinfo=UTC)
    return {quarter for quarter in range(96) if limit.quiet_ends(day + timedelta(minutes=15 * quarter))}


@given(QUIET, QUIET)
@hypothesis_settings(max_examples=100, deadline=None)
def test_adjusted_quiet_hours_are_never_less_quiet_than_those_above(wide, narrow):
    names = ("quiet_from", "quiet_until")
    above, own = (dict(zip(names, ends, strict=True)) for ends in (wide, narrow))
    counts = longer_quiet(above, own)
    assert quiet_quarters(above) <= quiet_quarters(counts)
    # Nothing is quiet that neither asked for.
    assert quiet_quarters(counts) <= quiet_quarters(above) | quiet_quarters(own)

"""Rates that a region or a store has its own way."""

from decimal import Decimal

import pytest
from django.utils import timezone

from flows.organisation.places import place_of_region, place_of_store
from flows.settlement import actions
from flows.settlement.models import CommissionPlan
from rules.store.actions import adjust, publish_reviewed_by, retire

from .conftest import MARCH

EVERY_LINE = {"all": []}


@pytest.fixture
def adjust_plan(designer, reviewer):
    def adjust_plan(place, **parts):
        override = adjust(record=CommissionPlan.objects.get(), place=place, by=designer)
        override.parts = {key.replace("_", ":", 1): {"percent": percent} for key, percent in parts.items()}
        return publish_reviewed_by(override, author=designer, reviewer=reviewer)

    return adjust_plan


@pytest.fixture
def orders(make_order, store):
    make_order("A1", [(1, "100.00")], store=store)
    make_order("A2", [(1, "100.00")])


def minor_by_order(settlement):
    return {entry.line.order.number: entry.minor for entry in settlement.entries.all()}


def test_a_store_earns_by_its_own_rate(make_plan, adjust_plan, orders, store, settle_march):
    make_plan(rates=[("all", EVERY_LINE, "10", "home")])
    override = adjust_plan(place_of_store(store), rate_all="12.5")
    settlement = settle_march()
    assert minor_by_order(settlement) == {"A1": 1250, "A2": 1000}
    assert settlement.adjusted_by == [override.pk]
    assert settlement.totals["by_rule"]["all"] == {"lines": 2, "minor": 2250, "percent": "12.5 / 10"}


def test_a_region_has_a_rate_for_its_stores_and_the_default_too(
    make_plan, adjust_plan, orders, store, settle_march
):
    make_plan(default_rate=Decimal(5), default_region="home")
    adjust_plan(place_of_region(store.region), default="6")
    assert minor_by_order(settle_march()) == {"A1": 600, "A2": 500}


def test_a_settlement_keeps_the_adjustments_it_was_asked_for_with(
    make_plan, adjust_plan, orders, store, reviewer
):
    make_plan(rates=[("all", EVERY_LINE, "10", "home")])
    override = adjust_plan(place_of_store(store), rate_all="20")
    now = timezone.now()
    settlement = actions.request_settlement(plan="retail", at=now, **MARCH)
    retire(record=override.record, by=reviewer, reason="Over")
    actions.post_settlement(settlement=settlement, at=now)
    assert minor_by_order(settlement) == {"A1": 2000, "A2": 1000}


def test_looking_ahead_says_what_settling_would_pay(make_plan, adjust_plan, orders, store):
    version = make_plan(rates=[("all", EVERY_LINE, "10", "home")])
    adjust_plan(place_of_store(store), rate_all="20")
    now = timezone.now()
    assert actions.preview(slug="retail", version=version, at=now, **MARCH)["commission_minor"] == 3000


def test_a_rate_out_of_bounds_is_refused(make_plan, adjust_plan, store):
    from rules.store.problems import RecordErrors

    make_plan(rates=[("all", EVERY_LINE, "10", "home")])
    with pytest.raises(RecordErrors, match="100"):
        adjust_plan(place_of_store(store), rate_all="101")

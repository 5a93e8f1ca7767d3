from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from flows.customers.models import Order, OrderLine
from flows.organisation.models import Region, Store
from flows.settlement.actions import settle
from flows.settlement.models import CommissionPlan, CommissionRate
from rules.store.actions import publish_reviewed_by

NOON = datetime(2024, 3, 2, 12, 0, tzinfo=UTC)
MARCH = {"first_day": date(2024, 3, 1), "until_day": date(2024, 4, 1)}


def country_is(name):
    return {"all": [{"name": "country", "operator": "equal_to", "value": name}]}


@pytest.fixture
def make_order(db):
    """make_order("A1", [(quantity, "price")], ...): lines in order, in CNY, at noon of 2 March."""

    def make(number, lines, *, placed_at=NOON, store=None, category="", **kwargs):
        order = Order.objects.create(
            number=number, placed_at=placed_at, store=store, **{"currency": "CNY", **kwargs}
        )
        for position, (quantity, price) in enumerate(lines, start=1):
            OrderLine.objects.create(
                order=order,
                position=position,
                sku=f"SKU-{position}",
                category=category,
                quantity=quantity,
                unit_price=Decimal(price),
            )
        return order

    return make


@pytest.fixture
def draft_plan(db):
    """draft_plan(rates=[(name, condition, percent, region)]): a plan that is not stored yet."""

    def make(*, rates=(), **kwargs):
        plan = CommissionPlan(**{"name": "Retail", "slug": "retail", "zone": "UTC", **kwargs})
        plan.rates = [
            CommissionRate(name=name, condition=condition, percent=Decimal(percent), region=region)
            for name, condition, percent, region in rates
        ]
        return plan

    return make


@pytest.fixture
def make_plan(draft_plan, designer, reviewer):
    """make_plan(...): a plan that a second person approved. → its live version"""

    def make(**kwargs):
        return publish_reviewed_by(draft_plan(**kwargs), author=designer, reviewer=reviewer)

    return make


@pytest.fixture
def settle_march():
    """settle_march("retail") → the settlement, posted."""

    def run(plan="retail", **kwargs):
        return settle(plan=plan, at=timezone.now(), **{**MARCH, **kwargs})[0]

    return run


@pytest.fixture
def store(db):
    return Store.objects.create(
        slug="east-9", name="东九店", region=Region.objects.create(slug="east-region", name="东部")
    )

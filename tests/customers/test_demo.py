from datetime import UTC, datetime, timedelta

import pytest

from flows.customers.demo import make_demo
from flows.customers.models import Customer, Order, OrderLine
from flows.organisation import demo as organisation

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 24, 4, tzinfo=UTC)


def test_the_demo_has_customers_and_orders_up_to_yesterday_in_every_store():
    organisation.make_demo()
    make_demo(at=NOW)
    assert Customer.objects.count() == 60
    assert Order.objects.count() > 250
    assert NOW - timedelta(days=2) < Order.objects.latest("placed_at").placed_at < NOW
    assert not Order.objects.filter(store=None).exists()
    assert Order.objects.returns().exists()
    assert 0 < Customer.objects.bought_within(7, at=NOW).count() < 40


def test_making_the_demo_on_another_day_changes_nothing():
    organisation.make_demo()
    make_demo(at=NOW)
    before = OrderLine.objects.count()
    make_demo(at=NOW + timedelta(days=3))
    assert (OrderLine.objects.count(), Order.objects.filter(placed_at__gt=NOW).count()) == (before, 0)

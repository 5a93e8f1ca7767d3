from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from flows.customers.demo import make_demo
from flows.customers.facts import facts_of
from flows.customers.models import Customer, Order, OrderLine
from flows.customers.scores import scores_of
from flows.organisation import demo as organisation
from rules.store.runtime import value_of

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


def test_the_demo_scores_customers_and_shows_why(client_of):
    people = organisation.make_demo()
    make_demo(people, at=NOW)
    make_demo(people, at=NOW)
    customer = Customer.objects.bought_within(7, at=NOW).first()
    [(name, score)] = scores_of(customer, at=NOW)
    assert name == "贵宾评分 VIP score"
    assert "+20: 30 天内来过 Bought lately" in score.sentences("en")
    assert score.band is not None
    page = client_of(people["designer"]).get(reverse("customer:inspect", args=[customer.pk]))
    assert "贵宾评分 VIP score" in page.content.decode()
    coupon = value_of("coupon-value", facts_of(customer, at=NOW))
    assert 0 < coupon.value <= 200


def test_without_a_live_scorecard_a_customer_has_no_score(client_of, designer):
    organisation.make_demo()
    make_demo(at=NOW)
    customer = Customer.objects.first()
    assert scores_of(customer, at=NOW) == []
    page = client_of(designer).get(reverse("customer:inspect", args=[customer.pk]))
    assert "scores-title" not in page.content.decode()

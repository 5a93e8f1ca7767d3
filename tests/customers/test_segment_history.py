"""A segment is tried on all customers: who would enter it, who would leave it."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.customers.histories import Customers
from flows.customers.models import Customer, Order, Segment
from rules.store.actions import publish_reviewed_by, save_draft
from rules.store.back_tests import perform, request_back_test, sides_now

NOON = datetime(2100, 3, 2, 4, 0, tzinfo=UTC)


def orders_at_least(count):
    return {"all": [{"name": "orders_count", "operator": "greater_than_or_equal_to", "value": count}]}


@pytest.fixture
def customers(db):
    """Customers 0 to 4 with as many orders each; one more order of 4 comes later."""
    customers = [
        Customer.objects.create(number=f"C{count}", name=f"C{count}", created_at=NOON) for count in range(5)
    ]
    for count, customer in enumerate(customers):
        for number in range(count):
            Order.objects.create(
                number=f"{count}-{number}",
                customer=customer,
                placed_at=NOON - timedelta(days=1),
                currency="CNY",
            )
    Order.objects.create(
        number="later", customer=customers[1], placed_at=NOON + timedelta(days=1), currency="CNY"
    )
    return customers


@pytest.fixture
def segment(designer, reviewer):
    segment = Segment(name="Regulars", slug="regulars", condition=orders_at_least(2))
    return publish_reviewed_by(segment, author=designer, reviewer=reviewer).record


def test_who_would_leave(customers, segment, designer):
    draft = segment.get_latest_revision_as_object()
    draft.condition = orders_at_least(4)
    save_draft(record=draft, by=designer)
    run = request_back_test(record=segment, since=NOON - timedelta(days=1), until=NOON, by=designer, at=NOON)
    perform(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.changed) == ("done", 5, 2)
    (kind,) = run.outcomes.values()
    assert (kind["before"], kind["after"]) == ({"belongs": True}, {"belongs": False})
    assert [example["subject"] for example in kind["examples"]] == [
        f"customer:{customer.pk}" for customer in customers[2:4]
    ]
    assert kind["examples"][0]["facts"] == {"orders_count": 2}


def test_it_agrees_with_who_the_segment_selects(customers, segment):
    sides = sides_now(segment)
    (page,) = Customers().pages(sides, NOON, NOON, 0)
    held = {case.place for case in page if sides.live.decide(case.facts)["belongs"]}
    assert held == set(sides.live.compiled.customers(at=NOON).values_list("pk", flat=True))


def test_a_customer_is_found_by_number(customers, segment):
    found = Customers().find(sides_now(segment), " C3 ")
    assert (found.place, found.subject) == (customers[3].pk, f"customer:{customers[3].pk}")
    assert found.facts == {"orders_count": 0}  # as of now, long before these orders
    assert Customers().find(sides_now(segment), "nobody") is None

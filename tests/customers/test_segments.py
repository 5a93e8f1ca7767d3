from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from flows.customers.facts import SEGMENT_VOCABULARY, columns, facts_of, sql_columns
from flows.customers.models import Customer, Order, OrderLine, Segment
from rules.engine import compile_condition
from rules.sql import matching_bits
from rules.store.actions import publish_reviewed_by
from rules.store.problems import RecordErrors
from rules.store.runtime import live_version

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def make_customer():
    def make(number, *orders, **fields):
        """Each order is (kind, age, amount)."""
        customer = Customer.objects.create(number=number, created_at=NOW, **fields)
        for place, (kind, age, amount) in enumerate(orders):
            order = Order.objects.create(
                number=f"{number}-{place}",
                kind=kind,
                customer=customer,
                placed_at=NOW - age,
                currency="CNY",
            )
            sign = -1 if kind == "return" else 1
            OrderLine.objects.create(
                order=order, position=1, sku="A", quantity=3 * sign, unit_price=Decimal(amount)
            )
        return customer

    return make


def matching(tree, at=NOW):
    condition = compile_condition(tree, SEGMENT_VOCABULARY)
    return set(Customer.objects.matching(condition, at=at).values_list("number", flat=True))


def test_facts_tell_what_a_customer_did(make_customer):
    customer = make_customer(
        "1", ("sale", 10 * DAY, "0.10"), ("sale", 2.5 * DAY, "100.05"), ("return", DAY, "0.1"), phone="1"
    )
    assert facts_of(customer, at=NOW) == {
        "number": "1",
        "name": "",
        "country": "",
        "level": "",
        "has_phone": True,
        "orders_count": 2,
        "returns_count": 1,
        "total_spent": Decimal("300.15"),
        "orders_last_30_days": 2,
        "orders_last_90_days": 2,
        "spent_last_30_days": Decimal("300.15"),
        "spent_last_90_days": Decimal("300.15"),
        "days_since_last_order": 2,
        "days_since_first_order": 10,
        "first_order_at": NOW - 10 * DAY,
        "last_order_at": NOW - 2.5 * DAY,
    }


def test_the_last_days_are_rolling_days_with_both_ends(make_customer):
    facts = facts_of(
        make_customer(
            "1",
            ("sale", 30 * DAY, "1"),
            ("sale", 30 * DAY + timedelta(seconds=1), "10"),
            ("return", 31 * DAY, "5"),
            ("sale", 90.5 * DAY, "100"),
            ("sale", -DAY, "1000"),
        ),
        at=NOW,
    )
    assert (facts["orders_last_30_days"], facts["spent_last_30_days"]) == (1, 3)
    assert (facts["orders_last_90_days"], facts["spent_last_90_days"]) == (2, 18)
    assert facts["total_spent"] == 318


def test_one_scan_reads_the_facts_of_everyone_as_they_are_of_each(make_customer):
    for number in range(12):
        kinds = ["sale", "sale", "return"]
        orders = [(kinds[place % 3], (place * 17 + 1) * DAY, str(place)) for place in range(number)]
        make_customer(str(number), *orders)
    Order.objects.filter(number="7-2").update(currency="USD")
    conditions = {
        (name, operator, value): compile_condition(
            {"name": name, "operator": operator, "value": value}, SEGMENT_VOCABULARY
        )
        for name in SEGMENT_VOCABULARY.variables
        if SEGMENT_VOCABULARY.variables[name].type == "numeric"
        for operator in ("less_than", "greater_than_or_equal_to")
        for value in (0, 1, 3, 20)
    }
    found = dict(matching_bits(Customer.objects.all(), conditions, sql_columns(at=NOW)))
    for customer in Customer.objects.all():
        facts = facts_of(customer, at=NOW)
        assert found[customer.pk] == sum(
            condition.holds(facts) << place for place, condition in enumerate(conditions.values())
        )


def test_facts_are_as_of_an_instant(make_customer):
    customer = make_customer("1", ("sale", 10 * DAY, "1"), ("sale", DAY, "1"))
    earlier = facts_of(customer, at=NOW - 5 * DAY)
    assert (earlier["orders_count"], earlier["days_since_last_order"], earlier["total_spent"]) == (1, 5, 3)


def test_who_never_bought_has_no_last_order_and_spent_nothing(make_customer):
    facts = facts_of(make_customer("1"), at=NOW)
    assert (facts["orders_count"], facts["total_spent"]) == (0, 0)
    assert facts["days_since_last_order"] is facts["last_order_at"] is None


def test_amounts_in_several_currencies_are_not_added_up(make_customer):
    customer = make_customer("1", ("sale", DAY, "1"), ("sale", DAY, "1"))
    Order.objects.filter(number="1-1").update(currency="USD")
    assert facts_of(customer, at=NOW)["total_spent"] is None


def test_every_declared_variable_has_a_column_and_the_reverse():
    assert set(columns(at=NOW)) == set(SEGMENT_VOCABULARY.variables)


@pytest.mark.parametrize(
    ("tree", "numbers"),
    [
        ({"all": []}, {"often", "once", "never"}),
        ({"name": "orders_count", "operator": "greater_than_or_equal_to", "value": 2}, {"often"}),
        ({"name": "country", "operator": "one_of", "value": ["France", "Italy"]}, {"once"}),
        ({"name": "days_since_last_order", "operator": "less_than", "value": 7}, {"often"}),
        ({"name": "total_spent", "operator": "equal_to", "value": 0.3}, {"once"}),
        ({"none": [{"name": "orders_count", "operator": "greater_than", "value": 0}]}, {"never"}),
        (
            {
                "any": [
                    {"name": "last_order_at", "operator": "before", "value": "2026-02-15T00:00:00+00:00"},
                    {"name": "returns_count", "operator": "greater_than", "value": 0},
                ]
            },
            {"often", "once"},
        ),
    ],
)
def test_a_segment_finds_those_of_whom_it_holds(make_customer, tree, numbers):
    make_customer("often", ("sale", 3 * DAY, "5"), ("sale", 4 * DAY, "5"), ("return", DAY, "5"))
    make_customer("once", ("sale", 30 * DAY, "0.1"), country="France")
    make_customer("never")
    assert matching(tree) == numbers


def test_a_segment_and_its_facts_agree_on_everyone(make_customer):
    for number in range(20):
        make_customer(str(number), *[("sale", days * DAY, str(days)) for days in range(number % 7)])
    condition = compile_condition(
        {
            "all": [
                {"name": "orders_count", "operator": "greater_than", "value": 2},
                {"name": "total_spent", "operator": "less_than", "value": 31},
            ]
        },
        SEGMENT_VOCABULARY,
    )
    one_by_one = {
        customer.number for customer in Customer.objects.all() if condition.holds(facts_of(customer, at=NOW))
    }
    assert one_by_one
    assert set(Customer.objects.matching(condition, at=NOW).values_list("number", flat=True)) == one_by_one


def test_bought_within_counts_rolling_days_with_both_ends_and_no_returns(make_customer):
    make_customer("edge", ("sale", 7 * DAY, "1"))
    make_customer("over", ("sale", 7 * DAY + timedelta(seconds=1), "1"))
    make_customer("only-returned", ("return", DAY, "1"))
    make_customer("later", ("sale", -DAY, "1"))
    assert set(Customer.objects.bought_within(7, at=NOW).values_list("number", flat=True)) == {"edge"}
    assert set(Customer.objects.with_a_sale(at=NOW).values_list("number", flat=True)) == {"edge", "over"}
    assert Customer.objects.with_a_sale().count() == 3


# Segments as records


def make_segment(tree, slug="regulars"):
    return Segment(name="回头客", slug=slug, condition=tree)


def test_a_reviewed_segment_runs_as_its_live_version(make_customer, designer, reviewer):
    make_customer("often", ("sale", DAY, "5"), ("sale", DAY, "5"))
    make_customer("never")
    tree = {"all": [{"name": "orders_count", "operator": "greater_than", "value": 1}]}
    publish_reviewed_by(make_segment(tree), author=designer, reviewer=reviewer)
    segment = live_version(Segment, "regulars").compiled
    assert [customer.number for customer in segment.customers(at=NOW)] == ["often"]


def test_a_segment_says_who_belongs_to_it_in_both_languages():
    document = make_segment(
        {"all": [{"name": "orders_count", "operator": "greater_than", "value": 1}]}
    ).document()
    assert "订单数" in Segment.in_words(document, "zh-hans")[0].text
    assert "number of orders" in Segment.in_words(document, "en")[0].text
    assert Segment.in_words({"condition": {"all": []}}, "en")[0].text == "every customer"


def test_a_condition_over_what_there_is_not_is_refused_at_its_field():
    with pytest.raises(RecordErrors) as refusal:
        Segment.compile({"condition": {"name": "shoe_size", "operator": "equal_to", "value": 1}})
    assert [problem.path for problem in refusal.value.problems] == [("condition",)]


def test_the_draft_shows_how_many_and_who_for_example(make_customer, designer, client_of, rf):
    for number in range(12):
        make_customer(f"C{number:02}", ("sale", DAY, "5"))
    make_customer("never")
    segment = make_segment({"name": "orders_count", "operator": "greater_than", "value": 0})
    request = rf.get("/")
    request.user = designer
    page = segment.serve_preview(request, "").render().content.decode()
    assert "12" in page
    assert "C09" in page
    assert "C10" not in page


def test_an_unfinished_draft_says_what_is_missing(designer, rf):
    segment = make_segment({"name": "shoe_size", "operator": "equal_to", "value": 1})
    assert "shoe_size" in segment.serve_preview(rf.get("/"), "").render().content.decode()


def test_designers_reach_the_segments_and_an_empty_list_teaches(designer, client_of):
    page = client_of(designer).get(reverse("wagtailsnippets_customers_segment:list"))
    assert page.status_code == 200

"""A commission plan is tried on real order lines: which earn otherwise, and what that costs."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from flows.settlement.actions import what_if
from flows.settlement.models import CommissionPlan
from rules.store.actions import save_draft
from rules.store.back_tests import perform, request_back_test
from rules.store.models import Version
from rules.store.testing import StoredTest, keep_tests, run_tests, stored_tests
from tests.settlement.conftest import MARCH, NOON, country_is

MONTH = {"since": datetime(2024, 3, 1, tzinfo=UTC), "until": datetime(2024, 4, 1, tzinfo=UTC)}


@pytest.fixture
def plan(make_plan):
    """The UK earns 15 %, all others 10 %."""
    return make_plan(
        rates=[("UK", country_is("UK"), "15", "uk")], default_rate=Decimal(10), default_region="rest"
    ).record


def changed(plan, by, **changes):
    draft = plan.get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(draft, name, value)
    save_draft(record=draft, by=by)
    return CommissionPlan.objects.get(pk=plan.pk)


def tried(record, by):
    run = request_back_test(record=record, by=by, at=NOON, **MONTH)
    perform(run.pk)
    run.refresh_from_db()
    assert run.state == "done"
    return run


def test_a_changed_rate_is_counted_by_line_and_in_money(plan, make_order, designer, store):
    make_order("A1", [(1, "100.00"), (2, "10.00")], country="UK")
    make_order("A2", [(1, "50.00")], country="FR", store=store)
    make_order("A3", [(1, "9.99")], country="FR")
    run = tried(changed(plan, designer, default_rate=Decimal(12)), designer)
    assert (run.done, run.changed) == (4, 2)
    (kind,) = run.outcomes.values()
    assert kind["before"] == {"reason": "default", "rule": "", "percent": "10"}
    assert kind["after"] == {"reason": "default", "rule": "", "percent": "12"}
    assert kind["examples"][0]["facts"] == {"country": "FR"}
    assert run.money == {
        "currency": "CNY",
        "rows": [["东九店", 600, 500], ["rest", 120, 100], ["uk", 1800, 1800]],
        "draft": 2520,
        "live": 2400,
    }


def test_the_money_is_what_trying_the_plan_on_the_period_says(plan, make_order, designer):
    for number in range(7):
        make_order(f"A{number}", [(1, "0.33"), (3, "1.17")], country="UK" if number % 2 else "FR")
    draft = changed(plan, designer, rounding_point="statement_and_region", default_rate=Decimal("12.5"))
    run = tried(draft, designer)
    compiled = CommissionPlan.compile(draft.get_latest_revision_as_object().document())
    assert run.money["draft"] == what_if(plan=compiled, by_store={}, **MARCH)["commission_minor"]
    live = Version.objects.of(plan).current().get().compiled
    assert run.money["live"] == what_if(plan=live, by_store={}, **MARCH)["commission_minor"]


def test_amounts_in_two_currencies_are_not_compared(plan, make_order, designer):
    make_order("A1", [(1, "100.00")], country="UK", currency="EUR")
    run = tried(changed(plan, designer, currency="EUR"), designer)
    assert (run.money["draft"], run.money["live"]) == (1500, None)
    assert run.money["rows"] == [["uk", 1500, None]]


def test_a_plan_has_tests(plan, designer):
    facts = {"country": "UK"}
    test = StoredTest.make(name="UK", facts=facts, expected={"reason": "rule", "rule": "UK", "percent": "15"})
    keep_tests(record=plan, tests=[test], by=designer)
    draft = CommissionPlan.objects.get().get_latest_revision_as_object()
    assert [result.passed for result in run_tests(draft)] == [True]
    assert run_tests(draft)[0].expected_in_words == "佣金 15 %（UK）"
    rate = draft.rates.get()
    rate.percent = Decimal("15.5")
    draft.rates = [rate]
    (problem,) = draft.problems()
    assert "预期：佣金 15 %（UK）。判定：佣金 15.5 %（UK）。" in str(problem)


def test_a_line_of_the_ledger_becomes_a_test_in_one_click(
    plan, make_order, settle_march, client_of, designer, agent
):
    make_order("A1", [(1, "100.00")], country="UK")
    entry = settle_march().entries.get()
    address = reverse("settlement_entry_test", args=[entry.pk])
    assert client_of(agent).post(address).status_code in (302, 403, 404)
    page = client_of(designer)
    assert address in page.get(reverse("settlement_entry", args=[entry.pk])).content.decode()
    page.post(address)
    draft = CommissionPlan.objects.get().get_latest_revision_as_object()
    (test,) = stored_tests(draft)
    assert test.facts == {"country": "UK"}
    assert test.expected == {"reason": "rule", "rule": "UK", "percent": "15"}

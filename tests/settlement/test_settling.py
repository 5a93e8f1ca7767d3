"""Settling a period: what is posted, what is refused, and that nothing is ever paid twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import now

from flows.settlement import actions
from flows.settlement.models import Account, Entry, Settlement
from flows.settlement.tasks import post_requested, post_waiting
from rules.store.actions import publish_reviewed_by
from rules.store.problems import Refusal
from tests.settlement.conftest import MARCH, NOON, country_is

AT_HOME = ("home", country_is("中国"), "15", "China")


def test_each_line_is_posted_once_with_order_line_version_and_rule(make_order, make_plan, settle_march):
    order = make_order("A1", [(2, "10.00"), (1, "3.33")], country="中国")
    version = make_plan(rates=[AT_HOME])
    settlement = settle_march()
    entries = list(settlement.entries.order_by("line__position"))
    assert [(entry.line.order, entry.version, entry.rule, entry.minor) for entry in entries] == [
        (order, version, "home", 300),
        (order, version, "home", 50),
    ]
    assert {(entry.debit.key, entry.credit.key) for entry in entries} == {
        ("commission_expense:company", "commission_payable:region:China")
    }
    assert settlement.totals["commission_minor"] == 350
    assert actions.ledger_balance() == {"CNY": 0}


def test_a_store_is_paid_for_its_own_orders(make_order, make_plan, settle_march, store):
    make_order("A1", [(1, "100.00")], country="中国", store=store)
    make_order("A2", [(1, "100.00")], country="中国")
    make_plan(rates=[AT_HOME])
    assert settle_march().totals["by_account"] == {
        "commission_payable:region:China": 1500,
        "commission_payable:store:east-9": 1500,
    }


def test_a_return_is_posted_the_other_way(make_order, make_plan, settle_march):
    make_order("A1", [(3, "33.33")], country="中国")
    make_order("C1", [(-3, "33.33")], country="中国", kind="return", placed_at=NOON + timedelta(days=1))
    make_plan(rates=[AT_HOME])
    settlement = settle_march()
    sale, back = settlement.entries.order_by("happened_at")
    assert (back.debit, back.credit, back.minor) == (sale.credit, sale.debit, sale.minor)
    assert (sale.money.minor, back.money.minor) == (1500, -1500)
    assert settlement.totals["commission_minor"] == 0
    assert set(Account.objects.all().balances().values()) == {0}


def test_a_plan_may_leave_returns_out(make_order, make_plan, settle_march):
    make_order("A1", [(1, "100.00")])
    make_order("C1", [(-1, "100.00")], kind="return")
    make_plan(default_rate=Decimal(12), included="sales")
    assert settle_march().totals["commission_minor"] == 1200


def test_settling_the_same_period_again_changes_nothing(make_order, make_plan):
    make_order("A1", [(1, "100.00")])
    make_plan(default_rate=Decimal(12))
    first, already = actions.settle(plan="retail", at=now(), **MARCH)
    assert not already
    before = list(Entry.objects.values())
    make_order("A2", [(1, "50.00")])
    again, already = actions.settle(plan="retail", at=now() + timedelta(days=9), **MARCH)
    assert (again, already) == (first, True)
    assert list(Entry.objects.values()) == before
    assert Settlement.objects.count() == 1
    assert actions.late_lines(first) == 1


def test_what_was_settled_keeps_naming_its_version_after_the_plan_changed(
    make_order, make_plan, settle_march, designer, reviewer
):
    make_order("A1", [(1, "100.00")])
    make_order("A2", [(1, "100.00")], placed_at=datetime(2024, 4, 3, tzinfo=UTC))
    old = make_plan(default_rate=Decimal(12))
    settlement = settle_march()
    plan = old.record
    plan.default_rate = Decimal(20)
    new = publish_reviewed_by(plan, author=designer, reviewer=reviewer)
    assert settle_march() == settlement
    assert settlement.entries.get().version == old
    april, _already = actions.settle(
        plan="retail",
        first_day=date(2024, 4, 1),
        until_day=date(2024, 5, 1),
        at=now(),
    )
    assert (april.version, april.totals["commission_minor"]) == (new, 2000)
    assert settlement.version.compiled.default_percent == 12


@pytest.mark.parametrize(
    ("first", "until"),
    [("2024-03-31", "2024-04-30"), ("2024-02-01", "2024-03-02"), ("2024-03-10", "2024-03-11")],
)
def test_days_are_settled_once_by_a_plan(make_order, make_plan, settle_march, first, until):
    make_order("A1", [(1, "100.00")])
    make_plan(default_rate=Decimal(12))
    settle_march()
    with pytest.raises(Refusal, match="2024-03-01"):
        settle_march(first_day=date.fromisoformat(first), until_day=date.fromisoformat(until))


def test_two_plans_may_settle_the_same_days(make_order, make_plan, settle_march):
    make_order("A1", [(1, "100.00")])
    make_plan(default_rate=Decimal(12))
    make_plan(name="Subsidy", slug="subsidy", default_rate=Decimal(1))
    assert settle_march("retail").totals["commission_minor"] == 1200
    assert settle_march("subsidy").totals["commission_minor"] == 100


def test_the_days_of_a_period_begin_at_midnight_in_the_zone_of_the_plan(make_order, make_plan, settle_march):
    make_order("A1", [(1, "100.00")], placed_at=datetime(2024, 2, 29, 15, 59, tzinfo=UTC))
    make_order("A2", [(1, "10.00")], placed_at=datetime(2024, 2, 29, 16, 0, tzinfo=UTC))
    make_order("A3", [(1, "1.00")], placed_at=datetime(2024, 3, 31, 16, 0, tzinfo=UTC))
    make_plan(default_rate=Decimal(10), zone="Asia/Shanghai")
    assert settle_march().totals["commission_minor"] == 100


def test_orders_in_another_currency_are_left_out_and_counted(make_order, make_plan, settle_march):
    make_order("A1", [(1, "100.00")])
    make_order("A2", [(1, "100.00"), (1, "5.00")], currency="USD")
    make_plan(default_rate=Decimal(10))
    totals = settle_march().totals
    assert (totals["commission_minor"], totals["lines"], totals["other_currency"]) == (1000, 1, 2)


def test_lines_without_a_rule_are_in_the_ledger_with_nothing(make_order, make_plan, settle_march):
    make_order("A1", [(1, "100.00")], country="法国")
    make_plan(rates=[AT_HOME])
    entry = settle_march().entries.get()
    assert (entry.minor, entry.rule, entry.arithmetic["reason"]) == (0, "", "no rule")


# Refusals


def test_a_plan_that_is_not_live_settles_nothing(draft_plan):
    draft_plan(default_rate=Decimal(10)).save()
    with pytest.raises(Refusal, match="retail"):
        actions.settle(plan="retail", at=now(), **MARCH)
    with pytest.raises(Refusal, match="nothing-such"):
        actions.settle(plan="nothing-such", at=now(), **MARCH)
    assert not Settlement.objects.exists()


def test_a_period_without_orders_is_refused(make_plan):
    make_plan(default_rate=Decimal(10))
    with pytest.raises(Refusal, match="2024-03-31"):
        actions.settle(plan="retail", at=now(), **MARCH)
    assert not Settlement.objects.exists()


def test_a_period_in_other_currencies_only_is_refused_and_says_so(make_order, make_plan):
    make_order("A1", [(1, "100.00")], currency="USD")
    make_plan(default_rate=Decimal(10))
    with pytest.raises(Refusal, match="CNY"):
        actions.settle(plan="retail", at=now(), **MARCH)


def test_a_period_is_settled_when_its_last_day_is_over(make_order, make_plan):
    make_plan(default_rate=Decimal(10))
    make_order("A1", [(1, "100.00")], placed_at=now())
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    today = {"first_day": midnight.date() - timedelta(days=1), "until_day": midnight.date()}
    with pytest.raises(Refusal, match=today["first_day"].isoformat()):
        actions.settle(plan="retail", at=midnight - timedelta(seconds=1), **today)
    actions.settle(plan="retail", at=midnight, **today)


def test_a_period_that_ends_before_it_begins_is_refused(make_plan):
    make_plan(default_rate=Decimal(10))
    with pytest.raises(Refusal):
        actions.settle(plan="retail", at=now(), first_day=MARCH["until_day"], until_day=MARCH["first_day"])


# In the background


@pytest.fixture
def requested(make_order, make_plan):
    make_order("A1", [(1, "100.00")])
    make_plan(default_rate=Decimal(12))
    return actions.request_settlement(plan="retail", at=now(), **MARCH)


def test_a_worker_posts_what_was_requested(requested):
    post_requested(requested.pk)
    requested.refresh_from_db()
    assert (requested.state, requested.percent_done, requested.commission.minor) == ("posted", 100, 1200)


def test_a_lost_task_is_found_again(requested):
    post_waiting()
    requested.refresh_from_db()
    assert requested.is_posted


def test_only_one_worker_posts_a_settlement(requested):
    actions.take_lease(requested, at=now())
    with pytest.raises(Refusal):
        actions.post_settlement(settlement=requested, at=now() + timedelta(minutes=1))
    assert not Entry.objects.exists()


def test_the_work_of_a_worker_that_died_is_taken_over(requested):
    actions.take_lease(requested, at=now())
    posted = actions.post_settlement(settlement=requested, at=now() + actions.LEASE)
    assert posted.is_posted
    assert Entry.objects.count() == 1


def test_an_error_leaves_no_entry_and_gives_the_work_back(requested, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(actions, "totals_of", fail)
    for _attempt in range(actions.MOST_ATTEMPTS):
        requested.refresh_from_db()
        assert requested.state == "requested"
        with pytest.raises(OSError, match="disk full"):
            actions.post_settlement(settlement=requested, at=now())
    requested.refresh_from_db()
    assert (requested.state, requested.problem) == ("failed", "OSError: disk full")
    assert not Entry.objects.exists()
    monkeypatch.undo()
    assert actions.settle(plan="retail", at=now(), **MARCH)[0].is_posted


def test_a_cancelled_settlement_posts_nothing_and_frees_its_days(requested, designer):
    actions.cancel_settlement(settlement=requested, by=designer)
    with pytest.raises(Refusal):
        actions.post_shares(requested, actions.shares_of_settlement(requested), at=now())
    assert not Entry.objects.exists()
    assert actions.settle(plan="retail", at=now(), **MARCH)[0].is_posted


def test_a_posted_settlement_is_not_cancelled(requested, designer):
    actions.post_settlement(settlement=requested, at=now())
    with pytest.raises(Refusal):
        actions.cancel_settlement(settlement=requested, by=designer)

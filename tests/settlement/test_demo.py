"""The demo company shows a settlement of real arithmetic, however often it is made."""

from datetime import timedelta

import pytest
from django.utils import timezone

from flows.organisation import demo as organisation
from flows.organisation.models import Store
from flows.settlement.demo import PLAN, make_demo
from flows.settlement.models import CommissionPlan, Entry, Settlement
from rules.store.runtime import live_version


@pytest.fixture
def people(db):
    return organisation.make_demo()


def test_the_demo_settles_the_last_month_with_orders_once(people, make_order):
    last_month = timezone.now().replace(day=1) - timedelta(days=3)
    make_order("A1", [(1, "100.00")], store=Store.objects.get(slug="east-1"), placed_at=last_month)
    make_order("A2", [(1, "100.00")], store=Store.objects.get(slug="north-1"), placed_at=last_month)
    make_order("A3", [(1, "50.00")], category="礼品卡", placed_at=last_month)
    make_demo(people)
    make_demo(people)
    assert Settlement.objects.get().commission.minor == 1200 + 1500
    assert Entry.objects.count() == 3


def test_the_plan_of_the_demo_was_approved_by_a_second_person(people):
    make_demo(people)
    version = live_version(CommissionPlan, PLAN)
    assert (version.requested_by, version.approved_by) == (people["designer"], people["reviewer"])
    assert not Settlement.objects.exists()

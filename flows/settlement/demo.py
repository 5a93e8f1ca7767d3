"""The demo company's commission plan, and one month settled by it."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from flows.settlement.actions import settle
from flows.settlement.forms import last_month_with_orders
from flows.settlement.models import CommissionPlan, CommissionRate
from rules.store.actions import publish_reviewed_by
from rules.store.problems import Refusal

PLAN = "retail-commission"
RATES = [
    ("北区 North", "region", "contains", "north", "15"),
    ("东区 East", "region", "contains", "east", "12"),
    ("南区 South", "region", "contains", "south", "11"),
    ("网店 Web shop", "store", "contains", "web", "6"),
]


def make_demo(people) -> None:
    """Make what is missing. `people`: accounts by username."""
    if not CommissionPlan.objects.filter(slug=PLAN).exists():
        publish_reviewed_by(retail_plan(), author=people["designer"], reviewer=people["reviewer"])
    settle_last_month(by=people["designer"])


def retail_plan() -> CommissionPlan:
    plan = CommissionPlan(
        name="门店佣金 Retail commission",
        slug=PLAN,
        zone="Asia/Shanghai",
        currency="CNY",
        rounding_point=CommissionPlan.RoundingPoint.ORDER,
        rounding_mode=CommissionPlan.RoundingMode.HALF_UP,
        default_rate=Decimal(5),
        default_region="总部 Headquarters",
    )
    plan.rates = [gift_cards(), *(rate(*row) for row in RATES)]
    return plan


def gift_cards() -> CommissionRate:
    """Stands first, because the first rate that holds wins."""
    return rate("礼品卡 Gift cards", "category", "contains_any_of", ["礼品卡", "gift card"], "0")


def rate(name, variable, operator, value, percent) -> CommissionRate:
    condition = {"all": [{"name": variable, "operator": operator, "value": value}]}
    return CommissionRate(name=name, condition=condition, percent=Decimal(percent))


def settle_last_month(*, by) -> None:
    now = timezone.now()
    first_day, last_day = last_month_with_orders(today=timezone.localdate(now))
    try:
        settle(plan=PLAN, first_day=first_day, until_day=last_day + timedelta(days=1), by=by, at=now)
    except Refusal:
        return  # the demo company has no orders in a month that is over

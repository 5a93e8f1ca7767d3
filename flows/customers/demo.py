"""The demo company's customers and four months of orders, ending yesterday. Made up; nobody is meant."""

import io
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from flows.customers.actions import import_orders
from flows.customers.importers import CustomerImporter
from flows.customers.models import Order, OrderMapping
from flows.customers.scores import PURPOSE
from flows.importing import Rejects
from rules.store.actions import publish_reviewed_by
from rules.store.models import Formula, ScoreBand, Scorecard, ScoreRow

FOLDER = settings.ROOT / "fixtures" / "demo"
SCORECARD = "vip-score"
FORMULA = "coupon-value"
DATE_COLUMN = 1
MAPPING = {
    "name": "示范商城 Demo shop",
    "columns": {
        "number": "订单号",
        "placed_at": "下单时间",
        "store": "门店",
        "channel": "渠道",
        "customer": "客户编号",
        "country": "国家或地区",
        "sku": "货号",
        "description": "商品",
        "category": "品类",
        "quantity": "数量",
        "unit_price": "单价",
    },
    "date_format": OrderMapping.DateFormat.ISO,
    "time_zone": "Asia/Shanghai",
    "currency": "CNY",
    "return_prefix": "T",
}


def make_demo(people=None, *, at: datetime | None = None) -> None:
    """Made once: a second call leaves everything as it is. Without `people`, no scorecard and no formula."""
    at = at or timezone.now()
    add_orders(at=at)
    if people:
        for model, slug, make in ((Scorecard, SCORECARD, vip_score), (Formula, FORMULA, coupon_value)):
            if not model.objects.filter(slug=slug).exists():
                publish_reviewed_by(make(), author=people["designer"], reviewer=people["reviewer"])


def add_orders(*, at) -> None:
    mapping, _is_new = OrderMapping.objects.get_or_create(slug="demo-shop", defaults=MAPPING)
    if Order.objects.filter(number__regex=r"^T?D\d{5}$").exists():
        return
    add_customers(at=at)
    import_orders(source=recent_orders(mapping, at=at), mapping=mapping, at=at)


def add_customers(*, at):
    with (FOLDER / "customers.csv").open("rb") as source:
        CustomerImporter().run(
            source=source,
            options={},
            at=at,
            by=None,
            rejects=Rejects(),
            progress=None,
            dry_run=False,
            limit=None,
        )


def recent_orders(mapping, *, at) -> io.BytesIO:
    """The file of orders, moved by whole days so that the last one was placed yesterday."""
    header, *lines = (FOLDER / "orders.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    dates = [datetime.strptime(row[DATE_COLUMN], mapping.date_format) for row in rows]
    yesterday = at.astimezone(mapping.zone).date() - timedelta(days=1)
    days = yesterday - max(dates).date()
    for row, date in zip(rows, dates, strict=True):
        row[DATE_COLUMN] = (date + days).strftime(mapping.date_format)
    return io.BytesIO("\n".join([header, *map(",".join, rows)]).encode())


def vip_score() -> Scorecard:
    rows = [
        ("买过 3 次 Three orders", at_least("orders_count", 3), "15", "订单数 Orders"),
        ("买过 6 次 Six orders", at_least("orders_count", 6), "30", "订单数 Orders"),
        ("消费满 500 起 Spending", at_least("total_spent", 500), "min(floor(total_spent / 500) * 5, 40)", ""),
        ("30 天内来过 Bought lately", at_most("days_since_last_order", 30), "20", ""),
        ("退货 2 次以上 Returns", at_least("returns_count", 2), "-10", ""),
    ]
    scorecard = Scorecard(
        name="贵宾评分 VIP score", slug=SCORECARD, purpose=PURPOSE, base=0, floor=0, ceiling=100
    )
    scorecard.rows = [
        ScoreRow(sort_order=place, name=name, condition=condition, points=points, group=group)
        for place, (name, condition, points, group) in enumerate(rows)
    ]
    bands = [("金 Gold", 60), ("银 Silver", 30), ("普通 Regular", 0)]
    scorecard.bands = [
        ScoreBand(sort_order=place, name=name, begin=begin) for place, (name, begin) in enumerate(bands)
    ]
    return scorecard


def at_least(name: str, number: int) -> dict:
    return {"all": [{"name": name, "operator": "greater_than_or_equal_to", "value": number}]}


def at_most(name: str, number: int) -> dict:
    return {"all": [{"name": name, "operator": "less_than_or_equal_to", "value": number}]}


def coupon_value() -> Formula:
    """Two percent of what was spent, three for who bought lately, at most 200."""
    rate = "if(days_since_last_order <= 30, 3%, 2%)"
    return Formula(
        name="优惠券面额 Coupon value",
        slug=FORMULA,
        purpose=PURPOSE,
        text=f"round(min(total_spent * {rate}, 200), 2)",
    )

"""The demo company's customers and four months of orders, ending yesterday. Made up; nobody is meant."""

import io
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from flows.customers.actions import import_orders
from flows.customers.importers import CustomerImporter
from flows.customers.models import Order, OrderMapping
from flows.importing import Rejects

FOLDER = settings.ROOT / "fixtures" / "demo"
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
    """Made once: a second call leaves customers and orders as they are."""
    at = at or timezone.now()
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

"""Customers, orders and products, as rules name them.

A customer's name is shown to who may see customers only, so it never stands in a sentence that is stored.
"""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from flows.customers.models import Customer, Order, OrderLine
from rules.store.sources import Found, register_source


def register() -> None:
    register_source(
        key="customers",
        label=_("customer"),
        may_ask=lambda user: user.has_perm("customers.view_customer"),
        find=find_customer,
        called=lambda numbers: map(as_customer, Customer.objects.filter(number__in=numbers)),
    )
    register_source(
        key="orders",
        label=_("order"),
        may_ask=lambda user: user.has_perm("customers.view_order"),
        find=find_order,
        called=lambda numbers: map(as_order, Order.objects.filter(number__in=numbers)),
    )
    register_source(
        key="products",
        label=_("product"),
        may_ask=lambda user: user.has_perm("customers.view_order"),
        find=find_product,
        called=called_product,
        is_public=True,
    )


def find_customer(words: str, most: int) -> list[Found]:
    rows = Customer.objects.filter(Q(number__istartswith=words) | Q(name__icontains=words))
    return [as_customer(row) for row in rows.order_by("number")[:most]]


def as_customer(row: Customer) -> Found:
    return Found(row.number, row.name or row.number, row.level)


def find_order(words: str, most: int) -> list[Found]:
    rows = Order.objects.filter(Q(number__istartswith=words) | Q(customer__number=words))
    return [as_order(row) for row in rows[:most]]


def as_order(row: Order) -> Found:
    return Found(row.number, row.number, f"{row.placed_at:%Y-%m-%d}")


def find_product(words: str, most: int) -> list[Found]:
    rows = OrderLine.objects.filter(Q(sku__istartswith=words) | Q(description__icontains=words))
    return once_each(rows, most)


def called_product(codes: list[str]) -> list[Found]:
    return once_each(OrderLine.objects.filter(sku__in=codes), len(codes) * 5)


def once_each(lines, most: int) -> list[Found]:
    """A product code may stand under several descriptions; the first in the alphabet is taken."""
    rows = lines.order_by("sku", "description").values_list("sku", "description").distinct()
    found = {}
    for sku, description in rows[: most * 5]:
        found.setdefault(sku, Found(sku, description or sku))
    return list(found.values())[:most]

"""What rules may ask of a customer. Each fact is written once, as a database expression: rules about one
customer and segments over all of them read the same value.

A fact is NULL (missing: no comparison with it holds) where there is nothing to tell: no sale yet, or amounts
in several currencies. All facts are as of `at`; orders placed later do not count.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_rule_variable,
    string_rule_variable,
)
from django.db import models
from django.db.models import Aggregate, Case, Max, Min, Sum, Value, When

from flows.customers.expressions import AMOUNT_IN_STEPS, StepsToUnits, WholeDays
from flows.customers.models.customer import Customer, Order, OrderLine
from rules.engine import Vocabulary, Words, datetime_rule_variable
from rules.sql import Column, NotInSql, Related
from rules.sql.expressions import Same
from rules.sql.scorecards import scorecard_columns
from rules.store.scores import Scores, band_name, score_name


class CustomerVariables(BaseVariables):
    """business-rules' view of one customer; `facts` as facts_of gives them."""

    def __init__(self, facts: Mapping):
        self.facts = facts

    @string_rule_variable(label=Words(en="customer number", zh="客户编号"))
    def number(self):
        return self.facts["number"]

    @string_rule_variable(label=Words(en="name", zh="姓名"))
    def name(self):
        return self.facts["name"]

    @select_rule_variable(label=Words(en="country or region", zh="国家或地区"))
    def country(self):
        return self.facts["country"]

    @select_rule_variable(label=Words(en="level", zh="等级"))
    def level(self):
        return self.facts["level"]

    @boolean_rule_variable(label=Words(en="has a phone number", zh="有电话号码"))
    def has_phone(self):
        return self.facts["has_phone"]

    @numeric_rule_variable(label=Words(en="number of orders", zh="订单数"))
    def orders_count(self):
        return self.facts["orders_count"]

    @numeric_rule_variable(label=Words(en="number of returns", zh="退货数"))
    def returns_count(self):
        return self.facts["returns_count"]

    @numeric_rule_variable(label=Words(en="total spent, returns deducted", zh="累计消费额（已扣除退货）"))
    def total_spent(self):
        return self.facts["total_spent"]

    @numeric_rule_variable(label=Words(en="number of orders in the last 30 days", zh="近 30 天订单数"))
    def orders_last_30_days(self):
        return self.facts["orders_last_30_days"]

    @numeric_rule_variable(label=Words(en="number of orders in the last 90 days", zh="近 90 天订单数"))
    def orders_last_90_days(self):
        return self.facts["orders_last_90_days"]

    @numeric_rule_variable(
        label=Words(en="spent in the last 30 days, returns deducted", zh="近 30 天消费额（已扣除退货）")
    )
    def spent_last_30_days(self):
        return self.facts["spent_last_30_days"]

    @numeric_rule_variable(
        label=Words(en="spent in the last 90 days, returns deducted", zh="近 90 天消费额（已扣除退货）")
    )
    def spent_last_90_days(self):
        return self.facts["spent_last_90_days"]

    @numeric_rule_variable(label=Words(en="whole days since the last order", zh="距上次下单的整天数"))
    def days_since_last_order(self):
        return self.facts["days_since_last_order"]

    @numeric_rule_variable(label=Words(en="whole days since the first order", zh="距首次下单的整天数"))
    def days_since_first_order(self):
        return self.facts["days_since_first_order"]

    @datetime_rule_variable(label=Words(en="now", zh="现在"))
    def now(self):
        return self.facts["now"]

    @datetime_rule_variable(label=Words(en="first order", zh="首次下单时间"))
    def first_order_at(self):
        return self.facts["first_order_at"]

    @datetime_rule_variable(label=Words(en="last order", zh="上次下单时间"))
    def last_order_at(self):
        return self.facts["last_order_at"]


# The currency is that of the customer's orders.
SEGMENT_VOCABULARY = Vocabulary.of(
    CustomerVariables,
    units={"total_spent": "money", "days_since_last_order": "days", "days_since_first_order": "days"},
    sources={"number": "customers"},
)


# Of the scorecards over customers, which segments may ask.
SCORE_PURPOSE = "customers"


def with_choices(vocabulary: Vocabulary) -> Vocabulary:
    """With the countries and levels there are, for an editor to choose from. Queries."""
    return vocabulary.extended(options={name: values_of(name) for name in ("country", "level")})


def values_of(field: str) -> list[str]:
    return list(
        Customer.objects.exclude(**{field: ""}).values_list(field, flat=True).distinct().order_by(field)
    )


def facts_of(customer: Customer, *, at: datetime) -> dict:
    """Every fact of one customer, by name; a missing one is None."""
    asked = {f"fact_{name}": column for name, column in columns(at=at).items()}
    values = Customer.objects.filter(pk=customer.pk).values(**asked).get()
    # The moment itself, with its zone: the database would give it back in UTC.
    return {name.removeprefix("fact_"): value for name, value in values.items()} | {"now": at}


def columns(*, at: datetime, names: Iterable[str] | None = None) -> dict:
    """{fact name: expression over Customer}, of all facts or of those named."""
    return {name: column.value for name, column in sql_columns(at=at, names=names).items()}


def sql_columns(*, at: datetime, names: Iterable[str] | None = None) -> dict[str, Column]:
    """`columns` as rules.sql takes them."""
    made = all_columns(at)
    return made if names is None else {name: made[name] for name in names}


def score_columns(scores: Scores, names: Iterable[str], *, at: datetime) -> dict[str, Column]:
    """The points and bands among `names`. One that no database can work out is left out, so asking it is
    refused."""
    made = {}
    for score in scores.asked(names):
        slug = scores.slug_of(score)
        named = {"points": score_name(slug), "band": band_name(slug)}
        with suppress(NotInSql):
            made |= scorecard_columns(score.card, sql_columns(at=at, names=score.card.names), named=named)
    return made


def all_columns(at: datetime) -> dict[str, Column]:
    orders = Related(Order.objects.placed(by=at), by="customer")
    sales = orders.where(kind="sale")
    # Adjustments are bookkeeping, not something a customer spends.
    lines = Related(
        OrderLine.objects.filter(order__placed_at__lte=at, order__kind__in=["sale", "return"]),
        by="order__customer",
    )
    since = {days: at - timedelta(days=days) for days in (30, 90)}
    return {
        "now": Column(Value(at, output_field=models.DateTimeField())),
        "number": Column("number"),
        "name": Column("name"),
        "country": Column("country"),
        "level": Column("level"),
        "has_phone": Column(Case(When(phone="", then=False), default=True)),
        "orders_count": sales.count(),
        "returns_count": orders.where(kind="return").count(),
        "total_spent": spent(lines),
        "orders_last_30_days": sales.where(placed_at__gte=since[30]).count(),
        "orders_last_90_days": sales.where(placed_at__gte=since[90]).count(),
        "spent_last_30_days": spent(lines.where(order__placed_at__gte=since[30])),
        "spent_last_90_days": spent(lines.where(order__placed_at__gte=since[90])),
        "days_since_last_order": days_since(sales, Max, at=at),
        "days_since_first_order": days_since(sales, Min, at=at),
        "first_order_at": sales.lowest("placed_at"),
        "last_order_at": sales.highest("placed_at"),
    }


def days_since(sales: Related, which: type[Aggregate], *, at: datetime) -> Column:
    now = Value(at, output_field=models.DateTimeField())
    return sales.folded(lambda take: WholeDays(now, take(which, "placed_at")))


def spent(lines: Related) -> Column:
    """In the currency's units; 0 without a line. NULL in several currencies, whose sum means nothing."""

    def in_one_currency(take):
        currency = [take(which, "order__currency") for which in (Min, Max)]
        return Case(When(Same(*currency), then=StepsToUnits(take(Sum, AMOUNT_IN_STEPS))))

    return lines.folded(in_one_currency, when_none=Decimal(0))

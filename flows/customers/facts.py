"""What rules may ask of a customer. Each fact is written once, as a database expression: rules about one
customer and segments over all of them read the same value.

A fact is NULL (missing: no comparison with it holds) where there is nothing to tell: no sale yet, or amounts
in several currencies. All facts are as of `at`; orders placed later do not count.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_rule_variable,
    string_rule_variable,
)
from django.db import models
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from flows.customers.expressions import AMOUNT_IN_STEPS, StepsToUnits, WholeDays
from flows.customers.models.customer import Customer, Order, OrderLine
from rules.engine import Vocabulary, Words, datetime_rule_variable
from rules.sql import Column


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


SEGMENT_VOCABULARY = Vocabulary.of(CustomerVariables)


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
    makers = COLUMNS if names is None else {name: COLUMNS[name] for name in names}
    return {name: make(at) for name, make in makers.items()}


def sql_columns(*, at: datetime, names: Iterable[str] | None = None) -> dict[str, Column]:
    """`columns` as rules.sql takes them."""
    return {name: Column(expression) for name, expression in columns(at=at, names=names).items()}


# The expressions


def orders(at):
    return Order.objects.placed(by=at).filter(customer=OuterRef("pk"))


def count(orders):
    """A subquery that groups, because one that is only counted cannot see the outer row."""
    counted = orders.order_by().values("customer").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0, output_field=models.IntegerField())


def placed(at, order):
    return Subquery(orders(at).sales().order_by(order).values("placed_at")[:1])


def days_since(at, order):
    return WholeDays(Value(at, output_field=models.DateTimeField()), placed(at, order))


def total_spent(at):
    """In the currency's units, adjustments left out; 0 without an order. NULL for a customer who pays in
    several currencies: their sum means nothing."""
    lines = OrderLine.objects.filter(
        order__customer=OuterRef("pk"), order__placed_at__lte=at, order__kind__in=["sale", "return"]
    ).order_by()
    in_one_currency = (
        lines.values("order__customer")
        .annotate(lowest=Min("order__currency"), highest=Max("order__currency"), total=Sum(AMOUNT_IN_STEPS))
        .filter(lowest=F("highest"))
        .values("total")
    )
    return Case(When(Exists(lines), then=StepsToUnits(Subquery(in_one_currency))), default=Value(Decimal(0)))


COLUMNS = {
    "now": lambda at: Value(at, output_field=models.DateTimeField()),
    "number": lambda at: F("number"),
    "name": lambda at: F("name"),
    "country": lambda at: F("country"),
    "level": lambda at: F("level"),
    "has_phone": lambda at: Case(When(phone="", then=False), default=True),
    "orders_count": lambda at: count(orders(at).sales()),
    "returns_count": lambda at: count(orders(at).returns()),
    "total_spent": total_spent,
    "days_since_last_order": lambda at: days_since(at, "-placed_at"),
    "days_since_first_order": lambda at: days_since(at, "placed_at"),
    "first_order_at": lambda at: placed(at, "placed_at"),
    "last_order_at": lambda at: placed(at, "-placed_at"),
}

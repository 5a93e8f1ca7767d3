"""What commission rates may ask of an order line. The only bridge from this flow to the rules engine."""

from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_rule_variable,
    string_rule_variable,
)
from django.utils.translation import gettext_lazy as _

from flows.organisation.models import Region, Store
from rules.engine import Vocabulary, Words
from rules.store.purposes import FORMULAS, SCORECARDS, TABLES, register_purpose


class OrderLineVariables(BaseVariables):
    """The facts of one row of querysets.rows_of."""

    def __init__(self, line):
        self.line = line

    @string_rule_variable(label=Words(en="country", zh="国家或地区"))
    def country(self):
        return self.line.order__country

    @string_rule_variable(label=Words(en="channel", zh="渠道"))
    def channel(self):
        return self.line.order__channel

    @string_rule_variable(label=Words(en="product category", zh="商品类别"))
    def category(self):
        return self.line.category

    @string_rule_variable(label=Words(en="product code", zh="商品编码"))
    def sku(self):
        return self.line.sku

    @string_rule_variable(label=Words(en="product description", zh="商品名称"))
    def description(self):
        return self.line.description

    @numeric_rule_variable(label=Words(en="quantity", zh="数量"))
    def quantity(self):
        return self.line.quantity

    @numeric_rule_variable(label=Words(en="unit price", zh="单价"))
    def unit_price(self):
        return self.line.unit_price

    @numeric_rule_variable(label=Words(en="amount", zh="金额"))
    def amount(self):
        return self.line.quantity * self.line.unit_price

    @boolean_rule_variable(label=Words(en="is a return", zh="是退货"))
    def is_return(self):
        return self.line.order__kind == "return"

    @boolean_rule_variable(label=Words(en="customer is known", zh="客户已知"))
    def customer_known(self):
        return self.line.order__customer_id is not None

    @string_rule_variable(label=Words(en="customer level", zh="客户等级"))
    def customer_level(self):
        return self.line.order__customer__level or ""

    # Any short name will do at runtime; editors offer what place_options() lists.

    @select_rule_variable(label=Words(en="region of the store", zh="门店所属区域"), options=[])
    def region(self):
        return self.line.order__store__region__slug

    @select_rule_variable(label=Words(en="store", zh="门店"), options=[])
    def store(self):
        return self.line.order__store__slug


# The currency is that of the order.
VOCABULARY = Vocabulary.of(
    OrderLineVariables,
    units={"quantity": "pieces", "unit_price": "money", "amount": "money"},
    sources={"store": "stores", "sku": "products"},
)
PURPOSE = "settlement.lines"


def register() -> None:
    register_purpose(
        key=PURPOSE,
        label=_("Order lines"),
        vocabulary=VOCABULARY,
        options_of=place_options,
        kinds=(SCORECARDS, FORMULAS, TABLES),
    )


def place_options() -> dict[str, list[dict]]:
    """The company's regions and stores, as options for Vocabulary.extended."""
    return {"region": options_of(Region), "store": options_of(Store)}


def options_of(model) -> list[dict]:
    rows = model.objects.order_by("slug").values_list("slug", "name")
    return [{"name": slug, "label": name} for slug, name in rows]

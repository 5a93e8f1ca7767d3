"""A decision table for tests: the discount that an amount and a level give."""

import pytest
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_rule_variable,
    string_rule_variable,
)
from django.utils import translation

from rules.engine import Vocabulary, Words
from rules.store import purposes
from rules.store.models import DecisionTable


class OrderVariables(BaseVariables):
    @numeric_rule_variable(label=Words(en="amount", zh="金额"))
    def amount(self):
        """In yuan."""

    @select_rule_variable(
        label=Words(en="level", zh="等级"),
        options=[
            {"name": "gold", "label": Words(en="Gold card", zh="金卡")},
            {"name": "silver", "label": Words(en="Silver card", zh="银卡")},
        ],
    )
    def level(self):
        """Of the customer."""

    @string_rule_variable(label=Words(en="city", zh="城市"))
    def city(self):
        """Where it was ordered."""

    @boolean_rule_variable(label=Words(en="first order", zh="首单"))
    def first(self):
        """Of this customer."""


ORDERS = Vocabulary.of(OrderVariables)


@pytest.fixture(autouse=True)
def orders_purpose(monkeypatch):
    monkeypatch.setattr(purposes, "_purposes", dict(purposes._purposes))
    purposes.register_purpose(
        key="orders", label=Words(en="Orders", zh="订单"), vocabulary=ORDERS, kinds=(purposes.TABLES,)
    )


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def make_table(rows=None, *, slug="discount", hit_policy="FIRST", **table):
    """An unsaved table; `rows` are (amount, level, discount) as a person types them."""
    rows = rows if rows is not None else [(">= 100", "gold", "15"), (">= 100", "-", "5"), ("<100", "-", "0")]
    rules = [
        {"id": f"r{place}", "when": list(row[:2]), "then": list(row[2:]), "annotation": ""}
        for place, row in enumerate(rows)
    ]
    content = {
        "hit_policy": hit_policy,
        "aggregation": None,
        "inputs": [{"name": "amount"}, {"name": "level"}],
        "outputs": [{"name": "discount", "type": "number", "values": [], "default": ""}],
        "rules": rules,
    }
    return DecisionTable(name="Discount", slug=slug, purpose="orders", table=content | table)

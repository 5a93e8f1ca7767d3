import pytest
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_NUMERIC
from business_rules.variables import BaseVariables, numeric_rule_variable, string_rule_variable
from django.utils import translation

from rules.engine import Vocabulary, Words
from rules.store import purposes
from rules.store.models import Rule, RuleSet


class SaleVariables(BaseVariables):
    @numeric_rule_variable(label=Words(en="amount", zh="金额"))
    def amount(self):
        """In yuan."""

    @string_rule_variable(label=Words(en="city", zh="城市"))
    def city(self):
        """Where the sale was made."""


class SaleActions(BaseActions):
    @rule_action(
        label=Words(en="give a discount", zh="给予折扣"),
        params=[{"name": "percent", "label": Words(en="percent", zh="百分比"), "fieldType": FIELD_NUMERIC}],
    )
    def discount(self, percent):
        """In percent."""


SALES = Vocabulary.of(SaleVariables, SaleActions)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def sales_purpose(monkeypatch):
    monkeypatch.setattr(purposes, "_purposes", dict(purposes._purposes))
    purposes.register_purpose(key="sales", label=Words(en="Discounts", zh="折扣"), vocabulary=SALES)


def more_than(amount):
    return {"all": [{"name": "amount", "operator": "greater_than", "value": amount}]}


def make_draft(slug="discounts", name="Discounts", threshold=1000, percent=5):
    """An unsaved rule set with one rule: above `threshold`, give `percent`."""
    record = RuleSet(name=name, slug=slug, purpose="sales")
    record.rules = [
        Rule(
            name="Big sale",
            condition=more_than(threshold),
            actions=[{"name": "discount", "params": {"percent": percent}}],
        )
    ]
    return record


@pytest.fixture
def draft(db):
    return make_draft()

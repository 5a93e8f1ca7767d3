"""A purpose with amounts and lines, and a scorecard and a formula for it; also for the editor's tests."""

import pytest

from rules.engine import Lines, Vocabulary, Words
from rules.store import purposes
from rules.store.models import Formula, ScoreBand, Scorecard, ScoreRow

ORDERS = Vocabulary.of().extended(
    [
        {
            "name": "amount",
            "label": {"en": "order amount", "zh": "订单金额"},
            "type": "numeric",
            "unit": "CNY",
        },
        {"name": "orders", "label": {"en": "number of orders", "zh": "订单数"}, "type": "numeric"},
        {"name": "placed", "label": {"en": "placed at", "zh": "下单时间"}, "type": "datetime"},
        {"name": "vip", "label": {"en": "is a VIP", "zh": "是贵宾"}, "type": "boolean"},
    ]
)
LINE = Vocabulary.of().extended(
    [
        {"name": "price", "label": {"en": "price", "zh": "单价"}, "type": "numeric", "unit": "CNY"},
        {"name": "quantity", "label": {"en": "quantity", "zh": "数量"}, "type": "numeric", "unit": "pieces"},
    ]
)
LINES = (Lines(name="lines", label=Words(en="order lines", zh="订单明细"), vocabulary=LINE),)


@pytest.fixture(autouse=True)
def orders_purpose(monkeypatch):
    monkeypatch.setattr(purposes, "_purposes", dict(purposes._purposes))
    register(ORDERS)


def register(vocabulary):
    purposes.register_purpose(
        key="orders",
        label=Words(en="Orders", zh="订单"),
        vocabulary=vocabulary,
        kinds=(purposes.SCORECARDS, purposes.FORMULAS),
        lines=LINES,
    )


def at_least(name, number):
    return {"all": [{"name": name, "operator": "greater_than_or_equal_to", "value": number}]}


def make_formula(text="round([订单金额] * 15%, 2)"):
    return Formula(name="Commission", slug="commission", purpose="orders", text=text)


def make_scorecard():
    scorecard = Scorecard(name="VIP score", slug="vip-score", purpose="orders", base=10, ceiling=100)
    scorecard.rows = [
        ScoreRow(name="loyal", condition=at_least("orders", 3), points="20", reason="bought three times"),
        ScoreRow(name="large", condition=at_least("amount", 1), points="[order amount] / 100"),
    ]
    scorecard.bands = [ScoreBand(name="Gold", begin=30), ScoreBand(name="Silver", begin=20)]
    return scorecard

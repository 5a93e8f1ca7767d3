"""What lines earn: which rate holds, and where the amount is rounded."""

from collections import defaultdict, namedtuple
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.money import round_minor
from flows.settlement.commission import UNIT_OF, CompiledPlan, CompiledRate, rate_lines, shares_of
from flows.settlement.facts import VOCABULARY
from flows.settlement.querysets import LINE_COLUMNS
from rules.engine import compile_condition
from tests.settlement.conftest import country_is

Row = namedtuple("Row", LINE_COLUMNS)
BLANK = Row(
    pk=1,
    position=1,
    sku="",
    description="",
    category="",
    quantity=1,
    unit_price=Decimal(1),
    order_id=1,
    order__number="A",
    order__kind="sale",
    order__placed_at=datetime(2024, 3, 1, tzinfo=UTC),
    order__country="",
    order__channel="",
    order__customer_id=None,
    order__customer__level=None,
    order__store__slug=None,
    order__store__region__slug=None,
)


def plan_of(*, point="line", mode="half_up", default="10", rates=(), currency="CNY"):
    return CompiledPlan(
        zone=ZoneInfo("UTC"),
        currency=currency,
        counts_returns=True,
        rounding_point=point,
        rounding_mode=mode,
        rates=tuple(
            CompiledRate(name, compile_condition(condition, VOCABULARY), Decimal(percent), region or name)
            for name, condition, percent, region in rates
        ),
        default_percent=Decimal(default) if default else None,
        default_region="",
    )


def lines(*amounts, **common):
    """One line per amount; a string "A:0.25" names the order too."""
    rows = []
    for number, amount in enumerate(amounts, start=1):
        order, _colon, price = amount.rpartition(":")
        rows.append(
            BLANK._replace(
                pk=number, position=number, unit_price=Decimal(price), order__number=order or "A", **common
            )
        )
    return rows


def minors(plan, rows):
    return [share.minor for share in shares_of(plan, rows)]


# Which rate


def test_the_first_rate_that_holds_wins():
    plan = plan_of(
        rates=[
            ("books", {"all": [{"name": "category", "operator": "equal_to", "value": "books"}]}, "8", ""),
            ("home", country_is("中国"), "5", ""),
        ]
    )
    rows = [
        BLANK._replace(category="books", order__country="中国"),
        BLANK._replace(order__country="中国"),
        BLANK,
    ]
    earned = [share.earned for share in shares_of(plan, rows)]
    assert [(row.called, row.percent) for row in earned] == [("books", 8), ("home", 5), ("default", 10)]


def test_a_line_without_a_rule_earns_nothing_and_says_so():
    plan = plan_of(default="", rates=[("home", country_is("中国"), "5", "")])
    (share,) = shares_of(plan, [BLANK])
    assert share.minor == 0
    assert share.earned.called == share.arithmetic(plan)["reason"] == "no rule"


@pytest.mark.parametrize(
    ("name", "operator", "value", "row"),
    [
        ("region", "contains", "east", {"order__store__region__slug": "east"}),
        ("store", "contains", "east-1", {"order__store__slug": "east-1"}),
        ("channel", "equal_to", "app", {"order__channel": "app"}),
        ("amount", "greater_than", 99, {"quantity": 10, "unit_price": Decimal(10)}),
        ("quantity", "less_than", 0, {"quantity": -1}),
        ("is_return", "is_true", True, {"order__kind": "return"}),
        ("customer_known", "is_true", True, {"order__customer_id": 7}),
        ("customer_level", "equal_to", "gold", {"order__customer__level": "gold"}),
        ("sku", "starts_with", "B", {"sku": "B-1"}),
        ("description", "contains", "lamp", {"description": "red lamp"}),
    ],
)
def test_a_rate_may_ask_for(name, operator, value, row):
    condition = {"all": [{"name": name, "operator": operator, "value": value}]}
    plan = plan_of(rates=[("asked", condition, "50", "")])
    assert [share.earned.called for share in shares_of(plan, [BLANK._replace(**row), BLANK])] == [
        "asked",
        "default",
    ]


def test_lines_alike_in_what_the_plan_asks_for_are_decided_once():
    asked = []

    class Counting:
        names = frozenset({"country"})

        def holds(self, facts):
            asked.append(facts)
            return True

    rate = CompiledRate("all", Counting(), Decimal(1), "all")
    plan = plan_of()
    counting = CompiledPlan(**{**vars(plan), "rates": (rate,)})
    rows = [*lines("1", "2", "3", order__country="中国"), *lines("4", order__country="法国")]
    assert len(rate_lines(counting, rows)) == 4
    assert asked == [{"country": "中国"}, {"country": "法国"}]


# Where rounding happens. Each pair of lines is 10 % of 0.25: exactly 2.5 fen.


@pytest.mark.parametrize(
    ("point", "mode", "expected"),
    [
        ("line", "half_up", [3, 3, 3, 3]),
        ("line", "half_even", [2, 2, 2, 2]),
        ("order", "half_up", [3, 2, 3, 3]),
        ("order", "half_even", [3, 2, 2, 2]),
        ("statement_and_region", "half_up", [3, 3, 2, 2]),
        ("statement_and_region", "half_even", [3, 3, 2, 2]),
    ],
)
def test_every_rounding_point_and_mode_is_its_own(point, mode, expected):
    rows = lines("A:0.25", "A:0.25", "B:0.25", "C:0.25")
    assert minors(plan_of(point=point, mode=mode), rows) == expected


def test_rates_of_one_region_are_rounded_together():
    rates = [("f", country_is("法国"), "10", "Europe"), ("g", country_is("德国"), "10", "Europe")]
    rows = [*lines("0.25", order__country="法国"), *lines("0.25", order__country="德国")]
    assert sum(minors(plan_of(point="statement_and_region", rates=rates), rows)) == 5
    apart = [(name, condition, percent, "") for name, condition, percent, _region in rates]
    assert sum(minors(plan_of(point="statement_and_region", rates=apart), rows)) == 6


def test_sales_and_returns_of_one_unit_add_up_to_its_rounded_sum():
    rows = lines("10.05", "-0.25", "-3.33")
    shares = shares_of(plan_of(point="statement_and_region"), rows)
    assert [share.exact for share in shares] == [Decimal("100.5"), Decimal("-2.5"), Decimal("-33.3")]
    assert sum(share.minor for share in shares) == 65 == shares[0].unit_minor


def test_a_line_worth_nothing_never_gets_a_cent_of_the_others():
    rows = lines("0.25", "0", "0.25")
    assert minors(plan_of(point="order"), rows) == [3, 0, 2]


def test_a_currency_without_decimals_is_rounded_to_its_own_unit():
    assert minors(plan_of(currency="JPY"), lines("125", "-125")) == [13, -13]


AMOUNTS = st.decimals(min_value=-5_000, max_value=5_000, places=4).map(lambda amount: f"{amount:f}")
ORDERS = st.lists(st.tuples(st.sampled_from("ABC"), AMOUNTS), min_size=1, max_size=25)


@given(
    ORDERS,
    st.sampled_from(sorted(UNIT_OF)),
    st.sampled_from(["half_up", "half_even"]),
    st.decimals(min_value=0, max_value=100, places=4),
)
def test_lines_always_add_up_to_the_rounded_units(amounts, point, mode, percent):
    plan = plan_of(point=point, mode=mode, default=f"{percent:f}")
    shares = shares_of(plan, lines(*(f"{order}:{amount}" for order, amount in amounts)))
    units = defaultdict(list)
    for share in shares:
        units[UNIT_OF[point](share.line, share.earned)].append(share)
    for unit in units.values():
        exact = sum(share.exact for share in unit)
        assert exact == sum(share.base for share in unit) * percent
        assert sum(share.minor for share in unit) == round_minor(exact, mode=mode)
    assert all(abs(share.minor - share.exact) < 1 for share in shares)


def test_every_number_on_the_way_can_be_read():
    plan = plan_of(point="order")
    share = shares_of(plan, lines("A:0.25", "A:0.26"))[0]
    assert share.arithmetic(plan) == {
        "reason": "default",
        "quantity": 1,
        "unit_price": "0.25",
        "base": "0.25",
        "percent": "10",
        "exact": "0.0250",
        "rounded": "0.02",
        "point": "order",
        "mode": "half_up",
        "unit": "A",
        "unit_exact": "0.0510",
        "unit_rounded": "0.05",
    }

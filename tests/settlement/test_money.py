"""Amounts are rounded once and split without losing a cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.money import Money, round_minor, split, split_refund, spread, to_minor

AMOUNTS = st.decimals(min_value=-10_000, max_value=10_000, places=4)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=100), min_size=1, max_size=8).filter(any)


@pytest.mark.parametrize(
    ("amount", "shares", "parts"),
    [
        (1003, [50, 50], [502, 501]),
        (1003, [0, 50, 50], [0, 502, 501]),
        (9999, [75, 25], [7499, 2500]),
        (-9999, [75, 25], [-7499, -2500]),
        (1, [33, 66], [0, 1]),
        (0, [1, 1], [0, 0]),
        (100, [Decimal("33.3"), Decimal("66.7")], [33, 67]),
    ],
)
def test_an_amount_is_split_by_largest_remainder(amount, shares, parts):
    assert split(amount, shares) == parts


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_an_amount_is_not_split_by_nothing_or_by_less_than_nothing(weights):
    with pytest.raises(ValueError, match="weights"):
        split(100, weights)


@given(st.integers(min_value=-(10**12), max_value=10**12), WEIGHTS)
def test_the_parts_of_a_split_always_add_up(amount, weights):
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert [-part for part in parts] == split(-amount, weights)


def test_three_refunds_return_exactly_the_parts_of_the_sale():
    refunds = [split_refund(3333, [75, 25], refunded_before=before) for before in (0, 3333, 6666)]
    assert refunds == [[2500, 833], [2500, 833], [2499, 834]]
    assert [sum(part) for part in zip(*refunds, strict=True)] == split(9999, [75, 25])


@given(st.lists(st.integers(min_value=1, max_value=10_000), min_size=1, max_size=8), WEIGHTS)
def test_refunds_in_any_steps_return_exactly_the_parts_of_the_sale(steps, weights):
    refunds = [split_refund(step, weights, refunded_before=sum(steps[:i])) for i, step in enumerate(steps)]
    assert [sum(refund) for refund in refunds] == steps
    assert [sum(part) for part in zip(*refunds, strict=True)] == split(sum(steps), weights)


@pytest.mark.parametrize(
    ("amount", "half_up", "half_even"),
    [
        ("0.005", 1, 0),
        ("-0.005", -1, 0),
        ("0.015", 2, 2),
        ("0.025", 3, 2),
        ("-0.025", -3, -2),
        ("0.0249", 2, 2),
    ],
)
def test_half_a_cent_goes_away_from_zero_or_to_the_even_cent(amount, half_up, half_even):
    assert to_minor(Decimal(amount), currency="GBP", mode="half_up") == half_up
    assert to_minor(Decimal(amount), currency="GBP", mode="half_even") == half_even


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 12), ("CNY", 1235), ("KWD", 12345)])
def test_a_currency_has_its_own_smallest_unit(currency, minor):
    assert to_minor(Decimal("12.345"), currency=currency, mode="half_up") == minor


def test_a_long_amount_loses_no_digit():
    amount = Decimal("12345678901234567890123456789012345.675")
    assert to_minor(amount, currency="CNY", mode="half_up") == 1234567890123456789012345678901234568


def test_money_is_written_with_its_decimals_and_currency():
    assert str(Money(minor=21389569, currency="GBP")) == "213,895.69 GBP"
    assert str(Money(minor=-500, currency="JPY")) == "-500 JPY"


@pytest.mark.parametrize(
    ("exact", "parts"),
    [
        (["0.4", "0.4", "0.4"], [1, 0, 0]),
        (["-0.4", "-0.4", "-0.4"], [-1, 0, 0]),
        (["2.5", "-0.5", "-0.2"], [3, -1, 0]),
        (["3", "0", "-1.5"], [3, 0, -1]),
        (["1.7", "0", "0.9"], [2, 0, 1]),
        (["0.5", "-0.5"], [1, -1]),
        (["-0.5", "0.5"], [-1, 1]),
    ],
)
def test_a_rounded_total_is_spread_over_amounts_of_either_sign(exact, parts):
    amounts = list(map(Decimal, exact))
    assert spread(amounts, round_minor(sum(amounts), mode="half_up")) == parts


@given(st.lists(AMOUNTS, max_size=12), st.sampled_from(["half_up", "half_even"]))
def test_spread_amounts_add_up_to_the_rounded_total_and_stay_within_a_cent(exact, mode):
    total = round_minor(sum(exact, Decimal(0)), mode=mode)
    parts = spread(exact, total)
    assert sum(parts) == total
    assert all(abs(part - amount) < 1 for part, amount in zip(parts, exact, strict=True))
    assert [-part for part in parts] == spread([-amount for amount in exact], -total)


def test_a_total_that_is_not_the_sum_is_not_spread():
    with pytest.raises(ValueError, match="total"):
        spread([Decimal("1.5")], 3)

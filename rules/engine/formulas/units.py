"""Units of numbers, and what may be reckoned with what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal

from ..errors import Refused
from ..sentences import say_number
from ..words import Words

# A variable's unit is one of these keys, a currency (three capitals), or any other word. "" is not known.
LABELS = {
    "number": Words(en="number", zh="数字"),
    "percent": Words(en="percent", zh="百分比"),
    "money": Words(en="amount of money", zh="金额"),
    "points": Words(en="points", zh="分"),
    "pieces": Words(en="pieces", zh="件"),
    "times": Words(en="times", zh="次"),
    "days": Words(en="days", zh="天"),
    "hours": Words(en="hours", zh="小时"),
    "minutes": Words(en="minutes", zh="分钟"),
    "months": Words(en="months", zh="个月"),
    "years": Words(en="years", zh="年"),
    "metres": Words(en="metres", zh="米"),
    "kilometres": Words(en="kilometres", zh="公里"),
    "kilograms": Words(en="kilograms", zh="千克"),
}
UNKNOWN = ""
# A number as it is typed: it takes the unit of what it stands beside.
PLAIN = "plain"
# What merely counts or scales: 3 pieces at CNY 5 are CNY 15.
SCALES = ("number", "percent", "pieces", "times", PLAIN)
PLACES_SHOWN = 12
_CURRENCY = re.compile(r"[A-Z]{3}")


def label_of(unit: str) -> Words:
    return LABELS["number"] if unit == PLAIN else LABELS.get(unit) or Words.of(unit)


def is_money(unit: str) -> bool:
    return unit == "money" or bool(_CURRENCY.fullmatch(unit))


def same_unit(units: Iterable[str], *, compared: bool = False) -> str:
    """The unit of a sum, of the larger of two, of either branch. Raises Refused where they do not agree.

    compared  whether they are held against one another: then 10 is not 10%
    """
    units = list(units)
    known = sorted({unit for unit in units if unit not in (UNKNOWN, PLAIN)})
    if compared and known == ["percent"] and PLAIN in units:
        raise Refused(
            Words(
                en="This compares a percentage with a plain number. Write the number with %: 10%.",
                zh="百分比不能与普通数字比较，请写成百分数，例如 10%。",
            )
        )
    shares = set(known) <= {"number", "percent"}
    if shares and (len(known) == 2 or (known and not compared and PLAIN in units)):
        known = ["number"]
    currencies = [unit for unit in known if is_money(unit)]
    if len(currencies) == 2 and "money" in currencies and len(known) == 2:
        # The currency of the one is not known, so that of the whole is not either.
        known = ["money"]
    if len(known) > 1:
        raise Refused(_do_not_agree(known, currencies, compared=compared))
    if not known:
        return PLAIN if units and all(unit == PLAIN for unit in units) else UNKNOWN
    return UNKNOWN if UNKNOWN in units else known[0]


def _do_not_agree(known: list[str], currencies: list[str], *, compared: bool) -> Words:
    if "percent" in known and not compared:
        return Words(
            en="A percentage is added by multiplying: amount * (1 + 15%).",
            zh="加减百分比请用乘法，例如 amount * (1 + 15%)。",
        )
    if len(currencies) == len(known):
        return Words(
            en="These are in different currencies: {one} and {other}.", zh="币种不同：{one} 与 {other}。"
        ).fill(one=known[0], other=known[1])
    return Words(
        en="These do not go together: {one} and {other}.", zh="单位不同，不能一起计算：{one} 与 {other}。"
    ).fill(one=label_of(known[0]), other=label_of(known[1]))


def product_unit(left: str, right: str) -> str:
    if is_money(left) and is_money(right):
        raise Refused(Words(en="Money times money means nothing.", zh="金额乘以金额没有意义。"))
    if left == PLAIN and right == PLAIN:
        return PLAIN
    if UNKNOWN in (left, right):
        return UNKNOWN
    if right in SCALES and left in SCALES:
        return _scale_of(left, right)
    if right in SCALES:
        return left
    return right if left in SCALES else UNKNOWN


def _scale_of(left: str, right: str) -> str:
    """Of two that merely scale, the one that says more: 10% of 5 pieces are pieces."""
    for unit in ("pieces", "times"):
        if unit in (left, right):
            return unit
    return "percent" if {left, right} == {"percent", PLAIN} else "number"


def quotient_unit(left: str, right: str) -> str:
    if left == PLAIN and right == PLAIN:
        return PLAIN
    if is_money(left) and is_money(right):
        same_unit([left, right])
        return "number"
    if UNKNOWN in (left, right):
        return UNKNOWN
    if left == right:
        return "number"
    if right in SCALES:
        return left if left != PLAIN else ("number" if right in ("percent", "number") else UNKNOWN)
    return UNKNOWN


def say_quantity(value: Decimal, unit: str, language: str | None) -> str:
    """12.5 days, CNY 20, 15%."""
    if unit == "percent":
        return f"{_say_shortly(_percent(value))}%"
    number = _say_shortly(value)
    if unit in (UNKNOWN, PLAIN, "number", "money"):
        return number
    if is_money(unit):
        return f"{unit} {number}"
    label = label_of(unit)
    if unit in LABELS and abs(value) == 1:
        label = Words(en=label.en.removesuffix("s"), zh=label.zh)
    return f"{number} {label.say(language)}"


def _say_shortly(number: Decimal) -> str:
    """The decimals of a number that never ends are of no use to a reader."""
    if number.as_tuple().exponent >= -PLACES_SHOWN or number.adjusted() < -PLACES_SHOWN:
        return say_number(number)
    return say_number(number.quantize(Decimal(1).scaleb(-PLACES_SHOWN), rounding=ROUND_DOWN)) + "…"


def _percent(share: Decimal) -> Decimal:
    percent = share.scaleb(2)
    return (
        percent.quantize(Decimal(1))
        if percent.as_tuple().exponent > 0 and percent.adjusted() < 25
        else percent
    )

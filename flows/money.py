"""Exact amounts. Money is whole minor units with a currency; it is rounded and split here, nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction

ROUNDING_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}

# Decimal places of the smallest unit, where it is not 2 (ISO 4217).
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3}

# Arithmetic that raises rather than lose a digit: `with localcontext(EXACT): ...`
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])


@dataclass(frozen=True, kw_only=True)
class Money:
    """An exact amount. `minor` counts the currency's smallest unit: cents, fen, yen."""

    minor: int
    currency: str  # ISO 4217

    def __str__(self):
        digits = minor_digits(self.currency)
        return f"{to_major(self.minor, currency=self.currency):,.{digits}f} {self.currency}"


def minor_digits(currency: str) -> int:
    return MINOR_DIGITS.get(currency, 2)


def to_major(minor: int, *, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-minor_digits(currency), EXACT)


def in_minor_units(amount: Decimal, *, currency: str) -> Decimal:
    """`amount` in major units (12.345) as an exact count of minor units (1234.5), not rounded."""
    return amount.scaleb(minor_digits(currency), EXACT)


def round_minor(exact: Decimal, *, mode: str) -> int:
    """An exact count of minor units (1234.5), rounded once. `mode`: a key of ROUNDING_MODES.

    half_up rounds halves away from zero, so a refund mirrors its sale.
    """
    return int(exact.to_integral_value(ROUNDING_MODES[mode]))


def to_minor(amount: Decimal, *, currency: str, mode: str) -> int:
    """`amount` in major units (12.345) as whole minor units, rounded once. `mode`: see round_minor."""
    return round_minor(in_minor_units(amount, currency=currency), mode=mode)


def plain(number: str) -> str:
    """A decimal number with two decimals or more and no idle zeros: 2.5500 → 2.55, 20 → 20.00."""
    whole, _point, decimals = number.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def split(minor: int, weights: Sequence[Decimal | int]) -> list[int]:
    """`minor` in parts by weight, adding up exactly: largest remainder, ties to the earlier part.

    Negative amounts mirror positive ones. Weights of zero get nothing; raises ValueError if all are zero
    or one is negative.
    """
    if any(weight < 0 for weight in weights) or not any(weights):
        raise ValueError("weights must not be negative and not all zero")
    sign, total = (-1 if minor < 0 else 1), sum(map(Fraction, weights))
    exact = [abs(minor) * Fraction(weight) / total for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: abs(minor) - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def split_refund(refund: int, weights: Sequence[Decimal | int], *, refunded_before: int) -> list[int]:
    """What each part gives back of `refund`, after `refunded_before` of the same amount (both positive).

    The sum of all refunds is split and what was given back before is taken off, so that refunds of the
    whole amount, in any steps, return exactly the parts of `split`.
    """
    before = split(refunded_before, weights)
    after = split(refunded_before + refund, weights)
    return [now - then for now, then in zip(after, before, strict=True)]


def spread(exact: Sequence[Decimal], total: int) -> list[int]:
    """Whole minor units for exact amounts of either sign that were added up and rounded to `total`.

    exact    exact counts of minor units (1234.5); `total` is their sum, rounded up or down
    returns  each amount rounded up or down, adding up to `total`: largest remainder, ties to the earlier.
             Whole amounts stay as they are; if all signs are turned, the result is turned too.
    raises   ValueError when `total` is not the sum, rounded
    """
    with localcontext(EXACT):
        leading = sum(exact) or next(filter(None, exact), 0)
        if leading < 0:
            return [-part for part in spread([-amount for amount in exact], -total)]
        parts = [int(amount.to_integral_value(ROUND_FLOOR)) for amount in exact]
        remainders = [amount - part for amount, part in zip(exact, parts, strict=True)]
        missing = total - sum(parts)
        if abs(sum(remainders) - missing) >= 1:
            raise ValueError("the total is not the rounded sum of the amounts")
    by_remainder = sorted(range(len(parts)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return parts

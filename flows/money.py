"""Exact amounts. Money is whole minor units with a currency; it is rounded and split here, nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

ROUNDING_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}

# Decimal places of the smallest unit, where it is not 2 (ISO 4217).
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3}


@dataclass(frozen=True, kw_only=True)
class Money:
    """An exact amount. `minor` counts the currency's smallest unit: cents, fen, yen."""

    minor: int
    currency: str  # ISO 4217

    def __str__(self):
        digits = minor_digits(self.currency)
        return f"{Decimal(self.minor).scaleb(-digits):,.{digits}f} {self.currency}"


def minor_digits(currency: str) -> int:
    return MINOR_DIGITS.get(currency, 2)


def to_minor(amount: Decimal, *, currency: str, mode: str) -> int:
    """`amount` in major units (12.345) as whole minor units, rounded once. `mode`: a key of ROUNDING_MODES.

    half_up rounds halves away from zero, so a refund mirrors its sale.
    """
    return int(amount.scaleb(minor_digits(currency)).to_integral_value(ROUNDING_MODES[mode]))


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

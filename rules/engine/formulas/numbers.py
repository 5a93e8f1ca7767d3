"""Exact arithmetic, bounded. A number is a Decimal, or a Fraction where its decimals would never end.

Nothing is rounded but by `rounded` and, where a never-ending number leaves a formula, by `as_decimal`.
"""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction

Number = Decimal | Fraction

DIGITS = 200  # of any number met on the way; beyond, there is no value
DIGITS_OUT = 50  # of a number whose decimals never end
PLACES = 20  # of `round`
_BITS = 664  # 10^200 has so many

ROUNDING = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
}

_TRAPS = [Inexact, Overflow, InvalidOperation, DivisionByZero]
_EXACT = Context(prec=DIGITS, Emax=DIGITS, Emin=-DIGITS, traps=_TRAPS)
_WIDE = Context(prec=2 * DIGITS + PLACES, Emax=999_999, Emin=-999_999, traps=[InvalidOperation])
_OUT = Context(prec=DIGITS_OUT, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])


class TooManyDigits(ArithmeticError):
    """A number that could only be kept by rounding it."""


def as_number(value: int | Decimal) -> Decimal:
    """A fact as a number to count with. Raises TooManyDigits."""
    if isinstance(value, int):
        if value.bit_length() > _BITS:
            raise TooManyDigits
        return Decimal(value)
    if (
        value.adjusted() >= DIGITS
        or value.as_tuple().exponent <= -DIGITS
        or len(value.as_tuple().digits) > DIGITS
    ):
        raise TooManyDigits
    return value


def add(left: Number, right: Number) -> Number:
    if left.__class__ is Decimal and right.__class__ is Decimal:
        return _exactly(_EXACT.add, left, right)
    return _settled(Fraction(left) + Fraction(right))


def subtract(left: Number, right: Number) -> Number:
    if left.__class__ is Decimal and right.__class__ is Decimal:
        return _exactly(_EXACT.subtract, left, right)
    return _settled(Fraction(left) - Fraction(right))


def multiply(left: Number, right: Number) -> Number:
    if left.__class__ is Decimal and right.__class__ is Decimal:
        return _exactly(_EXACT.multiply, left, right)
    return _settled(Fraction(left) * Fraction(right))


def divide(left: Number, right: Number) -> Number:
    """Raises ZeroDivisionError, TooManyDigits."""
    if not right:
        raise ZeroDivisionError
    return _settled(Fraction(left) / Fraction(right))


def negative(number: Number) -> Number:
    return number.copy_negate() if isinstance(number, Decimal) else -number


def _exactly(operation, left: Decimal, right: Decimal) -> Decimal:
    try:
        return operation(left, right)
    except (Inexact, Overflow, InvalidOperation):
        raise TooManyDigits from None


def _settled(fraction: Fraction) -> Number:
    """As a Decimal, if its decimals end."""
    if max(fraction.numerator.bit_length(), fraction.denominator.bit_length()) > _BITS:
        raise TooManyDigits
    try:
        return _EXACT.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
    except (Inexact, Overflow):
        return fraction


def cost(*numbers: Number) -> int:
    """Steps that reckoning with these takes beyond the usual one: fractions are slow, long ones very."""
    return sum(
        4 + (number.numerator.bit_length() + number.denominator.bit_length()) // 40
        for number in numbers
        if number.__class__ is Fraction
    )


def rounded(number: Number, places: int, mode: str) -> Decimal:
    """To `places` decimals, by a key of ROUNDING."""
    if isinstance(number, Fraction):
        number = _cut(number, places)
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUNDING[mode], context=_WIDE)


def _cut(fraction: Fraction, places: int) -> Decimal:
    """A Decimal on the same side of every tie: the digits that matter, then a 1 for those that never end."""
    digits, rest = divmod(abs(fraction.numerator) * 10 ** (places + 1), fraction.denominator)
    cut = Decimal(digits * 10 + (1 if rest else 0)).scaleb(-(places + 2), context=_WIDE)
    return cut.copy_negate() if fraction < 0 else cut


def as_decimal(number: Number) -> Decimal:
    if isinstance(number, Decimal):
        return number
    return _OUT.divide(Decimal(number.numerator), Decimal(number.denominator))


def trimmed(number: Number) -> Decimal:
    """Without zeros at the end of its decimals: 12.00 as 12, but 100 stays 100."""
    number = as_decimal(number)
    if not number:
        return Decimal(0)
    trimmed = number.normalize(_WIDE)
    return trimmed.quantize(Decimal(1), context=_WIDE) if trimmed.as_tuple().exponent > 0 else trimmed

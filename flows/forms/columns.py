"""Where the answers of a form live, for conditions that are asked of the database."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Case, DecimalField, F, Func, Value, When

from flows.forms.fields import FieldSpec
from flows.money import MINOR_DIGITS, minor_digits
from rules.sql import Column
from rules.sql.answers import NumberAnswer, TextAnswer
from rules.sql.expressions import OneOf


def columns_of(specs: Iterable[FieldSpec], *, document: str = "answers") -> dict[str, Column]:
    """{field name: column}, `document` being the path of the JSONField that keeps the answers.

    The values are those of `facts_of`. A field without a column (a file, a location) is left out, so
    that a condition which asks for it is refused where it is saved.
    """
    return {spec.name: COLUMNS[spec.kind](spec, document) for spec in specs if spec.kind in COLUMNS}


def as_it_stands(spec: FieldSpec, document: str) -> Column:
    return Column.answer(document, spec.name)


def written_number(spec: FieldSpec, document: str) -> Column:
    return Column.answer(document, spec.name, numbers_are_texts=True)


def amount(spec: FieldSpec, document: str) -> Column:
    """In the currency's units, as MoneyKind.to_fact."""
    minor = NumberAnswer(F(document), (spec.name, "minor"))
    currency = TextAnswer(F(document), (spec.name, "currency"))
    return Column(InUnits(minor, smallest_units(currency)))


class InUnits(Func):
    output_field = DecimalField(max_digits=30, decimal_places=max(MINOR_DIGITS.values()))
    template = "(1.0 * %(expressions)s)"  # without the decimal SQLite divides as whole numbers
    arg_joiner = " / "


def smallest_units(currency) -> Case:
    """How many of the smallest unit make one of the currency; null without a currency."""
    usual = Decimal(10) ** minor_digits("")
    others = [
        When(OneOf(currency, Value(code)), then=Value(Decimal(10) ** digits))
        for code, digits in MINOR_DIGITS.items()
    ]
    known = When(OneOf(currency, currency), then=Value(usual))
    return Case(*others, known, output_field=DecimalField())


COLUMNS = {
    "text": as_it_stands,
    "long_text": as_it_stands,
    "number": written_number,
    "money": amount,
    "date": as_it_stands,
    "time": as_it_stands,
    "choice": as_it_stands,
    "multi_choice": as_it_stands,
    "customer": as_it_stands,
    "order": as_it_stands,
    "product": as_it_stands,
    "store": as_it_stands,
    "staff": as_it_stands,
    "region": as_it_stands,
    "rating": written_number,
    "computed": written_number,
}

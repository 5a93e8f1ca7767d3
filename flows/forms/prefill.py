"""Where the first value of a field may come from: the customer and the order something is about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from flows.forms.fields import FieldSpec


@dataclass(frozen=True, kw_only=True)
class Source:
    """`reads`: what a customer or order has, written as in an imported file; "" or None where it has nothing.
    `is_contact`: only for those who may see how to reach a customer."""

    label: str
    reads: Callable
    is_contact: bool = False


def total_of(order) -> str:
    return format(sum(line.amount for line in order.lines.all()), "f")


SOURCES = {
    "customer.number": Source(label=_("customer: number"), reads=lambda customer: customer.number),
    "customer.name": Source(label=_("customer: name"), reads=lambda customer: customer.name),
    "customer.phone": Source(
        label=_("customer: phone"), reads=lambda customer: customer.phone, is_contact=True
    ),
    "customer.level": Source(label=_("customer: level"), reads=lambda customer: customer.level),
    "customer.country": Source(
        label=_("customer: country or region"), reads=lambda customer: customer.country
    ),
    "order.number": Source(label=_("order: number"), reads=lambda order: order.number),
    "order.total": Source(label=_("order: total"), reads=total_of),
    "order.placed": Source(
        label=_("order: day it was placed"), reads=lambda order: localtime(order.placed_at).date().isoformat()
    ),
    "order.customer": Source(
        label=_("order: customer's number"), reads=lambda order: order.customer and order.customer.number
    ),
    "order.store": Source(
        label=_("order: store's code"), reads=lambda order: order.store and order.store.slug
    ),
}


def values_from(
    specs: Iterable[FieldSpec], *, customer, order, shows_contacts: bool, today: date, language: str
) -> dict:
    """What stands in the inputs of `specs` at first, by field name. What a field would refuse is left out."""
    known = {"customer": customer or (order.customer if order else None), "order": order}
    values = {}
    for spec in specs:
        source, about = SOURCES.get(spec.source), known.get(spec.source.partition(".")[0])
        if source is None or about is None or (source.is_contact and not shows_contacts):
            continue
        value = spec.asks.from_text(trimmed(source.reads(about), spec), spec, today=today)
        if value and is_right(spec, value, today=today, language=language):
            values[spec.name] = value
    return values


def trimmed(text: str | None, spec: FieldSpec) -> str:
    """Amounts are kept to four decimals; zeros behind the last are no decimals."""
    text = text or ""
    return text.rstrip("0").rstrip(".") if spec.source == "order.total" and "." in text else text


def is_right(spec: FieldSpec, value, *, today: date, language: str) -> bool:
    try:
        spec.form_field(language=language, today=today).clean(value)
    except ValidationError:
        return False
    return True

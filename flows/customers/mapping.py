"""One row of a shop's order file, understood by its mapping."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.utils.translation import gettext as _

from flows.customers.models import MAPPED_FIELDS, Customer, Order, OrderLine, OrderMapping
from flows.importing import CannotRead, Line, Reject, Table

LABELS = {name: label for name, label, _required in MAPPED_FIELDS}
REQUIRED = [name for name, _label, required in MAPPED_FIELDS if required]
MAX_QUANTITY = 2**31 - 1
MAX_PRICE = Decimal(10) ** 12
PRICE_PLACES = 4


def longest(model, field) -> int:
    return model._meta.get_field(field).max_length


LONGEST = {
    "number": longest(Order, "number"),
    "sku": longest(OrderLine, "sku"),
    "description": longest(OrderLine, "description"),
    "category": longest(OrderLine, "category"),
    "customer": longest(Customer, "number"),
    "customer_name": longest(Customer, "name"),
    "country": longest(Order, "country"),
    "channel": longest(Order, "channel"),
}


class OrderRow(NamedTuple):
    """A line of an order. `position` counts the lines of its order in the file, from 1."""

    number: str
    position: int
    kind: str
    placed_at: datetime  # UTC
    customer: str
    customer_name: str
    country: str
    channel: str
    store: str
    sku: str
    description: str
    category: str
    quantity: int
    unit_price: Decimal
    line: Line


class NotUnderstood(Exception):
    """What is wrong with a row, as a sentence."""


class RowReader:
    """Reads a table's lines as OrderRows. Remembers how many lines each order has had, because that is a
    line's identity: a rejected line keeps its position, so the mended file fills the gap."""

    def __init__(self, mapping: OrderMapping, table: Table):
        self.mapping = mapping
        self.columns = {name: column for name, column in mapping.columns.items() if column}
        check_columns(mapping, table)
        self.number_index = table.columns.index(self.columns["number"])
        self.delimiter = table.delimiter
        self.positions = Counter()
        self.times = {}

    def read(self, line: Line | Reject) -> OrderRow | Reject:
        if isinstance(line, Reject):
            self.count_lost(line)
            return line
        values = {name: line.values.get(column, "") for name, column in self.columns.items()}
        if number := values["number"]:
            self.positions[number] += 1
        try:
            return self.understand(line, values)
        except NotUnderstood as problem:
            return line.reject(problem)

    def count_lost(self, reject: Reject):
        """An unreadable line still takes its place in its order, where its number can be made out."""
        cells = reject.text.split(self.delimiter)
        if self.number_index < len(cells) and (number := cells[self.number_index].strip().strip('"')):
            self.positions[number] += 1

    def understand(self, line: Line, values: dict) -> OrderRow:
        for name in REQUIRED:
            if not values[name]:
                raise NotUnderstood(_("%(field)s is empty.") % {"field": self.label(name)})
        for name, limit in LONGEST.items():
            if len(values.get(name, "")) > limit:
                raise NotUnderstood(
                    _("%(field)s is longer than %(count)s characters.")
                    % {"field": self.label(name), "count": limit}
                )
        number = values["number"]
        kind = self.kind_of(number)
        quantity = self.whole(values["quantity"])
        if kind == Order.Kind.RETURN and self.mapping.returns_are_positive:
            quantity = -quantity
        return OrderRow(
            number=number,
            position=self.positions[number],
            kind=kind,
            placed_at=self.instant(values["placed_at"]),
            customer=self.customer_number(values.get("customer", "")),
            customer_name=values.get("customer_name", ""),
            country=values.get("country") or self.mapping.country,
            channel=values.get("channel") or self.mapping.channel,
            store=values.get("store", ""),
            sku=values["sku"],
            description=values.get("description", ""),
            category=values.get("category", ""),
            quantity=quantity,
            unit_price=self.price(values["unit_price"]),
            line=line,
        )

    def label(self, name) -> str:
        """The file's own name of a field, which is what people see in the file."""
        return self.columns.get(name) or str(LABELS[name])

    def kind_of(self, number: str) -> str:
        if self.mapping.return_prefix and number.startswith(self.mapping.return_prefix):
            return Order.Kind.RETURN
        if self.mapping.adjustment_prefix and number.startswith(self.mapping.adjustment_prefix):
            return Order.Kind.ADJUSTMENT
        return Order.Kind.SALE

    def instant(self, text: str) -> datetime:
        """In UTC. Where clocks go back, the hour that comes twice is taken as the first."""
        if text not in self.times:
            # The lines of an order share their time; a few remembered ones spare most of the parsing.
            if len(self.times) > 1000:
                self.times.clear()
            try:
                local = datetime.strptime(text, self.mapping.date_format)
                self.times[text] = local.replace(tzinfo=self.mapping.zone).astimezone(UTC)
            except (ValueError, OverflowError):
                raise NotUnderstood(
                    _("%(field)s is not a date like %(example)s.")
                    % {"field": self.label("placed_at"), "example": self.mapping.get_date_format_display()}
                ) from None
        return self.times[text]

    def decimal(self, text: str, *, name: str) -> Decimal:
        if self.mapping.decimal_mark == OrderMapping.DecimalMark.COMMA:
            text = text.replace(",", ".")
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            raise NotUnderstood(_("%(field)s is not a number.") % {"field": self.label(name)})
        return number

    def whole(self, text: str) -> int:
        number = self.decimal(text, name="quantity")
        if abs(number) > MAX_QUANTITY or number != int(number):
            raise NotUnderstood(_("%(field)s is not a whole number.") % {"field": self.label("quantity")})
        return int(number)

    def price(self, text: str) -> Decimal:
        number = self.decimal(text, name="unit_price")
        if abs(number) >= MAX_PRICE or number != round(number, PRICE_PLACES):
            raise NotUnderstood(
                _("%(field)s has more than %(places)s decimals or is too large.")
                % {"field": self.label("unit_price"), "places": PRICE_PLACES}
            )
        return number

    def customer_number(self, text: str) -> str:
        if self.mapping.customer_numbers_as_decimals:
            return text.removesuffix(".0")
        return text


def check_columns(mapping: OrderMapping, table: Table) -> None:
    """Raises CannotRead, naming every mapped column that the file lacks."""
    if unmapped := [str(LABELS[name]) for name in REQUIRED if not mapping.columns.get(name)]:
        raise CannotRead(
            _("The mapping %(mapping)s names no column for: %(fields)s.")
            % {"mapping": mapping, "fields": _(", ").join(unmapped)}
        )
    table.require(column for column in mapping.columns.values() if column)

"""What may be done with customers and orders. Each verb is one short transaction, or many in a row."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from operator import attrgetter

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from flows.bulk import insert_rows
from flows.customers.mapping import OrderRow, RowReader
from flows.customers.models import Customer, Order, OrderLine, OrderMapping
from flows.importing import Cancelled, ImportResult, Reject, Rejects, open_table
from flows.organisation.models import Store

# Lines stored in one transaction. Orders are not torn apart: a batch ends where an order ends.
BATCH_LINES = 5_000

LINE_FIELDS = ("position", "sku", "description", "category", "quantity", "unit_price")
line_values = attrgetter(*LINE_FIELDS)

ANOTHER_ORDER = _("The order is stored with another customer or currency.")
DIFFERS = _("The line differs from what is stored.")
NO_STORE = _("There is no store with this code.")


def import_orders(
    *,
    source,
    mapping: OrderMapping,
    at: datetime,
    rejects: Rejects | None = None,
    progress: Callable[[ImportResult, float], None] | None = None,
    dry_run: bool = False,
    limit: int | None = None,
) -> ImportResult:
    """Store the orders of a file; what is stored already is counted and left alone.

    source     path or binary file; CSV, also gzipped
    at         becomes `created_at` of new customers
    progress   called after each batch with (result so far, share of the file); may raise Cancelled
    dry_run    look, count and reject, but store nothing;  limit: only so many first lines
    raises     CannotRead when the file lacks a column; then nothing is stored

    A line is known by its order number and its place in that order. A known line that differs is rejected,
    never overwritten. Stopped in the middle, whole orders are stored, and a second run adds the rest.
    """
    rejects = Rejects() if rejects is None else rejects
    result = ImportResult(details={"orders": 0, "customers": 0})
    stores = dict(Store.objects.values_list("slug", "pk"))
    with open_table(source) as table:
        reader = RowReader(mapping, table)
        rows = read_rows(islice(table, limit), reader=reader, rejects=rejects, stores=stores, result=result)
        try:
            for batch in whole_orders(rows):
                compared = Batch(batch, mapping=mapping, stores=stores, at=at).settle(dry_run=dry_run)
                add_up(compared, result=result, rejects=rejects)
                if progress:
                    progress(with_rejects(result, rejects), table.share)
        except Cancelled:
            result.cancelled = True
    return with_rejects(result, rejects)


def with_rejects(result: ImportResult, rejects: Rejects) -> ImportResult:
    result.rejected, result.reasons = rejects.count, dict(rejects.reasons.most_common())
    return result


def read_rows(lines: Iterable, *, reader, rejects, stores, result) -> Iterator[OrderRow]:
    for line in lines:
        result.read += 1
        row = reader.read(line)
        if isinstance(row, Reject):
            rejects.add(row)
        elif row.store and row.store not in stores:
            rejects.add(row.line.reject(NO_STORE))
        else:
            yield row


def whole_orders(rows: Iterable[OrderRow]) -> Iterator[list[OrderRow]]:
    """Batches that end where the order number changes."""
    batch = []
    for row in rows:
        if len(batch) >= BATCH_LINES and row.number != batch[-1].number:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def add_up(batch, *, result, rejects):
    for reject in batch.rejects:
        rejects.add(reject)
    result.added += len(batch.new_lines)
    result.known += batch.known
    result.details["orders"] += len(batch.new_orders)
    result.details["customers"] += len(batch.new_customers)


class Batch:
    """Some whole orders of a file beside what is stored of them."""

    def __init__(self, rows: list[OrderRow], *, mapping: OrderMapping, stores: dict[str, int], at: datetime):
        self.rows, self.mapping, self.stores, self.at = rows, mapping, stores, at

    def settle(self, *, dry_run: bool) -> "Batch":
        """Compare and store. Another import may store the same order between our look and our write; then
        we look once more."""
        try:
            self.compare_and_write(dry_run=dry_run)
        except IntegrityError:
            self.compare_and_write(dry_run=dry_run)
        return self

    @transaction.atomic
    def compare_and_write(self, *, dry_run):
        self.compare()
        if not dry_run:
            self.write()

    def compare(self):
        """Sort the rows into new, known and differing."""
        self.new_customers: dict[str, Customer] = {}
        self.new_orders: dict[str, Order] = {}
        self.earlier_orders: dict[str, Order] = {}
        # (order, row)
        self.new_lines: list[tuple[Order, OrderRow]] = []
        self.known = 0
        self.rejects: list[Reject] = []
        self.customers = stored_customers({row.customer for row in self.rows if row.customer})
        self.orders = stored_orders({row.number for row in self.rows})
        stored = stored_lines(self.orders.values())
        for row in self.rows:
            order = self.order_of(row)
            line = stored.get((order.pk, row.position)) if order.pk else None
            if not self.belongs(row, order):
                self.rejects.append(row.line.reject(ANOTHER_ORDER))
            elif line is None:
                self.add_line(row, order)
            elif line == (row.sku, row.quantity, row.unit_price):
                self.known += 1
            else:
                self.rejects.append(row.line.reject(DIFFERS))

    def order_of(self, row) -> Order:
        if row.number not in self.orders:
            self.orders[row.number] = self.new_orders[row.number] = Order(
                number=row.number,
                kind=row.kind,
                customer=self.customer_of(row),
                store_id=self.stores.get(row.store, self.mapping.store_id),
                placed_at=row.placed_at,
                currency=self.mapping.currency,
                country=row.country,
                channel=row.channel,
            )
        return self.orders[row.number]

    def customer_of(self, row) -> Customer | None:
        if row.customer and row.customer not in self.customers:
            self.customers[row.customer] = self.new_customers[row.customer] = Customer(
                number=row.customer, name=row.customer_name, country=row.country, created_at=self.at
            )
        return self.customers.get(row.customer)

    def belongs(self, row, order) -> bool:
        owner = order.customer.number if order.customer else ""
        return owner == row.customer and order.currency == self.mapping.currency

    def add_line(self, row, order):
        self.new_lines.append((order, row))
        # An order whose lines carry several times was placed at the earliest.
        if row.placed_at < order.placed_at:
            order.placed_at = row.placed_at
            if order.pk:
                self.earlier_orders[order.number] = order

    def write(self):
        Customer.objects.bulk_create(self.new_customers.values())
        Order.objects.bulk_create(self.new_orders.values())
        Order.objects.bulk_update(self.earlier_orders.values(), ["placed_at"], batch_size=500)
        insert_rows(
            OrderLine,
            ("order_id", *LINE_FIELDS),
            [(order.pk, *line_values(row)) for order, row in self.new_lines],
        )


def stored_customers(numbers) -> dict[str, Customer]:
    return {customer.number: customer for customer in Customer.objects.filter(number__in=numbers)}


def stored_orders(numbers) -> dict[str, Order]:
    return {
        order.number: order for order in Order.objects.filter(number__in=numbers).select_related("customer")
    }


def stored_lines(orders) -> dict[tuple[int, int], tuple]:
    """(order, position): what must be the same for a line to be the same."""
    lines = OrderLine.objects.filter(order__in=[order.pk for order in orders])
    return {
        (order, position): tuple(what)
        for order, position, *what in lines.values_list("order", "position", "sku", "quantity", "unit_price")
    }

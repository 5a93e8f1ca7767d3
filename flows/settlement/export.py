"""The ledger as a spreadsheet. Texts that a spreadsheet would run as a formula are made harmless."""

import csv
from collections.abc import Iterable
from decimal import Decimal

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from openpyxl import Workbook

from flows.money import to_major

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What one sheet holds, less the heading.
MOST_ROWS = 1_048_575


def harmless(text: str) -> str:
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def heading() -> list[str]:
    return [
        _("Entry"),
        _("Ordered"),
        _("Order number"),
        _("Line"),
        _("Product code"),
        _("Plan"),
        _("Version"),
        _("Rule"),
        _("Region"),
        _("Debit"),
        _("Credit"),
        _("Amount"),
        _("Currency"),
        _("Base"),
        _("Rate (%)"),
        _("Before rounding"),
    ]


def row_of(entry) -> list:
    numbers = entry.arithmetic
    return [
        entry.pk,
        localtime(entry.happened_at).strftime("%Y-%m-%d %H:%M:%S"),
        harmless(entry.line.order.number),
        entry.line.position,
        harmless(entry.line.sku),
        entry.plan,
        entry.version.number,
        harmless(entry.rule),
        harmless(entry.region),
        harmless(str(entry.debit)),
        harmless(str(entry.credit)),
        to_major(entry.minor, currency=entry.currency),
        entry.currency,
        Decimal(numbers["base"]),
        Decimal(numbers["percent"]),
        Decimal(numbers["exact"]),
    ]


def rows_of(entries) -> Iterable[list]:
    yield heading()
    for entry in entries.for_reading().iterator(chunk_size=2_000):
        yield row_of(entry)


class Line:
    """What csv writes to: it hands each line on instead of keeping it."""

    def write(self, text):
        return text


def as_csv(entries) -> StreamingHttpResponse:
    writer = csv.writer(Line())
    # The mark tells spreadsheets that this is UTF-8.
    lines = (writer.writerow(row) for row in rows_of(entries))
    return attachment(
        StreamingHttpResponse(first("\ufeff", lines), content_type="text/csv; charset=utf-8"), "csv"
    )


def first(mark, lines):
    yield mark
    yield from lines


def as_xlsx(entries) -> HttpResponse:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Ledger"))
    for row in rows_of(entries):
        sheet.append(row)
    response = HttpResponse(content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    book.save(response)
    return attachment(response, "xlsx")


def attachment(response, extension):
    response["Content-Disposition"] = f'attachment; filename="ledger.{extension}"'
    return response

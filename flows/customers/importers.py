"""What this app imports: see flows/customers/imports.py."""

from collections.abc import Iterator
from itertools import islice

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook
from tablib import Dataset

from flows.customers.actions import import_orders, with_rejects
from flows.customers.imports import SHOWN_ROWS, Importer
from flows.customers.models import OrderMapping
from flows.customers.resources import CustomerResource, plain
from flows.importing import Cancelled, CannotRead, ImportResult, Line, Reject, Table, open_table


class OrderOptions(forms.Form):
    mapping = forms.ModelChoiceField(
        OrderMapping.objects.all(),
        label=gettext_lazy("Mapping"),
        empty_label=None,
        help_text=gettext_lazy("Says which column is which. Make one for each shop system."),
    )


class OrderImporter(Importer):
    kind = "orders"
    title = gettext_lazy("Import orders")
    explanation = gettext_lazy(
        "A CSV file, also gzipped (.csv.gz), with one row per order line. Lines that are stored already are "
        "counted and left alone, so the same file may be imported again."
    )
    permission = "customers.add_order"
    options_form = OrderOptions
    details = {"orders": gettext_lazy("new orders"), "customers": gettext_lazy("new customers")}

    def clean_options(self, cleaned_data):
        return {"mapping": cleaned_data["mapping"].slug}

    def options_in_words(self, options):
        return [(_("Mapping"), str(mapping_named(options["mapping"])))]

    def run(self, *, source, options, at, by, rejects, progress, dry_run, limit):
        return import_orders(
            source=source,
            mapping=mapping_named(options["mapping"]),
            at=at,
            rejects=rejects,
            progress=progress,
            dry_run=dry_run,
            limit=limit,
        )


class CustomerImporter(Importer):
    """Spreadsheets too, so read by django-import-export; the rows of a batch are stored together."""

    kind = "customers"
    title = gettext_lazy("Import customers")
    explanation = gettext_lazy(
        "A CSV or Excel file (.xlsx) with the columns customer number, name, country or region, phone and "
        "level; only the number is required. Customers that are there already are changed where they differ."
    )
    permission = "customers.change_customer"
    details = {"changed": gettext_lazy("changed")}
    batch_rows = 500

    def first_rows(self, *, source, options):
        sheet = Sheet(source)
        return sheet.columns, [list(line.values.values()) for line in islice(sheet.lines, SHOWN_ROWS)]

    def count_rows(self, *, source, limit):
        return sum(1 for _line in islice(Sheet(source).lines, limit))

    def run(self, *, source, options, at, by, rejects, progress, dry_run, limit):
        resource, sheet = CustomerResource(at=at), Sheet(source)
        numbers = [column for column in sheet.columns if resource.field_named(column) == "number"]
        if not numbers:
            raise CannotRead(_("The file lacks %(missing)s.") % {"missing": resource.heading("number")})
        result = ImportResult(details={"changed": 0})
        lines = islice(sheet.lines, limit)
        try:
            while batch := list(islice(lines, self.batch_rows)):
                result.read += len(batch)
                good = with_number(readable(batch, rejects), numbers[0], resource, rejects)
                self.store(good, sheet.columns, resource, rejects, result, dry_run)
                if progress:
                    progress(with_rejects(result, rejects), sheet.share)
        except Cancelled:
            result.cancelled = True
        return with_rejects(result, rejects)

    def store(self, lines, columns, resource, rejects, result, dry_run):
        data = Dataset(*[list(line.values.values()) for line in lines], headers=columns)
        with transaction.atomic():
            outcome = resource.import_data(data, dry_run=dry_run, raise_errors=False)
        for line, row in zip(lines, outcome.rows, strict=True):
            if row.is_new():
                result.added += 1
            elif row.is_update():
                result.details["changed"] += 1
            elif row.is_skip():
                result.known += 1
            else:
                rejects.add(line.reject(why(resource, row)))


def readable(batch, rejects) -> list[Line]:
    for line in batch:
        if isinstance(line, Reject):
            rejects.add(line)
    return [line for line in batch if isinstance(line, Line)]


def with_number(lines, column, resource, rejects) -> list[Line]:
    """django-import-export would pass over a row that names nobody."""
    for line in lines:
        if not line.values[column]:
            rejects.add(line.reject(_("%(field)s is empty.") % {"field": resource.heading("number")}))
    return [line for line in lines if line.values[column]]


def why(resource, row) -> str:
    """What is wrong with a row of django-import-export's, as sentences."""
    if row.validation_error is None:
        return _("The row cannot be read.")
    sentences = []
    for name, messages in row.validation_error.message_dict.items():
        heading = resource.heading(name) if name in resource.fields else ""
        sentences += [f"{heading}{_(': ')}{message}" if heading else message for message in messages]
    return " ".join(sentences)


class Sheet:
    """A CSV file, or the first sheet of a workbook. Raises CannotRead.

    columns    their names;  lines: Line | Reject, one by one;  share: how much has been read, 0 to 1
    """

    def __init__(self, source):
        source.seek(0)
        if source.read(4) == b"PK\x03\x04":
            self._rows_read, self._rows_total = 0, 0
            self.columns, self.lines = self._open_workbook(source)
        else:
            self._table = Table(source)
            self.columns, self.lines = self._table.columns, iter(self._table)

    @property
    def share(self) -> float:
        if hasattr(self, "_table"):
            return self._table.share
        return self._rows_read / self._rows_total if self._rows_total else 0

    def _open_workbook(self, source):
        source.seek(0)
        try:
            sheet = load_workbook(source, read_only=True, data_only=True).worksheets[0]
            rows = sheet.iter_rows(values_only=True)
            columns = [str(cell or "").strip() for cell in next(rows, ())]
        except Exception as fault:  # openpyxl has no exception of its own for a broken file
            raise CannotRead(_("The workbook is damaged: it cannot be read.")) from fault
        if not any(columns):
            raise CannotRead(_("The file is empty."))
        # What the file claims; it may be missing.
        self._rows_total = sheet.max_row or 0
        return columns, self._lines_of(rows, columns)

    def _lines_of(self, rows, columns) -> Iterator[Line]:
        for number, cells in enumerate(rows, start=2):
            self._rows_read = number
            texts = [plain(cell) for cell in cells[: len(columns)]]
            if any(texts):
                texts += [""] * (len(columns) - len(texts))
                yield Line(number, dict(zip(columns, texts, strict=True)), ", ".join(texts))


def mapping_named(slug: str) -> OrderMapping:
    """Raises CannotRead when there is none."""
    mapping = OrderMapping.objects.filter(slug=slug).first()
    if mapping is None:
        names = _(", ").join(OrderMapping.objects.values_list("slug", flat=True)) or _("none")
        raise CannotRead(
            _("There is no order mapping named %(slug)s. There is: %(names)s.")
            % {"slug": slug, "names": names}
        )
    return mapping


def mapping_that_fits(path) -> OrderMapping:
    """The one mapping whose columns the file has. Raises CannotRead when it is none or several."""
    with open_table(path) as table:
        columns = set(table.columns)
    mappings = list(OrderMapping.objects.all())
    fitting = [mapping for mapping in mappings if set(filter(None, mapping.columns.values())) <= columns]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = _(", ").join(mapping.slug for mapping in fitting)
        raise CannotRead(_("Several order mappings fit this file: %(names)s. Name one.") % {"names": names})
    raise CannotRead(
        _("No order mapping fits this file. Its columns are: %(columns)s.")
        % {"columns": _(", ").join(sorted(columns))}
    )

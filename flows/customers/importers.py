"""What this app imports: see flows/customers/imports.py."""

from itertools import islice

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from tablib import Dataset

from flows.customers.actions import import_orders, with_rejects
from flows.customers.imports import Importer
from flows.customers.models import OrderMapping
from flows.customers.resources import CustomerResource
from flows.importing import Cancelled, CannotRead, ImportResult, Line, Reject, open_table


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
        "A CSV (also .csv.gz) or Excel file (.xlsx) with one row per order line. Lines that are stored "
        "already are counted and left alone, so the same file may be imported again."
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

    def run(self, *, source, options, at, by, rejects, progress, dry_run, limit):
        resource, result = CustomerResource(at=at), ImportResult(details={"changed": 0})
        with open_table(source) as table:
            numbers = [column for column in table.columns if resource.field_named(column) == "number"]
            if not numbers:
                raise CannotRead(_("The file lacks %(missing)s.") % {"missing": resource.heading("number")})
            lines = islice(table, limit)
            try:
                while batch := list(islice(lines, self.batch_rows)):
                    result.read += len(batch)
                    good = with_number(readable(batch, rejects), numbers[0], resource, rejects)
                    self.store(good, table.columns, resource, rejects, result, dry_run)
                    if progress:
                        progress(with_rejects(result, rejects), table.share)
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

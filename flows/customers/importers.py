"""What this app imports: see flows/customers/imports.py."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flows.customers.actions import import_orders
from flows.customers.imports import Importer
from flows.customers.models import OrderMapping
from flows.importing import CannotRead, open_table


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

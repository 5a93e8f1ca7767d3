"""Customers and orders as spreadsheets, by django-import-export."""

from django.utils.timezone import localtime
from django.utils.translation import gettext, override
from import_export import fields, resources

from flows.customers.models import Customer, Order
from flows.importing import harmless, text_of, without_mark


class SpreadsheetResource(resources.ModelResource):
    """Headings in the reader's language; texts that no spreadsheet takes for a formula."""

    def get_export_headers(self, selected_fields=None):
        return [self.heading(name) for name in self._meta.fields]

    def heading(self, name) -> str:
        """As on screens, in the active language."""
        return str(self._meta.model._meta.get_field(name).verbose_name)

    def export_field(self, field, instance, **kwargs):
        value = super().export_field(field, instance, **kwargs)
        return harmless(value) if isinstance(value, str) else value


class CustomerResource(SpreadsheetResource):
    """A row is a customer, known by the number. Of a known one, what differs is changed."""

    class Meta:
        model = Customer
        fields = ("number", "name", "country", "phone", "level")
        import_id_fields = ("number",)
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = False

    def __init__(self, *, at=None, shows_contacts=True, **kwargs):
        super().__init__(**kwargs)
        self.at, self.shows_contacts = at, shows_contacts

    def dehydrate_phone(self, customer):
        return customer.phone if self.shows_contacts else customer.masked_phone

    def before_import(self, dataset, **kwargs):
        dataset.headers = [self.field_named(heading) for heading in dataset.headers]

    def field_named(self, heading) -> str:
        """The field a heading means, in either language; the heading itself when it is none of ours."""
        heading = str(heading or "").strip()
        for name in self._meta.fields:
            if heading.lower() in {name, *self.headings(name)}:
                return name
        return heading

    def headings(self, name) -> set[str]:
        spoken = set()
        for language in ("en", "zh-hans"):
            with override(language):
                spoken.add(self.heading(name).lower())
        return spoken

    def before_import_row(self, row, **kwargs):
        for name, value in row.items():
            row[name] = plain(value)

    def before_save_instance(self, instance, row, **kwargs):
        if instance.created_at is None:
            instance.created_at = self.at

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        if instance.created_at is None:
            instance.created_at = self.at
        super().validate_instance(instance, import_validation_errors, validate_unique)


def plain(value) -> str:
    """A cell as text, without the mark that an export put before what looks like a formula."""
    return without_mark(text_of(value).strip())


class OrderResource(SpreadsheetResource):
    """Export only: orders come in by import_orders, line by line."""

    customer = fields.Field(attribute="customer__number")
    store = fields.Field(attribute="store__name")
    lines_count = fields.Field(attribute="lines_count")
    amount = fields.Field(attribute="amount")

    class Meta:
        model = Order
        fields = (
            "number",
            "kind",
            "customer",
            "placed_at",
            "country",
            "channel",
            "store",
            "lines_count",
            "amount",
            "currency",
        )

    def heading(self, name):
        if name in ("lines_count", "amount"):
            return {"lines_count": gettext("lines"), "amount": gettext("amount")}[name]
        return super().heading(name)

    def dehydrate_kind(self, order):
        return order.get_kind_display()

    def dehydrate_placed_at(self, order):
        return localtime(order.placed_at).strftime("%Y-%m-%d %H:%M:%S")

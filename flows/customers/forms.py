from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from flows.customers.models import MAPPED_FIELDS, OrderMapping

COLUMN = "column_"


class OrderMappingForm(WagtailAdminModelForm):
    """One text field per field of ours; together they are `columns`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name.startswith(COLUMN):
                field.initial = self.instance.columns.get(name.removeprefix(COLUMN), "")

    def save(self, commit=True):
        self.instance.columns = {
            name.removeprefix(COLUMN): column.strip()
            for name, column in self.cleaned_data.items()
            if name.startswith(COLUMN) and column.strip()
        }
        return super().save(commit=commit)

    class Meta:
        model = OrderMapping
        exclude = ["columns"]


def column_field(label, required):
    return forms.CharField(
        label=capfirst(label),
        required=required,
        max_length=200,
        help_text="" if required else _("Leave empty when the file has no such column."),
    )


for _name, _label, _required in MAPPED_FIELDS:
    OrderMappingForm.base_fields[COLUMN + _name] = column_field(_label, _required)

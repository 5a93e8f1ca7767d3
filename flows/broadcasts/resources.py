from django.utils.timezone import localtime
from django.utils.translation import gettext
from import_export import fields, resources

from flows.broadcasts.models import Recipient
from flows.broadcasts.words import reason_text
from flows.importing import harmless


class RecipientResource(resources.ModelResource):
    """Recipients as a spreadsheet: headings and reasons in the reader's language. Export only."""

    number = fields.Field(attribute="customer__number")
    name = fields.Field(attribute="customer__name")
    outcome = fields.Field()
    why = fields.Field()
    code = fields.Field(attribute="reason")
    at = fields.Field()

    class Meta:
        model = Recipient
        fields = ("number", "name", "outcome", "why", "code", "at")

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.texts = {}

    def get_export_headers(self, selected_fields=None):
        return [
            gettext("customer number"), gettext("name"), gettext("outcome"), gettext("reason"),
            gettext("reason code"), gettext("time"),
        ]  # fmt: skip

    def export_field(self, field, instance, **kwargs):
        value = super().export_field(field, instance, **kwargs)
        return harmless(value) if isinstance(value, str) else value

    def dehydrate_outcome(self, recipient):
        return recipient.get_outcome_display()

    def dehydrate_why(self, recipient):
        if recipient.reason not in self.texts:
            self.texts[recipient.reason] = reason_text(recipient.reason)
        return self.texts[recipient.reason]

    def dehydrate_at(self, recipient):
        return localtime(recipient.counts_at).strftime("%Y-%m-%d %H:%M:%S")

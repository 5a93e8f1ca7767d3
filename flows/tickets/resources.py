"""Tickets as a spreadsheet. They come in by import_feedback, which reads the answers of an export again."""

from django.utils.timezone import localtime
from django.utils.translation import get_language
from import_export import fields

from flows.customers.resources import SpreadsheetResource
from flows.forms.texts import said
from flows.importing import harmless
from flows.tickets.field_access import answers_in_cells, as_seen
from flows.tickets.models import Ticket


class TicketResource(SpreadsheetResource):
    """A row is a ticket, as `by` may see it. `fields`: answers to these come after what every ticket has."""

    department = fields.Field(attribute="department__name")
    customer = fields.Field(attribute="customer__number")
    order = fields.Field(attribute="order__number")
    store = fields.Field(attribute="store__name")

    def __init__(self, *, by, fields=(), **kwargs):
        super().__init__(**kwargs)
        self.by, self.answers = by, {spec.name: spec.label for spec in fields}

    def get_export_headers(self, selected_fields=None):
        headings = super().get_export_headers(selected_fields)
        for name, label in self.answers.items():
            # An import finds a field by either.
            spoken = said(label, get_language())
            headings.append(name if spoken in headings else spoken)
        return headings

    def export_resource(self, ticket, selected_fields=None, **kwargs):
        told = answers_in_cells(ticket, get_language(), to=self.by) if self.answers else {}
        row = super().export_resource(as_seen(ticket, by=self.by), selected_fields, **kwargs)
        return row + [harmless(told.get(name, "")) for name in self.answers]

    class Meta:
        model = Ticket
        fields = (
            "id",
            "ticket_type",
            "title",
            "text",
            "status",
            "urgency",
            "department",
            "assignee",
            "customer",
            "order",
            "store",
            "created_at",
            "closed_at",
        )

    def dehydrate_status(self, ticket):
        return ticket.get_status_display()

    def dehydrate_urgency(self, ticket):
        return str(ticket.get_urgency_display())

    def dehydrate_assignee(self, ticket):
        return str(ticket.assignee or "")

    def dehydrate_created_at(self, ticket):
        return in_local_time(ticket.created_at)

    def dehydrate_closed_at(self, ticket):
        return in_local_time(ticket.closed_at)


def in_local_time(instant) -> str:
    return localtime(instant).strftime("%Y-%m-%d %H:%M:%S") if instant else ""

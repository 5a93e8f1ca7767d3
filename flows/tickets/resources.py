"""Tickets as a spreadsheet. Export only: tickets come in by import_feedback, the desk or a program."""

from django.utils.timezone import localtime
from import_export import fields

from flows.customers.resources import SpreadsheetResource
from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket


class TicketResource(SpreadsheetResource):
    department = fields.Field(attribute="department__name")
    customer = fields.Field(attribute="customer__number")
    order = fields.Field(attribute="order__number")
    store = fields.Field(attribute="store__name")

    def __init__(self, *, by, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def iter_queryset(self, queryset):
        return (as_seen(ticket, by=self.by) for ticket in super().iter_queryset(queryset))

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

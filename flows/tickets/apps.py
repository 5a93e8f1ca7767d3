from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def describe_ticket(key: str) -> tuple[str, str]:
    """How the decision log names a ticket, and where it is; asks no table."""
    return gettext("Ticket #%(number)s") % {"number": key}, reverse("desk:ticket", args=[key])


def secrets_of_ticket(key: str, user) -> frozenset[str]:
    from flows.tickets.field_access import untold
    from flows.tickets.models import Ticket

    ticket = Ticket.objects.select_related("version").filter(pk=int(key)).first() if key.isdigit() else None
    return untold(ticket, by=user) if ticket else frozenset()


class TicketsConfig(AppConfig):
    name = "flows.tickets"
    label = "tickets"
    verbose_name = _("Tickets")

    def ready(self):
        from flows.customers.imports import register as register_importer
        from flows.tickets.feedback import FeedbackImporter
        from flows.tickets.histories import register as register_history
        from flows.tickets.move_history import register as register_move_history
        from flows.tickets.notices import register as register_notices
        from flows.tickets.queue import register as register_queue
        from flows.tickets.routing import register as register_routing
        from rules.editor.names import register_subject

        register_subject("ticket", describe_ticket, secrets=secrets_of_ticket)
        register_routing()
        register_queue()
        register_history()
        register_move_history()
        register_notices()
        register_importer(FeedbackImporter())

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "flows.tickets"
    label = "tickets"
    verbose_name = _("Tickets")

    def ready(self):
        from flows.customers.imports import register as register_importer
        from flows.tickets.feedback import FeedbackImporter
        from flows.tickets.routing import register as register_routing

        register_routing()
        register_importer(FeedbackImporter())

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "flows.customers"
    label = "customers"
    verbose_name = _("Customers")

    def ready(self):
        from flows.customers.importers import CustomerImporter, OrderImporter
        from flows.customers.imports import register
        from flows.customers.scores import register as register_scores

        register(OrderImporter())
        register(CustomerImporter())
        register_scores()

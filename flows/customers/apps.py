from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def describe_customer(key: str) -> tuple[str, str]:
    """How the decision log and back-tests name a customer."""
    from flows.customers.models import Customer

    customer = Customer.objects.filter(pk=key).first()
    if customer is None:
        return gettext("A customer who is gone"), ""
    return str(customer), reverse("customer:inspect", args=[customer.pk])


class CustomersConfig(AppConfig):
    name = "flows.customers"
    label = "customers"
    verbose_name = _("Customers")

    def ready(self):
        from flows.customers.choosing import register as register_sources
        from flows.customers.histories import register as register_history
        from flows.customers.importers import CustomerImporter, OrderImporter
        from flows.customers.imports import register
        from flows.customers.scores import register as register_scores
        from rules.editor.names import register_subject

        register(OrderImporter())
        register(CustomerImporter())
        register_scores()
        register_sources()
        register_history()
        register_subject("customer", describe_customer)

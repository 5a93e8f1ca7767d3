from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def describe_order_line(key: str) -> tuple[str, str]:
    """How back-tests name an order line."""
    from flows.customers.models import OrderLine

    line = OrderLine.objects.select_related("order").filter(pk=key).first()
    if line is None:
        return gettext("An order line that is gone"), ""
    said = gettext("Order %(number)s, line %(line)s") % {"number": line.order.number, "line": line.position}
    return said, reverse("order:inspect", args=[line.order_id])


class SettlementConfig(AppConfig):
    name = "flows.settlement"
    label = "settlement"
    verbose_name = _("Settlement")

    def ready(self):
        from flows.settlement.facts import register
        from flows.settlement.guards import install_guards
        from flows.settlement.histories import register as register_history
        from rules.editor.names import register_subject

        register()
        register_history()
        register_subject("order_line", describe_order_line)
        post_migrate.connect(install_guards, sender=self)

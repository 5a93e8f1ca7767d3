from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SettlementConfig(AppConfig):
    name = "flows.settlement"
    label = "settlement"
    verbose_name = _("Settlement")

    def ready(self):
        from flows.settlement.facts import register
        from flows.settlement.guards import install_guards

        register()
        post_migrate.connect(install_guards, sender=self)

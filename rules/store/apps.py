from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StoreConfig(AppConfig):
    name = "rules.store"
    label = "rules_store"
    verbose_name = _("Rules")

    def ready(self):
        from rules.store.models.review import set_up_review
        from rules.store.permissions import register_permission_policies

        post_migrate.connect(set_up_review, sender=self)
        register_permission_policies()

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TogetherConfig(AppConfig):
    name = "flows.tickets.together"
    label = "together"
    verbose_name = _("Working together")

    def ready(self):
        from flows.tickets.together.search_index import keep_index

        post_migrate.connect(keep_index, sender=self, dispatch_uid="together.keep_index")

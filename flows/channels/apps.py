from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "flows.channels"
    label = "channels"
    verbose_name = _("Channels")

    def ready(self):
        from flows.channels.drivers import ConsoleDriver, register_driver

        register_driver(ConsoleDriver())

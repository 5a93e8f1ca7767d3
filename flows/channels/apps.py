from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "flows.channels"
    label = "channels"
    verbose_name = _("Channels")

    def ready(self):
        from flows.channels.drivers import ConsoleDriver, register_driver
        from flows.channels.mail import MailDriver
        from flows.channels.webhooks import WebhookDriver

        for driver in (ConsoleDriver(), MailDriver(), WebhookDriver()):
            register_driver(driver)

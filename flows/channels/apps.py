from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


def in_words(label, subject: str) -> tuple[str, str]:
    """Whose message it is, as the outbox says it; whom it tells of what is nobody else's to read."""
    return str(label), ""


class ChannelsConfig(AppConfig):
    name = "flows.channels"
    label = "channels"
    verbose_name = _("Channels")

    def ready(self):
        from flows.channels.drivers import ConsoleDriver, MailFileDriver, register_driver
        from flows.channels.mail import MailDriver
        from flows.channels.senders import Sender, register_sender
        from flows.channels.webhooks import WebhookDriver

        for driver in (ConsoleDriver(), MailFileDriver(), MailDriver(), WebhookDriver()):
            register_driver(driver)
        for name, label in (("notice", _("notice")), ("brief", _("daily brief"))):
            register_sender(name, Sender(describe=partial(in_words, label)))

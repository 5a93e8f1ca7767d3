from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BroadcastsConfig(AppConfig):
    name = "flows.broadcasts"
    label = "broadcasts"
    verbose_name = _("Broadcasts")

    def ready(self):
        from flows.broadcasts.actions import after_sending, before_sending
        from flows.channels.senders import Sender, register_sender

        register_sender("broadcast", Sender(before=before_sending, after=after_sending))

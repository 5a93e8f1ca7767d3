from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BroadcastsConfig(AppConfig):
    name = "flows.broadcasts"
    label = "broadcasts"
    verbose_name = _("Broadcasts")

    def ready(self):
        from flows.broadcasts import actions
        from flows.broadcasts.histories import register as register_history
        from flows.broadcasts.models.lexicon import OF_RULES, Lexicon
        from flows.channels.senders import Sender, register_sender
        from rules.store.lexicons import register_lexicons

        sender = Sender(
            before=actions.before_sending,
            after=actions.after_sending,
            pause=actions.after_a_batch,
            describe=actions.describe_subject,
        )
        register_sender("broadcast", sender)
        register_history()
        register_lexicons(Lexicon, offered=OF_RULES)

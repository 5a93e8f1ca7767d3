from urllib.parse import urlencode

from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def describe_recipient(key: str) -> tuple[str, str]:
    """How tests and back-tests name one customer of a sending."""
    from flows.broadcasts.models import Recipient

    recipient = Recipient.objects.select_related("sending__version", "customer").filter(pk=key).first()
    if recipient is None:
        return gettext("A message that is gone"), ""
    said = {"broadcast": recipient.sending, "number": recipient.customer.number}
    address = reverse("broadcasts_recipients", args=[recipient.sending_id])
    found = urlencode({"q": recipient.customer.number})
    return gettext("%(broadcast)s to customer %(number)s") % said, f"{address}?{found}"


class BroadcastsConfig(AppConfig):
    name = "flows.broadcasts"
    label = "broadcasts"
    verbose_name = _("Broadcasts")

    def ready(self):
        from flows.broadcasts import actions
        from flows.broadcasts.histories import register as register_history
        from flows.broadcasts.limit_history import register as register_limit_history
        from flows.broadcasts.models.lexicon import OF_RULES, Lexicon
        from flows.channels.senders import Sender, register_sender
        from rules.editor.names import register_subject
        from rules.store.lexicons import register_lexicons

        sender = Sender(
            before=actions.before_sending,
            after=actions.after_sending,
            pause=actions.after_a_batch,
            describe=actions.describe_subject,
        )
        register_sender("broadcast", sender)
        register_history()
        register_limit_history()
        register_subject("recipient", describe_recipient)
        register_lexicons(Lexicon, offered=OF_RULES)

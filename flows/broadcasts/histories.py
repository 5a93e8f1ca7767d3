"""Messages that went to the outbox, for lexicons: which would be blocked now, which no longer."""

from django.utils.translation import gettext_lazy as _

from flows.broadcasts.models import Lexicon
from flows.channels.models import Outgoing
from rules.store.histories import Case, History, register_history

PAGE = 1_000


class PastMessages(History):
    label = _("messages")

    def count(self, sides, since, until):
        return messages_of(since, until).count()

    def pages(self, sides, since, until, after):
        messages = messages_of(since, until).order_by("pk").values_list("pk", "payload")
        while page := list(messages.filter(pk__gt=after)[:PAGE]):
            yield [
                Case(place=pk, subject=f"message:{pk}", facts={"text": payload.get("text", "")})
                for pk, payload in page
            ]
            after = page[-1][0]


def messages_of(since, until):
    return Outgoing.objects.filter(
        created_at__gte=since, created_at__lt=until, subject__startswith="broadcast:"
    )


def register() -> None:
    register_history(Lexicon, PastMessages())

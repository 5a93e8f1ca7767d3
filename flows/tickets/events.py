"""What a step may wait for besides time. Whoever lets it happen calls `waits.happened`.

A flow may name others, which a program of the company's own lets happen.
"""

from django.utils.translation import gettext_lazy as _

SAID, TAGGED, HANDED = "said", "tagged", "handed"
EVENTS = {
    SAID: _("somebody writes to the customer"),
    TAGGED: _("somebody changes its tags"),
    HANDED: _("somebody hands it over"),
}


def event_in_words(event: str) -> str:
    return str(EVENTS.get(event, event))

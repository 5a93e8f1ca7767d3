"""Letting people know what happened to a ticket, each as far as they may see it."""

from datetime import datetime

from flows.channels.notices import Happened, notify_all
from flows.tickets.models import Ticket


def tell_about(
    ticket: Ticket, *, people, event: str, by, at: datetime, note_for=None, occasion: str = ""
) -> None:
    """Tell `people`, but not who did it.

    note_for(person)   what they may read of what was written
    occasion           which time it was: `at` unless given
    """
    told = [
        Happened(
            event=event,
            people=[person],
            subject=ticket.subject,
            by=by,
            occasion=occasion,
            context={"note": note_for(person)} if note_for else {},
        )
        for person in people
    ]
    notify_all(told, at=at)

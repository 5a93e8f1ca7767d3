"""Letting people know what happened to a ticket, each as far as they may see it."""

from datetime import datetime

from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket
from flows.tickets.together.rights import sees


def tell(*, people, event: str, context: dict, subject: str, at: datetime, by=None) -> None:
    """Where the notices of flows/channels join: in the caller's transaction, out through the outbox."""


def tell_about(ticket: Ticket, *, people, event: str, by, at: datetime, note_for=None) -> None:
    """Tell each of `people` who sees `ticket`, but not who did it. `note_for(person)`: what they may read."""
    for person in people:
        if person.pk == by.pk or not person.is_active or not sees(person, ticket):
            continue
        context = {
            "number": ticket.pk,
            "title": as_seen(ticket, by=person).title,
            "by": str(by),
            "note": note_for(person) if note_for else "",
        }
        tell(people=[person], event=event, context=context, subject=ticket.subject, at=at, by=by)

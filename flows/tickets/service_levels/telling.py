"""What steps of a ladder tell people."""

from collections.abc import Iterable

from flows.channels.notices import Happened
from flows.tickets.models import Clock, Ticket

# A step may say how people are told; the bell takes every notice, and webhooks what they are set up for.
BY_CHANNELS = {"usual": None, "app": (), "email": ("email",), "webhook": ()}


def told_by_step(
    *, people: Iterable, event: str, ticket: Ticket, clock: Clock, step: str, channel: str
) -> Happened:
    return Happened(
        event=event,
        people=list(people),
        subject=ticket.subject,
        context={"due": clock.due_at} if clock.due_at else {},
        occasion=f"clock-{clock.pk}.{clock.cycle}.{step}",
        by_channels=BY_CHANNELS[channel],
    )

"""What the sweep does every few seconds: count again what runs by an earlier version of a calendar, then fire
what is due. Both find their work in the database: it does not matter who sweeps, how often, or who died."""

import logging
from datetime import datetime

from django.db import transaction

from flows.tickets.models import Clock, Ticket
from flows.tickets.service_levels.clocks import ticket_changed
from flows.tickets.service_levels.ladder import MOST_AT_ONCE, fire_due, lock_unless_busy

logger = logging.getLogger(__name__)


def sweep(*, at: datetime) -> int:
    """→ how many steps' clocks were looked at."""
    recount_superseded(at=at)
    return fire_due(at=at)


def recount_superseded(*, at: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Tickets whose clocks run by a version of a calendar that is live no more; → how many were counted."""
    tickets = (
        Clock.objects.running()
        .filter(calendar__live_until__lte=at)
        .order_by()
        .values_list("ticket_id", flat=True)
        .distinct()[:limit]
    )
    return sum(recount_ticket(pk, at=at) for pk in tickets)


@transaction.atomic
def recount_ticket(pk: int, *, at: datetime) -> bool:
    if not lock_unless_busy(pk):
        return False
    ticket = Ticket.objects.with_names().get(pk=pk)
    ticket_changed(ticket=ticket, at=at)
    return True

"""What the sweep does every few seconds: count again what runs by an earlier version of a calendar, then fire
what is due. Both find their work in the database: it does not matter who sweeps, how often, or who died."""

from datetime import datetime

from django.db import transaction

from flows.tickets.models import Clock
from flows.tickets.service_levels.clocks import count_again
from flows.tickets.service_levels.ladder import BATCH, MOST_AT_ONCE, fire_due, lock_unless_busy


def sweep(*, at: datetime) -> int:
    """→ how many tickets were looked at for one of both reasons; fewer than MOST_AT_ONCE: nothing is left."""
    return max(recount_superseded(at=at), fire_due(at=at))


def recount_superseded(*, at: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Tickets whose clocks run by a version of a calendar that is live no more; → how many were counted."""
    running = Clock.objects.running().filter(calendar__live_until__lte=at)
    tickets = list(running.order_by().values_list("ticket_id", flat=True).distinct()[:limit])
    batches = (tickets[begin : begin + BATCH] for begin in range(0, len(tickets), BATCH))
    return sum(recount_tickets(batch, at=at) for batch in batches)


@transaction.atomic
def recount_tickets(tickets: list[int], *, at: datetime) -> int:
    return count_again(tickets=lock_unless_busy(tickets), at=at)

"""A part of a ticket becomes a ticket of its own, linked to where it came from."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from flows.tickets.actions import create_ticket
from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket, TicketEvent
from flows.tickets.refusals import NotYours
from flows.tickets.together.models import TicketLink
from flows.tickets.together.rights import demand_work


def carried_over(ticket: Ticket, specs, *, by) -> dict:
    """Answers of `ticket`, as far as `by` may read them, that a form of `specs` asks in the same way."""
    seen = as_seen(ticket, by=by)
    kinds = {spec.name: spec.kind for spec in ticket.runtime.fields}
    return {
        spec.name: seen.answers[spec.name]
        for spec in specs
        if spec.name in seen.answers and kinds[spec.name] == spec.kind and not spec.asks.is_file
    }


@transaction.atomic
def split_ticket(*, ticket: Ticket, ticket_type: str, answers: Mapping, by, at: datetime) -> Ticket:
    """Open the new ticket. Raises NotYours and what opening raises."""
    demand_work(ticket, by=by)
    if not by.has_perm("tickets.add_ticket"):
        raise NotYours(_("Opening tickets needs the role of an agent."))
    made = create_ticket(ticket_type=ticket_type, answers=answers, by=by, at=at)
    TicketLink.objects.create(source=ticket, target=made, kind="split", by=by, at=at)
    for one, data in ((ticket, {"into": made.pk}), (made, {"from": ticket.pk})):
        TicketEvent.objects.create(ticket=one, kind=TicketEvent.Kind.SPLIT, at=at, by=by, data=data)
    return made

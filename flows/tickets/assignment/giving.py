"""Doing what was found for new tickets, whose first step may be one where rules say who has them."""

from collections.abc import Sequence
from datetime import datetime

from flows.tickets.assignment.assigning import assign_all
from flows.tickets.models import Task, Ticket, TicketEvent


def give_by_rules(tickets: Sequence[Ticket], *, by, at: datetime) -> None:
    """Give open ones that are at such a step to whom the list there finds; leave the others alone."""
    for node, here in at_their_steps(tickets):
        events = []
        for ticket, made in zip(here, assign_all(tickets=here, node=node, by=by, at=at), strict=True):
            ticket.department, ticket.assignee = made.department, made.person
            events.append(TicketEvent(ticket=ticket, kind="assigned", at=at, data=made.reasons))
        TicketEvent.objects.bulk_create(events, batch_size=1_000)
        Ticket.objects.bulk_update(here, ["department", "assignee"], batch_size=500)
        tasks = list(Task.objects.open().filter(ticket__in=here, node=node.key))
        by_ticket = {ticket.pk: ticket for ticket in here}
        for task in tasks:
            ticket = by_ticket[task.ticket_id]
            task.department, task.assignee = ticket.department, ticket.assignee
        Task.objects.bulk_update(tasks, ["department", "assignee"], batch_size=500)


def at_their_steps(tickets: Sequence[Ticket]) -> list[tuple]:
    """(step, the tickets there), of steps where rules say who has them."""
    found: dict = {}
    for ticket in tickets:
        node = ticket.runtime.nodes[ticket.node]
        if ticket.is_open and node.assignment:
            found.setdefault(node.key, (node, []))[1].append(ticket)
    return list(found.values())

"""Who may do what together on a ticket: whoever sees it reads and watches; agents who see it also write."""

from django.utils.translation import gettext as _

from flows.tickets.models import Ticket
from flows.tickets.refusals import NotYours


def sees(person, ticket: Ticket) -> bool:
    return Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists()


def may_work(person) -> bool:
    return person.has_perm("tickets.change_ticket")


def demand_sight(ticket: Ticket, *, by) -> None:
    """Raises NotYours."""
    if not sees(by, ticket):
        raise NotYours(_("This ticket is with another department now."))


def demand_work(ticket: Ticket, *, by) -> None:
    """Raises NotYours."""
    if not may_work(by):
        raise NotYours(_("You may read tickets; working on them needs the role of an agent."))
    demand_sight(ticket, by=by)

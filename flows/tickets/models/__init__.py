from flows.tickets.models.ticket import Ticket, TicketEvent, TicketTag
from flows.tickets.models.ticket_type import Node, TicketType, Transition

__all__ = ["Node", "Ticket", "TicketEvent", "TicketTag", "TicketType", "Transition"]

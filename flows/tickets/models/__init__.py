from flows.tickets.models.ticket import Ticket, TicketEvent, TicketTag
from flows.tickets.models.ticket_type import Node, TicketType, Transition
from flows.tickets.models.turn import AssignmentTurn

__all__ = ["AssignmentTurn", "Node", "Ticket", "TicketEvent", "TicketTag", "TicketType", "Transition"]

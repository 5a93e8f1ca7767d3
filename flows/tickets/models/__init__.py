from flows.tickets.models.clock import Clock, FiredStep
from flows.tickets.models.ticket import Ticket, TicketEvent, TicketTag
from flows.tickets.models.ticket_type import Node, TicketType, Transition

__all__ = ["Clock", "FiredStep", "Node", "Ticket", "TicketEvent", "TicketTag", "TicketType", "Transition"]

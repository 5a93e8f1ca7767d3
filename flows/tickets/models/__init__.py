from flows.tickets.models.task import Task
from flows.tickets.models.ticket import Ticket, TicketEvent, TicketTag
from flows.tickets.models.ticket_type import TicketType

__all__ = ["Task", "Ticket", "TicketEvent", "TicketTag", "TicketType"]

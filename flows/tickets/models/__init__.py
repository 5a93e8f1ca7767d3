from flows.tickets.models.clock import Clock, FiredStep
from flows.tickets.models.task import Approval, Task
from flows.tickets.models.ticket import Ticket, TicketEvent, TicketTag
from flows.tickets.models.ticket_type import TicketType
from flows.tickets.models.turn import AssignmentTurn

__all__ = [
    "Approval",
    "AssignmentTurn",
    "Clock",
    "FiredStep",
    "Task",
    "Ticket",
    "TicketEvent",
    "TicketTag",
    "TicketType",
]

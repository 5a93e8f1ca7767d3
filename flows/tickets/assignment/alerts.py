"""Telling that nobody was free."""

from datetime import datetime

from flows.channels.notices import notify
from flows.organisation.models import User
from flows.tickets.assignment.staff import MAY_WORK, MODEL_BACKEND


def tell_queue(*, ticket, department, at: datetime) -> None:
    """`ticket` waits in the queue of `department` and someone must look. Without a department every agent
    sees it, and nobody is told by name."""
    if department is None:
        return
    people = User.objects.with_perm(MAY_WORK, backend=MODEL_BACKEND, include_superusers=False)
    notify(
        people=people.filter(department=department),
        event="ticket.unassigned",
        context={"department": department.name},
        subject=ticket.subject,
        at=at,
    )

"""Firing the steps of ladders that are due: each once, whatever workers do.

A step fires in one transaction: the ticket is locked, the claim is stored (`FiredStep`, unique), the act is
done, the time line says so, the clock learns when the next step is due. A worker killed before its end leaves
nothing behind, and the next sweep finds the step due again; of two workers the second finds it claimed.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from flows.organisation.models import Department, User
from flows.tickets.models import Clock, FiredStep, Ticket, TicketEvent
from flows.tickets.models.ticket import Urgency
from flows.tickets.service_levels.clocks import level_of, next_step_at, steps_left, ticket_changed
from flows.tickets.service_levels.levels import LadderStep
from flows.tickets.service_levels.telling import tell

logger = logging.getLogger(__name__)

# How long a clock whose steps cannot be fired waits, so that it holds up no other.
LATER = timedelta(minutes=1)
MOST_AT_ONCE = 500


def fire_due(*, at: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Fire every step that is due; → how many clocks were looked at. Fewer than `limit`: nothing is left."""
    due = clocks_due(at=at)[:limit]
    for pk, ticket_id in due:
        try:
            fire_clock(pk=pk, ticket_id=ticket_id, at=at)
        except Exception:
            logger.exception("The ladder of clock %s could not be climbed; it is tried again.", pk)
            Clock.objects.filter(pk=pk, next_at__lte=at).update(next_at=at + LATER)
    return len(due)


def clocks_due(*, at: datetime):
    """The scan: one query that reads the due end of one index."""
    return Clock.objects.with_step_due(at=at).order_by("next_at").values_list("pk", "ticket_id")


@transaction.atomic
def fire_clock(*, pk: int, ticket_id: int, at: datetime) -> int:
    """Fire what is due of one clock, in order; → how many steps."""
    if not lock_unless_busy(ticket_id):
        return 0
    clock = due_clock(pk, at=at)
    if clock is None:
        return 0
    ticket, fired = clock.ticket, 0
    level = level_of(ticket, clock)
    for due_at, step in steps_due(clock, level, at=at):
        _row, is_mine = FiredStep.objects.get_or_create(
            clock=clock, cycle=clock.cycle, step=step.key, defaults={"due_at": due_at, "fired_at": at}
        )
        if is_mine:
            do(step, clock=clock, ticket=ticket, due_at=due_at, at=at)
            fired += 1
    # What was done may have changed the budget, so the clock is read anew.
    plan_next(pk)
    return fired


def lock_unless_busy(ticket_id: int) -> bool:
    """Whoever moves the ticket now is not waited for: the next sweep comes soon."""
    skip = connection.features.has_select_for_update_skip_locked
    rows = Ticket.objects.select_for_update(skip_locked=skip).filter(pk=ticket_id)
    return rows.values_list("pk").first() is not None


def due_clock(pk: int, *, at: datetime) -> Clock | None:
    """With all that firing reads; None where somebody was quicker, or the ticket moved on."""
    clocks = Clock.objects.with_step_due(at=at).filter(pk=pk)
    return (
        clocks.select_related(
            "calendar", "ticket__version", "ticket__assignee", "ticket__department__head", "ticket__store"
        )
        .prefetch_related("fired")
        .first()
    )


def steps_due(clock: Clock, level, *, at: datetime) -> list[tuple[datetime, LadderStep]]:
    if level is None:
        return []
    count = clock.count
    due = ((count.when_used(step.mark(clock.budget)), step) for step in steps_left(clock, level))
    return sorted(
        ((when, step) for when, step in due if when and when <= at), key=lambda pair: pair[0]
    )  # fmt: skip


def plan_next(pk: int) -> None:
    clock = Clock.objects.select_related("calendar", "ticket__version").prefetch_related("fired").get(pk=pk)
    Clock.objects.filter(pk=pk).update(next_at=next_step_at(clock, level_of(clock.ticket, clock)))


# What a step does


def do(step: LadderStep, *, clock: Clock, ticket: Ticket, due_at: datetime, at: datetime) -> None:
    people = people_of(step, ticket)
    was = ticket.urgency
    done = ACTS[step.action](step, ticket, people)
    tell(people=people, event=EVENTS[step.action], ticket=ticket, clock=clock, channel=step.channel, at=at)
    TicketEvent.objects.create(
        ticket=ticket,
        kind=TicketEvent.Kind.LATE,
        at=at,
        data={
            "measure": clock.measure,
            "node": ticket.runtime.nodes[clock.node].label if clock.node in ticket.runtime.nodes else {},
            "percent": step.percent,
            "offset": step.offset,
            "due": due_at.isoformat(),
            "action": step.action,
            "told": [str(person) for person in people],
            **done,
        },
    )
    if ticket.urgency != was:
        # An urgent ticket may have less time.
        ticket_changed(ticket=ticket, at=at)


EVENTS = {
    "remind": "ticket.due",
    "raise_urgency": "ticket.due",
    "reassign": "ticket.assigned",
    "escalate": "ticket.escalated",
}


def people_of(step: LadderStep, ticket: Ticket) -> list[User]:
    """Who is told. Where nobody has the ticket yet, its department is; without a head, too."""
    match step.who:
        case "assignee":
            return working([ticket.assignee]) or staff_of(ticket.department)
        case "head":
            head = ticket.department.head if ticket.department else None
            return working([head]) or staff_of(ticket.department)
        case "person":
            return list(User.objects.filter(username=step.person, is_active=True))
        case "role":
            return list(User.objects.filter(groups__name=step.role, is_active=True))
        case _department:
            return staff_of(Department.objects.filter(slug=step.department).first())


def working(people: Iterable[User | None]) -> list[User]:
    return [person for person in people if person and person.is_active]


def staff_of(department: Department | None) -> list[User]:
    return list(department.staff.filter(is_active=True)) if department else []


def remind(step: LadderStep, ticket: Ticket, people: list[User]) -> dict:
    return {}


def raise_urgency(step: LadderStep, ticket: Ticket, people: list[User]) -> dict:
    return set_urgency(ticket, min(ticket.urgency + 1, Urgency.RED))


def escalate(step: LadderStep, ticket: Ticket, people: list[User]) -> dict:
    """The ticket becomes urgent, and someone above is told; whoever has it keeps it."""
    return set_urgency(ticket, Urgency.RED)


def set_urgency(ticket: Ticket, urgency: int) -> dict:
    if urgency == ticket.urgency:
        return {}
    ticket.urgency = urgency
    Ticket.objects.filter(pk=ticket.pk).update(urgency=urgency)
    return {"urgency": Urgency(urgency).colour}


def reassign(step: LadderStep, ticket: Ticket, people: list[User]) -> dict:
    """To a person, or to a department's queue. Nobody there: it stays, and the time line says so."""
    before = str(ticket.assignee or ticket.department or "")
    if step.who == "department":
        department = Department.objects.filter(slug=step.department).first()
        if department is None:
            return {"nobody": step.department}
        give(ticket, department=department, assignee=None)
        return {"before": before, "now": str(department)}
    person = ticket.department.head if step.who == "head" and ticket.department else None
    person = next(iter(people), None) if step.who == "person" else person
    if person is None or not person.is_active:
        return {"nobody": step.person or "head"}
    give(ticket, department=ticket.department, assignee=person)
    return {"before": before, "now": str(person)}


def give(ticket: Ticket, *, department: Department | None, assignee: User | None) -> None:
    ticket.department, ticket.assignee = department, assignee
    Ticket.objects.filter(pk=ticket.pk).update(department=department, assignee=assignee)
    ticket.tasks.open().filter(node=ticket.node).update(department=department, assignee=assignee)


ACTS = {"remind": remind, "raise_urgency": raise_urgency, "reassign": reassign, "escalate": escalate}

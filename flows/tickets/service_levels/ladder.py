"""Firing the steps of ladders that are due: each once, whatever workers do.

A step fires in one transaction: the ticket is locked, the claim is stored (`FiredStep`, unique), the act is
done, the time line says so, the clock learns when the next step is due. A worker killed before its end leaves
nothing behind, and the next sweep finds the step due again; of two workers the second finds it claimed.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from flows.channels.notices import notify_all
from flows.organisation.models import Department, User
from flows.tickets.models import Clock, FiredStep, Ticket, TicketEvent
from flows.tickets.models.ticket import Urgency
from flows.tickets.queue import count_points
from flows.tickets.service_levels.clocks import count_again, level_of, steps_left
from flows.tickets.service_levels.levels import LadderStep
from flows.tickets.service_levels.telling import told_by_step

logger = logging.getLogger(__name__)

# How long a clock whose steps cannot be fired waits, so that it holds up no other.
LATER = timedelta(minutes=1)
MOST_AT_ONCE = 500
# So many clocks fire in one transaction: it must be short, for who moves one of their tickets waits for it.
BATCH = 50


def fire_due(*, at: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Fire every step that is due; → how many clocks were looked at. Fewer than `limit`: nothing is left."""
    due = list(clocks_due(at=at)[:limit])
    for begin in range(0, len(due), BATCH):
        batch = due[begin : begin + BATCH]
        try:
            fire(batch, at=at)
        except Exception:
            # One of them cannot be fired. The others must not wait for it.
            for one in batch:
                fire_alone(one, at=at)
    return len(due)


def fire_alone(one: tuple[int, int], *, at: datetime) -> None:
    try:
        fire([one], at=at)
    except Exception:
        logger.exception("The ladder of clock %s could not be climbed; it is tried again.", one[0])
        Clock.objects.filter(pk=one[0], next_at__lte=at).update(next_at=at + LATER)


def clocks_due(*, at: datetime):
    """The scan: one query that reads the due end of one index. → (clock, ticket)"""
    return Clock.objects.with_step_due(at=at).order_by("next_at").values_list("pk", "ticket_id")


@transaction.atomic
def fire(batch: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Fire what is due of these clocks, each in the order of its ladder."""
    free = lock_unless_busy({ticket for _clock, ticket in batch})
    climb = Climb(at=at)
    for clock in due_clocks([clock for clock, ticket in batch if ticket in free], at=at):
        climb.fire(clock)
    climb.save()


def lock_unless_busy(tickets: Iterable[int]) -> set[int]:
    """Those that nobody moves now. A busy one is not waited for: the next sweep comes soon."""
    skip = connection.features.has_select_for_update_skip_locked
    rows = Ticket.objects.select_for_update(skip_locked=skip).filter(pk__in=tickets)
    return set(rows.order_by("pk").values_list("pk", flat=True))


def due_clocks(clocks: Sequence[int], *, at: datetime) -> list[Clock]:
    """With all that firing reads; without those where somebody was quicker, or whose ticket moved on."""
    due = Clock.objects.with_step_due(at=at).filter(pk__in=clocks).order_by("next_at", "pk")
    found = due.select_related(
        "calendar", "ticket__version", "ticket__assignee", "ticket__department__head", "ticket__store"
    ).defer("calendar__document", "ticket__version__document")
    return list(found.prefetch_related("fired"))


class Climb:
    """What fires in one transaction; written in a handful of statements."""

    def __init__(self, *, at: datetime):
        self.at = at
        self.tickets: dict[int, Ticket] = {}
        self.clocks: list[Clock] = []
        self.changed: dict[int, Ticket] = {}
        self.given: dict[int, Ticket] = {}
        self.fired, self.events, self.told = [], [], []
        self.people = People()

    def fire(self, clock: Clock) -> None:
        # Two clocks of one ticket see what the other did to it.
        ticket = clock.ticket = self.tickets.setdefault(clock.ticket_id, clock.ticket)
        level = level_of(ticket, clock)
        due, later = steps_of(clock, level, at=self.at)
        for due_at, step in due:
            self.fired.append(
                FiredStep(clock=clock, cycle=clock.cycle, step=step.key, due_at=due_at, fired_at=self.at)
            )
            self.do(step, clock=clock, ticket=ticket, due_at=due_at)
        clock.next_at = min(later, default=None)
        self.clocks.append(clock)

    def do(self, step: LadderStep, *, clock: Clock, ticket: Ticket, due_at: datetime) -> None:
        people = self.people.of(step, ticket)
        done = ACTS[step.action](step, ticket, people)
        if done:
            self.changed[ticket.pk] = ticket
        if "now" in done:
            self.given[ticket.pk] = ticket
        event = EVENTS[step.action]
        self.told.append(
            told_by_step(
                people=people, event=event, ticket=ticket, clock=clock, step=step.key, channel=step.channel
            )
        )
        node = ticket.runtime.nodes.get(clock.node)
        self.events.append(
            TicketEvent(
                ticket=ticket,
                kind=TicketEvent.Kind.LATE,
                at=self.at,
                data={
                    "measure": clock.measure,
                    "node": node.label if node else {},
                    "percent": step.percent,
                    "offset": step.offset,
                    "due": due_at.isoformat(),
                    "action": step.action,
                    "told": [str(person) for person in people],
                    **done,
                },
            )
        )

    def save(self) -> None:
        """The claims come first: whoever claimed one already makes all of this undone."""
        FiredStep.objects.bulk_create(self.fired)
        TicketEvent.objects.bulk_create(self.events)
        Clock.objects.bulk_update(self.clocks, ["next_at"])
        Ticket.objects.bulk_update(self.changed.values(), ["urgency"])
        Ticket.objects.bulk_update(self.given.values(), ["department", "assignee"])
        for ticket in self.given.values():
            here = ticket.tasks.open().filter(node=ticket.node)
            here.update(department=ticket.department, assignee=ticket.assignee)
        count_points(self.changed.values(), at=self.at)
        notify_all(self.told, at=self.at)
        # An urgent ticket may have less time; another department may have another calendar.
        count_again(tickets=self.changed, at=self.at)


def steps_of(
    clock: Clock, level, *, at: datetime
) -> tuple[list[tuple[datetime, LadderStep]], list[datetime]]:
    """The steps that are due, in order, and when the others will be."""
    if level is None:
        return [], []
    count = clock.count
    planned = [(count.when_used(step.mark(clock.budget)), step) for step in steps_left(clock, level)]
    due = sorted(((when, step) for when, step in planned if when and when <= at), key=lambda pair: pair[0])
    return due, [when for when, _step in planned if when and when > at]


# What a step does. Each changes the ticket in memory and says what it changed.


class People:
    """Whom steps tell, looked up once for a batch."""

    def __init__(self):
        self.staff: dict[int, list[User]] = {}
        self.named: dict[tuple[str, str], list[User]] = {}

    def of(self, step: LadderStep, ticket: Ticket) -> list[User]:
        """Where nobody has the ticket yet, its department is told; where there is no head, too."""
        match step.who:
            case "assignee":
                return working([ticket.assignee]) or self.staff_of(ticket.department)
            case "head":
                head = ticket.department.head if ticket.department else None
                return working([head]) or self.staff_of(ticket.department)
            case "person":
                return self.found("person", step.person, User.objects.filter(username=step.person))
            case "role":
                return self.found("role", step.role, User.objects.filter(groups__name=step.role))
            case _department:
                found = User.objects.filter(department__slug=step.department)
                return self.found("department", step.department, found)

    def staff_of(self, department: Department | None) -> list[User]:
        if department is None:
            return []
        if department.pk not in self.staff:
            self.staff[department.pk] = list(department.staff.filter(is_active=True))
        return self.staff[department.pk]

    def found(self, kind: str, name: str, people) -> list[User]:
        if (kind, name) not in self.named:
            self.named[kind, name] = list(people.filter(is_active=True))
        return self.named[kind, name]


EVENTS = {
    "remind": "ticket.due",
    "raise_urgency": "ticket.due",
    "reassign": "ticket.assigned",
    "escalate": "ticket.escalated",
}


def working(people: Iterable[User | None]) -> list[User]:
    return [person for person in people if person and person.is_active]


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
    return {"urgency": Urgency(urgency).colour}


def reassign(step: LadderStep, ticket: Ticket, people: list[User]) -> dict:
    """To a person, or to a department's queue. Nobody there: it stays, and the time line says so."""
    before = str(ticket.assignee or ticket.department or "")
    if step.who == "department":
        department = Department.objects.filter(slug=step.department).first()
        if department is None:
            return {"nobody": step.department}
        ticket.department, ticket.assignee = department, None
        return {"before": before, "now": str(department)}
    person = ticket.department.head if step.who == "head" and ticket.department else None
    person = next(iter(people), None) if step.who == "person" else person
    if person is None or not person.is_active:
        return {"nobody": step.person or "head"}
    ticket.assignee = person
    return {"before": before, "now": str(person)}


ACTS = {"remind": remind, "raise_urgency": raise_urgency, "reassign": reassign, "escalate": escalate}

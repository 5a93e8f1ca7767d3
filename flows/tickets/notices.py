"""What people are told of tickets: the kinds of events, and what each reader may be told of a ticket."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from flows.channels.notices import About, Happened, Kind, notify_all, register_about, register_kind
from flows.organisation.models import User
from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket
from flows.tickets.models.ticket import Urgency


def about_tickets(subjects: Iterable[str], people: Iterable) -> dict:
    """What each person may be told of each ticket. One query per person, however many tickets."""
    keys = {int(key): subject for subject in subjects if (key := subject.partition(":")[2]).isdigit()}
    tickets = Ticket.objects.with_names().in_bulk(keys)
    told = {}
    for person in people:
        for pk in Ticket.objects.visible_to(person).filter(pk__in=keys).values_list("pk", flat=True):
            if pk in tickets:
                told[keys[pk], person.pk] = told_of(as_seen(tickets[pk], by=person))
    return told


def told_of(ticket: Ticket) -> dict:
    runtime = ticket.runtime
    return {
        "number": ticket.pk,
        "title": ticket.title,
        "type": dict(runtime.name),
        "step": dict(runtime.nodes[ticket.node].label),
        "urgency": Urgency(ticket.urgency).label,
        "url": reverse("desk:ticket", args=[ticket.pk]),
    }


ABOUT = About(
    describe=about_tickets,
    placeholders={
        "number": _("number of the ticket"),
        "title": _("its title"),
        "type": _("its type"),
        "step": _("the step it is at"),
        "urgency": _("how urgent it is"),
    },
    example={
        "number": 1024,
        "title": _("The cake arrived broken"),
        "type": _("Refund"),
        "step": _("Handling"),
        "urgency": Urgency.RED.label,
        "url": "/desk/",
    },
)
KINDS = (
    Kind(
        key="ticket.red",
        label=_("An urgent ticket comes in for me or my department"),
        subject=_("Urgent: #{number} {title}"),
        body=_("A rule made this ticket urgent when it came in. Type: {type}. Step: {step}."),
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
    ),
    Kind(
        key="ticket.unassigned",
        label=_("Nobody was free for a ticket of my department"),
        subject=_("Nobody was free: #{number} {title}"),
        body=_("It waits in the queue of {department}. Type: {type}. Step: {step}."),
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
        tells={"department": _("whose queue it waits in")},
    ),
    Kind(
        key="ticket.assigned",
        label=_("A ticket is assigned to me"),
        subject=_("#{number} is yours: {title}"),
        body=_("{by} gave you this ticket. Type: {type}. Step: {step}. Urgency: {urgency}."),
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
    ),
    Kind(
        key="ticket.approval",
        label=_("My approval is asked for"),
        subject=_("Your approval is asked for: #{number} {title}"),
        body=_("{by} asks for your approval. Type: {type}. Step: {step}."),
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
    ),
    Kind(
        key="ticket.returned",
        label=_("A ticket is sent back to me"),
        subject=_("Sent back: #{number} {title}"),
        body=_("{by} sent it back to “{step}”. {note}"),
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
        tells={"note": _("what was written with it")},
    ),
    Kind(
        key="ticket.mentioned",
        label=_("Someone mentions me"),
        subject=_("{by} mentions you in #{number} {title}"),
        body="{note}",
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
        tells={"note": _("what was written with it")},
    ),
    Kind(
        key="ticket.due",
        label=_("A ticket of mine is due soon"),
        subject=_("Due soon: #{number} {title}"),
        body=_("It is due at {due}. Type: {type}. Step: {step}."),
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
        tells={"due": _("when it is due")},
    ),
    Kind(
        key="ticket.escalated",
        label=_("A ticket is overdue and escalated to me"),
        subject=_("Overdue: #{number} {title}"),
        body=_("It was due at {due}. Type: {type}. Step: {step}. {note}"),
        important=True,
        about="ticket",
        needs="tickets.view_ticket",
        tells={"due": _("when it was due"), "note": _("what was done about it")},
    ),
    Kind(
        key="ticket.commented",
        label=_("Someone comments on a ticket I have or watch"),
        subject=_("{by} wrote about #{number} {title}"),
        body="{note}",
        about="ticket",
        needs="tickets.view_ticket",
        tells={"note": _("what was written with it")},
    ),
    Kind(
        key="ticket.told",
        label=_("A flow tells me something"),
        subject=_("#{number} {title}"),
        body="{note}",
        about="ticket",
        needs="tickets.view_ticket",
        tells={"note": _("what the flow says")},
    ),
    Kind(
        key="ticket.moved",
        label=_("A ticket I watch moves"),
        subject=_("#{number} is at “{step}”: {title}"),
        body=_("It moved on. Type: {type}. Step: {step}."),
        about="ticket",
        needs="tickets.view_ticket",
    ),
)


def register() -> None:
    register_about("ticket", ABOUT)
    for kind in KINDS:
        register_kind(kind)


# Telling


def tell_of_new(tickets: Iterable[Ticket], *, by, at: datetime) -> None:
    """New tickets: the red alert to the person or the department that rules named, and to whoever got one.
    In the transaction that made them, in a number of queries that does not grow with them."""
    open_ones = [ticket for ticket in tickets if ticket.is_open]
    red = [ticket for ticket in open_ones if ticket.urgency == Urgency.RED]
    staff = staff_of(ticket.department_id for ticket in red if not ticket.assignee_id)
    happened = [
        Happened(
            event="ticket.red",
            people=[ticket.assignee] if ticket.assignee_id else staff.get(ticket.department_id, []),
            subject=ticket.subject,
            occasion="opened",
        )
        for ticket in red
    ] + [
        Happened(event="ticket.assigned", people=[ticket.assignee], subject=ticket.subject, by=by)
        for ticket in open_ones
        if ticket.assignee_id and ticket.urgency != Urgency.RED
    ]
    notify_all(happened, at=at)


def assigned_to(people: Iterable[User], ticket: Ticket, *, by) -> list[Happened]:
    """These have it now, or one of its steps, and had neither before."""
    people = list(people)
    return [Happened(event="ticket.assigned", people=people, subject=ticket.subject, by=by)] if people else []


def moved_on(ticket: Ticket, *, by) -> Happened:
    """Those who watch hear of it. A note may hold what not everyone may read, so it is on the page only."""
    watching = [row.person for row in ticket.watchers.select_related("person")]
    return Happened(
        event="ticket.moved", people=watching, subject=ticket.subject, by=by, occasion=str(ticket.moves)
    )


def told_by_flow(people: Iterable[User], *, note: str, number: str, subject: str) -> Happened:
    """What an automatic step says. `number`: of the step, so that it is said once."""
    return Happened(
        event="ticket.told", people=list(people), subject=subject, context={"note": note}, occasion=number
    )


def staff_of(departments: Iterable[int | None]) -> dict[int, list[User]]:
    found: dict[int, list[User]] = {}
    for person in User.objects.filter(department__in={pk for pk in departments if pk}, is_active=True):
        found.setdefault(person.department_id, []).append(person)
    return found

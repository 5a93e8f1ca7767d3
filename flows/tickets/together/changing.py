"""Small acts on one ticket beside moving it: who has it, its tags, its urgency. The time line tells each."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from flows.organisation.models import Department, User
from flows.tickets import waits
from flows.tickets.actions import lock
from flows.tickets.events import HANDED, TAGGED
from flows.tickets.models import Ticket, TicketEvent, TicketTag
from flows.tickets.models.ticket import Urgency
from flows.tickets.queue import count_points
from flows.tickets.service_levels import clocks
from flows.tickets.together.rights import demand_work, may_work
from flows.tickets.together.telling import tell_about
from rules.store.problems import Refusal

Kind = TicketEvent.Kind
MOST_CHARACTERS_OF_TAG = TicketTag._meta.get_field("name").max_length


def locked_for_work(ticket: Ticket, *, by) -> Ticket:
    """Raises NotYours, Refusal."""
    now = lock(ticket)
    demand_work(now, by=by)
    if not now.is_open:
        raise Refusal(_("This ticket has ended."))
    return now


@transaction.atomic
def hand_over(
    *, ticket: Ticket, by, at: datetime, person: User | None = None, department: Department | None = None
) -> Ticket:
    """Give `ticket` to a person, or to all of a department. Raises NotYours, Refusal."""
    now = locked_for_work(ticket, by=by)
    if person and not (person.is_active and may_work(person)):
        raise Refusal(_("%(name)s does not work on tickets.") % {"name": person})
    to = {"assignee": person} if person else {"assignee": None, "department": department}
    before = now.assignee or now.department
    Ticket.objects.filter(pk=now.pk).update(**to)
    now.tasks.open().filter(node=now.node).update(**to)
    for name, value in to.items():
        setattr(now, name, value)
    data = {"from": str(before or ""), "to": str(person or department)}
    TicketEvent.objects.create(ticket=now, kind=Kind.HANDED, at=at, by=by, data=data)
    # Another department may have another calendar.
    clocks.ticket_changed(ticket=now, at=at)
    count_points([now], at=at)
    if person:
        tell_about(now, people=[person], event="ticket.assigned", by=by, at=at)
    waits.happened(ticket=now, event=HANDED, at=at)
    return now


@transaction.atomic
def change_tags(
    *, ticket: Ticket, by, at: datetime, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> list[str]:
    """→ what has changed, "" when nothing has: a tag there already is there. Raises NotYours, Refusal."""
    now = locked_for_work(ticket, by=by)
    has = {tag.name for tag in now.tags.all()}
    added = [name for name in dict.fromkeys(map(checked_tag, add)) if name not in has]
    removed = [name for name in dict.fromkeys(remove) if name in has and name not in added]
    if not added and not removed:
        return []
    TicketTag.objects.bulk_create(TicketTag(ticket=now, name=name) for name in added)
    now.tags.filter(name__in=removed).delete()
    data = {"added": added, "removed": removed}
    TicketEvent.objects.create(ticket=now, kind=Kind.TAGGED, at=at, by=by, data=data)
    count_points([Ticket.objects.with_names().get(pk=now.pk)], at=at)
    waits.happened(ticket=now, event=TAGGED, at=at)
    return added + removed


def checked_tag(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Refusal(_("Please write a tag."))
    if len(name) > MOST_CHARACTERS_OF_TAG:
        raise Refusal(
            _("A tag has at most %(limit)s characters: “%(name)s”.")
            % {"limit": MOST_CHARACTERS_OF_TAG, "name": name}
        )
    return name


@transaction.atomic
def set_urgency(*, ticket: Ticket, urgency: int, by, at: datetime) -> Ticket:
    """Raises NotYours, Refusal."""
    now = locked_for_work(ticket, by=by)
    if now.urgency == urgency:
        return now
    data = {"from": now.urgency_colour, "to": Urgency(urgency).colour}
    Ticket.objects.filter(pk=now.pk).update(urgency=urgency)
    TicketEvent.objects.create(ticket=now, kind=Kind.URGENCY, at=at, by=by, data=data)
    now.urgency = urgency
    clocks.ticket_changed(ticket=now, at=at)
    count_points([now], at=at)
    return now

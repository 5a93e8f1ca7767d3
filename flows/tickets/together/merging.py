"""A ticket that is another one again goes on in the other.

Merged, it ends, and points to where it goes on. Its comments are shown there as well, its watchers watch
there, its tags are added and the higher urgency counts. It keeps its own page, with its history and
answers, for those who may see it. Merging can be undone as long as nobody has moved the merged ticket
since: it goes back to where it was, its comments with it; watchers that came by merging leave; tags and
urgency of the other ticket stay.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from flows.tickets.actions import lock
from flows.tickets.models import Ticket, TicketEvent, TicketTag
from flows.tickets.queue import count_points
from flows.tickets.service_levels import clocks
from flows.tickets.stepping import tell_parent
from flows.tickets.together.models import TicketLink, Watcher
from flows.tickets.together.rights import demand_work
from rules.store.problems import Refusal

Kind = TicketEvent.Kind
# A duplicate was not solved, so it should not count as solved where its flow lets it end otherwise.
ENDS_LIKED = ("cancelled", "closed", "resolved")


def goes_on_in(ticket: Ticket) -> Ticket | None:
    """Where a merged ticket goes on in the end."""
    onward, merged = None, merge_of(ticket)
    while merged:
        onward = merged.target
        merged = merge_of(onward)
    return onward


def merge_of(ticket: Ticket) -> TicketLink | None:
    return TicketLink.objects.filter(source=ticket, kind="merged").select_related("target").first()


def taken_in(ticket: Ticket) -> list[int]:
    """Numbers of the tickets that go on in this one, however many merges ago."""
    found, newest = [], [ticket.pk]
    while newest:
        newest = list(
            TicketLink.objects.filter(target__in=newest, kind="merged").values_list("source", flat=True)
        )
        found += newest
    return found


def lock_both(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    """Always in the same order, so that two merges do not wait for each other."""
    locked = {ticket.pk: lock(ticket) for ticket in sorted((one, other), key=lambda ticket: ticket.pk)}
    return locked[one.pk], locked[other.pk]


def check_merge(ticket: Ticket, into: Ticket, *, by) -> None:
    """Raises NotYours, Refusal."""
    if ticket.pk == into.pk:
        raise Refusal(_("A ticket cannot be merged into itself."))
    for one in (ticket, into):
        demand_work(one, by=by)
    if merge_of(ticket):
        raise Refusal(_("This ticket is merged already."))
    if onward := goes_on_in(into):
        raise Refusal(
            _("#%(number)s was merged itself and goes on in #%(onward)s.")
            % {"number": into.pk, "onward": onward.pk}
        )
    if not into.is_open:
        raise Refusal(_("#%(number)s has ended; nobody would see this there.") % {"number": into.pk})


@transaction.atomic
def merge_ticket(*, ticket: Ticket, into: Ticket, by, at: datetime) -> TicketLink:
    """End `ticket` as a duplicate of `into`. Raises NotYours, Refusal."""
    now, into = lock_both(ticket, into)
    check_merge(now, into, by=by)
    link = TicketLink.objects.create(
        source=now, target=into, kind="merged", by=by, at=at,
        before={
            "status": now.status,
            "node": now.node,
            "was_open": now.is_open,
            "tasks": list(now.tasks.open().values_list("pk", flat=True)),
        },
    )  # fmt: skip
    if now.is_open:
        end(now, at=at)
    link.before |= {"moves": now.moves}
    link.save(update_fields=["before"])
    hand_on(now, into, at=at)
    log(now, Kind.MERGED, by=by, at=at, data={"into": into.pk})
    log(into, Kind.MERGED, by=by, at=at, data={"from": now.pk})
    for one in (now, into):
        clocks.ticket_changed(ticket=one, at=at)
    count_points([Ticket.objects.with_names().get(pk=into.pk)], at=at)
    if now.part_of_id and link.before["was_open"]:
        tell_parent(now, at=at)
    return link


def end(ticket: Ticket, *, at: datetime) -> None:
    ends = [node for node in ticket.runtime.nodes.values() if node.is_end]
    node = min(ends, key=lambda node: ENDS_LIKED.index(node.kind))
    ticket.become(node.status)
    ticket.node, ticket.moves = node.key, ticket.moves + 1
    ticket.moved_at = max(at, ticket.moved_at)
    ticket.closed_at = ticket.moved_at
    ticket.tasks.open().update(closed_at=ticket.moved_at, outcome="merged")
    Ticket.objects.filter(pk=ticket.pk).update(
        status=ticket.status,
        node=ticket.node,
        moves=ticket.moves,
        moved_at=ticket.moved_at,
        closed_at=ticket.closed_at,
    )


def hand_on(ticket: Ticket, into: Ticket, *, at: datetime) -> None:
    """Watchers, tags and urgency."""
    watching = Watcher.objects.filter(ticket=ticket).exclude(person__in=into.watchers.values("person"))
    Watcher.objects.bulk_create(
        Watcher(ticket=into, person_id=row.person_id, at=at, because=Watcher.Because.MERGED)
        for row in watching
    )
    tags = {tag.name for tag in ticket.tags.all()} - {tag.name for tag in into.tags.all()}
    TicketTag.objects.bulk_create(TicketTag(ticket=into, name=name) for name in sorted(tags))
    if ticket.urgency > into.urgency:
        into.urgency = ticket.urgency
        Ticket.objects.filter(pk=into.pk).update(urgency=ticket.urgency)


def log(ticket: Ticket, kind: str, *, by, at: datetime, data: dict) -> None:
    TicketEvent.objects.create(ticket=ticket, kind=kind, at=at, by=by, data=data)


@transaction.atomic
def undo_merge(*, ticket: Ticket, by, at: datetime) -> Ticket:
    """Put a merged ticket back to where it was. Raises NotYours, Refusal."""
    link = merge_of(ticket)
    if link is None:
        raise Refusal(_("This ticket is not merged."))
    now, into = lock_both(ticket, link.target)
    link = merge_of(now)
    if link is None:
        raise Refusal(_("This ticket is not merged."))
    for one in (now, into):
        demand_work(one, by=by)
    if now.moves != link.before["moves"]:
        raise Refusal(_("This ticket was moved after it was merged, so this cannot be undone."))
    if link.before["was_open"]:
        put_back(now, link.before, at=at)
    came = Watcher.objects.filter(ticket=into, because=Watcher.Because.MERGED)
    came.filter(person__in=now.watchers.values("person")).delete()
    link.delete()
    log(now, Kind.UNMERGED, by=by, at=at, data={"into": into.pk})
    log(into, Kind.UNMERGED, by=by, at=at, data={"from": now.pk})
    now = Ticket.objects.with_names().get(pk=now.pk)
    clocks.ticket_changed(ticket=now, at=at)
    return now


def put_back(ticket: Ticket, before: dict, *, at: datetime) -> None:
    """The flow leads nowhere from an end, and rightly so: this is not a step but taking one back."""
    moved_at = max(at, ticket.moved_at)
    Ticket.objects.filter(pk=ticket.pk).update(
        status=before["status"],
        node=before["node"],
        moves=ticket.moves + 1,
        moved_at=moved_at,
        closed_at=None,
    )
    ticket.tasks.filter(pk__in=before["tasks"]).update(closed_at=None, outcome="")

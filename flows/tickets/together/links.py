"""Links between tickets, told from both sides. They say how tickets belong together and hold nothing back."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket, TicketEvent
from flows.tickets.together.merging import goes_on_in, lock_both
from flows.tickets.together.models import TicketLink
from flows.tickets.together.rights import demand_sight, demand_work
from rules.store.problems import Refusal

Kind = TicketLink.Kind
BACKWARDS = "-of"


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A link as one of the two tickets tells it. `ticket`: the other one as the reader sees it, None where
    the reader may not; `onward`: where that one goes on, if it was merged."""

    link: TicketLink
    words: str
    ticket: Ticket | None
    onward: Ticket | None

    @property
    def may_be_removed(self) -> bool:
        return self.link.kind in TicketLink.BY_HAND


def ways_to_link() -> list[tuple[str, str]]:
    """What a person can choose: each kind from both sides."""
    ways = []
    for kind in TicketLink.BY_HAND:
        ways.append((str(kind), kind.label))
        if kind != Kind.RELATES:
            ways.append((kind + BACKWARDS, TicketLink.SEEN_FROM_TARGET[kind]))
    return ways


def relations_of(ticket: Ticket, *, to) -> list[Relation]:
    links = [
        *((link, link.target_id, link.get_kind_display()) for link in ticket.links.all()),
        *(
            (link, link.source_id, TicketLink.SEEN_FROM_TARGET[Kind(link.kind)])
            for link in ticket.linked_by.all()
        ),
    ]
    numbers = {number for _link, number, _words in links}
    seen = Ticket.objects.visible_to(to).with_names().in_bulk(numbers)
    merged = TicketLink.objects.filter(source__in=numbers, kind="merged").values_list("source", flat=True)
    leads_on = set(merged) - {ticket.pk}
    return [
        Relation(
            link=link,
            words=words,
            ticket=as_seen(seen[number], by=to) if number in seen else None,
            onward=goes_on_in(seen[number])
            if number in seen and number in leads_on and link.kind != "merged"
            else None,
        )
        for link, number, words in links
    ]


@transaction.atomic
def add_link(*, ticket: Ticket, way: str, other: Ticket, by, at: datetime) -> TicketLink:
    """Link two tickets that `by` sees; `way` as `ways_to_link` offers it. The same link again is the same.
    Raises NotYours, Refusal."""
    if ticket.pk == other.pk:
        raise Refusal(_("A ticket cannot be linked to itself."))
    demand_work(ticket, by=by)
    demand_sight(other, by=by)
    source, target, kind = ends_of(ticket, way, other)
    lock_both(source, target)
    refuse_circles(source, target, kind)
    link, is_new = TicketLink.objects.get_or_create(
        source=source, target=target, kind=kind, defaults={"by": by, "at": at}
    )
    if is_new:
        log_on_both(link, TicketEvent.Kind.LINKED, by=by, at=at)
    return link


def ends_of(ticket: Ticket, way: str, other: Ticket) -> tuple[Ticket, Ticket, str]:
    source, target = (other, ticket) if way.endswith(BACKWARDS) else (ticket, other)
    kind = way.removesuffix(BACKWARDS)
    if kind not in TicketLink.BY_HAND:
        raise Refusal(_("Choose how the two tickets belong together."))
    if kind == Kind.RELATES and source.pk > target.pk:
        source, target = target, source
    return source, target, kind


def refuse_circles(source: Ticket, target: Ticket, kind: str) -> None:
    if kind == Kind.RELATES:
        return
    if kind == Kind.PARENT and target.linked_by.filter(kind=kind).exclude(source=source).exists():
        raise Refusal(_("#%(number)s is a part of another ticket already.") % {"number": target.pk})
    reached, newest = set(), {target.pk}
    while newest:
        reached |= newest
        onward = TicketLink.objects.filter(source__in=newest, kind=kind).values_list("target", flat=True)
        newest = set(onward) - reached
    if source.pk in reached:
        raise Refusal(
            _("#%(number)s already leads to #%(other)s in this way; both at once would be a circle.")
            % {"number": target.pk, "other": source.pk}
        )


@transaction.atomic
def remove_link(*, ticket: Ticket, link: TicketLink, by, at: datetime) -> None:
    """Raises NotYours, Refusal."""
    demand_work(ticket, by=by)
    if link.kind not in TicketLink.BY_HAND:
        raise Refusal(_("This link tells what happened, so it stays."))
    log_on_both(link, TicketEvent.Kind.UNLINKED, by=by, at=at)
    link.delete()


def log_on_both(link: TicketLink, kind: str, *, by, at: datetime) -> None:
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket_id=here, kind=kind, at=at, by=by, data={"to": there, "how": how})
        for here, there, how in (
            (link.source_id, link.target_id, link.kind),
            (link.target_id, link.source_id, link.kind + BACKWARDS),
        )
    )

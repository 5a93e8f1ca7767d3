"""Filling in a ticket, in memory: what its answers refer to, who has it, where routing sends it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flows.customers.models import Customer, Order
from flows.forms.fields import all_text
from flows.organisation.models import Department, Store, User
from flows.organisation.places import path_of_store
from flows.tickets.models import Ticket, TicketType
from flows.tickets.models.ticket import Urgency
from flows.tickets.routing import Routing
from flows.tickets.runtime import NodeSpec, TicketTypeRuntime
from rules.store.models import Override, RuleSet, Scorecard, Version
from rules.store.runtime import Effective, Live, at_place, live_overrides

TITLE_LENGTH = 80


@dataclass
class References:
    """The rows that answers name by number, found at once for a whole batch."""

    runtime: TicketTypeRuntime
    customers: Mapping[str, Customer] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    stores: Mapping[str, Store] = field(default_factory=dict)
    departments: dict[str, Department | None] = field(default_factory=dict)
    people: dict[str, User | None] = field(default_factory=dict)

    @classmethod
    def of(cls, drafts: Iterable, runtime: TicketTypeRuntime) -> "References":
        numbers = {"customer": set(), "order": set(), "store": set()}
        for spec in runtime.fields:
            if spec.kind in numbers:
                numbers[spec.kind] |= {
                    draft.answers[spec.name] for draft in drafts if spec.name in draft.answers
                }
        orders = Order.objects.select_related("customer", "store__region")
        return cls(
            runtime=runtime,
            customers=rows_by(Customer.objects, "number", numbers["customer"]),
            orders=rows_by(orders, "number", numbers["order"]),
            stores=rows_by(Store.objects.select_related("region"), "slug", numbers["store"]),
        )

    def put_into(self, ticket: Ticket) -> None:
        """Set what the ticket is about. An order tells its customer and store where answers do not."""
        ticket.text = all_text(ticket.answers, self.runtime.fields)
        ticket.order = self.named(ticket, "order", self.orders) or ticket.order
        from_order = ticket.order
        ticket.customer = (
            self.named(ticket, "customer", self.customers)
            or ticket.customer
            or (from_order.customer if from_order else None)
        )
        ticket.store = (
            self.named(ticket, "store", self.stores)
            or ticket.store
            or (from_order.store if from_order else None)
        )

    def named(self, ticket: Ticket, kind: str, found: Mapping):
        """The row of the first field of this kind that is answered."""
        answers = (ticket.answers.get(spec.name) for spec in self.runtime.fields if spec.kind == kind)
        return next((found[number] for number in answers if number in found), None)

    def department(self, slug: str) -> Department | None:
        if slug not in self.departments:
            self.departments[slug] = Department.objects.filter(slug=slug).first()
        return self.departments[slug]

    def person(self, username: str) -> User | None:
        if username not in self.people:
            self.people[username] = User.objects.filter(username=username, is_active=True).first()
        return self.people[username]


def holder_at(node: NodeSpec, department, person, *, by, references: References) -> tuple:
    """(department, person) who has the ticket at `node`, had by these before. A department or person that is
    gone leaves it with who had it."""
    if node.assign == "presser" and by:
        return department, by
    if node.assign == "nobody":
        return None, None
    if node.assign == "department" and (found := references.department(node.department)):
        return found, None
    if node.assign == "person" and (found := references.person(node.person)):
        return department, found
    return department, person


def rows_by(rows, key: str, values: set) -> dict:
    return rows.in_bulk(values, field_name=key) if values else {}


def all_live(*, at: datetime) -> Live:
    """All that decides about a new ticket."""
    return Live(TicketType, RuleSet, Override, Scorecard, at=at)


@dataclass
class TypeAtStores:
    """A live ticket type as regions and stores adjust it. What is adjusted is read once for each place."""

    version: Version
    at: datetime
    adjusted: dict[str, Version | None] = field(default_factory=dict)

    def read(self, stores: Iterable[Store | None]) -> None:
        places = {place for store in stores for place in path_of_store(store)} - self.adjusted.keys()
        if places:
            live = live_overrides(TicketType, [self.version.slug], at=self.at, places=places)
            self.adjusted |= dict.fromkeys(places) | live.get(self.version.slug, {})

    def at_store(self, store: Store | None) -> Version | Effective:
        self.read([store])
        path = [place for place in path_of_store(store) if self.adjusted[place]]
        return at_place(self.version, path, {self.version.slug: self.adjusted})


@dataclass(frozen=True)
class Batch:
    """What is read at once for tickets that are opened together."""

    references: References
    types: TypeAtStores
    live: Live

    @classmethod
    def of(cls, drafts: Iterable, *, version: Version, at: datetime, live: Live | None = None) -> "Batch":
        references = References.of(drafts, version.compiled)
        return cls(references, TypeAtStores(version, at), live or all_live(at=at))

    def store_of(self, draft) -> Store | None:
        """As the ticket will have it."""
        ticket = Ticket(answers=draft.answers)
        self.references.put_into(ticket)
        return ticket.store or draft.store


def new_ticket(draft, *, version, references: References, by, at: datetime, source) -> Ticket:
    """A ticket at the start of its flow, not stored yet. What its store has its own way is not known yet."""
    start = version.compiled.start
    ticket = Ticket(
        version=version,
        ticket_type=version.slug,
        node=start.key,
        answers=dict(version.compiled.logic.settle(draft.answers).answers),
        source=source,
        source_key=draft.source_key,
        part_of=draft.part_of,
        created_by=by,
        created_at=at,
        moved_at=at,
    )
    references.put_into(ticket)
    ticket.store = ticket.store or draft.store
    ticket.title = draft.title or title_of(ticket.text) or version.name
    return ticket


def place_ticket(ticket: Ticket, here: Version | Effective, *, references: References, by) -> None:
    """Let a new ticket begin in its type as it is `here`."""
    ticket.adjusted_by = [override.pk for override in here.overrides]
    ticket.decided_by = here
    start = here.compiled.start
    ticket.department, ticket.assignee = holder_at(start, None, None, by=by, references=references)


def title_of(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


def send_along(
    ticket: Ticket, routing: Routing, *, runtime: TicketTypeRuntime, references: References, at: datetime
) -> None:
    """Do to a new ticket what routing decided."""
    ticket.urgency = Urgency.of(routing.urgency)
    if routing.department and (department := references.department(routing.department)):
        ticket.department = department
    if routing.person and (person := references.person(routing.person)):
        ticket.assignee = person
    end = runtime.end_for(routing.outcome) if routing.outcome else None
    if end:
        ticket.become(end.status)
        ticket.node, ticket.closed_at = end.key, at

"""Giving a ticket to someone at a step: always to a person or a queue, and with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flows.organisation.models import Department, User
from flows.tickets.assignment.alerts import tell_queue
from flows.tickets.assignment.entries import Entry
from flows.tickets.assignment.records import histories, idle_shares, steps_done
from flows.tickets.assignment.staff import Person, Staff
from flows.tickets.assignment.turns import Turns
from flows.tickets.facts import facts_of_ticket
from flows.tickets.models import Ticket

MOST_TOLD = 12  # people passed over, by name; the rest is counted


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """person       None: it waits in the queue of `department`; without one, where every agent sees it
    reasons      for the time line: flows/tickets/assignment/explaining.py puts it in words
    is_alert     nobody was free, so someone must look
    """

    person: User | None
    department: Department | None
    reasons: Mapping = field(default_factory=dict)
    is_alert: bool = False


def assign(*, ticket: Ticket, node, task=None, by, at: datetime) -> Assignment:
    """Find who gets `ticket` at `node` (one with `assignment`).

    Call it within the transaction that stores what came out, `reasons` as the data of an "assigned" event:
    the people who might get it are locked until then, so nobody is given more than their capacity by two at
    once. The ticket itself is not changed.
    """
    [made] = assign_all(tickets=[ticket], node=node, by=by, at=at)
    return made


def assign_all(*, tickets: Sequence[Ticket], node, by, at: datetime) -> list[Assignment]:
    """The same for stored tickets of one type that come to one step in one go; as many queries as for one."""
    made = Round(tickets=tickets, node=node, at=at, keeps=True).run()
    for ticket, one in zip(tickets, made, strict=True):
        if one.is_alert:
            tell_queue(ticket=ticket, department=one.department, at=at)
    return made


def look_ahead(*, ticket: Ticket, node, at: datetime) -> Assignment:
    """Who would get it now. Nothing is locked or stored."""
    [made] = Round(tickets=[ticket], node=node, at=at, keeps=False).run()
    return made


@dataclass(frozen=True, kw_only=True)
class Found:
    """`why`: numbers that decided, for the sentence. `stands_in_for`: who is absent."""

    person: Person
    why: Mapping
    stands_in_for: Person | None = None


class Round:
    """One go of assigning at one step."""

    def __init__(self, *, tickets: Sequence[Ticket], node, at: datetime, keeps: bool):
        self.tickets, self.node, self.at = tickets, node, at
        self.entries: tuple[Entry, ...] = node.assignment
        ticket_type = tickets[0].ticket_type
        # First, so that of two who assign at this step one waits here and then counts what the other gave.
        self.turns = Turns(ticket_type=ticket_type, node=node.key, keeps=keeps)
        self.staff = Staff(entries=self.entries, tickets=tickets, at=at, locks=keeps)
        self.departments = departments_of(node, self.entries)
        self._known: dict = {}

    def run(self) -> list[Assignment]:
        made = [self.one(ticket) for ticket in self.tickets]
        self.turns.save()
        return made

    def one(self, ticket: Ticket) -> Assignment:
        facts = self.facts_of(ticket)
        tried: list[dict] = []
        for place, entry in enumerate(self.entries):
            said = {"way": place, "strategy": entry.strategy} | named_by(entry, ticket)
            tried.append(said)
            if entry.condition and not entry.condition.holds(facts):
                said |= {"came": "condition", "tells": sorted(entry.condition.names)}
            elif entry.strategy == "department":
                if department := self.departments.get(entry.department):
                    said["came"] = "queue"
                    return assignment(None, department, tried)
                said["came"] = "gone"
            elif found := self.someone(entry, ticket, said):
                said["came"] = "chosen"
                found.person.open += 1
                return assignment(found.person.user, self.department_with(entry, ticket), tried)
            else:
                said["came"] = "nobody"
        return assignment(None, self.queue_for(ticket), tried, is_alert=True)

    def someone(self, entry: Entry, ticket: Ticket, said: dict) -> Found | None:
        """Who gets it by this entry; who was considered is added to `said`."""
        pool = self.staff.of_entry(entry, ticket)
        passed = [(person, person.passed_over(entry, at=self.at)) for person in pool]
        free = [person for person, why in passed if why is None]
        if entry.strategy == "nearest_store" and free:
            passed = self.not_farther(passed, than=free[0], ticket=ticket)
            pool, free = [one for one, _why in passed], [one for one, why in passed if why is None]
        said["passed"] = [told(person, why) for person, why in passed if why][:MOST_TOLD]
        said["pool_size"], said["free"] = len(pool), len(free)
        found = self.choose(entry, ticket, free, pool) if free else self.backup(entry, passed)
        if found:
            said |= {"person": str(found.person.user), "why": dict(found.why)}
            if found.stands_in_for:
                said["stands_in_for"] = str(found.stands_in_for.user)
        return found

    def not_farther(self, passed, *, than: Person, ticket: Ticket) -> list:
        """Of those who are considered, nearest first: whoever is farther away is not in question."""
        near = {store.slug: store.metres for store in self.staff.stores_near(ticket)}
        most = near[than.user.store.slug]
        return [(person, why) for person, why in passed if near[person.user.store.slug] <= most]

    def backup(self, entry: Entry, passed) -> Found | None:
        for person, why in passed:
            if why and why[0] == "absent" and (backup := self.staff.backup_for(person, entry)):
                return Found(person=backup, why={"open": backup.open}, stands_in_for=person)
        return None

    # Choosing among those who are free

    def choose(self, entry: Entry, ticket: Ticket, free: list[Person], pool: list[Person]) -> Found:
        key = key_of(entry, ticket)
        if entry.strategy == "round_robin":
            return self.by_turns(entry, key, free, pool)
        ranks, why = self.ranks(entry, ticket, free, pool)
        person = min(
            free, key=lambda one: (ranks(one), one.open, self.turns.last(key, one.username), one.username)
        )
        self.turns.took(key, person.username)
        return Found(person=person, why=why(person) | {"open": person.open})

    def by_turns(self, entry: Entry, key: str, free: list[Person], pool: list[Person]) -> Found:
        weights = {person.username: entry.weights.get(person.username, 1) for person in free}
        self.turns.forget_all_but(key, [person.username for person in pool])
        username = self.turns.next(key, weights)
        self.turns.took(key, username, weights=weights)
        person = self.staff.people[username]
        why = {"open": person.open, "weight": weights[username], "weights": sum(weights.values())}
        return Found(person=person, why=why)

    def ranks(self, entry: Entry, ticket: Ticket, free, pool):
        """(what is compared first, the least wins; what to say of who was chosen)"""
        match entry.strategy:
            case "nearest_store":
                near = {store.slug: store for store in self.staff.stores_near(ticket)}

                def store_of(person):
                    return near[person.user.store.slug]

                return (
                    lambda one: store_of(one).metres,
                    lambda one: {"store": store_of(one).name, "metres": store_of(one).metres},
                )
            case "most_idle" if entry.measure == "time":
                shares = self.known(
                    ("idle", key_of(entry, ticket), entry.days),
                    lambda: idle_shares(pool, days=entry.days, at=self.at),
                )
                return (
                    lambda one: -round(shares[one.user.pk], 1),
                    lambda one: {"idle": round(100 * shares[one.user.pk]), "days": entry.days},
                )
            case "most_idle":
                done = self.known(
                    ("done", key_of(entry, ticket), entry.days),
                    lambda: steps_done(pool, days=entry.days, at=self.at),
                )
                return (
                    lambda one: done.get(one.user.pk, 0),
                    lambda one: {"done": done.get(one.user.pk, 0), "days": entry.days},
                )
            case "best_history":
                found = self.known(
                    ("history", key_of(entry, ticket), entry.days),
                    lambda: histories(
                        pool,
                        ticket_type=ticket.ticket_type,
                        runtime=ticket.runtime,
                        days=entry.days,
                        at=self.at,
                    ),
                )
                return (
                    lambda one: -round(found[one.user.pk].score, 2),
                    lambda one: history_in_data(found[one.user.pk], days=entry.days),
                )
        return (lambda one: 0), (lambda one: {})

    def known(self, key: tuple, find):
        """Asked once for a whole go."""
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]

    # Departments

    def department_with(self, entry: Entry, ticket: Ticket) -> Department | None:
        """Whose people see it besides the one who gets it."""
        if entry.pool and entry.pool.kind == "department":
            return self.departments.get(entry.pool.name) or ticket.department
        return ticket.department

    def queue_for(self, ticket: Ticket) -> Department | None:
        """Where it waits when nobody is free: the step's department, else the ticket's, else a pool's."""
        pools = [entry.pool.name for entry in self.entries if entry.pool and entry.pool.kind == "department"]
        named = [self.departments.get(slug) for slug in (self.node.department, *pools)]
        return next((one for one in (named[0], ticket.department, *named[1:]) if one), None)

    def facts_of(self, ticket: Ticket) -> dict:
        if not any(entry.condition for entry in self.entries):
            return {}
        tags = [tag.name for tag in ticket.tags.all()] if ticket.pk else []
        return facts_of_ticket(ticket, specs=ticket.runtime.fields, tags=tags, at=self.at)


def assignment(person: User | None, department, tried: list[dict], *, is_alert=False) -> Assignment:
    reasons = {
        "person": str(person) if person else "",
        "department": department.name if department else "",
        "alert": is_alert,
        "tried": tried,
    }
    return Assignment(person=person, department=department, reasons=reasons, is_alert=is_alert)


def departments_of(node, entries: Sequence[Entry]) -> dict[str, Department]:
    slugs = {node.department, *(entry.department for entry in entries)}
    slugs |= {entry.pool.name for entry in entries if entry.pool and entry.pool.kind == "department"}
    return {department.slug: department for department in Department.objects.filter(slug__in=slugs)}


def key_of(entry: Entry, ticket: Ticket) -> str:
    """Whose turns are counted together: those of one pool by one strategy, whatever its place in the list."""
    if entry.strategy == "nearest_store":
        return entry.strategy
    if entry.pool is None:
        return f"{entry.strategy}:{entry.field or entry.person}"
    if entry.pool.kind == "store" and not entry.pool.name:
        return f"{entry.strategy}:store:{ticket.store.slug if ticket.store_id else ''}"
    return f"{entry.strategy}:{entry.pool.key}"


def named_by(entry: Entry, ticket: Ticket) -> dict:
    """What an entry is about, as it was called then, and the facts that saying so tells."""
    said: dict = {}
    if entry.strategy == "field":
        said |= {"field": entry.field, "tells": [entry.field]}
    if entry.strategy == "nearest_store":
        places = [spec.name for spec in ticket.runtime.fields if spec.kind == "location"]
        said["tells"] = [*places, "ticket_store"]
    if entry.strategy in ("person", "department"):
        said["about"] = entry.called(entry.strategy, getattr(entry, entry.strategy))
    if entry.pool:
        said["pool"] = {"kind": entry.pool.kind, "label": entry.called(entry.pool.kind, entry.pool.name)}
        if entry.pool.kind == "store" and not entry.pool.name:
            said["tells"] = ["ticket_store"]
    return said


def told(person: Person, why: tuple[str, dict]) -> dict:
    code, data = why
    return {"name": str(person.user), "code": code} | data


def history_in_data(record, *, days: int) -> dict:
    said = {"tickets": record.tickets, "resolved": record.resolved, "days": days}
    said |= {"score": round(100 * record.score)}
    if record.rated:
        said |= {"rated": record.rated, "stars": f"{record.stars:.1f}"}
    return said

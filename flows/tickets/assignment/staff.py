"""Everyone who might get a ticket at a step, with what keeps them from it. The same few queries for any
number of people and tickets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, Q

from flows.organisation.models import Absence, Skill, Store, User
from flows.organisation.roles import STORE_MANAGERS
from flows.tickets.assignment.entries import Entry
from flows.tickets.models import Task, Ticket
from rules.engine import Location
from rules.engine.places import Circle, metres_between

NEAREST_STORES = 5
MODEL_BACKEND = settings.AUTHENTICATION_BACKENDS[0]
MAY_WORK = "tickets.change_ticket"


@dataclass(kw_only=True, eq=False)
class Person:
    """`open`: tickets in hand; goes up as tickets are given in one go."""

    user: User
    may_work: bool
    roles: frozenset[str]
    skills: frozenset[str]
    absence: Absence | None
    open: int

    @property
    def username(self) -> str:
        return self.user.username

    @property
    def is_full(self) -> bool:
        return self.user.capacity is not None and self.open >= self.user.capacity

    def passed_over(self, entry: Entry, *, at: datetime) -> tuple[str, dict] | None:
        """(code, data for the sentence) of the first thing that keeps this person from getting it."""
        if not self.user.is_active:
            return "left", {}
        if not self.may_work:
            return "work", {}
        if lacking := [skill for skill in entry.skills if skill not in self.skills]:
            return "skills", {"skills": lacking}
        if self.absence:
            return "absent", {"until": self.absence.ends_at.isoformat()}
        if entry.on_shift and self.user.shift and not self.user.shift.is_on(at):
            return "shift", {"shift": self.user.shift.name}
        if entry.within_capacity and self.is_full:
            return "full", {"open": self.open, "most": self.user.capacity}
        return None


@dataclass(frozen=True, kw_only=True)
class NearStore:
    slug: str
    name: str
    metres: int


class Staff:
    """Loaded for all `tickets` that are assigned at one step in one go.

    locks  the rows of people are locked until the transaction ends: whoever assigns to one of them at the
           same time waits, then counts what was given to them meanwhile
    """

    def __init__(self, *, entries: Sequence[Entry], tickets: Sequence[Ticket], at: datetime, locks: bool):
        self.at = at
        self.near = near_stores(entries, tickets)
        self.absences = {
            absence.person_id: absence for absence in Absence.objects.current(at=at).order_by("ends_at")
        }
        users = self.users(entries, tickets, locks=locks)
        roles = names_by_user(User.groups.through, "user_id", Group, "name", users)
        skills = names_by_user(User.skills.through, "user_id", Skill, "slug", users)
        loads = open_tasks_of(users, but=tickets)
        self.people = {
            user.username: Person(
                user=user,
                may_work=user.may_work,
                roles=roles.get(user.pk, frozenset()),
                skills=skills.get(user.pk, frozenset()),
                absence=self.absences.get(user.pk),
                open=loads.get(user.pk, 0),
            )
            for user in users
        }
        self.by_id = {person.user.pk: person for person in self.people.values()}

    def users(self, entries, tickets, *, locks: bool) -> list[User]:
        wanted = {"username": set(), "department": set(), "role": set(), "store": set()}
        for entry in entries:
            for ticket in tickets:
                kind, names = self.wanted_by(entry, ticket)
                wanted[kind] |= set(names)
        of_roles = User.groups.through.objects.filter(group__name__in=wanted["role"])
        backups = {absence.backup_id for absence in self.absences.values() if absence.backup_id}
        may_work = User.objects.with_perm(MAY_WORK, backend=MODEL_BACKEND)
        found = (
            User.objects.filter(
                Q(username__in=wanted["username"])
                | Q(department__slug__in=wanted["department"])
                | Q(store__slug__in=wanted["store"])
                | Q(pk__in=of_roles.values("user"))
                | Q(pk__in=backups)
            )
            .annotate(may_work=Exists(may_work.filter(pk=OuterRef("pk"))))
            .select_related("department", "store", "shift")
            .order_by("pk")
        )
        if locks:
            # Always in the same order, so that two who assign at once do not wait for each other.
            found = found.select_for_update(of=("self",), no_key=True)
        return list(found)

    def wanted_by(self, entry: Entry, ticket: Ticket) -> tuple[str, Iterable[str]]:
        match entry.strategy:
            case "person":
                return "username", [entry.person]
            case "field":
                answer = answer_of(entry, ticket)
                return ("store" if entry.field_kind == "store" else "username"), [answer]
            case "nearest_store":
                return "store", [store.slug for store in self.stores_near(ticket)]
            case "department":
                return "department", []
        match entry.pool.kind:
            case "people":
                return "username", entry.pool.people
            case "store":
                return "store", [store_meant(entry, ticket)]
            case kind:
                return kind, [entry.pool.name]

    def stores_near(self, ticket: Ticket) -> list[NearStore]:
        return self.near.get(id(ticket), [])

    # Who an entry is about, in the order in which ties are settled

    def of_entry(self, entry: Entry, ticket: Ticket) -> list[Person]:
        match entry.strategy:
            case "person":
                return self.named([entry.person])
            case "field":
                answer = answer_of(entry, ticket)
                if entry.field_kind == "store":
                    return [one for one in self.of_store(answer) if STORE_MANAGERS in one.roles]
                return self.named([answer])
            case "nearest_store":
                return [person for near in self.stores_near(ticket) for person in self.of_store(near.slug)]
            case "department":
                return []
        match entry.pool.kind:
            case "department":
                return self.where(lambda user: user.department and user.department.slug == entry.pool.name)
            case "role":
                return [one for one in self.sorted if entry.pool.name in one.roles and is_here(one)]
            case "people":
                return self.named(entry.pool.people)
            case _store:
                return self.of_store(store_meant(entry, ticket))

    @property
    def sorted(self) -> list[Person]:
        return [self.people[name] for name in sorted(self.people)]

    def named(self, usernames: Iterable[str]) -> list[Person]:
        return [self.people[name] for name in usernames if name in self.people]

    def of_store(self, slug: str) -> list[Person]:
        return self.where(lambda user: user.store and user.store.slug == slug)

    def where(self, belongs) -> list[Person]:
        """Who left is no more in a department, store or role."""
        return [person for person in self.sorted if belongs(person.user) and is_here(person)]

    def backup_for(self, person: Person, entry: Entry) -> Person | None:
        """Who stands in for someone absent; if that one is absent too, their backup."""
        seen = set()
        while person and person.absence and person.user.pk not in seen:
            seen.add(person.user.pk)
            person = self.by_id.get(person.absence.backup_id)
        return person if person and not person.passed_over(entry, at=self.at) else None


def is_here(person: Person) -> bool:
    return person.user.is_active


def answer_of(entry: Entry, ticket: Ticket) -> str:
    return ticket.answers.get(entry.field) or ""


def store_meant(entry: Entry, ticket: Ticket) -> str:
    return entry.pool.name or (ticket.store.slug if ticket.store_id else "")


def names_by_user(through, user: str, model, name: str, users: Iterable[User]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    pairs = through.objects.filter(user__in=[person.pk for person in users])
    for pk, value in pairs.values_list(user, f"{model._meta.model_name}__{name}"):
        found.setdefault(pk, set()).add(value)
    return {pk: frozenset(names) for pk, names in found.items()}


def open_tasks_of(users: Iterable[User], *, but: Iterable[Ticket]) -> dict[int, int]:
    """What each has in hand, without the tickets that are to be given now."""
    tasks = Task.objects.open().filter(assignee__in=[user.pk for user in users])
    tasks = tasks.exclude(ticket__in=[ticket.pk for ticket in but]).order_by()
    return dict(tasks.values_list("assignee").annotate(count=Count("pk")))


# Near


def near_stores(entries: Sequence[Entry], tickets: Sequence[Ticket]) -> dict[int, list[NearStore]]:
    """By id() of the ticket: one that is not stored yet has no number."""
    if not any(entry.strategy == "nearest_store" for entry in entries):
        return {}
    stores = list(Store.objects.filter(latitude__isnull=False))
    return {id(ticket): nearest(place_of(ticket), stores) for ticket in tickets}


def nearest(place: Location | None, stores: Iterable[Store]) -> list[NearStore]:
    if place is None:
        return []
    found = [
        NearStore(slug=store.slug, name=store.name, metres=round(metres_between(place, centre_of(store))))
        for store in stores
    ]
    return sorted(found, key=lambda store: (store.metres, store.slug))[:NEAREST_STORES]


def centre_of(store: Store) -> Circle:
    return Circle(float(store.latitude), float(store.longitude), 0)


def place_of(ticket: Ticket) -> Location | None:
    """The first place that is answered, else where the ticket's store lies."""
    for spec in ticket.runtime.fields:
        if spec.kind == "location" and (answer := ticket.answers.get(spec.name)):
            return spec.asks.to_fact(answer)
    store = ticket.store if ticket.store_id else None
    if store is None or store.latitude is None:
        return None
    return Location(store.latitude, store.longitude)

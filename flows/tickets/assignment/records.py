"""What people did before: how busy they were of late, and how tickets of a type went with them. One query
each for any number of people.

Busy and idle. A person works on a ticket from when it came to them (opened, taken, given or moved there)
until they move it on; of what they hold now, until now. Of the last N days only what lies in their own
working time counts (their shift; around the clock without one; absences are no working time), and what
overlaps counts once. Idle is the rest, as a share of their working time, so that part-time people compare
with full-time ones. Shares are compared in steps of a tenth: within one, whoever has fewer open tickets goes
first, so that a burst of tickets is spread. By number, it is the steps they did: the fewest first.

History. Of the tickets of this type that ended with a person in the last N days (90 usual), the share that
was resolved (where the type has no end "resolved": closed), and, where the form has a rating, the mean of
the stars; the mean of both is the score. Few tickets say little, so everyone is given 5 more, half of them
good: one lucky ticket does not beat fifty good ones, and who has none counts as middling. Scores are compared
in whole percents.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, FloatField, OuterRef, Q, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from flows.organisation.models import Absence
from flows.tickets.assignment.staff import Person
from flows.tickets.models import Task, Ticket, TicketEvent
from flows.tickets.models.ticket import Status

GIVEN = 5  # tickets that everyone has besides their own
GOOD = 0.5  # of these
STARS = 5
BEGINS_WORK = ("created", "taken", "moved", "assigned")

Stretch = tuple[datetime, datetime]


# Busy and idle


def steps_done(people: Iterable[Person], *, days: int, at: datetime) -> dict[int, int]:
    """By pk of the person."""
    done = moves_of(people, since=at - timedelta(days=days), at=at).order_by()
    return dict(done.values_list("by").annotate(count=Count("pk")))


def idle_shares(people: Sequence[Person], *, days: int, at: datetime) -> dict[int, float]:
    """Share of their working time that each was without a ticket, 0 to 1, by pk."""
    since = at - timedelta(days=days)
    busy, away = stretches_busy(people, since=since, at=at), stretches_away(people, since=since, at=at)
    return {
        person.user.pk: idle_share(
            person, busy.get(person.user.pk, []), pauses=away.get(person.user.pk, []), since=since, at=at
        )
        for person in people
    }


def idle_share(person: Person, busy: list[Stretch], *, pauses: list[Stretch], since, at) -> float:
    working = worked(person, since, at, pauses)
    if not working:
        return 1.0
    spent = sum(worked(person, begin, end, pauses) for begin, end in joined(busy))
    return 1 - min(spent / working, 1)


def worked(person: Person, begin: datetime, end: datetime, pauses: list[Stretch]) -> float:
    """Seconds of this person's working time."""
    calendar = person.user.shift and person.user.shift.calendar
    if calendar:
        return calendar.between(begin, end, pauses)
    away = joined(cut(pauses, since=begin, until=end))
    return (end - begin).total_seconds() - sum((last - first).total_seconds() for first, last in away)


def stretches_busy(people: Iterable[Person], *, since: datetime, at: datetime) -> dict[int, list[Stretch]]:
    """From when a ticket came to the person until they moved it on, or until now."""
    before = TicketEvent.objects.filter(
        ticket=OuterRef("ticket"), pk__lt=OuterRef("pk"), kind__in=BEGINS_WORK
    )
    moves = moves_of(people, since=since, at=at).annotate(
        came=Subquery(before.order_by("-pk").values("at")[:1])
    )
    rows = list(moves.values_list("by", "came", "at"))
    in_hand = Task.objects.open().filter(assignee__in=[person.user.pk for person in people])
    rows += [(person, came, at) for person, came in in_hand.values_list("assignee", "opened_at")]
    return by_person(rows, since=since, until=at)


def stretches_away(people: Iterable[Person], *, since: datetime, at: datetime) -> dict[int, list[Stretch]]:
    away = Absence.objects.filter(
        person__in=[person.user.pk for person in people], ends_at__gt=since, starts_at__lt=at
    )
    return by_person(away.values_list("person", "starts_at", "ends_at"), since=since, until=at)


def moves_of(people: Iterable[Person], *, since: datetime, at: datetime):
    return TicketEvent.objects.filter(
        by__in=[person.user.pk for person in people], kind="moved", at__gt=since, at__lte=at
    )


def by_person(rows: Iterable[tuple], *, since: datetime, until: datetime) -> dict[int, list[Stretch]]:
    found: dict[int, list[Stretch]] = {}
    for person, begin, end in rows:
        found.setdefault(person, []).extend(cut([(begin or since, end)], since=since, until=until))
    return found


def cut(stretches: Iterable[Stretch], *, since: datetime, until: datetime) -> list[Stretch]:
    parts = ((max(begin, since), min(end, until)) for begin, end in stretches)
    return [(begin, end) for begin, end in parts if begin < end]


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """What overlaps, once."""
    apart: list[Stretch] = []
    for begin, end in sorted(stretches):
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((begin, end))
    return apart


# History


@dataclass(frozen=True, kw_only=True)
class Record:
    """`tickets` ended with the person; `stars` is the mean of `rated` of them, None where nobody rated."""

    tickets: int = 0
    resolved: int = 0
    rated: int = 0
    stars: float | None = None
    score: float = GOOD


def histories(
    people: Sequence[Person], *, ticket_type: str, runtime, days: int, at: datetime
) -> dict[int, Record]:
    """By pk, for everyone of `people`."""
    rating = next((spec for spec in runtime.fields if spec.kind == "rating"), None)
    most = rating.limits.get("stars", STARS) if rating else STARS
    rows = {row["assignee"]: row for row in ended_with(people, ticket_type, runtime, rating, days, at)}
    return {
        person.user.pk: record_of(rows[person.user.pk], most_stars=most if rating else None)
        if person.user.pk in rows
        else Record()
        for person in people
    }


def record_of(row: dict, *, most_stars: int | None) -> Record:
    parts = [smoothed(row["resolved"], row["tickets"])]
    if most_stars:
        parts.append(smoothed(row["rated"] * (row["stars"] or 0) / most_stars, row["rated"]))
    return Record(
        tickets=row["tickets"],
        resolved=row["resolved"],
        rated=row["rated"],
        stars=row["stars"],
        score=sum(parts) / len(parts),
    )


def smoothed(good: float, count: int) -> float:
    return (good + GIVEN * GOOD) / (count + GIVEN)


def ended_with(people, ticket_type: str, runtime, rating, days: int, at: datetime):
    kinds = {node.kind for node in runtime.nodes.values()}
    good = Status.RESOLVED if "resolved" in kinds else Status.CLOSED
    tickets = Ticket.objects.of_type(ticket_type).filter(
        assignee__in=[person.user.pk for person in people],
        closed_at__gt=at - timedelta(days=days),
        closed_at__lte=at,
    )
    return (
        tickets.order_by()
        .values("assignee")
        .annotate(tickets=Count("pk"), resolved=Count("pk", filter=Q(status=good)), **ratings(rating))
    )


def ratings(rating) -> dict:
    if rating is None:
        return {"rated": Value(0), "stars": Cast(Value(None), FloatField())}
    # An answer is a number or the text of one.
    stars = Cast(KT(f"answers__{rating.name}"), FloatField())
    answered = Q(**{f"answers__{rating.name}__isnull": False})
    return {"rated": Count("pk", filter=answered), "stars": Avg(stars, filter=answered)}

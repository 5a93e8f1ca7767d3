"""The order of the queue: points by the scorecards that are live for it, kept with each ticket.

Tickets stand by points, then urgency, then age. Without a scorecard all have 0 points, so urgency and age
decide. Several scorecards (general ones, and those about the ticket's type) add up. Points are counted when a
ticket is opened or moves, when it changes otherwise (whoever changes it calls `count_points`), and by a task
for all open tickets when other scorecards have gone live.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flows.customers.facts import columns
from flows.customers.models import Customer
from flows.tickets.facts import VOCABULARY, facts_of_ticket, only_used
from flows.tickets.field_access import untold
from flows.tickets.models import Ticket
from flows.tickets.routing import fields_of_type, types_to_be_about
from rules.engine import Words
from rules.store.decisions import decision_of, facts_of, log_decisions
from rules.store.models import Decision, Scorecard, Version
from rules.store.purposes import SCORECARDS, register_purpose
from rules.store.runtime import live_scorecards

PURPOSE = "tickets.queue"
SPENT = "customer_spent"
QUEUE_VOCABULARY = VOCABULARY.extended(
    fields=[
        {
            "name": SPENT,
            "label": Words(en="customer's total spent, returns deducted", zh="客户累计消费额（已扣除退货）"),
            "type": "numeric",
            "unit": "money",
        }
    ]
)
CENT = Decimal("0.01")
MOST = Decimal("9999999.99")
AT_A_TIME = 200


def register() -> None:
    register_purpose(
        key=PURPOSE,
        label=gettext_lazy("Order of the ticket queue"),
        vocabulary=QUEUE_VOCABULARY,
        about_choices=types_to_be_about,
        fields_of=lambda slug: [field for field in fields_of_type(slug) if field["name"] != SPENT],
        kinds=(SCORECARDS,),
    )


# Counting


def count_points(tickets: Sequence[Ticket], *, at: datetime) -> None:
    """Give stored, open tickets their place in the queue; writes and logs only what has changed."""
    count_by(list(live_scorecards(PURPOSE, at=at)), tickets, at=at)


def count_by(cards: Sequence[Version], tickets: Sequence[Ticket], *, at: datetime) -> None:
    tickets = [ticket for ticket in tickets if ticket.is_open]
    if not cards and not any(ticket.queued_by for ticket in tickets):
        return
    prefetch_related_objects(tickets, "tags")
    changed, decisions = [], []
    for ticket in tickets:
        counted = [card for card in cards if card.document["about"] in ("", ticket.ticket_type)]
        before = ticket.queue_points, ticket.queued_by
        points, made = score(ticket, counted, at=at)
        ticket.queue_points, ticket.queued_by = points, key_of(counted)
        if before != (ticket.queue_points, ticket.queued_by):
            changed.append(ticket)
            decisions += made
    Ticket.objects.bulk_update(changed, ["queue_points", "queued_by"], batch_size=500)
    log_decisions(decisions)


def score(ticket: Ticket, cards: Sequence[Version], *, at: datetime) -> tuple[Decimal, list[Decision]]:
    """Points in all, and what to log of each scorecard."""
    facts = facts_for(ticket, cards, at=at) if cards else {}
    total, decisions = Decimal(0), []
    for card in cards:
        scored = card.compiled.score(facts)
        total += scored.points
        decisions.append(
            decision_of(
                version=card,
                subject=ticket.subject,
                facts=only_used(facts, card.compiled.names),
                outcome=Scorecard.replay(card.compiled, facts),
                reasons=[outcome.row.name for outcome in scored.rows if outcome.counted],
                at=at,
            )
        )
    return max(-MOST, min(MOST, total)).quantize(CENT, ROUND_HALF_UP), decisions


def facts_for(ticket: Ticket, cards: Iterable[Version], *, at: datetime) -> dict:
    tags = [tag.name for tag in ticket.tags.all()]
    facts = facts_of_ticket(ticket, specs=ticket.runtime.fields, tags=tags, at=at)
    if ticket.customer_id and any(SPENT in card.compiled.names for card in cards):
        spent = columns(at=at, names=["total_spent"])["total_spent"]
        facts[SPENT] = Customer.objects.filter(pk=ticket.customer_id).values_list(spent, flat=True).get()
    return facts


def key_of(cards: Iterable[Version]) -> str:
    """What a ticket keeps to tell whether its points are those of today's scorecards."""
    return ",".join(str(number) for number in sorted(card.pk for card in cards))[:200]


def recount(*, at: datetime) -> int:
    """Count open tickets anew whose points are not by the scorecards live now; how many they were."""
    cards = list(live_scorecards(PURPOSE, at=at))
    kinds = Ticket.objects.open().order_by().values_list("ticket_type", flat=True).distinct()
    done = 0
    for slug in kinds:
        current = key_of(card for card in cards if card.document["about"] in ("", slug))
        others = Ticket.objects.open().of_type(slug).exclude(queued_by=current)
        while batch := list(others.values_list("pk", flat=True)[:AT_A_TIME]):
            with transaction.atomic():
                locked = others.select_for_update(of=("self",)).with_names().filter(pk__in=batch)
                count_by(cards, list(locked.order_by("pk")), at=at)
            done += len(batch)
    return done


# Telling


@dataclass(frozen=True, kw_only=True)
class Place:
    """Why a ticket stands where it does: points in all, and what they are made of, a sentence each."""

    points: Decimal
    sentences: list[str]


def place_of(ticket: Ticket, language: str, *, to) -> Place | None:
    """None where no scorecard orders the queue."""
    counted = ticket.queued_by.split(",") if ticket.queued_by else []
    decisions = (
        Decision.objects.filter(subject=ticket.subject, version__in=counted)
        .select_related("version")
        .order_by("pk")
    )
    newest = {decision.version_id: decision for decision in decisions}
    if not newest:
        return None
    secret = untold(ticket, by=to)
    sentences = [
        sentence for decision in newest.values() for sentence in said_of(decision, language, secret=secret)
    ]
    return Place(points=ticket.queue_points.normalize(), sentences=sentences)


def said_of(decision: Decision, language: str, *, secret: frozenset[str]) -> list[str]:
    scored = decision.version.compiled.score(facts_of(decision))
    if not secret & decision.version.compiled.names:
        return scored.sentences(language)
    open_ = [outcome for outcome in scored.reasons if not (secret & names_asked(outcome.row))]
    said = [outcome.sentence(language) for outcome in open_ if not outcome.beaten]
    return [*said, _("the rest by what you may not see here")]


def names_asked(row) -> frozenset[str]:
    return row.condition.names | frozenset(getattr(row.points, "names", ()))

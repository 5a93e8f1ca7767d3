"""Past moves of tickets, for ticket types: would the button that was pressed have been there, and what would
have had to be answered first?

Facts are those of then where they were logged; else those of today, without what was answered later. What
only a person's role demands is not looked at.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from flows.forms.fields import is_unanswered
from flows.forms.texts import said
from flows.tickets.facts import facts_of_ticket
from flows.tickets.models import Ticket, TicketEvent, TicketType
from rules.engine import facts_from_json
from rules.store.deciding import Decider
from rules.store.histories import Case, History, Sides, register_history

PAGE = 200  # tickets

HELD, REFUSED, GONE = "offered", "refused", "gone"
# What a case says beside the facts of the ticket.
STEP, PRESSED, LABELS, ANSWERED = "@step", "transition", "@labels", "@answers"


@dataclass(frozen=True, kw_only=True)
class MoveDecider(Decider):
    """A ticket type asked about a move that was made: {"step", "button", "press", "missing"}.

    step, button   their labels when it was made
    missing        labels of what would have had to be answered first
    """

    @cached_property
    def names(self) -> frozenset[str]:
        return super().names | {STEP, PRESSED, LABELS}

    def decide(self, facts: Mapping) -> dict:
        labels = {"step": facts[LABELS]["from"], "button": facts[LABELS]["button"]}
        press = self.compiled.transitions.get(facts[PRESSED])
        if press is None or press.from_node != facts[STEP]:
            return labels | {"press": GONE, "missing": []}
        if press.is_conditional and not press.condition.holds(facts):
            return labels | {"press": REFUSED, "missing": []}
        missing = self.missing(facts[STEP], facts[ANSWERED]) if press.needs_answers else []
        return labels | {"press": HELD, "missing": missing}

    def missing(self, node: str, answered: Mapping) -> list[dict]:
        """`answered`: {field: (kind, answer)}. An answer of another kind than is asked now is still one."""
        kinds = {spec.name: spec.kind for spec in self.compiled.fields}
        alike = {name: answer for name, (kind, answer) in answered.items() if kinds.get(name) == kind}
        settled = self.compiled.logic.settle(alike)
        unanswered = settled.required - settled.answers.keys() - answered.keys()
        return [spec.label for spec in self.compiled.fields_at(node) if spec.name in unanswered]

    def say(self, outcome: Mapping | None, language: str) -> str:
        with translation.override(language):
            if outcome is None:
                return super().say(outcome, language)
            button = _("%(step)s · “%(button)s”") % {
                name: said(outcome[name], language) for name in ("step", "button")
            }
            return _("%(button)s: %(what)s") % {"button": button, "what": what_of(outcome, language)}

    def why(self, facts: Mapping, language: str) -> list[str]:
        press = self.compiled.transitions.get(facts[PRESSED])
        if press is None or press.from_node != facts[STEP] or not press.is_conditional:
            return []
        return [press.condition.explain(facts).sentence(language)]

    def facts_in_words(self, facts: Mapping, language: str) -> list[tuple[str, str]]:
        asked = {name: value for name, value in facts.items() if name not in (STEP, PRESSED, LABELS)}
        return super().facts_in_words(asked, language)


def what_of(outcome: Mapping, language: str) -> str:
    match outcome["press"]:
        case "gone":
            return _("is not there")
        case "refused":
            return _("cannot be pressed")
    missing = [said(label, language) for label in outcome["missing"]]
    if not missing:
        return _("can be pressed")
    return ngettext(
        "must be answered first: %(fields)s", "must be answered first: %(fields)s", len(missing)
    ) % {"fields": _(", ").join(missing)}


class PastMoves(History):
    label = gettext_lazy("moves of tickets")
    subjects = gettext_lazy("tickets")
    example = gettext_lazy("ticket number")
    decider = MoveDecider

    def count(self, sides, since, until):
        return moves_of(sides, since, until).count()

    def pages(self, sides: Sides, since: datetime, until: datetime, after: int) -> Iterator[list[Case]]:
        moves = moves_of(sides, since, until)
        while numbers := tickets_after(moves, after):
            page = cases_of(numbers, since=since, until=until)
            if page:
                yield page
            after = numbers[-1]

    def find(self, sides, text):
        """The ticket's last move through a button with a condition, as its decision was logged."""
        number = text.strip().lstrip("#＃")
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            return None
        moves = TicketEvent.objects.filter(
            ticket=int(number),
            ticket__ticket_type=sides.slug,
            kind=TicketEvent.Kind.MOVED,
            decision__isnull=False,
        )
        move = moves.select_related("decision", "ticket").last()
        return move and Case(
            place=move.ticket_id, subject=move.ticket.subject, facts=facts_from_json(move.decision.facts)
        )


def moves_of(sides: Sides, since: datetime, until: datetime):
    moves = TicketEvent.objects.filter(kind=TicketEvent.Kind.MOVED, at__gte=since, at__lt=until)
    return moves.filter(ticket__ticket_type=sides.slug)


def tickets_after(moves, after: int) -> list[int]:
    numbers = moves.filter(ticket__gt=after).order_by("ticket").values_list("ticket", flat=True)
    return list(numbers.distinct()[:PAGE])


def cases_of(numbers: list[int], *, since: datetime, until: datetime) -> list[Case]:
    tickets = Ticket.objects.with_names().prefetch_related("tags").in_bulk(numbers)
    return [
        Case(place=number, subject=tickets[number].subject, facts=facts)
        for number, moves in moves_by_ticket(numbers).items()
        for move, facts in facts_along(tickets[number], moves)
        if since <= move.at < until
    ]


def moves_by_ticket(numbers: list[int]) -> dict[int, list[TicketEvent]]:
    moves = TicketEvent.objects.filter(ticket__in=numbers, kind=TicketEvent.Kind.MOVED)
    found = defaultdict(list)
    for move in moves.select_related("decision").order_by("ticket", "at", "pk"):
        found[move.ticket_id].append(move)
    return found


def facts_along(ticket: Ticket, moves: list[TicketEvent]) -> Iterator[tuple[TicketEvent, dict]]:
    """Each move of a ticket with what was known when its button was pressed. A move whose button cannot be
    told any more is left out."""
    runtime, answers = ticket.runtime, ticket.answers
    tags = [tag.name for tag in ticket.tags.all()]
    kinds = {spec.name: spec.kind for spec in runtime.fields}
    for place, move in enumerate(moves):
        press = pressed(move, runtime)
        if press is None:
            continue
        until_then = {name for earlier in moves[: place + 1] for name in earlier.data.get("answered", ())}
        later = {name for other in moves[place + 1 :] for name in other.data.get("answered", ())} - until_then
        ticket.answers = {
            name: answer
            for name, answer in answers.items()
            if name not in later and not is_unanswered(answer)
        }
        facts = facts_of_ticket(ticket, specs=runtime.fields, tags=tags, at=move.at)
        logged = facts_from_json(move.decision.facts) if move.decision else {}
        yield (
            move,
            facts
            | logged
            | {
                STEP: press.from_node,
                PRESSED: press.key,
                LABELS: {"from": move.data["from"], "button": move.data["button"]},
                ANSWERED: {name: (kinds.get(name), answer) for name, answer in ticket.answers.items()},
            },
        )
    ticket.answers = answers


def pressed(move: TicketEvent, runtime):
    """The transition of a move: as the decision says, else the one whose step and button are called so."""
    if move.decision and (press := runtime.transitions.get(move.decision.facts.get("transition"))):
        return press
    labels = (move.data.get("from"), move.data.get("button"))
    steps = runtime.transitions.values()
    return next((step for step in steps if labels == (runtime.nodes[step.from_node].label, step.label)), None)


def register() -> None:
    register_history(TicketType, PastMoves())

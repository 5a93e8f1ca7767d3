"""Past tickets as routing rules would have seen them when they were opened."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from flows.customers.models import Order
from flows.forms.fields import all_text, facts_of
from flows.tickets.models import Ticket, TicketEvent
from flows.tickets.routing import PURPOSE
from rules.engine import facts_from_json
from rules.store.histories import Case, History, Sides, register_history
from rules.store.models import Decision, RuleSet

PAGE = 500


class OpenedTickets(History):
    """What a ticket was like when it was opened: what was logged then, and what can be told of it now."""

    label = _("tickets")
    example = _("ticket number")

    def count(self, sides, since, until):
        return tickets_of(sides, since, until).count()

    def pages(self, sides: Sides, since: datetime, until: datetime, after: int) -> Iterator[list[Case]]:
        while page := list(for_facts(tickets_of(sides, since, until).filter(pk__gt=after))[:PAGE]):
            yield cases_of(page)
            after = page[-1].pk

    def find(self, sides, text):
        number = text.strip().lstrip("#＃")
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            return None
        found = cases_of(list(for_facts(of_type(sides, Ticket.objects.filter(pk=int(number))))))
        return found[0] if found else None


def of_type(sides, tickets):
    about = sides.draft.document["about"]
    return tickets.of_type(about) if about else tickets


def tickets_of(sides, since, until):
    return of_type(sides, Ticket.objects.filter(created_at__gte=since, created_at__lt=until))


def for_facts(tickets):
    """With what the facts are made of, in one query; in the order of their numbers."""
    earlier = Order.objects.sales().filter(
        customer=OuterRef("customer"), placed_at__lte=OuterRef("created_at")
    )
    counted = earlier.order_by().values("customer").annotate(count=Count("pk")).values("count")
    rows = tickets.select_related("version", "customer", "store").defer("version__document")
    return rows.annotate(orders_so_far=Coalesce(Subquery(counted), 0)).order_by("pk")


def cases_of(tickets: list[Ticket]) -> list[Case]:
    later, logged = answered_later(tickets), logged_facts(tickets)
    return [
        Case(
            place=ticket.pk,
            subject=ticket.subject,
            facts=facts_when_opened(ticket, later=later[ticket.pk]) | logged[ticket.subject],
        )
        for ticket in tickets
    ]


def answered_later(tickets) -> dict[int, set[str]]:
    """{ticket: names of fields that were answered on its way}"""
    later = defaultdict(set)
    moved = TicketEvent.objects.filter(ticket__in=tickets, kind=TicketEvent.Kind.MOVED)
    for pk, data in moved.values_list("ticket", "data"):
        later[pk].update(data.get("answered", ()))
    return later


def logged_facts(tickets) -> dict[str, dict]:
    """{subject: the facts on which routing decided}"""
    logged = defaultdict(dict)
    decisions = Decision.objects.filter(
        subject__in=[ticket.subject for ticket in tickets],
        version__content_type__app_label=RuleSet._meta.app_label,
        version__content_type__model=RuleSet._meta.model_name,
    )
    for subject, facts in decisions.order_by("pk").values_list("subject", "facts"):
        logged[subject] |= facts_from_json(facts)
    return logged


def facts_when_opened(ticket: Ticket, *, later: set[str]) -> dict:
    """flows.tickets.facts.facts_of_ticket, before anybody had worked on it."""
    runtime = ticket.runtime
    answers = {name: answer for name, answer in ticket.answers.items() if name not in later}
    text = all_text(answers, runtime.fields) if later else ticket.text
    start = runtime.start
    facts = {
        "text": text,
        "title": ticket.title,
        "text_length": len(text),
        "source": ticket.source,
        "ticket_type": ticket.ticket_type,
        "urgency": "green",
        "tags": [],
        "department": start.department if start.assign == "department" else None,
        "ticket_store": ticket.store.slug if ticket.store_id else None,
    }
    if ticket.customer_id:
        facts |= {
            "customer_number": ticket.customer.number,
            "customer_level": ticket.customer.level,
            "customer_country": ticket.customer.country,
            "customer_orders": ticket.orders_so_far,
        }
    return facts | facts_of(answers, runtime.fields)


def register() -> None:
    register_history(RuleSet, OpenedTickets(), purpose=PURPOSE)

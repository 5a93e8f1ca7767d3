"""One search box: number, words, customer, order, tag, comments; no more than the reader may read."""

from django.db.models import Q

from flows.customers.models import Customer
from flows.tickets.field_access import unsearchable
from flows.tickets.models import Ticket, TicketTag
from flows.tickets.together.models import Comment, TicketWords
from flows.tickets.together.secrecy import unsearchable_by_comments

MOST_WORDS = 5
LONGEST_NUMBER = 18


def matching(tickets, written: str, *, by):
    """Those of `tickets` in which each of the words is found somewhere."""
    closed = Closed(by)
    for word in written.split()[:MOST_WORDS]:
        tickets = tickets.filter(pk__in=found_by(word, closed=closed))
    return tickets


class Closed:
    """Tickets in which one reader must not find anything by a kind of word."""

    def __init__(self, by):
        self.to_text = unsearchable(by, kinds=("text", "long_text"))
        self.to_customer = unsearchable(by, kinds=("customer",))
        self.to_order = unsearchable(by, kinds=("order",))
        self.to_comments = unsearchable_by_comments(by)


def found_by(word: str, *, closed: Closed):
    """Numbers of the tickets in which one word is found. A union: each part uses an index of its own."""
    parts = [
        without(closed.to_text, TicketWords.objects.filter(text__holds=word)),
        without(closed.to_comments, Comment.objects.filter(text__holds=word)),
        tickets_with(closed.to_customer, Q(customer__in=customers_called(word))),
        tickets_with(closed.to_order, Q(order__number=word)),
        TicketTag.objects.filter(name=word).values("ticket_id"),
        Ticket.objects.filter(pk=number_in(word)).values("pk"),
    ]
    first, *others = [part.order_by() for part in parts]
    return first.union(*others, all=True)


def without(closed: Q | None, rows):
    """Numbers of the tickets that `rows` belong to."""
    open_ones = rows.filter(ticket__in=Ticket.objects.exclude(closed)) if closed else rows
    return open_ones.values("ticket_id")


def tickets_with(closed: Q | None, wanted: Q):
    found = Ticket.objects.filter(wanted)
    return (found.exclude(closed) if closed else found).values("pk")


def customers_called(word: str):
    return Customer.objects.filter(Q(number=word) | Q(name__icontains=word)).values("pk")


def number_in(word: str) -> int | None:
    digits = word.lstrip("#＃")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER
    return int(digits) if is_number else None

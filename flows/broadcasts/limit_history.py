"""Past recipients, for limits: whom a draft would have held back, and whom not any more.

A limit makes its own history: a message that it holds back does not count for the next one. So the messages
of a period are gone through in order of time, and each side, draft and live, remembers only what it would
have let through itself. What happened before the period is taken as it was. README.md says what this leaves
out.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby
from operator import attrgetter, or_

from django.db.models import F, Min, Q
from django.utils.translation import gettext_lazy as _

from flows.broadcasts import limits as kinds
from flows.broadcasts.limits import HELD_BACK, CompiledLimit, Message
from flows.broadcasts.models import Limit, Recipient
from flows.broadcasts.real_tests import facts_of_recipient
from flows.customers.models import Order
from rules.store.histories import Case, History, Sides, register_history

CUSTOMERS = 1_000  # a page
MESSAGES = 2_000  # a page, where messages to all customers count together
# Behind the last of a pace, the next one leaves so much later: as keep_pace says.
AFTER = timedelta(seconds=1)
COLUMNS = ("pk", "customer_id", "counts_at", "outcome", "detail")
OF_SENDING = {"planned_at": "sending__at", "channel": "sending__channel", "category": "sending__category"}
Outcome = Recipient.Outcome


class PastRecipients(History):
    label = _("messages to customers")
    example = _("customer number (the message they were sent last)")

    def count(self, sides, since, until):
        return recipients_of(sides, since, until).count()

    def pages(self, sides: Sides, since, until, after):
        if sides.draft.compiled.kind == kinds.PACE:
            return all_in_order(sides, since, until, after)
        return by_customer(sides, since, until, after)

    def find(self, sides, text):
        limit = sides.draft.compiled
        found = Recipient.objects.filter(customer__number=text.strip()).concerned_by(limit)
        last = found.select_related("sending").order_by("-counts_at", "-pk").first()
        return last and Case(place=last.pk, subject=last.subject, facts=facts_of_recipient(last, limit))


def recipients_of(sides: Sides, since: datetime, until: datetime):
    """Those whom either limit concerns, and whom nothing but this limit kept from the message."""
    only_this = Q(reason=f"limit:{sides.slug}", detail__also__isnull=True)
    gone = Q(outcome__in=[Outcome.QUEUED, Outcome.SENT, Outcome.UNKNOWN, Outcome.FAILED])
    found = Recipient.objects.filter(counts_at__gte=since, counts_at__lt=until)
    return found.filter(concerned_by_either(sides)).filter(gone | only_this)


def concerned_by_either(sides: Sides) -> Q:
    limits = limits_of(sides)
    if any(not limit.channel and not limit.category for limit in limits):
        return Q()
    return reduce(or_, map(concerned_by, limits))


def concerned_by(limit: CompiledLimit) -> Q:
    channel = Q(sending__channel=limit.channel) if limit.channel else Q()
    return channel & (Q(sending__category=limit.category) if limit.category else Q())


def limits_of(sides: Sides) -> list[CompiledLimit]:
    return [side.compiled for side in (sides.draft, sides.live) if side]


# Caps, purchases and quiet hours: each customer for itself


def by_customer(sides: Sides, since, until, after: int) -> Iterator[list[Case]]:
    found = recipients_of(sides, since, until)
    while ids := customers_of(found, after):
        rows = list(read(found.filter(customer__in=ids)))
        cases = [
            case
            for customer, messages in together(
                rows, earlier_messages(sides, ids, since), purchases(sides, rows)
            )
            for case in cases_of_customer(sides, customer, *messages)
        ]
        yield cases
        after = ids[-1]


def customers_of(found, after) -> list[int]:
    ids = found.filter(customer__gt=after).order_by("customer").values_list("customer", flat=True)
    return list(ids.distinct()[:CUSTOMERS])


def read(found):
    columns = found.annotate(**{name: F(path) for name, path in OF_SENDING.items()})
    return columns.order_by("customer", "counts_at", "pk").values_list(*COLUMNS, *OF_SENDING, named=True)


def together(rows, earlier: dict, bought: dict):
    for customer, messages in groupby(rows, key=attrgetter("customer_id")):
        yield customer, (list(messages), earlier.get(customer, []), bought.get(customer, []))


def earlier_messages(sides: Sides, ids, since) -> dict[int, list[dict]]:
    """{customer: what had been sent to them before the period that may still count in it}"""
    caps = [limit for limit in limits_of(sides) if limit.kind == kinds.CAP]
    if not caps:
        return {}
    start = min(limit.period_before(since).start for limit in caps)
    sent = Recipient.objects.counting().filter(customer__in=ids, counts_at__gte=start, counts_at__lt=since)
    earlier = defaultdict(list)
    for row in read(sent.filter(concerned_by_either(sides))):
        earlier[row.customer_id].append(told(row, row.counts_at))
    return earlier


def purchases(sides: Sides, rows) -> dict[int, list[datetime]]:
    """{customer: when they bought, the earliest first}"""
    limits = [limit for limit in limits_of(sides) if limit.kind == kinds.BOUGHT]
    if not limits or not rows:
        return {}
    first = min(min(row.counts_at, row.planned_at) for row in rows)
    start = min(limit.period_before(first).start for limit in limits)
    sales = Order.objects.sales().placed(since=start, by=max(row.counts_at for row in rows))
    sales = sales.filter(customer__in={row.customer_id for row in rows})
    bought = defaultdict(list)
    for customer, placed_at in sales.order_by("placed_at").values_list("customer", "placed_at"):
        bought[customer].append(placed_at)
    return bought


def told(row, at: datetime) -> dict:
    return {"at": at, "channel": row.channel, "category": row.category}


def cases_of_customer(sides: Sides, customer: int, messages, earlier, bought) -> Iterator[Case]:
    remembered = {"draft": list(earlier), "live": list(earlier)}
    for row in messages:
        at = asked_at(sides, row)
        facts = told(row, at) | last_of(bought, at)
        told_to = {}
        for name, side in (("live", sides.live), ("draft", sides.draft)):
            told_to[name] = facts | messages_for(side, remembered[name], at)
            said = side.decide(told_to[name]) if side else None
            if row.outcome != Outcome.FAILED and (said is None or said["outcome"] != HELD_BACK):
                remembered[name].append(told(row, at))
        live = told_to["live" if sides.live else "draft"]
        yield Case(place=customer, subject=f"recipient:{row.pk}", facts=live, draft_facts=told_to["draft"])


def asked_at(sides: Sides, row) -> datetime:
    """When it left, or would have. What live quiet hours made wait is tried for when it was meant to leave,
    and what purchases held back for when it was judged."""
    live = sides.live and sides.live.compiled
    if live and live.kind == kinds.QUIET and live.quiet_ends(row.planned_at):
        return row.planned_at
    chosen = row.outcome == Outcome.HELD_BACK and "checked" not in row.detail
    if live and live.kind == kinds.BOUGHT and chosen:
        return row.planned_at
    return row.counts_at


def last_of(bought: list[datetime], at: datetime) -> dict:
    before = bisect_right(bought, at)
    return {"last_purchase": bought[before - 1]} if before else {}


def messages_for(side, remembered: list[dict], at: datetime) -> dict:
    """Those that still count for a side, if it counts messages."""
    if side is None or side.compiled.kind != kinds.CAP:
        return {}
    start = side.compiled.period_before(at).start
    return {"messages": [message for message in remembered if message["at"] >= start]}


# Paces: all messages in one row


class Queue:
    """When the messages of a pace leave, one behind the other."""

    def __init__(self, limit: CompiledLimit, left: Iterable[datetime]):
        self.limit = limit
        self.leaves = deque(left, maxlen=limit.most)

    def in_front(self, ready: datetime) -> int:
        """How many stand in its period, or wait, when one more is ready."""
        while self.leaves and self.leaves[0] < ready - self.limit.span:
            self.leaves.popleft()
        return len(self.leaves)

    def join(self, ready: datetime) -> None:
        waits = self.in_front(ready) >= self.limit.most
        self.leaves.append(self.leaves[0] + self.limit.span + AFTER if waits else ready)


def all_in_order(sides: Sides, since, until, after: int) -> Iterator[list[Case]]:
    """Each sending is ready when its first message left. `after`: so many have been looked at; what they did
    to the others is worked out again."""
    queues = {
        id(side): Queue(side.compiled, left_before(side.compiled, since))
        for side in (sides.draft, sides.live)
        if side and side.compiled.kind == kinds.PACE
    }
    page = []
    for place, (ready, row) in enumerate(in_order(sides, since, until), start=1):
        told_to = [
            in_line(queues.get(id(side)), row, ready) for side in (sides.live or sides.draft, sides.draft)
        ]
        for queue in queues.values():
            if Message(ready, row.channel, row.category).concerned_by(queue.limit):
                queue.join(ready)
        if place > after:
            page.append(
                Case(place=place, subject=f"recipient:{row.pk}", facts=told_to[0], draft_facts=told_to[1])
            )
        if len(page) == MESSAGES:
            yield page
            page = []
    if page:
        yield page


def in_line(queue: Queue | None, row, ready: datetime) -> dict:
    return told(row, ready) | ({"in_all": queue.in_front(ready)} if queue else {})


def left_before(limit: CompiledLimit, since) -> list[datetime]:
    sent = Recipient.objects.counting().concerned_by(limit)
    sent = sent.filter(cleared_at__gte=since - limit.span, cleared_at__lt=since)
    last = sent.order_by("-cleared_at").values_list("cleared_at", flat=True)[: limit.most]
    return list(reversed(last))


def in_order(sides: Sides, since, until):
    found = recipients_of(sides, since, until)
    begun = found.order_by().values_list("sending").annotate(Min("cleared_at"), Min("sending__at"))
    ready = {pk: first_left or planned for pk, first_left, planned in begun}
    for pk, at in sorted(ready.items(), key=lambda sending: (sending[1], sending[0])):
        rows = read(found.filter(sending=pk)).order_by("pk")
        yield from ((at, row) for row in rows.iterator(chunk_size=MESSAGES))


def register() -> None:
    register_history(Limit, PastRecipients())

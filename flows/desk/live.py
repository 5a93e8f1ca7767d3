"""Live pages: a stream of server-sent events tells an open page which of its tickets changed.

The database is the only place where anything is kept. Whatever happens to a ticket writes a line on its time
line in the same transaction; while anybody listens, one thread of each web process looks once a second for
lines it has not seen (three look-ups by primary key, however many listen) and asks for each person who is
here which of those tickets they may see. So any number of processes and hosts tell the same.

A stream ends after ten minutes and the browser opens it again, so who was logged out or lost a role learns
nothing for longer. When there are too many, or the server cannot stream, the page asks every 20 seconds.
"""

import asyncio
import json
import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from flows.channels.models import Notice
from flows.channels.notices.bell import unread_count
from flows.tickets.models import Ticket, TicketEvent
from flows.tickets.together.models import Comment

logger = logging.getLogger(__name__)

# Seconds.
EVERY = 1.0
HEARTBEAT = 20
LONGEST = 600
AFTER_A_FAULT = 5
# A transaction that began earlier may commit later: lines with a lower number appear for so long.
LATE = 30
KEPT = 60
OVERLAP = 1
PERSON_KEPT = 60

MOST_LINES = 1_000
MOST_SHOWN = 100
MOST_OF_ONE_PERSON = 12


@dataclass(frozen=True)
class Line:
    """Something that was written: about a ticket, or for a person's bell."""

    seen: float
    about: int
    by: int | None = None


class Feed:
    """The newest rows of one table, as this process saw them appear."""

    def __init__(self, model, about, by=None):
        self.model, self.about, self.by = model, about, by
        self.lines: dict[int, Line] = {}
        self.low = None

    def look(self, *, now: float) -> tuple[list[Line], bool]:
        """(lines not seen before, whether there were too many to tell)"""
        if self.low is None:
            self.begin(now=now)
        rows = list(self.rows(after=self.low)[:MOST_LINES])
        fresh = {pk: Line(now, about, by) for pk, about, by, _at in rows if pk not in self.lines}
        self.lines |= fresh
        too_many = len(rows) == MOST_LINES
        settled = [pk for pk, line in self.lines.items() if too_many or line.seen < now - LATE]
        self.low = max([self.low, *settled])
        self.lines = {pk: line for pk, line in self.lines.items() if pk > self.low or line.seen > now - KEPT}
        return list(fresh.values()), too_many

    def begin(self, *, now: float) -> None:
        """What was written just before anybody listened is kept for the page that was made meanwhile."""
        newest = self.model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.low = max(0, newest - MOST_LINES // 2)
        for pk, about, by, at in self.rows(after=self.low):
            self.lines[pk] = Line(min(now, at.timestamp()), about, by)

    def rows(self, *, after: int):
        columns = ["pk", self.about, self.by or self.about, "at"]
        return self.model.objects.filter(pk__gt=after).order_by("pk").values_list(*columns)

    def since(self, moment: float) -> list[Line]:
        return [line for line in self.lines.values() if line.seen >= moment]


@dataclass(eq=False)
class Listener:
    """One open page. `shown`: tickets on it that its reader may, or might just now, see."""

    person: int
    shown: set[int]
    since: float
    pending: dict = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, news: dict) -> None:
        for name, value in news.items():
            self.pending[name] = self.pending.get(name, {}) | value if isinstance(value, dict) else value
        self.wake.set()

    def take(self) -> dict:
        news, self.pending = self.pending, {}
        self.wake.clear()
        return news


class Hub:
    """All who listen in this process, and the one thread that looks for them."""

    def __init__(self):
        self.listeners: set[Listener] = set()
        self.new: list[Listener] = []
        self.tickets = Feed(TicketEvent, "ticket_id", "by_id")
        self.comments = Feed(Comment, "ticket_id", "by_id")
        self.notices = Feed(Notice, "person_id")
        self.people: dict[int, tuple[float, object]] = {}
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")
        self.task = None

    def has_room(self, person: int) -> bool:
        mine = sum(listener.person == person for listener in self.listeners)
        return len(self.listeners) < settings.LIVE_STREAMS and mine < MOST_OF_ONE_PERSON

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        self.new.append(listener)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self.run())

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self.listeners:
                new, self.new = self.new, []
                try:
                    told = await loop.run_in_executor(self.thread, self.look, list(self.listeners), new)
                except Exception:
                    logger.exception("Live pages: the database could not be asked")
                    self.new += new
                    await asyncio.sleep(AFTER_A_FAULT)
                    continue
                for listener, news in told:
                    listener.tell(news)
                await asyncio.sleep(EVERY)
        finally:
            self.task = None
            # Whoever comes next begins with what was written just before.
            self.tickets.low = self.comments.low = self.notices.low = None

    def look(self, listeners: list[Listener], new: list[Listener]) -> list[tuple[Listener, dict]]:
        """In the thread: connections belong to threads, and a pool wants them back."""
        try:
            return self.news(listeners, new, now=time.time())
        finally:
            connection.close()

    def news(self, listeners, new, *, now: float) -> list[tuple[Listener, dict]]:
        """What each must be told now."""
        changed, too_many = self.tickets.look(now=now)
        said, too_much = self.comments.look(now=now)
        changed, too_many = changed + said, too_many or too_much
        rung, _too_many = self.notices.look(now=now)
        return [
            *self.welcomed(new, now=now),
            *self.told_of_tickets(set(listeners) - set(new), changed, too_many, now=now),
            *self.told_of_notices(set(listeners) - set(new), rung),
        ]

    def welcomed(self, new: list[Listener], *, now: float) -> list[tuple[Listener, dict]]:
        """What happened while the page was on its way. Who was away for longer looks at everything again."""
        told = []
        for listener in new:
            shown = self.visible(listener.person, listener.shown, now=now)
            listener.shown &= shown
            if listener.since < now - LATE:
                told.append((listener, {"all": True, "unread": unread_count(listener.person)}))
                continue
            missed = [
                line
                for feed in (self.tickets, self.comments)
                for line in feed.since(listener.since - OVERLAP)
                if line.by is None or line.by != listener.person
            ]
            told += self.told_of_tickets([listener], missed, False, now=now)
            told += self.told_of_notices([listener], self.notices.since(listener.since - OVERLAP))
        return told

    def told_of_tickets(self, listeners, lines: list[Line], too_many: bool, *, now: float):
        if too_many:
            return [(listener, {"all": True}) for listener in listeners]
        if not lines or not listeners:
            return []
        changed = {line.about: line.by for line in lines}
        names = self.names(set(changed.values()) - {None})
        told = []
        for person, pages in by_person(listeners).items():
            visible = self.visible(person, changed, now=now)
            for page in pages:
                gone = (page.shown & changed.keys()) - visible
                page.shown = (page.shown - gone) | visible
                news = {
                    str(pk): {"by": names.get(changed[pk], ""), "own": changed[pk] == person}
                    for pk in visible
                } | {str(pk): {"gone": True} for pk in gone}
                if news:
                    told.append((page, {"tickets": news}))
        return told

    def told_of_notices(self, listeners, lines: list[Line]):
        rung = {line.about for line in lines}
        return [
            (page, {"unread": unread})
            for person, pages in by_person(listeners).items()
            if person in rung
            for unread in [unread_count(person)]
            for page in pages
        ]

    def visible(self, person: int, tickets: Iterable[int], *, now: float) -> set[int]:
        who = self.person(person, now=now)
        if who is None or not tickets:
            return set()
        seen = Ticket.objects.visible_to(who).filter(pk__in=list(tickets))
        return set(seen.values_list("pk", flat=True))

    def person(self, pk: int, *, now: float):
        """With their permissions, looked up once a minute."""
        loaded, who = self.people.get(pk, (0, None))
        if loaded < now - PERSON_KEPT:
            self.people = {other: kept for other, kept in self.people.items() if kept[0] > now - PERSON_KEPT}
            who = get_user_model().objects.filter(pk=pk, is_active=True).first()
            self.people[pk] = now, who
        return who

    def names(self, people: set[int]) -> dict[int, str]:
        if not people:
            return {}
        return {pk: str(who) for pk, who in get_user_model().objects.in_bulk(people).items()}


def by_person(listeners: Iterable[Listener]) -> dict[int, list[Listener]]:
    found: dict[int, list[Listener]] = {}
    for listener in listeners:
        found.setdefault(listener.person, []).append(listener)
    return found


hub = Hub()


@require_safe
def live(request):
    """?shown=7,8&since=1772424000.5: the tickets on the page, and when it was made."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    if not isinstance(request, ASGIRequest):
        # This server answers whole pages only; 204 tells the browser not to try again.
        return HttpResponse(status=204)
    if not hub.has_room(request.user.pk):
        return HttpResponse(status=503, headers={"Retry-After": "60"})
    listener = Listener(
        person=request.user.pk,
        shown=numbers_in(request.GET.get("shown", "")),
        since=moment_in(request.headers.get("Last-Event-ID") or request.GET.get("since", "")),
    )
    # Django gives it back when the response ends, which is in ten minutes; a pool has few.
    connection.close()
    response = StreamingHttpResponse(stream(listener), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    # nginx would collect the events until a buffer is full.
    response["X-Accel-Buffering"] = "no"
    return response


async def stream(listener: Listener):
    ends = time.monotonic() + LONGEST
    hub.join(listener)
    try:
        yield b"retry: 3000\n\n"
        while time.monotonic() < ends:
            try:
                await asyncio.wait_for(listener.wake.wait(), timeout=HEARTBEAT)
            except TimeoutError:
                yield event("beat", {})
            else:
                yield event("news", listener.take())
    finally:
        hub.leave(listener)


def event(name: str, news: dict) -> bytes:
    """Its id is the moment, so that a browser that comes back says since when it knows nothing."""
    return f"id: {time.time():.3f}\nevent: {name}\ndata: {json.dumps(news)}\n\n".encode()


def numbers_in(written: str) -> set[int]:
    found = (text for text in written.split(",")[:MOST_SHOWN] if text.isascii() and text.isdigit())
    return {int(text) for text in found if len(text) < 19}


def moment_in(written: str) -> float:
    """0 for nonsense: then the page is told to look at everything again."""
    try:
        moment = float(written)
    except ValueError:
        return 0
    return moment if 0 <= moment < 1e11 else 0

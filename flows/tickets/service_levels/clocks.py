"""Starting, stopping and counting again the clocks of a ticket. Called within the transaction of the act.

The rules (README.md says them for people):
- First answer: from opening until somebody takes or moves the ticket or writes to the customer. Never again.
- Next update: from opening; each move and each word to the customer begins it anew, with the whole budget.
- Solution: from opening until the ticket ends. A ticket that is opened again goes on with what it had used.
- A node's own: from entering until leaving. Entered again, it begins anew.
- While the ticket waits for someone outside, its clocks stand still; only a waiting node's own limit runs.
- Another calendar, budget or urgency counts from then on; what was used stays used.
"""

from collections.abc import Iterable
from datetime import datetime

from flows.tickets.models import Clock, Ticket, TicketEvent
from flows.tickets.models.ticket import Status, Urgency
from flows.tickets.service_levels.calendars import Calendars
from flows.tickets.service_levels.counting import ALWAYS, whole
from flows.tickets.service_levels.levels import NODE, RESPONSE, UPDATE, Level
from rules.store.models import Version

RUNNING, PAUSED, ENDED = Clock.State.RUNNING, Clock.State.PAUSED, Clock.State.ENDED
WAITING_KINDS = ("waiting", "wait")
ANSWERS = (TicketEvent.Kind.MOVED, TicketEvent.Kind.TAKEN)
KEPT_OF_HISTORY = 100


def tickets_opened(*, tickets: Iterable[Ticket], at: datetime) -> None:
    """Start the clocks of new tickets, in two statements for a batch."""
    calendars, clocks, due = Calendars(at=at), [], []
    for ticket in tickets:
        if ticket.is_open and ticket.runtime.has_time_limits:
            begun = [new_clock(ticket, level, calendars, at=at) for level in levels_at_opening(ticket)]
            clocks += begun
            if first := first_due(begun):
                ticket.due_at = first
                due.append(ticket)
    Clock.objects.bulk_create(clocks, batch_size=500)
    Ticket.objects.bulk_update(due, ["due_at"], batch_size=500)


def levels_at_opening(ticket: Ticket) -> list[Level]:
    node = ticket.runtime.nodes[ticket.node].time_limit
    return [*ticket.runtime.service_levels.by_measure.values(), *([node] if node else [])]


def ticket_walked(
    *, ticket: Ticket, at: datetime, entered: Iterable[str] = (), left: Iterable[str] = ()
) -> None:
    """After it moved, through whatever nodes; its row and its events say where it is now."""
    reconcile(ticket=ticket, at=at, entered=entered, left=left)


def ticket_changed(*, ticket: Ticket, at: datetime) -> None:
    """After its status, urgency, type or place changed, or somebody took or moved it."""
    reconcile(ticket=ticket, at=at)


def answered(*, ticket: Ticket, at: datetime) -> None:
    """After somebody wrote to the customer."""
    reconcile(ticket=ticket, at=at, is_answered=True)


def reconcile(
    *,
    ticket: Ticket,
    at: datetime,
    entered: Iterable[str] = (),
    left: Iterable[str] = (),
    is_answered: bool = False,
) -> None:
    """Bring every clock of a locked ticket to where it must be."""
    if not ticket.runtime.has_time_limits and ticket.due_at is None:
        return
    clocks = list(ticket.clocks.select_related("calendar").prefetch_related("fired"))
    keeper = Keeper(ticket=ticket, at=at, clocks=clocks)
    for node in left:
        keeper.end_of_node(node)
    keeper.begin_missing(entered)
    keeper.note_answers(is_answered)
    keeper.follow_ticket()
    keeper.save()


def count_again(*, tickets: Iterable[int], at: datetime) -> int:
    """Count the running clocks of locked tickets by what holds for them now: their calendar, their urgency.
    → how many tickets have any"""
    calendars, by_ticket = Calendars(at=at), {}
    for clock in running_clocks(tickets):
        clocks = by_ticket.setdefault(clock.ticket_id, [])
        clocks.append(clock)
        ticket = clock.ticket = clocks[0].ticket
        if (level := level_of(ticket, clock)) and count_by(clock, level, calendars=calendars, at=at):
            clock.next_at = next_step_at(clock, level)
            clock.save(update_fields=COUNTED)
    moved = []
    for clocks in by_ticket.values():
        ticket, due = clocks[0].ticket, first_due(clocks)
        if due != ticket.due_at:
            ticket.due_at = due
            moved.append(ticket)
    Ticket.objects.bulk_update(moved, ["due_at"])
    return len(by_ticket)


COUNTED = ("budget", "working", "calendar", "used", "since", "due_at", "next_at", "history")


def running_clocks(tickets: Iterable[int]):
    clocks = Clock.objects.running().filter(ticket__in=tickets)
    owners = ("ticket__version", "ticket__store__calendar", "ticket__department__calendar")
    with_all = clocks.select_related("calendar", *owners).prefetch_related("fired")
    return with_all.defer("calendar__document", "ticket__version__document")


def count_by(clock: Clock, level: Level, *, calendars: Calendars, at: datetime) -> bool:
    """→ whether anything changed"""
    budget = level.budget(is_urgent=clock.ticket.urgency == Urgency.RED)
    calendar = calendars.of(clock.ticket) if level.working else None
    return recount(clock, budget=budget, working=level.working, calendar=calendar, at=at)


class Keeper:
    """The clocks of one ticket while they are being changed."""

    def __init__(self, *, ticket: Ticket, at: datetime, clocks: list[Clock]):
        self.ticket, self.at, self.clocks = ticket, at, clocks
        self.calendars = Calendars(at=at)
        self.new: list[Clock] = []
        self.changed: dict[int, Clock] = {}

    def find(self, measure: str, node: str = "") -> Clock | None:
        return next((c for c in self.clocks if c.measure == measure and c.node == node), None)

    def begin_missing(self, entered: Iterable[str]) -> None:
        """Limits that the ticket has no clock for yet: of a version it moved to, and of nodes it enters."""
        if not self.ticket.is_open:
            return
        for measure, level in self.ticket.runtime.service_levels.by_measure.items():
            if self.find(measure) is None:
                self.begin(level)
        for node in entered:
            if limit := self.ticket.runtime.nodes[node].time_limit:
                self.enter(node, limit)

    def enter(self, node: str, limit: Level) -> None:
        clock = self.find(NODE, node)
        if clock is None:
            self.begin(limit, node=node)
        elif clock.state == ENDED:
            self.begin_again(clock)

    def begin(self, level: Level, node: str = "") -> None:
        clock = new_clock(self.ticket, level, self.calendars, at=self.at, node=node)
        self.clocks.append(clock)
        self.new.append(clock)

    def begin_again(self, clock: Clock) -> None:
        """A new round, with the whole budget."""
        clock.cycle += 1
        clock.used, clock.began_at = 0, whole(self.at)
        clock.since = clock.due_at = clock.next_at = clock.ended_at = clock.kept = None
        clock.state = PAUSED
        note(clock, at=self.at, what="began")
        self.bring(clock, RUNNING, quietly=True)

    def end_of_node(self, node: str) -> None:
        clock = self.find(NODE, node)
        if clock and clock.state != ENDED:
            self.bring(clock, ENDED)

    def note_answers(self, is_answered: bool) -> None:
        response, update = self.find(RESPONSE), self.find(UPDATE)
        if response and response.state != ENDED and (is_answered or self.last_answer(ANSWERS)):
            self.bring(response, ENDED)
        if update and update.state != ENDED:
            last = self.at if is_answered else self.last_answer((TicketEvent.Kind.MOVED,))
            if last and whole(last) > update.began_at:
                self.bring(update, ENDED)
                self.begin_again(update)

    def last_answer(self, kinds) -> datetime | None:
        """When a person last did one of these; rules that send a ticket on are no answer."""
        if self.ticket.pk is None:
            return None
        done = self.ticket.events.filter(kind__in=kinds, by__isnull=False)
        return done.order_by("-at").values_list("at", flat=True).first()

    def follow_ticket(self) -> None:
        for clock in self.clocks:
            level = level_of(self.ticket, clock)
            if level is None:
                if clock.state != ENDED:
                    self.bring(clock, ENDED)
                continue
            if clock.state == ENDED:
                self.open_again(clock)
                continue
            state = self.state_for(clock)
            if state != ENDED:
                self.count_by(clock, level)
            self.bring(clock, state)

    def open_again(self, clock: Clock) -> None:
        """After a resolved ticket was opened again: the solution goes on, the next update begins anew; the
        first answer was given, and a node begins when it is entered."""
        if not self.ticket.is_open:
            return
        if clock.measure == Clock.Measure.SOLUTION:
            self.count_by(clock, level_of(self.ticket, clock))
            self.bring(clock, self.state_for(clock))
        elif clock.measure == UPDATE:
            self.begin_again(clock)

    def state_for(self, clock: Clock) -> str:
        if not self.ticket.is_open:
            return ENDED
        is_waiting = self.ticket.status == Status.PENDING
        return PAUSED if is_waiting and not runs_while_waiting(self.ticket, clock) else RUNNING

    def count_by(self, clock: Clock, level: Level) -> None:
        clock.ticket = self.ticket
        if count_by(clock, level, calendars=self.calendars, at=self.at):
            self.plan(clock, level)

    def bring(self, clock: Clock, state: str, *, quietly: bool = False) -> None:
        if clock.state == state:
            return
        if state == ENDED:
            clock.kept = is_kept(clock, self.at)
        count = clock.count
        clock.take(count.run(self.at) if state == RUNNING else count.stand_still(self.at))
        clock.state = state
        clock.ended_at = self.at if state == ENDED else None
        if not quietly:
            note(clock, at=self.at, what=state)
        self.plan(clock, level_of(self.ticket, clock))

    def plan(self, clock: Clock, level: Level | None) -> None:
        clock.next_at = next_step_at(clock, level)
        self.changed[id(clock)] = clock

    def save(self) -> None:
        for clock in self.changed.values():
            if clock.pk:
                clock.save()
        Clock.objects.bulk_create(self.new)
        due = first_due(self.clocks)
        if due != self.ticket.due_at:
            self.ticket.due_at = due
            Ticket.objects.filter(pk=self.ticket.pk).update(due_at=due)


def new_clock(ticket: Ticket, level: Level, calendars: Calendars, *, at: datetime, node: str = "") -> Clock:
    """A running clock, not stored yet."""
    if level.measure == NODE:
        node = node or ticket.node
    calendar = calendars.of(ticket) if level.working else None
    clock = Clock(
        ticket=ticket,
        node=node,
        measure=level.measure,
        budget=level.budget(is_urgent=ticket.urgency == Urgency.RED),
        working=level.working,
        calendar=calendar,
        began_at=whole(at),
        state=PAUSED,
    )
    note(clock, at=at, what="began")
    clock.take(clock.count.run(at))
    clock.state = RUNNING
    clock.next_at = next_step_at(clock, level)
    return clock


def level_of(ticket: Ticket, clock: Clock) -> Level | None:
    """What limits it in the version the ticket is on."""
    if clock.measure == NODE:
        spec = ticket.runtime.nodes.get(clock.node)
        return spec.time_limit if spec else None
    return ticket.runtime.service_levels.by_measure.get(clock.measure)


def runs_while_waiting(ticket: Ticket, clock: Clock) -> bool:
    """A limit on waiting itself."""
    return clock.measure == NODE and ticket.runtime.nodes[clock.node].kind in WAITING_KINDS


def recount(clock: Clock, *, budget: int, working: bool, calendar: Version | None, at: datetime) -> bool:
    """Count by another budget or calendar from now on. A new version of the same calendar counts from when it
    went live, whenever that is noticed. → whether anything changed"""
    calendar_id = calendar.pk if calendar else None
    if (clock.budget, clock.working, clock.calendar_id) == (budget, working, calendar_id):
        return False
    since = at
    if calendar and clock.calendar_id and calendar.slug == clock.calendar.slug and budget == clock.budget:
        since = min(at, calendar.live_from)
    count = clock.count.recount(since, budget=budget, calendar=calendar.compiled if calendar else ALWAYS)
    clock.calendar, clock.working = calendar, working
    clock.take(count)
    note(clock, at=since, what="recounted", budget=budget, calendar=str(calendar) if calendar else "")
    return True


def next_step_at(clock: Clock, level: Level | None) -> datetime | None:
    """When the next step of the ladder that has not fired in this round is due."""
    if level is None or clock.state != RUNNING:
        return None
    count = clock.count
    waiting = (count.when_used(step.mark(clock.budget)) for step in steps_left(clock, level))
    return min(filter(None, waiting), default=None)


def steps_left(clock: Clock, level: Level) -> list:
    if not level.ladder:
        return []
    fired = fired_in_this_round(clock)
    return [step for step in level.ladder if step.key not in fired]


def fired_in_this_round(clock: Clock) -> set[str]:
    if clock.pk is None:
        return set()
    return {row.step for row in clock.fired.all() if row.cycle == clock.cycle}


def is_kept(clock: Clock, at: datetime) -> bool:
    return at <= clock.due_at if clock.due_at else clock.used <= clock.budget


def first_due(clocks: Iterable[Clock]) -> datetime | None:
    return min((clock.due_at for clock in clocks if clock.due_at), default=None)


def note(clock: Clock, *, at: datetime, what: str, **more) -> None:
    entry = {"at": whole(at).isoformat(), "what": what, "used": clock.used} | more
    clock.history = [*clock.history, entry][-KEPT_OF_HISTORY:]

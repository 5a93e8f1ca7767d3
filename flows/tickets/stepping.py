"""One act on a running ticket, whole: from the step that a person, a clock or another ticket took, on through
everything that happens by itself, until only people or time are waited for.

A Walk belongs to a transaction in which its ticket is locked. It opens and closes tasks as it goes, and
writes the ticket's own row once, at the end, comparing and setting.
"""

from collections import deque
from datetime import datetime, time, timedelta
from functools import cached_property

from django.db import transaction
from django.utils.timezone import localtime, make_aware

from flows.channels.notices import Happened, notify_all
from flows.forms.texts import said
from flows.organisation.models import Department, User
from flows.tickets.approving import ask_approvers
from flows.tickets.assignment import assign
from flows.tickets.doing import do
from flows.tickets.facts import facts_of_ticket, only_used
from flows.tickets.models import Task, Ticket, TicketEvent
from flows.tickets.models.ticket import Status
from flows.tickets.notices import assigned_to, moved_on
from flows.tickets.opening import References, holder_at
from flows.tickets.queue import count_points
from flows.tickets.refusals import GoesRound, NoWayOn, TooDeep, moved_meanwhile
from flows.tickets.runtime import NodeSpec, StepSpec
from flows.tickets.service_levels import clocks
from flows.tickets.service_levels.calendars import Calendars
from flows.tickets.service_levels.counting import ALWAYS
from rules.store.decisions import log_decision
from rules.store.problems import Refusal, in_every_language
from rules.store.runtime import version_rows

Kind = TicketEvent.Kind
WRITTEN = (
    "status", "node", "moves", "moved_at", "closed_at", "urgency", "answers", "text",
    "department_id", "assignee_id", "customer_id", "order_id", "store_id",
)  # fmt: skip
# So many steps by itself in one act, then it is a circle.
MOST_STEPS = 200
# So often a ticket may come back to where it waits for the clock, then a person looks at it.
MOST_VISITS = 100
# Tickets that open tickets that open tickets.
MOST_DEPTH = 5


class Holder:
    """Who has a step. Their rows are read only where someone asks for more than their numbers."""

    def __init__(self, *, department: int | None = None, assignee: int | None = None):
        self.department_id, self.assignee_id = department, assignee

    @classmethod
    def of(cls, row) -> "Holder":
        """Of a task or a ticket."""
        return cls(department=row.department_id, assignee=row.assignee_id)

    @cached_property
    def department(self) -> Department | None:
        return self.department_id and Department.objects.filter(pk=self.department_id).first()

    @cached_property
    def assignee(self) -> User | None:
        return self.assignee_id and User.objects.filter(pk=self.assignee_id).first()

    def gets(self, row) -> None:
        """The task or ticket `row` is this one's."""
        row.department_id, row.assignee_id = self.department_id, self.assignee_id


class Walk:
    """`by`: who caused it, None for the clock. `depth`: of tickets opened by tickets."""

    def __init__(self, ticket: Ticket, *, by, at: datetime, depth: int = 0):
        self.ticket, self.by, self.at, self.depth = ticket, by, at, depth
        self.runtime = ticket.runtime
        self.seen_moves = ticket.moves
        self.before = written(ticket)
        self.moment = max(at, ticket.moved_at)
        self.tasks = Task.objects.open_of(ticket)
        self.had_it = {row.assignee_id for row in (ticket, *self.tasks)}
        self.tokens = deque()
        self.events = []
        self.told: list[Happened] = []
        self.entered: list[str] = []
        self.left: list[str] = []
        self.end: NodeSpec | None = None
        self.holder = Holder.of(ticket)
        self.node = ticket.node
        self.steps = self.number = 0
        self._facts = None
        self._tags = set()

    # What is known

    @property
    def facts(self) -> dict:
        if self._facts is None:
            tags = self._tags | {tag.name for tag in self.ticket.tags.all()}
            self._facts = facts_of_ticket(self.ticket, specs=self.runtime.fields, tags=tags, at=self.at)
        return self._facts

    def facts_changed(self, *, tag: str = "") -> None:
        self._facts = None
        self._tags |= {tag} - {""}

    def answered(self, answers: dict) -> None:
        from flows.tickets.actions import Draft

        self.ticket.answers = dict(answers)
        References.of([Draft(answers=self.ticket.answers)], self.runtime).put_into(self.ticket)
        self.facts_changed()

    def task_at(self, node: str) -> Task | None:
        return next((task for task in self.tasks if task.node == node), None)

    def label(self, node: str) -> dict:
        return self.runtime.nodes[node].label

    def next_number(self) -> str:
        """For what must leave the house once: the same for the same step of the same ticket."""
        self.number += 1
        return f"{self.seen_moves + 1}.{self.number}"

    # Writing down

    def log(self, kind: str, *, decision=None, by=None, **data) -> None:
        self.events.append(
            TicketEvent(ticket=self.ticket, kind=kind, at=self.at, by=by, data=data, decision=decision)
        )

    def log_way(self, step: StepSpec, decision=None) -> None:
        self.log(
            Kind.WENT,
            decision=decision,
            **{"from": self.label(step.from_node), "to": self.label(step.to_node), "button": step.label},
        )

    # Tasks

    def open(self, node: NodeSpec, holder: Holder, *, came_from: str = "", **more) -> Task:
        task = Task(
            ticket=self.ticket,
            node=node.key,
            department_id=holder.department_id,
            assignee_id=holder.assignee_id,
            opened_at=self.moment,
            opened_move=self.seen_moves + 1,
            came_from=came_from,
            **more,
        )
        task.save(force_insert=True)
        self.tasks.append(task)
        self.entered.append(node.key)
        return task

    def close(self, task: Task, outcome: str) -> None:
        ended = Task.objects.open().filter(pk=task.pk)
        if not ended.update(closed_at=max(self.moment, task.opened_at), outcome=outcome[:110]):
            raise moved_meanwhile(self.ticket)
        self.tasks.remove(task)
        self.left.append(task.node)

    def abandon(self, tasks: list[Task], *, because: str) -> None:
        """Close what is not needed any more, and say so. `because`: the step that made it so."""
        for task in list(tasks):
            self.close(task, "not_needed")
            if self.runtime.nodes[task.node].kind != "join":
                self.log(Kind.LEFT, node=self.label(task.node), because=self.label(because))

    # Going

    def send(self, step: StepSpec, holder: Holder) -> None:
        self.tokens.append((step, holder))

    def run(self) -> None:
        """Go on until only people and time are waited for."""
        while True:
            while self.tokens and self.end is None:
                self.arrive(*self.tokens.popleft())
            if self.end is not None or not self.open_a_join():
                return

    def arrive(self, step: StepSpec, holder: Holder) -> None:
        self.steps += 1
        node = self.runtime.nodes[step.to_node]
        if self.steps > MOST_STEPS:
            raise GoesRound(node)
        self.node = step.from_node
        self.do_all(step.actions, holder)
        self.leave_behind(step.from_node, step.to_node)
        self.node = node.key
        self.holder = holder
        at_kind = {
            "choice": self.at_choice,
            "split": self.at_split,
            "join": self.at_join,
            "actions": self.at_actions,
            "wait": self.at_wait,
            "subflow": self.at_subflow,
        }
        if node.is_end:
            self.at_end(node, holder)
        elif self.task_at(node.key) and node.kind != "join":
            # Two ways lead to the same step, and it is open already: one is enough.
            return
        else:
            at_kind.get(node.kind, self.at_people)(node, step, holder)

    def leave_behind(self, begin: str, end: str) -> None:
        """Who goes back before a split, or out of it, leaves its other ways."""
        closed = self.runtime.left_behind(begin, end)
        if closed:
            self.abandon([task for task in self.tasks if task.node in closed], because=end)
            self.tokens = deque(token for token in self.tokens if token[0].to_node not in closed)

    def do_all(self, actions, holder: Holder) -> None:
        done = [do(self, action, holder=holder) for action in actions]
        if done:
            self.log(Kind.DID, done=done)

    def at_people(self, node: NodeSpec, step: StepSpec, holder: Holder) -> None:
        task = self.open(node, self.assigned(node, holder), came_from=step.from_node)
        if node.kind == "approval":
            ask_approvers(self, task, node)
        self.pass_on(task)

    def reopen(self, key: str, holder: Holder, *, came_from: str) -> None:
        """Open a step of people again for who had it, without asking the flow who it is for."""
        node = self.runtime.nodes[key]
        task = self.open(node, holder, came_from=came_from)
        if node.kind == "approval":
            ask_approvers(self, task, node)

    def assigned(self, node: NodeSpec, holder: Holder) -> Holder:
        if node.assign == "rules":
            if not node.assignment:
                return holder
            found = assign(ticket=self.ticket, node=node, by=self.by, at=self.at)
            self.log(Kind.ASSIGNED, **found.reasons)
            return Holder(department=number_of(found.department), assignee=number_of(found.person))
        if node.assign == "keep":
            return holder
        department, assignee = holder_at(
            node, holder.department, holder.assignee, by=self.by, references=References.of([], self.runtime)
        )
        return Holder(department=number_of(department), assignee=number_of(assignee))

    def pass_on(self, task: Task) -> None:
        """From a step of people by itself, where the flow says so and a condition holds."""
        if self.runtime.automatic_from(task.node):
            chosen = self.choose(task.node)
            if chosen:
                self.leave_by(task, *chosen)

    def leave_by(self, task: Task, step: StepSpec, decision) -> None:
        self.close(task, step.key)
        self.log_way(step, decision)
        self.send(step, Holder.of(task))

    def at_end(self, node: NodeSpec, holder: Holder) -> None:
        self.end = node
        self.holder = self.assigned(node, holder)
        self.tokens.clear()
        self.abandon(self.tasks, because=node.key)

    def at_choice(self, node: NodeSpec, _step, holder: Holder) -> None:
        self.go_on(node, holder)

    def go_on(self, node: NodeSpec, holder: Holder) -> None:
        chosen = self.choose(node.key)
        if chosen is None:
            raise NoWayOn(node)
        step, decision = chosen
        self.log_way(step, decision)
        self.send(step, holder)

    def choose(self, node: str):
        """(the first way by itself that holds, its logged decision); the default last; None without one."""
        ways = self.runtime.automatic_from(node)
        for step in sorted(ways, key=lambda step: step.is_default):
            if step.is_default or not step.is_conditional:
                return step, None
            if step.condition.holds(self.facts):
                return step, self.decide(step)
        return None

    def decide(self, step: StepSpec):
        return log_decision(
            version=self.ticket.decided_by,
            subject=self.ticket.subject,
            facts={"transition": step.key} | only_used(self.facts, step.condition.names),
            outcome={"transition": step.key, "held": True},
            reasons=[step.key],
            at=self.at,
        )

    def at_split(self, node: NodeSpec, _step, holder: Holder) -> None:
        ways = self.runtime.automatic_from(node.key)
        taken = [
            (step, self.decide(step) if step.is_conditional else None)
            for step in ways
            if not step.is_default and (not step.is_conditional or step.condition.holds(self.facts))
        ]
        taken = taken or [(step, None) for step in ways if step.is_default]
        if not taken:
            raise NoWayOn(node)
        for step, decision in taken:
            self.log_way(step, decision)
            self.send(step, holder)

    def at_join(self, node: NodeSpec, step: StepSpec, holder: Holder) -> None:
        task = self.task_at(node.key) or self.open(node, holder, state={"arrived": []})
        task.state["arrived"].append(step.key)
        holder.gets(task)
        task.save(update_fields=["state", "department", "assignee"])

    def open_a_join(self) -> bool:
        """Let through the first join that has what it waits for."""
        for task in self.tasks:
            node = self.runtime.nodes[task.node]
            if node.kind != "join":
                continue
            coming = [
                other for other in self.tasks if other.node in self.runtime.regions.get(node.key, frozenset())
            ]
            if coming and len(task.state["arrived"]) < self.enough(node.join):
                continue
            self.abandon(coming, because=node.key)
            self.close(task, "joined")
            self.go_on(node, Holder.of(task))
            return True
        return False

    @staticmethod
    def enough(join) -> float:
        return {"any": 1, "count": join.get("count") or 1}.get(join.get("mode"), float("inf"))

    def at_actions(self, node: NodeSpec, _step, holder: Holder) -> None:
        self.do_all(node.actions, holder)
        self.go_on(node, holder)

    def at_wait(self, node: NodeSpec, step: StepSpec, holder: Holder) -> None:
        self.refuse_going_round(node)
        event = node.wait["event"] if node.wait["mode"] == "event" else ""
        due_at = None if event else self.due_at(node.wait)
        if not event and (due_at is None or due_at <= self.at):
            self.go_on(node, holder)
            return
        self.open(node, holder, came_from=step.from_node, due_at=due_at, event=event)
        self.log(
            Kind.WAITS, node=node.label, until=due_at.isoformat() if due_at else "", event=event
        )  # fmt: skip

    def due_at(self, wait) -> datetime | None:
        """None: there is nothing to wait for."""
        if wait["mode"] == "until":
            day = self.facts.get(wait["field"])
            return make_aware(datetime.combine(day, time()), localtime(self.at).tzinfo) if day else None
        seconds = int(wait["seconds"])
        if wait.get("working"):
            calendar = Calendars(at=self.at).of(self.ticket)
            # Without any calendar, every hour counts.
            return (calendar.compiled if calendar else ALWAYS).add(self.at, seconds)
        return self.at + timedelta(seconds=seconds)

    def refuse_going_round(self, node: NodeSpec) -> None:
        # Each time costs a move, so most tickets need not be counted.
        may_be = self.ticket.moves >= MOST_VISITS
        if may_be and self.ticket.tasks.filter(node=node.key).count() >= MOST_VISITS:
            raise GoesRound(node, times=MOST_VISITS)

    # Other tickets

    def at_subflow(self, node: NodeSpec, step: StepSpec, holder: Holder) -> None:
        self.refuse_going_round(node)
        task = self.open(node, holder, came_from=step.from_node)
        self.open_tickets(node.subflow["tickets"], part_of=task)
        self.look_at_children(task)

    def open_tickets(self, wanted: list[dict], *, part_of: Task | None = None) -> list[Ticket]:
        from flows.tickets.actions import open_from_ticket

        if self.depth >= MOST_DEPTH:
            raise TooDeep(self.ticket)
        opened = [
            open_from_ticket(
                parent=self.ticket,
                ticket_type=one["ticket_type"],
                title=said(one["label"], None) if one.get("label") else "",
                part_of=part_of,
                by=self.by,
                at=self.at,
                depth=self.depth + 1,
            )
            for one in wanted
        ]
        for ticket in opened:
            # Its title may hold what not everyone who sees this one may read.
            self.log(Kind.OPENED, ticket=ticket.pk, part=bool(part_of))
        return opened

    def look_at_children(self, task: Task) -> None:
        """Go on when enough of the tickets opened at a sub-flow have ended."""
        node = self.runtime.nodes[task.node]
        ended = task.children.ended().count()
        left = task.children.open().count()
        wait = node.subflow.get("wait") or "all"
        enough = {"none": 0, "any": 1, "count": node.subflow.get("count") or 1}.get(wait, ended + left)
        if ended >= enough or not left:
            self.finish(task, "went_on")

    def finish(self, task: Task, outcome: str) -> None:
        """The waiting of `task` is over."""
        self.close(task, outcome)
        self.go_on(self.runtime.nodes[task.node], Holder.of(task))

    # Storing

    def save(self) -> None:
        """Write the ticket's row, only if nobody moved it since it was read, whatever the database locks."""
        ticket = self.ticket
        self.put_into_ticket()
        here = Ticket.objects.filter(pk=ticket.pk, moves=self.seen_moves)
        changed = here.update(
            **{name: value for name, value in written(ticket).items() if value != self.before[name]}
        )
        if not changed:
            raise moved_meanwhile(ticket)
        TicketEvent.objects.bulk_create(self.events)
        # What no scorecard has counted yet is counted by `recount` when the first goes live.
        if ticket.queued_by:
            count_points([ticket], at=self.at)
        # A step that was only passed through took no time.
        stays = [node for node in self.entered if self.task_at(node)]
        clocks.ticket_walked(ticket=ticket, at=self.moment, entered=stays, left=self.left)
        # Now the ticket is where messages say it is.
        told = [*self.told, *assigned_to(self.newly_assigned(), ticket, by=self.by)]
        if ticket.is_watched:
            told.append(moved_on(ticket, by=self.by))
        notify_all(told, at=self.at)
        if self.end is not None and ticket.part_of_id and not self.depth:
            tell_parent(ticket, at=self.at)

    def newly_assigned(self) -> list:
        """Who has a step now and had none before."""
        new = [task for task in self.tasks if task.assignee_id not in self.had_it | {None}]
        return [self.by if task.assignee_id == number_of(self.by) else task.assignee for task in new]

    def put_into_ticket(self) -> None:
        """What lists show of a ticket: its end, else its first open step, one of people before others."""
        ticket = self.ticket
        ticket.moves, ticket.moved_at = self.seen_moves + 1, self.moment
        if self.end is not None:
            stand(ticket, self.end.status)
            ticket.node, ticket.closed_at, holder = self.end.key, self.at, self.holder
        else:
            first = min(self.tasks, key=lambda task: (not self.runtime.nodes[task.node].is_manned, task.pk))
            stand(ticket, self.runtime.nodes[first.node].status)
            ticket.node, ticket.closed_at, holder = first.node, None, Holder.of(first)
        holder.gets(ticket)


def written(ticket: Ticket) -> dict:
    """What a step may change of a ticket, as it is now."""
    now = {name: getattr(ticket, name) for name in WRITTEN}
    return now | {"answers": dict(ticket.answers)}


def number_of(row) -> int | None:
    return row.pk if row else None


def stand(ticket: Ticket, status: str) -> None:
    """Take a coarse status; one that has ended is open again before it is anything else."""
    if ticket.status == Status.RESOLVED and status not in (Status.RESOLVED, Status.CLOSED, Status.OPEN):
        ticket.become(Status.OPEN)
    ticket.become(status)


def lock(ticket_id: int) -> Ticket:
    """The row as it is now; whoever comes second waits here (on SQLite the transaction itself waits). Only
    its own row: what PostgreSQL joins to a row that it had to wait for is as it was before the wait."""
    ticket = Ticket.objects.locked(ticket_id)
    ticket.version = version_rows([ticket.version_id])[ticket.version_id]
    return ticket


def by_itself(task_id: int, act, *, at: datetime) -> bool:
    """Let `act(walk, task)` go on with an open task of a ticket. What cannot be done leaves the ticket where
    it is, and says so. `act` returns False to leave it. → whether it was still open"""
    task = Task.objects.open().filter(pk=task_id).first()
    if task is None:
        return False
    with transaction.atomic():
        ticket = lock(task.ticket_id)
        try:
            with transaction.atomic():
                walk = Walk(ticket, by=None, at=at)
                task = next((one for one in walk.tasks if one.pk == task_id), None)
                if task is None:
                    return False
                if act(walk, task) is False:
                    return False
                walk.run()
                walk.save()
        except Refusal as refusal:
            get_stuck(task, in_every_language(refusal), at=at)
    return True


def get_stuck(task: Task, sentence: dict, *, at: datetime) -> None:
    """Wait for a person: the clock does not try again."""
    task.state["trouble"] = sentence
    Task.objects.filter(pk=task.pk).update(due_at=None, state=task.state)
    node = task.ticket.runtime.nodes[task.node]
    TicketEvent.objects.create(
        ticket_id=task.ticket_id, kind=Kind.STUCK, at=at, data={"node": node.label, "why": sentence}
    )


def tell_parent(child: Ticket, *, at: datetime) -> None:
    def look(walk: Walk, task: Task) -> None:
        ended, of = task.children.ended().count(), task.children.count()
        status = child.runtime.nodes[child.node].label
        walk.log(Kind.CHILD, ticket=child.pk, end=status, ended=ended, of=of)
        walk.look_at_children(task)

    by_itself(child.part_of_id, look, at=at)

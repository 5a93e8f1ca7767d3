"""What may be done with tickets. Each act is one transaction: it happens whole, or a Refusal says why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.fields import is_unanswered, keep_files
from flows.forms.logic import Settled
from flows.organisation.models import Store
from flows.organisation.places import path_of_store
from flows.tickets.assignment.giving import give_by_rules
from flows.tickets.facts import facts_of_ticket, only_used
from flows.tickets.field_access import allowed_answers, demanded, fields_for, untold
from flows.tickets.models import Task, Ticket, TicketEvent, TicketTag, TicketType
from flows.tickets.models.ticket import Source
from flows.tickets.notices import tell_of_new
from flows.tickets.opening import Batch, References, all_live, new_ticket, place_ticket, send_along
from flows.tickets.queue import PURPOSE as QUEUE
from flows.tickets.queue import count_by
from flows.tickets.refusals import (
    AnswersMissing,
    ConditionNotMet,
    NoLiveType,
    NoSuchStep,
    NotYours,
    TakenMeanwhile,
    moved_meanwhile,
)
from flows.tickets.routing import PURPOSE, Routing, route
from flows.tickets.runtime import StepSpec, TicketTypeRuntime
from flows.tickets.service_levels import clocks
from flows.tickets.stepping import Holder, Walk
from flows.tickets.stepping import lock as lock_row
from rules.store.decisions import decision_of, log_decision, log_decisions
from rules.store.models import RuleSet, Version
from rules.store.runtime import Live, at_place

Kind = TicketEvent.Kind


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A ticket to be: cleaned answers by field name, and what makes it the same when it comes again.

    store   whose it is, where nothing that is answered says so
    """

    answers: Mapping
    source_key: str | None = None
    title: str = ""
    part_of: Task | None = None
    store: Store | None = None


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A button as one person sees it. `refusal`: why it cannot be pressed now; `hint`: on what it depends."""

    step: StepSpec
    refusal: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Routed:
    ticket: Ticket
    routing: Routing


# Opening


def live_type(slug: str, *, at: datetime) -> Version:
    return type_in(Live(TicketType, at=at), slug)


def type_in(live: Live, slug: str) -> Version:
    version = live.version(TicketType, slug)
    if version is None:
        raise NoLiveType(slug)
    return version


@transaction.atomic
def create_ticket(
    *, ticket_type: str, answers: Mapping, by, at: datetime, source=Source.DESK, source_key=None
) -> Ticket:
    """Open one ticket of the live version of its type, and route it. `answers`: cleaned, see flows/forms.

    What its store has its own way counts: the store that is answered or of the order, else the opener's.
    """
    live = all_live(at=at)
    version = type_in(live, ticket_type)
    runtime = version.compiled
    start = runtime.start.key
    allowed = allowed_answers(answers, runtime=runtime, node=start, by=by)
    settled = runtime.logic.settle(only_answered(allowed))
    draft = Draft(answers=settled.answers, source_key=source_key, store=by.store if by else None)
    batch = Batch.of([draft], version=version, at=at, live=live)
    here = batch.types.at_store(batch.store_of(draft)).compiled
    refuse_unanswered(here.logic.settle(settled.answers), runtime=here, node=start, by=by)
    kept = keep_files(settled.answers, runtime.fields, by=by, at=at)
    draft = replace(draft, answers=kept)
    [ticket] = open_all(version=version, drafts=[draft], by=by, at=at, source=source, batch=batch)
    return ticket


@transaction.atomic
def create_tickets(
    *,
    version: Version,
    drafts: Sequence[Draft],
    by,
    at: datetime,
    source,
    depth: int = 0,
    batch: Batch | None = None,
) -> list[Ticket]:
    """Open many at once, with routing, time lines and decisions: a handful of statements for a batch.

    depth   of tickets opened by tickets
    batch   what is known already about these drafts
    """
    batch = batch or Batch.of(drafts, version=version, at=at)
    return open_all(version=version, drafts=drafts, by=by, at=at, source=source, depth=depth, batch=batch)


def open_all(
    *, version: Version, drafts: Sequence[Draft], by, at: datetime, source, depth: int = 0, batch: Batch
) -> list[Ticket]:
    routed = routed_tickets(version=version, drafts=drafts, by=by, at=at, source=source, batch=batch)
    tickets = [one.ticket for one in routed]
    Ticket.objects.bulk_create(tickets, batch_size=500)
    tags = (TicketTag(ticket=one.ticket, name=tag) for one in routed for tag in one.routing.tags)
    TicketTag.objects.bulk_create(tags, batch_size=1_000)
    Task.objects.bulk_create((task_of(ticket, at=at) for ticket in tickets if ticket.is_open), batch_size=500)
    write_down(routed, by=by, at=at)
    give_by_rules([ticket for ticket in tickets if not ticket.assignee], by=by, at=at)
    clocks.tickets_opened(tickets=tickets, at=at)
    tell_of_new(tickets, by=by, at=at)
    for ticket in tickets:
        begin(ticket, by=by, at=at, depth=depth)
    count_by(batch.live.scorecards(QUEUE), tickets, at=at)
    return tickets


def begin(ticket: Ticket, *, by, at: datetime, depth: int) -> None:
    """Where the flow goes on from its start by itself, so does a new ticket."""
    runtime = ticket.runtime
    if ticket.is_open and runtime.automatic_from(ticket.node):
        walk = Walk(ticket, by=by, at=at, depth=depth)
        walk.pass_on(walk.task_at(ticket.node))
        walk.run()
        walk.save()


def open_from_ticket(*, parent: Ticket, ticket_type: str, title: str, part_of, by, at, depth: int) -> Ticket:
    """A ticket that another one opens. It knows what that one was told, where both forms ask the same."""
    version = live_type(ticket_type, at=at)
    kinds = {spec.name: spec.kind for spec in parent.runtime.fields}
    answers = {
        spec.name: parent.answers[spec.name]
        for spec in version.compiled.fields
        if spec.name in parent.answers and kinds.get(spec.name) == spec.kind and not spec.asks.is_file
    }
    draft = Draft(answers=answers, title=title, part_of=part_of)
    [ticket] = create_tickets(version=version, drafts=[draft], by=by, at=at, source=Source.FLOW, depth=depth)
    return ticket


def routed_tickets(
    *, version: Version, drafts: Sequence[Draft], by, at: datetime, source, batch: Batch | None = None
) -> list[Routed]:
    """The tickets as they would be opened now; nothing is stored."""
    batch = batch or Batch.of(drafts, version=version, at=at)
    references = batch.references
    rulesets = batch.live.rulesets(PURPOSE, version.slug)
    overrides = batch.live.overrides(RuleSet, [ruleset.slug for ruleset in rulesets])
    tickets = [
        new_ticket(draft, version=version, references=references, by=by, at=at, source=source)
        for draft in drafts
    ]
    batch.types.read(ticket.store for ticket in tickets)
    routed = []
    for ticket in tickets:
        place_ticket(ticket, batch.types.at_store(ticket.store), references=references, by=by)
        # A region or store may have rules of its own, too.
        path = path_of_store(ticket.store) if overrides else ()
        here = [at_place(ruleset, path, overrides) for ruleset in rulesets]
        routing = route(facts_of_ticket(ticket, specs=ticket.runtime.fields, at=at), here)
        send_along(ticket, routing, runtime=ticket.runtime, references=references, at=at)
        routed.append(Routed(ticket=ticket, routing=routing))
    return routed


def write_down(routed: Iterable[Routed], *, by, at: datetime) -> None:
    """The first lines of the time lines, and the decisions that explain them."""
    events, decisions = [], []
    for one in routed:
        opened = {"source": one.ticket.source}
        events.append(TicketEvent(ticket=one.ticket, kind=Kind.CREATED, at=at, by=by, data=opened))
        made = [
            decision_of(
                version=decided.version,
                subject=one.ticket.subject,
                facts=decided.facts,
                outcome={"fired": decided.fired, "actions": decided.actions},
                reasons=decided.fired,
                at=at,
            )
            for decided in one.routing.decided
        ]
        decisions += made
        if made:
            sent = routing_in_data(one)
            events.append(
                TicketEvent(ticket=one.ticket, kind=Kind.ROUTED, at=at, data=sent, decision=made[0])
            )  # fmt: skip
    log_decisions(decisions)
    for event in events:
        # Their ids are known only now.
        event.decision = event.decision
    TicketEvent.objects.bulk_create(events, batch_size=1_000)


def routing_in_data(one: Routed) -> dict:
    ticket, routing = one.ticket, one.routing
    ended = routing.outcome and not ticket.is_open
    return {
        "urgency": routing.urgency,
        "tags": list(routing.tags),
        "department": ticket.department.name if routing.department and ticket.department else "",
        "person": str(ticket.assignee) if routing.person and ticket.assignee else "",
        "ended": ticket.runtime.nodes[ticket.node].label if ended else "",
        # A department or person that rules name and that exists no more: the ticket waits where all see it.
        "not_found": [
            name
            for name, found in ((routing.department, ticket.department), (routing.person, ticket.assignee))
            if name and not found
        ],
    }


# Moving


def offers(*, ticket: Ticket, to, at: datetime, node: str = "") -> list[Offer]:
    """The buttons of a ticket for one person at one of its open steps, in the order of the flow."""
    runtime, node = ticket.runtime, node or ticket.node
    facts = facts_now(ticket, at=at)
    asked = {spec.name for spec in fields_for(to, runtime=runtime, node=node, answers=ticket.answers)}
    holder = ticket.tasks.open().filter(node=node).select_related("assignee").first() or ticket
    return [
        offer_of(step, ticket=ticket, holder=holder, to=to, facts=facts, asked=asked)
        for step in runtime.steps_from(node)
    ]


def offer_of(step: StepSpec, *, ticket, holder, to, facts, asked) -> Offer:
    if refusal := refusal_of(step, holder=holder, by=to):
        return Offer(step=step, refusal=refusal)
    if not step.is_conditional or step.condition.holds(facts):
        return Offer(step=step)
    if asked & step.condition.names:
        # What is typed now may make it hold, so let the person press.
        hint = _("only when %(condition)s") % {"condition": step.condition.sentence(get_language())}
        return Offer(step=step, hint=hint)
    return Offer(step=step, refusal=str(condition_not_met(step, facts, ticket=ticket, to=to)))


def condition_not_met(step: StepSpec, facts: Mapping, *, ticket: Ticket, to) -> ConditionNotMet:
    tells_too_much = step.condition.names & untold(ticket, by=to)
    return ConditionNotMet(step, None if tells_too_much else step.condition.explain(facts))


@transaction.atomic
def move_ticket(
    *, ticket: Ticket, transition: str, by, at: datetime, answers: Mapping | None = None, note: str = ""
) -> Ticket:
    """Press a button on `ticket` as it was seen. Returns it as it is now.

    answers  cleaned answers to what is asked at the node; files are stored here
    raises   TicketMovedMeanwhile, NoSuchStep, NotYours, AnswersMissing, ConditionNotMet; then nothing changed
    """
    now = lock(ticket)
    runtime = now.runtime
    walk = Walk(now, by=by, at=at)
    step, task = step_of(walk, transition, seen=ticket)
    if not sees(walk, by=by):
        raise NotYours(_("This ticket is with another department now."))
    if refusal := refusal_of(step, holder=task or now, by=by):
        raise NotYours(refusal)
    answer(now, answers or {}, runtime=runtime, node=step.from_node, by=by, at=at)
    if step.needs_answers:
        refuse_unanswered(runtime.logic.settle(now.answers), runtime=runtime, node=step.from_node, by=by)
    decision = check_condition(step, ticket=now, by=by, at=at)
    walk.log(
        Kind.MOVED,
        by=by,
        decision=decision,
        **{
            "from": runtime.nodes[step.from_node].label,
            "to": runtime.nodes[step.to_node].label,
            "button": step.label,
            "note": note.strip(),
            "answered": sorted(answers or {}),
        },
    )
    holder = Holder.of(task or now)
    if task:
        walk.close(task, step.key)
    walk.send(step, holder)
    walk.run()
    walk.save()
    return now


def lock(ticket: Ticket) -> Ticket:
    return lock_row(ticket.pk)


def sees(walk: Walk, *, by) -> bool:
    """Whether `by` sees the ticket; asks the database only where what is loaded does not say so."""
    now = walk.ticket
    return now.is_plainly_visible_to(by) or Ticket.objects.visible_to(by).filter(pk=now.pk).exists()


def step_of(walk: Walk, key: str, *, seen: Ticket) -> tuple[StepSpec, Task | None]:
    """The button and the open task it belongs to; none where a ticket that ended is opened again. What others
    did meanwhile on parallel ways does not matter."""
    step = walk.runtime.transitions.get(key)
    now = walk.ticket
    ended = step is not None and not walk.tasks and now.node == step.from_node
    task = walk.task_at(step.from_node) if step else None
    as_seen_then = task.opened_move <= seen.moves if task else ended and now.moves == seen.moves
    if step and step.trigger == "button" and as_seen_then:
        return step, task
    if now.moves != seen.moves or (step and step.from_node == now.node and step.trigger == "button"):
        raise moved_meanwhile(now)
    raise NoSuchStep(now)


def refusal_of(step: StepSpec, *, holder: Ticket | Task, by) -> str:
    """Why `by`, who sees the ticket, may not press this; or ""."""
    if not by.has_perm("tickets.change_ticket"):
        return _("You may read tickets; working on them needs the role of an agent.")
    if step.who == "assignee" and holder.assignee_id != by.pk:
        if holder.assignee_id is None:
            return _("Take the ticket first: only the person it is assigned to may do this.")
        return _("Only %(name)s, who has this ticket, may do this.") % {"name": holder.assignee}
    if step.who == "department" and getattr(by.department, "slug", None) != step.department:
        return _("Only people of %(name)s may do this.") % {"name": step.department_name}
    return ""


def refuse_unanswered(settled: Settled, *, runtime: TicketTypeRuntime, node: str, by) -> None:
    """Nobody is asked for what they may not write."""
    required = settled.required | demanded(by, runtime=runtime, node=node) - settled.hidden
    specs = fields_for(by, runtime=runtime, node=node)
    missing = [spec for spec in specs if spec.name in required - settled.answers.keys()]
    if missing:
        raise AnswersMissing(missing)


def only_answered(answers: Mapping) -> dict:
    return {name: answer for name, answer in answers.items() if not is_unanswered(answer)}


def answer(ticket: Ticket, answers: Mapping, *, runtime: TicketTypeRuntime, node: str, by, at) -> None:
    """Put answers to what is asked at this node; anything else is not the caller's to change. What they hide
    counts no more."""
    asked = fields_for(by, runtime=runtime, node=node, answers=ticket.answers)
    given = {spec.name: answers[spec.name] for spec in asked if spec.name in answers}
    if not given:
        return
    settled = runtime.logic.settle(only_answered(ticket.answers | given))
    ticket.answers = keep_files(settled.answers, asked, by=by, at=at)
    References.of([Draft(answers=ticket.answers)], runtime).put_into(ticket)


def facts_now(ticket: Ticket, *, at: datetime) -> dict:
    tags = [tag.name for tag in ticket.tags.all()]
    return facts_of_ticket(ticket, specs=ticket.runtime.fields, tags=tags, at=at)


def check_condition(step: StepSpec, *, ticket: Ticket, by, at: datetime):
    """The logged decision that let it through; None for a step without condition."""
    if not step.is_conditional:
        return None
    facts = facts_now(ticket, at=at)
    if not step.condition.holds(facts):
        raise condition_not_met(step, facts, ticket=ticket, to=by)
    return log_decision(
        version=ticket.decided_by,
        subject=ticket.subject,
        facts={"transition": step.key} | only_used(facts, step.condition.names),
        outcome={"transition": step.key, "held": True},
        reasons=[step.key],
        at=at,
    )


def task_of(ticket: Ticket, *, at: datetime) -> Task:
    """The task of the step where `ticket` is; not stored yet."""
    return Task(
        ticket=ticket,
        node=ticket.node,
        department=ticket.department,
        assignee=ticket.assignee,
        opened_at=at,
    )


@transaction.atomic
def take_ticket(*, ticket: Ticket, by, at: datetime, node: str = "") -> Ticket:
    """Make one open step of it mine, unless someone was quicker. `ticket` as it was seen."""
    now = lock(ticket)
    if not by.has_perm("tickets.change_ticket"):
        raise NotYours(_("You may read tickets; working on them needs the role of an agent."))
    if not now.is_open:
        raise NotYours(_("This ticket has ended."))
    node = node or now.node
    task = now.tasks.open().filter(node=node).select_related("assignee").first()
    if task is None:
        raise moved_meanwhile(now)
    seen = ticket.assignee_id if node == ticket.node else task.assignee_id
    if task.assignee_id != seen:
        raise TakenMeanwhile(task.assignee)
    if task.assignee_id != by.pk:
        before = str(task.assignee or "")
        now.tasks.filter(pk=task.pk).update(assignee=by)
        if node == now.node:
            Ticket.objects.filter(pk=now.pk).update(assignee=by)
            now.assignee = by
        TicketEvent.objects.create(ticket=now, kind=Kind.TAKEN, at=at, by=by, data={"from": before})
        clocks.ticket_changed(ticket=now, at=at)
    return now

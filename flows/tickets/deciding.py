"""What people may do with a step that asks for approval, and with one that could not go on by itself.

Each act is one transaction on the locked ticket: it happens whole, or a Refusal says why not.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from flows.channels.notices import Happened
from flows.organisation.models import User
from flows.tickets.actions import answer, lock, refuse_unanswered, sees
from flows.tickets.approvals import APPROVED, REFUSED, WAITING, is_turn, verdict
from flows.tickets.approving import tell_whose_turn
from flows.tickets.flow import MANNED
from flows.tickets.models import Approval, Task, Ticket, TicketEvent
from flows.tickets.refusals import NotYours, NoWayOn, moved_meanwhile
from flows.tickets.stepping import Holder, Walk

Kind = TicketEvent.Kind


# What may be done


def voices(task: Task) -> list[Approval]:
    return list(task.approvals.select_related("person", "department", "voted_by"))


def seat_for(task: Task, *, by) -> Approval | None:
    """The voice that `by` may use now. Nobody speaks twice in one approval."""
    asked = voices(task)
    if any(one.voted_by_id == by.pk for one in asked):
        return None
    mine = set(Approval.objects.waiting_for(by).filter(task=task).values_list("pk", flat=True))
    policy, votes = policy_of(task), [one.vote for one in asked]
    turns = [one for place, one in enumerate(asked) if one.pk in mine and is_turn(policy, votes, place)]
    # One that is theirs by name comes before one that their department or role shares.
    return min(turns, key=lambda one: one.person_id is None, default=None)


def policy_of(task: Task) -> Mapping:
    return task.ticket.runtime.nodes[task.node].approval


def may_withdraw(task: Task, *, by) -> bool:
    """Who asked for the approval, or opened the ticket."""
    return by.pk in (task.state.get("asked_by"), task.ticket.created_by_id) and bool(earlier_steps(task))


def may_add_approver(task: Task, *, by) -> bool:
    return by.has_perm("tickets.change_ticket") or any(
        one.person_id == by.pk or one.voted_by_id == by.pk for one in voices(task)
    )


def earlier_steps(task: Task) -> list[str]:
    """The steps of people where the ticket was before this one, the latest first."""
    nodes = task.ticket.runtime.nodes
    been = task.ticket.tasks.filter(pk__lt=task.pk, closed_at__isnull=False).order_by("-pk")
    known = dict.fromkeys(been.values_list("node", flat=True))
    return [key for key in known if key != task.node and key in nodes and nodes[key].kind in MANNED]


# Acts


def begin(ticket: Ticket, node: str, *, by, at: datetime) -> tuple[Walk, Task]:
    """The locked ticket and its open task at `node`, still the one that was seen."""
    now = lock(ticket)
    walk = Walk(now, by=by, at=at)
    task = walk.task_at(node)
    if task is None or task.opened_move > ticket.moves:
        raise moved_meanwhile(now)
    if not sees(walk, by=by):
        raise NotYours(_("This ticket is with another department now."))
    task.ticket = now
    return walk, task


def seat_of(task: Task, *, by) -> Approval:
    seat = seat_for(task, by=by)
    if seat is None:
        raise NotYours(_("You are not asked to approve this now."))
    return seat


@transaction.atomic
def vote(
    *,
    ticket: Ticket,
    node: str,
    approve: bool,
    by,
    at: datetime,
    note: str = "",
    answers: Mapping | None = None,
) -> Ticket:
    """Give one's voice. When that decides it, the ticket goes on."""
    walk, task = begin(ticket, node, by=by, at=at)
    seat = seat_of(task, by=by)
    note = note.strip()
    if not approve and not note:
        raise NotYours(_("Say why you refuse; whoever goes on with it needs to know."))
    answer(walk.ticket, answers or {}, runtime=walk.runtime, node=node, by=by, at=at)
    if approve:
        settled = walk.runtime.logic.settle(walk.ticket.answers)
        refuse_unanswered(settled, runtime=walk.runtime, node=node, by=by)
    given = APPROVED if approve else REFUSED
    Approval.objects.filter(pk=seat.pk, vote=WAITING).update(vote=given, voted_by=by, voted_at=at, note=note)
    walk.log(Kind.VOTED, by=by, node=walk.label(node), vote=given, note=note)
    decide(walk, task)
    walk.run()
    walk.save()
    return walk.ticket


def decide(walk: Walk, task: Task) -> None:
    """Let the ticket go on if the votes have decided it."""
    outcome = verdict(policy_of(task), [one.vote for one in voices(task)])
    if outcome == WAITING:
        tell_whose_turn(walk, task)
        return
    walk.log(Kind.DECIDED, node=walk.label(task.node), approved=outcome == APPROVED)
    for step in sorted(walk.runtime.triggered(task.node, outcome), key=lambda step: step.is_default):
        if not step.is_conditional or step.is_default or step.condition.holds(walk.facts):
            walk.leave_by(task, step, walk.decide(step) if step.is_conditional else None)
            return
    raise NoWayOn(walk.runtime.nodes[task.node])


@transaction.atomic
def take_back(*, ticket: Ticket, node: str, by, at: datetime) -> Ticket:
    """Take one's vote back while it is not decided."""
    walk, task = begin(ticket, node, by=by, at=at)
    asked = voices(task)
    mine = next((one for one in asked if one.voted_by_id == by.pk), None)
    if mine is None:
        raise NotYours(_("You have not voted here."))
    later = any(one.vote != WAITING and one.place > mine.place for one in asked)
    if policy_of(task).get("mode") == "sequence" and later:
        raise NotYours(_("Someone after you has voted already."))
    Approval.objects.filter(pk=mine.pk).update(vote=WAITING, voted_by=None, voted_at=None, note="")
    walk.log(Kind.VOTED, by=by, node=walk.label(node), vote=WAITING)
    walk.save()
    return walk.ticket


@transaction.atomic
def pass_on(*, ticket: Ticket, node: str, to: User, by, at: datetime, note: str = "") -> Ticket:
    """Let someone else decide in one's place."""
    walk, task = begin(ticket, node, by=by, at=at)
    seat = seat_of(task, by=by)
    refuse_asking(task, to)
    Approval.objects.filter(pk=seat.pk).update(person=to, department=None, role="")
    walk.log(Kind.PASSED_ON, by=by, note=note.strip(), **{"from": str(by), "to": str(to)})
    tell_whose_turn(walk, task)
    walk.save()
    return walk.ticket


@transaction.atomic
def add_approver(*, ticket: Ticket, node: str, who: User, by, at: datetime) -> Ticket:
    walk, task = begin(ticket, node, by=by, at=at)
    if walk.runtime.nodes[node].kind != "approval" or not may_add_approver(task, by=by):
        raise NotYours(_("You are not asked to approve this now."))
    refuse_asking(task, who)
    last = task.approvals.aggregate(last=Max("place"))["last"]
    Approval.objects.create(task=task, place=0 if last is None else last + 1, person=who)
    if task.state.pop("trouble", None):
        task.save(update_fields=["state"])
    walk.log(Kind.ADDED, by=by, who=str(who))
    tell_whose_turn(walk, task)
    walk.save()
    return walk.ticket


def refuse_asking(task: Task, person: User) -> None:
    if not person.is_active or not person.has_perm("tickets.view_ticket"):
        raise NotYours(_("%(name)s may not see tickets.") % {"name": person})
    if task.approvals.filter(person=person).exists():
        raise NotYours(_("%(name)s is asked already.") % {"name": person})


@transaction.atomic
def return_to(*, ticket: Ticket, node: str, to: str, by, at: datetime, note: str = "") -> Ticket:
    """Send it back to an earlier step, to who had it there."""
    walk, task = begin(ticket, node, by=by, at=at)
    seat_of(task, by=by)
    go_back(walk, task, to, kind=Kind.RETURNED, note=note)
    return walk.ticket


@transaction.atomic
def withdraw(*, ticket: Ticket, node: str, by, at: datetime, note: str = "") -> Ticket:
    """Who asked for the approval takes it back to the step before."""
    walk, task = begin(ticket, node, by=by, at=at)
    if walk.runtime.nodes[node].kind != "approval" or not may_withdraw(task, by=by):
        raise NotYours(_("Only who asked for this approval can withdraw it."))
    go_back(walk, task, earlier_steps(task)[0], kind=Kind.WITHDRAWN, note=note)
    return walk.ticket


def go_back(walk: Walk, task: Task, to: str, *, kind: str, note: str) -> None:
    if to not in earlier_steps(task):
        raise NotYours(_("The ticket was never at that step before."))
    before = walk.ticket.tasks.filter(node=to).select_related("department", "assignee").last()
    walk.log(
        kind, by=walk.by, note=note.strip(), node=walk.label(task.node),
        **{"from": walk.label(task.node), "to": walk.label(to)},
    )  # fmt: skip
    walk.close(task, str(kind))
    walk.leave_behind(task.node, to)
    walk.reopen(to, Holder.of(before), came_from=task.node)
    if before.assignee:
        walk.told.append(
            Happened(
                event="ticket.returned", people=[before.assignee], subject=walk.ticket.subject, by=walk.by,
                context={"note": note.strip()},
            )
        )  # fmt: skip
    walk.run()
    walk.save()


@transaction.atomic
def try_again(*, ticket: Ticket, node: str, by, at: datetime) -> Ticket:
    """Let a step that could not go on by itself try once more."""
    walk, task = begin(ticket, node, by=by, at=at)
    if not by.has_perm("tickets.change_ticket"):
        raise NotYours(_("You may read tickets; working on them needs the role of an agent."))
    kind = walk.runtime.nodes[node].kind
    if not task.state.get("trouble") or kind not in ("wait", "subflow"):
        raise NotYours(_("This step is not stuck."))
    walk.log(Kind.RESUMED, by=by, node=walk.label(node))
    if kind == "wait":
        walk.finish(task, "tried_again")
    else:
        walk.look_at_children(task)
    walk.run()
    walk.save()
    return walk.ticket

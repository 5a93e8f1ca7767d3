"""The open steps of a ticket on its page: which is looked at, who approves there, what else is under way."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from flows.forms.texts import said
from flows.organisation.models import User
from flows.tickets import deciding
from flows.tickets.approvals import is_turn
from flows.tickets.events import event_in_words
from flows.tickets.flow import MANNED
from flows.tickets.models import Task, Ticket
from rules.store.problems import Refusal


@dataclass(frozen=True, kw_only=True)
class OpenStep:
    key: str
    label: str
    who: str
    due_at: datetime | None
    waits_for: str
    trouble: str
    progress: str
    is_chosen: bool
    may_try_again: bool


def visible_ticket(request, pk) -> Ticket:
    return get_object_or_404(Ticket.objects.visible_to(request.user).with_names(), pk=pk)


def at_step(found: Ticket, request) -> Ticket:
    """`found` as it is at the open step that is looked at: the one asked for, else this person's, else the
    first. Only in memory."""
    tasks = list(found.tasks.open().select_related("department", "assignee"))
    of_people = [task for task in tasks if found.runtime.nodes[task.node].kind in MANNED]
    concerning = set(found.tasks.concerning(request.user).values_list("pk", flat=True)) if of_people else ()
    wanted = request.GET.get("step")
    found.task = min(
        tasks,
        key=lambda task: (
            task.node != wanted,
            task not in of_people,
            task.assignee_id != request.user.pk,
            task.pk not in concerning,
            task.pk,
        ),
        default=None,
    )
    found.open_tasks = tasks
    if found.task:
        found.task.ticket = found
        found.node = found.task.node
        found.department, found.assignee = found.task.department, found.task.assignee
    return found


def steps_in_words(found: Ticket, *, to, language: str) -> list[OpenStep]:
    """All that is open, where that is more than one step of a person."""
    tasks = [task for task in found.open_tasks if found.runtime.nodes[task.node].kind != "join"]
    if len(tasks) < 2 and not any(task.state.get("trouble") or is_waiting(found, task) for task in tasks):
        return []
    return [step_in_words(found, task, to=to, language=language) for task in tasks]


def is_waiting(found: Ticket, task: Task) -> bool:
    return found.runtime.nodes[task.node].kind in ("wait", "subflow")


def step_in_words(found: Ticket, task: Task, *, to, language: str) -> OpenStep:
    trouble = task.state.get("trouble") or {}
    of = task.children.count() if found.runtime.nodes[task.node].kind == "subflow" else 0
    return OpenStep(
        key=task.node,
        label=said(found.runtime.nodes[task.node].label, language),
        who=str(task.assignee or task.department or ""),
        due_at=task.due_at,
        waits_for=event_in_words(task.event),
        trouble=trouble.get(language) or trouble.get("en", ""),
        progress=_("%(ended)s of %(of)s ended") % {"ended": task.children.ended().count(), "of": of}
        if of
        else "",
        is_chosen=task == found.task,
        may_try_again=bool(trouble) and is_waiting(found, task) and to.has_perm("tickets.change_ticket"),
    )


def parts_of(found: Ticket, *, to) -> list[Ticket]:
    """The tickets that this one opened and waits for, as far as `to` may see them."""
    return list(Ticket.objects.visible_to(to).filter(part_of__ticket=found.pk).order_by("pk"))


def whole_of(found: Ticket, *, to) -> Ticket | None:
    """The ticket that waits for this one."""
    if not found.part_of_id:
        return None
    return Ticket.objects.visible_to(to).filter(tasks=found.part_of_id).first()


def approval_of(found: Ticket, *, to, language: str) -> dict | None:
    """What the page shows where the step that is looked at asks for approval."""
    task = found.task
    if task is None or found.runtime.nodes[task.node].kind != "approval":
        return None
    seat = deciding.seat_for(task, by=to)
    voices = deciding.voices(task)
    policy, votes = deciding.policy_of(task), [one.vote for one in voices]
    may_add = deciding.may_add_approver(task, by=to)
    return {
        "task": task,
        "voices": [(one, is_turn(policy, votes, place)) for place, one in enumerate(voices)],
        "seat": seat,
        "mode": mode_in_words(policy),
        "people": people_to_ask(task) if seat or may_add else [],
        "may_add": may_add,
        "earlier": [
            (key, said(found.runtime.nodes[key].label, language)) for key in deciding.earlier_steps(task)
        ]
        if seat
        else [],
        "may_withdraw": deciding.may_withdraw(task, by=to),
        "has_voted": any(one.voted_by_id == to.pk for one in voices),
    }


def mode_in_words(policy) -> str:
    return {
        "any": _("One of them is enough."),
        "all": _("All of them must approve."),
        "count": _("%(count)s of them must approve.") % {"count": policy.get("count")},
        "percent": _("%(percent)s%% of them must approve.") % {"percent": policy.get("percent")},
        "sequence": _("They approve one after the other."),
    }[policy.get("mode", "any")]


def people_to_ask(task: Task) -> list[User]:
    asked = task.approvals.filter(person__isnull=False).values("person")
    return list(User.objects.filter(is_active=True).exclude(pk__in=asked).order_by("username"))


# Acts beside pressing a button


@login_required
@require_POST
def decide(request, pk):
    """Everything about an approval but the vote itself."""
    from flows.desk.views import visible_ticket

    found = at_step(visible_ticket(request, pk), request)
    seen = request.POST.get("seen", "")
    if seen.isdecimal() and len(seen) < 10:
        found.moves = int(seen)
    at = {"ticket": found, "node": found.node, "by": request.user, "at": timezone.now()}
    note = request.POST.get("note", "")
    person = User.objects.filter(username=request.POST.get("person", "")).first()
    try:
        match request.POST.get("act"):
            case "pass_on" | "add" if person is None:
                raise Refusal(_("Choose a person first."))
            case "pass_on":
                deciding.pass_on(to=person, note=note, **at)
                done = _("%(name)s decides in your place now.") % {"name": person}
            case "add":
                deciding.add_approver(who=person, **at)
                done = _("%(name)s is asked too.") % {"name": person}
            case "return":
                deciding.return_to(to=request.POST.get("to", ""), note=note, **at)
                done = _("The ticket was returned.")
            case "withdraw":
                deciding.withdraw(note=note, **at)
                done = _("The approval was withdrawn.")
            case "take_back":
                deciding.take_back(**at)
                done = _("Your vote was taken back.")
            case "try_again":
                deciding.try_again(**at)
                done = _("It went on.")
            case _:
                raise Refusal(_("This cannot be done here."))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, done)
    if Ticket.objects.visible_to(request.user).filter(pk=pk).exists():
        return redirect(reverse("desk:ticket", args=[pk]))
    return redirect("desk:tickets")


def page_of_steps(found: Ticket, *, to) -> dict:
    """What ticket_detail.html shows of steps and approvals."""
    language = get_language()
    return {
        "steps": steps_in_words(found, to=to, language=language),
        "approval": approval_of(found, to=to, language=language),
        "parts": parts_of(found, to=to),
        "whole": whole_of(found, to=to),
    }

"""Who is asked to approve at a step."""

from collections.abc import Iterable, Mapping

from flows.channels.notices import Happened
from flows.organisation.models import Department, User
from flows.tickets.approvals import WAITING, is_turn
from flows.tickets.models import Approval, Task

NOBODY_LEFT = {
    "en": "Nobody is left who could approve this. Add someone who may.",
    "zh-hans": "已无人可以审批，请添加审批人。",
}
# In these, everyone in a department or role has a voice of their own; otherwise one speaks for all.
EACH_FOR_THEMSELVES = ("count", "percent")


def ask_approvers(walk, task: Task, node) -> list[Approval]:
    """Open the voices of an approval: those of the first tier whose condition holds, else the step's own."""
    approvers = next(
        (approvers for condition, approvers in node.tiers if condition.holds(walk.facts)),
        node.approval.get("approvers", ()),
    )
    each = node.approval.get("mode") in EACH_FOR_THEMSELVES
    seats = [seat for approver in approvers for seat in seats_of(approver, each=each)]
    asked = Approval.objects.bulk_create(
        Approval(task=task, place=place, **seat) for place, seat in enumerate(once(seats))
    )
    if walk.by:
        task.state["asked_by"] = walk.by.pk
        task.save(update_fields=["state"])
    if asked:
        walk.log("asked", node=node.label, who=[one.who for one in asked])
        tell_whose_turn(walk, task)
    else:
        task.state["trouble"] = NOBODY_LEFT
        task.save(update_fields=["state"])
        walk.log("stuck", node=node.label, why=NOBODY_LEFT)
    return asked


def seats_of(approver: Mapping, *, each: bool) -> list[dict]:
    """As columns of Approval; nothing for who is gone."""
    working = User.objects.filter(is_active=True)
    match approver.get("type", "person"):
        case "department":
            department = Department.objects.filter(slug=approver["name"]).first()
            people = working.filter(department=department) if department else working.none()
            shared = {"department": department}
        case "role":
            people = working.filter(groups__name=approver["name"])
            shared = {"role": approver["name"]}
        case _person:
            return [{"person": person} for person in working.filter(username=approver["name"])]
    if each:
        return [{"person": person} for person in people.order_by("pk")]
    return [shared] if people.exists() else []


def tell_whose_turn(walk, task: Task) -> None:
    """Tell those whose vote is waited for now; each voice once."""
    policy = walk.runtime.nodes[task.node].approval
    asked = list(task.approvals.select_related("person", "department"))
    votes = [one.vote for one in asked]
    turns = [one for place, one in enumerate(asked) if one.vote == WAITING and is_turn(policy, votes, place)]
    walk.told += [
        Happened(
            event="ticket.approval",
            people=people_of(one),
            subject=walk.ticket.subject,
            by=walk.by,
            occasion=f"voice-{one.pk}.{one.person_id or ''}",
        )
        for one in turns
    ]


def people_of(voice: Approval) -> Iterable[User]:
    if voice.person:
        return [voice.person]
    working = User.objects.filter(is_active=True)
    if voice.department:
        return working.filter(department=voice.department)
    return working.filter(groups__name=voice.role)


def once(seats: Iterable[dict]) -> list[dict]:
    kept = []
    for seat in seats:
        if seat not in kept:
            kept.append(seat)
    return kept

"""What a flow names that is not there: departments, people, other ticket types. Asks the tables; what is
wrong with the flow by itself is asked in checks.py."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from flows.organisation.models import Department, User
from flows.tickets.assignment.names import gone_from
from flows.tickets.flow import read_node, read_transition
from rules.store.problems import RecordProblem
from rules.store.runtime import live_version


def departments_named(rows: list[dict]) -> dict[str, str]:
    slugs = {row["department"] for row in rows if row["department"]}
    return dict(Department.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}


def people_named(rows: list[dict], **only) -> dict[str, str]:
    usernames = {row["person"] for row in rows if row.get("person")}
    people = User.objects.filter(username__in=usernames, **only) if usernames else ()
    return {person.username: str(person) for person in people}


def problems_of_world(document: Mapping, *, slug: str) -> list[RecordProblem]:
    """`slug`: of the ticket type itself, which must not open itself without end."""
    nodes = [read_node(row) for row in document["nodes"]]
    transitions = [read_transition(row) for row in document["transitions"]]
    departments = departments_named([*nodes, *transitions])
    working = people_named(nodes, is_active=True)
    staffed = set(
        User.objects.filter(is_active=True, department__isnull=False)
        .values_list("department__slug", flat=True)
        .distinct()
    )
    problems = gone_from(nodes)
    for part, rows in (("nodes", nodes), ("transitions", transitions)):
        for index, row in enumerate(rows):
            problems += [
                RecordProblem((part, index, "department"), sentence)
                for sentence in faults_of_department(row, departments, staffed)
            ]
            if row.get("person") and row["person"] not in working:
                sentence = _("%(name)s no longer works here.") % {"name": row["person_name"]}
                problems.append(RecordProblem((part, index, "person"), sentence))
    for index, node in enumerate(nodes):
        if node["kind"] == "approval":
            problems += [
                RecordProblem(("nodes", index, "approval"), sentence)
                for sentence in faults_of_approvers(approvers_in(node["approval"]), staffed)
            ]
        problems += [
            RecordProblem(("nodes", index, part), sentence)
            for part, sentence in faults_of_other_types(node, slug=slug)
        ]
    return problems


def faults_of_department(row: Mapping, departments: Mapping, staffed: set[str]) -> Iterable[str]:
    slug = row["department"]
    if slug and slug not in departments:
        yield _("There is no department “%(name)s” any more.") % {"name": row["department_name"] or slug}
    elif slug and row.get("assign") == "department" and slug not in staffed:
        yield _("Nobody works in “%(name)s”, so nobody would have the ticket.") % {"name": departments[slug]}


def approvers_in(approval: Mapping) -> list[Mapping]:
    tiers = [one for tier in approval.get("tiers", []) for one in tier.get("approvers", [])]
    return tiers + approval.get("approvers", [])


def faults_of_approvers(approvers: list[Mapping], staffed: set[str]) -> Iterable[str]:
    for approver in approvers:
        name = approver.get("name", "")
        match approver.get("type", "person"):
            case "person" if not User.objects.filter(username=name, is_active=True).exists():
                yield _("%(name)s no longer works here.") % {"name": name}
            case "department" if name not in staffed:
                yield _("Nobody in “%(name)s” could approve.") % {"name": name}
            case "role" if not Group.objects.filter(name=name, user__is_active=True).exists():
                yield _("Nobody in “%(name)s” could approve.") % {"name": _(name)}


def faults_of_other_types(node: Mapping, *, slug: str) -> Iterable[tuple[str, str]]:
    for part, opened in (("subflow", parts_opened(node)), ("actions", tickets_opened(node))):
        for other in opened:
            if other != slug and live_flow(other) is None:
                yield part, _("There is no live ticket type “%(name)s”.") % {"name": other}
            elif part == "subflow" and (other == slug or opens(other, slug)):
                yield part, _("“%(name)s” would open this type again, without end.") % {"name": other}


def parts_opened(node: Mapping) -> list[str]:
    if node["kind"] != "subflow":
        return []
    return [one["ticket_type"] for one in node["subflow"].get("tickets", []) if one.get("ticket_type")]


def tickets_opened(node: Mapping) -> list[str]:
    params = [row.get("params") or {} for row in node["actions"] if row.get("name") == "create_ticket"]
    return [one["ticket_type"] for one in params if isinstance(one.get("ticket_type"), str)]


def opens(slug: str, wanted: str) -> bool:
    """Whether tickets of the type `slug` open, by their parts and the parts of these, one of `wanted`."""
    seen, waiting = set(), [slug]
    while waiting:
        flow = live_flow(waiting.pop()) or {"nodes": []}
        opened = {other for row in flow["nodes"] for other in parts_opened(read_node(row))}
        if wanted in opened:
            return True
        waiting += opened - seen
        seen |= opened
    return False


def live_flow(slug: str) -> Mapping | None:
    from flows.tickets.models import TicketType

    version = live_version(TicketType, slug)
    return version.document if version else None

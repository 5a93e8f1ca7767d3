"""From the blocks of a ticket type's page to the document of its version."""

from django.utils.translation import gettext_lazy as _

from flows.organisation.models import Calendar, Department, User
from flows.tickets.service_levels.levels import NODE, PLACE
from rules.store.problems import RecordProblem


def levels_document(stream, *, calendar: str) -> dict:
    """Those of the whole ticket; {} where nothing is said."""
    levels = [row for row in rows_of(stream) if row["measure"] != NODE]
    if not levels and not calendar:
        return {}
    return {
        "calendar": calendar,
        "calendar_name": name_of_calendar(calendar),
        "levels": levels,
    }


def name_of_calendar(slug: str) -> str:
    found = Calendar.objects.filter(slug=slug).first() if slug else None
    return found.name if found else slug


def unknown_names(document: dict) -> list[RecordProblem]:
    """What time limits name and is not there: a calendar, people who left, departments."""
    levels = document.get("service_levels", {})
    steps = [step for level in limits_in(document) for step in level["ladder"]]
    people, departments = (
        {step[who]: step.get(f"{who}_name", "") for step in steps if step.get(who)}
        for who in ("person", "department")
    )
    working = set(User.objects.filter(username__in=people, is_active=True).values_list("username", flat=True))
    known = set(Department.objects.filter(slug__in=departments).values_list("slug", flat=True))
    gone = {name: people[name] for name in people if name not in working}
    gone |= {slug: departments[slug] for slug in departments if slug not in known}
    problems = [
        RecordProblem(
            PLACE, _("A ladder tells “%(name)s”, and nobody is called so here.") % {"name": label or name}
        )
        for name, label in gone.items()
    ]
    calendar = levels.get("calendar")
    if calendar and not Calendar.objects.in_use().filter(slug=calendar).exists():
        sentence = _("There is no calendar “%(name)s” here.") % {"name": levels["calendar_name"]}
        problems.append(RecordProblem(("calendar",), sentence))
    return problems


def limits_in(document: dict) -> list[dict]:
    nodes = (node.get("time_limits") for node in document["nodes"])
    return [*document.get("service_levels", {}).get("levels", []), *filter(None, nodes)]


def with_time_limits(document: dict, stream) -> dict:
    """`document` with each node's own limit; a limit for a node that is not there stays, to be told."""
    by_node, unknown = {}, []
    for written, limit in node_limits(stream):
        key = key_in(document["nodes"], written)
        if key is None or key in by_node:
            unknown.append({"node": written, "is_double": key is not None})
        else:
            by_node[key] = limit
    if not by_node and not unknown:
        return document
    nodes = [
        node | {"time_limits": by_node[node["key"]]} if node["key"] in by_node else node
        for node in document["nodes"]
    ]
    return document | {"nodes": nodes} | ({"unplaced_time_limits": unknown} if unknown else {})


def node_limits(stream) -> list[tuple[str, dict]]:
    """(node as it was written, its limit)."""
    return [
        (block.value["node"] or "", {key: part for key, part in row.items() if key != "measure"})
        for block, row in zip(stream, rows_of(stream), strict=True)
        if row["measure"] == NODE
    ]


def rows_of(stream) -> list[dict]:
    return [block.block.document(block.value) for block in stream]


def key_in(nodes: list[dict], written: str) -> str | None:
    folded = written.strip().casefold()
    for node in nodes:
        if folded in {node["key"].casefold(), *(label.casefold() for label in node["label"].values())}:
            return node["key"]
    return None

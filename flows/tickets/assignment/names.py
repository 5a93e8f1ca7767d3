"""What an assignment list names: as it is called now, and what of it is no more."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from flows.organisation.models import Department, Skill, Store, User
from flows.tickets.assignment.entries import WITH_POOL
from rules.store.problems import RecordProblem

GONE = {
    "person": _("%(name)s no longer works here."),
    "department": _("There is no department “%(name)s” any more."),
    "role": _("There is no role “%(name)s” any more."),
    "store": _("There is no store “%(name)s” any more."),
    "skill": _("There is no skill “%(name)s” any more."),
}


def with_names(nodes: Iterable[dict]) -> None:
    """Give these steps lists of entries that hold what everything in them is called now; what is gone keeps
    its old name. What was stored stays as it is."""
    rows = [row for node in nodes for row in node.get("assignment", ())]
    called = names_of([named for row in rows for named in named_in(row)])
    for node in nodes:
        if node.get("assignment"):
            node["assignment"] = [row | names_in(row, called) for row in node["assignment"]]


def names_in(row: Mapping, called: Mapping) -> dict:
    known = row.get("names") if isinstance(row.get("names"), dict) else {}
    names = {}
    for kind, name, _part in named_in(row):
        key = f"{kind}/{name}"
        names[key] = called[kind].get(name) or known.get(key) or name
    return {"names": names} if names else {}


def gone_from(nodes: Iterable[Mapping]) -> list[RecordProblem]:
    """At ("nodes", step, "assignment", place, part); what was never chosen is said elsewhere."""
    wanted = [
        (named, row.get("names", {}), ("nodes", index, "assignment", place))
        for index, node in enumerate(nodes)
        if node.get("assign") == "rules"
        for place, row in enumerate(node.get("assignment", ()))
        for named in named_in(row)
    ]
    known = names_of([named for named, _names, _place in wanted], only_working=True)
    return [
        RecordProblem((*place, part), GONE[kind] % {"name": names.get(f"{kind}/{name}", name)})
        for (kind, name, part), names, place in wanted
        if name not in known[kind]
    ]


def names_of(wanted: Iterable[tuple], *, only_working: bool = False) -> dict[str, dict[str, str]]:
    """{kind: {name: what it is called}}, one query for each kind that is named."""
    names: dict[str, set] = {kind: set() for kind in GONE}
    for kind, name, _part in wanted:
        names[kind].add(name)
    staff = User.objects.filter(is_active=True) if only_working else User.objects
    rows = {
        "person": staff.filter(username__in=names["person"]),
        "department": Department.objects.filter(slug__in=names["department"]),
        "role": Group.objects.filter(name__in=names["role"]),
        "store": Store.objects.filter(slug__in=names["store"]),
        "skill": Skill.objects.filter(slug__in=names["skill"]),
    }
    keys = {"person": "username", "role": "name"}
    return {
        kind: {getattr(row, keys.get(kind, "slug")): str(row) for row in rows[kind]} if names[kind] else {}
        for kind in GONE
    }


def named_in(row: Mapping) -> list[tuple[str, str, str]]:
    """(kind, name, part of the entry) of all that an entry names, as far as it can be read."""
    strategy = row.get("strategy")
    named = []
    if strategy in ("person", "department", "role"):
        named.append((strategy, row.get(strategy), strategy))
    pool = row.get("pool")
    if strategy in WITH_POOL and isinstance(pool, Mapping):
        if pool.get("kind") == "people":
            people = pool.get("people")
            named += [("person", name, "pool") for name in (people if isinstance(people, list) else [])]
        elif pool.get("kind") in GONE:
            named.append((pool["kind"], pool.get("name"), "pool"))
    skills = row.get("skills")
    named += [("skill", skill, "skills") for skill in (skills if isinstance(skills, list) else [])]
    return [(kind, name, part) for kind, name, part in named if isinstance(name, str) and name]

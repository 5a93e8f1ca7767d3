"""The flow of a ticket type as one document: {"nodes": [...], "transitions": [...]}.

What a node or transition may hold, what it means when it is left out, and whether a document has that shape.
Whether the flow makes sense is asked in runtime.py; this asks only whether it can be read.
"""

from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from flows.forms.texts import said, short_name, texts
from rules.store.problems import RecordProblem, say

ENDS = ("resolved", "closed", "cancelled")
# Steps where people have the ticket.
MANNED = ("start", "step", "waiting", "approval")
# Steps that a ticket passes through, or stays at, without anybody.
UNMANNED = ("choice", "split", "join", "subflow", "actions", "wait")
KINDS = (*MANNED, *UNMANNED, *ENDS)
ASSIGN = ("keep", "presser", "department", "person", "nobody", "rules")
TRIGGERS = ("button", "auto", "approved", "refused")
WHO = ("anyone", "assignee", "department")
MOST_ROWS = 500


def empty_flow() -> dict:
    return {"nodes": [], "transitions": []}


# What is left out. The parts above the line are always written down, as versions have done from the first.
NODE_ALWAYS = {
    "key": "",
    "label": {},
    "kind": "step",
    "asks": [],
    "assign": "keep",
    "department": "",
    "department_name": "",
    "person": "",
    "person_name": "",
}
NODE = NODE_ALWAYS | {
    "position": {},
    "assignment": [],
    "approval": {},
    "join": {},
    "subflow": {},
    "actions": [],
    "wait": {},
    "time_limits": {},
}
TRANSITION_ALWAYS = {
    "key": "",
    "from": "",
    "to": "",
    "label": {},
    "condition": {"all": []},
    "who": "anyone",
    "department": "",
    "department_name": "",
    "needs_answers": True,
}
TRANSITION = TRANSITION_ALWAYS | {"trigger": "button", "is_default": False, "actions": []}


def flow_document(flow: dict) -> dict:
    """`flow` as a version keeps it: readable whatever was stored, each row with a key of its own."""
    nodes = [kept(row, NODE, NODE_ALWAYS, NODE_FORMAT) for row in rows_in(flow, "nodes")]
    for node in nodes:
        node["label"] = in_both_languages(node["label"])
        node["key"] = node["key"] or short_name(node["label"]["zh"])
    transitions = [
        kept(row, TRANSITION, TRANSITION_ALWAYS, TRANSITION_FORMAT) for row in rows_in(flow, "transitions")
    ]
    for row in transitions:
        row["label"] = in_both_languages(row["label"])
    return {"nodes": nodes, "transitions": keyed(transitions)}


def read_node(row: Mapping) -> dict:
    return NODE | row


def read_transition(row: Mapping) -> dict:
    return TRANSITION | row


def rows_in(flow, part: str) -> list[dict]:
    rows = flow.get(part) if isinstance(flow, dict) else None
    return [row for row in rows if isinstance(row, dict)][:MOST_ROWS] if isinstance(rows, list) else []


def kept(row: dict, parts: Mapping, always_kept: Mapping, formats: Mapping) -> dict:
    """What can be read of `row`, without what says nothing."""
    sound = {
        part: row[part] for part in parts if part in row and not formats[part](row[part]) and row[part] != ""
    }
    said_more = {part: value for part, value in sound.items() if value != parts[part]}
    return always_kept | said_more


def in_both_languages(label: dict) -> dict:
    return texts(label.get("zh", ""), label.get("en", ""))


def keyed(transitions: list[dict]) -> list[dict]:
    """Each with a key that stays while the flow does: its own, else "new-handling", "new-handling-2"."""
    taken = {row["key"] for row in transitions if row["key"]}
    for row in transitions:
        if not row["key"]:
            row["key"] = free_key(f"{row['from']}-{row['to']}", taken)
            taken.add(row["key"])
    return transitions


def free_key(base: str, taken: Iterable[str]) -> str:
    numbered = (f"{base}-{number}" for number in range(2, MOST_ROWS * 2))
    return base if base not in taken else next(key for key in numbered if key not in taken)


# The shape. A format says what is wrong with a value in a sentence, or "".


def text(longest: int) -> Callable:
    def format_of(value):
        if not isinstance(value, str):
            return gettext_lazy("A text belongs here.")
        if len(value) > longest:
            return gettext_lazy("At most %(count)s characters, please.") % {"count": longest}
        return ""

    return format_of


def words(longest: int) -> Callable:
    check = text(longest)

    def format_of(value):
        if not isinstance(value, dict) or not set(value) <= {"zh", "en"}:
            return gettext_lazy("A name in Chinese and English belongs here.")
        return next(filter(None, map(check, value.values())), "")

    return format_of


def one_of(known: Iterable[str]) -> Callable:
    return lambda value: (
        "" if value in known else gettext_lazy("“%(value)s” is not known here.") % {"value": str(value)[:50]}
    )


def list_of(check: Callable) -> Callable:
    def format_of(value):
        if not isinstance(value, list):
            return gettext_lazy("A list belongs here.")
        return next(filter(None, map(check, value)), "")

    return format_of


def parts_of(**parts: Callable) -> Callable:
    """An object with these parts, each of which may be left out."""

    def format_of(value):
        if not isinstance(value, dict):
            return gettext_lazy("An object belongs here.")
        if unknown := [part for part in value if part not in parts]:
            return gettext_lazy("“%(value)s” is not known here.") % {"value": str(unknown[0])[:50]}
        return next(filter(None, (parts[part](given) for part, given in value.items())), "")

    return format_of


def number(least: float = 0, most: float = 10**9) -> Callable:
    def format_of(value):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return gettext_lazy("A number belongs here.")
        if not least <= value <= most:
            return gettext_lazy("A number from %(least)s to %(most)s belongs here.") % {
                "least": least,
                "most": most,
            }
        return ""

    return format_of


def yes_or_no(value):
    return "" if isinstance(value, bool) else gettext_lazy("Yes or no belongs here.")


def tree(value):
    return "" if isinstance(value, dict) else gettext_lazy("A condition belongs here.")


def anything(value):
    return ""


NAME = text(80)
COUNT = number(0, 1000)
ACTIONS = list_of(parts_of(name=NAME, params=tree))
APPROVERS = list_of(parts_of(type=one_of(("person", "role", "department")), name=text(150)))
FAR = number(-1_000_000, 1_000_000)
NODE_FORMAT = {
    "key": text(50),
    "label": words(60),
    "kind": one_of(KINDS),
    "position": parts_of(x=FAR, y=FAR),
    "asks": list_of(text(100)),
    "assign": one_of(ASSIGN),
    "department": NAME,
    "department_name": text(200),
    "person": text(150),
    "person_name": text(200),
    "assignment": list_of(tree),
    "approval": parts_of(
        mode=one_of(("any", "all", "count", "percent", "sequence")),
        count=COUNT,
        percent=number(0, 100),
        approvers=APPROVERS,
        tiers=list_of(parts_of(condition=tree, approvers=APPROVERS)),
    ),
    "join": parts_of(mode=one_of(("all", "any", "count")), count=COUNT),
    "subflow": parts_of(
        tickets=list_of(parts_of(ticket_type=NAME, label=words(60))),
        wait=one_of(("all", "any", "count", "none")),
        count=COUNT,
    ),
    "actions": ACTIONS,
    "wait": parts_of(
        mode=one_of(("duration", "until", "event")),
        seconds=number(),
        working=yes_or_no,
        field=text(100),
        event=text(100),
    ),
    "time_limits": anything,
}
TRANSITION_FORMAT = {
    "key": text(110),
    "from": text(60),
    "to": text(60),
    "label": words(40),
    "condition": tree,
    "who": one_of(WHO),
    "department": NAME,
    "department_name": text(200),
    "needs_answers": yes_or_no,
    "trigger": one_of(TRIGGERS),
    "is_default": yes_or_no,
    "actions": ACTIONS,
}


def problems_of_format(flow) -> list[RecordProblem]:
    """Where `flow` cannot be read. Everything else about it is asked only when there is no such place."""
    if not isinstance(flow, dict):
        return [RecordProblem(("nodes",), gettext_lazy("A flow is made of nodes and transitions."))]
    problems = []
    for part, formats in (("nodes", NODE_FORMAT), ("transitions", TRANSITION_FORMAT)):
        rows = flow.get(part, [])
        if not isinstance(rows, list):
            problems.append(RecordProblem((part,), gettext_lazy("A list belongs here.")))
            continue
        if len(rows) > MOST_ROWS:
            sentence = gettext_lazy("At most %(count)s, please.") % {"count": MOST_ROWS}
            problems.append(RecordProblem((part,), sentence))
        for index, row in enumerate(rows):
            problems += problems_of_row(row, formats, path=(part, index))
    return problems


def problems_of_row(row, formats: Mapping, *, path: tuple) -> list[RecordProblem]:
    if not isinstance(row, dict):
        return [RecordProblem(path, gettext_lazy("An object belongs here."))]
    wrong = ((part, formats[part](value)) for part, value in row.items() if part in formats)
    problems = [RecordProblem((*path, part), sentence) for part, sentence in wrong if sentence]
    unknown = [part for part in row if part not in formats]
    return problems + [
        RecordProblem(
            (*path, part), gettext_lazy("“%(value)s” is not known here.") % {"value": str(part)[:50]}
        )
        for part in unknown
    ]


# Saying where


def in_place(problem: RecordProblem, flow) -> str:
    """The sentence of a problem, with the step or button it is about."""
    part, *rest = problem.path
    rows = flow.get(part) if isinstance(flow, dict) else None
    if not rest or not isinstance(rows, list) or rest[0] >= len(rows):
        return say(problem.sentence)
    row, number_ = rows[rest[0]], rest[0] + 1
    label = row.get("label") if isinstance(row, dict) else None
    name = said(label, get_language()) if isinstance(label, dict) and label else ""
    place = (
        (_("Step “%(name)s”") if part == "nodes" else _("Button “%(name)s”")) % {"name": name}
        if name
        else (_("Step %(number)s") if part == "nodes" else _("Transition %(number)s")) % {"number": number_}
    )
    return _("%(place)s: %(sentence)s") % {"place": place, "sentence": say(problem.sentence)}

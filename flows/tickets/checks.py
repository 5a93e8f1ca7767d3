"""What is wrong with a flow, told at the step or transition where it can be mended. Asks no table.

`problems_of_flow(document)` reads a whole document ({"fields", "nodes", "transitions"}, as a version has it)
and gives RecordProblems with paths ("nodes" | "transitions", index, part).
"""

from collections.abc import Iterable, Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from flows.forms.fields import FieldSpec
from flows.forms.texts import said
from flows.tickets.flow import ENDS, MANNED, PASSED, read_node, read_transition
from rules.store.problems import RecordProblem

# From here nothing goes on; a resolved ticket may be opened again.
FINAL = ("closed", "cancelled")
TRIGGERS_AT = {"approved": ("approval",), "refused": ("approval",)}


def problems_of_flow(document: Mapping) -> list[RecordProblem]:
    nodes = [read_node(row) for row in document["nodes"]]
    transitions = [read_transition(row) for row in document["transitions"]]
    fields = {field["name"]: field for field in document["fields"]}
    problems = problems_of_nodes(nodes, fields=fields)
    wrong_ways = problems_of_transitions(nodes, transitions)
    problems += wrong_ways
    if wrong_ways or not nodes:
        return problems
    graph = Graph(nodes, transitions)
    problems += problems_of_shape(graph)
    problems += problems_of_ways(graph)
    if not problems:
        problems += problems_of_splits(graph) + problems_of_loops(graph) + problems_of_asking(graph, fields)
    return problems


class Graph:
    """A flow whose transitions all lead somewhere."""

    def __init__(self, nodes: list[dict], transitions: list[dict]):
        self.nodes, self.transitions = nodes, transitions
        self.kind = {node["key"]: node["kind"] for node in nodes}
        self.index = {node["key"]: index for index, node in enumerate(nodes)}
        self.onward = {key: set() for key in self.kind}
        self.back = {key: set() for key in self.kind}
        for row in transitions:
            self.onward[row["from"]].add(row["to"])
            self.back[row["to"]].add(row["from"])

    def ways(self, key: str) -> list[tuple[int, dict]]:
        return [(index, row) for index, row in enumerate(self.transitions) if row["from"] == key]

    def at(self, key: str, part: str, sentence) -> RecordProblem:
        return RecordProblem(("nodes", self.index[key], part), sentence)


# One node, one transition


def problems_of_nodes(nodes: list[dict], *, fields: Mapping) -> list[RecordProblem]:
    problems, seen = [], set()
    if not nodes:
        return [
            RecordProblem(("nodes",), _("Add the steps a ticket goes through: a start and an end at least."))
        ]
    for index, node in enumerate(nodes):
        if not node["key"]:
            problems.append(RecordProblem(("nodes", index, "label"), _("Give this step a name.")))
        if node["key"] in seen:
            problems.append(RecordProblem(("nodes", index, "key"), _("Another step has this short name.")))
        seen.add(node["key"])
        problems += [
            RecordProblem(("nodes", index, "asks"), _("The form has no field “%(name)s”.") % {"name": name})
            for name in node["asks"]
            if name not in fields
        ]
        problems += [
            RecordProblem(("nodes", index, part), sentence) for part, sentence in faults_of(node, fields)
        ]
    starts = [index for index, node in enumerate(nodes) if node["kind"] == "start"]
    if not starts:
        problems.append(RecordProblem(("nodes",), _("No step is the start, so no ticket could begin.")))
    problems += [
        RecordProblem(("nodes", index, "kind"), _("Only one step can be the start."))
        for index in starts[1:]
    ]  # fmt: skip
    return problems


def faults_of(node: Mapping, fields: Mapping) -> Iterable[tuple[str, object]]:
    """(part, sentence) for what one node says by itself."""
    for who in ("department", "person"):
        if node["assign"] == who and not node[who]:
            yield who, _("Choose who has the ticket here.")
    match node["kind"]:
        case "approval":
            yield from faults_of_approval(node["approval"])
        case "join" if node["join"].get("mode") == "count" and not node["join"].get("count"):
            yield "join", _("Say how many ways must have come.")
        case "subflow":
            yield from faults_of_subflow(node["subflow"])
        case "actions" if not node["actions"]:
            yield "actions", _("Say what is done here.")
        case "actions":
            yield from faults_of_actions(node["actions"], fields)
        case "wait":
            yield from faults_of_wait(node["wait"], fields)
    if node["assign"] == "rules" and not node["department"]:
        yield "department", _("Choose the department in whose queue it waits when nobody is free.")


def has_comparison(tree) -> bool:
    if isinstance(tree, Mapping):
        return "operator" in tree or any(has_comparison(part) for part in tree.values())
    return isinstance(tree, list) and any(map(has_comparison, tree))


def faults_of_actions(actions: list, fields: Mapping) -> Iterable[tuple[str, object]]:
    """What an action is told to do that can never be done."""
    for action in actions:
        params = action.get("params") or {}
        match action.get("name"):
            case "call_webhook" if not str(params.get("url", "")).startswith(("https://", "http://")):
                yield "actions", _("An address to call begins with https:// or http://.")
            case "set_field" if params.get("field") in fields:
                spec = FieldSpec.of(fields[params["field"]])
                if not may_be_set_to(spec, str(params.get("value") or "")):
                    yield (
                        "actions",
                        _("“%(field)s” cannot be set to “%(value)s”.")
                        % {
                            "field": said(spec.label, get_language()),
                            "value": params.get("value"),
                        },
                    )


def may_be_set_to(spec: FieldSpec, value: str) -> bool:
    try:
        day = date.today()
        spec.form_field(language="en", today=day).clean(spec.asks.from_text(value, spec, today=day))
    except ValidationError:
        return False
    return True


def faults_of_approval(approval: Mapping) -> Iterable[tuple[str, object]]:
    tiers = approval.get("tiers", [])
    groups = [tier.get("approvers", []) for tier in tiers] or [approval.get("approvers", [])]
    if not all(groups) or not all(one.get("name") for group in groups for one in group):
        yield "approval", _("Choose who approves here.")
    if tiers and has_comparison(tiers[-1].get("condition")) and not approval.get("approvers"):
        yield (
            "approval",
            _("The last tier must have no condition, or some ticket would have nobody to approve it."),
        )
    if approval.get("mode") == "count":
        people_only = all(one.get("type", "person") == "person" for group in groups for one in group)
        count = approval.get("count") or 0
        if not count:
            yield "approval", _("Say how many must approve.")
        elif people_only and any(count > len(group) for group in groups):
            yield "approval", _("More must approve than are asked.")


def faults_of_subflow(subflow: Mapping) -> Iterable[tuple[str, object]]:
    tickets = subflow.get("tickets", [])
    if not tickets or not all(one.get("ticket_type") for one in tickets):
        yield "subflow", _("Choose the ticket types that are opened here.")
    if subflow.get("wait") == "count":
        count = subflow.get("count") or 0
        if not count:
            yield "subflow", _("Say how many of them must have ended.")
        elif count > len(tickets):
            yield "subflow", _("More must have ended than are opened.")


def faults_of_wait(wait: Mapping, fields: Mapping) -> Iterable[tuple[str, object]]:
    match wait.get("mode"):
        case "duration" if not wait.get("seconds"):
            yield "wait", _("Say how long to wait.")
        case "until":
            field = fields.get(wait.get("field") or "")
            if field is None or field["kind"] != "date":
                yield "wait", _("Choose a field that holds a date.")
        case "event" if not wait.get("event"):
            yield "wait", _("Say what it waits for.")
        case None:
            yield "wait", _("Say what it waits for.")


def problems_of_transitions(nodes: list[dict], transitions: list[dict]) -> list[RecordProblem]:
    kinds = {node["key"]: node["kind"] for node in nodes}
    problems, seen = [], set()
    for index, row in enumerate(transitions):
        if row["key"] in seen:
            sentence = _("Another transition has this short name.")
            problems.append(RecordProblem(("transitions", index, "key"), sentence))
        seen.add(row["key"])
        for end in ("from", "to"):
            if row[end] not in kinds:
                sentence = _("There is no step “%(name)s”.") % {"name": row[end]}
                problems.append(RecordProblem(("transitions", index, end), sentence))
        if kinds.get(row["from"]) in FINAL:
            sentence = _("A closed or cancelled ticket goes no further.")
            problems.append(RecordProblem(("transitions", index, "from"), sentence))
        if kinds.get(row["to"]) == "start" and kinds.get(row["from"]) in PASSED:
            sentence = _("A ticket does not come back to the start by itself.")
            problems.append(RecordProblem(("transitions", index, "to"), sentence))
        if row["who"] == "department" and not row["department"]:
            sentence = _("Choose the department whose people may press it.")
            problems.append(RecordProblem(("transitions", index, "department"), sentence))
        if row["trigger"] in TRIGGERS_AT and kinds.get(row["from"]) not in TRIGGERS_AT[row["trigger"]]:
            sentence = _("Only an approval is approved or refused.")
            problems.append(RecordProblem(("transitions", index, "trigger"), sentence))
    return problems


# The whole


def problems_of_shape(graph: Graph) -> list[RecordProblem]:
    """Steps no ticket reaches, and steps no ticket leaves."""
    reached = reachable([key for key, kind in graph.kind.items() if kind == "start"], graph.onward)
    ending = reachable([key for key, kind in graph.kind.items() if kind in ENDS], graph.back)
    problems = []
    for key in graph.kind:
        if key not in reached:
            problems.append(graph.at(key, "label", _("No transition leads to this step.")))
        if key not in ending:
            problems.append(graph.at(key, "label", _("From this step no transition leads to an end.")))
    return problems


def problems_of_ways(graph: Graph) -> list[RecordProblem]:
    """Whether from each step there is a way on, whatever is answered."""
    problems = []
    for key, kind in graph.kind.items():
        ways = [row for _index, row in graph.ways(key)]
        always_open = [row for row in ways if row["is_default"] or not has_comparison(row["condition"])]
        if kind == "choice" and not always_open:
            sentence = _("No way on is the default, so a ticket for which no condition holds would be stuck.")
            problems.append(graph.at(key, "kind", sentence))
        elif kind in ("actions", "join", "split") and ways and not always_open:
            sentence = _("Every way on has a condition, so a ticket could be stuck here.")
            problems.append(graph.at(key, "kind", sentence))
        elif kind in ("wait", "subflow") and not any(row["trigger"] == "auto" for row in ways):
            sentence = _("No transition is taken by itself when the waiting is over.")
            problems.append(graph.at(key, "kind", sentence))
        elif kind == "approval":
            for trigger, sentence in (
                ("approved", _("Nothing leads on when it is approved.")),
                ("refused", _("Nothing leads on when it is refused.")),
            ):
                if not any(row["trigger"] == trigger for row in ways):
                    problems.append(graph.at(key, "approval", sentence))
    return problems


def problems_of_splits(graph: Graph) -> list[RecordProblem]:
    matched = matches_of(graph.kind, [(row["from"], row["to"]) for row in graph.transitions])
    problems = []
    splits = {split for splits in matched.values() for split in splits}
    for key, kind in graph.kind.items():
        if kind == "split" and len(graph.ways(key)) < 2:
            problems.append(graph.at(key, "kind", _("A split needs at least two ways.")))
        elif kind == "split" and key not in splits:
            problems.append(graph.at(key, "kind", _("The ways of this split never come together in a join.")))
        if kind == "join" and key not in matched:
            problems.append(graph.at(key, "kind", _("No split leads to this join.")))
        elif kind == "join" and graph.nodes[graph.index[key]]["join"].get("mode") == "count":
            ways = sum(len(graph.ways(split)) for split in matched[key])
            if graph.nodes[graph.index[key]]["join"]["count"] > ways:
                problems.append(graph.at(key, "join", _("More ways must come than the split has.")))
    return problems


def matches_of(kinds: Mapping[str, str], ways: Iterable[tuple[str, str]]) -> dict[str, dict[str, frozenset]]:
    """{join: {split: the steps between them}}. A split belongs to the nearest join where its ways meet."""
    ways = list(ways)
    onward = {key: set() for key in kinds}
    back = {key: set() for key in kinds}
    for begin, end in ways:
        onward[begin].add(end)
        back[end].add(begin)
    matches = {}
    for split in (key for key, kind in kinds.items() if kind == "split"):
        found = []
        for join in (key for key, kind in kinds.items() if kind == "join"):
            stop = {split, join}
            before = reachable(back[join] - stop, back, without=stop)
            branches = [end for begin, end in ways if begin == split and (end == join or end in before)]
            if len(branches) > 1:
                after = reachable([end for end in branches if end != join], onward, without=stop)
                found.append((len(before & after), join, frozenset(before & after)))
        if found:
            _size, join, region = min(found)
            matches.setdefault(join, {})[split] = region
    return matches


def regions_of(matches: Mapping[str, Mapping[str, frozenset]]) -> dict[str, frozenset[str]]:
    """{join: the steps from which a ticket may still come to it}."""
    return {join: frozenset().union(*splits.values()) for join, splits in matches.items()}


def problems_of_loops(graph: Graph) -> list[RecordProblem]:
    """Circles of steps where nobody and nothing is waited for."""
    automatic = {key: set() for key in graph.kind}
    for row in graph.transitions:
        if graph.kind[row["from"]] in PASSED or (
            row["trigger"] == "auto"
            and graph.kind[row["from"]] in MANNED
            and not has_comparison(row["condition"])
        ):
            automatic[row["from"]].add(row["to"])
    problems = []
    for key in graph.kind:
        if key in reachable(automatic[key], automatic):
            sentence = _("From here a ticket would go round in a circle by itself, without end.")
            problems.append(graph.at(key, "kind", sentence))
    return problems


def problems_of_asking(graph: Graph, fields: Mapping) -> list[RecordProblem]:
    """Fields that a condition or a wait uses, and that on some way nobody was asked for before."""
    asked = asked_on_every_way(graph)
    language = get_language()
    problems = []
    for index, row in enumerate(graph.transitions):
        known = asked[row["from"]] | set(graph.nodes[graph.index[row["from"]]]["asks"])
        for name in sorted(used_in(row["condition"]) & fields.keys()):
            if name not in known and not is_computed(fields[name]):
                sentence = _("“%(field)s” is used here, but on some way nobody was asked for it before.") % {
                    "field": said(fields[name]["label"], language)
                }
                problems.append(RecordProblem(("transitions", index, "condition"), sentence))
    for node in graph.nodes:
        name = node["wait"].get("field") if node["kind"] == "wait" else None
        if name in fields and name not in asked[node["key"]]:
            sentence = _("“%(field)s” is used here, but on some way nobody was asked for it before.") % {
                "field": said(fields[name]["label"], language)
            }
            problems.append(graph.at(node["key"], "wait", sentence))
    return problems


def is_computed(field: Mapping) -> bool:
    return bool(field.get("formula")) or field["kind"] == "computed"


def used_in(tree) -> set[str]:
    if isinstance(tree, Mapping):
        own = {tree["name"]} if isinstance(tree.get("name"), str) and "operator" in tree else set()
        return own.union(*map(used_in, tree.values()))
    return set().union(*map(used_in, tree)) if isinstance(tree, list) else set()


def asked_on_every_way(graph: Graph) -> dict[str, set[str]]:
    """{step: fields that were asked before it, whichever way a ticket came}. On parallel ways all were."""
    everything = {name for node in graph.nodes for name in node["asks"]}
    before = {key: set() if kind == "start" else set(everything) for key, kind in graph.kind.items()}
    asks = {node["key"]: set(node["asks"]) | set_by(node["actions"]) for node in graph.nodes}
    changed = True
    while changed:
        changed = False
        for key, kind in graph.kind.items():
            coming = [
                before[row["from"]] | asks[row["from"]] | set_by(row["actions"])
                for row in graph.transitions
                if row["to"] == key
            ]
            if kind == "start" or not coming:
                continue
            meet = set.union if kind == "join" else set.intersection
            now = meet(*coming)
            if now != before[key]:
                before[key], changed = now, True
    return before


def set_by(actions: list) -> set[str]:
    return {
        action["params"]["field"]
        for action in actions
        if action.get("name") == "set_field" and isinstance(action.get("params"), Mapping)
        and isinstance(action["params"].get("field"), str)
    }  # fmt: skip


def reachable(begin: Iterable[str], next_of: Mapping[str, set[str]], without: Iterable[str] = ()) -> set[str]:
    found, waiting, closed = set(), list(begin), set(without)
    while waiting:
        key = waiting.pop()
        if key not in found and key not in closed:
            found.add(key)
            waiting += next_of[key]
    return found

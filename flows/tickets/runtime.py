"""A ticket type as tickets see it: immutable, compiled once from a version's document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from flows.forms.fields import FieldSpec, compile_fields, problems_of
from flows.forms.logic import FormLogic, compile_logic
from flows.forms.texts import said
from flows.tickets.facts import TAKEN_NAMES, vocabulary_of
from flows.tickets.field_access import FieldAccess
from flows.tickets.flow import ENDS, read_node, read_transition
from rules.engine import RuleErrors, compile_condition
from rules.store.problems import RecordErrors, RecordProblem, say

# What a ticket's coarse status becomes when it reaches a node of this kind.
STATUS_AT = {
    "start": "open",  # a ticket sent back to the start is not new any more
    "step": "open",
    "waiting": "pending",
    "resolved": "resolved",
    "closed": "closed",
    "cancelled": "cancelled",
}
# From here nothing goes on; a resolved ticket may be opened again.
FINAL = ("closed", "cancelled")


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    key: str
    label: dict
    kind: str
    asks: tuple[str, ...]
    assign: str
    department: str
    person: str

    @property
    def status(self) -> str:
        return STATUS_AT[self.kind]

    @property
    def is_end(self) -> bool:
        return self.kind in ENDS


@dataclass(frozen=True, kw_only=True)
class StepSpec:
    """One transition: a button. `who`: anyone, assignee or department."""

    key: str
    from_node: str
    to_node: str
    label: dict
    condition: object
    is_conditional: bool
    who: str
    department: str
    department_name: str
    needs_answers: bool


@dataclass(frozen=True, kw_only=True)
class TicketTypeRuntime:
    name: dict
    description: dict
    fields: tuple[FieldSpec, ...]
    logic: FormLogic
    access: FieldAccess
    nodes: Mapping[str, NodeSpec]
    transitions: Mapping[str, StepSpec]

    @cached_property
    def start(self) -> NodeSpec:
        return next(node for node in self.nodes.values() if node.kind == "start")

    @cached_property
    def field_named(self) -> dict[str, FieldSpec]:
        return {spec.name: spec for spec in self.fields}

    def fields_at(self, node: str) -> tuple[FieldSpec, ...]:
        """What is asked at `node`, in the order of the form."""
        asked = self.nodes[node].asks
        return tuple(spec for spec in self.fields if spec.name in asked)

    def fields_to_ask(self, node: str, answers: Mapping) -> tuple[FieldSpec, ...]:
        """What is asked of an open ticket at `node`. What it was opened with stays as it was said."""
        asked = self.fields_at(node)
        return tuple(s for s in asked if s.name not in answers) if node == self.start.key else asked

    def steps_from(self, node: str) -> list[StepSpec]:
        return [step for step in self.transitions.values() if step.from_node == node]

    def end_for(self, outcome: str) -> NodeSpec | None:
        """The first end with this outcome, else the first end of any."""
        ends = [node for node in self.nodes.values() if node.is_end]
        return next((node for node in ends if node.kind == outcome), next(iter(ends), None))


def compile_ticket_type(document: dict) -> TicketTypeRuntime:
    """Raises RecordErrors with every problem, each at its place on the form."""
    fields = document["fields"]
    nodes = [read_node(row) for row in document["nodes"]]
    transitions = [read_transition(row) for row in document["transitions"]]
    specs = compile_fields(fields)
    wrong = problems_of(fields, taken=TAKEN_NAMES)
    logic = compile_logic(specs, problems=wrong)
    problems = [
        RecordProblem(("form", found.index, found.part), of_field(specs[found.index], found.sentence))
        for found in wrong
    ]
    problems += problems_of_nodes(nodes, field_names={field["name"] for field in fields})
    problems += problems_of_transitions(nodes, transitions)
    steps = compile_transitions(transitions, vocabulary=vocabulary_of(specs), problems=problems)
    if problems:
        raise RecordErrors(problems)
    return TicketTypeRuntime(
        name=document["name"],
        description=document["description"],
        fields=specs,
        logic=logic,
        access=FieldAccess(document.get("access", {})),
        nodes={node["key"]: node_of(node) for node in nodes},
        transitions={step.key: step for step in steps},
    )


def of_field(spec: FieldSpec, sentence) -> str:
    """The page shows a form's problems together, so each says which field it is about."""
    label = said(spec.label, get_language())
    return _("“%(field)s”: %(sentence)s") % {"field": label, "sentence": say(sentence)} if label else sentence


def node_of(row: dict) -> NodeSpec:
    return NodeSpec(
        key=row["key"],
        label=row["label"],
        kind=row["kind"],
        asks=tuple(row["asks"]),
        assign=row["assign"],
        department=row["department"],
        person=row["person"],
    )


def compile_transitions(rows: Iterable[dict], *, vocabulary, problems: list) -> list[StepSpec]:
    """The steps; what is wrong with a condition is added to `problems`."""
    steps = []
    for index, row in enumerate(rows):
        try:
            condition = compile_condition(row["condition"], vocabulary)
        except RuleErrors as errors:
            problems += [
                RecordProblem(("transitions", index, "condition"), found.sentence)
                for found in errors.problems
            ]
            continue
        steps.append(
            StepSpec(
                key=row["key"],
                from_node=row["from"],
                to_node=row["to"],
                label=row["label"],
                condition=condition,
                is_conditional=bool(condition.names),
                who=row["who"],
                department=row["department"],
                department_name=row["department_name"],
                needs_answers=row["needs_answers"],
            )
        )
    return steps


def problems_of_nodes(nodes: list[dict], *, field_names: set[str]) -> list[RecordProblem]:
    problems, seen = [], set()
    if not nodes:
        return [
            RecordProblem(("nodes",), _("Add the steps a ticket goes through: a start and an end at least."))
        ]
    for index, node in enumerate(nodes):
        if node["key"] in seen:
            problems.append(RecordProblem(("nodes", index, "key"), _("Another step has this short name.")))
        seen.add(node["key"])
        problems += [
            RecordProblem(("nodes", index, "asks"), _("The form has no field “%(name)s”.") % {"name": name})
            for name in node["asks"]
            if name not in field_names
        ]
        for who in ("department", "person"):
            if node["assign"] == who and not node[who]:
                problems.append(RecordProblem(("nodes", index, who), _("Choose who has the ticket here.")))
    starts = [index for index, node in enumerate(nodes) if node["kind"] == "start"]
    if not starts:
        problems.append(RecordProblem(("nodes",), _("No step is the start, so no ticket could begin.")))
    problems += [
        RecordProblem(("nodes", index, "kind"), _("Only one step can be the start."))
        for index in starts[1:]
    ]  # fmt: skip
    return problems


def problems_of_transitions(nodes: list[dict], transitions: list[dict]) -> list[RecordProblem]:
    kinds = {node["key"]: node["kind"] for node in nodes}
    problems = []
    for index, row in enumerate(transitions):
        for end in ("from", "to"):
            if row[end] not in kinds:
                sentence = _("There is no step “%(name)s”.") % {"name": row[end]}
                problems.append(RecordProblem(("transitions", index, end), sentence))
        if kinds.get(row["from"]) in FINAL:
            sentence = _("A closed or cancelled ticket goes no further.")
            problems.append(RecordProblem(("transitions", index, "from"), sentence))
        if row["who"] == "department" and not row["department"]:
            sentence = _("Choose the department whose people may press it.")
            problems.append(RecordProblem(("transitions", index, "department"), sentence))
    return problems or problems_of_shape(nodes, transitions)


def problems_of_shape(nodes: list[dict], transitions: list[dict]) -> list[RecordProblem]:
    """Steps no ticket reaches, and steps no ticket leaves."""
    onward = {node["key"]: set() for node in nodes}
    back = {node["key"]: set() for node in nodes}
    for row in transitions:
        onward[row["from"]].add(row["to"])
        back[row["to"]].add(row["from"])
    reached = reachable([node["key"] for node in nodes if node["kind"] == "start"], onward)
    ending = reachable([node["key"] for node in nodes if node["kind"] in ENDS], back)
    problems = []
    for index, node in enumerate(nodes):
        if node["key"] not in reached:
            sentence = _("No transition leads to this step.")
            problems.append(RecordProblem(("nodes", index, "label"), sentence))
        if node["key"] not in ending:
            sentence = _("From this step no transition leads to an end.")
            problems.append(RecordProblem(("nodes", index, "label"), sentence))
    return problems


def reachable(begin: Iterable[str], next_of: Mapping[str, set[str]]) -> set[str]:
    found, waiting = set(), list(begin)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += next_of[key]
    return found

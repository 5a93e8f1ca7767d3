"""A ticket type as tickets see it: immutable, compiled once from a version's document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from flows.forms.fields import FieldSpec, compile_fields, problems_of
from flows.forms.logic import FormLogic, compile_logic
from flows.forms.texts import said
from flows.tickets.assignment.entries import Entry, compile_assignment
from flows.tickets.automatic import action_vocabulary
from flows.tickets.checks import matches_of, problems_of_flow, reachable, regions_of
from flows.tickets.facts import TAKEN_NAMES, vocabulary_of
from flows.tickets.field_access import FieldAccess
from flows.tickets.flow import ENDS, MANNED, PASSED, read_node, read_transition
from flows.tickets.service_levels.levels import (
    NONE,
    Level,
    ServiceLevels,
    compile_service_levels,
    compile_time_limits,
    problems_of_places,
)
from rules.engine import RuleErrors, compile_actions, compile_condition
from rules.store.fields import always
from rules.store.problems import RecordErrors, RecordProblem, say

# What a ticket's coarse status becomes when it reaches a node of this kind.
STATUS_AT = {
    "start": "open",  # a ticket sent back to the start is not new any more
    "step": "open",
    "waiting": "pending",
    "approval": "open",
    "wait": "pending",
    "subflow": "pending",
    "join": "pending",
    "choice": "open",
    "split": "open",
    "actions": "open",
    "resolved": "resolved",
    "closed": "closed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """`actions`: what is done here, as compile_actions gives it. The other parts are as in the document."""

    key: str
    label: dict
    kind: str
    asks: tuple[str, ...]
    assign: str
    department: str
    person: str
    assignment: tuple[Entry, ...] = ()  # where `assign` is "rules"
    approval: Mapping = field(default_factory=dict)
    tiers: tuple = ()
    join: Mapping = field(default_factory=dict)
    subflow: Mapping = field(default_factory=dict)
    actions: tuple[Mapping, ...] = ()
    wait: Mapping = field(default_factory=dict)
    time_limit: Level | None = None

    @property
    def status(self) -> str:
        return STATUS_AT[self.kind]

    @property
    def is_end(self) -> bool:
        return self.kind in ENDS

    @property
    def is_manned(self) -> bool:
        return self.kind in MANNED


@dataclass(frozen=True, kw_only=True)
class StepSpec:
    """One transition. `who` may press it: anyone, assignee or department."""

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
    trigger: str = "button"
    is_default: bool = False
    actions: tuple[Mapping, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TicketTypeRuntime:
    name: dict
    description: dict
    fields: tuple[FieldSpec, ...]
    logic: FormLogic
    access: FieldAccess
    nodes: Mapping[str, NodeSpec]
    transitions: Mapping[str, StepSpec]
    service_levels: ServiceLevels = NONE

    @cached_property
    def has_time_limits(self) -> bool:
        limits = (node.time_limit for node in self.nodes.values())
        return bool(self.service_levels.by_measure) or any(limits)

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

    def ways_from(self, node: str) -> list[StepSpec]:
        return self._ways.get(node, [])

    def steps_from(self, node: str) -> list[StepSpec]:
        """The buttons at `node`."""
        passes = self.nodes[node].kind in PASSED
        return [] if passes else [step for step in self.ways_from(node) if step.trigger == "button"]

    def automatic_from(self, node: str) -> list[StepSpec]:
        """What a ticket takes by itself from `node`."""
        passes = self.nodes[node].kind in PASSED
        return [step for step in self.ways_from(node) if passes or step.trigger == "auto"]

    def triggered(self, node: str, trigger: str) -> list[StepSpec]:
        return [step for step in self.ways_from(node) if step.trigger == trigger]

    @cached_property
    def _ways(self) -> dict[str, list[StepSpec]]:
        ways = {}
        for step in self.transitions.values():
            ways.setdefault(step.from_node, []).append(step)
        return ways

    @cached_property
    def regions(self) -> dict[str, frozenset[str]]:
        """For each join the steps between it and its split: from there a ticket may still come to it."""
        return regions_of(self._matches)

    def left_behind(self, begin: str, end: str) -> frozenset[str]:
        """The steps that are not needed any more when a ticket goes from one parallel way to `end` around
        the join: back to where its split begins again, or out of all that is parallel."""
        around = {join for join, region in self.regions.items() if begin in region}
        closed = set()
        for join in around:
            region = self.regions[join] | {join}
            outer = around - {join}
            is_out = not any(end in self.regions[other] | {other} for other in around)
            if end not in region and (is_out or self._splits_again(end, join, without=outer)):
                closed |= region
        return frozenset(closed)

    def _splits_again(self, begin: str, join: str, *, without: set[str]) -> bool:
        onward = {key: {step.to_node for step in self.ways_from(key)} for key in self.nodes}
        reached = reachable([begin], onward, without={join} | without)
        return not reached.isdisjoint(self._matches[join])

    @cached_property
    def _matches(self) -> dict:
        return matches_of(
            {key: node.kind for key, node in self.nodes.items()},
            [(step.from_node, step.to_node) for step in self.transitions.values()],
        )

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
    problems += problems_of_flow(document)
    vocabulary, doing = vocabulary_of(specs), action_vocabulary(specs)
    assignments = compile_assignments(nodes, specs=specs, vocabulary=vocabulary, problems=problems)
    nodes = [
        compile_node(row, index, vocabulary, doing, problems, assignments.get(row["key"], ()))
        for index, row in enumerate(nodes)
    ]
    steps = compile_transitions(transitions, vocabulary=vocabulary, doing=doing, problems=problems)
    service_levels = compile_service_levels(document.get("service_levels"), problems=problems)
    problems += problems_of_places(document)
    if problems:
        raise RecordErrors(problems)
    return TicketTypeRuntime(
        name=document["name"],
        description=document["description"],
        fields=specs,
        logic=logic,
        access=FieldAccess(document.get("access", {})),
        nodes={node.key: node for node in nodes},
        transitions={step.key: step for step in steps},
        service_levels=service_levels,
    )


def of_field(spec: FieldSpec, sentence) -> str:
    """The page shows a form's problems together, so each says which field it is about."""
    label = said(spec.label, get_language())
    return _("“%(field)s”: %(sentence)s") % {"field": label, "sentence": say(sentence)} if label else sentence


def compile_assignments(
    nodes: list[dict], *, specs, vocabulary, problems: list
) -> dict[str, tuple[Entry, ...]]:
    """The lists of the steps where rules say who has a ticket; what is wrong is added to `problems`."""
    found = {}
    for index, node in enumerate(nodes):
        if node["assign"] == "rules" and node["kind"] in MANNED:
            found[node["key"]], wrong = compile_assignment(
                node["assignment"],
                specs=specs,
                vocabulary=vocabulary,
                path=("nodes", index, "assignment"),
            )
            problems += wrong
    return found


def compile_node(
    row: dict, index: int, vocabulary, doing, problems: list, assignment: tuple[Entry, ...]
) -> NodeSpec:
    """The node; what is wrong with its conditions and actions is added to `problems`."""
    path = ("nodes", index)
    tiers = [
        (
            compiled(
                compile_condition, tier.get("condition", always()), vocabulary, (*path, "approval"), problems
            ),
            tuple(tier.get("approvers", ())),
        )
        for tier in row["approval"].get("tiers", ())
    ]
    return NodeSpec(
        key=row["key"],
        label=row["label"],
        kind=row["kind"],
        asks=tuple(row["asks"]),
        assign=row["assign"],
        department=row["department"],
        person=row["person"],
        assignment=assignment,
        approval=row["approval"],
        tiers=tuple(tiers),
        join=row["join"],
        subflow=row["subflow"],
        actions=compiled(compile_actions, row["actions"], doing, (*path, "actions"), problems) or (),
        wait=row["wait"],
        time_limit=compile_time_limits(row["time_limits"], problems=problems),
    )


def compiled(compiler, written, vocabulary, path: tuple, problems: list):
    try:
        return compiler(written, vocabulary)
    except RuleErrors as errors:
        problems += [RecordProblem(path, found.sentence) for found in errors.problems]
        return None


def compile_transitions(rows: Iterable[dict], *, vocabulary, doing, problems: list) -> list[StepSpec]:
    """The steps; what is wrong with a condition or an action is added to `problems`."""
    steps = []
    for index, row in enumerate(rows):
        path = ("transitions", index)
        condition = compiled(compile_condition, row["condition"], vocabulary, (*path, "condition"), problems)
        actions = compiled(compile_actions, row["actions"], doing, (*path, "actions"), problems)
        if condition is None or actions is None:
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
                trigger=row["trigger"],
                is_default=row["is_default"],
                actions=actions,
            )
        )
    return steps

"""What is wrong with a flow is told at the step or transition where it can be mended."""

import pytest

from flows.tickets.flow import flow_document
from flows.tickets.models import TicketType
from flows.tickets.runtime import compile_ticket_type
from rules.store.problems import RecordErrors, say
from tests.tickets.conftest import LARGE, STORY, does, flow, node, press
from tests.tickets.test_stepping import (  # noqa: F401
    FORM,
    NAMES,
    a_choice,
    a_split,
    acting,
    live,
    waiting,
    with_parts,
)

FIELDS = [
    {"name": "story", "kind": "long_text", "label": {"zh": "经过", "en": "Story"}},
    {
        "name": "amount",
        "kind": "money",
        "label": {"zh": "金额", "en": "Amount"},
        "limits": {"currency": "CNY"},
    },
    {"name": "day", "kind": "date", "label": {"zh": "日期", "en": "Day"}},
]
START = node("new", kind="start", asks=["story", "amount", "day"])
DONE = node("done", kind="resolved")


def told(*rows, start=START):
    """{(part, key, place): sentence} of what is wrong with this flow."""
    document = flow_document(flow(start, DONE, *rows))
    return {
        (path[0], document[path[0]][path[1]]["key"], *path[2:]) if len(path) > 1 else path: say(sentence)
        for path, sentence in ((found.path, found.sentence) for found in problems_of(document))
    }


def problems_of(document):
    try:
        compile_ticket_type({"name": {}, "description": {}, "fields": FIELDS} | document)
    except RecordErrors as errors:
        return errors.problems
    return []


@pytest.mark.parametrize(
    "rows", [a_choice(), a_split(), a_split("count", count=3), acting(does("add_tag", tag="x"))]
)
def test_a_sound_flow_has_no_problem(rows):
    assert told(*rows) == {}


def without(rows, key):
    return [row for row in rows if row["key"] != key]


def changed(rows, key, **more):
    return [row | more if row["key"] == key else row for row in rows]


def approving(**approval):
    usual = {"mode": "any", "approvers": [{"type": "person", "name": "boss"}]}
    return [
        node("ask", kind="approval", approval=usual | approval),
        press("new", "ask"),
        press("ask", "done", trigger="approved"),
        press("ask", "new", trigger="refused"),
    ]


ABOVE = {"condition": LARGE, "approvers": [{"name": "boss"}]}
A_CIRCLE = [
    node("a", kind="actions", actions=[does("add_tag", tag="x")]),
    node("b", kind="choice"),
    press("new", "a"),
    press("a", "b"),
    press("b", "a", is_default=True),
    press("b", "done", condition=LARGE),
]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (changed(a_choice(), "which-done", is_default=False, condition=LARGE), ("nodes", "which", "kind")),
        (without(a_split(), "new-split"), ("nodes", "split", "label")),
        (without(a_split(), "after-done"), ("nodes", "after", "label")),
        (changed(a_split(), "join", kind="step"), ("nodes", "split", "kind")),
        (changed(a_split(), "split", kind="step"), ("nodes", "join", "kind")),
        (changed(a_split(), "join", join={"mode": "count"}), ("nodes", "join", "join")),
        (changed(a_split(), "join", join={"mode": "count", "count": 4}), ("nodes", "join", "join")),
        (A_CIRCLE, ("nodes", "a", "kind")),
        (A_CIRCLE, ("nodes", "b", "kind")),
        (acting(), ("nodes", "act", "actions")),
        (acting(does("call_webhook", url="ftp://x")), ("nodes", "act", "actions")),
        (acting(does("set_field", field="day", value="昨天")), ("nodes", "act", "actions")),
        (waiting(mode="duration"), ("nodes", "wait", "wait")),
        (waiting(mode="until", field="story"), ("nodes", "wait", "wait")),
        (waiting(mode="event"), ("nodes", "wait", "wait")),
        (waiting(), ("nodes", "wait", "wait")),
        (changed(waiting(mode="event", event="x"), "wait-check", trigger=""), ("nodes", "wait", "kind")),
        (with_parts("count", 4), ("nodes", "parts", "subflow")),
        (changed(with_parts(), "parts", subflow={}), ("nodes", "parts", "subflow")),
        (approving(approvers=[]), ("nodes", "ask", "approval")),
        (approving(approvers=[{"type": "person", "name": ""}]), ("nodes", "ask", "approval")),
        (approving(mode="count"), ("nodes", "ask", "approval")),
        (approving(mode="count", count=2), ("nodes", "ask", "approval")),
        (approving(approvers=[], tiers=[ABOVE]), ("nodes", "ask", "approval")),
        (without(approving(), "ask-new"), ("nodes", "ask", "approval")),
        (changed(approving(), "new-ask", trigger="approved"), ("transitions", "new-ask", "trigger")),
        ([node("a", assign="rules"), press("new", "a"), press("a", "done")], ("nodes", "a", "assignment")),
        (
            [
                node("a", assign="rules", assignment=[{"condition": LARGE}]),
                press("new", "a"),
                press("a", "done"),
            ],
            ("nodes", "a", "assignment", 0, "strategy"),
        ),
        (
            [node("a", assign="rules"), press("new", "a"), press("a", "done")],
            ("nodes", "a", "department"),
        ),
    ],
)  # fmt: skip
def test_a_broken_flow_is_marked_at_its_place(rows, place):
    assert place in told(*rows)


def test_a_field_that_is_used_but_not_asked_on_every_way_is_told_at_the_condition():
    start = node("new", kind="start", asks=["story"])
    asks_it = [
        node("ask", asks=["amount"]),
        node("which", kind="choice"),
        press("new", "ask"),
        press("ask", "which"),
        press("which", "done", key="big", condition=LARGE),
        press("which", "done", key="small", is_default=True),
    ]
    assert told(*asks_it, start=start) == {}
    assert list(told(*asks_it, press("new", "which"), start=start)) == [("transitions", "big", "condition")]
    rows = waiting(mode="until", field="day")
    assert list(told(*rows, start=start)) == [("nodes", "wait", "wait")]


def test_on_parallel_ways_all_that_was_asked_is_known_behind_the_join():
    start = node("new", kind="start", asks=["story"])
    rows = changed(a_split(), "b", asks=["amount"])
    rows = changed(rows, "after-done", condition=LARGE)
    assert told(*rows, start=start) == {}


# What the flow names


@pytest.fixture
def problems(departments):
    def problems(*rows, slug="case"):
        record = TicketType(
            name="x", slug=slug, form=FORM, flow=flow(node("new", kind="start", asks=NAMES), DONE, *rows)
        )
        nodes = record.document()["nodes"]
        return {
            (nodes[found.path[1]]["key"], found.path[2]): str(found.sentence)
            for found in record.problems()
            if found.path[0] == "nodes"
        }

    return problems


def test_who_approves_must_be_there(problems, agent, departments):
    assert problems(*approving(approvers=[{"type": "person", "name": "agent"}])) == {}
    assert problems(*approving(approvers=[{"type": "role", "name": "Agents"}])) == {}
    assert problems(*approving(approvers=[{"type": "department", "name": "quality"}])) == {}
    for kind, name in (("person", "gone"), ("role", "Agentz"), ("department", "gone")):
        found = problems(*approving(approvers=[{"type": kind, "name": name}]))
        assert list(found) == [("ask", "approval")]
    agent.is_active = False
    agent.save()
    assert problems(*approving(approvers=[{"type": "role", "name": "Agents"}]))


def test_a_department_where_nobody_works_is_told(problems, departments):
    rows = [
        node("a", assign="department", department="quality"),
        press("new", "a"),
        press("a", "done"),
    ]
    assert problems(*rows) == {}
    departments["quality"].staff.update(is_active=False)
    assert "Quality" in problems(*rows)[("a", "department")]


def test_a_sub_flow_needs_a_live_type(problems, live):  # noqa: F811
    assert list(problems(*with_parts())) == [("parts", "subflow")]
    live(press("new", "done"), slug="part", form=[STORY])
    assert problems(*with_parts()) == {}
    assert list(problems(*acting(does("create_ticket", ticket_type="gone")))) == [("act", "actions")]


def test_types_that_would_open_each_other_without_end_are_told(problems, live):  # noqa: F811
    assert list(problems(*with_parts(), slug="part")) == [("parts", "subflow")]
    live(press("new", "done"), slug="part", form=[STORY])
    live(*with_parts(), slug="middle")
    outer = changed(with_parts(), "parts", subflow={"tickets": [{"ticket_type": "middle"}]})
    assert problems(*outer) == {}
    assert list(problems(*outer, slug="part")) == [("parts", "subflow")]

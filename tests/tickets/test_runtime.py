import pytest
from django.utils.translation import override

from flows.tickets.models import Node, Transition
from rules.store.problems import RecordErrors
from tests.tickets.conftest import AMOUNT, ANSWER, ORDER, STORY, refund_type

pytestmark = pytest.mark.django_db


def problems(record):
    return {problem.path: str(problem.sentence) for problem in record.problems()}


def node(record, key):
    return record.nodes.get(key=key)


def press(record, begin, end):
    return record.transitions.get(from_node=begin, to_node=end)


def test_a_whole_type_has_no_problem(departments):
    assert refund_type().problems() == []


def test_an_empty_type_says_what_to_add():
    assert ("nodes",) in problems(refund_type(slug="x").__class__(name="空", slug="x"))


def test_a_flow_has_exactly_one_start():
    record = refund_type()
    node(record, "handling").kind = "start"
    assert ("nodes", 1, "kind") in problems(record)
    node(record, "handling").kind = node(record, "new").kind = "step"
    assert ("nodes",) in problems(record)


def test_a_step_that_nothing_leads_to_is_marked():
    record = refund_type()
    record.nodes.add(Node(sort_order=9, label="孤岛", key="island"))
    record.transitions.add(Transition(label="离开", from_node="island", to_node="done"))
    assert set(problems(record)) == {("nodes", 5, "label")}


def test_a_step_without_a_way_to_an_end_is_marked():
    record = refund_type()
    record.transitions.remove(press(record, "approval", "done"))
    assert set(problems(record)) == {("nodes", 2, "label")}


def test_names_that_do_not_exist_are_marked_where_they_stand():
    record = refund_type()
    press(record, "approval", "done").to_node = "哪里"
    node(record, "handling").asks = "答复, 没有的字段"
    assert set(problems(record)) == {("transitions", 3, "to_node"), ("nodes", 1, "asks")}
    assert "没有的字段" in problems(record)[("nodes", 1, "asks")]


def test_two_steps_of_one_short_name_are_marked():
    record = refund_type()
    node(record, "approval").key = "handling"
    assert ("nodes", 2, "key") in problems(record)


def test_a_condition_over_an_unknown_field_is_marked():
    record = refund_type()
    press(record, "handling", "approval").condition = {
        "all": [{"name": "gone", "operator": "equal_to", "value": "x"}]
    }
    assert set(problems(record)) == {("transitions", 2, "condition")}


def test_nothing_leads_on_from_a_cancelled_ticket():
    record = refund_type()
    record.transitions.add(Transition(sort_order=9, label="复活", from_node="cancelled", to_node="new"))
    assert ("transitions", 6, "from_node") in problems(record)


def test_a_step_for_a_department_or_person_names_one():
    record = refund_type()
    node(record, "handling").assign = "department"
    node(record, "approval").assign = "person"
    assert set(problems(record)) == {("nodes", 1, "department"), ("nodes", 2, "person")}


def test_a_person_who_left_is_told(agent):
    agent.is_active = False
    agent.save()
    record = refund_type()
    node(record, "approval").assign, node(record, "approval").person = "person", agent
    assert set(problems(record)) == {("nodes", 2, "person")}


def test_a_field_may_not_take_the_name_of_what_every_ticket_has():
    record = refund_type(form=[{"type": "text", "value": {"label": "Text"}}, *refund_type().form.raw_data])
    assert ("form", 0, "name") in problems(record)


def test_what_does_not_compile_raises_every_problem():
    with pytest.raises(RecordErrors) as told:
        refund_type().compile({"name": {}, "description": {}, "fields": [], "nodes": [], "transitions": []})
    assert told.value.problems


def test_steps_and_fields_are_found_by_label_or_short_name():
    record = refund_type()
    press(record, "new", "handling").to_node = "Handling"
    assert record.problems() == []
    assert record.document()["transitions"][0]["to"] == "handling"


def test_a_problem_of_the_form_says_which_field_it_is_about(departments):
    amount = AMOUNT["value"] | {
        "visible_if": {"all": [{"name": "gone", "operator": "is_true", "value": True}]}
    }
    record = refund_type(form=[STORY, AMOUNT | {"value": amount}, ORDER, ANSWER])
    [problem] = [found for found in record.problems() if found.path[0] == "form"]
    assert problem.path == ("form", 1, "visible_if")
    with override("en"):
        assert "Amount" in str(next(f for f in record.problems() if f.path[0] == "form").sentence)

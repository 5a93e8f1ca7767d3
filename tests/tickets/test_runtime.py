import pytest
from django.utils.translation import override

from rules.store.problems import RecordErrors
from tests.tickets.conftest import AMOUNT, ANSWER, ORDER, STORY, node, node_of, press, press_of, refund_type

pytestmark = pytest.mark.django_db


def problems(record):
    return {problem.path: str(problem.sentence) for problem in record.problems()}


def test_a_whole_type_has_no_problem(departments):
    assert refund_type().problems() == []


def test_an_empty_type_says_what_to_add():
    assert ("nodes",) in problems(refund_type(slug="x").__class__(name="空", slug="x"))


def test_a_flow_has_exactly_one_start():
    record = refund_type()
    node_of(record, "handling")["kind"] = "start"
    assert ("nodes", 1, "kind") in problems(record)
    node_of(record, "handling")["kind"] = node_of(record, "new")["kind"] = "step"
    assert ("nodes",) in problems(record)


def test_a_step_that_nothing_leads_to_is_marked():
    record = refund_type()
    record.flow["nodes"].append(node("island", "孤岛"))
    record.flow["transitions"].append(press("island", "done", "离开"))
    assert set(problems(record)) == {("nodes", 5, "label")}


def test_a_step_without_a_way_to_an_end_is_marked():
    record = refund_type()
    record.flow["transitions"].remove(press_of(record, "approval", "done"))
    assert set(problems(record)) == {("nodes", 2, "label")}


def test_names_that_do_not_exist_are_marked_where_they_stand():
    record = refund_type()
    press_of(record, "approval", "done")["to"] = "哪里"
    node_of(record, "handling")["asks"] = ["reply", "没有的字段"]
    assert set(problems(record)) == {("transitions", 3, "to"), ("nodes", 1, "asks")}
    assert "没有的字段" in problems(record)[("nodes", 1, "asks")]


def test_two_steps_of_one_short_name_are_marked():
    record = refund_type()
    node_of(record, "approval")["key"] = "handling"
    assert ("nodes", 2, "key") in problems(record)


def test_a_condition_over_an_unknown_field_is_marked():
    record = refund_type()
    press_of(record, "handling", "approval")["condition"] = {
        "all": [{"name": "gone", "operator": "equal_to", "value": "x"}]
    }
    assert set(problems(record)) == {("transitions", 2, "condition")}


def test_nothing_leads_on_from_a_cancelled_ticket():
    record = refund_type()
    record.flow["transitions"].append(press("cancelled", "new", "复活"))
    assert ("transitions", 6, "from") in problems(record)


def test_a_step_for_a_department_or_person_names_one():
    record = refund_type()
    node_of(record, "handling")["assign"] = "department"
    node_of(record, "approval")["assign"] = "person"
    assert set(problems(record)) == {("nodes", 1, "department"), ("nodes", 2, "person")}


def test_a_person_who_left_is_told(agent):
    agent.is_active = False
    agent.save()
    record = refund_type()
    node_of(record, "approval").update(assign="person", person=agent.username)
    assert set(problems(record)) == {("nodes", 2, "person")}


def test_a_field_may_not_take_the_name_of_what_every_ticket_has():
    record = refund_type(form=[{"type": "text", "value": {"label": "Text"}}, *refund_type().form.raw_data])
    assert ("form", 0, "name") in problems(record)


def test_what_does_not_compile_raises_every_problem():
    with pytest.raises(RecordErrors) as told:
        refund_type().compile({"name": {}, "description": {}, "fields": [], "nodes": [], "transitions": []})
    assert told.value.problems


def test_a_department_that_is_gone_is_told(departments):
    record = refund_type()
    node_of(record, "approval").update(assign="department", department="quality")
    assert record.problems() == []
    departments["quality"].delete()
    assert set(problems(record)) == {("nodes", 2, "department")}


def test_departments_and_people_are_called_as_they_are_called_now(departments, agent):
    record = refund_type()
    node_of(record, "approval").update(assign="department", department="quality", department_name="old")
    node_of(record, "handling").update(assign="person", person="agent", person_name="old")
    nodes = record.document()["nodes"]
    assert (nodes[2]["department_name"], nodes[1]["person_name"]) == ("Quality", str(agent))


def test_what_a_flow_leaves_out_has_its_usual_meaning(departments):
    record = refund_type()
    bare = {"nodes": [], "transitions": []}
    for part, needed in (
        ("nodes", ("label", "kind", "asks", "key")),
        ("transitions", ("label", "from", "to")),
    ):
        bare[part] = [{key: row[key] for key in needed if key in row} for row in record.flow[part]]
    record.flow = bare
    assert record.problems() == []
    steps = record.compile(record.document()).transitions
    assert steps["new-cancelled"].needs_answers
    assert steps["new-cancelled"].who == "anyone"


@pytest.mark.parametrize(
    ("flow", "path"),
    [
        ([], ("nodes",)),
        ({"nodes": {}}, ("nodes",)),
        ({"nodes": [3]}, ("nodes", 0)),
        ({"nodes": [{"label": "x"}]}, ("nodes", 0, "label")),
        ({"nodes": [{"label": {"zh": 5}}]}, ("nodes", 0, "label")),
        ({"nodes": [{"kind": []}]}, ("nodes", 0, "kind")),
        ({"nodes": [{"kind": "party"}]}, ("nodes", 0, "kind")),
        ({"nodes": [{"asks": "story"}]}, ("nodes", 0, "asks")),
        ({"nodes": [{"colour": "red"}]}, ("nodes", 0, "colour")),
        ({"nodes": [{"position": {"x": "left"}}]}, ("nodes", 0, "position")),
        ({"nodes": [{"approval": {"percent": True}}]}, ("nodes", 0, "approval")),
        ({"nodes": [{"approval": {"percent": 101}}]}, ("nodes", 0, "approval")),
        ({"transitions": [{"condition": []}]}, ("transitions", 0, "condition")),
        ({"transitions": [{"actions": [{"name": {}}]}]}, ("transitions", 0, "actions")),
    ],
)
def test_a_flow_that_cannot_be_read_is_told_at_its_place(flow, path):
    record = refund_type(flow=flow)
    assert path in problems(record)
    record.document()


def test_a_problem_of_the_form_says_which_field_it_is_about(departments):
    amount = AMOUNT["value"] | {
        "visible_if": {"all": [{"name": "gone", "operator": "is_true", "value": True}]}
    }
    record = refund_type(form=[STORY, AMOUNT | {"value": amount}, ORDER, ANSWER])
    [problem] = [found for found in record.problems() if found.path[0] == "form"]
    assert problem.path == ("form", 1, "visible_if")
    with override("en"):
        assert "Amount" in str(next(f for f in record.problems() if f.path[0] == "form").sentence)

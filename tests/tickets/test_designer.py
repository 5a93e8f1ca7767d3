"""The designer's server side: checking while drawing, comparing in a drawing, walking a trial ticket."""

import json
import re

import pytest
from django.urls import reverse

from flows.tickets.designer.comparing import drawing_of_change
from flows.tickets.models import Ticket, TicketEvent, TicketType
from rules.editor.widgets import token_for
from rules.store.actions import request_review
from rules.store.models import Version
from tests.tickets.conftest import flow, node, press, press_of, refund_type

FILE = {"type": "file", "value": {"label": "照片", "name": "photo", "required": True}}


@pytest.fixture
def designs(client, designer):
    client.force_login(designer)
    return client


@pytest.fixture
def draft(departments):
    record = refund_type()
    record.live = False
    record.save()
    return record


def address(name, *args):
    return reverse(TicketType.snippet_viewset.get_url_name(name), args=args)


# Checking


@pytest.fixture
def problems(designs, draft):
    """problems(flow, fields): what the page is told."""

    def problems(flow, fields=()):
        asked = {"token": token_for(draft, "routing"), "document": flow, "fields": list(fields)}
        answer = designs.post(reverse("tickets_check_flow"), asked, content_type="application/json")
        assert answer.status_code == 200
        return answer.json()["problems"]

    return problems


def test_a_sound_flow_has_no_problems(problems, draft):
    assert problems(draft.flow) == []


def test_a_broken_flow_is_marked_at_its_node(problems, draft):
    draft.flow["nodes"].append(node("lost", "迷路"))
    assert {(one["node"], one["transition"]) for one in problems(draft.flow)} == {("lost", "")}


def test_a_broken_condition_is_marked_at_its_transition(problems, draft):
    row = press_of(draft, "new", "handling")
    row["condition"] = {"all": [{"name": "weather", "operator": "equal_to", "value": 1}]}
    [problem] = problems(draft.flow)
    assert (problem["node"], problem["transition"]) == ("", "new-handling")
    assert problem["sentence"]


def test_a_field_typed_a_moment_ago_may_be_asked(problems, draft):
    draft.flow["nodes"][1]["asks"].append("colour")
    [problem] = problems(draft.flow)
    assert problem["node"] == "handling"
    assert problems(draft.flow, [{"name": "colour", "label": "颜色"}]) == []


def test_a_person_who_left_is_marked_where_they_are_named(problems, draft, agent):
    draft.flow["nodes"][1] |= {"assign": "person", "person": agent.username}
    assert problems(draft.flow) == []
    agent.is_active = False
    agent.save()
    assert [one["node"] for one in problems(draft.flow)] == ["handling"]


@pytest.mark.parametrize("document", [None, [], 3, {"nodes": [3]}, {"nodes": {}}, {"nodes": [{"label": 1}]}])
def test_what_is_no_flow_is_told_and_never_fails(problems, document):
    assert problems(document)


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"token": 1}', '{"token": "made up", "document": {}}', '{"document": {}}']
)
def test_only_a_page_of_ours_may_ask(designs, body):
    answer = designs.post(reverse("tickets_check_flow"), body, content_type="application/json")
    assert answer.status_code == 400


def test_the_page_offers_what_a_flow_may_name(designs, draft, agent):
    page = designs.get(address("edit", draft.pk)).content.decode()
    words = json.loads(re.search(r'<script id="flow-words"[^>]*>(.*?)</script>', page, re.S)[1])
    assert [one["name"] for one in words["fields"]] == ["story", "amount", "order_number", "reply"]
    assert {"name": "quality", "label": "Quality"} in words["departments"]
    assert agent.username in [one["name"] for one in words["people"]]
    assert words["walkUrl"] == address("walk", draft.pk)
    assert f'value="{words["token"]}"' not in page


def test_drafts_of_ticket_types_save_themselves(designs, draft):
    assert designs.get(address("edit", draft.pk)).context["autosave_enabled"]


# Comparing


def test_a_drawing_of_a_change_marks_what_was_added_removed_and_changed():
    begin = [node("a", kind="start"), press("a", "b")]
    before = flow(*begin, node("b"), node("c", kind="closed"), press("b", "c"))
    after = flow(*begin, node("b", asks=["story"]), node("d", kind="closed"), press("b", "d"))
    drawing = drawing_of_change(before, after)
    assert drawing["nodes"] == {"b": "changed", "c": "removed", "d": "added"}
    assert drawing["transitions"] == {"b-c": "removed", "b-d": "added"}
    assert [row["key"] for row in drawing["flow"]["nodes"]] == ["a", "b", "d", "c"]


def test_moving_a_step_on_the_drawing_changes_nothing():
    before = flow(node("a", kind="start", position={"x": 1, "y": 1}))
    after = flow(node("a", kind="start", position={"x": 300, "y": 1}))
    assert drawing_of_change(before, after)["nodes"] == {}


def test_versions_are_compared_in_a_drawing_beside_the_words(designs, refund, publish):
    record = refund.record.get_latest_revision_as_object()
    record.flow["nodes"][1]["label"] = {"zh": "客服处理", "en": "Handling"}
    publish(record)
    page = designs.get(address("versions_compare", record.pk, 1, 2)).content.decode()
    assert 'data-controller="flow-drawing"' in page
    assert '"handling": "changed"' in page


def test_a_reviewer_sees_the_drawing_of_what_changes(client, reviewer, designer, refund):
    record = refund.record.get_latest_revision_as_object()
    record.flow["nodes"].append(node("shelf", "搁置", kind="closed"))
    record.flow["transitions"].append(press("handling", "shelf", "搁置"))
    record.save_revision(user=designer)
    request_review(record=refund.record, by=designer)
    client.force_login(reviewer)
    page = client.get(address("review", record.pk)).content.decode()
    assert '"shelf": "added"' in page


# Walking


def walk(client, record, do, *, done="", person="", **answers):
    typed = {f"answer-{name}": value for name, value in answers.items()}
    return client.post(address("walk", record.pk), {"do": do, "done": done, "person": person} | typed)


STORY = {"story": "蛋糕坏了"}


def test_a_trial_ticket_goes_through_the_draft_and_nothing_is_stored(designs, draft, agent):
    opened = walk(designs, draft, "open:", person=agent.username, **STORY)
    assert "开始处理" in opened.context["state"]
    handled = walk(designs, draft, "press:new-handling", done=opened.context["done"], person=agent.username)
    assert handled.context["drawing"]["nodes"]["handling"] == "here"
    assert str(agent) in handled.context["state"]
    answered = walk(
        designs, draft, "press:handling-done", done=handled.context["done"], person=agent.username, reply="好"
    )
    assert answered.context["drawing"]["nodes"]["done"] == "here"
    for model in (Ticket, TicketEvent, Version):
        assert not model.objects.exists()


def test_a_trial_of_a_live_type_leaves_its_version_live(designs, refund, agent):
    walk(designs, refund.record, "open:", person=agent.username, **STORY)
    assert Version.objects.get().live_until is None


def test_what_was_typed_stays_when_a_step_of_a_trial_is_refused(designs, draft, agent):
    refused = walk(designs, draft, "open:", person=agent.username, amount="x", **STORY)
    assert "蛋糕坏了" in refused.context["state"]
    assert refused.context["done"] == "[]"


def test_a_trial_can_go_one_step_back(designs, draft, agent):
    opened = walk(designs, draft, "open:", person=agent.username, **STORY)
    done = walk(designs, draft, "press:new-handling", done=opened.context["done"], person=agent.username)
    back = walk(designs, draft, "back", done=done.context["done"], person=agent.username)
    assert back.context["drawing"]["nodes"]["new"] == "here"


def test_a_trial_shows_what_each_person_may_press(designs, draft, agent, reviewer):
    press_of(draft, "new", "handling")["who"] = "assignee"
    draft.save()
    opened = walk(designs, draft, "open:", person=agent.username, **STORY)
    assert "press:new-handling" not in opened.context["state"]
    assert "press:new-cancelled" in opened.context["state"]


def test_a_draft_that_cannot_run_says_what_to_mend(designs, draft):
    draft.flow["transitions"] = []
    draft.save()
    page = designs.get(address("walk", draft.pk))
    assert page.context["problems"]


def test_a_trial_asks_for_no_files(designs, draft, agent):
    draft.form = [*draft.form.raw_data, FILE]
    draft.flow["nodes"][0]["asks"].append("photo")
    draft.save()
    page = designs.get(address("walk", draft.pk))
    assert page.context["leaves_out_files"]
    assert "photo" not in page.context["state"]
    opened = walk(designs, draft, "open:", person=agent.username, **STORY)
    assert opened.context["done"] != "[]"


@pytest.mark.parametrize("done", ["{", "3", "[3]", '[{"by": 1, "act": "open"}]', '[{"x": ""}]'])
def test_a_trial_whose_past_cannot_be_read_begins_anew(designs, draft, done):
    page = walk(designs, draft, "look", done=done)
    assert page.status_code == 200
    assert page.context["done"] == "[]"


def test_only_designers_walk_drafts(client, agent, draft):
    client.force_login(agent)
    assert client.get(address("walk", draft.pk)).status_code in (302, 403)


# A trial of what happens by itself


class Walker:
    """Presses one button after another of a trial, as `person`."""

    def __init__(self, client, record, person):
        self.client, self.record, self.person, self.done = client, record, person, ""

    def __call__(self, do, *, by=None, **typed):
        person = (by or self.person).username
        page = walk(self.client, self.record, do, done=self.done, person=person, **typed)
        self.done = page.context["done"]
        self.state = page.context["state"]
        self.drawing = page.context["drawing"]
        return self

    @property
    def here(self) -> set[str]:
        return {key for key, mark in self.drawing["nodes"].items() if mark == "here"}


def trial_of(client, person, *rows):
    record = refund_type(slug="trial", flow=flow(node("new", "新建", kind="start", asks=["story"]), *rows))
    record.live = False
    record.save()
    return Walker(client, record, person)


def test_a_trial_is_approved_by_who_is_asked(designs, agent):
    trial = trial_of(
        designs,
        agent,
        node("boss", "审批", kind="approval", approval={
            "mode": "any", "approvers": [{"type": "person", "name": agent.username}],
        }),
        node("yes", "同意了", kind="resolved"),
        node("no", "没同意", kind="closed"),
        press("new", "boss", "送审"),
        press("boss", "yes", "同意", trigger="approved"),
        press("boss", "no", "不同意", trigger="refused"),
    )  # fmt: skip
    trial("open:", **STORY)("press:new-boss")
    assert trial.here == {"boss"}
    assert "approve:boss" in trial.state
    trial("approve:boss")
    assert trial.here == {"yes"}
    assert trial.drawing["transitions"] == {"new-boss": "been", "boss-yes": "been"}


def test_a_trial_lets_time_pass(designs, agent):
    trial = trial_of(
        designs,
        agent,
        node("later", "等三天", kind="wait", wait={"mode": "duration", "seconds": 259_200}),
        node("done", "完成", kind="resolved"),
        press("new", "later", "等"),
        press("later", "done", "到期", trigger="auto"),
    )
    trial("open:", **STORY)("press:new-later")
    assert trial.here == {"later"}
    trial("pass:later")
    assert trial.here == {"done"}


def test_a_trial_stands_at_several_steps_at_once(designs, agent):
    trial = trial_of(
        designs,
        agent,
        node("both", "同时", kind="split"),
        node("one", "甲"),
        node("two", "乙"),
        node("join", "汇合", kind="join"),
        node("done", "完成", kind="resolved"),
        press("new", "both", "开始"),
        press("both", "one", "甲", trigger="auto"),
        press("both", "two", "乙", trigger="auto"),
        press("one", "join", "甲好了"),
        press("two", "join", "乙好了"),
        press("join", "done", "齐了", trigger="auto"),
    )
    trial("open:", **STORY)("press:new-both")
    assert trial.here == {"one", "two"}
    trial("press:two-join")
    assert trial.here == {"one", "join"}
    trial("press:one-join")
    assert trial.here == {"done"}


def test_a_trial_waits_for_the_tickets_it_opened(designs, refund, agent):
    trial = trial_of(
        designs,
        agent,
        node("parts", "子单", kind="subflow", subflow={
            "tickets": [{"ticket_type": "refund", "label": {"zh": "退款", "en": "Refund"}}], "wait": "all",
        }),
        node("done", "完成", kind="resolved"),
        press("new", "parts", "拆单"),
        press("parts", "done", "都好了", trigger="auto"),
    )  # fmt: skip
    trial("open:", **STORY)("press:new-parts")
    assert trial.here == {"parts"}
    trial("children:parts")
    assert trial.here == {"done"}
    assert not Ticket.objects.exists()

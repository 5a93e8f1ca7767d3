"""A designer draws a flow in a real browser: with the mouse, and by the keyboard alone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from flows.tickets.models import TicketType
from tests.tickets.conftest import refund_type

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draft(departments):
    record = refund_type()
    record.flow = {"nodes": [], "transitions": []}
    record.live = False
    record.save()
    return record


@pytest.fixture
def open_designer(page, log_in, designer):
    def open_designer(record):
        log_in(page, designer)
        page.goto(reverse(TicketType.snippet_viewset.get_url_name("edit"), args=[record.pk]))
        page.locator(".flow-editor").wait_for()
        page.locator(".flow-editor").scroll_into_view_if_needed()
        return page.locator(".flow-editor")

    return open_designer


def stored(page) -> dict:
    """The flow that would be sent with the form."""
    return page.evaluate("JSON.parse(document.querySelector('input[name=flow]').value)")


def ways(page) -> list[tuple[str, str]]:
    return [(row["from"], row["to"]) for row in stored(page)["transitions"]]


def drag(page, begin, end):
    """With steps between, as a hand moves a mouse."""
    begin.scroll_into_view_if_needed()
    a, b = begin.bounding_box(), end.bounding_box()
    page.mouse.move(a["x"] + a["width"] / 2, a["y"] + a["height"] / 2)
    page.mouse.down()
    page.mouse.move(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2, steps=12)
    page.mouse.up()


def save(page):
    page.locator("footer button[type=submit]").first.click()
    page.locator(".messages .success").wait_for()


def ask_for_review(page):
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.locator("button[name=action-submit]").click()
    page.locator(".messages .success").wait_for()


def test_a_designer_draws_a_flow_and_sends_it_for_review(open_designer, page, screenshot, draft):
    editor = open_designer(draft)

    # One dropped with the mouse, two pressed.
    palette = editor.locator(".flow-palette")
    drag(page, palette.get_by_role("button", name="开始"), editor.locator(".flow-canvas"))
    editor.locator("[data-node=start]").wait_for()
    palette.get_by_role("button", name="步骤").press("Enter")
    palette.get_by_role("button", name="结束：已解决").click()
    assert [row["kind"] for row in stored(page)["nodes"]] == ["start", "step", "resolved"]

    # What does not hold together is told at its node, and in the list beside.
    editor.locator("[data-node=step] .flow-node__problem").wait_for()
    editor.get_by_text("需要修改").wait_for()
    screenshot(page, "flow-broken-zh")

    # Connected by dragging, then by a choice.
    editor.get_by_role("button", name="显示全部").click()
    handle = editor.locator("[data-node=start] .react-flow__handle.source").first
    page.wait_for_function("!document.querySelector('.react-flow__viewport').getAnimations().length")
    drag(page, handle, editor.locator("[data-node=step] .react-flow__handle.target").first)
    assert ways(page) == [("start", "step")]
    editor.locator("[data-node=step] .flow-node__label").click()
    editor.get_by_label("添加去向").select_option("resolved")
    assert ways(page) == [("start", "step"), ("step", "resolved")]

    # Undone and done again.
    editor.get_by_role("button", name="撤销").click()
    assert ways(page) == [("start", "step")]
    editor.get_by_role("button", name="重做").click()
    assert ways(page) == [("start", "step"), ("step", "resolved")]

    # What is asked and what it is called.
    editor.locator("[data-node=step] .flow-node__label").click()
    editor.get_by_label("步骤名称").fill("客服处理")
    editor.get_by_label("答复").check()
    assert stored(page)["nodes"][1]["asks"] == ["reply"]
    editor.locator("[data-node=start] .flow-node__label").click()
    editor.get_by_label("经过").check()
    editor.get_by_text("流程完整").wait_for()
    screenshot(page, "flow-zh")

    ask_for_review(page)
    draft.refresh_from_db()
    assert draft.workflow_in_progress
    assert draft.get_latest_revision_as_object().flow["nodes"][1]["label"]["zh"] == "客服处理"


def test_the_table_does_the_same_by_keyboard_alone(open_designer, page, screenshot, draft):
    editor = open_designer(draft)
    keys = page.keyboard
    editor.get_by_role("button", name="表", exact=True).press("Enter")
    for kind in ("start", "step", "resolved"):
        editor.get_by_label("添加步骤").select_option(kind)
        editor.get_by_role("button", name="+ 添加", exact=True).press("Enter")
    # The name of the new step is where typing goes.
    page.wait_for_function("document.activeElement.value === '已解决'")
    keys.type("完成")
    assert stored(page)["nodes"][2]["label"]["zh"] == "完成"

    first, second = (editor.locator(f"td[id$='-{key}']") for key in ("start", "step"))
    editor.locator(".flow-open", has_text="新建").press("Enter")
    first.get_by_label("添加去向").select_option("step")
    editor.locator(".flow-open", has_text="处理").press("Enter")
    second.get_by_label("添加去向").select_option("resolved")
    assert ways(page) == [("start", "step"), ("step", "resolved")]

    # A button's own settings.
    first.locator("summary", has_text="处理").press("Enter")
    first.get_by_label("谁可以按").select_option("assignee")
    assert stored(page)["transitions"][0]["who"] == "assignee"

    # Away with a step, and back.
    editor.get_by_role("button", name="删除：完成").press("Enter")
    assert len(stored(page)["nodes"]) == 2
    keys.press("Control+z")
    assert ways(page) == [("start", "step"), ("step", "resolved")]
    editor.get_by_text("流程完整").wait_for()
    screenshot(page, "flow-table-zh")
    save(page)


def test_steps_are_copied_into_another_ticket_type(open_designer, page, draft, departments):
    other = refund_type(name="投诉", slug="complaint")
    other.live = False
    other.save()
    editor = open_designer(other)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor.locator("[data-node=handling] .flow-node__label").click()
    expect(editor.locator(".react-flow__node.selected")).to_have_count(1)
    editor.locator("[data-node=approval] .flow-node__label").click(modifiers=["Shift"])
    expect(editor.locator(".react-flow__node.selected")).to_have_count(2)
    page.keyboard.press("Control+c")
    editor = open_designer(draft)
    editor.get_by_role("button", name="粘贴").click()
    editor.locator("[data-transition]").first.wait_for()
    assert ways(page) == [("handling", "approval")]


def test_a_trial_ticket_is_walked_through_in_the_browser(open_designer, page, screenshot, departments, agent):
    record = refund_type()
    record.live = False
    record.save()
    editor = open_designer(record)
    with page.context.expect_page() as opened:
        editor.get_by_role("link", name="试走").click()
    trial = opened.value
    trial.get_by_label("经过").fill("蛋糕坏了")
    trial.get_by_role("button", name="新建试验工单").click()
    trial.get_by_role("button", name="开始处理").click()
    trial.locator("[data-node=handling] .flow-mark--here").wait_for()
    screenshot(trial, "flow-walk-zh")

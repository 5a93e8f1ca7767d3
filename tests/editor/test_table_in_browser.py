"""The editor of decision tables as a person uses it, in a real Chromium."""

import json
import re

import pytest
from django.urls import reverse

from rules.store.actions import save_draft
from rules.store.models import DecisionTable
from tests.store.table import make_table, orders_purpose  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_table(live, page, log_in, designer):
    """open_table(record) → the edit page, in Chinese."""

    def open_table(record=None):
        record = record or make_table()
        save_draft(record=record, by=designer)
        log_in(page, designer)
        page.goto(live.url + reverse(DecisionTable.snippet_viewset.get_url_name("edit"), args=[record.pk]))
        page.wait_for_selector(".table-editor")
        return page

    return open_table


def cell(page, row, col):
    return page.locator(".grid tbody tr[aria-rowindex]").nth(row).locator("td").nth(col)


def rules(page):
    stored = json.loads(page.input_value("[name=table]"))
    return [[*rule["when"], *rule["then"]] for rule in stored["rules"]]


def paste(page, text):
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def test_cells_are_typed_with_the_keyboard_alone(open_table):
    page = open_table()
    cell(page, 0, 0).click()
    page.keyboard.type("≥200")
    page.keyboard.press("Tab")
    page.keyboard.type("银卡")
    page.keyboard.press("Tab")
    page.keyboard.press("F2")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    assert rules(page)[0] == ["≥200", "银卡", "150"]
    page.keyboard.press("ArrowUp")
    page.get_by_text("当金额大于或等于 200，并且等级是“银卡”时：discount 是 150").first.wait_for()
    page.keyboard.press("Delete")
    assert rules(page)[0][2] == ""


def test_control_and_enter_begin_a_new_row_and_escape_gives_up_typing(open_table):
    page = open_table()
    cell(page, 2, 0).click()
    page.keyboard.type("5")
    page.keyboard.press("Control+Enter")
    page.keyboard.type("6")
    page.keyboard.press("Escape")
    assert [row[0] for row in rules(page)] == [">= 100", ">= 100", "5", ""]


def test_rows_are_pasted_from_a_spreadsheet_and_undone(open_table):
    page = open_table()
    before = rules(page)
    cell(page, 1, 0).click()
    paste(page, '1-5\t金卡\t1\r\n6-9\t银卡\t"2"\r\n>9\t\t3\r\n>99\t"金卡\n银卡"\t4\t注\t多\r\n')
    assert rules(page)[1:] == [
        ["1-5", "金卡", "1"],
        ["6-9", "银卡", '"2"'],
        [">9", "", "3"],
        [">99", "金卡\n银卡", "4"],
    ]
    page.get_by_text("已粘贴 4 行").first.wait_for()
    page.keyboard.press("Control+z")
    assert rules(page) == before
    page.keyboard.press("Control+y")
    assert len(rules(page)) == 5


def test_a_range_is_copied_and_cut(open_table):
    page = open_table()
    cell(page, 0, 0).click()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    copied = page.evaluate(
        """() => {
            const data = new DataTransfer();
            const event = new ClipboardEvent("cut", {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
            return data.getData("text/plain");
        }"""
    )
    assert copied == ">= 100\t金卡\n>= 100\t-"
    assert rules(page)[:2] == [["", "", "15"], ["", "", "5"]]


def test_a_wrong_cell_is_told_at_the_cell(open_table):
    page = open_table()
    cell(page, 0, 0).click()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    page.locator(".grid-note--problem").first.wait_for()
    assert cell(page, 0, 0).get_attribute("aria-invalid") == "true"
    assert page.locator(".grid-note--problem").first.inner_text().startswith("✖ 金额")


def test_a_gap_becomes_a_row_with_one_click(open_table):
    record = make_table([(">= 100", "-", "5"), ("<50", "-", "0"), ("null", "-", "0")])
    page = open_table(record)
    page.get_by_role("button", name=re.compile("为此添加一行")).click()
    assert rules(page)[-1][0] == "[50..100)"
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    assert rules(page)[3] == ["[50..100)", "-", "1"]


def test_an_overlap_is_told_at_the_row(open_table):
    page = open_table(make_table([("-", "gold", "5"), (">5", "-", "0")], hit_policy="UNIQUE"))
    page.locator(".grid-note--error", has_text="第 1 行与第 2 行").first.wait_for()


def test_it_is_tried_while_it_is_written(open_table):
    page = open_table()
    page.locator(".try-it input").first.fill("120")
    page.locator(".try-it__result", has_text="discount 是 5").wait_for()
    page.locator(".grid-row--hit").wait_for()


def test_a_table_is_built_from_nothing_saved_and_sent_for_review(open_table, screenshot):
    page = open_table(make_table([], inputs=[], outputs=[]))
    page.get_by_label("添加要问的列").select_option(label="金额")
    page.locator(".table-output + .builder-add, fieldset .builder-add").last.click()
    page.locator(".table-output input").first.fill("折扣")
    page.get_by_role("button", name="添加一行").click()
    page.keyboard.type("≥100")
    page.keyboard.press("Tab")
    page.keyboard.type("15%")
    page.keyboard.press("Shift+Enter")
    page.get_by_text("当金额大于或等于 100 时：折扣是 0.15").first.wait_for()
    page.locator(
        "[data-controller~='w-dropdown'] .button.w-dropdown__toggle, .footer .w-dropdown__toggle"
    ).last.click()
    page.get_by_role("button", name="提交审核").click()
    page.wait_for_load_state()
    record = DecisionTable.objects.get()
    assert record.workflow_in_progress
    stored = record.get_latest_revision_as_object().table
    assert stored["rules"][0]["when"] == [">=100"]
    assert stored["rules"][0]["then"] == ["0.15"]


def test_a_thousand_rows_are_still_quick(open_table):
    rows = [(f"[{place}..{place + 1})", "gold", str(place)) for place in range(1000)]
    page = open_table(make_table(rows))
    cell(page, 500, 0).click()
    spent = page.evaluate(
        """async () => {
            const start = performance.now();
            const input = document.activeElement;
            input.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true}));
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            return performance.now() - start;
        }"""
    )
    assert spent < 400


def test_how_it_looks(open_table, screenshot):
    record = make_table([(">= 100", "gold", "15"), (">= 100", "-", "5"), ("many", "-", "0")])
    page = open_table(record)
    page.locator(".grid-note").first.wait_for()
    cell(page, 1, 1).click()
    screenshot(page, "table-problem")
    cell(page, 2, 0).click()
    page.keyboard.type("<50")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("为此添加一行")).first.wait_for()
    page.locator(".try-it input").first.fill("120")
    page.locator(".grid-row--hit").wait_for()
    page.locator(".grid-frame").scroll_into_view_if_needed()
    screenshot(page, "table-editor")
    page.emulate_media(color_scheme="dark")
    screenshot(page, "table-editor-dark")


def columns(page):
    stored = json.loads(page.input_value("[name=table]"))
    return [column["name"] for column in stored["inputs"]]


def test_columns_are_moved_with_the_keyboard_and_the_mouse_and_cells_move_with_them(open_table):
    page = open_table()
    before, cells = columns(page), rules(page)
    assert len(before) >= 2
    cell(page, 0, 0).click()
    page.keyboard.press("Alt+ArrowRight")
    assert columns(page) == [before[1], before[0], *before[2:]]
    assert [row[:2] for row in rules(page)] == [[row[1], row[0]] for row in cells]
    page.keyboard.press("Alt+ArrowLeft")
    assert columns(page) == before
    heads = page.locator(".grid thead .grid-head--input")
    heads.nth(1).drag_to(heads.nth(0))
    assert columns(page) == [before[1], before[0], *before[2:]]
    page.get_by_role("button", name="撤销").click()
    assert columns(page) == before

"""Formulas and scorecards as a person writes them, in a real Chromium."""

import pytest
from django.urls import reverse

from rules.store.actions import request_review, save_draft
from rules.store.models import Formula, Scorecard
from tests.store.scores import make_formula, make_scorecard, orders_purpose  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def open_page(live, page, log_in, designer):
    """open_page(record): its edit page in Chinese."""

    def open_it(record):
        save_draft(record=record, by=designer)
        log_in(page, designer)
        page.goto(live.url + reverse(type(record).snippet_viewset.get_url_name("edit"), args=[record.pk]))
        page.locator(".try-it").wait_for()
        return page

    return open_it


def test_a_formula_is_written_with_the_keyboard_and_tried(open_page, screenshot):
    page = open_page(make_formula("1"))
    page.locator("textarea[name=text]").fill("")
    page.locator(".formula-inserts summary").press("Enter")
    look = page.locator(".formula-look")
    look.fill("保留")
    look.press("Enter")
    assert page.input_value("textarea[name=text]") == "round(, 2)"
    # The cursor stands where the number belongs.
    page.keyboard.type("[订单金额] * 15%")
    page.get_by_text("（订单金额 × 15%）保留 2 位小数（四舍五入）").wait_for()
    assert page.locator(".formula-unit").inner_text() == "CNY"
    page.get_by_label("订单金额").fill("80")
    page.get_by_text("订单金额（CNY 80） × 15% = CNY 12", exact=True).wait_for()
    page.locator(".try-it__result").get_by_text("CNY 12.00").wait_for()
    page.locator(".try-it").scroll_into_view_if_needed()
    screenshot(page, "formula-tried")


def test_what_is_wrong_is_underlined_at_its_place(open_page):
    page = open_page(make_formula("1"))
    page.locator("textarea[name=text]").fill("1 + [订单金头] * 2")
    page.locator(".formula .builder-problems").get_by_text("您是指“订单金额”吗").wait_for()
    assert page.locator(".formula-marks mark").inner_text() == "[订单金头]"
    assert page.get_attribute("textarea[name=text]", "aria-invalid") == "true"
    page.locator("textarea[name=text]").fill("1 + [订单金额] * 2")
    page.locator(".formula-marks mark").wait_for(state="detached")
    # The underlining lies exactly under the text.
    boxes = [
        page.locator(f".formula-typed > {part}").bounding_box() for part in ("textarea", ".formula-marks")
    ]
    assert boxes[0] == boxes[1]


def test_under_review_a_formula_is_tried_but_not_written(live, page, log_in, designer):
    record = make_formula("amount * 2")
    save_draft(record=record, by=designer)
    request_review(record=record, by=designer)
    log_in(page, designer)
    page.goto(live.url + reverse(Formula.snippet_viewset.get_url_name("edit"), args=[record.pk]))
    page.get_by_label("订单金额").fill("4")
    page.locator(".try-it__result").get_by_text("CNY 8").wait_for()
    assert not page.locator("textarea[name=text]").is_editable()
    assert not page.locator(".formula-inserts").count()


def test_lines_are_typed_to_try_a_sum(open_page):
    page = open_page(make_formula("sum(lines, price * quantity)"))
    page.get_by_label("单价").fill("2.5")
    page.get_by_label("数量").fill("4")
    page.get_by_role("button", name="+ 一行").click()
    page.get_by_label("单价").nth(1).fill("1")
    page.get_by_label("数量").nth(1).fill("1")
    page.locator(".try-it__result").get_by_text("CNY 11").wait_for()


def test_a_saved_formula_names_variables(open_page):
    page = open_page(make_formula("1"))
    page.locator("textarea[name=text]").fill("[订单金额] * 2")
    page.get_by_role("button", name="保存草稿").click()
    page.locator(".record-words").get_by_text("订单金额 × 2", exact=True).wait_for()
    assert Formula.objects.get().get_latest_revision_as_object().text == "amount * 2"
    assert page.input_value("textarea[name=text]") == "[订单金额] * 2"


def test_a_scorecard_is_tried_before_it_is_saved(open_page):
    page = open_page(make_scorecard())
    page.locator(".try-it").get_by_label("订单数").fill("3")
    page.locator(".try-it__result").get_by_text("30 分：Gold").wait_for()
    points = page.locator("textarea[name=rows-0-points]")
    points.fill("25")
    page.locator(".try-it__result").get_by_text("35 分：Gold").wait_for()
    page.locator(".score-reasons").get_by_text("+25：bought three times").wait_for()
    points.fill("25 +")
    page.locator(".try-it").get_by_text("loyal: 公式末尾缺少内容。").wait_for()
    points.fill("25")
    with page.expect_navigation():
        page.get_by_role("button", name="保存草稿").click()
    assert Scorecard.objects.get().get_latest_revision_as_object().rows.first().points == "25"


def test_a_row_that_is_removed_no_longer_counts(open_page):
    page = open_page(make_scorecard())
    page.locator(".try-it").get_by_label("订单数").fill("3")
    page.locator(".try-it__result").get_by_text("30 分：Gold").wait_for()
    page.locator("button[id^=id_rows-0-DELETE]").click()
    page.locator(".try-it__result").get_by_text("10 分", exact=True).wait_for()

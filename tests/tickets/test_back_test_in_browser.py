"""The story of a changed rule: edited, tried on real tickets, reviewed with what was found, in a browser."""

import pytest
from django.urls import reverse
from django.utils import timezone

from flows.tickets.models import Ticket
from rules.store import tasks
from rules.store.back_tests import perform
from rules.store.models import BackTest, RuleSet
from rules.store.testing import stored_tests
from tests.tickets.conftest import LARGE, does

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def woken(monkeypatch):
    woken = []
    monkeypatch.setattr(tasks, "perform_back_test", woken.append)
    return woken


def address(name, record):
    return reverse(RuleSet.snippet_viewset.get_url_name(name), args=[record.pk])


def set_limit(page, limit):
    number = page.locator(".builder input[value='1000']")
    number.fill(limit)
    page.keyboard.press("Tab")


def ask_for_review(page):
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.locator("button[name=action-submit]").click()


def test_a_designer_tries_a_changed_rule_and_the_reviewer_sees_what_changes(
    refund, publish_rules, open_ticket, page, log_in, designer, reviewer, woken, screenshot
):
    record = publish_rules([(LARGE, [does("set_urgency", level="red")])]).record
    for amount in (600, 700, 800, 100, 1200):
        answer = {"minor": amount * 100, "currency": "CNY"}
        open_ticket(f"{amount} 元", amount=answer, at=timezone.now())

    # The designer lowers the limit from 1,000 to 500.
    log_in(page, designer)
    page.goto(address("edit", record))
    set_limit(page, "500")
    page.locator("footer button[type=submit]").first.click()
    page.locator(".messages .success").wait_for()

    # A test that someone was sure of comes from a real ticket, in one click.
    page.get_by_role("link", name="0 个测试").click()
    page.get_by_label("或取自真实案例").fill(str(min(ticket_numbers())))
    page.get_by_role("button", name="设为测试").click()
    page.get_by_text("✓ 通过").wait_for()
    screenshot(page, "tests-zh")

    # Tried in the background: progress is seen without loading the page again.
    page.goto(address("edit", record))
    page.get_by_role("link", name="用历史数据试算").click()
    page.get_by_role("button", name="开始试算").click()
    page.get_by_text("等待后台开始处理。").wait_for()
    run = BackTest.objects.get()
    BackTest.objects.update(state="running", total=5, done=2, leased_until=timezone.now())
    page.get_by_text("已处理 2 / 5").wait_for()
    screenshot(page, "back-test-running-zh")
    BackTest.objects.update(done=0)
    perform(run.pk)
    page.get_by_text("5 条工单中，有 3 条的判定会改变。").wait_for()

    # The number opens the tickets behind it, each with both reasons.
    page.locator(".back-test__changes summary").first.click()
    page.get_by_text("金额大于 1,000（实际：600.00）").wait_for()
    page.get_by_text("金额大于 500（实际：600.00）").wait_for()
    screenshot(page, "back-test-zh")

    page.goto(address("edit", record))
    ask_for_review(page)
    page.locator(".messages .success").wait_for()

    page.context.clear_cookies()
    log_in(page, reviewer)
    page.goto(address("review", record))
    page.get_by_text("5 条工单中，有 3 条的判定会改变。").wait_for()
    page.get_by_text("✓ 通过").wait_for()
    screenshot(page, "review-with-back-test-zh")
    page.get_by_role("button", name="批准").click()
    page.locator(".messages .success").wait_for()
    assert RuleSet.objects.get(pk=record.pk).state == "live"


def ticket_numbers():
    return Ticket.objects.values_list("pk", flat=True)


def test_a_test_is_written_with_the_keyboard_and_a_failing_one_stops_the_review(
    refund, publish_rules, page, log_in, designer, screenshot
):
    record = publish_rules([(LARGE, [does("set_urgency", level="red")])]).record
    log_in(page, designer)
    page.goto(address("tests", record))
    page.get_by_role("link", name="编写测试").press("Enter")
    page.get_by_label("金额").fill("900")
    page.get_by_label("金额").press("Enter")
    page.get_by_text("不执行任何动作").first.wait_for()
    page.get_by_label("测试名称").fill("九百元")
    screenshot(page, "test-zh")
    page.get_by_role("button", name="保存测试").press("Enter")
    page.get_by_text("九百元").first.wait_for()
    (test,) = stored_tests(RuleSet.objects.get(pk=record.pk).get_latest_revision_as_object())
    assert test.facts == {"amount": 900}

    page.goto(address("edit", record))
    set_limit(page, "500")
    ask_for_review(page)
    page.get_by_text("测试“九百元”未通过。预期：不执行任何动作。").first.wait_for()
    screenshot(page, "failing-test-zh", widths=(1440,))
    assert RuleSet.objects.get(pk=record.pk).state == "live_draft"

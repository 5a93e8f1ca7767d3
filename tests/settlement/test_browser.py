"""A designer settles a month and follows a cent, in a real browser."""

from decimal import Decimal

from django.urls import reverse

from tests.settlement.conftest import country_is


def test_a_month_is_settled_and_every_cent_explained(
    page, log_in, screenshot, designer, make_order, make_plan, store
):
    make_order("A1", [(2, "10.00"), (1, "3.33")], country="中国", store=store)
    make_order("C1", [(-1, "10.00")], country="中国", kind="return")
    make_plan(name="零售佣金", rates=[("国内", country_is("中国"), "15", "")], default_rate=Decimal(12))
    log_in(page, designer)
    page.goto(reverse("settlement_settlements"))
    page.get_by_role("link", name="结算一个期间").click()
    page.get_by_label("首日").fill("2024-03-01")
    page.get_by_label("末日").fill("2024-03-31")
    page.get_by_role("button", name="查看金额").click()
    page.get_by_text("2.00 CNY").first.wait_for()
    screenshot(page, "settle-zh")
    page.get_by_role("button", name="确认入账").click()
    page.get_by_text("已入账").first.wait_for()
    screenshot(page, "settlement-zh")
    page.get_by_role("link", name="查看账目").click()
    screenshot(page, "ledger-zh")
    page.get_by_role("link", name="A1 / 2").click()
    page.get_by_text("舍入为 3.50").wait_for()
    screenshot(page, "ledger-entry-zh")


def test_a_manager_reads_the_split_of_a_day_on_a_phone(
    page, log_in, screenshot, store_manager, make_order, make_plan, settle_march, store
):
    store_manager.store = store
    store_manager.save()
    make_order("A1", [(2, "10.00")], country="中国", store=store, channel="到店")
    make_plan(rates=[("国内", country_is("中国"), "15", "")])
    settle_march()
    log_in(page, store_manager)
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(reverse("settlement:day") + "?day=2024-03-02")
    page.get_by_text("3.00 CNY").first.wait_for()
    too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not too_wide
    screenshot(page, "split-of-the-day-zh", widths=(360,))
    page.locator("a.row__main").click()
    page.get_by_text("20.00 × 15% = 3.00").wait_for()

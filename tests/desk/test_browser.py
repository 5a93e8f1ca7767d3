"""An agent's day in a real browser, at both widths and in both languages."""

from datetime import timedelta

import pytest
from django.utils import timezone
from wagtail.users.models import UserProfile

from flows.customers.models import Customer, Order
from flows.organisation.models import Department
from flows.tickets.actions import create_ticket
from flows.tickets.demo import make_demo
from flows.tickets.models import Ticket


@pytest.fixture
def company(designer, reviewer, agent):
    """The demo's tickets, an agent of the service department, and a customer who came before."""
    make_demo({"designer": designer, "reviewer": reviewer})
    agent.first_name, agent.department = "李雷", Department.objects.get(slug="service")
    agent.save()
    customer = Customer.objects.create(number="C1001", name="王芳", level="金卡", created_at=timezone.now())
    for number in range(3):
        Order.objects.create(
            number=f"SO-{number}",
            customer=customer,
            placed_at=timezone.now() - timedelta(days=9 * number),
            currency="CNY",
        )
    for review in ("上次的汤有点凉。", "我要退款：蛋糕碎了，而且少了一份餐具。"):
        create_ticket(
            ticket_type="feedback",
            answers={"review": review, "rating": "bad", "customer": "C1001", "order_number": "SO-0"},
            by=agent,
            at=timezone.now(),
        )
    return agent


def in_english(user):
    profile = UserProfile.get_for_user(user)
    profile.preferred_language = "en"
    profile.save()


def test_an_agent_finds_takes_answers_and_ends_a_ticket(page, log_in, screenshot, company):
    log_in(page, company)
    page.goto("/desk/")
    screenshot(page, "desk-home-zh")
    page.get_by_role("link", name="工单", exact=True).click()
    screenshot(page, "desk-tickets-zh")

    page.get_by_label("标签").select_option("投诉")
    page.wait_for_url("**tag=**")
    assert "退款" in page.locator("#tickets .row").first.inner_text()
    page.get_by_role("link", name="我要退款").click()
    page.get_by_text("王芳").first.wait_for()
    screenshot(page, "desk-ticket-new-zh")
    page.get_by_role("button", name="开始处理").click()

    page.get_by_role("button", name="回复并解决").click()
    page.get_by_text("请检查标出的字段").wait_for()
    screenshot(page, "desk-ticket-errors-zh")
    page.get_by_label("给顾客的回复").fill("非常抱歉，已为您安排退款。")
    page.get_by_label("补偿金额").fill("80")
    page.get_by_role("button", name="回复并解决").click()
    page.locator(".form-errors").get_by_text("50").wait_for()
    screenshot(page, "desk-ticket-refused-zh")
    assert page.get_by_label("给顾客的回复").input_value() == "非常抱歉，已为您安排退款。"

    page.get_by_role("button", name="申请补偿审批").click()
    page.get_by_role("button", name="同意补偿").click()
    page.get_by_role("button", name="重新打开").wait_for()
    screenshot(page, "desk-ticket-done-zh")
    assert Ticket.objects.get(title__startswith="我要退款").status == "resolved"


def test_two_people_press_at_once_and_the_second_keeps_what_was_typed(
    page, log_in, screenshot, company, admin
):
    ticket = Ticket.objects.get(title__startswith="我要退款")
    log_in(page, company)
    page.goto(f"/desk/tickets/{ticket.pk}/")
    page.get_by_role("button", name="开始处理").click()
    page.get_by_label("给顾客的回复").fill("我来答复您。")
    from flows.tickets.actions import move_ticket

    move_ticket(
        ticket=Ticket.objects.get(pk=ticket.pk), transition="handling-waiting", by=admin, at=timezone.now()
    )
    page.get_by_role("button", name="回复并解决").click()
    page.get_by_text("您的操作未执行").wait_for()
    screenshot(page, "desk-ticket-moved-meanwhile-zh")
    assert "我来答复您。" in page.content()


def test_a_ticket_is_opened_on_a_phone_in_english(page, log_in, screenshot, company):
    in_english(company)
    log_in(page, company)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/desk/tickets/new/")
    page.get_by_role("link", name="Delivery feedback").click()
    page.get_by_label("Review").fill("The soup was cold.")
    page.get_by_label("Bad").check()
    page.get_by_label("Customer number").press_sequentially("C10")
    page.locator("#found-customer option").wait_for(state="attached")
    screenshot(page, "desk-new-en")
    page.get_by_role("button", name="Open the ticket").click()
    page.get_by_text("No customer has the number").wait_for()
    page.get_by_label("Customer number").fill("C1001")
    page.get_by_role("button", name="Open the ticket").click()
    page.get_by_text("was sent to").wait_for()
    screenshot(page, "desk-ticket-en")
    page.goto("/desk/")
    screenshot(page, "desk-home-en")
    page.goto("/desk/tickets/")
    screenshot(page, "desk-tickets-en")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

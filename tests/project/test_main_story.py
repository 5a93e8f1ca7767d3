"""The whole product in one sitting: a designer changes a rule, a reviewer approves it, and from then on
tickets, a broadcast and a settlement behave differently. In a real browser, on the demo company."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from flows.broadcasts.actions import forecast
from flows.broadcasts.models import Limit
from flows.organisation.models import User
from flows.settlement.actions import what_if
from flows.settlement.models import CommissionPlan
from flows.tickets.models import Ticket
from project.management.commands.demo_company import make_demo_company
from rules.store.models import RuleSet
from rules.store.runtime import live_version

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(db):
    make_demo_company()


@pytest.fixture
def person(page, log_in):
    """person("designer"): the page is that person's from now on."""

    def become(username):
        page.context.clear_cookies()
        log_in(page, User.objects.get(username=username))
        return page

    return become


def open_draft(page, model, slug):
    record = model.objects.get(slug=slug)
    page.goto(reverse(model.snippet_viewset.get_url_name("edit"), args=[record.pk]))


def ask_for_review(page):
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.locator("button[name=action-submit]").click()
    page.locator(".messages .success").wait_for()


def approve(page, name, picture=lambda page: None):
    """From the first page: the reviewer opens what waits, reads it and approves."""
    page.goto(reverse("wagtailadmin_home"))
    page.locator(".waiting").get_by_role("link", name=name).click()
    page.get_by_role("button", name="批准").wait_for()
    picture(page)
    page.get_by_role("button", name="批准").click()
    page.locator(".messages .success").wait_for()


def open_ticket(page, text):
    page.goto("/desk/tickets/new/feedback/")
    page.get_by_label("评价内容").fill(text)
    page.get_by_label("差评").check()
    page.get_by_role("button", name="创建工单").click()
    page.wait_for_url("**/desk/**")
    return Ticket.objects.latest("pk")


def test_what_a_reviewer_approves_changes_what_happens(company, person, screenshot):
    a_changed_routing_rule_sends_the_next_ticket_elsewhere(person, screenshot)
    a_changed_limit_changes_who_gets_the_broadcast(person)
    a_changed_rate_changes_the_next_settlement(person)


def a_changed_routing_rule_sends_the_next_ticket_elsewhere(person, screenshot):
    before = open_ticket(person("agent"), "珍珠是硬的，咬不动")
    assert before.department.slug == "service"

    page = person("designer")
    open_draft(page, RuleSet, "feedback-routing")
    words = page.locator(".builder-chips input").first
    words.fill("珍珠")
    words.press("Enter")
    page.locator(".builder-sentence", has_text="“珍珠”").first.wait_for()
    screenshot(page, "story-rule-changed")
    ask_for_review(page)
    still = open_ticket(person("agent"), "珍珠是硬的，咬不动，第二次了")
    assert still.department.slug == "service"

    approve(person("reviewer"), "外卖评价", picture=lambda page: screenshot(page, "story-review"))
    after = open_ticket(person("agent"), "珍珠是硬的，咬不动，第三次了")
    assert after.department.slug == "quality"
    assert after.urgency_colour == "red"

    page = person("designer")
    page.goto(f"/desk/tickets/{after.pk}/")
    page.get_by_text("“珍珠”").first.wait_for()
    screenshot(page, "story-why-it-came")


def a_changed_limit_changes_who_gets_the_broadcast(person):
    at = timezone.now()
    before = forecast(slug="spring-news", at=at).as_json()
    page = person("designer")
    open_draft(page, Limit, "promotions-bought-7-days")
    page.locator("[name=length]").fill("3650")
    ask_for_review(page)
    approve(person("reviewer"), Limit.objects.get(slug="promotions-bought-7-days").name)

    after = forecast(slug="spring-news", at=at).as_json()
    assert before["audience"] == after["audience"] > 0
    assert before["would_receive"] > 0
    assert after["by_reason"]["limit:promotions-bought-7-days"] == after["audience"]


def a_changed_rate_changes_the_next_settlement(person):
    today = timezone.localdate()

    def commission():
        plan = live_version(CommissionPlan, "retail-commission").compiled
        year = {"first_day": today - timedelta(days=365), "until_day": today}
        return what_if(plan=plan, by_store={}, **year)["commission_minor"]

    before = commission()
    page = person("designer")
    open_draft(page, CommissionPlan, "retail-commission")
    page.locator("[name=rates-1-percent]").fill("100")
    ask_for_review(page)
    assert commission() == before
    approve(person("reviewer"), "门店佣金")
    assert commission() > before

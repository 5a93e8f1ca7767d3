"""A designer looks through a ticket type in a real browser."""

from django.urls import reverse

from flows.tickets.models import TicketType


def test_steps_and_fields_on_the_page_are_offered_where_they_are_named(
    page, log_in, screenshot, designer, refund
):
    log_in(page, designer)
    page.goto(reverse(TicketType.snippet_viewset.get_url_name("list")))
    page.get_by_text("退款").first.wait_for()
    screenshot(page, "ticket-types-zh")
    page.goto(reverse(TicketType.snippet_viewset.get_url_name("edit"), args=[refund.object_id]))
    page.locator("[name=nodes-1-label]").fill("由客服处理")
    page.locator("[name=transitions-0-to_node]").focus()
    offered = page.locator("#suggested-nodes option").evaluate_all("options => options.map(one => one.value)")
    assert "由客服处理" in offered
    page.locator("[name=nodes-2-asks]").focus()
    page.get_by_role("button", name="答复", exact=True).click()
    assert page.locator("[name=nodes-2-asks]").input_value() == "答复"
    screenshot(page, "ticket-type-zh")


def test_feedback_and_tickets_have_their_place_in_the_menu(page, log_in, screenshot, designer, refund):
    log_in(page, designer)
    page.goto(reverse("tickets:index"))
    screenshot(page, "tickets-browse-zh", widths=(1440,))
    page.goto(reverse("imports:upload", args=["feedback"]))
    page.get_by_label("工单类型").wait_for()
    screenshot(page, "import-feedback-zh", widths=(1440,))

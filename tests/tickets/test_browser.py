"""A designer looks through a ticket type in a real browser."""

from django.urls import reverse

from flows.tickets.models import TicketType


def test_a_designer_finds_a_ticket_type(page, log_in, screenshot, designer, refund):
    log_in(page, designer)
    page.goto(reverse(TicketType.snippet_viewset.get_url_name("list")))
    page.get_by_text("退款").first.wait_for()
    screenshot(page, "ticket-types-zh")


def test_feedback_and_tickets_have_their_place_in_the_menu(page, log_in, screenshot, designer, refund):
    log_in(page, designer)
    page.goto(reverse("tickets:index"))
    screenshot(page, "tickets-browse-zh", widths=(1440,))
    page.goto(reverse("imports:upload", args=["feedback"]))
    page.get_by_label("工单类型").wait_for()
    screenshot(page, "import-feedback-zh", widths=(1440,))

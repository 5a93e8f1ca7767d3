"""The admin's scripts run in English as well; the other browser tests read Chinese."""

import pytest
from django.urls import reverse

from flows.tickets.models import TicketType


@pytest.fixture
def english_page(browser, live):
    context = browser.new_context(base_url=live.url, locale="en-US")
    yield context.new_page()
    context.close()


@pytest.mark.django_db(transaction=True)
def test_english_pages_of_the_admin_run_without_script_errors(english_page, log_in, django_user_model):
    log_in(english_page, django_user_model.objects.create_superuser("root"))
    mistakes = []
    english_page.on("pageerror", lambda error: mistakes.append(str(error)))
    for address in ("wagtailadmin_home", *map(TicketType.snippet_viewset.get_url_name, ("list", "add"))):
        english_page.goto(reverse(address), wait_until="networkidle")
        assert english_page.locator("html").get_attribute("lang") == "en"
    assert not mistakes

"""A designer chooses who sees which field."""

from django.urls import reverse
from playwright.sync_api import expect

from flows.tickets.models import TicketType
from tests.desk.test_browser import in_english
from tests.tickets.test_field_access import AGENTS, report_type


def test_rights_are_chosen_in_a_table(page, log_in, screenshot, publish, departments, designer):
    version = publish(report_type({AGENTS: {"new": {"phone": "masked"}}}))
    log_in(page, designer)
    url = reverse(TicketType.snippet_viewset.get_url_name("edit"), args=[version.object_id])
    page.goto(url)
    agents = page.locator("details.access").filter(has_text="客服")
    expect(agents).to_have_attribute("open", "")
    page.get_by_label("客服：电话，登记").select_option("hidden")
    agents.get_by_role("row").filter(has_text="电话").get_by_role("button").click()
    expect(page.get_by_label("客服：电话，完成")).to_have_value("hidden")
    agents.scroll_into_view_if_needed()
    screenshot(page, "access-zh")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("已更新").or_(page.get_by_text("已保存")).first.wait_for()
    draft = TicketType.objects.get(slug="report").get_latest_revision_as_object()
    assert draft.document()["access"] == {
        AGENTS: {node: {"phone": "hidden"} for node in ("new", "handling", "done")}
    }
    in_english(designer)
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(url)
    page.get_by_label("Agents: Phone").first.evaluate("cell => cell.scrollIntoView({ block: 'center' })")
    screenshot(page, "access-en", widths=(360,))

"""A store tightens a limit of headquarters, in a real browser; loosening is refused with a sentence."""

import pytest
from django.urls import reverse

from flows.broadcasts.models import Limit
from flows.organisation.models import Region, Store
from flows.organisation.places import path_of_store
from rules.store.actions import approve, publish_reviewed_by
from rules.store.models import Override
from rules.store.runtime import live_version


@pytest.mark.django_db(transaction=True)
def test_a_store_tightens_the_cap_and_headquarters_later_tightens_more(
    page, log_in, screenshot, designer, reviewer, make_limit, publish
):
    region = Region.objects.create(slug="north", name="北区")
    shop = Store.objects.create(slug="sh-001", name="南京路店", region=region)
    make_limit("cap", name="促销：每周 3 条", kind="cap", most=3, length=1, unit="week", counted="calendar")
    record = Limit.objects.get()
    log_in(page, designer)
    page.goto(reverse(Limit.snippet_viewset.get_url_name("edit"), args=[record.pk]))
    page.click("text=区域与门店 >> nth=0")
    page.select_option("form[method=post] select[name=place]", label="南京路店")
    page.click("text=为区域或门店调整")
    most = page.locator(".scope-part", has_text="每位客户的消息数")
    most.get_by_text("来自总部").wait_for()

    # A tick opens the input. More than headquarters allows is refused, in words, and what was typed is kept.
    assert not most.locator("input[type=number]").is_visible()
    most.locator("input[type=checkbox]").check()
    most.locator("input[type=number]").fill("5")
    ask_for_review(page)
    page.get_by_text("“最多 5 条”比“最多 3 条”（来自总部）更宽松").first.wait_for()
    assert most.locator("input[type=number]").input_value() == "5"
    screenshot(page, "override-refused")

    most.locator("input[type=number]").fill("2")
    ask_for_review(page)
    page.get_by_text("审核中").first.wait_for()
    approve(record=Override.objects.get(), by=reviewer)
    assert live_version(Limit, "cap", path=path_of_store(shop)).compiled.most == 2

    # Headquarters goes to 1: so does the store.
    newer = Limit.objects.get().get_latest_revision_as_object()
    newer.most = 1
    publish_reviewed_by(newer, author=designer, reviewer=reviewer)
    assert live_version(Limit, "cap", path=path_of_store(shop)).compiled.most == 1
    page.goto(reverse(Limit.snippet_viewset.get_url_name("places"), args=[record.pk]))
    page.select_option("form[method=get] select[name=place]", label="南京路店")
    page.click("text=查看")
    page.get_by_text("最多 1 条").wait_for()
    screenshot(page, "places")


def ask_for_review(page):
    page.click("footer button[aria-label], footer .w-dropdown__toggle >> nth=0")
    page.get_by_role("button", name="提交审核").click()

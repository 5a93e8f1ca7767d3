"""A designer's way from a live broadcast to its result, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from flows.broadcasts import actions
from flows.broadcasts.models import Broadcast, Limit
from flows.channels import actions as outbox


@pytest.mark.django_db(transaction=True)
def test_a_designer_looks_sends_and_reads_who_got_it(
    page, log_in, screenshot, designer, make_buyers, make_order, make_limit, make_lexicon, make_broadcast
):
    buyers = make_buyers(5, name="小明")
    make_order(buyers[0], timezone.now() - timedelta(days=1))
    make_limit("bought", kind="bought", length=7, unit="day", counted="rolling")
    make_lexicon(action="warn", words="国家级")
    make_broadcast(message="{name}，国家级好礼", stand_in="您好")
    record = Broadcast.objects.get(slug="spring")
    log_in(page, designer)
    page.goto(reverse("broadcasts_forecast", args=[record.pk]))
    assert "5 位客户中有 4 位会收到" in page.inner_text("#counts-title")
    screenshot(page, "broadcast-forecast")
    page.click("text=发送…")
    page.click("text=立即发送")
    page.wait_for_url(re.compile("sendings"))
    actions.prepare_due()
    outbox.deliver_due()
    page.reload()
    assert "已发送 4 条" in page.inner_text("#state-title")
    screenshot(page, "broadcast-sending")
    page.click("td.record-number a >> nth=-2")
    page.wait_for_url(re.compile("recipients"))
    page.locator("table.listing tbody tr").wait_for()


@pytest.mark.django_db(transaction=True)
def test_a_limit_shows_only_the_fields_its_kind_has_a_use_for(page, log_in, designer):
    log_in(page, designer)
    page.goto(reverse(Limit.snippet_viewset.get_url_name("add")))
    page.select_option("#id_kind", "quiet")
    assert page.locator("#id_quiet_from").is_visible()
    assert not page.locator("#id_most").is_visible()
    page.select_option("#id_kind", "bought")
    assert not page.locator("#id_quiet_from").is_visible()
    assert not page.locator("#id_most").is_visible()
    assert page.locator("#id_length").is_visible()
    page.select_option("#id_kind", "cap")
    assert page.locator("#id_most").is_visible()

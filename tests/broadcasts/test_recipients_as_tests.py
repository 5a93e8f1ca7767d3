"""A recipient becomes a test of a limit in one click, and expects what really happened."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from flows.broadcasts.limits import HELD_BACK, REACHED, WAITS
from flows.broadcasts.models import Limit
from flows.customers.models import Order
from rules.store.testing import run_tests, stored_tests
from tests.broadcasts.conftest import NOON, work
from tests.broadcasts.test_limits import NOT_RECENT_BUYERS, night, shanghai

DAY = timedelta(days=1)
ONE_A_WEEK = {"kind": "cap", "counted": "rolling", "unit": "day", "most": 1, "length": 7}


@pytest.fixture
def page(client, designer):
    client.force_login(designer)
    return client


def make_test(page, recipient, **chosen):
    address = reverse("broadcasts_recipient_test", args=[recipient.sending_id, recipient.pk])
    return page.post(address, chosen, follow=True)


def kept_tests(slug):
    draft = Limit.objects.get(slug=slug).get_latest_revision_as_object()
    assert all(result.passed for result in run_tests(draft))
    return stored_tests(draft)


def test_who_was_held_back_by_a_cap_becomes_a_test_of_it(make_buyers, make_limit, make_broadcast, send, page):
    make_buyers(1)
    make_limit("week", **ONE_A_WEEK)
    send(make_broadcast("first").slug, NOON)
    sending = send(make_broadcast("second").slug, NOON + DAY)
    shown = page.get(reverse("broadcasts_recipients", args=[sending.pk])).content.decode()
    recipient = sending.recipients.get()
    assert reverse("broadcasts_recipient_test", args=[sending.pk, recipient.pk]) in shown
    make_test(page, recipient)
    (test,) = kept_tests("week")
    assert test.expected == {"outcome": HELD_BACK}
    assert test.facts["at"] == NOON + DAY
    assert [row["at"] for row in test.facts["messages"]] == [NOON]


def test_who_was_let_through_becomes_a_test_of_the_limit_that_did(
    make_buyers, make_limit, make_broadcast, send, page
):
    make_buyers(1)
    make_limit("week", **ONE_A_WEEK)
    sending = send(make_broadcast("first").slug, NOON)
    make_test(page, sending.recipients.get())
    (test,) = kept_tests("week")
    assert test.expected == {"outcome": REACHED}
    assert test.facts["messages"] == []


def test_where_several_let_them_through_the_page_asks_which(
    make_buyers, make_limit, make_broadcast, send, page
):
    make_buyers(1)
    make_limit("week", **ONE_A_WEEK)
    make_limit("buyers", **NOT_RECENT_BUYERS)
    recipient = send(make_broadcast("first").slug, NOON).recipients.get()
    asked = make_test(page, recipient).content.decode()
    assert 'value="week"' in asked
    assert 'value="buyers"' in asked
    assert kept_tests("week") == []
    make_test(page, recipient, limit="buyers")
    (test,) = kept_tests("buyers")
    assert test.expected == {"outcome": REACHED}
    assert "last_purchase" in test.facts


def test_who_bought_recently(make_buyers, make_order, make_limit, make_broadcast, send, page):
    (buyer,) = make_buyers(1)
    make_order(buyer, NOON - DAY)
    make_order(buyer, NOON + DAY)
    make_limit("buyers", **NOT_RECENT_BUYERS)
    make_test(page, send(make_broadcast("first").slug, NOON).recipients.get())
    (test,) = kept_tests("buyers")
    assert (test.expected, test.facts["last_purchase"]) == ({"outcome": HELD_BACK}, NOON - DAY)


def test_who_waits_for_the_end_of_quiet_hours(make_buyers, make_limit, make_broadcast, send, page):
    make_buyers(1)
    make_limit("night", **night())
    recipient = send(make_broadcast("first").slug, shanghai("2026-03-02 22:00")).recipients.get()
    make_test(page, recipient)
    (test,) = kept_tests("night")
    assert test.expected == {"outcome": WAITS, "until": "09:00"}


def test_who_was_held_back_right_before_sending(make_buyers, make_limit, make_broadcast, send, page):
    make_buyers(1)
    make_limit("night", **night())
    send(make_broadcast("first").slug, NOON)
    sending = send(make_broadcast("second").slug, shanghai("2026-03-02 22:00"))
    make_limit("week", **ONE_A_WEEK)
    morning = shanghai("2026-03-03 10:00")
    work(morning)
    recipient = sending.recipients.get()
    assert (recipient.reason, recipient.counts_at) == ("limit:week", morning)
    make_test(page, recipient)
    (test,) = kept_tests("week")
    assert (test.expected, test.facts["at"]) == ({"outcome": HELD_BACK}, morning)


def test_a_case_that_cannot_be_told_again_is_refused(
    make_buyers, make_order, make_limit, make_broadcast, send, page
):
    (buyer,) = make_buyers(1)
    make_order(buyer, NOON - DAY)
    make_limit("buyers", **NOT_RECENT_BUYERS)
    recipient = send(make_broadcast("first").slug, NOON).recipients.get()
    Order.objects.filter(placed_at=NOON - DAY).delete()
    assert "messages" in make_test(page, recipient).content.decode()
    assert kept_tests("buyers") == []


def test_without_a_limit_there_is_nothing_to_test(make_buyers, make_broadcast, send, page):
    make_buyers(1)
    recipient = send(make_broadcast("first").slug, NOON).recipients.get()
    assert make_test(page, recipient).status_code == 200


def test_who_may_not_write_limits_makes_no_test(make_buyers, make_limit, make_broadcast, send, client, agent):
    make_buyers(1)
    make_limit("week", **ONE_A_WEEK)
    recipient = send(make_broadcast("first").slug, NOON).recipients.get()
    # Reads sendings, but writes no limits.
    agent.user_permissions.add(
        Permission.objects.get(codename="view_sending"), Permission.objects.get(codename="access_admin")
    )
    client.force_login(agent)
    shown = client.get(reverse("broadcasts_recipients", args=[recipient.sending_id]))
    assert shown.status_code == 200
    assert "make-test" not in shown.content.decode()
    make_test(client, recipient)
    assert kept_tests("week") == []


def test_a_search_that_no_column_can_hold_finds_nobody(make_buyers, make_broadcast, send, page):
    make_buyers(1)
    sending = send(make_broadcast("first").slug, NOON)
    address = reverse("broadcasts_recipients", args=[sending.pk])
    for asked in ({"q": "\0x"}, {"reason": "\0x"}):
        assert page.get(address, asked).status_code == 200

from collections import Counter

import pytest
from django.utils import timezone

from flows.customers.models import Order
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.demo import make_demo
from flows.tickets.field_access import answers_in_words
from flows.tickets.models import Ticket
from flows.tickets.refusals import AnswersMissing
from rules.store.models import Decision, Version


@pytest.fixture
def demo(designer, reviewer):
    make_demo({"designer": designer, "reviewer": reviewer})


def test_the_demo_is_published_honestly_and_made_once(demo, designer, reviewer):
    assert {version.approved_by for version in Version.objects.all()} == {reviewer}
    before = Ticket.objects.count()
    make_demo({"designer": designer, "reviewer": reviewer})
    assert (Ticket.objects.count(), Version.objects.count()) == (before, 4)
    assert before == 60


def test_each_review_goes_where_it_belongs(demo):
    departments = Counter(Ticket.objects.values_list("department__slug", flat=True))
    red = Ticket.objects.filter(urgency=3)
    assert {ticket.department.slug for ticket in red} == {"quality"}
    assert red.count() == 12
    assert set(Ticket.objects.tagged("表扬").values_list("status", flat=True)) == {"closed"}
    assert Ticket.objects.open().filter(department=None).count() == 0
    assert departments["logistics"] == 9
    assert Decision.objects.count() == Ticket.objects.count()


def test_a_return_reckons_what_to_refund_and_masks_the_phone(demo, agent, store_manager):
    order = Order.objects.create(number="O1", placed_at=timezone.now(), currency="CNY")
    reported = {
        "order_number": order.number,
        "phone": "13800138000",
        "amount": {"minor": 99950, "currency": "CNY"},
        "reason": "wrong",
    }
    ticket = create_ticket(ticket_type="return", answers=reported, by=agent, at=timezone.now())
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=timezone.now())
    refund = {"ticket": ticket, "transition": "handling-done", "by": agent, "at": timezone.now()}
    with pytest.raises(AnswersMissing):
        move_ticket(**refund, answers={"percent": "80"})
    done = move_ticket(**refund, answers={"percent": "50"})
    assert done.answers["refund"] == "499.75"
    shown = {fact.label: fact.text for fact in answers_in_words(done, "en", to=store_manager)}
    assert shown["Phone"] == "138****8000"

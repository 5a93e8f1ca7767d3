"""The order of the queue by scorecards, and how a ticket explains its place in it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from flows.customers.models import Customer, Order, OrderLine
from flows.organisation.models import User
from flows.organisation.roles import AGENTS
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Ticket
from flows.tickets.queue import place_of, recount
from rules.store.actions import retire
from rules.store.decisions import replay
from rules.store.models import Decision, Scorecard
from rules.store.models.scorecard import ScoreRow
from tests.tickets.conftest import NOON, does, refund_type, text_has

pytestmark = pytest.mark.django_db

CUSTOMER = {"type": "customer", "value": {"label": "客户", "label_en": "Customer", "name": "who"}}
VIP = {"all": [{"name": "customer_level", "operator": "equal_to", "value": "VIP"}]}
BIG_SPENDER = {
    "all": [{"name": "customer_spent", "operator": "greater_than_or_equal_to", "value": 1000}]
}  # fmt: skip
URGENT = {"all": [{"name": "urgency", "operator": "contains", "value": "red"}]}


@pytest.fixture
def open_one(publish, departments, agent):
    record = refund_type()
    record.form = [*record.form.raw_data, CUSTOMER]
    record.flow["nodes"][0]["asks"].append("who")
    record.field_access = {AGENTS: {"handling": {"who": "hidden"}}}
    publish(record)
    for number, level in (("C1", "VIP"), ("C2", "")):
        Customer.objects.create(number=number, name=number, level=level, created_at=NOON)

    def open_one(story="坏了", *, at=NOON, **answers):
        return create_ticket(ticket_type="refund", answers={"story": story} | answers, by=agent, at=at)

    return open_one


@pytest.fixture
def order_queue(publish):
    def order_queue(*rows, slug="queue", about=""):
        card = Scorecard(name=slug, slug=slug, purpose="tickets.queue", about=about)
        card.rows = [
            ScoreRow(sort_order=place, name=name, condition=condition, points=points)
            for place, (name, condition, points) in enumerate(rows)
        ]
        return publish(card)

    return order_queue


def titles(tickets=Ticket.objects) -> list[str]:
    return [ticket.title for ticket in tickets.all().most_urgent_first()]


def test_without_a_scorecard_urgency_and_age_decide(open_one, publish_rules, agent):
    publish_rules([(text_has("急"), [does("set_urgency", level="red")])])
    open_one("旧", who="C1")
    open_one("新", at=NOON + timedelta(minutes=1))
    ticket = open_one("急", at=NOON + timedelta(minutes=2))
    assert titles() == ["急", "旧", "新"]
    assert place_of(ticket, "en", to=agent) is None


def test_points_come_first_then_urgency_then_age(open_one, order_queue, publish_rules):
    publish_rules([(text_has("急"), [does("set_urgency", level="red")])])
    order_queue(("VIP", VIP, "30"), ("urgent", URGENT, "10"))
    for minute, (story, who) in enumerate((("旧", "C2"), ("新", "C2"), ("急", "C2"), ("贵宾", "C1"))):
        open_one(story, at=NOON + timedelta(minutes=minute), who=who)
    assert titles() == ["贵宾", "急", "旧", "新"]


def test_spending_counts_and_each_ticket_explains_its_place(open_one, order_queue, agent):
    order_queue(("VIP", VIP, "30"), ("大客户 Big spender", BIG_SPENDER, "15"))
    order = Order.objects.create(
        number="O1",
        customer=Customer.objects.get(number="C1"),
        kind="sale",
        currency="CNY",
        placed_at=NOON,
    )
    OrderLine.objects.create(order=order, sku="a", quantity=2, unit_price="600", position=1)
    ticket = open_one(who="C1")
    place = place_of(ticket, "en", to=agent)
    assert (ticket.queue_points, place.points) == (45, 45)
    assert place.sentences == ["+30: VIP", "+15: 大客户 Big spender"]
    decision = Decision.objects.get(version__slug="queue")
    assert replay(decision) == decision.outcome


def test_several_scorecards_add_up_and_one_about_another_type_does_not_count(open_one, order_queue):
    order_queue(("all", {"all": []}, "5"))
    order_queue(("refunds", {"all": []}, "2"), slug="refunds", about="refund")
    order_queue(("others", {"all": []}, "100"), slug="others", about="other")
    assert open_one().queue_points == 7


def test_points_are_counted_anew_when_the_ticket_moves(open_one, order_queue, agent):
    replied = {"all": [{"name": "reply", "operator": "non_empty", "value": True}]}
    order_queue(("answered", replied, "-5"), about="refund")
    ticket = move_ticket(ticket=open_one(), transition="new-handling", by=agent, at=NOON)
    assert ticket.queue_points == 0
    amount = {"minor": 200_000, "currency": "CNY"}
    ticket = open_one(amount=amount)
    move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    ticket = Ticket.objects.get(pk=ticket.pk)
    move_ticket(
        ticket=ticket, transition="handling-approval", by=agent, at=NOON, answers={"reply": "好"}
    )  # fmt: skip
    assert Ticket.objects.get(pk=ticket.pk).queue_points == -5


def test_what_the_reader_may_not_see_is_not_told(open_one, order_queue, agent):
    order_queue(("VIP", VIP, "30"), ("everyone", {"all": []}, "1"))
    ticket = move_ticket(ticket=open_one(who="C1"), transition="new-handling", by=agent, at=NOON)
    assert "+30: VIP" in place_of(ticket, "en", to=User.objects.create_superuser("boss")).sentences
    said = str(place_of(ticket, "en", to=agent).sentences)
    assert "VIP" not in said
    assert "+1: everyone" in said


def test_when_another_scorecard_goes_live_open_tickets_get_their_place_by_it(
    open_one, order_queue, agent, reviewer
):
    ticket, ended = open_one(who="C1"), open_one(who="C1")
    move_ticket(ticket=ended, transition="new-cancelled", by=agent, at=NOON)
    order_queue(("VIP", VIP, "30"))
    assert recount(at=NOON) == 1
    assert recount(at=NOON) == 0
    assert Ticket.objects.get(pk=ticket.pk).queue_points == 30
    assert Ticket.objects.get(pk=ended.pk).queue_points == 0
    retire(record=Scorecard.objects.get(), by=reviewer, reason="no more")
    assert recount(at=NOON) == 1
    assert Ticket.objects.get(pk=ticket.pk).queue_points == 0


def test_the_page_of_a_ticket_says_its_place(open_one, order_queue, agent, client_of):
    order_queue(("VIP", VIP, "30"))
    page = client_of(agent).get(reverse("desk:ticket", args=[open_one(who="C1").pk])).content.decode()
    assert "排队：30 分" in page
    assert "+30" in page

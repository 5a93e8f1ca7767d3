"""Past tickets as routing rules are tried on them: as they were when they were opened."""

from datetime import timedelta

import pytest
from django.urls import reverse

from flows.customers.models import Customer, Order
from flows.tickets import histories
from flows.tickets.actions import move_ticket
from flows.tickets.histories import OpenedTickets
from flows.tickets.models import Ticket
from flows.tickets.routing import sum_up
from rules.store.actions import save_draft
from rules.store.back_tests import perform, request_back_test, sides_now
from rules.store.models import Decision, RuleSet
from rules.store.testing import stored_tests
from tests.tickets.conftest import ALWAYS, NOON, does, text_has

RED = does("set_urgency", level="red")
DAY = timedelta(days=1)


@pytest.fixture
def routing(publish_rules):
    """Bad cakes are red and go to quality."""
    rules = [(text_has("坏"), [RED, does("send_to_department", department="quality")])]
    return publish_rules(rules).record


def changed(record, *words, by, actions=(RED,)):
    draft = record.get_latest_revision_as_object()
    (rule,) = draft.rules.all()
    rule.condition, rule.actions = text_has(*words), list(actions)
    draft.rules = [rule]
    save_draft(record=draft, by=by)
    return RuleSet.objects.get(pk=record.pk)


def tried(record, by, days=1):
    run = request_back_test(record=record, since=NOON - days * DAY, until=NOON + DAY, by=by, at=NOON + DAY)
    perform(run.pk)
    run.refresh_from_db()
    assert run.state == "done"
    return run


def facts_of(ticket, record):
    return OpenedTickets().find(sides_now(record), f"#{ticket.pk}").facts


def test_a_changed_rule_is_tried_on_past_tickets(refund, routing, open_ticket, designer):
    bad, slow, fine = open_ticket("蛋糕坏了"), open_ticket("太慢了"), open_ticket("很好")
    run = tried(changed(routing, "坏", "慢", by=designer, actions=routing.rules.get().actions), designer)
    assert (run.done, run.changed) == (3, 1)
    (kind,) = run.outcomes.values()
    assert kind["before"] == {"actions": []}
    assert kind["after"]["actions"][0] == RED
    assert kind["examples"] == [{"subject": slow.subject, "facts": {"text": "太慢了"}}]
    assert {bad.subject, fine.subject}.isdisjoint({kind["examples"][0]["subject"]})


def test_what_happens_is_compared_not_which_rule_it_came_from(refund, routing, open_ticket, designer):
    open_ticket("蛋糕坏了")
    draft = changed(routing, "坏", by=designer, actions=reversed(routing.rules.get().actions))
    assert tried(draft, designer).changed == 0


def test_only_tickets_of_the_period_and_of_the_type_count(refund, publish_rules, open_ticket, designer):
    elsewhere = publish_rules([(ALWAYS, [RED])], about="other", slug="elsewhere").record
    routing = publish_rules([(ALWAYS, [RED])]).record
    open_ticket("now", at=NOON)
    open_ticket("before", at=NOON - 5 * DAY)
    assert tried(routing, designer).done == 1
    assert tried(routing, designer, days=10).done == 2
    assert tried(elsewhere, designer, days=10).done == 0


def test_what_was_answered_and_decided_later_is_left_out(refund, publish_rules, open_ticket, agent):
    asks_all = {
        "any": [
            {"name": name, "operator": "non_empty"} for name in ("text", "department", "reply")
        ]
    }  # fmt: skip
    record = publish_rules([(asks_all, [RED, does("add_tag", tag="x")])]).record
    ticket = open_ticket("蛋糕坏了")
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    ticket = move_ticket(
        ticket=ticket, transition="handling-done", answers={"reply": "已退款"}, by=agent, at=NOON
    )
    assert "已退款" in ticket.text
    Decision.objects.all().delete()  # nothing was logged
    facts = facts_of(ticket, record)
    assert (facts["text"], facts["urgency"], facts["tags"]) == ("蛋糕坏了", "green", [])
    assert "reply" not in facts


def test_what_was_logged_wins_over_what_is_told_now(refund, routing, open_ticket):
    ticket = open_ticket("蛋糕坏了")
    Ticket.objects.filter(pk=ticket.pk).update(text="edited meanwhile")
    assert facts_of(ticket, routing)["text"] == "蛋糕坏了"


def test_orders_are_counted_as_of_the_opening(refund, routing, open_ticket):
    customer = Customer.objects.create(number="C1", name="Li", created_at=NOON)
    for number, at in (("A", NOON - DAY), ("B", NOON - DAY), ("C", NOON + DAY)):
        Order.objects.create(number=number, customer=customer, placed_at=at, currency="CNY")
    ticket = open_ticket("蛋糕坏了", order_number="A")
    assert facts_of(ticket, routing)["customer_orders"] == 2


def test_pages_go_on_after_a_place(refund, routing, open_ticket, monkeypatch):
    monkeypatch.setattr(histories, "PAGE", 2)
    tickets = [open_ticket(f"{number}") for number in range(5)]
    sides, period = sides_now(routing), (NOON - DAY, NOON + DAY)
    pages = list(OpenedTickets().pages(sides, *period, 0))
    assert [[case.place for case in page] for page in pages] == [
        [ticket.pk for ticket in tickets[:2]],
        [ticket.pk for ticket in tickets[2:4]],
        [tickets[4].pk],
    ]
    rest = list(OpenedTickets().pages(sides, *period, tickets[2].pk))
    assert [case.subject for page in rest for case in page] == [ticket.subject for ticket in tickets[3:]]


def test_a_page_takes_a_fixed_number_of_queries(refund, routing, open_ticket, django_assert_num_queries):
    for number in range(6):
        open_ticket(f"{number}")
    sides = sides_now(routing)
    list(OpenedTickets().pages(sides, NOON - DAY, NOON + DAY, 0))
    # Tickets, events, decisions; and once more, to find nothing.
    with django_assert_num_queries(4):
        list(OpenedTickets().pages(sides, NOON - DAY, NOON + DAY, 0))


@pytest.mark.parametrize("text", ["", "abc", "99999999999999999999", "①", "-1", "12345"])
def test_what_is_no_ticket_is_not_found(refund, routing, text):
    assert OpenedTickets().find(sides_now(routing), text) is None


def test_actions_are_summed_up_by_the_policy_of_routing():
    actions = [
        does("add_tag", tag="b"),
        does("set_urgency", level="amber"),
        does("send_to_department", department="quality"),
        does("add_tag", tag="a"),
        RED,
        does("send_to_department", department="service"),
        does("close", outcome="closed"),
    ]
    assert sum_up(actions) == [
        RED,
        does("send_to_department", department="quality"),
        does("add_tag", tag="a"),
        does("add_tag", tag="b"),
    ]


def test_a_ticket_becomes_a_test_of_the_rules_in_one_click(
    refund, routing, open_ticket, client_of, designer, agent
):
    ticket = open_ticket("蛋糕坏了")
    shown = client_of(designer).get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    address = reverse("decision_make_test", args=[Decision.objects.get().pk])
    assert address in shown
    assert address not in client_of(agent).get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    client_of(designer).post(address)
    (test,) = stored_tests(RuleSet.objects.get().get_latest_revision_as_object())
    assert test.facts == {"text": "蛋糕坏了"}
    assert test.expected == {"actions": [RED, does("send_to_department", department="quality")]}

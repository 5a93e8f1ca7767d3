from datetime import timedelta

import pytest
from django_fsm import TransitionNotAllowed

from flows.tickets.actions import create_ticket, move_ticket, offers, take_ticket
from flows.tickets.models import Ticket
from flows.tickets.refusals import (
    AnswersMissing,
    ConditionNotMet,
    NoLiveType,
    NoSuchStep,
    NotYours,
    TakenMeanwhile,
    TicketMovedMeanwhile,
)
from rules.store.models import Decision
from tests.tickets.conftest import NOON, node_of, press, press_of, refund_type

LATER = NOON + timedelta(hours=1)
MUCH = {"minor": 200_000, "currency": "CNY"}


def test_a_new_ticket_waits_at_the_start_with_its_answers_and_a_time_line(open_ticket, agent):
    ticket = Ticket.objects.get(pk=open_ticket("蛋糕坏了").pk)
    assert (ticket.status, ticket.node, ticket.title) == ("new", "new", "蛋糕坏了")
    assert ticket.answers == {"story": "蛋糕坏了"}
    assert [(event.kind, event.by) for event in ticket.events.all()] == [("created", agent)]


def test_a_ticket_cannot_be_opened_without_what_must_be_answered(refund, agent):
    with pytest.raises(AnswersMissing, match="经过"):
        create_ticket(ticket_type="refund", answers={}, by=agent, at=NOON)
    assert not Ticket.objects.exists()


def test_a_type_that_is_not_live_opens_nothing(agent):
    with pytest.raises(NoLiveType):
        create_ticket(ticket_type="refund", answers={}, by=agent, at=NOON)


def test_a_ticket_moves_to_its_end_and_may_be_opened_again(open_ticket, agent):
    ticket = move_ticket(ticket=open_ticket(), transition="new-handling", by=agent, at=NOON)
    assert (ticket.status, ticket.node, ticket.assignee) == ("open", "handling", agent)
    ticket = move_ticket(
        ticket=ticket,
        transition="handling-done",
        by=agent,
        at=LATER,
        answers={"reply": "已退"},
        note="电话里说的",
    )
    assert (ticket.status, ticket.closed_at, ticket.answers["reply"]) == ("resolved", LATER, "已退")
    assert ticket.events.last().data["note"] == "电话里说的"
    ticket = move_ticket(ticket=ticket, transition="done-handling", by=agent, at=LATER)
    assert (ticket.status, ticket.closed_at) == ("open", None)


def test_the_coarse_status_cannot_be_set_by_hand(open_ticket):
    ticket = open_ticket()
    with pytest.raises(AttributeError):
        ticket.status = "closed"
    ticket.become("cancelled")
    with pytest.raises(TransitionNotAllowed):
        ticket.become("open")


def test_of_two_who_saw_the_same_ticket_the_second_is_told_who_was_first(open_ticket, agent, admin):
    ticket = open_ticket()
    seen = Ticket.objects.get(pk=ticket.pk)
    move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    with pytest.raises(TicketMovedMeanwhile) as told:
        move_ticket(ticket=seen, transition="new-cancelled", by=admin, at=LATER)
    sentence = str(told.value.sentence)
    assert "agent" in sentence
    assert "新建" in sentence
    assert "处理" in sentence
    assert Ticket.objects.get(pk=ticket.pk).status == "open"


def test_what_was_seen_is_compared_again_while_writing(open_ticket, agent, monkeypatch):
    """Should the lock let two through, only one row update finds the ticket where it was seen."""
    ticket = open_ticket()
    seen = Ticket.objects.get(pk=ticket.pk)
    stale = Ticket.objects.with_names().get(pk=ticket.pk)
    move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    monkeypatch.setattr("flows.tickets.actions.lock", lambda _ticket: stale)
    with pytest.raises(TicketMovedMeanwhile):
        move_ticket(ticket=seen, transition="new-cancelled", by=agent, at=LATER)
    assert Ticket.objects.get(pk=ticket.pk).events.filter(kind="moved").count() == 1


def test_a_step_that_does_not_start_here_is_refused(open_ticket, agent):
    with pytest.raises(NoSuchStep):
        move_ticket(ticket=open_ticket(), transition="approval-done", by=agent, at=NOON)


def test_whoever_may_only_read_cannot_press(open_ticket, store_manager):
    with pytest.raises(NotYours):
        move_ticket(ticket=open_ticket(), transition="new-handling", by=store_manager, at=NOON)


def test_a_conditional_step_says_what_it_needs_and_what_it_met(open_ticket, agent):
    ticket = move_ticket(
        ticket=open_ticket(amount={"minor": 5_000, "currency": "CNY"}),
        transition="new-handling",
        by=agent,
        at=NOON,
    )
    with pytest.raises(ConditionNotMet) as told:
        move_ticket(ticket=ticket, transition="handling-approval", by=agent, at=NOON, answers={"reply": "好"})
    assert "1,000" in str(told.value.sentence) or "1000" in str(told.value.sentence)
    assert Ticket.objects.get(pk=ticket.pk).node == "handling"
    assert not Decision.objects.exists()


def test_a_conditional_step_that_held_is_in_the_decision_log(open_ticket, agent):
    ticket = move_ticket(ticket=open_ticket(amount=MUCH), transition="new-handling", by=agent, at=NOON)
    move_ticket(ticket=ticket, transition="handling-approval", by=agent, at=NOON, answers={"reply": "好"})
    decision = Decision.objects.get(subject=ticket.subject)
    assert decision.version == ticket.version
    assert ticket.events.last().decision == decision


def test_a_step_without_answers_asks_for_none(open_ticket, agent):
    ticket = move_ticket(ticket=open_ticket(), transition="new-cancelled", by=agent, at=NOON)
    assert ticket.status == "cancelled"


def test_buttons_say_why_they_cannot_be_pressed(open_ticket, agent):
    ticket = move_ticket(ticket=open_ticket(), transition="new-handling", by=agent, at=NOON)
    by_key = {offer.step.key: offer for offer in offers(ticket=ticket, to=agent, at=NOON)}
    assert not by_key["handling-done"].refusal
    assert by_key["handling-approval"].refusal


def test_only_what_is_asked_here_can_be_answered_here(open_ticket, agent):
    ticket = open_ticket("原话")
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    ticket = move_ticket(
        ticket=ticket, transition="handling-done", by=agent, at=NOON, answers={"reply": "好", "story": "改写"}
    )
    assert ticket.answers["story"] == "原话"


def test_a_ticket_stays_on_the_version_it_began_with(open_ticket, publish, refund, agent):
    ticket = open_ticket()
    record = refund.record
    flow = record.flow
    flow["nodes"].remove(node_of(record, "done"))
    flow["transitions"] = [row for row in flow["transitions"] if "done" not in (row["from"], row["to"])]
    flow["transitions"] += [press("handling", "cancelled", "结束"), press("approval", "cancelled", "驳回")]
    second = publish(record)
    assert second.number == 2
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    ticket = move_ticket(
        ticket=ticket, transition="handling-done", by=agent, at=NOON, answers={"reply": "好"}
    )
    assert (ticket.version, ticket.status) == (refund, "resolved")
    assert open_ticket("新的").version == second


def test_a_ticket_is_taken_by_the_quicker_one(open_ticket, agent, admin):
    ticket = open_ticket()
    seen = Ticket.objects.get(pk=ticket.pk)
    assert take_ticket(ticket=ticket, by=agent, at=NOON).assignee == agent
    with pytest.raises(TakenMeanwhile, match="agent"):
        take_ticket(ticket=seen, by=admin, at=NOON)


def test_an_order_tells_the_ticket_its_customer_and_store(refund, agent, departments):
    from flows.customers.models import Customer, Order
    from flows.organisation.models import Store

    customer = Customer.objects.create(number="C1", name="王", created_at=NOON)
    store = Store.objects.create(slug="east", name="东")
    Order.objects.create(number="O1", customer=customer, store=store, placed_at=NOON, currency="CNY")
    ticket = create_ticket(
        ticket_type="refund", answers={"story": "少了一份", "order_number": "O1"}, by=agent, at=NOON
    )
    assert (ticket.order.number, ticket.customer, ticket.store) == ("O1", customer, store)


def test_a_type_says_what_is_wrong_at_its_place(db):
    broken = refund_type()
    press_of(broken, "handling", "done")["to"] = "nowhere"
    problems = {problem.path: str(problem.sentence) for problem in broken.problems()}
    assert ("transitions", 1, "to") in problems


def test_an_open_ticket_has_one_open_task_where_it_is(open_ticket, agent):
    ticket = open_ticket()
    assert [(task.node, task.assignee) for task in ticket.tasks.open()] == [("new", None)]
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    assert [(task.node, task.assignee) for task in ticket.tasks.open()] == [("handling", agent)]
    ticket = move_ticket(
        ticket=ticket, transition="handling-done", by=agent, at=LATER, answers={"reply": "好"}
    )
    assert not ticket.tasks.open().exists()
    assert [(task.node, task.outcome, task.closed_at) for task in ticket.tasks.all()] == [
        ("new", "new-handling", NOON),
        ("handling", "handling-done", LATER),
    ]


def test_who_takes_a_ticket_takes_its_task(open_ticket, agent):
    ticket = take_ticket(ticket=open_ticket(), by=agent, at=NOON)
    assert ticket.tasks.get().assignee == agent

"""What people are told of tickets: the red alert, being given one; never what they may not see."""

import pytest
from django.utils import timezone

from flows.channels.models import Notice, Outgoing
from flows.channels.notices import notify
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Ticket
from tests.conftest import make_persona
from tests.forms.test_fields import private_files  # noqa: F401
from tests.tickets.conftest import NOON, does, text_has
from tests.tickets.test_field_access import AGENTS, SECRETS, everywhere, report  # noqa: F401

RED = does("set_urgency", level="red")
FOOD_POISONING = [(text_has("中毒"), [RED, does("send_to_department", department="quality")])]


@pytest.fixture
def colleagues(departments):
    """Two of the quality department and one of another, all agents."""
    people = {}
    for name, department in (("qian", "quality"), ("sun", "quality"), ("zhou", "logistics")):
        person = make_persona("agent", username=name)
        person.department = departments[department]
        person.save()
        people[name] = person
    return people


def told(event):
    return sorted(notice.person.username for notice in Notice.objects.filter(event=event))


def test_a_red_ticket_alerts_the_people_of_its_department_in_the_same_transaction(
    refund, publish_rules, colleagues, admin
):
    publish_rules(FOOD_POISONING)
    ticket = create_ticket(ticket_type="refund", answers={"story": "吃完中毒了"}, by=admin, at=NOON)
    assert told("ticket.red") == ["qian", "sun"]
    mail = Outgoing.objects.filter(recipient="sun@example.com").get()
    assert mail.payload["subject"] == f"紧急：#{ticket.pk} 吃完中毒了"
    assert f"/desk/tickets/{ticket.pk}/" in mail.payload["text"]


def test_a_red_ticket_for_one_person_alerts_that_person_only(refund, publish_rules, colleagues, admin):
    publish_rules([(text_has("中毒"), [RED, does("assign_to_person", person="zhou")])])
    create_ticket(ticket_type="refund", answers={"story": "吃完中毒了"}, by=admin, at=NOON)
    assert told("ticket.red") == ["zhou"]
    assert told("ticket.assigned") == []


def test_an_alert_that_cannot_be_written_leaves_no_ticket(
    refund, publish_rules, colleagues, admin, monkeypatch
):
    publish_rules(FOOD_POISONING)
    monkeypatch.setattr("flows.channels.actions.enqueue_new", lambda messages: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        create_ticket(ticket_type="refund", answers={"story": "吃完中毒了"}, by=admin, at=NOON)
    assert not Ticket.objects.exists()
    assert not Notice.objects.filter(subject__startswith="ticket:").exists()


def test_an_ordinary_ticket_alerts_nobody(refund, publish_rules, colleagues, admin):
    publish_rules(FOOD_POISONING)
    create_ticket(ticket_type="refund", answers={"story": "送晚了"}, by=admin, at=NOON)
    assert not Notice.objects.filter(subject__startswith="ticket:").exists()


def test_who_takes_a_step_themselves_is_not_told_that_it_is_theirs(open_ticket, agent):
    ticket = open_ticket()
    move_ticket(ticket=ticket, transition="new-handling", by=agent, at=timezone.now())
    assert told("ticket.assigned") == []


@pytest.mark.parametrize("level", ["hidden", "masked"])
def test_a_message_says_nothing_its_reader_may_not_see(report, agent, level):  # noqa: F811
    names = ["story", "phone", "amount", "customer", "order_number", "store", "choice", "photo"]
    ticket = report({AGENTS: everywhere(level, *names)})
    notify(people=[agent], event="ticket.assigned", subject=ticket.subject, at=timezone.now())
    [mail] = Outgoing.objects.filter(recipient=agent.email)
    assert f"#{ticket.pk}" in mail.payload["subject"]
    assert [secret for secret in SECRETS if secret in str(mail.payload)] == []
    assert [
        secret for secret in SECRETS if secret in str(Notice.objects.get(event="ticket.assigned").context)
    ] == []


def test_who_may_not_see_the_ticket_is_told_nothing(open_ticket, colleagues):
    ticket = open_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(department=colleagues["zhou"].department)
    notify(people=colleagues.values(), event="ticket.commented", subject=ticket.subject, at=NOON)
    assert told("ticket.commented") == ["zhou"]

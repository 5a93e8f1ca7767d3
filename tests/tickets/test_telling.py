"""Approvals and ladders tell the people they wait for, each once, in the transaction that made them wait."""

from datetime import timedelta

import pytest

from flows.channels.models import Notice, Outgoing
from flows.tickets.actions import create_ticket
from flows.tickets.deciding import pass_on, vote
from flows.tickets.service_levels.ladder import fire_due
from tests.tickets.conftest import NOON, time_limit
from tests.tickets.test_approvals import asked, asking, people  # noqa: F401
from tests.tickets.test_stepping import begin, go, live  # noqa: F401

HOUR = timedelta(hours=1)


@pytest.fixture
def told(db):
    """told(event): the usernames of those told of it, in order."""

    def told(event):
        return list(
            Notice.objects.filter(event=event).order_by("pk").values_list("person__username", flat=True)
        )

    return told


def test_in_a_sequence_each_is_told_when_it_is_their_turn(people, asked, told):  # noqa: F811
    ticket = asked("sequence")
    assert told("ticket.approval") == ["boss0"]
    vote(ticket=ticket, node="ask", approve=True, by=people["boss0"], at=NOON)
    assert told("ticket.approval") == ["boss0", "boss1"]


def test_all_who_may_vote_at_once_are_told_at_once_and_only_once(people, asked, told):  # noqa: F811
    ticket = asked("all")
    vote(ticket=ticket, node="ask", approve=True, by=people["boss0"], at=NOON)
    assert told("ticket.approval") == ["boss0", "boss1", "boss2"]


def test_who_is_asked_in_anothers_place_is_told(people, asked, told):  # noqa: F811
    ticket = asked("any", "boss0")
    pass_on(ticket=ticket, node="ask", to=people["boss2"], by=people["boss0"], at=NOON)
    assert told("ticket.approval") == ["boss0", "boss2"]


def test_an_approval_that_does_not_happen_tells_nobody(people, live, begin, go, told, monkeypatch):  # noqa: F811
    live(*asking("all"))
    ticket = go(begin(), "new-work")
    monkeypatch.setattr("flows.tickets.stepping.clocks.ticket_walked", lambda *_args, **_more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        go(ticket, "work-ask")
    assert told("ticket.approval") == []


@pytest.mark.parametrize(("channel", "mails"), [("usual", 1), ("email", 1), ("app", 0), ("webhook", 0)])
def test_a_step_of_a_ladder_tells_as_it_says(office, publish_limits, agent, told, channel, mails):
    agent.email = "agent@example.com"
    agent.save()
    publish_limits(time_limit(amount=4, ladder=[(50, "percent", "remind", "assignee")], channel=channel))
    ticket = create_ticket(ticket_type="refund", answers={"story": "蛋糕坏了"}, by=agent, at=NOON)
    ticket.assignee = agent
    ticket.save()
    before = Outgoing.objects.count()
    fire_due(at=NOON + 30 * HOUR)
    fire_due(at=NOON + 31 * HOUR)
    assert told("ticket.due") == ["agent"]
    assert Outgoing.objects.count() - before == mails

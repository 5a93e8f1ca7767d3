"""Approvals and parallel steps on a ticket's page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Ticket
from flows.tickets.waits import fire_due
from tests.tickets.conftest import node, press
from tests.tickets.test_approvals import asking, people  # noqa: F401
from tests.tickets.test_stepping import LITTLE, a_split, live, where, with_parts  # noqa: F401


@pytest.fixture
def opened(agent):
    def opened(*keys, **answers):
        now = timezone.now()
        ticket = create_ticket(
            ticket_type="case", answers={"story": "坏了", "amount": LITTLE} | answers, by=agent, at=now
        )
        for key in keys:
            ticket = move_ticket(ticket=ticket, transition=key, by=agent, at=now)
        return Ticket.objects.get(pk=ticket.pk)

    return opened


def page_of(ticket, **query):
    return reverse("desk:ticket", args=[ticket.pk], query=query or None)


def text(response):
    return response.content.decode()


@pytest.fixture
def asked(live, opened, people):  # noqa: F811
    live(*asking("all", "boss0", "boss1"))
    return opened("new-work", "work-ask")


def test_who_is_asked_sees_the_votes_and_gives_their_own(asked, client_of, people):  # noqa: F811
    boss = client_of(people["boss0"])
    page = text(boss.get(page_of(asked)))
    assert 'value="approve"' in page
    assert "boss1" in page
    told = boss.post(page_of(asked), {"vote": "refuse", "seen": asked.moves, "note": ""})
    assert told.status_code == 422
    boss.post(page_of(asked), {"vote": "approve", "seen": asked.moves, "note": "可以"})
    page = text(boss.get(page_of(asked)))
    assert 'value="approve"' not in page
    assert "可以" in page
    client_of(people["boss1"]).post(page_of(asked), {"vote": "approve", "seen": asked.moves, "note": ""})
    assert Ticket.objects.get(pk=asked.pk).status == "resolved"


def test_what_waits_for_approval_comes_first_and_only_to_those_asked(asked, client_of, people, agent):  # noqa: F811
    home, waiting = reverse("desk:home"), reverse("desk:tickets", query={"list": "approvals"})
    boss = client_of(people["boss0"])
    assert "approvals" in boss.get(home).context["tabs"]
    assert [row.pk for row in boss.get(waiting).context["page"]] == [asked.pk]
    assert "approvals" not in client_of(agent).get(home).context["tabs"]


def test_who_is_not_asked_waits(asked, client_of, agent):
    page = text(client_of(agent).get(page_of(asked)))
    assert 'value="approve"' not in page
    assert 'value="withdraw"' in page


def test_an_approval_is_passed_on_added_to_returned_and_withdrawn(asked, client_of, people, agent):  # noqa: F811
    url = reverse("desk:decide", args=[asked.pk]) + "?step=ask"
    boss = client_of(people["boss0"])
    boss.post(url, {"act": "add", "person": "boss2", "seen": asked.moves})
    boss.post(url, {"act": "pass_on", "person": "agent", "seen": asked.moves})
    names = set(asked.tasks.open().get().approvals.values_list("person__username", flat=True))
    assert names == {"agent", "boss1", "boss2"}
    client_of(people["boss1"]).post(url, {"act": "return", "to": "new", "seen": asked.moves, "note": "缺"})
    assert where(asked) == ["new"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"act": "x"},
        {"act": "add"},
        {"act": "add", "person": "nobody", "seen": "x"},
        {"act": "return", "to": "no"},
        {"act": "try_again", "seen": "9" * 30},
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(asked, client_of, people, data):  # noqa: F811
    boss = client_of(people["boss0"])
    response = boss.post(reverse("desk:decide", args=[asked.pk]), data, follow=True)
    assert response.status_code == 200
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert where(asked) == ["ask"]


def test_each_parallel_step_has_its_own_buttons(live, opened, client_of, agent):  # noqa: F811
    live(*a_split())
    ticket = opened("new-split")
    desk = client_of(agent)
    page = text(desk.get(page_of(ticket)))
    assert 'value="a-join"' in page
    assert "?step=b" in page
    page = text(desk.get(page_of(ticket, step="b")))
    assert 'value="b-join"' in page
    desk.post(page_of(ticket, step="b"), {"transition": "b-join", "seen": ticket.moves, "note": ""})
    assert where(ticket) == ["a", "c", "join"]
    desk.post(reverse("desk:take", args=[ticket.pk]) + "?step=c")
    assert ticket.tasks.open().get(node="c").assignee == agent
    assert ticket.tasks.open().get(node="a").assignee is None


def test_parts_and_their_progress_are_shown_on_both_sides(live, opened, client_of, agent):  # noqa: F811
    live(press("new", "done"), slug="part")
    live(*with_parts())
    ticket = opened("new-parts")
    desk = client_of(agent)
    part = Ticket.objects.filter(ticket_type="part").first()
    assert "0 / 3" in text(desk.get(page_of(ticket))) or "0/3" in text(desk.get(page_of(ticket)))
    assert f"#{part.pk}" in text(desk.get(page_of(ticket)))
    assert f"#{ticket.pk}" in text(desk.get(page_of(part)))


def test_a_stuck_step_says_why_and_can_be_tried_again(live, opened, client_of, agent, monkeypatch):  # noqa: F811
    live(
        node("wait", kind="wait", wait={"mode": "duration", "seconds": 60}),
        press("new", "wait"),
        press("wait", "done", trigger="auto"),
    )
    ticket = opened("new-wait")

    def broken(walk):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("flows.tickets.stepping.Walk.save", broken)
        fire_due(now=timezone.now() + timedelta(hours=1))
    assert where(ticket) == ["wait"]
    desk = client_of(agent)
    assert "系统出错" in text(desk.get(page_of(ticket)))
    desk.post(reverse("desk:decide", args=[ticket.pk]) + "?step=wait", {"act": "try_again", "seen": 99})
    assert Ticket.objects.get(pk=ticket.pk).status == "resolved"

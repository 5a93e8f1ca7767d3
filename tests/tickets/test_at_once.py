"""Two people press at the same moment, in two threads on the real database."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from flows.organisation.models import User
from flows.tickets.actions import create_ticket, move_ticket, take_ticket
from flows.tickets.deciding import vote
from flows.tickets.models import Ticket
from flows.tickets.refusals import TakenMeanwhile, TicketMovedMeanwhile
from flows.tickets.waits import fire_due
from rules.store.problems import Refusal
from tests.tickets.conftest import NOON, node, press
from tests.tickets.test_approvals import asking
from tests.tickets.test_approvals import people as people_of_flow  # noqa: F401
from tests.tickets.test_stepping import live, with_parts  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 4


def at_once(act, people):
    """Runs act(person) in one thread each, all starting together. → what each got, or was refused with"""
    outcomes, start = {}, Barrier(len(people))

    def run(person):
        try:
            start.wait(timeout=10)
            outcomes[person] = act(person)
        except Refusal as refusal:
            outcomes[person] = refusal
        finally:
            connection.close()

    threads = [Thread(target=run, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


@pytest.fixture
def people(db):
    return [User.objects.create_superuser(f"person{number}") for number in range(PEOPLE)]


def test_one_moves_the_ticket_and_the_others_read_who_did(refund, people):
    ticket = create_ticket(ticket_type="refund", answers={"story": "坏了"}, by=people[0], at=NOON)

    def press_as(person):
        seen = Ticket.objects.get(pk=ticket.pk)
        seen.moves = 0
        return move_ticket(ticket=seen, transition="new-handling", by=person, at=NOON)

    outcomes = at_once(press_as, people)
    [winner] = [person for person, outcome in outcomes.items() if isinstance(outcome, Ticket)]
    losers = [outcome for outcome in outcomes.values() if isinstance(outcome, TicketMovedMeanwhile)]
    assert len(losers) == PEOPLE - 1
    assert all(winner.username in str(loser.sentence) for loser in losers)
    moved = Ticket.objects.get(pk=ticket.pk)
    assert (moved.moves, moved.assignee) == (1, winner)
    assert moved.events.filter(kind="moved").count() == 1


def test_one_takes_the_ticket(refund, people):
    ticket = create_ticket(ticket_type="refund", answers={"story": "坏了"}, by=people[0], at=NOON)
    outcomes = at_once(lambda person: take_ticket(ticket=ticket, by=person, at=NOON), people)
    assert sum(isinstance(outcome, TakenMeanwhile) for outcome in outcomes.values()) == PEOPLE - 1
    assert Ticket.objects.get(pk=ticket.pk).events.filter(kind="taken").count() == 1


def test_of_fifty_at_once_one_makes_the_step(refund, admin):
    ticket = create_ticket(ticket_type="refund", answers={"story": "坏了"}, by=admin, at=NOON)

    def press_once(_number):
        return move_ticket(ticket=Ticket(pk=ticket.pk, moves=0), transition="new-handling", by=admin, at=NOON)

    outcomes = at_once(press_once, list(range(50)))
    assert sum(isinstance(outcome, Ticket) for outcome in outcomes.values()) == 1
    assert sum(isinstance(outcome, TicketMovedMeanwhile) for outcome in outcomes.values()) == 49
    moved = Ticket.objects.get(pk=ticket.pk)
    assert moved.moves == 1
    assert moved.events.filter(kind="moved").count() == 1
    assert [task.node for task in moved.tasks.open()] == ["handling"]


def test_a_wait_that_many_workers_find_due_is_fired_once(live, admin):  # noqa: F811
    live(
        node("wait", kind="wait", wait={"mode": "duration", "seconds": 60}),
        node("check"),
        press("new", "wait"),
        press("wait", "check", trigger="auto"),
        press("check", "done"),
    )
    ticket = create_ticket(ticket_type="case", answers={"story": "坏了"}, by=admin, at=NOON)
    move_ticket(ticket=ticket, transition="new-wait", by=admin, at=NOON)
    outcomes = at_once(lambda _number: fire_due(now=NOON + timedelta(minutes=1)), list(range(8)))
    assert sum(outcomes.values()) == 1
    assert ticket.events.filter(kind="went").count() == 1


def test_many_ends_of_parts_at_once_let_the_whole_go_on_once(live, admin):  # noqa: F811
    live(press("new", "done"), slug="part")
    live(*with_parts())
    ticket = create_ticket(ticket_type="case", answers={"story": "坏了"}, by=admin, at=NOON)
    move_ticket(ticket=ticket, transition="new-parts", by=admin, at=NOON)
    parts = list(Ticket.objects.filter(ticket_type="part"))
    at_once(lambda part: move_ticket(ticket=part, transition="new-done", by=admin, at=NOON), parts)
    assert [task.node for task in ticket.tasks.open()] == ["after"]
    assert sorted(event.data["ended"] for event in ticket.events.filter(kind="child")) == [1, 2, 3]


def test_of_two_who_approve_at_once_where_one_is_enough_the_ticket_goes_on_once(live, people_who_approve):  # noqa: F811
    live(*asking("any"))
    agent, bosses = people_who_approve
    ticket = create_ticket(ticket_type="case", answers={"story": "坏了"}, by=agent, at=NOON)
    for key in ("new-work", "work-ask"):
        ticket = move_ticket(ticket=ticket, transition=key, by=agent, at=NOON)
    outcomes = at_once(
        lambda boss: vote(ticket=ticket_seen(ticket), node="ask", approve=True, by=boss, at=NOON), bosses
    )
    assert sum(isinstance(outcome, Ticket) for outcome in outcomes.values()) == 1
    assert ticket.events.filter(kind="decided").count() == 1


@pytest.fixture
def people_who_approve(people_of_flow, agent):  # noqa: F811
    return agent, list(people_of_flow.values())


def ticket_seen(ticket):
    return Ticket(pk=ticket.pk, moves=ticket.moves)

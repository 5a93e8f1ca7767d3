"""Two people press at the same moment, in two threads on the real database."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from flows.organisation.models import User
from flows.tickets.actions import create_ticket, move_ticket, take_ticket
from flows.tickets.models import Ticket
from flows.tickets.refusals import TakenMeanwhile, TicketMovedMeanwhile
from rules.store.problems import Refusal
from tests.tickets.conftest import NOON

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

    def press(person):
        seen = Ticket.objects.get(pk=ticket.pk)
        seen.moves = 0
        return move_ticket(ticket=seen, transition="new-handling", by=person, at=NOON)

    outcomes = at_once(press, people)
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

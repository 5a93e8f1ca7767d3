"""Workers that sweep at the same moment, and workers that are killed: each step still fires once."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connection

from flows.organisation.models import User
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Clock, FiredStep, Ticket, TicketEvent
from flows.tickets.service_levels.sweeping import sweep
from tests.tickets.conftest import NOON, time_limit

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent
WORKERS, TICKETS = 4, 12
HOUR = timedelta(hours=1)
LADDER = [(25, "percent", "remind", "assignee"), (50, "percent", "raise_urgency", "head")]

# Dies within the transaction, after what the step does and before the time line says so.
KILLED = """
import os, signal, sys
import django; django.setup()
from datetime import datetime
from flows.tickets.service_levels import ladder
ladder.told_by_step = lambda **given: os.kill(os.getpid(), signal.SIGKILL)
ladder.fire_due(at=datetime.fromisoformat(sys.argv[1]))
"""


@pytest.fixture
def person(db):
    return User.objects.create_superuser("person")


def open_one(person):
    return create_ticket(ticket_type="refund", answers={"story": "坏了"}, by=person, at=NOON)


def together(*acts):
    start, failed = Barrier(len(acts)), []

    def run(act):
        try:
            start.wait(timeout=10)
            act()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []


def late_events():
    return TicketEvent.objects.filter(kind=TicketEvent.Kind.LATE).count()


def test_workers_that_sweep_together_fire_each_step_once(publish_limits, person):
    publish_limits(time_limit(amount=4, ladder=LADDER))
    for _number in range(TICKETS):
        open_one(person)
    at = NOON + 100 * HOUR
    together(*([lambda: sweep(at=at)] * WORKERS))
    sweep(at=at)  # whoever found a ticket locked left it to the next sweep
    assert FiredStep.objects.count() == late_events() == TICKETS * len(LADDER)
    assert not Clock.objects.filter(next_at__isnull=False).exists()


def test_a_ticket_that_is_moved_while_a_worker_sweeps_is_either_told_or_not(publish_limits, person):
    publish_limits(time_limit(amount=4, ladder=LADDER))
    seen = open_one(person)
    at = NOON + 3 * HOUR
    together(
        lambda: move_ticket(ticket=seen, transition="new-handling", by=person, at=at), lambda: sweep(at=at)
    )
    sweep(at=at)
    assert Ticket.objects.get().node == "handling"
    assert FiredStep.objects.count() == late_events() == 2


def test_a_worker_killed_while_it_fires_leaves_nothing_and_the_next_one_fires_once(
    publish_limits, person, child_environment
):
    publish_limits(time_limit(amount=4, ladder=LADDER))
    open_one(person)
    at = NOON + 100 * HOUR
    for _restart in range(2):
        died = subprocess.run(
            [sys.executable, "-c", KILLED, at.isoformat()],
            cwd=ROOT, env=child_environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert FiredStep.objects.count() == late_events() == 0
        assert Ticket.objects.get().urgency == 1
    sweep(at=at)
    sweep(at=at)
    assert FiredStep.objects.count() == late_events() == len(LADDER)

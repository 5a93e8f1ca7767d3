"""A process of its own that makes the same step again and again, and dies one statement later each time.

python -m tests.tickets.walker TICKET TRANSITION AT

Each try is a forked child that kills itself right before a statement, the commit included. What it leaves
behind is compared with what was there before. Prints {"points": how many there were, "torn": those that left
a trace, "moved": whether the last, which was let live, made the step}.
"""

import json
import os
import signal
import sys
from datetime import datetime

import django


def main(ticket, transition, at):
    django.setup()
    from django.db import connection

    before, torn, point = traces(), [], 0
    while True:
        point += 1
        connection.close()
        if hasattr(connection, "close_pool"):
            # A connection shared with a child would be in the middle of what the child began.
            connection.close_pool()
        child = os.fork()
        if child == 0:
            step(ticket, transition, datetime.fromisoformat(at), die_at=point)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        if traces() != before:
            torn.append(point)
    print(json.dumps({"points": point - 1, "torn": torn, "moved": traces() != before}))


def step(ticket, transition, at, *, die_at):
    from django.db import connection

    from flows.organisation.models import User
    from flows.tickets.actions import move_ticket
    from flows.tickets.models import Ticket

    seen, by, count = Ticket.objects.get(pk=ticket), User.objects.get(username="agent"), 0

    def perhaps_die():
        nonlocal count
        count += 1
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute_or_die(execute, sql, params, many, context):
        perhaps_die()
        return execute(sql, params, many, context)

    commit = connection._commit

    def commit_or_die():
        perhaps_die()
        commit()

    connection._commit = commit_or_die
    with connection.execute_wrapper(execute_or_die):
        move_ticket(ticket=seen, transition=transition, by=by, at=at)


def traces():
    from flows.channels.models import Outgoing
    from flows.tickets.models import Approval, Task, Ticket, TicketEvent, TicketTag
    from rules.store.models import Decision

    kinds = (Ticket, Task, Approval, TicketEvent, TicketTag, Outgoing, Decision)
    return {kind.__name__: list(kind.objects.order_by("pk").values()) for kind in kinds}


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How fast time limits are watched: 100,000 open tickets with two clocks each, in a database of its own.

    make bench-time                 on the database of DATABASE_URL, else on SQLite
    python -m bench.clocks --tickets 20000

Measured: the scan when nothing is due, the firing of steps that are due at once, and counting again after a
calendar changed. A step waits for the pause between two sweeps, the scan, and what is due before it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import timedelta
from time import perf_counter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.test")

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.report import Target, number, table, targets_table  # noqa: E402
from flows.organisation.models import Calendar, Department, User  # noqa: E402
from flows.tickets.actions import create_ticket  # noqa: E402
from flows.tickets.demo import block, node, press, time_limit  # noqa: E402
from flows.tickets.models import Clock, Task, Ticket, TicketType  # noqa: E402
from flows.tickets.service_levels.ladder import clocks_due, fire_due  # noqa: E402
from flows.tickets.service_levels.sweeping import recount_superseded  # noqa: E402
from flows.tickets.tasks import PAUSE  # noqa: E402
from rules.store.actions import publish_reviewed_by  # noqa: E402

BATCH = 1_000
SCANS = 200
DUE_AT_ONCE = 1_000  # clocks, each with two steps
STEPS_DUE = 2 * DUE_AT_ONCE
RECOUNTED = 1_000
LONGEST_WAIT = 10.0  # seconds


def main() -> None:
    options = read_options()
    databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    try:
        people = make_people()
        publish_calendar(people, until="18:00")
        ticket = make_first_ticket(people)
        copy_ticket(ticket, options.tickets - 1)
        analyze()
        report(options.tickets, *measure(people))
    finally:
        teardown_databases(databases, verbosity=0)


def make_people() -> dict[str, User]:
    people = {}
    for name, role in (("designer", "Ops designers"), ("reviewer", "Compliance reviewers")):
        people[name] = User.objects.create_user(name)
        people[name].groups.add(Group.objects.get(name=role))
    people["agent"] = User.objects.create_superuser("agent")
    service = Department.objects.create(slug="service", name="Service", head=people["agent"])
    people["agent"].department = service
    people["agent"].save()
    return people


def publish_calendar(people, *, until: str):
    record = Calendar.objects.filter(slug="office").first() or Calendar(
        name="Office", slug="office", is_usual=True
    )
    record.week = {
        day: [f"00:00-{until}", "18:30-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    }
    return publish_reviewed_by(record, author=people["designer"], reviewer=people["reviewer"])


def make_first_ticket(people) -> Ticket:
    ladder = [(80, "percent", "remind", "assignee"), (100, "percent", "raise_urgency", "head")]
    record = TicketType(
        name="Bench",
        slug="bench",
        form=[block("text", "story", "经过", "Story")],
        flow={
            "nodes": [
                node(
                    "new",
                    "新建",
                    "New",
                    kind="start",
                    asks=["story"],
                    assign="department",
                    department="service",
                ),
                node("done", "完成", "Done", kind="resolved"),
            ],
            "transitions": [press("new", "done", "完成", "Done")],
        },
        service_levels=[
            time_limit("response", 2, None, "hours", ladder),
            time_limit("solution", 40, 8, "hours", ladder),
        ],
    )
    publish_reviewed_by(record, author=people["designer"], reviewer=people["reviewer"])
    return create_ticket(
        ticket_type="bench", answers={"story": "x"}, by=people["agent"], at=timezone.now()
    )  # fmt: skip


def copy_ticket(ticket: Ticket, count: int) -> None:
    """Rows like those of `ticket`: what is measured reads rows, whoever wrote them."""
    clocks, [task] = list(ticket.clocks.all()), ticket.tasks.all()
    for begin in range(0, count, BATCH):
        tickets = [copy_of(ticket) for _number in range(min(BATCH, count - begin))]
        Ticket.objects.bulk_create(tickets)
        Clock.objects.bulk_create(copy_of(clock, ticket_id=one.pk) for one in tickets for clock in clocks)
        Task.objects.bulk_create(copy_of(task, ticket_id=one.pk) for one in tickets)


def copy_of(row, **more):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**values | {"id": None} | more)


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(people) -> tuple[float, float, float, str]:
    """→ seconds of a scan with nothing due, steps fired and tickets counted again a second, the plan."""
    now = timezone.now()
    plan = clocks_due(at=now)[:500].explain()
    begin = perf_counter()
    for _scan in range(SCANS):
        assert not list(clocks_due(at=now)[:500])
    scan = (perf_counter() - begin) / SCANS
    due = Clock.objects.filter(measure="response").order_by("pk").values_list("pk", flat=True)[:DUE_AT_ONCE]
    Clock.objects.filter(pk__in=list(due)).update(since=now - timedelta(hours=10), next_at=now)
    begin, left = perf_counter(), 1
    while left:
        left = fire_due(at=now)
    fired = Clock.objects.filter(pk__in=list(due), next_at__isnull=True).count()
    assert fired == DUE_AT_ONCE, fired
    firing = STEPS_DUE / (perf_counter() - begin)
    publish_calendar(people, until="17:00")
    begin = perf_counter()
    counted = recount_superseded(at=timezone.now(), limit=RECOUNTED)
    return scan, firing, counted / (perf_counter() - begin), plan


def report(tickets: int, scan: float, firing: float, recounting: float, plan: str) -> None:
    longest = PAUSE + scan + STEPS_DUE / firing
    clocks = Clock.objects.count()
    print(f"{tickets:,} open tickets, {clocks:,} clocks; {connection.vendor}, {platform.machine()}\n")
    print(
        table(
            [
                ["what", "measured"],
                ["a scan when nothing is due", f"{scan * 1000:.2f} ms"],
                ["steps fired a second", number(firing)],
                ["tickets counted again a second after a calendar changed", number(recounting)],
            ]
        )
    )
    print(f"\nPlan of the scan:\n{plan}\n")
    wait = Target(
        says=f"longest wait in seconds when {STEPS_DUE:,} steps are due in the same second",
        wanted=LONGEST_WAIT, is_most=True, measured=longest,
    )  # fmt: skip
    print(targets_table([wait]))
    sys.exit(0 if wait.is_met else 1)


def read_options():
    parser = argparse.ArgumentParser(prog="python -m bench.clocks", description=__doc__.split("\n")[0])
    parser.add_argument("--tickets", type=int, default=100_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()

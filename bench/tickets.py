"""How many whole tickets a second 4 workers carry through 6 steps, beside other workflow engines, in one run.

    make bench-tickets                                         the tables on the terminal
    make bench-tickets MARKDOWN=docs/performance-tickets.md    the page of the documentation

A whole ticket is opened, routed by 200 published rules, and moved through 6 steps, each step in a transaction
of its own with its line of history. A million tickets are in the tables already. The database is
tangram_bench_tickets on the server of DATABASE_URL; it stays for the next run, --fresh makes it anew.

The others do the same flow with what they have: django-viewflow with its process and task tables;
SpiffWorkflow, which stores nothing itself, with its state as JSON in a row that is locked, read, moved and
written. Neither has rules, so these decide by plain Python, a comparison written by hand per rule: kinder
than any engine of rules. All contenders take turns, and the best round counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

DATABASE = "tangram_bench_tickets"
SERVER = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
os.environ["DATABASE_URL"] = f"{SERVER.rpartition('/')[0]}/{DATABASE}"
os.environ["DJANGO_SETTINGS_MODULE"] = "bench.tickets_settings"

import django  # noqa: E402 (the settings come first)

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.report import Target, number, table, targets_table  # noqa: E402
from flows.forms.texts import texts  # noqa: E402
from flows.tickets.actions import create_ticket, move_ticket  # noqa: E402
from flows.tickets.models import Task, Ticket, TicketEvent, TicketType  # noqa: E402
from rules.store.actions import publish_reviewed_by  # noqa: E402
from rules.store.models import RuleSet  # noqa: E402
from rules.store.models.ruleset import Rule  # noqa: E402

STEPS = 6
RULES = 200
WORDS = 300  # of which RULES are in a rule
WORKERS = 4
WANTED = 60  # whole tickets a second
SPREAD = 5_000
PATIENCE = 300  # seconds; a worker that died must not keep the others waiting


# The work --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One ticket to be: what a customer wrote, and an amount in whole units."""

    place: int

    @property
    def story(self) -> str:
        return f"the parcel came late and word{self.place % WORDS} was broken"

    @property
    def amount(self) -> int:
        return self.place * 7919 % SPREAD


def tags_by_hand(case: Case) -> list[str]:
    return [f"tag{place}" for place, holds in enumerate(CLOSURES) if holds(case)]


def closure(place: int) -> Callable[[Case], bool]:
    word, least = f"word{place}", place * 10
    return lambda case: case.amount > least and word in case.story


CLOSURES = [closure(place) for place in range(RULES)]


# Tangram ---------------------------------------------------------------------------------------------------


def keys() -> list[str]:
    return ["new", *(f"step-{place}" for place in range(1, STEPS)), "done"]


def flow() -> dict:
    kinds = {"new": "start", "done": "resolved"}
    nodes = [
        {"key": key, "label": texts(key, key), "kind": kinds.get(key, "step"), "asks": ASKS.get(key, [])}
        for key in keys()
    ]
    transitions = [
        {"key": f"to-{end}", "from": begin, "to": end, "label": texts(end, end)}
        for begin, end in zip(keys(), keys()[1:], strict=False)
    ]
    return {"nodes": nodes, "transitions": transitions}


ASKS = {"new": ["story", "amount"]}
FORM = [
    {"type": "long_text", "value": {"label": "经过", "name": "story", "required": True}},
    {"type": "money", "value": {"label": "金额", "name": "amount", "currency": "CNY"}},
]


def publish() -> None:
    author, reviewer = person("designer", "Ops designers"), person("reviewer", "Compliance reviewers")
    record = TicketType(name="bench", slug="bench", form=FORM, flow=flow())
    publish_reviewed_by(record, author=author, reviewer=reviewer)
    rules = [
        Rule(
            sort_order=place,
            name=f"rule {place}",
            condition={
                "all": [
                    {"name": "text", "operator": "contains_any_of", "value": [f"word{place}"]},
                    {"name": "amount", "operator": "greater_than", "value": place * 10},
                ]
            },
            actions=[{"name": "add_tag", "params": {"tag": f"tag{place}"}}],
        )
        for place in range(RULES)
    ]
    ruleset = RuleSet(name="bench", slug="bench", purpose="tickets.routing", about="bench", rules=rules)
    publish_reviewed_by(ruleset, author=author, reviewer=reviewer)


def person(name: str, role: str):
    found, _made = get_user_model().objects.get_or_create(username=name)
    found.groups.add(Group.objects.get(name=role))
    return get_user_model().objects.get(pk=found.pk)


class Tangram:
    name = "Tangram"

    def __init__(self):
        self.agent = person("agent", "Agents")

    def whole(self, case: Case) -> list[str]:
        answers = {"story": case.story, "amount": {"minor": case.amount * 100, "currency": "CNY"}}
        ticket = create_ticket(ticket_type="bench", answers=answers, by=self.agent, at=timezone.now())
        for end in keys()[1:]:
            ticket = move_ticket(ticket=ticket, transition=f"to-{end}", by=self.agent, at=timezone.now())
        assert not ticket.is_open
        return sorted(tag.name for tag in ticket.tags.all())


# django-viewflow -------------------------------------------------------------------------------------------


class Viewflow:
    name = "django-viewflow"

    def __init__(self):
        from bench.tickets_viewflow import BenchFlow

        self.flow = BenchFlow

    def whole(self, case: Case) -> list[str]:
        tags = tags_by_hand(case)
        with transaction.atomic():
            process = self.flow.start.run(data={"story": case.story, "amount": case.amount, "tags": tags})
        for place in range(1, STEPS + 1):
            with transaction.atomic():
                task = process.task_set.get(flow_task=getattr(self.flow, f"step_{place}"))
                getattr(self.flow, f"step_{place}").run(task)
        process.refresh_from_db()
        assert process.finished
        return sorted(process.data["tags"])


# SpiffWorkflow ---------------------------------------------------------------------------------------------


class Spiff:
    name = "SpiffWorkflow"

    def __init__(self):
        from bench import tickets_spiff

        self.engine = tickets_spiff

    def whole(self, case: Case) -> list[str]:
        tags = tags_by_hand(case)
        pk = self.engine.open_case({"story": case.story, "amount": case.amount, "tags": tags})
        for _step in range(STEPS):
            data, is_done = self.engine.move(pk)
        assert is_done
        return sorted(data["tags"])


CONTENDERS = {kind.name: kind for kind in (Tangram, Viewflow, Spiff)}


# The tables ------------------------------------------------------------------------------------------------


def prepare(tickets: int, *, fresh: bool) -> None:
    make_database(fresh=fresh)
    call_command("migrate", verbosity=0)
    from bench import tickets_spiff

    tickets_spiff.make_table()
    if not TicketType.objects.filter(slug="bench").exists():
        publish()
    if Ticket.objects.count() < tickets:
        print(f"filling in {tickets:,} tickets ...", file=sys.stderr)
        fill(tickets)


def make_database(*, fresh: bool) -> None:
    import psycopg

    given = connection.get_connection_params()
    given = {name: given[name] for name in ("host", "port", "user", "password") if given.get(name)}
    with psycopg.connect(**given, dbname="postgres", autocommit=True) as server:
        if fresh:
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            server.execute(f"CREATE DATABASE {DATABASE}")


def fill(tickets: int) -> None:
    """Copies of one whole ticket with its history, a twentieth of them still open."""
    tangram = Tangram()
    tangram.whole(Case(0))
    done = Ticket.objects.latest("pk")
    answers = {"story": "still waiting", "amount": {"minor": 100, "currency": "CNY"}}
    waiting = create_ticket(ticket_type="bench", answers=answers, by=tangram.agent, at=timezone.now())
    for original, copies in ((done, tickets * 19 // 20), (waiting, tickets // 20)):
        copy_rows(original, copies)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def copy_rows(original: Ticket, copies: int) -> None:
    first = Ticket.objects.latest("pk").pk
    insert(Ticket, Ticket.objects.filter(pk=original.pk), copies, {"id": f"{first} + copy"})
    for model in (Task, TicketEvent):
        rows = model.objects.filter(ticket=original)
        insert(model, rows, copies, {"ticket_id": f"{first} + copy", "decision_id": "NULL"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('tickets_ticket', 'id'), %s)", [first + copies])


def insert(model, rows, copies: int, changed: dict[str, str]) -> None:
    fields = model._meta.concrete_fields
    columns = [field.column for field in fields if field.column in changed or not field.primary_key]
    values = ", ".join(changed.get(column, f'one."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    name, numbers = model._meta.db_table, list(rows.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{name}" ({names}) SELECT {values} FROM "{name}" AS one,'
            " generate_series(1, %s) AS copy WHERE one.id = ANY(%s)",
            [copies, numbers],
        )


# Measuring -------------------------------------------------------------------------------------------------


def work(name: str, first: int, count: int, start, results) -> None:
    """One worker: `count` whole tickets, after all workers are ready."""
    contender = CONTENDERS[name]()
    check(contender, first)
    start.wait(timeout=PATIENCE)
    begun = perf_counter()
    for place in range(first, first + count):
        contender.whole(Case(place))
    results.put((begun, perf_counter()))


def check(contender, place: int) -> None:
    """Also warms it up."""
    case = Case(place)
    if contender.whole(case) != sorted(tags_by_hand(case)):
        sys.exit(f"{contender.name} does not tag as the others do.")


def rate(name: str, count: int) -> float:
    """Whole tickets a second with WORKERS processes."""
    processes = multiprocessing.get_context("spawn")
    start, results = processes.Barrier(WORKERS), processes.Queue()
    workers = [
        processes.Process(target=work, args=(name, place * count, count, start, results))
        for place in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    took = [results.get(timeout=PATIENCE) for _worker in workers]
    for worker in workers:
        worker.join()
    return WORKERS * count / (max(end for _begun, end in took) - min(begun for begun, _end in took))


def measure(rounds: int, count: int) -> dict[str, float]:
    best: dict[str, float] = {}
    for _round in range(rounds):
        for name in CONTENDERS:
            found = rate(name, count)
            print(f"  {name}: {found:.1f} whole tickets a second", file=sys.stderr)
            best[name] = max(found, best.get(name, 0))
    return best


def statements() -> tuple[int, int]:
    """How many statements opening and one move take, with BEGIN and COMMIT."""
    tangram, counted = Tangram(), []
    check(tangram, 1)
    answers = {"story": "x", "amount": {"minor": 100, "currency": "CNY"}}
    with CaptureQueriesContext(connection) as asked:
        ticket = create_ticket(ticket_type="bench", answers=answers, by=tangram.agent, at=timezone.now())
    counted.append(len(asked))
    with CaptureQueriesContext(connection) as asked:
        move_ticket(ticket=ticket, transition="to-step-1", by=tangram.agent, at=timezone.now())
    return counted[0], len(asked)


PAGE = """# Speed of tickets

Written by `make bench-tickets MARKDOWN=docs/performance-tickets.md`; not edited by hand.

A whole ticket is opened, routed by 200 published rules and moved through 6 steps, each in a transaction of
its own with its line of history, by 4 workers on PostgreSQL, with a million tickets in the tables. The others
do the same flow with what they have; where they have no rules, a hand-written comparison per rule decides,
and SpiffWorkflow's state is JSON in a row that is locked, read, moved and written. That is why it is quicker:
nothing can be asked of such a row, neither who has the ticket nor which are overdue.

"""


def report(best: dict[str, float], tickets: int) -> str:
    rows = [["contender", "whole tickets a second", "steps a second", "Tangram is faster by"]]
    for name, found in best.items():
        rows.append([name, number(found), number(found * STEPS), number(best[Tangram.name] / found)])
    opening, moving = statements()
    goals = [Target("Tangram: whole tickets a second, 4 workers", WANTED, False, best[Tangram.name])]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    return "\n\n".join(
        [
            f"{tickets:,} tickets in the table.\n\n{table(rows)}",
            f"Opening takes {opening} statements, a move {moving}, whatever the number of rules and tickets.",
            targets_table(goals),
            f"PostgreSQL {version}, {platform.python_implementation()} {platform.python_version()}; "
            f"{os.cpu_count()} processors, load average at the end {load}.",
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=60, help="whole tickets of each worker and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--json", action="store_true", help="only the rates, as JSON")
    parser.add_argument("--markdown", type=Path, help="write the page of the documentation here")
    options = parser.parse_args()
    prepare(options.tickets, fresh=options.fresh)
    best = measure(options.rounds, options.count)
    if options.json:
        print(json.dumps(best))
        return
    text = report(best, options.tickets) + "\n"
    print(text)
    if options.markdown:
        options.markdown.write_text(PAGE + text)


if __name__ == "__main__":
    main()

"""How long 20 conditions over a million customers take in PostgreSQL, beside the alternatives, in one run.

    make bench-sql                                             the tables on the terminal
    python -m bench.sql --markdown docs/performance-sql.md     the page of the documentation, with its picture

The data is made in a database of its own, tangram_bench, on the server of DATABASE_URL (else 127.0.0.1), and
stays there for the next run; --fresh makes it anew. All contenders must find exactly the same customers for
every condition; a difference ends the run. They take turns, round by round; the best round counts.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

import dj_database_url
from business_rules.engine import check_conditions_recursively
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_multiple_rule_variable,
    select_rule_variable,
)
from django.conf import settings

DATABASE = "tangram_bench"
SERVER = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")

if not settings.configured:
    settings.configure(
        DATABASES={"default": dj_database_url.parse(SERVER) | {"NAME": DATABASE}},
        USE_TZ=True,
        TIME_ZONE="UTC",
    )
    import django

    django.setup()

from django.db import connection, models, transaction  # noqa: E402 (models need the settings)
from django.db.models import Value  # noqa: E402

from bench.report import Target, line_picture, number, table, targets_table  # noqa: E402
from rules.engine import Vocabulary, compile_condition, datetime_rule_variable  # noqa: E402
from rules.sql import Column, Related, condition_as_q, many  # noqa: E402

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WORK_MEM = "256MB"  # for all contenders: with PostgreSQL's 4 MB they wait for the disk
SAMPLE = 5_000  # customers decided about row by row; the time is scaled to all
CROSSING_CUSTOMERS = 50_000


# The data --------------------------------------------------------------------------------------------------


class Customer(models.Model):  # noqa: DJ008
    level = models.CharField(max_length=10)
    country = models.CharField(max_length=2)
    points = models.IntegerField(null=True)
    has_phone = models.BooleanField()
    created_at = models.DateTimeField()
    answers = models.JSONField()

    class Meta:
        app_label = "bench"


class Order(models.Model):  # noqa: DJ008
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders", db_index=False)
    kind = models.CharField(max_length=10)
    placed_at = models.DateTimeField()
    total_minor = models.BigIntegerField()

    class Meta:
        app_label = "bench"
        indexes = [models.Index(fields=["customer", "placed_at"], name="bench_order_of_customer")]


class Tag(models.Model):  # noqa: DJ008
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="tags")
    slug = models.CharField(max_length=20)

    class Meta:
        app_label = "bench"


class Membership(models.Model):  # noqa: DJ008
    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, db_constraint=False)
    bits = models.BigIntegerField()

    class Meta:
        app_label = "bench"


class Hit(models.Model):  # noqa: DJ008
    """A customer and the number of a condition that holds."""

    customer = models.ForeignKey(Customer, models.CASCADE, db_constraint=False, db_index=False)
    rule = models.IntegerField()

    class Meta:
        app_label = "bench"


TABLES = (Customer, Order, Tag, Membership, Hit)
LEVELS = ("new", "silver", "gold", "vip")
COUNTRIES = ("CN", "DE", "FR", "GB", "IN", "JP", "SG", "US")
TAGS = ("baby", "blacklist", "promo", "returns", "wholesale", "student", "local", "press")
FILL = """
SELECT setseed(0.5);
INSERT INTO bench_customer (id, level, country, points, has_phone, created_at, answers)
SELECT i, (%(levels)s::text[])[1 + floor(random() * random() * 4)::int],
    (%(countries)s::text[])[1 + floor(random() * 8)::int],
    CASE WHEN random() < 0.9 THEN floor(random() * 10000)::int END, random() < 0.7,
    %(now)s::timestamptz - random() * interval '1500 days',
    CASE WHEN random() < 0.3 THEN '{}'::jsonb ELSE jsonb_build_object(
        'rating', (ARRAY['good', 'fair', 'bad'])[1 + floor(random() * 3)::int],
        'visits', floor(random() * 20)::int,
        'wishes', (ARRAY['[]', '["toys"]', '["toys", "books"]', '["books"]', '["food"]'])
            [1 + floor(random() * 5)::int]::jsonb
    ) END
FROM generate_series(1, %(customers)s) AS i;
INSERT INTO bench_order (customer_id, kind, placed_at, total_minor)
SELECT 1 + floor(random() ^ 1.5 * %(customers)s)::bigint,
    CASE WHEN random() < 0.92 THEN 'sale' ELSE 'return' END,
    %(now)s::timestamptz - random() * interval '720 days', floor(random() * random() * 90000)::bigint
FROM generate_series(1, %(orders)s);
INSERT INTO bench_tag (customer_id, slug)
SELECT DISTINCT 1 + floor(random() * %(customers)s)::bigint, (%(tags)s::text[])[1 + floor(random() * 8)::int]
FROM generate_series(1, %(customers)s);
"""


def prepare(customers: int, orders: int, *, fresh: bool) -> None:
    make_database()
    with connection.cursor() as cursor:
        known = "bench_order" in connection.introspection.table_names(cursor)
        if known and not fresh and (Customer.objects.count(), Order.objects.count()) == (customers, orders):
            return
        for model in reversed(TABLES):
            cursor.execute(f"DROP TABLE IF EXISTS {model._meta.db_table} CASCADE")
    print(f"making {customers:,} customers and {orders:,} orders ...", file=sys.stderr)
    with connection.schema_editor() as editor:
        for model in TABLES:
            editor.create_model(model)
    with connection.cursor() as cursor:
        given = {"customers": customers, "orders": orders, "now": NOW}
        lists = {"levels": list(LEVELS), "countries": list(COUNTRIES), "tags": list(TAGS)}
        for statement in FILL.strip().rstrip(";").split(";\n"):
            cursor.execute(statement, given | lists)
        cursor.execute("VACUUM ANALYZE bench_customer, bench_order, bench_tag")


def make_database() -> None:
    import psycopg

    given = connection.get_connection_params()
    given = {name: given[name] for name in ("host", "port", "user", "password") if given.get(name)}
    with psycopg.connect(**given, dbname="postgres", autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            server.execute(f"CREATE DATABASE {DATABASE}")


# The conditions --------------------------------------------------------------------------------------------


def variables() -> type[BaseVariables]:
    kinds = {
        "level": select_rule_variable,
        "country": select_rule_variable,
        "points": numeric_rule_variable,
        "has_phone": boolean_rule_variable,
        "created_at": datetime_rule_variable,
        "orders": numeric_rule_variable,
        "orders_last_30_days": numeric_rule_variable,
        "returns": numeric_rule_variable,
        "spent": numeric_rule_variable,
        "spent_last_90_days": numeric_rule_variable,
        "last_order_at": datetime_rule_variable,
        "tags": select_multiple_rule_variable,
        "rating": select_rule_variable,
        "visits": numeric_rule_variable,
        "wishes": select_multiple_rule_variable,
    }

    def method(name, decorate):
        def read(self):
            return self.facts[name]

        read.__name__ = name
        return decorate()(read)

    members = {name: method(name, decorate) for name, decorate in kinds.items()}
    members["__init__"] = lambda self, facts: setattr(self, "facts", facts)
    return type("CustomerVariables", (BaseVariables,), members)


VARIABLES = variables()
VOCABULARY = Vocabulary.of(VARIABLES)
ORDERS = Related(Order.objects.all(), by="customer")
SALES = ORDERS.where(kind="sale")
COLUMNS = {
    "level": Column("level", as_stored=True),
    "country": Column("country", as_stored=True),
    "points": Column("points"),
    "has_phone": Column("has_phone"),
    "created_at": Column("created_at"),
    "orders": SALES.count(),
    "orders_last_30_days": SALES.where(placed_at__gte=NOW - timedelta(days=30)).count(),
    "returns": ORDERS.where(kind="return").count(),
    "spent": SALES.sum("total_minor"),
    "spent_last_90_days": SALES.where(placed_at__gte=NOW - timedelta(days=90)).sum("total_minor"),
    "last_order_at": SALES.highest("placed_at"),
    "tags": Related(Tag.objects.all(), by="customer").choices("slug", as_stored=True),
    "rating": Column.answer("answers", "rating", as_stored=True),
    "visits": Column.answer("answers", "visits"),
    "wishes": Column.answer("answers", "wishes", as_stored=True),
}


def leaf(name, operator, value=None):
    return {"name": name, "operator": operator, "value": value}


TWENTY = [
    leaf("level", "one_of", ["gold", "vip"]),
    leaf("country", "contains", "CN"),
    leaf("points", "greater_than", 5000),
    leaf("points", "between", [1000, 2000]),
    leaf("created_at", "after", "2025-12-01T00:00:00+08:00"),
    {"all": [leaf("has_phone", "is_true"), leaf("level", "contains", "new")]},
    leaf("orders", "greater_than_or_equal_to", 5),
    leaf("orders_last_30_days", "greater_than", 3),
    leaf("spent", "greater_than_or_equal_to", 100_000),
    leaf("spent_last_90_days", "between", [10_000, 50_000]),
    leaf("last_order_at", "before", "2025-09-01T00:00:00+08:00"),
    leaf("returns", "greater_than_or_equal_to", 1),
    leaf("tags", "shares_at_least_one_element_with", ["press", "wholesale"]),
    leaf("tags", "contains_all", ["baby", "promo"]),
    {"all": [leaf("tags", "shares_no_elements_with", ["blacklist"]), leaf("has_phone", "is_true")]},
    leaf("rating", "contains", "bad"),
    leaf("visits", "greater_than", 10),
    leaf("wishes", "shares_at_least_one_element_with", ["toys"]),
    {
        "any": [
            {"all": [leaf("country", "one_of", ["DE", "FR"]), leaf("spent", "greater_than", 50_000)]},
            {"all": [leaf("level", "contains", "vip"), leaf("orders_last_30_days", "greater_than", 1)]},
        ]
    },
    {
        "all": [
            leaf("orders", "equal_to", 0), leaf("points", "greater_than", 100), leaf("has_phone", "is_true"),
        ]
    },
]  # fmt: skip
# The same by hand: what somebody who knows PostgreSQL would write for these twenty and no others.
BY_HAND = """
INSERT INTO bench_membership (customer_id, bits)
SELECT c.id,
      CASE WHEN c.level IN ('gold', 'vip') THEN 1 ELSE 0 END
    | CASE WHEN c.country = 'CN' THEN 2 ELSE 0 END
    | CASE WHEN c.points > 5000 THEN 4 ELSE 0 END
    | CASE WHEN c.points BETWEEN 1000 AND 2000 THEN 8 ELSE 0 END
    | CASE WHEN c.created_at > '2025-12-01T00:00:00+08:00' THEN 16 ELSE 0 END
    | CASE WHEN c.has_phone AND c.level = 'new' THEN 32 ELSE 0 END
    | CASE WHEN o.orders >= 5 THEN 64 ELSE 0 END
    | CASE WHEN o.orders_last_30_days > 3 THEN 128 ELSE 0 END
    | CASE WHEN o.spent >= 100000 THEN 256 ELSE 0 END
    | CASE WHEN o.spent_last_90_days BETWEEN 10000 AND 50000 THEN 512 ELSE 0 END
    | CASE WHEN o.last_order_at < '2025-09-01T00:00:00+08:00' THEN 1024 ELSE 0 END
    | CASE WHEN o.returns >= 1 THEN 2048 ELSE 0 END
    | CASE WHEN t.bits & 3 <> 0 THEN 4096 ELSE 0 END
    | CASE WHEN t.bits & 12 = 12 THEN 8192 ELSE 0 END
    | CASE WHEN c.has_phone AND COALESCE(t.bits & 16, 0) = 0 THEN 16384 ELSE 0 END
    | CASE WHEN c.answers ->> 'rating' = 'bad' THEN 32768 ELSE 0 END
    | CASE WHEN (c.answers ->> 'visits')::numeric > 10 THEN 65536 ELSE 0 END
    | CASE WHEN c.answers -> 'wishes' ? 'toys' THEN 131072 ELSE 0 END
    | CASE WHEN c.country IN ('DE', 'FR') AND o.spent > 50000 OR c.level = 'vip' AND o.orders_last_30_days > 1
        THEN 262144 ELSE 0 END
    | CASE WHEN COALESCE(o.orders, 0) = 0 AND c.points > 100 AND c.has_phone THEN 524288 ELSE 0 END
FROM bench_customer c
LEFT JOIN (
    SELECT customer_id,
        COUNT(*) FILTER (WHERE kind = 'sale') AS orders,
        COUNT(*) FILTER (WHERE kind = 'sale' AND placed_at >= %(days_30)s) AS orders_last_30_days,
        COUNT(*) FILTER (WHERE kind = 'return') AS returns,
        SUM(total_minor) FILTER (WHERE kind = 'sale') AS spent,
        SUM(total_minor) FILTER (WHERE kind = 'sale' AND placed_at >= %(days_90)s) AS spent_last_90_days,
        MAX(placed_at) FILTER (WHERE kind = 'sale') AS last_order_at
    FROM bench_order GROUP BY customer_id
) o ON o.customer_id = c.id
LEFT JOIN (
    SELECT customer_id, BIT_OR(
        CASE slug WHEN 'press' THEN 1 WHEN 'wholesale' THEN 2 WHEN 'baby' THEN 4 WHEN 'promo' THEN 8
            WHEN 'blacklist' THEN 16 END) AS bits
    FROM bench_tag WHERE slug IN ('press', 'wholesale', 'baby', 'promo', 'blacklist') GROUP BY customer_id
) t ON t.customer_id = c.id
"""


def twenty() -> dict:
    return {place: compile_condition(document, VOCABULARY) for place, document in enumerate(TWENTY)}


def made(count: int, seed: int) -> dict:
    """Conditions like the twenty with other values, for as many as one likes."""
    chance = random.Random(seed)
    makers = [
        lambda: leaf("level", "contains", chance.choice(LEVELS)),
        lambda: leaf("country", "one_of", chance.sample(COUNTRIES, 2)),
        lambda: leaf("points", "greater_than", chance.randrange(10_000)),
        lambda: leaf("orders", "greater_than_or_equal_to", chance.randrange(1, 20)),
        lambda: leaf("orders_last_30_days", "greater_than", chance.randrange(1, 5)),
        lambda: leaf("spent", "greater_than", chance.randrange(0, 500_000)),
        lambda: leaf("last_order_at", "before", (NOW - timedelta(days=chance.randrange(700))).isoformat()),
        lambda: leaf("tags", "shares_at_least_one_element_with", [chance.choice(TAGS)]),
        lambda: leaf("rating", "contains", chance.choice(["good", "fair", "bad"])),
        lambda: leaf("visits", "greater_than", chance.randrange(20)),
    ]
    return {
        place: compile_condition({"all": [make() for make in chance.sample(makers, 3)]}, VOCABULARY)
        for place in range(count)
    }


# The contenders: each fills a table ------------------------------------------------------------------------


BY_HAND_VALUES = {"days_30": NOW - timedelta(days=30), "days_90": NOW - timedelta(days=90)}
ALL = Customer.objects.all()


def scan():
    many.write_bits(ALL, twenty(), COLUMNS, into=Membership, row="customer", bits=["bits"])


def by_hand():
    run(BY_HAND, BY_HAND_VALUES)


def union_all():
    """One query per condition, the same expressions that a single condition has, in one statement."""
    selects = [
        Customer.objects.filter(condition_as_q(condition, COLUMNS)).values_list("pk", Value(place)).query
        for place, condition in twenty().items()
    ]
    compiled = [query.sql_with_params() for query in selects]
    statement = " UNION ALL ".join(select for select, _ in compiled)
    params = [value for _, its_params in compiled for value in its_params]
    run(f"INSERT INTO bench_hit (customer_id, rule) {statement}", params)


def through_the_index():
    with transaction.atomic():
        many.Scan(ALL, twenty(), COLUMNS).copy_from_python(many.Target(Membership, "customer", ["bits"]))


SCAN, HAND, UNION, INDEX = "one scan", "by hand", "UNION ALL per condition", "index over a cursor"
ONE_AT_A_TIME, READ_AHEAD = "row by row", "row by row, facts of 1,000 at a time"
CONTENDERS = {SCAN: scan, HAND: by_hand, UNION: union_all, INDEX: through_the_index}


def run(statement: str, params=None) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


@dataclass
class Took:
    seconds: float
    # Of the processor, in this program and in the server's process, which a busy machine hardly changes; 0
    # when the server runs elsewhere.
    processor: float


def clocked(work: Callable[[], object]) -> tuple[Took, object]:
    begun, used = perf_counter(), process_time() + server_time()
    result = work()
    return Took(perf_counter() - begun, process_time() + server_time() - used), result


def server_time() -> float:
    [[pid]] = run("SELECT pg_backend_pid()")
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def filled(fill: Callable[[], None]) -> tuple[Took, object]:
    """How long it took, and what was found in a form that is the same for bits and for hits."""
    run("TRUNCATE bench_membership, bench_hit")
    took, _ = clocked(fill)
    [found] = run(
        "SELECT COUNT(*), SUM(hashint8extended(bits, customer_id)) FROM ("
        " SELECT customer_id, bits FROM bench_membership WHERE bits <> 0"
        " UNION ALL SELECT customer_id, BIT_OR(1 << rule) FROM bench_hit GROUP BY customer_id) AS found"
    )
    return took, found


def row_by_row(customers: int) -> tuple[dict[str, Took], int]:
    """(time for all by each way, customers tried) of asking business-rules about one after the other.

    One way reads a customer's facts when it comes to the customer, all of them in two queries. The other
    knows beforehand whom it will ask about, and reads the facts of a thousand at a time.
    """
    step = max(1, customers // SAMPLE)
    tried = Customer.objects.filter(pk__in=range(1, customers + 1, step))
    facts_columns = {f"fact_{name}": column.value for name, column in COLUMNS.items() if is_one_value(column)}
    expected = dict(many.matching_bits(tried, twenty(), COLUMNS))
    with_facts = Customer.objects.prefetch_related("tags").annotate(**facts_columns)
    ways = {
        ONE_AT_A_TIME: (with_facts.get(pk=pk) for pk in sorted(expected)),
        READ_AHEAD: with_facts.filter(pk__in=expected.keys()).iterator(chunk_size=1_000),
    }
    scale, best = customers / len(expected), {}
    for name, rows in ways.items():
        took, found = clocked(lambda rows=rows: {row.pk: business_rules_bits(row) for row in rows})
        if found != expected:
            sys.exit("business-rules does not find what the scan finds.")
        best[name] = Took(took.seconds * scale, took.processor * scale)
        print(f"  {name}: {best[name].seconds:,.0f} s", file=sys.stderr)
    return best, len(expected)


def is_one_value(column: Column) -> bool:
    return column.rows is None and not column.is_answer and column.fold is not None


NEVER_BOUGHT = datetime(9999, 1, 1, tzinfo=UTC)  # business-rules has no missing facts


def business_rules_bits(customer: Customer) -> int:
    answers = customer.answers
    facts = {
        name: getattr(customer, f"fact_{name}", getattr(customer, name, None))
        for name in VOCABULARY.variables
    }
    facts |= {
        "level": [customer.level],
        "country": [customer.country],
        "points": -1 if customer.points is None else customer.points,
        "last_order_at": facts["last_order_at"] or NEVER_BOUGHT,
        "tags": [tag.slug for tag in customer.tags.all()],
        "rating": [answers.get("rating", "")],
        "visits": answers.get("visits", -1),
        "wishes": answers.get("wishes", []),
    }
    asked = VARIABLES(facts)
    return sum(
        bool(check_conditions_recursively(document, asked)) << place
        for place, document in enumerate(AS_GROUPS)
    )


# business-rules wants `value` everywhere, and takes single comparisons only inside a group.
AS_GROUPS = [
    document if "all" in document or "any" in document else {"all": [document]} for document in TWENTY
]


# Measuring -------------------------------------------------------------------------------------------------


@dataclass
class Crossing:
    count: int
    scan: Took
    index: Took


def better(one: Took, other: Took | None) -> Took:
    if other is None:
        return one
    return Took(min(one.seconds, other.seconds), min(one.processor, other.processor))


def measure(rounds: int, slow_rounds: int) -> dict[str, Took]:
    best: dict[str, Took] = {}
    agreed = None
    for turn in range(rounds):
        for name, fill in CONTENDERS.items():
            if turn >= slow_rounds and name in (UNION, INDEX):
                continue
            took, found = filled(fill)
            print(f"  {name}: {took.seconds:.1f} s, of the processor {took.processor:.1f} s", file=sys.stderr)
            agreed = agreed or found
            if found != agreed:
                sys.exit(f"“{name}” does not find what the others find.")
            best[name] = better(took, best.get(name))
    return best


def measure_crossing(count: int, customers: int, seed: int, rounds: int) -> Crossing:
    """Bits read by this program, of some of the customers: the same rows both ways."""
    part, conditions = Customer.objects.filter(pk__lte=customers), made(count, seed)
    best: list[Took | None] = [None, None]
    for _round in range(rounds):
        ways = (
            many.Scan(part, conditions, COLUMNS).bits_in_sql,
            many.Scan(part, conditions, COLUMNS).bits_in_python,
        )
        found = []
        for place, way in enumerate(ways):
            took, bits = clocked(lambda way=way: dict(way()))
            best[place] = better(took, best[place])
            found.append(bits)
        if found[0] != found[1]:
            sys.exit(f"{count} conditions: the scan and the index differ.")
    print(f"  {count} conditions: {best[0].seconds:.1f} s, {best[1].seconds:.1f} s", file=sys.stderr)
    return Crossing(count, *best)


# Reporting -------------------------------------------------------------------------------------------------


PAGE = """# Speed of conditions over a whole table

Written by `make bench-sql MARKDOWN=docs/performance-sql.md`; `make bench-sql` prints the same tables. Not
edited by hand.

PostgreSQL finds which of 20 conditions hold for every customer and writes the answers into a table. The
conditions ask for columns, orders counted and added up over several periods, tags, and answers inside a JSON
document. All contenders find the same customers, which the run checks. They take turns, and the best round
counts; what takes long has fewer rounds. "Processor" is the time this program and its server process were at
work: it hardly depends on what else the machine is doing, seconds do.

- *one scan*: `rules.sql.write_bits`, one statement with one bit per condition.
- *by hand*: the statement that somebody who knows PostgreSQL would write for these twenty and no others.
- *UNION ALL per condition*: `condition_as_q` of each, rows of (customer, condition).
- *index over a cursor*: the values through a server-side cursor the index of `rules.engine`, back by COPY.
- *row by row*: business-rules asked about one customer after the other, on a sample, scaled to all. The facts
  of a customer are read when it is the customer's turn, in two queries; or, more kindly, of 1,000 customers
  at a time, which only a program that knows beforehand whom it will ask about can do.

"""


def report(
    best: dict[str, Took],
    row_times: tuple[dict[str, Took], int],
    crossings: list[Crossing],
    customers: int,
    orders: int,
) -> str:
    alone, tried = row_times
    rows = [["contender", "seconds", "processor, s", "times the scan's seconds", "times its processor"]]
    for name, took in (best | alone).items():
        ratios = [took.seconds / best[SCAN].seconds, took.processor / best[SCAN].processor]
        rows.append([name, *(number(value) for value in (took.seconds, took.processor, *ratios))])
    crossed = [["conditions", "one scan, s", "index, s", "one scan, processor", "index, processor"]]
    for one in crossings:
        times = (one.scan.seconds, one.index.seconds, one.scan.processor, one.index.processor)
        crossed.append([f"{one.count:,}", *map(number, times)])
    goals = [
        Target(
            "one scan: seconds beside the query by hand", 1.5, True, best[SCAN].seconds / best[HAND].seconds
        ),
        Target(
            "one scan: processor beside the query by hand", 1.5, True,
            best[SCAN].processor / best[HAND].processor,
        ),
        Target(
            "row by row: times the seconds of one scan", 50, False,
            alone[ONE_AT_A_TIME].seconds / best[SCAN].seconds,
        ),
    ]  # fmt: skip
    return "\n\n".join(
        [
            f"## 20 conditions, {customers:,} customers, {orders:,} orders\n\n{table(rows)}\n\n"
            f"Row by row: {tried:,} customers, scaled to all.",
            f"## More conditions, {CROSSING_CUSTOMERS:,} customers\n\n"
            "Bits read by the program. The scan compares everything for every row; the index looks up which "
            "conditions can hold. `rules.sql` changes from one to the other above "
            f"{many.CROSS_OVER} conditions.\n\n{table(crossed)}",
            targets_table(goals),
            circumstances(),
        ]
    )


def circumstances() -> str:
    [[version]] = run("SHOW server_version")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"PostgreSQL {version.split()[0]} with work_mem {WORK_MEM} and jit off, "
        f"{platform.python_implementation()} {platform.python_version()}; {os.cpu_count()} processors, "
        f"load average at the end {load}."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=4_000_000)
    parser.add_argument("--counts", type=int, nargs="+", default=[20, 100, 150, 200, 500, 1_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="make the data anew")
    parser.add_argument("--markdown", type=Path, help="write the page of the documentation here")
    options = parser.parse_args()
    prepare(options.customers, options.orders, fresh=options.fresh)
    # As the product sets it: see project/settings/base.py.
    run(f"SET work_mem = '{WORK_MEM}'; SET jit = off")
    best = measure(options.rounds, options.slow_rounds)
    rows = row_by_row(options.customers)
    crossings = [
        measure_crossing(
            count, min(CROSSING_CUSTOMERS, options.customers), options.seed, options.slow_rounds + 1
        )
        for count in options.counts
    ]
    text = report(best, rows, crossings, options.customers, options.orders) + "\n"
    print(text)
    if options.markdown:
        picture = options.markdown.parent / "images" / "performance-sql.svg"
        lines = {
            SCAN: [one.scan.processor or one.scan.seconds for one in crossings],
            INDEX: [one.index.processor or one.index.seconds for one in crossings],
        }
        line_picture(picture, [one.count for one in crossings], lines, x="conditions", y="processor, seconds")
        options.markdown.write_text(f"{PAGE}![By number of conditions](images/{picture.name})\n\n{text}")


if __name__ == "__main__":
    main()

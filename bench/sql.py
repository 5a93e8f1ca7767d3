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
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

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
        DATABASES={"default": dj_database_url.parse(SERVER) | {"NAME": DATABASE}}, USE_TZ=True, TIME_ZONE="UTC"
    )
    import django

    django.setup()

from django.db import connection, models, transaction  # noqa: E402 (models need the settings)
from django.db.models import Value  # noqa: E402

from rules.engine import Vocabulary, compile_condition, datetime_rule_variable  # noqa: E402
from rules.sql import Column, Related, condition_as_q, many  # noqa: E402

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAMPLE = 5_000  # customers decided about row by row; the time is scaled to all
ROUNDS = 5
SLOW_ROUNDS = 1


# The data --------------------------------------------------------------------------------------------------


class Customer(models.Model):
    level = models.CharField(max_length=10)
    country = models.CharField(max_length=2)
    points = models.IntegerField(null=True)
    has_phone = models.BooleanField()
    created_at = models.DateTimeField()
    answers = models.JSONField()

    class Meta:
        app_label = "bench"


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders", db_index=False)
    kind = models.CharField(max_length=10)
    placed_at = models.DateTimeField()
    total_minor = models.BigIntegerField()

    class Meta:
        app_label = "bench"
        indexes = [models.Index(fields=["customer", "placed_at"], name="bench_order_of_customer")]


class Tag(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="tags")
    slug = models.CharField(max_length=20)

    class Meta:
        app_label = "bench"


class Membership(models.Model):
    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, db_constraint=False)
    bits = models.BigIntegerField()

    class Meta:
        app_label = "bench"


class Hit(models.Model):
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
SELECT i, (%(levels)s::text[])[1 + floor(random() * random() * 4)::int], (%(countries)s::text[])[1 + floor(random() * 8)::int],
    CASE WHEN random() < 0.9 THEN floor(random() * 10000)::int END, random() < 0.7,
    %(now)s::timestamptz - random() * interval '1500 days',
    CASE WHEN random() < 0.3 THEN '{}'::jsonb ELSE jsonb_build_object(
        'rating', (ARRAY['good', 'fair', 'bad'])[1 + floor(random() * 3)::int],
        'visits', floor(random() * 20)::int,
        'wishes', (ARRAY['[]', '["toys"]', '["toys", "books"]', '["books"]', '["food"]'])[1 + floor(random() * 5)::int]::jsonb
    ) END
FROM generate_series(1, %(customers)s) AS i;
INSERT INTO bench_order (customer_id, kind, placed_at, total_minor)
SELECT 1 + floor(random() ^ 1.5 * %(customers)s)::bigint, CASE WHEN random() < 0.92 THEN 'sale' ELSE 'return' END,
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
    {"all": [leaf("orders", "equal_to", 0), leaf("points", "greater_than", 100), leaf("has_phone", "is_true")]},
]
"""
The same by hand: what somebody who knows PostgreSQL would write for these twenty and no others.
"""
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

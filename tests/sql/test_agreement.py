"""Python and the database must give the same answer for every tree and every row, nulls included."""

import random
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db.models import Case, F, OuterRef, Value, When
from django.db.models.functions import Upper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine import Location, Vocabulary, compile_condition
from rules.engine.operators import OPERATORS
from rules.sql import Column, condition_as_q
from rules.sql.operators import TRANSLATIONS
from tests.engine.generated import CHOICES, NOW, options_of, trees

from .models import Client, Mark, Shop

ROWS = 250
FIELD_TYPES = {
    "text": "string",
    "upper_text": "string",
    "shop_name": "string",
    "number": "numeric",
    "whole": "numeric",
    "shop_size": "numeric",
    "mark_count": "numeric",
    "points": "numeric",
    "price": "numeric",
    "flag": "boolean",
    "has_marks": "boolean",
    "choice": "select",
    "mark_choice": "select",
    "choices": "select_multiple",
    "marks": "select_multiple",
    "day": "date",
    "moment": "datetime",
    "last_mark": "datetime",
    "told_text": "string",
    "told_number": "numeric",
    "written_number": "numeric",
    "told_flag": "boolean",
    "told_choice": "select",
    "told_choices": "select_multiple",
    "told_day": "date",
    "told_time": "time",
    "told_moment": "datetime",
    "length": "duration",
    "place": "location",
    "upper_choice": "select",
}
SPECS = [
    {"name": name, "label": name, "type": type_key, "options": options_of(type_key)}
    for name, type_key in FIELD_TYPES.items()
] + [NOW]
VOCABULARY = Vocabulary.of().extended(SPECS)
NOT_IN_SQL = OPERATORS.keys() - TRANSLATIONS.keys()
AT = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=8)))
MARKS = Mark.objects.filter(client=OuterRef("pk"))
COLUMNS = {
    "text": Column("text"),
    "upper_text": Column(Upper("text")),
    "shop_name": Column("shop__name"),
    "number": Column("number"),
    "whole": Column("whole"),
    "shop_size": Column(F("shop__size")),
    "mark_count": Column.count(MARKS),
    "points": Column.sum(MARKS, "points", when_none=None),
    "price": Column.sum(MARKS, "price"),
    "flag": Column("flag"),
    "has_marks": Column.exists(MARKS),
    "choice": Column("choice"),
    "mark_choice": Column.choices(MARKS, "choice"),
    "choices": Column("choice"),
    "marks": Column.choices(MARKS, "choice"),
    "day": Column("day"),
    "moment": Column("moment"),
    "last_mark": Column.highest(MARKS, "at"),
    "told_text": Column.answer("answers", "a"),
    "told_number": Column.answer("answers", "a"),
    "written_number": Column.answer("answers", "写", numbers_are_texts=True),
    "told_flag": Column.answer("answers", "in", "0"),
    "told_choice": Column.answer("answers", "a"),
    "told_choices": Column.answer("answers", "in", "0"),
    "told_day": Column.answer("answers", "day"),
    "told_time": Column.answer("answers", "a"),
    "told_moment": Column.answer("answers", "moment"),
    "length": Column("length"),
    "place": Column.place("latitude", "longitude"),
    "upper_choice": Column(Upper("choice")),
    "now": Column(Value(AT)),
}
# Not to be compared with one another.
SETS = frozenset({"marks", "mark_choice", "told_choice", "told_choices"})
# Letters on which databases and Python could disagree: ASCII upper and lower case is all Upper() may touch.
TEXTS = ["", "a", "A", "ab", "aB", "%", "a_b", "'", "变质", "菜变a", "b菜"]


INSTANTS = [
    "2026-01-01T00:00:00Z", "2026-01-01 08:00+0800", "2025-12-31T22:00:00.000001+00:00",
    "2026-01-01T01:00:00,1234567+01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59",
    "2026-01-01T08:05:43+08:05:43", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00Z\n", "2025-12-31T21:00-03:00",
]  # fmt: skip
DAYS = [
    "2025-12-30",
    "2026-01-01",
    "2026-1-1",
    "2026-02-29",
    "0000-01-01",
    "2026-01-01\n",
    "2026-01-02T00:00",
]
CLOCKS = [
    "09:00",
    "14:30:00",
    "23:59",
    "24:00",
    "9:00",
    "14:60",
    "14:30:30",
    "09:00\n",
    900,
    1430,
    1460,
    2400,
]
# Whatever JSON can hold: every kind of answer is also of the wrong type in some rows.
ANSWERS = [
    *TEXTS, *CHOICES, *INSTANTS, *DAYS, *CLOCKS,
    -3, -2, 0, 1, 2, 3, 0.1, -0.01, 2.99, 10**9, 10**30, 1e300, True,
    False, [], {}, ["a"], ["A", "b"], ["D-1", None], ["x", True], ["a", 1], [["a"]], [{"a": "a"}], {"a": "a"},
    [None], "1", "-0.01", "2.990", "1e2", "+1", ".5", " 1", "٣",
]  # fmt: skip


def at(document, *keys):
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def written_number(text):
    return Decimal(text) if isinstance(text, str) and re.fullmatch(r"-?[0-9]+([.][0-9]+)?", text) else None


def facts_of(client):
    marks = sorted(client.marks.all(), key=lambda mark: mark.pk)
    return {
        "text": client.text,
        "upper_text": client.text and client.text.upper(),
        "shop_name": client.shop and client.shop.name,
        "number": client.number,
        "whole": client.whole,
        "shop_size": client.shop and client.shop.size,
        "mark_count": len(marks),
        "points": sum(mark.points for mark in marks) if marks else None,
        "price": sum(mark.price for mark in marks),
        "flag": client.flag,
        "has_marks": bool(marks),
        "choice": client.choice,
        "mark_choice": [mark.choice for mark in marks],
        "choices": client.choice,
        "marks": [mark.choice for mark in marks],
        "day": client.day,
        "moment": client.moment,
        "last_mark": max((mark.at for mark in marks), default=None),
        "told_text": at(client.answers, "a"),
        "told_number": at(client.answers, "a"),
        "written_number": written_number(at(client.answers, "写")),
        "told_flag": at(client.answers, "in", "0"),
        "told_choice": at(client.answers, "a"),
        "told_choices": at(client.answers, "in", "0"),
        "told_day": at(client.answers, "day"),
        "told_moment": at(client.answers, "moment"),
        "told_time": at(client.answers, "a"),
        "length": client.length,
        "place": (client.latitude is not None and Location(client.latitude, client.longitude)) or None,
        "upper_choice": client.choice and client.choice.upper(),
        "now": AT,
    }


@pytest.fixture(scope="module")
def clients(tables, django_db_blocker):
    """Rows with every mixture of values and nulls, the same in every run; (pk, facts) of each."""
    chance = random.Random(20260301)

    def some(values):
        return chance.choice([None, *values, *values])

    def moment():
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(-3, 4))

    def answers():
        document = {
            "a": some(ANSWERS),
            "写": some([*ANSWERS, "-1.00", "0.30"]),
            "in": chance.choice([{"0": some(ANSWERS)}, {"0": some([True, False])}, [True, "a"], "0", None]),
            "day": some([*DAYS, *DAYS, 20260101, ["2026-01-01"]]),
            "moment": some([*INSTANTS, *INSTANTS, 0]),
        }
        kept = {key: value for key, value in document.items() if chance.random() < 0.9}
        return chance.choice([kept] * 12 + [None, [], [kept], "a", 1])

    def some_place():
        return some([(31.2, Decimal("121.5")), (31.25, Decimal("121.47")), (-90.0, 0), (0.0, 180)]) or (
            None,
            1,
        )

    with django_db_blocker.unblock():
        shops = [Shop.objects.create(name=some(TEXTS), size=some([-1, 0, 2])) for _ in range(8)]
        for _ in range(ROWS):
            client = Client.objects.create(
                text=some(TEXTS),
                number=some([Decimal(cents) / 100 for cents in (-200, -1, 0, 1, 10, 20, 30, 100, 299)]),
                whole=some([-3, -2, -1, 0, 1, 2, 3, 10**9]),
                flag=some([True, False]),
                choice=some([*CHOICES, "A", "b", "x"]),
                day=some([date(2025, 12, 28) + timedelta(days=days) for days in range(8)]),
                moment=some([moment()]),
                answers=answers(),
                length=some([timedelta(hours=hours) for hours in range(-3, 73, 5)]),
                **dict(zip(("latitude", "longitude"), some_place(), strict=True)),
                shop=some(shops),
            )
            for _ in range(chance.choice([0, 0, 1, 2, 3])):
                client.marks.create(
                    choice=chance.choice([*CHOICES, "A", "b", "x"]),
                    points=chance.randrange(-2, 3),
                    price=Decimal(chance.choice([10, 20, 30, 70])) / 100,
                    at=moment(),
                )
        return [
            (client.pk, facts_of(client))
            for client in Client.objects.select_related("shop").prefetch_related("marks")
        ]


def expected(condition, clients):
    return {pk for pk, facts in clients if condition.holds(facts)}


def found(condition):
    return set(Client.objects.filter(condition_as_q(condition, COLUMNS)).values_list("pk", flat=True))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=trees(SPECS, NOT_IN_SQL, alone=SETS))
def test_the_database_finds_exactly_the_rows_python_finds(db, clients, tree):
    condition = compile_condition(tree, VOCABULARY)
    assert found(condition) == expected(condition, clients)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=trees(SPECS, NOT_IN_SQL, alone=SETS))
def test_it_is_never_null_so_it_may_be_excluded_annotated_and_counted(db, clients, tree):
    condition = compile_condition(tree, VOCABULARY)
    expression = condition_as_q(condition, COLUMNS)
    everyone = {pk for pk, _ in clients}
    rows = Client.objects.annotate(
        held=expression, bit=Case(When(expression, then=Value(1)), default=Value(0))
    ).values_list("pk", "held", "bit")
    assert {pk for pk, held, bit in rows if held and bit} == expected(condition, clients)
    assert all(bool(held) is bool(bit) and held is not None for _, held, bit in rows)
    excluded = set(Client.objects.exclude(expression).values_list("pk", flat=True))
    assert excluded == everyone - expected(condition, clients)
    inverted = set(Client.objects.filter(~expression).values_list("pk", flat=True))
    assert inverted == excluded


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name, kind in FIELD_TYPES.items() for of, key in TRANSLATIONS if of == kind],
)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_operator_agrees_on_every_kind_of_column(db, clients, name, key, data):
    [spec] = [spec for spec in SPECS if spec["name"] == name]
    others = frozenset(row for row in TRANSLATIONS if row[1] != key) | NOT_IN_SQL
    tree = data.draw(trees([spec, NOW], others, alone=SETS))
    for document in (tree, {"none": [tree]}):
        condition = compile_condition(document, VOCABULARY)
        assert found(condition) == expected(condition, clients)

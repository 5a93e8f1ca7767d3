"""Conditions over the answers of a generated form: the database finds the tickets that Python finds."""

import random

import pytest
from hypothesis import HealthCheck, given, settings

from flows.forms.columns import COLUMNS, columns_of
from flows.forms.fields import compile_fields, facts_of, variables_of
from flows.forms.kinds import KINDS
from flows.tickets.models import Ticket
from rules.engine import Vocabulary, compile_condition
from rules.engine.operators import OPERATORS
from rules.sql import check_sql, condition_as_q
from rules.sql.operators import TRANSLATIONS
from tests.engine.generated import CHOICES, trees

OPTIONS = [{"name": name, "label": {"zh": name, "en": name}} for name in CHOICES]
MORE = {"money": {"limits": {"currency": "CNY"}}, "computed": {"formula": "number * 2"}}
SPECS = compile_fields(
    {
        "name": kind,
        "kind": kind,
        "label": {"zh": kind, "en": kind},
        "options": OPTIONS if "choice" in kind else [],
        **MORE.get(kind, {}),
    }
    for kind in KINDS
)
TEXTS = ["a", "A", "ab", "变质", "late", "Late"]
ANSWERS = {
    "text": TEXTS,
    "long_text": TEXTS,
    "number": ["0", "-3", "1.00", "0.10", "2.99", "-0.01", "999999999"],
    "money": [
        {"minor": minor, "currency": currency}
        for currency in ("CNY", "JPY", "KWD")
        for minor in (0, 1, -1, 3, 10, 100, 299, 1000, 10**9)
    ],
    "date": ["2025-12-28", "2026-01-01", "2026-01-04"],
    "time": ["00:00", "08:59", "09:00", "14:30", "23:59"],
    "choice": CHOICES,
    "multi_choice": [["a"], ["B", "c"], CHOICES],
    "file": [{"id": "1", "name": "a.png", "type": "image/png", "size": 3}],
    "customer": TEXTS,
    "order": TEXTS,
    "product": TEXTS,
    "store": TEXTS,
    "staff": TEXTS,
    "region": TEXTS,
    "rating": ["1", "3", "5"],
    "computed": ["0", "-6", "2.00", "5.98"],
}


@pytest.fixture
def tickets(open_ticket):
    """(pk, facts) of tickets with any mixture of answers; some are as yet unanswered."""
    chance, opened = random.Random(5), open_ticket()
    rows = []
    for number in range(60):
        answers = {kind: chance.choice(some) for kind, some in ANSWERS.items() if chance.random() < 0.8}
        opened.pk, opened.source_key, opened.answers = None, f"row {number}", answers
        opened.save(force_insert=True)
        rows.append((opened.pk, facts_of(answers, SPECS)))
    return rows


NOT_IN_SQL = OPERATORS.keys() - TRANSLATIONS.keys()
CHOOSE = frozenset({"choice", "multi_choice"})  # not to be compared with one another
IN_SQL = [spec for spec in variables_of(SPECS) if spec["name"] in COLUMNS]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=trees(IN_SQL, NOT_IN_SQL, alone=CHOOSE))
def test_the_database_finds_exactly_the_tickets_python_finds(tickets, tree):
    condition = compile_condition(tree, Vocabulary.of().extended(IN_SQL))
    found = Ticket.objects.filter(condition_as_q(condition, columns_of(SPECS))).values_list("pk", flat=True)
    known = dict(tickets)
    assert {pk for pk in found if pk in known} == {pk for pk, facts in tickets if condition.holds(facts)}


@pytest.mark.django_db
def test_a_field_without_a_column_is_named_where_it_is_asked_for():
    vocabulary = Vocabulary.of().extended(variables_of(SPECS))
    condition = compile_condition(
        {"all": [{"name": "file", "operator": "is_true", "value": None}]}, vocabulary
    )
    [problem] = check_sql(condition, columns_of(SPECS))
    assert problem.path == "all/0/name"
    assert "file" in problem.sentence.en

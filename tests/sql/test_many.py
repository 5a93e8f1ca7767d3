"""Many conditions in one scan: the database, the index in Python and each condition alone say the same."""

from datetime import UTC, datetime

import pytest
from django.db.models import Max, Min
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine import compile_condition
from rules.sql import (
    Column,
    NotInSql,
    Related,
    condition_as_q,
    many,
    matching_bits,
    matching_counts,
    write_bits,
)
from tests.engine.generated import trees
from tests.engine.shop import leaf

from .models import Client, Mark, Membership
from .test_agreement import COLUMNS, NOT_IN_SQL, SETS, SPECS, VOCABULARY, clients, facts_of  # noqa: F401

ALL_MARKS = Related(Mark.objects.all(), by="client")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LATE = ALL_MARKS.where(at__gte=NEW_YEAR)
FOLDED = COLUMNS | {
    "mark_count": ALL_MARKS.count(),
    "points": ALL_MARKS.sum("points", when_none=None),
    "price": ALL_MARKS.sum("price"),
    "has_marks": ALL_MARKS.exists(),
    "marks": ALL_MARKS.choices("choice"),
    "last_mark": ALL_MARKS.highest("at"),
}
EXTRA = [
    {"name": "late_marks", "label": "late marks", "type": "numeric", "options": []},
    {"name": "late_points", "label": "late points", "type": "numeric", "options": []},
    {"name": "late_choices", "label": "late choices", "type": "select_multiple", "options": []},
    {"name": "spread", "label": "spread", "type": "numeric", "options": []},
]
MORE_SPECS = [*SPECS, *EXTRA]
MORE_SETS = SETS | {"late_choices"}
MORE_VOCABULARY = VOCABULARY.extended(EXTRA)
MORE_COLUMNS = FOLDED | {
    "late_marks": LATE.count(),
    "late_points": LATE.sum("points"),
    "late_choices": LATE.choices("choice"),
    "spread": LATE.folded(lambda take: take(Max, "points") - take(Min, "points"), when_none=-1),
}
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def known(clients, django_db_blocker):  # noqa: F811
    """(pk, facts), those of the marks made since the new year included."""
    with django_db_blocker.unblock():
        late = {pk: [] for pk, _ in clients}
        for mark in Mark.objects.filter(at__gte=NEW_YEAR):
            late[mark.client_id].append(mark)
    return [(pk, facts | late_facts(late[pk])) for pk, facts in clients]


def late_facts(marks):
    points = [mark.points for mark in marks]
    return {
        "late_marks": len(marks),
        "late_points": sum(points),
        "late_choices": [mark.choice for mark in marks],
        "spread": max(points) - min(points) if points else -1,
    }


def compiled(documents, vocabulary=MORE_VOCABULARY):
    return {place: compile_condition(document, vocabulary) for place, document in enumerate(documents)}


def expected(conditions, rows):
    return {
        pk: sum(condition.holds(facts) << place for place, condition in enumerate(conditions.values()))
        for pk, facts in rows
    }


def in_python(queryset, conditions, columns=MORE_COLUMNS):
    return dict(many.Scan(queryset, conditions, columns).bits_in_python())


def in_sql(queryset, conditions, columns=MORE_COLUMNS):
    return dict(many.Scan(queryset, conditions, columns).bits_in_sql())


@SETTINGS
@given(documents=st.lists(trees(MORE_SPECS, NOT_IN_SQL, alone=MORE_SETS), min_size=1, max_size=6))
def test_both_ways_find_what_each_condition_finds_alone(db, known, documents):
    conditions = compiled(documents)
    wanted = expected(conditions, known)
    assert in_sql(Client.objects.all(), conditions) == wanted
    assert in_python(Client.objects.all(), conditions) == wanted
    counts = {key: sum(bits >> key & 1 for bits in wanted.values()) for key in conditions}
    assert matching_counts(Client.objects.all(), conditions, MORE_COLUMNS) == counts
    assert many.Scan(Client.objects.all(), conditions, MORE_COLUMNS).counts_in_python() == counts


@SETTINGS
@given(document=trees(MORE_SPECS, NOT_IN_SQL, alone=MORE_SETS))
def test_a_related_column_means_the_same_in_a_condition_alone(db, known, document):
    condition = compile_condition(document, MORE_VOCABULARY)
    found = Client.objects.filter(condition_as_q(condition, MORE_COLUMNS)).values_list("pk", flat=True)
    assert set(found) == {pk for pk, facts in known if condition.holds(facts)}


@settings(SETTINGS, max_examples=25)
@given(document=trees(MORE_SPECS, NOT_IN_SQL, alone=MORE_SETS))
def test_a_part_of_the_table_is_asked_for_that_part_only(db, known, document):
    conditions = compiled([document])
    some = Client.objects.filter(whole__gte=0)
    ten = Client.objects.order_by("-pk")[:10]
    wanted = expected(conditions, known)
    for part in (some, ten):
        pks = set(part.values_list("pk", flat=True))
        assert pks
        for found in (in_sql(part, conditions), in_python(part, conditions)):
            assert found == {pk: wanted[pk] for pk in pks}
    assert in_sql(Client.objects.none(), conditions) == {}


def test_no_condition_at_all_is_no_bits(db, known):
    assert set(dict(matching_bits(Client.objects.all(), {}, {}))) == {pk for pk, _ in known}
    assert matching_counts(Client.objects.all(), {}, {}) == {}


def test_conditions_beyond_sixty_take_more_integers_and_never_the_sign(db, known):
    conditions = compiled([leaf("whole", "greater_than_or_equal_to", place % 4 - 3) for place in range(130)])
    bits = in_sql(Client.objects.all(), conditions)
    assert bits == in_python(Client.objects.all(), conditions) == expected(conditions, known)
    assert max(bits.values()) == 2**130 - 1


@pytest.mark.parametrize("cross_over", [0, 1000])
def test_bits_are_written_into_a_table(db, known, monkeypatch, cross_over):
    monkeypatch.setattr(many, "CROSS_OVER", cross_over)
    conditions = compiled([leaf("mark_count", "greater_than", place % 3) for place in range(61)])
    write_bits(
        Client.objects.all(), conditions, MORE_COLUMNS, into=Membership, row="client", bits=["low", "high"]
    )
    written = {row.client_id: row.low | row.high << many.WORD for row in Membership.objects.all()}
    assert written == expected(conditions, known)


def test_fields_that_are_too_few_are_refused(db, known):
    with pytest.raises(ValueError, match="need 2 fields"):
        write_bits(
            Client.objects.all(), compiled([{}] * 61), {}, into=Membership, row="client", bits=["low"]
        )  # fmt: skip


def test_a_pattern_is_matched_in_python(db, known):
    conditions = compiled([leaf("text", "matches_regex", "^a"), leaf("marks", "contains_all", ["a"])])
    assert dict(matching_bits(Client.objects.all(), conditions, MORE_COLUMNS)) == expected(conditions, known)


def test_a_variable_without_a_column_is_named_with_its_condition(db, known):
    conditions = {"fine": compile_condition({}, VOCABULARY)} | {
        "vip": compile_condition({"any": [leaf("flag", "is_true")]}, VOCABULARY)
    }
    with pytest.raises(NotInSql) as raised:
        list(matching_bits(Client.objects.all(), conditions, {"text": Column("text")}))
    assert [problem.path for problem in raised.value.problems] == ["vip/any/0/name"]


def test_related_rows_are_read_once_however_many_columns_there_are(db, known, django_assert_num_queries):
    conditions = compiled(
        [
            leaf("mark_count", "greater_than", 1),
            leaf("points", "less_than", 0),
            leaf("late_marks", "equal_to", 0),
            leaf("marks", "contains_all", ["a", "B"]),
            leaf("last_mark", "after", "2026-01-01T00:00:00Z"),
        ]
    )
    with django_assert_num_queries(1) as asked:
        in_sql(Client.objects.all(), conditions)
    assert asked[0]["sql"].count(f'FROM "{Mark._meta.db_table}"') == 1


def test_rows_counted_by_nothing_else_still_count_where_all_are_asked_for(db, known):
    conditions = compiled(
        [
            leaf("late_choices", "is_contained_by", []),
            leaf("late_marks", "greater_than", 1),
            leaf("marks", "is_contained_by", []),
        ]
    )
    assert in_sql(Client.objects.all(), conditions) == expected(conditions, known)

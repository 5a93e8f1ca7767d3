"""A scorecard gives every row of a table the points that Python gives its facts."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine import Vocabulary, compile_condition, compile_scorecard
from rules.sql import NotInSql, check_sql, condition_as_q, scorecard_as_expression
from rules.sql.scorecards import scorecard_columns
from tests.engine.generated import trees

from .models import Client
from .test_agreement import COLUMNS, NOT_IN_SQL, SETS, SPECS, VOCABULARY, clients  # noqa: F401 (a fixture)

POINTS = st.one_of(st.integers(-50, 50), st.integers(-5000, 5000).map(lambda cents: Decimal(cents) / 100))


@st.composite
def scorecards(draw):
    rows = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "condition": st.one_of(st.just({}), trees(SPECS, without=NOT_IN_SQL, alone=SETS)),
                    "points": POINTS,
                    "group": st.sampled_from(["", "", "one", "two"]),
                }
            ),
            max_size=6,
        )
    )
    floor, ceiling = sorted([draw(POINTS), draw(POINTS)])
    document = {"base": draw(POINTS), "rows": rows}
    if draw(st.booleans()):
        document["floor"] = floor
    if draw(st.booleans()):
        document["ceiling"] = ceiling
    return document


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(scorecards())
@pytest.mark.django_db
def test_points_agree_with_python(clients, document):  # noqa: F811
    scorecard = compile_scorecard(document, VOCABULARY)
    if any(check_sql(row.condition, COLUMNS) for row in scorecard.rows):
        with pytest.raises(NotInSql):
            scorecard_as_expression(scorecard, COLUMNS)
        return
    points = scorecard_as_expression(scorecard, COLUMNS)
    found = dict(Client.objects.annotate(score=points).values_list("pk", "score"))
    assert found == {pk: scorecard.score(facts).points for pk, facts in clients}


@pytest.mark.django_db
def test_points_can_be_filtered_and_sorted_by(clients):  # noqa: F811
    scorecard = compile_scorecard(
        {
            "rows": [
                {"condition": {"name": "flag", "operator": "is_true"}, "points": 20},
                {"condition": {"name": "whole", "operator": "greater_than", "value": 0}, "points": 0.5},
            ]
        },
        VOCABULARY,
    )
    scored = Client.objects.annotate(score=scorecard_as_expression(scorecard, COLUMNS))
    expected = {pk for pk, facts in clients if scorecard.score(facts).points > 20}
    assert set(scored.filter(score__gt=20).values_list("pk", flat=True)) == expected
    assert scored.order_by("-score").first().score == Decimal("20.5")


def test_what_cannot_be_sql_is_named_at_its_place():
    scorecard = compile_scorecard(
        {
            "rows": [
                {"condition": {}, "points": "number * 2"},
                {"condition": {"name": "text", "operator": "matches_regex", "value": "a"}, "points": 1},
                {"condition": {}, "points": 900_000_000},
                {"condition": {}, "points": 0.000001},
            ]
        },
        VOCABULARY,
    )
    with pytest.raises(NotInSql) as caught:
        scorecard_as_expression(scorecard, COLUMNS)
    assert [problem.path for problem in caught.value.problems] == [
        "rows/0/points",
        "rows/1/condition/operator",
        "rows",
    ]


# As facts of other conditions.

BANDS = ["low", "Middle", "high"]
SCORES = Vocabulary.of().extended(
    [{"name": "points", "type": "numeric"}, {"name": "band", "type": "select", "options": BANDS}]
)
ABOUT_SCORES = st.one_of(
    st.builds(
        lambda operator, value: {"name": "points", "operator": operator, "value": value},
        st.sampled_from(["equal_to", "not_equal_to", "greater_than", "less_than_or_equal_to"]),
        st.integers(-60, 60),
    ),
    st.builds(
        lambda operator, value: {"name": "band", "operator": operator, "value": value},
        st.sampled_from(["contains", "does_not_contain"]),
        st.sampled_from([*BANDS, "LOW"]),
    ),
    st.builds(lambda names: {"name": "band", "operator": "one_of", "value": names}, st.just(["low", "high"])),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(scorecards(), st.sets(st.integers(-60, 60), min_size=3, max_size=3), ABOUT_SCORES, st.booleans())
@pytest.mark.django_db
def test_conditions_on_points_and_bands_agree_with_python(clients, document, begins, leaf, none):  # noqa: F811
    bands = [{"name": name, "from": begin} for name, begin in zip(BANDS, sorted(begins), strict=True)]
    scorecard = compile_scorecard(document | {"bands": bands}, VOCABULARY)
    if any(check_sql(row.condition, COLUMNS) for row in scorecard.rows):
        return
    condition = compile_condition({"none" if none else "all": [leaf]}, SCORES)
    columns = scorecard_columns(scorecard, COLUMNS, named={"points": "points", "band": "band"})
    found = set(Client.objects.filter(condition_as_q(condition, columns)).values_list("pk", flat=True))
    expected = set()
    for pk, facts in clients:
        score = scorecard.score(facts)
        if condition.holds({"points": score.points, "band": score.band.name if score.band else None}):
            expected.add(pk)
    assert found == expected

"""Scorecards: what counts, in which order it is said, and what is refused."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import RuleErrors, Vocabulary, compile_scorecard

VOCABULARY = Vocabulary.of().extended(
    [
        {"name": "orders", "label": {"en": "number of orders", "zh": "订单数"}, "type": "numeric"},
        {"name": "spent", "label": {"en": "total spent", "zh": "累计消费"}, "type": "numeric", "unit": "CNY"},
        {"name": "returns", "label": {"en": "returns", "zh": "退货数"}, "type": "numeric"},
    ]
)


def at_least(name, number):
    return {"all": [{"name": name, "operator": "greater_than_or_equal_to", "value": number}]}


VIP = {
    "base": 10,
    "rows": [
        {
            "name": "loyal",
            "condition": at_least("orders", 3),
            "points": 20,
            "reason": {"en": "bought three times", "zh": "买过三次"},
        },
        {"name": "spends", "condition": {}, "points": "round(spent / 1000, 1)", "reason": "spends"},
        {"name": "returns much", "condition": at_least("returns", 2), "points": "-5.5"},
    ],
    "floor": 0,
    "ceiling": 50,
    "bands": [
        {"name": "gold", "label": {"en": "Gold", "zh": "金"}, "from": 30},
        {"name": "silver", "label": {"en": "Silver", "zh": "银"}, "from": 20},
    ],
}


def scored(document=VIP, **facts):
    return compile_scorecard(document, VOCABULARY).score(facts)


def test_points_of_the_rows_that_hold_are_added_each_with_its_reason():
    score = scored(orders=3, spent=1234, returns=0)
    assert score.points == Decimal("31.2")
    assert score.sentences("en") == ["+10: to begin with", "+20: bought three times", "+1.2: spends"]
    assert score.sentences("zh")[:2] == ["+10：基础分", "+20：买过三次"]
    assert score.band.name == "gold"
    assert score.sentence("zh") == "31.2 分：金"


def test_points_may_be_taken_away():
    score = scored(orders=1, spent=0, returns=4)
    assert score.sentences("en") == ["+10: to begin with", "+0: spends", "−5.5: returns much"]
    assert (score.points, score.band) == (Decimal("4.5"), None)


def test_floor_and_ceiling_are_said_where_they_are_met():
    assert scored(orders=3, spent=90_000).sentences("en")[-1] == "at most 50: 120 were counted"
    assert scored({"base": -3, "rows": [], "floor": 0}).sentences("en") == [
        "−3: to begin with",
        "at least 0: -3 were counted",
    ]


def test_a_band_is_reached_at_its_very_points():
    bands = {"rows": [], "bands": [{"name": "b", "from": 20}, {"name": "a", "from": 0}]}
    assert scored({**bands, "base": 20}).band.name == "b"
    assert scored({**bands, "base": 19.999999}).band.name == "a"
    assert scored({**bands, "base": -1}).band is None


def test_points_without_a_value_do_not_count_and_say_why():
    score = scored(orders=3)
    assert score.points == 30
    assert score.sentences("en")[-1] == "no points: spends (total spent has no value)"


def test_every_row_is_explained_also_those_that_do_not_hold():
    said = scored(orders=1, spent=5000).explain("en")
    assert said == [
        "not met: bought three times – number of orders is at least 3 (actual: 1)",
        "+5: spends – always; total spent (CNY 5,000) ÷ 1,000 = CNY 5; CNY 5 rounded to 1 decimal"
        " (half up) = CNY 5.0",
        "not met: returns much – returns is at least 2 (no value)",
    ]


def test_of_a_group_only_the_best_row_counts():
    tiers = {
        "rows": [
            {"name": name, "condition": at_least("orders", number), "points": points, "group": "orders"}
            for name, number, points in (("three", 3, 10), ("ten", 10, 30), ("also ten", 10, 30))
        ]
    }
    score = scored(tiers, orders=12)
    assert score.points == 30
    assert [row.counted for row in score.rows] == [False, True, False]
    assert score.sentences("en") == ["+30: ten"]
    assert score.explain("en")[0].startswith("not counted: three (another row of “orders” gives more)")
    assert scored(tiers, orders=5).points == 10
    assert scored(tiers, orders=1).points == 0


def test_facts_may_change_after_the_score():
    facts = {"orders": 3, "spent": 0}
    score = compile_scorecard(VIP, VOCABULARY).score(facts)
    facts["orders"] = 0
    assert "(actual: 3)" in score.explain("en")[0]


def test_it_says_what_it_does():
    scorecard = compile_scorecard(VIP, VOCABULARY)
    assert scorecard.sentences("zh")[0] == "+20：买过三次（订单数大于或等于 3）"
    assert scorecard.sentences("en")[2] == "−5.5: returns much (returns is at least 2)"
    assert scorecard.names == {"orders", "spent", "returns"}
    assert scorecard.bands[0].sentence("en") == "Silver: from 20 points"


def test_every_problem_is_found_at_once_at_its_place():
    document = {
        "base": "x",
        "rows": [
            {"condition": {"all": [{"name": "nothing"}]}, "points": "spend * 2", "colour": 1},
            {"condition": {}, "points": None},
            {"condition": {}, "points": 1e12},
            {"condition": {}, "points": 0.1234567},
            5,
        ],
        "floor": 5,
        "ceiling": 4,
        "bands": [{"name": "a", "from": 1}, {"name": "a", "from": 1}, {"name": ""}, {"name": "c"}],
        "more": 1,
    }
    with pytest.raises(RuleErrors) as caught:
        compile_scorecard(document, VOCABULARY)
    assert sorted(problem.path for problem in caught.value.problems) == [
        "bands/1/from",
        "bands/1/name",
        "bands/2/from",
        "bands/2/name",
        "bands/3/from",
        "base",
        "ceiling",
        "more",
        "rows/0/colour",
        "rows/0/condition/all/0/name",
        "rows/0/points",
        "rows/1/points",
        "rows/2/points",
        "rows/3/points",
        "rows/4",
    ]
    [of_formula] = [problem for problem in caught.value.problems if problem.path == "rows/0/points"]
    assert (of_formula.start, of_formula.end) == (0, 5)


@pytest.mark.parametrize("document", [None, 5, [], "x", {"rows": 5}, {"rows": [None]}, {"bands": {}}])
def test_what_is_no_scorecard_is_refused(document):
    if document == {"bands": {}}:
        document = {"rows": [], "bands": {}}
    with pytest.raises(RuleErrors):
        compile_scorecard(document, VOCABULARY)


def test_a_comparison_with_nothing_is_unfinished():
    words = Vocabulary.of().extended([{"name": "note", "label": "note", "type": "string"}])
    row = {"condition": {"name": "note", "operator": "contains", "value": ""}, "points": 1}
    assert [p.path for p in compile_scorecard({"rows": [row]}, words).unfinished] == [
        "rows/0/condition/value"
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.decimals(-100, 100, places=2)), max_size=8),
    st.integers(0, 6),
    st.decimals(-100, 100, places=2),
)
def test_points_are_the_exact_sum_of_what_holds(rows, orders, base):
    document = {
        "base": base,
        "rows": [{"condition": at_least("orders", number), "points": points} for number, points in rows],
    }
    expected = base + sum((points for number, points in rows if orders >= number), Decimal(0))
    score = scored(document, orders=orders)
    assert score.points == expected
    assert len(score.reasons) == sum(orders >= number for number, _points in rows)
    assert score.as_json("zh")["points"] == str(score.points)

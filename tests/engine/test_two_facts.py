"""Comparisons with a second fact: `now`, or another variable. What they refuse, and what they say."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rules.engine import Location, RuleErrors, Vocabulary, compile_condition, resolved
from rules.engine.conditions import Condition

from .cases import AROUND, NOW
from .shop import SHOP, leaf

RECENT = leaf("ordered_at", "within_last", {"amount": 30, "unit": "days"})
ABOVE = leaf("amount", "greater_than", {"variable": "limit"})


def condition_of(document) -> Condition:
    return compile_condition(document, SHOP)


def test_both_facts_are_named_so_that_a_decision_keeps_them():
    assert condition_of({"all": [RECENT, ABOVE]}).names == {"ordered_at", "now", "amount", "limit"}


def test_without_now_or_the_other_fact_nothing_holds_and_the_explanation_says_so():
    for document, facts, sentence in (
        (RECENT, {"ordered_at": NOW}, "下单时间在最近 30 天之内（现在：没有值）"),
        (ABOVE, {"amount": 5}, "金额大于额度（额度：没有值）"),
        (ABOVE, {"amount": 5, "limit": "many"}, "金额大于额度（额度：“many”，不是数字）"),
        (ABOVE, {"limit": 5}, "金额大于额度（没有值）"),
    ):
        condition = condition_of(document)
        assert condition.holds(facts) is False
        assert condition.explain(facts).held is False
        assert condition.explain(facts).sentence("zh-hans") == sentence
    with pytest.raises(KeyError):
        resolved(ABOVE, SHOP, {"amount": 5})


def test_the_explanation_shows_both_actual_values():
    assert condition_of(ABOVE).explain({"amount": 120, "limit": 1000}).sentence("en") == (
        "amount is more than limit (actual: 120, limit: 1,000)"
    )


def test_a_place_is_explained_with_its_distance():
    near = condition_of(
        leaf("address", "within_distance", {"latitude": 31, "longitude": 121, "metres": 3000})
    )
    explained = near.explain({"address": Location(32, 121)})
    assert explained.sentence("en") == (
        "address is within 3,000 m of 31, 121 (actual: 32, 121, 111,195 m away)"
    )


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-11))], ids=str)
def test_today_is_the_day_of_now_in_its_own_zone(zone):
    now = datetime(2026, 3, 31, 23, 30, tzinfo=zone)
    today = condition_of(leaf("birthday", "within_last", {"amount": 0, "unit": "days"}))
    assert today.holds({"birthday": "2026-03-31", "now": now})
    assert not today.holds({"birthday": "2026-04-01", "now": now})


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (leaf("amount", "greater_than", {"variable": "comment"}), "value"),
        (leaf("amount", "greater_than", {"variable": "amount"}), "value"),
        (leaf("amount", "greater_than", {"variable": "gone"}), "value"),
        (leaf("amount", "greater_than", {"variable": ["limit"]}), "value"),
        (leaf("amount", "greater_than", {"variable": "limit", "by": 2}), "value"),
        (leaf("amount", "between", {"variable": "limit"}), "value"),
        (leaf("ordered_at", "within_last", {"variable": "now"}), "value"),
        (leaf("ordered_at", "within_last", {"amount": -1, "unit": "days"}), "value/amount"),
        (leaf("ordered_at", "within_last", {"amount": 1.5, "unit": "days"}), "value/amount"),
        (leaf("ordered_at", "within_last", {"amount": True, "unit": "days"}), "value/amount"),
        (leaf("ordered_at", "within_last", {"amount": 10**7, "unit": "days"}), "value/amount"),
        (leaf("ordered_at", "within_last", {"amount": 1, "unit": "moons"}), "value/unit"),
        (leaf("ordered_at", "within_last", {"amount": 1, "unit": ["days"]}), "value/unit"),
        (leaf("birthday", "within_last", {"amount": 1, "unit": "hours"}), "value/unit"),
        (leaf("waited", "less_than", {"amount": 1, "unit": "months"}), "value/unit"),
        (leaf("waited", "less_than", 5), "value"),
        (leaf("address", "within_distance", {"latitude": 91, "longitude": 0, "metres": 1}), "value/latitude"),
        (leaf("address", "within_distance", {"latitude": 9, "longitude": 0, "metres": -1}), "value/metres"),
        (leaf("address", "within_distance", [1, 2, 3]), "value"),
        (leaf("city_change", "changed_to", "paris"), "value"),
        (leaf("city_change", "changed_from_to", ["beijing", "beijing"]), "value"),
        (leaf("balance_change", "increased_by_more_than", -1), "value"),
        (leaf("comment", "mentions_any_of", ["gone"]), "value"),
        (leaf("comment", "mentions_any_of", []), "value"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_refused_at_its_place(document, place):
    with pytest.raises(RuleErrors) as caught:
        condition_of(document)
    [problem] = caught.value.problems
    assert problem.path == place
    assert problem.sentence.zh != problem.sentence.en


def test_what_is_not_there_is_neither_offered_nor_compiled():
    plain = Vocabulary.of().extended(
        [
            {"name": "day", "label": "day", "type": "date"},
            {"name": "text", "label": "text", "type": "string"},
        ]
    )
    offered = {row["name"] for rows in plain.as_json("en")["operators"].values() for row in rows}
    assert not offered & {"within_last", "more_than_ahead", "mentions_any_of", "mentions_none_of"}
    for document in (
        leaf("day", "within_last", {"amount": 1, "unit": "days"}),
        leaf("text", "mentions_any_of", ["spoilt"]),
    ):
        with pytest.raises(RuleErrors) as caught:
            compile_condition(document, plain)
        assert [problem.path for problem in caught.value.problems] == ["operator"]


def test_found_words_of_a_lexicon_are_shown():
    condition = condition_of(leaf("comment", "mentions_any_of", ["spoilt"]))
    said = condition.explain({**AROUND, "comment": "菜变 质了"}).sentence("zh-hans")
    assert said == "评论命中词库变质食品（命中：“变 质”）"

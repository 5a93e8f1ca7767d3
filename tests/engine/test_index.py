"""The index must give the answer that trying rule by rule gives, whatever the rules and the facts."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine import Change, FactsOf, Location, Vocabulary, compile_ruleset
from rules.engine.index import RuleIndex
from rules.engine.operators import OPERATORS

from .generated import COMPARISONS, FACTS, NOT_GENERATED, NOW, TYPES, fields, options_of, trees
from .shop import SHOP, ShopVariables, leaf


class Late(StrEnum):
    LATE = "late"


STRANGE = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        Decimal("1.00"),
        1.0,
        0.1,
        float("nan"),
        Decimal("sNaN"),
        10**400,
        "",
        "1",
        "LATE",
        "İ",
        "a",
        Late.LATE,
        b"a",
        [],
        ["a", "B"],
        ["a", "a", "A"],
        {"c", 1},
        ("a", None),
        [[]],
        {},
        object,
        "2026-01-01",
        "2026-01-01T00:00:00+00:00",
        date(2026, 1, 1),
        datetime(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
        timedelta(1),
        "P1DT2H",
        "P",
        Change("a", 1),
        Change(None, None),
        {"old": 1, "new": Decimal("2.5")},
        {"old": 1, "new": 2, "by": 3},
        Location(0, 0),
        Location(91, 0),
        {"latitude": 31.2, "longitude": "121.5"},
    ]
)


def any_facts(specs):
    """Of the right type, of a wrong one, None, or missing."""
    return st.fixed_dictionaries(
        {}, optional={spec["name"]: st.one_of(FACTS[spec["type"]], STRANGE) for spec in specs}
    )


@st.composite
def sets_of_rules(draw):
    """(vocabulary, rules, several facts); rules are often small, so that many hold."""
    specs = draw(fields())
    conditions = draw(st.lists(trees(specs), min_size=1, max_size=14))
    rules = [{"id": place, "conditions": tree, "actions": []} for place, tree in enumerate(conditions)]
    return Vocabulary.of().extended(specs), rules, draw(st.lists(any_facts(specs), min_size=1, max_size=4))


def indexed(ruleset, **sizes):
    return RuleIndex([rule.condition.tree for rule in ruleset.rules], **sizes)


def one_by_one(ruleset, facts):
    return [place for place, rule in enumerate(ruleset.rules) if rule.condition.holds(facts)]


class Fetched(dict):
    """Facts that are fetched one by one, as the facts of an object are."""

    def __init__(self, facts):
        self.facts, self.asked = facts, []

    def __missing__(self, name):
        self.asked.append(name)
        return self.facts[name]


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(sets_of_rules())
def test_the_index_finds_the_rules_that_hold_one_by_one(case):
    vocabulary, rules, every_facts = case
    ruleset = compile_ruleset(rules, vocabulary)
    # As it is, and so eager that the smallest sets are looked up several times over.
    indexes = [indexed(ruleset), indexed(ruleset, few=1, many=1)]
    for facts in every_facts:
        expected = one_by_one(ruleset, facts)
        assert [index.places_of(facts) for index in indexes] == [expected, expected]
        lazy = Fetched(facts)
        assert compile_ruleset(rules, vocabulary).decide(lazy).fired == expected
        assert len(lazy.asked) == len(set(lazy.asked))


SPECS = [
    *({"name": key, "label": key, "type": key, "options": options_of(key)} for key in TYPES),
    NOW,
]
EVERY_TYPE = Vocabulary.of().extended(SPECS)


@pytest.mark.parametrize(
    ("type_key", "operator"), [key for key in OPERATORS if key not in NOT_GENERATED], ids=lambda value: value
)
def test_every_operator_means_the_same_in_the_index(type_key, operator):
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        comparisons=st.lists(COMPARISONS[type_key][type_key, operator], min_size=3, max_size=6),
        other=trees(SPECS),
        facts=st.lists(any_facts(SPECS), min_size=4, max_size=4),
    )
    def agree(comparisons, other, facts):
        asked = [{"name": type_key, "operator": key, "value": value} for key, value in comparisons]
        conditions = [
            *asked,
            *({"all": [one, other]} for one in asked),
            *({"all": [other, {"all": [one]}]} for one in asked),
            {"any": asked},
            {"all": asked},
            {"none": asked},
            {"any": [asked[0], {"all": [asked[1], asked[2]]}]},
            {"none": [{"none": asked[:1]}]},
        ]
        rules = [{"id": place, "conditions": tree, "actions": []} for place, tree in enumerate(conditions)]
        ruleset = compile_ruleset(rules, EVERY_TYPE)
        indexes = [indexed(ruleset), indexed(ruleset, few=1, many=1)]
        for one in facts:
            expected = one_by_one(ruleset, one)
            assert [index.places_of(one) for index in indexes] == [expected, expected]

    agree()


def rules_of(conditions):
    return [{"id": place, "conditions": tree, "actions": []} for place, tree in enumerate(conditions)]


def test_thresholds_and_ranges_count_their_ends_as_they_say():
    below = ["less_than", "less_than_or_equal_to"]
    above = ["greater_than", "greater_than_or_equal_to"]
    chance = random.Random(3)
    numbers = [*range(6), Decimal("2.5"), Decimal("3.0")]
    conditions = [leaf("amount", key, number) for key in (*below, *above) for number in numbers]
    for _ in range(300):
        low, high = chance.choice(numbers), chance.choice(numbers)
        ends = [leaf("amount", chance.choice(above), low), leaf("amount", chance.choice(below), high)]
        more = [leaf("comment", "contains", "a")] if chance.random() < 0.5 else []
        conditions.append({"all": chance.sample([*ends, *more], len(ends) + len(more))})
        conditions.append(leaf("amount", "between", sorted([low, high])))
    ruleset = compile_ruleset(rules_of(conditions), SHOP)
    for amount in [-1, *numbers, 1.5, 9, None, "3", True]:
        for comment in ("a", "b"):
            facts = {"amount": amount, "comment": comment}
            assert ruleset.decide(facts).fired == one_by_one(ruleset, facts)


def test_rules_fire_in_their_order_and_once():
    conditions = [
        {"any": [leaf("city", "contains", "beijing"), leaf("comment", "equal_to", "x")]},
        leaf("city", "one_of", ["beijing", "shanghai"]),
        leaf("comment", "equal_to", "x"),
        {},
        leaf("tags", "shares_at_least_one_element_with", ["vip", "new"]),
    ]
    ruleset = compile_ruleset(rules_of(conditions * 4), SHOP)
    facts = {"city": ["Beijing", "SHANGHAI"], "comment": "x", "tags": ["new", "vip"]}
    assert ruleset.decide(facts).fired == list(range(20))
    assert ruleset.decide({}).fired == [3, 8, 13, 18]


def test_a_fact_that_no_candidate_needs_is_never_fetched():
    conditions = [
        {"all": [leaf("comment", "equal_to", f"c{place}"), leaf("amount", "greater_than", place)]}
        for place in range(50)
    ]
    ruleset = compile_ruleset(rules_of(conditions), SHOP)
    facts = Fetched({"comment": "unknown"})
    assert ruleset.decide(facts).fired == []
    assert facts.asked == ["comment"]
    facts = Fetched({"comment": "c7", "amount": 8})
    assert ruleset.decide(facts).fired == [7]
    assert facts.asked == ["comment", "amount"]


def test_a_comparison_that_many_rules_share_is_made_once():
    asked = []

    def test(text, keywords):
        asked.append(text)
        return "异物" in text

    conditions = [
        {"all": [leaf("comment", "contains_any_of", ["变质", "异物"]), leaf("amount", "greater_than", place)]}
        for place in range(40)
    ]
    trees = [rule.condition.tree for rule in compile_ruleset(rules_of(conditions), SHOP).rules]
    counted = replace(trees[0].children[0].operator, test=test)
    trees = [
        replace(tree, children=(replace(tree.children[0], operator=counted), tree.children[1]))
        for tree in trees
    ]
    index = RuleIndex(trees)
    assert index.places_of({"comment": "有异物", "amount": 20}) == list(range(20))
    assert index.places_of({"comment": "很好", "amount": 20}) == []
    assert asked == ["有异物", "很好"]


def test_facts_of_an_object_are_asked_for_once_in_a_large_set():
    class Counted(ShopVariables):
        asked = 0

        def comment(self):
            self.asked += 1
            return "c3"

        comment.__dict__.update(ShopVariables.comment.__dict__)

    variables = Counted()
    conditions = [leaf("comment", "equal_to", f"c{place % 10}") for place in range(30)]
    decision = compile_ruleset(rules_of(conditions), SHOP).decide(FactsOf(variables))
    assert decision.fired == [3, 13, 23]
    assert len(decision.reasons) == 3
    assert variables.asked == 1


def test_the_reasons_of_a_large_set_speak_of_the_facts_as_they_were():
    facts = {"amount": 5}
    decision = compile_ruleset(rules_of([leaf("amount", "greater_than", 100)] * 20), SHOP).decide(facts)
    facts["amount"] = 500
    assert decision.fired == []
    assert [reason.sentence("en") for reason in decision.reasons] == [
        "amount is more than 100 (actual: 5)"
    ] * 20


def test_a_member_of_an_enumeration_is_the_text_it_stands_for():
    conditions = [leaf("comment", "one_of", ["late", "lost"]), leaf("comment", "equal_to", "late")] * 10
    ruleset = compile_ruleset(rules_of(conditions), SHOP)
    assert ruleset.decide({"comment": Late.LATE}).fired == list(range(20))
    assert one_by_one(ruleset, {"comment": Late.LATE}) == list(range(20))

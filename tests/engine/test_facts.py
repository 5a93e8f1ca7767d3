import json
from collections import UserDict, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rules.engine import (
    Change,
    FactsOf,
    Location,
    compile_condition,
    compile_ruleset,
    facts_as_json,
    facts_from_json,
)

from .shop import SHOP, ShopVariables, leaf

ANY_FACT = {
    "amount": leaf("amount", "greater_than_or_equal_to", -(10**300)),
    "comment": leaf("comment", "contains", ""),
    "paid": {"any": [leaf("paid", "is_true"), leaf("paid", "is_false")]},
    "city": leaf("city", "does_not_contain", "shanghai"),
    "tags": leaf("tags", "contains_all", []),
    "birthday": leaf("birthday", "after", "0001-01-01"),
    "ordered_at": leaf("ordered_at", "after", "0001-01-01T00:00:00+00:00"),
}


class Awkward:
    def __eq__(self, other):
        raise RuntimeError

    __hash__ = None

    def __repr__(self):
        raise RuntimeError


UNREADABLE = [
    ("amount", True),
    ("amount", "120"),
    ("amount", float("nan")),
    ("amount", float("inf")),
    ("amount", Decimal("sNaN")),
    ("amount", [1]),
    ("comment", 5),
    ("comment", 0),
    ("comment", []),
    ("comment", b"bytes"),
    ("comment", ["a"]),
    ("paid", 1),
    ("paid", "yes"),
    ("city", {"beijing": 1}),
    ("city", [["beijing"]]),
    ("city", (value for value in ["beijing"])),
    ("tags", [{}]),
    ("tags", [float("nan")]),
    ("birthday", datetime(2000, 1, 1, tzinfo=UTC)),
    ("birthday", "2000-02-30"),
    ("birthday", "20000201"),
    ("birthday", 5),
    ("ordered_at", datetime(2000, 1, 1)),
    ("ordered_at", date(2000, 1, 1)),
    ("ordered_at", "2000-01-01T00:00:00"),
    ("ordered_at", "2000-01-01T99:00:00Z"),
    *[(name, Awkward()) for name in ANY_FACT],
    *[(name, object) for name in ANY_FACT],
]


@pytest.mark.parametrize(("name", "fact"), UNREADABLE, ids=lambda value: type(value).__name__)
def test_a_fact_of_the_wrong_type_makes_the_comparison_false_and_is_explained(name, fact):
    condition = compile_condition(ANY_FACT[name], SHOP)
    assert condition.holds({name: fact}) is False
    explanation = condition.explain({name: fact})
    assert explanation.held is False
    [*leaves] = explanation.children or [explanation]
    for told in leaves:
        assert not told.missing
        assert told.wrong.en in told.sentence("en")
        assert told.wrong.zh in told.sentence("zh-hans")
    json.dumps(explanation.as_json("en"))


@pytest.mark.parametrize(
    "facts", [{}, dict.fromkeys(ANY_FACT), UserDict()], ids=["absent", "None", "no dict"]
)
@pytest.mark.parametrize("name", ANY_FACT)
def test_a_missing_fact_makes_the_comparison_false_and_is_explained(name, facts):
    condition = compile_condition(ANY_FACT[name], SHOP)
    assert condition.holds(facts) is False
    explanation = condition.explain(facts)
    assert all(told.missing for told in explanation.children or [explanation])
    assert "no value" in explanation.sentence("en")
    assert "没有值" in explanation.sentence("zh-hans")


@pytest.mark.parametrize(
    ("name", "operator", "value", "fact"),
    [
        ("amount", "equal_to", 0.3, 0.3),
        ("amount", "equal_to", 0.1, Decimal("0.1")),
        ("amount", "greater_than", 0, 10**5000),
        ("amount", "greater_than", 0, Decimal("1E+999999")),
        ("city", "contains", "beijing", ["Shanghai", "Beijing"]),
        ("tags", "contains_all", ["vip"], "VIP"),
        ("tags", "contains_all", ["vip"], {"vip", None}),
        ("birthday", "equal_to", "2000-02-29", "2000-02-29"),
        ("ordered_at", "equal_to", "2026-03-01T09:00:00+08:00", "2026-03-01T01:00:00Z"),
        ("comment", "contains", "a", "\ud800a\x00"),
    ],
    ids=[*"0123456789"],
)
def test_facts_are_read_in_every_spelling_that_has_one_meaning(name, operator, value, fact):
    condition = compile_condition(leaf(name, operator, value), SHOP)
    assert condition.holds({name: fact}) is True
    told = json.dumps(condition.explain({name: fact}).as_json("zh-hans"), ensure_ascii=False)
    told.encode()  # nothing a database could not store
    assert "\\u0000" not in told
    assert len(told) < 1_000


def test_a_single_text_is_one_choice_not_its_letters():
    vocabulary = SHOP.extended([{"name": "grade", "label": "grade", "type": "select"}])
    condition = compile_condition(leaf("grade", "contains", "a"), vocabulary)
    assert condition.holds({"grade": "A"})
    assert not condition.holds({"grade": "abc"})
    assert condition.holds({"grade": ["abc", "a"]})


def test_choices_may_be_numbers_and_yes_is_not_one():
    vocabulary = SHOP.extended([{"name": "floor", "label": "floor", "type": "select"}])
    condition = compile_condition(leaf("floor", "contains", 1), vocabulary)
    assert condition.holds({"floor": 1})
    assert condition.holds({"floor": Decimal("1.0")})
    assert not condition.holds({"floor": True})
    assert not condition.holds({"floor": "1"})


def test_facts_that_fill_their_own_gaps_are_asked_for_them_by_every_reader():
    condition = compile_condition(leaf("amount", "equal_to", 0), SHOP)
    ruleset = compile_ruleset([{"id": 1, "conditions": leaf("amount", "equal_to", 0), "actions": []}], SHOP)
    assert condition.holds(defaultdict(int))
    assert condition.explain(defaultdict(int)).held
    assert ruleset.decide(defaultdict(int)).fired == [1]


def test_facts_of_a_variables_object_ask_each_declared_method_once_and_only_when_needed():
    class Counted(ShopVariables):
        asked = 0

        def amount(self):
            self.asked += 1
            return 120

        amount.__dict__.update(ShopVariables.amount.__dict__)

        def comment(self):
            raise AssertionError("not needed")

        comment.__dict__.update(ShopVariables.comment.__dict__)

    variables = Counted()
    facts = FactsOf(variables)
    over = leaf("amount", "greater_than", 100)
    condition = compile_condition({"any": [over, over, leaf("comment", "contains", "x")]}, SHOP)
    assert condition.holds(facts)
    assert condition.holds(facts)
    assert variables.asked == 1
    assert facts.get("secret") is None
    assert len(facts) == len(list(facts)) == len(SHOP.variables)


def test_stored_facts_read_back_to_the_same_values():
    facts = {
        "amount": Decimal("120.50"),
        "large": 10**30,
        "rate": 0.1,
        "paid": True,
        "nothing": None,
        "tags": ["vip", Decimal("1.5")],
        "birthday": date(2000, 2, 29),
        "ordered_at": datetime(2026, 3, 1, 9, tzinfo=UTC),
        "waited": timedelta(days=-1, microseconds=5),
        "address": Location(Decimal("31.2"), 121),
        "day_change": Change(None, date(2026, 1, 1)),
        "name_change": {"old": "a", "new": "b"},
    }
    stored = json.loads(json.dumps(facts_as_json(facts)))
    assert facts_from_json(stored) == facts | {"rate": Decimal("0.1")}
    assert facts_from_json(json.loads(json.dumps(facts_as_json({"tags": {"b", "a"}})))) == {
        "tags": ["a", "b"]
    }


@pytest.mark.parametrize(("name", "fact"), UNREADABLE, ids=lambda value: type(value).__name__)
def test_stored_facts_of_the_wrong_type_stay_wrong(name, fact):
    stored = json.loads(json.dumps(facts_as_json({name: fact})))
    assert compile_condition(ANY_FACT[name], SHOP).holds(facts_from_json(stored)) is False

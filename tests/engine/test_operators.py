from collections import Counter

import business_rules
import pytest
from business_rules.engine import check_conditions_recursively

from rules.engine import Words, compile_condition, resolved
from rules.engine.facts import TYPES
from rules.engine.operators import OPERATORS
from rules.engine.values import INPUTS

from .cases import AROUND, CASES
from .shop import SHOP, ShopActions, ShopVariables, leaf


@pytest.mark.parametrize(("name", "operator", "value", "fact", "expected"), CASES, ids=str)
def test_a_comparison_holds_exactly_when_the_truth_table_says_so(name, operator, value, fact, expected):
    condition = compile_condition(leaf(name, operator, value), SHOP)
    facts = {**AROUND, name: fact}
    assert condition.holds(facts) is expected
    assert condition.explain(facts).held is expected


def test_every_operator_is_in_the_truth_table_holding_failing_and_missing():
    told = Counter()
    for name, operator, _, fact, expected in CASES:
        told[SHOP.variables[name].type, operator, "missing" if fact is None else expected] += 1
    for type_key, key in OPERATORS.keys() - {("string", "matches_regex")}:
        assert all(told[type_key, key, outcome] for outcome in (True, False, "missing")), (type_key, key)


def test_every_operator_speaks_both_languages_and_has_a_reader_for_its_value():
    for row in OPERATORS.values():
        assert row.type in TYPES
        assert row.input in INPUTS
        for words in (row.label, row.says):
            assert isinstance(words, Words)
            assert words.en != words.zh
        assert "{name}" in row.says.en
        assert "{name}" in row.says.zh


def test_business_rules_exports_and_evaluates_every_operator():
    exported = business_rules.export_rule_data(ShopVariables, ShopActions)["variable_type_operators"]
    for type_key, key in OPERATORS:
        assert key in {row["name"] for row in exported[type_key]}


@pytest.mark.parametrize(
    ("name", "operator", "value", "fact", "expected"),
    [case for case in CASES if case[3] is not None],
    ids=str,
)
def test_business_rules_own_evaluator_agrees_where_numbers_are_further_apart_than_its_epsilon(
    name, operator, value, fact, expected
):
    if 0.9999995 in (value, fact) or str(fact) == "1.0000001":
        expected = not expected
    given = [fact] if name == "city" else fact

    class Given(ShopVariables):
        pass

    method = getattr(ShopVariables, name)
    answer = lambda self: given  # noqa: E731
    answer.field_type, answer.is_rule_variable = method.field_type, True
    answer.label, answer.options = method.label, method.options
    setattr(Given, name, answer)
    document = resolved(leaf(name, operator, value), SHOP, AROUND)
    assert bool(check_conditions_recursively(document, Given())) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"变质|异物", "有异物", True),
        (r"^\d+$", "123", True),
        (r"^\d+$", "12a", False),
        (r"(?i)kfc", "KFC", True),
        (r".", "", False),
        (r"(a+)+$", "a" * 30 + "b", False),
        (r".", "\ud800", False),
    ],
)
def test_patterns_match_anywhere_in_the_text(pattern, text, expected):
    condition = compile_condition(leaf("comment", "matches_regex", pattern), SHOP)
    assert condition.holds({"comment": text}) is expected
    assert condition.holds({}) is False

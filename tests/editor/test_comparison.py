from decimal import Decimal

import pytest
from django.utils import translation

from flows.customers.models import Segment
from flows.settlement.models import CommissionPlan, CommissionRate
from rules.editor.comparison import Change, changes_between, compare
from rules.store.models import Rule, RuleSet
from rules.store.problems import Line
from tests.store.conftest import more_than, sales_purpose  # noqa: F401

pytestmark = pytest.mark.django_db


def test_the_words_that_changed_within_a_sentence_are_marked():
    change = Change(label="Rule", before="amount is more than 1,000", after="amount is more than 5,000")
    assert [text for is_changed, text in change.before_pieces if is_changed] == ["1,000"]
    assert [text for is_changed, text in change.after_pieces if is_changed] == ["5,000"]
    assert "".join(text for _is_changed, text in change.after_pieces) == change.after


def test_what_was_added_removed_and_changed_is_told_apart():
    before = [Line("a", "A", "one"), Line("b", "B", "two")]
    after = [Line("a", "A", "uno"), Line("c", "C", "three")]
    kinds = [(change.label, change.kind) for change in changes_between(before, after)]
    assert kinds == [("A", "changed"), ("C", "added"), ("B", "removed")]


def test_another_order_of_the_same_lines_is_a_change():
    lines = [Line("a", "A", "one"), Line("b", "B", "two")]
    (change,) = changes_between(lines, lines[::-1])
    assert change.before.startswith("A")
    assert change.after.startswith("B")
    assert changes_between(lines, lines) == []


def rule_set(*rules):
    record = RuleSet(name="Discounts", slug="discounts", purpose="sales")
    record.rules = [
        Rule(name=name, condition=condition, actions=[{"name": "discount", "params": {"percent": percent}}])
        for name, condition, percent in rules
    ]
    return record


def test_a_changed_rule_names_the_comparison_and_the_action_that_changed():
    (change,) = compare(
        rule_set(("Big", more_than(1000), 5)), rule_set(("Big", more_than(5000), 7)), "zh-hans"
    )
    assert change.label == "Big"
    assert change.sentences == (
        "条件 1：“金额大于 1,000”改为“金额大于 5,000”",
        "动作：“给予折扣（百分比：5）”改为“给予折扣（百分比：7）”",
    )


def test_a_renamed_rule_is_no_removal():
    (change,) = compare(rule_set(("Big", more_than(1), 5)), rule_set(("Huge", more_than(1), 5)), "en")
    assert (change.label, change.kind) == ("Huge", "changed")
    assert change.sentences == ("renamed: “Big” became “Huge”",)


def test_a_renamed_rule_is_found_although_its_comparison_now_stands_in_a_list():
    bare = {"name": "amount", "operator": "greater_than", "value": 1}
    (change,) = compare(rule_set(("Big", bare, 5)), rule_set(("Huge", {"all": [bare]}, 5)), "en")
    assert (change.label, change.kind) == ("Huge", "changed")


def test_a_draft_that_makes_no_sense_yet_is_compared_line_by_line():
    broken = {"all": [{"name": "amount", "operator": "greater_than", "value": "many"}]}
    (change,) = compare(rule_set(("Big", more_than(1), 5)), rule_set(("Big", broken, 5)), "en")
    assert change.sentences == ()
    assert "many" in change.after


def test_a_commission_plan_says_which_rate_became_what():
    before, after = (
        CommissionPlan(name="Plan", slug="plan", rates=[CommissionRate(name="all", percent=percent)])
        for percent in (Decimal(10), Decimal("12.5"))
    )
    with translation.override("en"):
        (change,) = compare(before, after, "en")
    assert change.sentences == ("rate: 10 % became 12.5 %",)


def test_a_segment_says_which_comparison_changed():
    orders = {"name": "orders_count", "operator": "greater_than", "value": 1}
    before, after = (
        Segment(name="Buyers", slug="buyers", condition={"all": [orders | {"value": value}]})
        for value in (1, 2)
    )
    (change,) = compare(before, after, "en")
    assert change.sentences[0].startswith("condition 1: ")

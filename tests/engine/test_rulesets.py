import json
from decimal import Decimal

import pytest

from rules.engine import RuleErrors, Vocabulary, compile_actions, compile_ruleset

from .shop import SHOP, ShopVariables, leaf

SPOILED = leaf("comment", "contains_any_of", ["变质", "异物"])
RULES = [
    {
        "id": "food-safety",
        "conditions": {"all": [SPOILED]},
        "actions": [
            {"name": "send_to", "params": {"department": "quality"}},
            {"name": "set_urgency", "params": {"level": 3}},
        ],
    },
    {
        "id": "dear",
        "conditions": {"all": [leaf("amount", "greater_than", 100)]},
        "actions": [{"name": "add_note", "params": {"text": "看一下"}}],
    },
    {"id": 3, "conditions": {}, "actions": [{"name": "close"}]},
]


def problems_of(document, vocabulary=SHOP):
    with pytest.raises(RuleErrors) as raised:
        compile_ruleset(document, vocabulary)
    assert all(problem.sentence.en != problem.sentence.zh for problem in raised.value.problems)
    return [problem.path for problem in raised.value.problems]


def test_every_rule_that_holds_fires_in_order():
    decision = compile_ruleset(RULES, SHOP).decide({"comment": "变质", "amount": 120})
    assert decision.fired == ["food-safety", "dear", 3]
    assert decision.actions == [
        {"rule": "food-safety", "name": "send_to", "params": {"department": "quality"}},
        {"rule": "food-safety", "name": "set_urgency", "params": {"level": 3}},
        {"rule": "dear", "name": "add_note", "params": {"text": "看一下"}},
        {"rule": 3, "name": "close", "params": {}},
    ]
    assert [(reason.rule, reason.held) for reason in decision.reasons] == [
        ("food-safety", True),
        ("dear", True),
        (3, True),
    ]
    assert decision.reasons[0].sentence("zh-hans") == "评论包含“变质”、“异物”中的任意一个（命中：“变质”）"
    assert decision.sentence("zh-hans") == (
        "派给品质部；设置紧急程度（级别：3）；添加备注（内容：“看一下”）；关闭"
    )


def test_when_nothing_fires_the_reasons_say_why_of_every_rule():
    decision = compile_ruleset(RULES[:2], SHOP).decide({"comment": "好吃"})
    assert decision.fired == []
    assert decision.actions == []
    assert [(reason.rule, reason.held) for reason in decision.reasons] == [
        ("food-safety", False),
        ("dear", False),
    ]
    assert decision.reasons[1].sentence("en") == "amount is more than 100 (no value)"
    assert decision.sentence("en") == "No rule applied."
    assert decision.as_json("zh-hans")["sentence"] == "没有规则适用。"


def test_no_rules_decide_nothing():
    decision = compile_ruleset([], SHOP).decide({})
    assert (decision.fired, decision.actions, decision.reasons) == ([], [], [])
    assert decision.as_json("en")["sentence"] == "No rule applied."


def test_what_a_caller_changes_afterwards_does_not_reach_the_decision_or_the_rules():
    ruleset = compile_ruleset(RULES, SHOP)
    facts = {"comment": "变质"}
    decision = ruleset.decide(facts)
    facts["comment"] = "好吃"
    decision.actions[0]["params"]["department"] = "elsewhere"
    assert decision.reasons[0].held
    assert decision.reasons[0].explanation.held
    assert ruleset.decide({"comment": "变质"}).actions[0]["params"] == {"department": "quality"}


def test_a_decision_is_plain_json_for_pages_and_the_log():
    rules = [RULES[1] | {"actions": [{"name": "set_urgency", "params": {"level": Decimal("1.50")}}]}]
    shown = compile_ruleset(rules, SHOP).decide({"amount": 120}).as_json("en")
    assert json.loads(json.dumps(shown)) == shown
    assert shown["actions"] == [
        {
            "rule": "dear",
            "name": "set_urgency",
            "params": {"level": "1.50"},
            "sentence": "set urgency (level: 1.50)",
        }
    ]
    assert shown["reasons"][0]["because"] == "amount is more than 100 (actual: 120)"
    assert shown["reasons_left_out"] == 0


def test_only_so_many_reasons_are_stored_and_the_rest_are_counted():
    rules = [RULES[1] | {"id": place} for place in range(250)]
    decision = compile_ruleset(rules, SHOP).decide({})
    assert len(decision.reasons) == 250
    shown = decision.as_json("en")
    assert (len(shown["reasons"]), shown["reasons_left_out"]) == (100, 150)


def test_rules_read_as_sentences():
    ruleset = compile_ruleset(RULES, SHOP)
    assert ruleset.sentences("zh-hans") == [
        "当评论包含“变质”、“异物”中的任意一个时：派给品质部；设置紧急程度（级别：3）",
        "当金额大于 100 时：添加备注（内容：“看一下”）",
        "始终：关闭",
    ]
    assert ruleset.sentence("en").splitlines()[1:] == [
        "When amount is more than 100: add a note (text: “看一下”)",
        "Always: close",
    ]
    silent = compile_ruleset([{"id": 1, "conditions": RULES[1]["conditions"], "actions": []}], SHOP)
    assert silent.sentence("en") == "When amount is more than 100: nothing happens"
    assert silent.decide({"amount": 101}).sentence("en") == "nothing happens"


def test_it_names_the_variables_its_rules_ask_for_and_what_is_unfinished():
    rules = [*RULES, {"id": 4, "conditions": {"any": [leaf("tags", "contains_all", [])]}, "actions": []}]
    ruleset = compile_ruleset(rules, SHOP)
    assert ruleset.names == {"comment", "amount", "tags"}
    assert [problem.path for problem in ruleset.unfinished] == ["3/conditions/any/0/value"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": ""}, "0/id"),
        ({"id": None}, "0/id"),
        ({"id": True}, "0/id"),
        ({"id": ["x"]}, "0/id"),
        ({"id": "\ud800"}, "0/id"),
        ({"note": 1}, "0/note"),
        ({"conditions": None}, "0/conditions"),
        ({"conditions": {"all": [leaf("amount", "equal_to", "x")]}}, "0/conditions/all/0/value"),
        ({"actions": None}, "0/actions"),
        ({"actions": {}}, "0/actions"),
        ({"actions": [{"name": "close"}] * 101}, "0/actions"),
        ({"actions": ["close"]}, "0/actions/0"),
        ({"actions": [{"name": "gone"}]}, "0/actions/0/name"),
        ({"actions": [{"name": "secret"}]}, "0/actions/0/name"),
        ({"actions": [{"name": "__init__"}]}, "0/actions/0/name"),
        ({"actions": [{"name": ["close"]}]}, "0/actions/0/name"),
        ({"actions": [{"params": {}}]}, "0/actions/0/name"),
        ({"actions": [{"name": "close", "params": []}]}, "0/actions/0/params"),
        ({"actions": [{"name": "close", "params": {"x": 1}}]}, "0/actions/0/params/x"),
        ({"actions": [{"name": "close", "note": 1}]}, "0/actions/0/note"),
        ({"actions": [{"name": "send_to"}]}, "0/actions/0/params/department"),
        ({"actions": [{"name": "send_to", "params": {"department": "x"}}]}, "0/actions/0/params/department"),
        ({"actions": [{"name": "set_urgency", "params": {"level": "3"}}]}, "0/actions/0/params/level"),
        ({"actions": [{"name": "add_note", "params": {"text": "\ud800"}}]}, "0/actions/0/params/text"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused_at_its_place(change, path):
    assert problems_of([RULES[2] | change]) == [path]


@pytest.mark.parametrize("document", [None, {}, "rules", 5], ids=str)
def test_rules_are_a_list(document):
    assert problems_of(document) == [""]


def test_all_problems_of_all_rules_are_found_at_once():
    broken = {"id": "dear", "conditions": {"any": []}, "actions": [{"name": "send_to", "params": {"to": 1}}]}
    assert problems_of([RULES[1], broken, "x"]) == [
        "1/id",
        "1/conditions/any",
        "1/actions/0/params/to",
        "1/actions/0/params/department",
        "2",
    ]


def test_actions_can_be_checked_alone():
    assert compile_actions([{"name": "close"}], SHOP) == ({"name": "close", "params": {}},)
    with pytest.raises(RuleErrors, match="0/params/department"):
        compile_actions([{"name": "send_to", "params": {}}], SHOP)


def test_a_parameter_with_a_default_may_be_left_out():
    [action] = compile_actions([{"name": "add_note", "params": {"text": "x", "author": ""}}], SHOP)
    assert action["params"] == {"text": "x"}


def test_without_actions_in_the_vocabulary_none_can_be_named():
    assert problems_of([RULES[2]], Vocabulary.of(ShopVariables)) == ["0/actions/0/name"]

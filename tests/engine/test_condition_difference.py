"""What changed between two conditions, said comparison by comparison."""

import pytest
from business_rules.variables import BaseVariables
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import Vocabulary, compile_condition, compile_ruleset
from rules.engine.difference import condition_differences, renamed, rule_differences
from rules.engine.sentences import action_sentence
from rules.engine.tree import leaves

from .generated import facts, fields, trees
from .shop import SHOP


def amount(value, operator="greater_than"):
    return {"name": "amount", "operator": operator, "value": value}


PAID = {"name": "paid", "operator": "is_true"}
VIP = {"name": "tags", "operator": "contains_all", "value": ["vip"]}


def words(*entries):
    return {"name": "comment", "operator": "contains_any_of", "value": list(entries)}


def said(before, after, language):
    old, new = (compile_condition(tree, SHOP).tree for tree in (before, after))
    return [difference.sentence(language) for difference in condition_differences(old, new)]


# before, after, en, zh
CASES = {
    "a value": (
        {"all": [PAID, amount(1000)]},
        {"all": [PAID, amount(5000)]},
        ["condition 2: amount is more than 1,000 became amount is more than 5,000"],
        ["条件 2：“金额大于 1,000”改为“金额大于 5,000”"],
    ),
    "an operator": (
        amount(5),
        amount(5, "less_than"),
        ["condition 1: amount is more than 5 became amount is less than 5"],
        ["条件 1：“金额大于 5”改为“金额小于 5”"],
    ),
    "words of a list": (
        words("变质", "奶茶"),
        words("变质", "珍珠", "芋圆"),
        ["condition 1, comment contains any of …: added: 珍珠, 芋圆; removed: 奶茶"],
        ["条件 1（评论包含…中的任意一个）：新增：珍珠、芋圆；删除：奶茶"],
    ),
    "the order of a list": (
        words("变质", "奶茶"),
        words("奶茶", "变质"),
        ["condition 1, comment contains any of …: the same list in another order"],
        ["条件 1（评论包含…中的任意一个）：列表内容相同，仅顺序不同"],
    ),
    "one more": (
        PAID,
        {"all": [PAID, amount(5)]},
        ["condition 2 added: amount is more than 5"],
        ["新增条件 2：金额大于 5"],
    ),
    "an alternative": (
        {"all": [PAID, amount(5)]},
        {"all": [{"any": [PAID, VIP]}, amount(5)]},
        ["condition 2 added: tags includes all of VIP (of conditions 1 to 2, one is enough)"],
        ["新增条件 2：标签同时包含贵宾（条件 1 至 2：成立任一项即可）"],
    ),
    "one less": (
        {"all": [PAID, amount(5)]},
        PAID,
        ["condition 2 removed: amount is more than 5"],
        ["删除原条件 2：金额大于 5"],
    ),
    "always": (
        {"all": []},
        {"any": [PAID, amount(5)]},
        [
            "condition 1 added: paid is yes (of conditions 1 to 2, one is enough)",
            "condition 2 added: amount is more than 5 (of conditions 1 to 2, one is enough)",
        ],
        None,
    ),
    "all to any": (
        {"all": [PAID, amount(5)]},
        {"any": [PAID, amount(5)]},
        ["conditions 1 to 2: all must hold became one is enough"],
        ["条件 1 至 2：“须全部成立”改为“成立任一项即可”"],
    ),
    "the contrary": (
        PAID,
        {"none": [PAID]},
        ["condition 1: all must hold became none may hold"],
        None,
    ),
    "put inside another group": (
        {"all": [PAID, amount(5)]},
        {"any": [{"all": [PAID, amount(7)]}, VIP]},
        [
            "condition 2: amount is more than 5 became amount is more than 7",
            "condition 3 added: tags includes all of VIP (of conditions 1 to 3, one is enough)",
        ],
        None,
    ),
    "another order": (
        {"all": [PAID, amount(5)]},
        {"all": [amount(5), PAID]},
        ["conditions 1 to 2: the same in another order"],
        ["条件 1 至 2：内容相同，仅顺序不同"],
    ),
    "another question": (
        PAID,
        amount(5),
        ["condition 1 removed: paid is yes", "condition 1 added: amount is more than 5"],
        None,
    ),
    "two thresholds of one variable": (
        {"all": [amount(1), amount(9, "less_than")]},
        {"all": [amount(9, "less_than"), amount(2)]},
        [
            "condition 2: amount is more than 1 became amount is more than 2",
            "conditions 1 to 2: the same in another order",
        ],
        None,
    ),
    "a group of one says what its child says": ({"any": [PAID]}, {"all": [{"all": [PAID]}]}, [], []),
    "5 and 5.00": (amount(5), amount(5.00), [], []),
}


@pytest.mark.parametrize("name", CASES)
def test_each_change_of_a_condition_is_named(name):
    before, after, en, zh = CASES[name]
    assert said(before, after, "en") == en
    if zh is not None:
        assert said(before, after, "zh-hans") == zh


@st.composite
def pairs(draw):
    specs = draw(fields())
    return specs, draw(trees(specs)), draw(trees(specs)), draw(facts(specs))


@given(pairs())
@settings(max_examples=150, deadline=None)
def test_every_difference_named_exists_and_none_means_the_same(situation):
    specs, before, after, known = situation
    vocabulary = Vocabulary.of(BaseVariables).extended(fields=specs)
    old, new = compile_condition(before, vocabulary), compile_condition(after, vocabulary)
    found = condition_differences(old.tree, new.tree)
    sides = {id(leaf) for tree in (old.tree, new.tree) for leaf in leaves(tree)}
    for difference in found:
        for part in (difference.before, difference.after):
            assert part is None or {id(leaf) for leaf in leaves(part)} <= sides
        assert 1 <= difference.first <= difference.last
        assert difference.sentence("zh-hans")
        assert difference.sentence("en")
    if not found:
        assert old.holds(known) == new.holds(known)


@given(pairs())
@settings(max_examples=80, deadline=None)
def test_a_condition_does_not_differ_from_itself(situation):
    specs, tree, _other, _known = situation
    vocabulary = Vocabulary.of(BaseVariables).extended(fields=specs)
    first, second = compile_condition(tree, vocabulary), compile_condition(tree, vocabulary)
    assert condition_differences(first.tree, second.tree) == []


def rule(conditions, *actions):
    return compile_ruleset([{"id": 1, "conditions": conditions, "actions": list(actions)}], SHOP).rules[0]


def urgency(level):
    return {"name": "set_urgency", "params": {"level": level}}


SEND = {"name": "send_to", "params": {"department": "quality"}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([SEND], [SEND], []),
        ([SEND], [urgency(1), SEND], ["action added: set urgency (level: 1)"]),
        ([urgency(1)], [], ["action removed: set urgency (level: 1)"]),
        ([urgency(1)], [urgency(2)], ["action: set urgency (level: 1) became set urgency (level: 2)"]),
        ([SEND, urgency(1)], [urgency(1), SEND], ["the same actions in another order"]),
        ([urgency(1), urgency(2)], [urgency(2)], ["action removed: set urgency (level: 1)"]),
    ],
)
def test_actions_are_compared_one_by_one(before, after, expected):
    old, new = rule(PAID, *before), rule(PAID, *after)
    say = lambda action: action_sentence(action, "en", SHOP)  # noqa: E731
    assert list(rule_differences(old, new, "en", say_before=say, say_after=say)) == expected


def test_a_rule_with_another_name_and_the_same_content_was_renamed():
    assert renamed({"a": 1, "b": 2, "c": 2}, {"a": 9, "d": 2, "e": 3}) == {"b": "d"}

import json
from datetime import date
from decimal import Decimal

import pytest

from rules.engine import compile_condition

from .shop import SHOP, leaf

BIG = leaf("amount", "greater_than", 100)
BEIJING = leaf("city", "contains", "beijing")
SPOILED = leaf("comment", "contains_any_of", ["变质", "异物", "头发"])


def explained(document, facts):
    return compile_condition(document, SHOP).explain(facts)


@pytest.mark.parametrize(
    ("document", "facts", "english", "chinese"),
    [
        (BIG, {"amount": 120}, "amount is more than 100 (actual: 120)", "金额大于 100（实际：120）"),
        (BIG, {"amount": 80}, "amount is more than 100 (actual: 80)", "金额大于 100（实际：80）"),
        (
            BIG,
            {"amount": Decimal("1200.50")},
            "amount is more than 100 (actual: 1,200.50)",
            "金额大于 100（实际：1,200.50）",
        ),
        (BIG, {"amount": 0.1}, "amount is more than 100 (actual: 0.1)", "金额大于 100（实际：0.1）"),
        (BIG, {}, "amount is more than 100 (no value)", "金额大于 100（没有值）"),
        (
            BIG,
            {"amount": "120"},
            "amount is more than 100 (actual: “120”, not a number)",
            "金额大于 100（实际：“120”，不是数字）",
        ),
        (BEIJING, {"city": "SHANGHAI"}, "city is Beijing (actual: Shanghai)", "城市是北京（实际：上海）"),
        (BEIJING, {"city": []}, "city is Beijing (actual: empty)", "城市是北京（实际：空）"),
        (
            SPOILED,
            {"comment": "有异物和头发"},
            "comment contains any of “变质”, “异物”, “头发” (found: “异物”, “头发”)",
            "评论包含“变质”、“异物”、“头发”中的任意一个（命中：“异物”、“头发”）",
        ),
        (
            leaf("tags", "contains_all", ["vip"]),
            {"tags": {"new", "vip"}},
            "tags includes all of VIP (actual: new, VIP)",
            "标签同时包含贵宾（实际：新客、贵宾）",
        ),
        (
            leaf("birthday", "after", "2000-01-01"),
            {"birthday": date(2001, 2, 3)},
            "birthday is after 2000-01-01 (actual: 2001-02-03)",
            "生日晚于 2000-01-01（实际：2001-02-03）",
        ),
        (leaf("paid", "is_true"), {"paid": False}, "paid is yes (actual: no)", "已付款为“是”（实际：否）"),
        (
            leaf("comment", "equal_to", "x"),
            {"comment": ""},
            "comment is “x” (actual: empty)",
            "评论是“x”（实际：空）",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_comparison_is_shown_beside_the_value_it_met(document, facts, english, chinese):
    explanation = explained(document, facts)
    assert explanation.sentence("en") == english
    assert explanation.sentence("zh-hans") == chinese


def test_a_long_text_is_cut():
    said = explained(leaf("comment", "contains", "x"), {"comment": "很" * 5_000}).sentence("zh-hans")
    assert said == f"评论包含“x”（实际：“{'很' * 80}…”）"


def test_all_comparisons_are_explained_also_those_that_evaluating_skips():
    explanation = explained({"all": [BIG, {"none": [BEIJING]}, SPOILED]}, {"amount": 5})
    assert [child.held for child in explanation.children] == [False, True, False]
    assert explanation.children[1].children[0].missing
    assert explanation.sentence("en") == (
        "amount is more than 100 (actual: 5) and not (city is Beijing (no value)) and "
        "comment contains any of “变质”, “异物”, “头发” (no value)"
    )


@pytest.mark.parametrize(
    ("document", "facts", "english"),
    [
        (
            {"all": [BIG, BEIJING]},
            {"amount": 120, "city": "beijing"},
            "amount is more than 100 (actual: 120); city is Beijing (actual: Beijing)",
        ),
        ({"all": [BIG, BEIJING]}, {"amount": 120}, "city is Beijing (no value)"),
        ({"any": [BIG, BEIJING]}, {"amount": 120}, "amount is more than 100 (actual: 120)"),
        (
            {"any": [BIG, BEIJING]},
            {"amount": 20},
            "amount is more than 100 (actual: 20); city is Beijing (no value)",
        ),
        ({"none": [BIG, BEIJING]}, {"amount": 120}, "amount is more than 100 (actual: 120)"),
        (
            {"none": [BIG, BEIJING]},
            {"amount": 20},
            "amount is more than 100 (actual: 20); city is Beijing (no value)",
        ),
    ],
    ids=str,
)
def test_because_names_only_what_settled_it(document, facts, english):
    assert explained(document, facts).because("en") == english


def test_an_explanation_is_plain_json_for_pages_and_the_log():
    shown = explained({"any": [BIG, {"none": [BEIJING]}]}, {"amount": 120}).as_json("zh-hans")
    assert json.loads(json.dumps(shown)) == shown
    assert shown["kind"] == "any"
    assert shown["heading"] == "以下至少一项成立"
    assert shown["held"] is True
    assert shown["children"][0] == {
        "kind": "leaf",
        "held": True,
        "sentence": "金额大于 100（实际：120）",
        "name": "amount",
        "operator": "greater_than",
        "actual": "120",
        "missing": False,
        "wrong": None,
        "children": [],
    }
    assert shown["children"][1]["children"][0]["missing"] is True
    assert shown["children"][1]["children"][0]["actual"] is None

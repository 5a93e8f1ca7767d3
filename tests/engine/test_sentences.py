from decimal import Decimal

import pytest

from rules.engine import action_sentence, compile_condition

from .cases import CASES
from .shop import SHOP, leaf

BIG = leaf("amount", "greater_than", 1000)
BEIJING = leaf("city", "contains", "beijing")
SHANGHAI = leaf("city", "contains", "shanghai")


@pytest.mark.parametrize(
    ("document", "english", "chinese"),
    [
        (
            {"all": [BIG, {"any": [BEIJING, SHANGHAI]}]},
            "amount is more than 1,000 and (city is Beijing or city is Shanghai)",
            "金额大于 1,000，并且（城市是北京，或者城市是上海）",
        ),
        (
            {"none": [BEIJING, {"all": [BIG, SHANGHAI]}]},
            "not (city is Beijing or (amount is more than 1,000 and city is Shanghai))",
            "不满足（城市是北京，或者（金额大于 1,000，并且城市是上海））",
        ),
        ({"all": [{"any": [{"all": [BIG]}]}]}, "amount is more than 1,000", "金额大于 1,000"),
        (
            {"any": [{"all": [{"any": [BIG, BEIJING]}]}, SHANGHAI]},
            "(amount is more than 1,000 or city is Beijing) or city is Shanghai",
            "（金额大于 1,000，或者城市是北京），或者城市是上海",
        ),
        (
            leaf("comment", "contains_any_of", ["变质", "KFC"]),
            "comment contains any of “变质”, “KFC”",
            "评论包含“变质”、“KFC”中的任意一个",
        ),
        (
            leaf("city", "one_of", ["beijing", "shanghai"]),
            "city is one of Beijing, Shanghai",
            "城市是北京、上海之一",
        ),
        (leaf("tags", "contains_all", []), "tags includes all of nothing", "标签同时包含空"),
        (leaf("amount", "between", [-1, 2.5]), "amount is between -1 and 2.5", "金额在 -1 到 2.5 之间"),
        (leaf("paid", "is_false"), "paid is no", "已付款为“否”"),
        (
            leaf("birthday", "on_or_after", "2000-01-31"),
            "birthday is not before 2000-01-31",
            "生日不早于 2000-01-31",
        ),
        (
            leaf("ordered_at", "before", "2026-03-01T09:00:00+08:00"),
            "order time is before 2026-03-01 09:00+08:00",
            "下单时间早于 2026-03-01 09:00+08:00",
        ),
        (
            leaf("tags", "contains_all", ["vip", "NEW"]),
            "tags includes all of VIP, new",
            "标签同时包含贵宾、新客",
        ),
        (
            leaf("amount", "equal_to", Decimal("1E+39")),
            "amount equals 1" + ",000" * 13,
            "金额等于 1" + ",000" * 13,
        ),
        (leaf("amount", "equal_to", 1e-300), "amount equals 1E-300", "金额等于 1E-300"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_condition_reads_naturally_in_both_languages(document, english, chinese):
    condition = compile_condition(document, SHOP)
    assert condition.sentence("en") == english
    assert condition.sentence("zh-hans") == chinese


@pytest.mark.parametrize(("name", "operator", "value"), [case[:3] for case in CASES], ids=str)
def test_every_comparison_has_a_sentence_without_holes(name, operator, value):
    condition = compile_condition(leaf(name, operator, value), SHOP)
    for language in ("en", "zh-hans"):
        sentence = condition.sentence(language)
        assert SHOP.variables[name].label.say(language) in sentence
        assert "{" not in sentence


@pytest.mark.parametrize(
    ("action", "english", "chinese"),
    [
        ({"name": "send_to", "params": {"department": "quality"}}, "send to Quality", "派给品质部"),
        (
            {"name": "set_urgency", "params": {"level": 3}},
            "set urgency (level: 3)",
            "设置紧急程度（级别：3）",
        ),
        (
            {"name": "add_note", "params": {"text": "看看 {author}", "author": "Li"}},
            "add a note (text: “看看 {author}”, author: “Li”)",
            "添加备注（内容：“看看 {author}”，署名：“Li”）",
        ),
        ({"name": "close", "params": {}}, "close", "关闭"),
        ({"name": "close"}, "close", "关闭"),
        ({"name": "gone", "params": {"x": 1}}, "gone", "gone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_action_reads_naturally_in_both_languages(action, english, chinese):
    assert action_sentence(action, "en", SHOP) == english
    assert action_sentence(action, "zh-hans", SHOP) == chinese


def test_an_action_to_choose_shows_an_ellipsis_for_what_is_still_to_be_filled_in():
    assert SHOP.actions["send_to"].title.say("zh-hans") == "派给…"
    assert SHOP.actions["send_to"].title.say("en") == "send to …"

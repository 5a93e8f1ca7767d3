import json

import pytest
from business_rules.actions import BaseActions, rule_action
from business_rules.operators import BaseType
from business_rules.variables import BaseVariables, rule_variable, select_rule_variable

from rules.engine import Option, RuleErrors, Vocabulary, Words, compile_actions, compile_condition

from .shop import SHOP, leaf


def test_only_decorated_names_are_in_a_vocabulary():
    assert {"amount", "comment", "paid", "city", "tags", "birthday", "ordered_at"} <= set(SHOP.variables)
    assert "secret" not in SHOP.variables
    assert set(SHOP.actions) == {"send_to", "set_urgency", "add_note", "close"}


def test_options_may_be_written_as_mappings_pairs_or_names():
    class Variables(BaseVariables):
        @select_rule_variable(options=[{"name": "a", "label": "A"}, ("b", "B"), "c", {"name": 4}])
        def grade(self): ...

    [grade] = Vocabulary.of(Variables).variables.values()
    assert grade.options == (
        Option("a", Words(en="A", zh="A")),
        Option("b", Words(en="B", zh="B")),
        Option("c", Words(en="c", zh="c")),
        Option(4, Words(en="4", zh="4")),
    )
    assert grade.label == "Grade"


def test_fields_described_as_data_extend_a_copy():
    extended = SHOP.extended(
        [
            {"name": "form.floor", "label": {"en": "floor", "zh": "楼层"}, "type": "numeric"},
            {
                "name": "form.kind",
                "label": "kind",
                "type": "select",
                "options": [{"name": "a", "label": "A"}],
            },
        ]
    )
    assert compile_condition(leaf("form.floor", "less_than", 3), extended).sentence("zh") == "楼层小于 3"
    assert compile_condition(leaf("form.kind", "contains", "a"), extended).sentence("en") == "kind is A"
    assert "form.floor" not in SHOP.variables
    assert extended.actions == SHOP.actions


def test_options_known_only_later_can_be_put_in():
    extended = SHOP.extended(
        options={"city": [("paris", "Paris")], "send_to.department": [("kitchen", "Kitchen")]}
    )
    compile_condition(leaf("city", "contains", "paris"), extended)
    compile_actions([{"name": "send_to", "params": {"department": "kitchen"}}], extended)
    with pytest.raises(RuleErrors):
        compile_actions([{"name": "send_to", "params": {"department": "quality"}}], extended)


def test_without_options_any_choice_will_do():
    extended = SHOP.extended(options={"city": []})
    assert compile_condition(leaf("city", "contains", "Paris"), extended).holds({"city": "paris"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fields": [{"name": "amount", "type": "numeric"}]}, "there already: amount"),
        ({"fields": [{"name": "x", "type": "string"}] * 2}, "there already: x"),
        ({"fields": [{"name": "x", "type": "colour"}]}, "unknown type 'colour'"),
        ({"fields": [{"name": "", "type": "string"}]}, "needs a name"),
        ({"fields": [{"name": "x" * 201, "type": "string"}]}, "needs a name"),
        ({"options": {"nowhere": []}}, "not there: nowhere"),
    ],
    ids=str,
)
def test_a_programmer_who_extends_it_wrongly_is_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        SHOP.extended(**arguments)


def test_a_type_nobody_can_compare_is_refused():
    class Colour(BaseType):
        name = "colour"

    class Variables(BaseVariables):
        @rule_variable(Colour)
        def colour(self): ...

    with pytest.raises(ValueError, match="unknown type 'colour'"):
        Vocabulary.of(Variables)


def test_parameters_given_as_a_plain_mapping_get_a_label():
    class Actions(BaseActions):
        @rule_action(params={"how_much": "numeric"})
        def give(self, how_much): ...

    vocabulary = Vocabulary.of(None, Actions)
    assert vocabulary.actions["give"].params[0].label == "How Much"
    assert compile_actions([{"name": "give", "params": {"how_much": 2}}], vocabulary)


def test_the_editor_gets_everything_in_one_language():
    shown = SHOP.as_json("zh-hans")
    assert json.loads(json.dumps(shown)) == shown
    city = next(row for row in shown["variables"] if row["name"] == "city")
    assert city == {
        "name": "city",
        "label": "城市",
        "type": "select",
        "options": [{"name": "beijing", "label": "北京"}, {"name": "shanghai", "label": "上海"}],
    }
    assert {
        "name": "greater_than",
        "label": "大于",
        "input": "number",
        "takesVariable": True,
    } in shown["operators"]["numeric"]
    assert {
        "name": "contains_any_of",
        "label": "包含任意一个",
        "input": "words",
        "takesVariable": False,
    } in shown["operators"]["string"]
    send = next(row for row in shown["actions"] if row["name"] == "send_to")
    assert send == {
        "name": "send_to",
        "label": "派给…",
        "params": [
            {
                "name": "department",
                "label": "部门",
                "type": "select",
                "options": [{"name": "quality", "label": "品质部"}, {"name": "care", "label": "客服部"}],
                "required": True,
            }
        ],
    }
    assert set(shown["operators"]) == {row["type"] for row in shown["variables"]}
    assert SHOP.as_json("en")["variables"][0]["label"] == "amount"

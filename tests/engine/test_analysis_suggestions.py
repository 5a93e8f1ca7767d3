"""Facts worth a test: at each boundary once, and in each gap."""

from rules.engine import compile_ruleset, compile_table
from rules.engine.analysis import analyse_table, boundary_facts
from tests.engine.shop import SHOP, leaf


def test_a_table_is_tried_at_each_of_its_limits_and_in_each_gap():
    table = compile_table(
        {
            "hit_policy": "UNIQUE",
            "inputs": [
                {"name": "amount", "type": "number", "label": {"en": "amount", "zh": "金额"}},
                {"name": "vip", "type": "boolean", "label": {"en": "VIP", "zh": "贵宾"}},
            ],
            "outputs": [{"name": "level", "type": "string"}],
            "rules": [
                {"when": ["<100", "true"], "then": ['"A"']},
                {"when": ["[100..500]", "-"], "then": ['"B"']},
            ],
        }
    )
    found = boundary_facts(table)
    assert [(suggestion.facts, suggestion.sentence) for suggestion in found[:3]] == [
        ({"amount": 100, "vip": True}, "amount exactly at 100, a limit of row 1"),
        ({"amount": 99, "vip": True}, "VIP is yes, which row 1 names"),
        ({"amount": 500, "vip": False}, "amount exactly at 500, a limit of row 2"),
    ]
    assert found[0].sentence.zh == "金额恰好为 100，是第 1 行的界限"
    gaps = [finding for finding in analyse_table(table).findings if finding.kind == "gap"]
    assert [suggestion.facts for suggestion in found[3:]] == [gap.example for gap in gaps]
    assert all(table.decide(suggestion.facts).nothing for suggestion in found[3:])


def test_a_rule_set_is_tried_at_each_of_its_limits():
    rules = compile_ruleset(
        [
            {
                "id": 1,
                "conditions": {
                    "all": [leaf("amount", "greater_than", 100), leaf("city", "contains", "beijing")]
                },
                "actions": [],
            },
            {
                "id": 2,
                "conditions": {
                    "any": [
                        leaf("comment", "contains", "late"),
                        leaf("tags", "contains_all", ["vip"]),
                        leaf("amount", "less_than_or_equal_to", 100),
                    ]
                },
                "actions": [],
            },
        ],
        SHOP,
    )
    assert [(suggestion.facts, suggestion.sentence) for suggestion in boundary_facts(rules)] == [
        ({"amount": 100, "city": "beijing"}, "amount exactly at 100, a limit of rule 1"),
        ({"amount": 101, "city": "beijing"}, "city is Beijing, which rule 1 names"),
        ({"comment": "late"}, "comment is “late”, which rule 2 names"),
        ({"tags": ["vip"]}, "tags is VIP, which rule 2 names"),
    ]

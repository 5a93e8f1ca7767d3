"""business-rules' own evaluator, slow and independent, must agree with the engine on their common ground."""

import json

import business_rules.operators
from business_rules.engine import check_conditions_recursively
from business_rules.operators import BooleanType
from business_rules.variables import BaseVariables, rule_variable
from hypothesis import given, settings

from rules.engine import (
    Vocabulary,
    compile_condition,
    compile_ruleset,
    facts_as_json,
    facts_from_json,
    resolved,
)

from .generated import situations

TYPE_CLASSES = {
    declared.name: declared
    for declared in vars(business_rules.operators).values()
    if getattr(declared, "export_in_rule_data", False)
}


def oracle(tree, specs, facts):
    """business-rules' verdict. `none` and missing facts, which it lacks, become boolean variables."""
    answers = {}
    vocabulary = Vocabulary.of().extended(specs)

    def answer(*, type_class, value, name):
        method = lambda self: value  # noqa: E731
        method.__name__ = name
        answers[name] = rule_variable(type_class)(method)

    for spec in specs:
        if facts.get(spec["name"]) is not None:
            # A bare text would be compared letter by letter.
            value = [facts[spec["name"]]] if spec["type"] == "select" else facts[spec["name"]]
            answer(type_class=TYPE_CLASSES[spec["type"]], value=value, name=spec["name"])

    def known(value):
        name = f"known_{len(answers)}"
        answer(type_class=BooleanType, value=value, name=name)
        return {"name": name, "operator": "is_true", "value": True}

    def decide(translated):
        return bool(check_conditions_recursively(translated, type("Variables", (BaseVariables,), answers)()))

    def translate(node):
        if "none" in node:
            return known(not decide({"any": [translate(child) for child in node["none"]]}))
        for kind in ("all", "any"):
            if kind in node:
                return {kind: [translate(child) for child in node[kind]]}
        if node["name"] not in answers:
            return known(False)
        try:
            return resolved(node, vocabulary, facts)
        except KeyError:
            return known(False)

    return decide(translate(tree))


@settings(max_examples=400, deadline=None)
@given(situations())
def test_business_rules_the_predicate_and_the_explanation_agree(situation):
    specs, tree, facts = situation
    condition = compile_condition(tree, Vocabulary.of().extended(specs))
    expected = oracle(tree, specs, facts)
    assert condition.holds(facts) is expected
    assert condition.explain(facts).held is expected


@settings(max_examples=100, deadline=None)
@given(situations())
def test_a_logged_decision_replays_to_the_same_outcome(situation):
    specs, tree, facts = situation
    ruleset = compile_ruleset([{"id": 1, "conditions": tree, "actions": []}], Vocabulary.of().extended(specs))
    stored = json.loads(json.dumps(facts_as_json(facts)))
    assert ruleset.decide(facts_from_json(stored)).fired == ruleset.decide(facts).fired


@settings(max_examples=100, deadline=None)
@given(situations())
def test_a_reason_names_only_comparisons_that_explain_the_outcome(situation):
    specs, tree, facts = situation
    explanation = compile_condition(tree, Vocabulary.of().extended(specs)).explain(facts)
    assert explanation.decisive
    for language in ("en", "zh-hans"):
        assert explanation.because(language)
        json.dumps(explanation.as_json(language))

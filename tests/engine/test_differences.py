"""Where the engine departs from business-rules on purpose: both sides of each line of rules/README.md."""

import re

import pytest
from business_rules.engine import check_conditions_recursively
from business_rules.operators import BooleanType, NumericType, SelectType, StringType
from business_rules.variables import BaseVariables, rule_variable

from rules.engine import RuleErrors, Vocabulary, compile_condition

from .shop import leaf

KINDS = {"number": NumericType, "text": StringType, "flag": BooleanType, "choice": SelectType}
VOCABULARY = Vocabulary.of().extended(
    [{"name": name, "label": name, "type": kind.name} for name, kind in KINDS.items()]
)
ABORTED = "aborted"


def theirs(document, facts):
    methods = {name: rule_variable(kind)(lambda self, name=name: facts[name]) for name, kind in KINDS.items()}
    variables = type("Variables", (BaseVariables,), methods)()
    try:
        return bool(check_conditions_recursively(document, variables))
    except (AssertionError, KeyError):
        return ABORTED


def ours(document, facts):
    try:
        return compile_condition(document, VOCABULARY).holds(facts)
    except RuleErrors:
        return ABORTED


@pytest.mark.parametrize(
    ("document", "facts", "their_answer", "our_answer"),
    [
        (leaf("number", "greater_than", 0.9999995), {"number": 1}, False, True),
        (leaf("number", "equal_to", 1), {"number": 1.0000001}, True, False),
        (leaf("number", "equal_to", 1), {"number": True}, True, False),
        (leaf("choice", "contains", 1), {"choice": [True]}, True, False),
        (leaf("number", "equal_to", 1), {"number": None}, ABORTED, False),
        (leaf("number", "equal_to", 1), {}, ABORTED, False),
        (leaf("text", "equal_to", ""), {"text": None}, True, False),
        (leaf("text", "equal_to", ""), {"text": 0}, True, False),
        (leaf("text", "equal_to", ""), {"text": False}, True, False),
        (leaf("text", "equal_to", ""), {"text": []}, True, False),
        (leaf("number", "equal_to", 1), {"number": "1"}, ABORTED, False),
        (leaf("choice", "contains", "a"), {"choice": "abc"}, True, False),
        (leaf("choice", "contains", "abc"), {"choice": "abc"}, False, True),
        ({"none": [leaf("flag", "is_true")]}, {"flag": False}, ABORTED, True),
        ({"all": []}, {}, ABORTED, True),
        ({"any": []}, {}, ABORTED, ABORTED),
        ({"name": "flag", "operator": "is_true"}, {"flag": True}, ABORTED, True),
        (leaf("flag", "is_true") | {"note": 1}, {"flag": True}, True, ABORTED),
    ],
    ids=str,
)
def test_an_answer_that_differs(document, facts, their_answer, our_answer):
    assert theirs(document, facts) == their_answer
    assert ours(document, facts) == our_answer


def test_a_document_cannot_call_what_is_not_declared():
    called = []

    class Variables(BaseVariables):
        def delete_everything(self):
            called.append(1)

        delete_everything.field_type = staticmethod(BooleanType)

    document = leaf("delete_everything", "is_true")
    with pytest.raises(AssertionError):
        check_conditions_recursively(document, Variables())
    assert called  # by business-rules, before it noticed
    with pytest.raises(RuleErrors):
        compile_condition(document, Vocabulary.of(Variables))


@pytest.mark.parametrize(
    ("pattern", "text", "python", "here"),
    [
        (r"\d", "٣", True, False),
        (r"\w", "变", True, False),
        (r"a$", "a\n", True, False),
        (r"a|b", "b", True, True),
    ],
)
def test_patterns_are_re2_not_python(pattern, text, python, here):
    assert bool(re.search(pattern, text)) is python
    assert ours(leaf("text", "matches_regex", pattern), {"text": text}) is here

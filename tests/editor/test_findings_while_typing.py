"""What the analysis finds in rules that are being typed, and have not been saved."""

import json

import pytest
from django.urls import reverse

from rules.editor.findings import findings_of
from rules.editor.rulesets import ANALYSED_RULES
from rules.editor.widgets import token_for
from rules.store.actions import save_draft
from rules.store.models import RuleSet
from rules.store.models.ruleset import Rule

pytestmark = pytest.mark.django_db


def rule(operator, value, level="red"):
    return {
        "conditions": {"all": [{"name": "text_length", "operator": operator, "value": value}]},
        "actions": [{"name": "set_urgency", "params": {"level": level}}],
    }


LONG, LONGER, SHORT = (
    rule("greater_than", 100),
    rule("greater_than", 500),
    rule("less_than", 10),
)
IMPOSSIBLE = {
    **rule("greater_than", 100),
    "conditions": {
        "all": [
            {"name": "text_length", "operator": "greater_than", "value": 100},
            {"name": "text_length", "operator": "less_than", "value": 50},
        ]
    },
}
HALF_TYPED = rule("greater_than", "")


def send_to(department):
    return [{"name": "send_to_department", "params": {"department": department}}]


@pytest.fixture
def record(designer):
    draft = RuleSet(name="Where to", slug="where-to", purpose="tickets.routing")
    draft.rules = [Rule(name="one", condition=LONG["conditions"], actions=LONG["actions"])]
    save_draft(record=draft, by=designer)
    return draft


@pytest.fixture
def ask(client_of, designer, record):
    client = client_of(designer)

    def post(*rules):
        body = json.dumps({"token": token_for(record, "rules"), "document": list(rules)})
        return client.post(reverse("rules_check_rules"), body, content_type="application/json").json()

    return post


def kinds(answer):
    return [(finding["kind"], finding["at"]) for finding in answer["findings"]]


def test_what_is_typed_is_analysed_without_saving(ask, record):
    assert kinds(ask(LONG, SHORT)) == []
    assert kinds(ask(LONG, LONGER)) == [("implied", [1])]
    assert kinds(ask(LONG, LONG)) == [("repeated", [1])]
    assert kinds(ask(IMPOSSIBLE, SHORT)) == [("dead", [0])]
    assert record.rules.count() == 1


def test_a_contradiction_is_told_at_both_rules(ask):
    here, there = ({**one, "actions": send_to(name)} for one, name in ((LONG, "a"), (LONGER, "b")))
    assert kinds(ask(here, there)) == [("contradiction", [1, 0])]


def test_a_rule_that_is_half_typed_does_not_hide_what_is_found_in_others(ask):
    answer = ask(HALF_TYPED, LONG, LONGER)
    assert kinds(answer) == [("implied", [2])]
    assert "3" in answer["findings"][0]["sentence"]


def test_what_is_found_while_typing_is_what_is_found_in_the_saved_draft(ask, record):
    record.rules = [
        Rule(name=str(place), condition=one["conditions"], actions=one["actions"])
        for place, one in enumerate((LONG, LONGER, IMPOSSIBLE))
    ]
    typed = [finding["kind"] for finding in ask(LONG, LONGER, IMPOSSIBLE)["findings"]]
    assert typed == [finding.kind for finding in findings_of(record)]


def test_very_many_rules_are_not_analysed_while_typing_and_it_is_said(ask):
    answer = ask(*[LONG] * (ANALYSED_RULES + 1))
    assert answer["findings"] == []
    assert answer["note"]


@pytest.mark.parametrize("document", [None, 5, [1], {"a": 1}, [{"conditions": 3, "actions": {}}]])
def test_what_is_no_rules_finds_nothing(client_of, designer, record, document):
    body = json.dumps({"token": token_for(record, "rules"), "document": document})
    answer = client_of(designer).post(reverse("rules_check_rules"), body, content_type="application/json")
    assert answer.json()["findings"] == []

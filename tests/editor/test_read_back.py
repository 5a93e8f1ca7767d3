import json

import pytest
from django.urls import reverse
from wagtail.users.models import UserProfile

from rules.editor.widgets import token_for, vocabulary_context
from rules.store.actions import save_draft
from rules.store.models import RuleSet
from tests.store.conftest import make_draft, more_than, sales_purpose  # noqa: F401


@pytest.fixture
def ask(client_of, designer):
    page = client_of(designer)
    draft = make_draft()
    save_draft(record=draft, by=designer)

    def post(document, token=None):
        body = {"token": token or token_for(draft, "rules"), "document": document}
        return page.post(reverse("rules_read_back"), json.dumps(body), content_type="application/json")

    profile = UserProfile.get_for_user(designer)
    profile.preferred_language = "en"
    profile.save()
    return post


def test_a_condition_reads_back_as_a_sentence(ask):
    assert ask(more_than(1000)).json() == {"sentence": "amount is more than 1,000", "problems": []}


def test_actions_read_back_as_a_sentence(ask):
    answer = ask([{"name": "discount", "params": {"percent": 5}}]).json()
    assert answer["sentence"] == "give a discount (percent: 5)"


def test_each_problem_names_its_place(ask):
    tree = {"all": [{"name": "amount", "operator": "greater_than", "value": "many"}]}
    answer = ask(tree).json()
    assert answer["sentence"] == ""
    assert [problem["path"] for problem in answer["problems"]] == ["all/0/value"]


@pytest.mark.parametrize("document", [None, 7, "text", {"all": 3}, [[]], {"all": [{"name": ["x"]}]}])
def test_nonsense_is_answered_with_sentences(ask, document):
    answer = ask(document)
    assert answer.status_code == 200
    assert answer.json()["sentence"] or answer.json()["problems"]


@pytest.mark.parametrize(
    "token", ["", "forged", token_for(RuleSet(), "rules") + "x"], ids=["none", "forged", "changed"]
)
def test_only_vocabularies_a_page_printed_are_answered(ask, token):
    assert ask(more_than(1), token=token or "-").status_code == 400


def test_who_is_not_logged_in_is_not_answered(client):
    assert client.post(reverse("rules_read_back"), "{}", content_type="application/json").status_code == 302


def test_the_page_prints_each_vocabulary_in_the_readers_language(db):
    printed = vocabulary_context(make_draft(), read_only=False, language="zh-hans")
    assert [row["id"] for row in printed] == ["vocabulary-rules"]
    labels = {row["name"]: row["label"] for row in printed[0]["data"]["vocabulary"]["variables"]}
    assert labels["amount"] == "金额"

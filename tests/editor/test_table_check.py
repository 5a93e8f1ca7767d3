"""A decision table is checked, put in words, analysed and tried while it is typed."""

import json

import pytest
from django.urls import reverse
from wagtail.users.models import UserProfile

from rules.editor.widgets import token_for
from rules.store.actions import save_draft
from rules.store.models import RuleSet
from tests.store.table import make_table, orders_purpose  # noqa: F401


@pytest.fixture
def ask(client_of, designer):
    page = client_of(designer)
    record = make_table()
    save_draft(record=record, by=designer)
    profile = UserProfile.get_for_user(designer)
    profile.preferred_language = "en"
    profile.save()

    def post(document=None, facts=None, token=None, language="en"):
        profile.preferred_language = language
        profile.save()
        body = {"token": token or token_for(record, "rules"), "document": document, "facts": facts}
        return page.post(reverse("rules_check_table"), json.dumps(body), content_type="application/json")

    return post


def checked(ask, rows, facts=None, language="en", **table):
    return ask(make_table(rows, **table).table, facts, language=language).json()


def test_every_row_is_a_sentence_in_the_readers_language(ask):
    rows = [("≥100", "金卡", "15%")]
    assert checked(ask, rows)["sentences"] == [
        "When amount is at least 100 and level is “Gold card”: discount is 0.15"
    ]
    assert "金卡" in checked(ask, rows, language="zh-hans")["sentences"][0]


def test_a_wrong_cell_is_told_at_its_place_and_the_other_rows_are_still_read(ask):
    answer = checked(ask, [("about 5", "-", "1"), (">5", "-", "2")])
    assert [(problem["path"], problem["place"]) for problem in answer["problems"]] == [
        ("rules/0/when/0", "Row 1, amount")
    ]
    assert answer["sentences"] == ["", "When amount is more than 5: discount is 2"]
    assert answer["analysis"] is None
    assert answer["analysed"]


def test_a_gap_comes_with_the_cells_of_a_row_that_fills_it(ask):
    rows = [(">= 100", "-", "5"), ("<50", "-", "0"), ("null", "-", "0")]
    answer = checked(ask, rows)
    [gap] = [finding for finding in answer["analysis"]["findings"] if finding["kind"] == "gap"]
    assert gap["example_sentence"]
    filled = checked(ask, [*rows, (*gap["when"], "1")])
    assert filled["problems"] == []
    assert [finding["kind"] for finding in filled["analysis"]["findings"]] == []


def test_a_gap_of_a_choice_is_written_with_its_label(ask):
    rows = [("-", "金卡", "5")]
    [gap] = checked(ask, rows, language="zh-hans")["analysis"]["findings"]
    assert gap["when"] == ["-", "银卡"]


def test_overlapping_rows_are_both_named(ask):
    rows = [("-", "gold", "5"), (">5", "-", "0")]
    findings = checked(ask, rows, hit_policy="UNIQUE")["analysis"]["findings"]
    [overlap] = [finding for finding in findings if finding["kind"] == "overlap"]
    assert overlap["rows"] == [0, 1]
    assert overlap["severity"] == "error"


def test_typed_facts_are_decided_with_reasons(ask):
    answer = checked(ask, None, {"amount": "120", "level": "gold"})
    assert answer["tried"]["hits"] == [0]
    assert answer["tried"]["sentence"] == "discount is 15"
    assert answer["tried"]["reasons"][0]["because"].startswith("amount is at least 100 (actual: 120)")
    assert [ask["name"] for ask in answer["asks"]] == ["amount", "level"]


def test_rows_are_counted_as_the_page_counts_them_also_beside_a_wrong_one(ask):
    answer = checked(ask, [("about 5", "-", "1"), (">5", "-", "2")], {"amount": "9"})
    assert answer["tried"]["hits"] == [1]
    assert answer["tried"]["reasons"][0]["row"] == 1


def test_facts_that_contradict_the_table_are_told(ask):
    rows = [("-", "-", "1"), (">5", "-", "2")]
    answer = checked(ask, rows, {"amount": "9"}, hit_policy="UNIQUE")
    assert "Rows 1, 2 hold at once" in answer["tried"]["sentence"]


@pytest.mark.parametrize(
    "document",
    [None, 7, "text", [], {"rules": 3}, {"rules": [{"when": [{}], "then": None}]}, {"inputs": [{"name": {}}]},
     {"inputs": [{"name": "gone", "type": [], "options": [3], "label": []}], "outputs": [{"values": [{}]}]}],
)  # fmt: skip
def test_nonsense_is_answered_with_sentences(ask, document):
    answer = ask(document)
    assert answer.status_code == 200
    assert answer.json()["problems"]


@pytest.mark.parametrize("facts", [{"amount": {}}, {"amount": "NaN"}, {"level": ["gold"]}, {"strange": 1}])
def test_strange_facts_are_missing_facts(ask, facts):
    assert checked(ask, None, facts)["tried"]["hits"] == []


def test_only_tables_a_page_printed_are_answered(ask):
    assert ask({}, token="forged").status_code == 400


def test_another_kind_of_record_is_refused(ask, db):
    assert ask({}, token=token_for(RuleSet(), "rules")).status_code == 400


def test_a_number_that_may_be_a_list_is_refused_with_both_readings(ask):
    answer = checked(ask, [("1,500", "-", "5")])
    [problem] = answer["problems"]
    assert problem["path"] == "rules/0/when/0"
    assert "“1,500” may mean two things" in problem["sentence"]
    assert "1500" in problem["sentence"]
    assert "1, 500" in problem["sentence"]
    assert checked(ask, [("1, 500", "-", "5")])["problems"] == []
    assert checked(ask, [("1500", "-", "5")])["problems"] == []

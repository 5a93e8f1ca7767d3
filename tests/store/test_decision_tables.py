"""Decision tables as stored records: understood when typed, reviewed in words, replayed by row."""

import pytest
from django.utils import timezone

from rules.store.actions import publish_reviewed_by, save_draft
from rules.store.decisions import log_decision, replay
from rules.store.models import DecisionTable, Version
from rules.store.problems import RecordErrors
from rules.store.runtime import decide_table, live_version
from tests.store.table import in_english, make_table, orders_purpose  # noqa: F401

pytestmark = pytest.mark.django_db


def said(table, language="en"):
    return {line.key: line.text for line in DecisionTable.in_words(table.document(), language)}


def test_what_is_typed_is_stored_as_dmn_has_it(designer):
    table = make_table([("≥100", "金卡", "15%"), ("100-200", "Silver card，gold", "5")])
    save_draft(record=table, by=designer)
    stored = DecisionTable.objects.get().get_latest_revision_as_object().table
    assert [(rule["when"], rule["then"]) for rule in stored["rules"]] == [
        ([">=100", '"gold"'], ["0.15"]),
        (["[100..200]", '"silver", "gold"'], ["5"]),
    ]


def test_it_is_shown_as_its_reader_would_type_it():
    table = make_table([(">=100", '"gold"', "5")])
    assert table.shown("zh-hans")["rules"][0]["when"] == [">=100", "金卡"]
    assert table.shown("en")["rules"][0]["when"] == [">=100", "Gold card"]


def test_each_row_is_a_line_in_the_readers_language():
    assert (
        said(make_table())["rows/r0"]
        == "When amount is at least 100 and level is “Gold card”: discount is 15"
    )
    assert said(make_table(), "zh-hans")["rows/r0"].startswith("当金额大于或等于 100")


def test_a_moved_row_keeps_the_key_by_which_versions_are_compared():
    table = make_table()
    before = said(table)
    table.table["rules"].reverse()
    assert said(table) == before


def test_every_problem_stands_at_its_cell_and_says_where():
    table = make_table([("about 5", "gold", "many"), ("-", "platinum", "")])
    found = {problem.path: str(problem) for problem in table.problems()}
    assert {("table", "rules", "0", "when", "0"), ("table", "rules", "0", "then", "0")} <= set(found)
    assert found["table", "rules", "0", "when", "0"].startswith("Row 1, amount: ")
    assert ("table", "rules", "1", "then", "0") in found


def test_a_text_that_is_none_of_the_choices_is_told_at_its_cell():
    [problem] = make_table([("-", "platinum", "1")]).problems()
    assert problem.path == ("table", "rules", "0", "when", "1")
    assert str(problem) == "Row 1, level: “platinum” is none of the choices of level."


def test_an_empty_table_says_what_it_lacks():
    table = make_table([], inputs=[], outputs=[])
    assert {problem.path for problem in table.problems()} == {
        ("table", "inputs"), ("table", "outputs"), ("table", "rules"),
    }  # fmt: skip


def test_a_variable_that_is_gone_is_told_at_its_column():
    table = make_table([("-", "gold", "1")], inputs=[{"name": "amount"}, {"name": "gone"}])
    assert [problem.path for problem in table.problems()] == [
        ("table", "inputs", "1"),
        ("table", "rules", "0", "when", "1"),
    ]


@pytest.mark.parametrize(
    "nonsense",
    [None, 7, "text", [], {"rules": 3}, {"rules": [None, 3, {"when": "x", "then": [{}]}]}, {"inputs": [[]]},
     {"outputs": [{"name": [], "values": "x", "type": {}}]}, {"hit_policy": []}],
)  # fmt: skip
def test_nonsense_is_a_problem_and_never_a_crash(nonsense):
    table = make_table()
    table.table = nonsense
    assert table.problems()
    assert table.shown("en")
    with pytest.raises(RecordErrors):
        DecisionTable.compile(table.document())


def test_a_live_table_decides_and_its_decision_is_replayed(designer, reviewer):
    publish_reviewed_by(make_table(), author=designer, reviewer=reviewer)
    facts = {"amount": 120, "level": "gold"}
    assert decide_table("discount", facts).outputs == {"discount": 15}
    assert decide_table("nothing-so-called", facts) is None
    version = live_version(DecisionTable, "discount")
    outcome = version.compiled.outcome(facts)
    assert outcome == {"rows": ["r0"], "outputs": {"discount": 15}}
    decision = log_decision(
        version=version, subject="order:1", facts=facts, outcome=outcome, reasons=["r0"], at=timezone.now()
    )
    assert replay(decision) == outcome
    compiled = Version.objects.get().compiled
    assert DecisionTable.outcome_in_words(compiled, outcome, "en") == ["discount is 15"]
    assert DecisionTable.explain(compiled, facts, "en")[1].startswith("Row 1: amount is at least 100")
    assert DecisionTable.facts_in_words(compiled, facts, "en") == [("amount", "120"), ("level", "Gold card")]


def test_rows_that_contradict_each_other_give_no_outcome_and_say_so(designer, reviewer):
    table = make_table([("-", "-", "1"), (">5", "-", "2")], hit_policy="UNIQUE")
    publish_reviewed_by(table, author=designer, reviewer=reviewer)
    compiled = live_version(DecisionTable, "discount").compiled
    outcome = compiled.outcome({"amount": 9})
    assert outcome == {"rows": ["r0", "r1"], "error": "UNIQUE"}
    assert compiled.say_outcome(outcome, "en")
    assert "Rows 1, 2 hold at once" in DecisionTable.explain(compiled, {"amount": 9}, "en")[0]


def test_a_missing_choice_is_no_mistake(designer, reviewer):
    publish_reviewed_by(make_table(), author=designer, reviewer=reviewer)
    assert decide_table("discount", {"amount": 120}).outputs == {"discount": 5}


def test_two_rows_never_share_an_id():
    table = make_table()
    for rule in table.table["rules"]:
        rule["id"] = "same"
    assert len({rule["id"] for rule in table.document()["table"]["rules"]}) == 3

"""Tests stored with a record: part of the draft; they gate the review and going live, and say why."""

from decimal import Decimal

import pytest
from django.utils import timezone, translation

from rules.store.actions import approve, publish_reviewed_by, request_review, save_draft
from rules.store.decisions import log_decision
from rules.store.models import RuleSet, Version
from rules.store.problems import RecordErrors, Refusal
from rules.store.testing import (
    StoredTest,
    accept_outcome,
    decision_as_test,
    keep_tests,
    remove_test,
    run_tests,
    stored_tests,
)
from tests.store.conftest import make_draft

FIVE_PERCENT = {"actions": [{"name": "discount", "params": {"percent": 5}}]}
NOTHING = {"actions": []}


def big_sale(amount=2000, expected=FIVE_PERCENT, name="A big sale", **kwargs):
    return StoredTest.make(name=name, facts={"amount": amount}, expected=expected, **kwargs)


@pytest.fixture
def stored(draft, designer):
    save_draft(record=draft, by=designer)
    return draft


def newest(record):
    return RuleSet.objects.get(pk=record.pk).get_latest_revision_as_object()


def test_a_test_is_kept_with_the_draft_and_its_facts_stay_exact(stored, designer):
    test = StoredTest.make(
        name=" Exact ", facts={"amount": Decimal("1000.10"), "city": None}, expected=NOTHING
    )
    keep_tests(record=stored, tests=[test], by=designer)
    assert stored_tests(stored) == []  # what was read before is as it was
    (kept,) = stored_tests(newest(stored))
    assert (kept.name, kept.facts, kept.expected) == (
        "Exact",
        {"amount": Decimal("1000.10"), "city": None},
        NOTHING,
    )
    assert RuleSet.objects.get().latest_revision.user == designer


def test_a_passing_test_passes_and_a_failing_one_says_what_came_and_why(stored, designer):
    keep_tests(record=stored, tests=[big_sale(), big_sale(800, name="A small one")], by=designer)
    passing, failing = run_tests(newest(stored))
    assert passing.passed
    assert not failing.passed
    (problem,) = newest(stored).problems()
    assert problem.path == ("tests", failing.test.id)
    assert str(problem) == (
        "The test “A small one” fails. Expected: give a discount (percent: 5). Decided: nothing happens. "
        "Why: amount is more than 1,000 (actual: 800)."
    )
    with translation.override("zh-hans"):
        assert str(problem) == (
            "测试“A small one”未通过。预期：给予折扣（百分比：5）。判定：不执行任何动作。"
            "原因：金额大于 1,000（实际：800）。"
        )


def test_a_failing_test_keeps_a_draft_from_review(stored, designer):
    keep_tests(record=stored, tests=[big_sale(800)], by=designer)
    with pytest.raises(RecordErrors, match="“A big sale” fails"):
        request_review(record=stored, by=designer)


def test_a_test_that_fails_only_when_it_goes_live_blocks_that_too(stored, designer, reviewer, monkeypatch):
    keep_tests(record=stored, tests=[big_sale()], by=designer)
    request_review(record=stored, by=designer)
    # As when the words a rule uses come to mean something else meanwhile.
    monkeypatch.setattr(RuleSet, "replay", classmethod(lambda cls, compiled, facts: {"actions": []}))
    with pytest.raises(RecordErrors, match="Decided: nothing happens"):
        approve(record=RuleSet.objects.get(), by=reviewer)
    assert not Version.objects.exists()


def test_an_approval_covers_the_tests(stored, designer):
    before = newest(stored).content_digest
    keep_tests(record=stored, tests=[big_sale()], by=designer)
    with_test = newest(stored).content_digest
    assert with_test != before
    accept_outcome(record=stored, id=stored_tests(newest(stored))[0].id, by=designer)
    assert newest(stored).content_digest == with_test
    remove_test(record=stored, id=stored_tests(newest(stored))[0].id, by=designer)
    assert newest(stored).content_digest == before


def test_tests_are_not_part_of_what_a_version_decides(stored, designer, reviewer):
    keep_tests(record=stored, tests=[big_sale()], by=designer)
    version = publish_reviewed_by(newest(stored), author=designer, reviewer=reviewer)
    assert "tests" not in version.document
    assert len(stored_tests(RuleSet.objects.get())) == 1


def test_who_writes_a_test_is_an_author(stored, reviewer, designer):
    keep_tests(record=stored, tests=[big_sale()], by=reviewer)
    request_review(record=stored, by=designer)
    with pytest.raises(Refusal, match="You wrote part of this draft"):
        approve(record=RuleSet.objects.get(), by=reviewer)


def test_nobody_changes_tests_during_a_review(stored, designer):
    request_review(record=stored, by=designer)
    with pytest.raises(Refusal, match="in review"):
        keep_tests(record=stored, tests=[big_sale()], by=designer)
    assert stored_tests(newest(stored)) == []


def test_accepting_what_it_decides_mends_a_failing_test(stored, designer):
    keep_tests(record=stored, tests=[big_sale(800)], by=designer)
    (test,) = stored_tests(newest(stored))
    accept_outcome(record=stored, id=test.id, by=designer)
    assert newest(stored).problems() == []
    assert stored_tests(newest(stored))[0].expected == NOTHING


def test_a_copy_has_the_tests_too(stored, designer):
    keep_tests(record=stored, tests=[big_sale()], by=designer)
    assert [test.name for test in stored_tests(stored.copy_as_draft())] == []
    assert [test.name for test in stored_tests(RuleSet.objects.get().copy_as_draft())] == ["A big sale"]


def test_a_test_with_the_same_id_takes_the_place_of_the_other(stored, designer):
    keep_tests(record=stored, tests=[big_sale(id="1"), big_sale(id="2", name="Second")], by=designer)
    keep_tests(record=stored, tests=[big_sale(3000, id="1", name="Renamed")], by=designer)
    assert [(test.id, test.name) for test in stored_tests(newest(stored))] == [
        ("1", "Renamed"),
        ("2", "Second"),
    ]


@pytest.mark.parametrize(
    ("test", "sentence"),
    [(big_sale(name=" "), "Give the test a name"), (big_sale(expected=None), "cannot be decided")],
)
def test_what_is_no_test_is_refused(stored, designer, test, sentence):
    with pytest.raises(Refusal, match=sentence):
        keep_tests(record=stored, tests=[test], by=designer)


def test_a_logged_decision_becomes_a_test(draft, designer, reviewer):
    version = publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    outcome = RuleSet.replay(version.compiled, {"amount": 2000})
    decision = log_decision(
        version=version, subject="order:7", facts={"amount": 2000}, outcome=outcome, at=timezone.now()
    )
    test = decision_as_test(decision, name="Order 7")
    assert (test.facts, test.expected) == ({"amount": 2000}, FIVE_PERCENT)
    keep_tests(record=version.record, tests=[test], by=designer)
    assert all(result.passed for result in run_tests(newest(version.record)))


def test_moving_and_renaming_rules_breaks_no_test(stored, designer):
    keep_tests(record=stored, tests=[big_sale()], by=designer)
    record = newest(stored)
    (rule,) = record.rules.all()
    rule.name = "Renamed"
    small = make_draft(slug="x", threshold=10_000_000).rules.all()[0]
    small.sort_order, rule.sort_order = 0, 1
    record.rules = [small, rule]
    save_draft(record=record, by=designer)
    assert newest(stored).problems() == []


def test_a_draft_that_makes_no_sense_shows_its_own_problems_first(stored, designer):
    keep_tests(record=stored, tests=[big_sale()], by=designer)
    record = newest(stored)
    (rule,) = record.rules.all()
    rule.condition = {"all": [{"name": "gone", "operator": "equal_to", "value": 1}]}
    record.rules = [rule]
    assert "fails" not in " ".join(map(str, record.problems()))

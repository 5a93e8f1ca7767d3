"""Decision tables, scorecards and formulas have tests like any other record: a failing one blocks."""

import pytest
from django.urls import reverse
from django.utils import translation

from rules.store.actions import request_review, save_draft
from rules.store.deciding import Decider
from rules.store.problems import Refusal
from rules.store.testing import StoredTest, keep_tests, problems_of_tests, suggested_tests
from tests.store import scores, table


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def orders(monkeypatch):
    """Purposes for all three kinds."""
    from rules.store import purposes

    monkeypatch.setattr(purposes, "_purposes", dict(purposes._purposes))
    scores.register(scores.ORDERS)


@pytest.fixture
def tables(monkeypatch):
    from rules.engine import Words
    from rules.store import purposes

    monkeypatch.setattr(purposes, "_purposes", dict(purposes._purposes))
    purposes.register_purpose(
        key="orders", label=Words(en="Orders", zh="订单"), vocabulary=table.ORDERS, kinds=(purposes.TABLES,)
    )


def draft(record, by):
    save_draft(record=record, by=by)
    return record


def newest(record):
    return type(record).objects.get(pk=record.pk).get_latest_revision_as_object()


def keep(record, by, facts, text=None, expected=None):
    decider = Decider.of(newest(record))
    if text is not None:
        expected = decider.effect(decider.kind.outcome_typed(decider.compiled, text))
    keep_tests(record=record, tests=[StoredTest.make(name="case", facts=facts, expected=expected)], by=by)
    return problems_of_tests(newest(record), decider.compiled)


def test_a_formula_must_give_what_its_test_says(orders, designer, db):
    record = draft(scores.make_formula(), designer)
    assert keep(record, designer, {"amount": 80}, "12") == []
    [problem] = keep(record, designer, {"amount": 80}, "13")
    assert "Expected: CNY 13" in str(problem) or "13" in str(problem)
    with pytest.raises(Refusal, match="fails"):
        request_review(record=newest(record), by=designer)


def test_equal_numbers_are_one_result_however_many_zeros_they_have(orders, designer, db):
    record = draft(scores.make_formula("round([order amount], 2)"), designer)
    assert keep(record, designer, {"amount": 12}, "12") == []
    assert keep(record, designer, {"amount": 12}, "12.000") == []


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1e99999999999", "1,2,x", "１２x"])
def test_what_is_no_number_is_no_expectation(orders, text):
    compiled = scores.make_scorecard()
    compiled = type(compiled).compile(compiled.document())
    with pytest.raises((ValueError, ArithmeticError, LookupError)):
        scores.Scorecard.outcome_typed(compiled, text)


def test_a_scorecard_must_give_the_points_and_so_the_band_its_test_says(orders, designer, db):
    record = draft(scores.make_scorecard(), designer)
    now = Decider.of(newest(record)).decide({"orders": 3, "amount": 200})
    assert keep(record, designer, {"orders": 3, "amount": 200}, now["points"]) == []
    assert keep(record, designer, {"orders": 2, "amount": 200}, now["points"]) != []


def test_cases_at_the_limits_of_a_scorecard_are_suggested(orders, designer, db):
    record = draft(scores.make_scorecard(), designer)
    facts = [dict(one.facts) for one in suggested_tests(newest(record), Decider.of(newest(record)))]
    assert any(one.get("orders") == 3 for one in facts)


def test_a_table_must_give_what_its_test_says_whichever_row_gives_it(tables, designer, db):
    record = draft(table.make_table(), designer)
    decider = Decider.of(newest(record))
    [first, *_others] = suggested_tests(newest(record), decider)
    assert keep(record, designer, dict(first.facts), expected=first.outcome) == []
    other = next(one for one in decider.kind.possible_outcomes(decider.compiled, {}) if one["outputs"])
    other = decider.effect(other | {"outputs": dict.fromkeys(other["outputs"], "99")})
    assert keep(record, designer, dict(first.facts), expected=other) != []


def test_each_gap_of_a_table_is_suggested_as_a_test(tables, designer, db):
    rows = [[">= 100", "-", "10"]]
    record = draft(table.make_table(rows), designer)
    suggested = suggested_tests(newest(record), Decider.of(newest(record)))
    assert any(one.outcome["outputs"] is None for one in suggested)


def test_on_the_page_the_value_is_typed_and_kept(orders, designer, client_of, db):
    record = draft(scores.make_formula(), designer)
    client = client_of(designer)
    page = reverse("wagtailsnippets_rules_store_formula:test", args=[record.pk, "new"])
    tried = client.post(page, {"fact-amount": "80", "verb": "try"})
    assert tried.context["expectation"].initial["expected"] == "12"
    wrong = client.post(page, {"fact-amount": "80", "verb": "keep", "expected": "viele"})
    assert wrong.status_code == 200
    assert not newest(record).tests
    client.post(page, {"fact-amount": "80", "verb": "keep", "expected": "1,200"})
    assert [test["expected"] for test in newest(record).tests] == [{"value": "1200"}]

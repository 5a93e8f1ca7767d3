"""Scorecards and formulas as stored records: versions, the decision log, words, and what relabelling does."""

from decimal import Decimal

import pytest
from django.utils import timezone

from rules.engine import Vocabulary
from rules.store.actions import publish_reviewed_by, save_draft
from rules.store.decisions import log_decision, replay
from rules.store.models import Formula, Scorecard
from rules.store.models.formula import outcome_of as formula_outcome
from rules.store.models.scorecard import outcome_of as score_outcome
from rules.store.problems import RecordErrors
from rules.store.purposes import FORMULAS, RULES, SCORECARDS, purpose_choices
from rules.store.runtime import live_scorecards, live_version, score_of, value_of
from tests.store.scores import make_formula, make_scorecard, orders_purpose, register  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


def test_a_live_scorecard_scores_facts_by_its_short_name(publish):
    assert score_of("vip-score", {"orders": 3}) is None
    publish(make_scorecard())
    score = score_of("vip-score", {"orders": 3, "amount": 250})
    assert score.points == Decimal("32.5")
    assert score.band.name == "Gold"
    assert score.sentences("en") == ["+10: to begin with", "+20: bought three times", "+2.5: large"]
    assert [version.slug for version in live_scorecards("orders")] == ["vip-score"]
    assert not live_scorecards("customers")


def test_a_live_formula_gives_its_value_by_its_short_name(publish):
    assert value_of("commission", {"amount": 80}) is None
    publish(make_formula())
    assert value_of("commission", {"amount": 80}).value == Decimal("12.00")
    assert value_of("commission", {}).missing == ("amount",)


def test_formulas_are_stored_with_names_so_that_a_label_may_change(publish, designer):
    publish(make_formula())
    publish(make_scorecard())
    formula = Formula.objects.get()
    assert formula.text == "round(amount * 15%, 2)"
    assert formula.get_latest_revision_as_object().text == formula.text
    assert [row.points for row in Scorecard.objects.get().rows.all()] == ["20", "amount / 100"]
    register(
        Vocabulary.of().extended(
            [
                {"name": "amount", "label": "合同金额", "type": "numeric"},
                {"name": "orders", "label": "单数", "type": "numeric"},
            ]
        )
    )
    assert formula.compile(formula.document()).written("zh") == "round([合同金额] * 15%, 2)"
    assert (
        live_version(Scorecard, "vip-score").lines("zh")[1].text
        == "合同金额 ÷ 100：large（合同金额大于或等于 1）"
    )


def test_a_decision_by_a_scorecard_is_replayed_and_explained(publish):
    version = publish(make_scorecard())
    facts = {"orders": 4, "amount": Decimal("1.5")}
    score = version.compiled.score(facts)
    decision = log_decision(
        version=version, subject="order:1", facts=facts, outcome=score_outcome(score), at=timezone.now()
    )
    decision.refresh_from_db()
    assert (
        replay(decision)
        == decision.outcome
        == {"points": "30.015", "band": "Gold", "rows": ["loyal", "large"]}
    )
    assert Scorecard.outcome_in_words(version.compiled, decision.outcome, "en") == ["30.015 points", "Gold"]
    assert Scorecard.explain(version.compiled, facts, "en")[1] == (
        "+20: bought three times – number of orders is at least 3 (actual: 4)"
    )
    assert Scorecard.facts_in_words(version.compiled, facts, "zh") == [("订单数", "4"), ("订单金额", "1.5")]


def test_a_decision_by_a_formula_over_lines_is_replayed_and_explained(publish):
    version = publish(make_formula("sum(lines, price * quantity)"))
    facts = {"lines": [{"price": Decimal("0.10"), "quantity": 3}, {"price": 2, "quantity": 1}]}
    result = version.compiled.evaluate(facts)
    decision = log_decision(
        version=version, subject="order:2", facts=facts, outcome=formula_outcome(result), at=timezone.now()
    )
    decision.refresh_from_db()
    assert replay(decision) == decision.outcome == {"value": "2.3"}
    assert Formula.outcome_in_words(version.compiled, decision.outcome, "en") == ["CNY 2.3"]
    assert Formula.outcome_in_words(version.compiled, {"value": None}, "en") == ["no value"]
    assert Formula.explain(version.compiled, facts, "en")[-1] == "CNY 2.3"
    assert Formula.facts_in_words(version.compiled, facts, "en") == [("order lines", "2 lines")]


def test_both_say_what_they_do_line_by_line():
    scorecard = {line.key: line.text for line in Scorecard.in_words(make_scorecard().document(), "en")}
    assert scorecard == {
        "rows/loyal": "+20: bought three times (number of orders is at least 3)",
        "rows/large": "order amount ÷ 100: large (order amount is at least 1)",
        "base": "10",
        "ceiling": "100",
        "bands": "Gold: from 30 points\nSilver: from 20 points",
    }
    formula = {line.key: line.text for line in Formula.in_words(make_formula().document(), "zh")}
    assert formula == {
        "sentence": "（订单金额 × 15%）保留 2 位小数（四舍五入）",
        "text": "round([订单金额] * 15%, 2)",
        "unit": "CNY",
    }


def test_each_problem_is_placed_at_the_form(designer):
    scorecard = make_scorecard()
    scorecard.floor = 200
    scorecard.rows.all()[1].points = "amont / 100"
    scorecard.bands.all()[1].begin = 30
    paths = {problem.path for problem in scorecard.problems()}
    assert paths == {("ceiling",), ("rows", 1, "points"), ("bands", 1, "begin")}
    assert [p.path for p in Scorecard(name="x", slug="x", purpose="orders").problems()] == [("rows",)]
    formula = make_formula("amount + vip")
    assert [problem.path for problem in formula.problems()] == [("text",)]
    # Nonsense may still be saved as a draft.
    save_draft(record=formula, by=designer)
    assert Formula.objects.get().text == "amount + vip"


def test_without_a_purpose_nothing_can_be_asked():
    with pytest.raises(RecordErrors):
        Formula.compile(Formula(name="x", slug="x", text="1").document())
    assert Formula().vocabularies() == {}


def test_purposes_are_offered_to_the_records_they_are_for():
    keys = {kind: {key for key, _label in purpose_choices(kind)} for kind in (RULES, SCORECARDS, FORMULAS)}
    assert "orders" not in keys[RULES]
    assert {"customers", "tickets", "settlement.lines", "orders"} <= keys[SCORECARDS] & keys[FORMULAS]
    assert "tickets.routing" not in keys[SCORECARDS]

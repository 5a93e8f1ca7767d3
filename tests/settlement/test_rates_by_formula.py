"""Rates whose percentage, amount or limit a stored formula gives: exact, checked, bound, explained."""

from decimal import Decimal

import pytest
from django.utils import translation

from flows.settlement.actions import summary
from flows.settlement.models import CommissionPlan, CommissionRate, Entry
from flows.settlement.words import entry_sentences
from rules.store.actions import publish_reviewed_by, request_review, retire
from rules.store.models import Formula, Version
from rules.store.problems import RecordErrors

ALWAYS = {"all": []}
PURPOSE = "settlement.lines"


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


@pytest.fixture
def make_formula(publish):
    def make(slug, text):
        record = Formula.objects.filter(slug=slug).first()
        record = record.get_latest_revision_as_object() if record else None
        record = record or Formula(name=slug.title(), slug=slug, purpose=PURPOSE)
        record.text = text
        return publish(record)

    return make


def plan_of(*rates, **changes):
    plan = CommissionPlan(**{"name": "Retail", "slug": "retail", "zone": "UTC", **changes})
    plan.rates = [
        CommissionRate(**{"name": f"rate {place}", "condition": ALWAYS, **rate})
        for place, rate in enumerate(rates, start=1)
    ]
    return plan


def paid(settlement) -> list[int]:
    entries = Entry.objects.filter(settlement=settlement).order_by("line__order__number", "line__position")
    return [-entry.minor if entry.is_return else entry.minor for entry in entries]


def said(settlement) -> str:
    return " ".join(entry_sentences(Entry.objects.filter(settlement=settlement).for_reading().first()))


def test_a_formula_gives_the_percentage_of_each_line(make_formula, publish, make_order, settle_march):
    make_formula("tiered", "if(amount > 100, 12.5%, 5%)")
    publish(plan_of({"pays": "rate", "formula": "tiered"}))
    make_order("A1", [(1, "80"), (1, "200")])
    settlement = settle_march()
    assert paid(settlement) == [400, 2500]
    assert "by formula" in said(settlement)
    assert "5 %" in said(settlement)
    assert summary(settlement, already_settled=False)["by_rule"]["rate 1"]["percent"] == ""


def test_a_formula_gives_an_amount_and_its_working_is_in_the_entry(
    make_formula, publish, make_order, settle_march
):
    make_formula("bonus", "quantity * 2 + 0.5")
    publish(plan_of({"pays": "amount", "formula": "bonus"}))
    make_order("A1", [(3, "10")])
    settlement = settle_march()
    assert paid(settlement) == [650]
    assert "3" in said(settlement)
    assert "6.50" in said(settlement)
    entry = Entry.objects.get(settlement=settlement)
    assert entry.arithmetic["formula"]["value"] == "6.5"
    assert entry.arithmetic["formula"]["facts"]


def test_a_limit_by_formula_bounds_a_rate_that_is_written(make_formula, publish, make_order, settle_march):
    make_formula("most", "amount * 0 + 15")
    publish(plan_of({"percent": Decimal(10), "cap": "most"}))
    make_order("A1", [(1, "100"), (1, "1000")])
    settlement = settle_march()
    assert paid(settlement) == [1000, 1500]


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ({"pays": "amount"}, "quantity * 2 + 3"),
        ({"pays": "rate"}, "if(amount > 100, 20%, 1%)"),
        ({"pays": "rate", "cap": "most"}, "50%"),
    ],
)
def test_a_return_takes_back_exactly_what_its_sale_earned(
    rate, text, make_formula, publish, make_order, settle_march
):
    make_formula("gives", text)
    make_formula("most", "amount * 0 + 33.33")
    publish(plan_of({"formula": "gives", **rate}))
    make_order("A1", [(7, "33.3")])
    make_order("A2", [(-7, "33.3")], kind="return")
    sale, taken = paid(settle_march())
    assert sale > 0
    assert taken == -sale


def test_what_never_ends_is_rounded_once_and_where_the_plan_says(
    make_formula, publish, make_order, settle_march
):
    make_formula("third", "amount / 3")
    publish(plan_of({"pays": "amount", "formula": "third"}, rounding_point="order"))
    make_order("A1", [(1, "10"), (1, "10"), (1, "10")])
    assert sum(paid(settle_march())) == 1000


def test_a_formula_without_a_value_pays_nothing_and_says_why(make_formula, publish, make_order, settle_march):
    make_formula("gives", "amount / (quantity - 1)")
    publish(plan_of({"pays": "amount", "formula": "gives"}))
    make_order("A1", [(1, "10")])
    settlement = settle_march()
    assert paid(settlement) == [0]
    assert "no value" in said(settlement)


def test_a_percentage_stays_between_nothing_and_all_of_it(make_formula, publish, make_order, settle_march):
    make_formula("gives", "if(amount > 100, 300%, -20%)")
    publish(plan_of({"pays": "rate", "formula": "gives"}))
    make_order("A1", [(1, "10"), (1, "200")])
    assert paid(settle_march()) == [0, 20_000]


@pytest.mark.parametrize(
    ("pays", "text", "problem"),
    [
        ("amount", "10%", "no amount of money"),
        ("rate", "amount", "no percentage"),
        ("amount", "if(amount > 1, true, false)", "not give a number"),
    ],
)
def test_a_formula_of_another_unit_is_refused_at_its_rate(pays, text, problem, make_formula):
    make_formula("gives", text)
    with pytest.raises(RecordErrors) as refused:
        CommissionPlan.compile(plan_of({"pays": pays, "formula": "gives"}).document())
    [found] = refused.value.problems
    assert found.path == ("rates", 0, "formula")
    assert problem in str(found.sentence)


def test_a_formula_that_is_not_live_is_refused_at_its_rate(make_formula, reviewer):
    make_formula("gives", "amount * 1%")
    retire(record=Formula.objects.get(), by=reviewer, reason="old")
    with pytest.raises(RecordErrors) as refused:
        CommissionPlan.compile(plan_of({"pays": "amount", "formula": "gives"}).document())
    assert refused.value.problems[0].path == ("rates", 0, "formula")


def test_a_plan_keeps_the_formula_it_went_live_with(
    make_formula, publish, make_order, settle_march, designer
):
    make_formula("gives", "amount * 1%")
    version = publish(plan_of({"pays": "amount", "formula": "gives"}))
    make_formula("gives", "amount * 50%")
    make_order("A1", [(1, "100")])
    assert paid(settle_march()) == [100]
    assert "has a newer version, 2" in CommissionPlan.outdated(version.document)[0]
    draft = CommissionPlan.objects.get().get_latest_revision_as_object()
    request_review(record=draft, by=designer)
    assert draft.document()["formulas"]["gives"]["number"] == 2


def test_the_plan_says_its_formula(make_formula):
    make_formula("gives", "amount * 1%")
    document = plan_of({"pays": "amount", "formula": "gives", "cap": "gives"}).document()
    line = CommissionPlan.in_words(document, "en")[0]
    assert "an amount by the formula “Gives” (version 1: amount × 1%)" in line.text
    assert "at most" in line.text


def test_a_plan_of_before_formulas_still_reads(draft_plan, publish):
    document = draft_plan(rates=[("all", ALWAYS, "10", "")]).document()
    del document["formulas"]
    for rate in document["rates"]:
        del rate["pays"], rate["formula"], rate["cap"]
    assert CommissionPlan.compile(document).rate_for({}).percent == 10
    assert "10 %" in CommissionPlan.in_words(document, "en")[0].text


def test_a_stored_test_expects_the_amount(make_formula, publish):
    make_formula("bonus", "quantity * 2")
    publish(plan_of({"pays": "amount", "formula": "bonus"}))
    compiled = Version.objects.named("retail").get().compiled
    outcome = CommissionPlan.replay(compiled, {"quantity": 3})
    assert outcome == {"reason": "rule", "rule": "rate 1", "percent": "", "amount": "6"}
    assert CommissionPlan.outcome_in_words(compiled, outcome, "en") == ["earns 6 (rate 1)"]

"""Conditions and formulas of a form: what is asked, what must be answered, what is computed."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.forms.asking import AnswerCleaner, AnswersForm
from flows.forms.blocks import FormBlock, form_document
from flows.forms.fields import compile_fields, facts_of
from flows.forms.logic import compile_logic
from tests.forms.test_fields import TODAY, choice, field


def is_(name, value="bad"):
    return {"all": [{"name": name, "operator": "contains", "value": value}]}


def over(name, value):
    return {"all": [{"name": name, "operator": "greater_than", "value": value}]}


RATING = choice(name="rating")
WHY = field("text", "why", visible_if=is_("rating"), required=True)
PHONE = field("text", "phone", required_if={"all": [{"name": "why", "operator": "non_empty"}]})
PRICE = field("money", "price", limits={"currency": "CNY"})
TIMES = field("number", "times")
TOTAL = field("computed", "total", formula="round(price * times * 15%, 2)")
FORM = [RATING, WHY, PHONE, PRICE, TIMES, TOTAL]
CNY = {"minor": 1999, "currency": "CNY"}


def logic_of(*documents):
    problems = []
    logic = compile_logic(compile_fields(documents), problems=problems)
    assert problems == []
    return logic


def problems_of(*documents):
    problems = []
    compile_logic(compile_fields(documents), problems=problems)
    return [(found.index, found.part, str(found.sentence)) for found in problems]


def form_for(*documents, data, **more):
    specs = compile_fields(documents)
    return AnswersForm(
        data, specs=specs, logic=logic_of(*documents), language="zh-hans", today=TODAY, prefix="", **more
    )


def test_a_hidden_field_is_neither_asked_nor_required_and_its_answer_does_not_count():
    settled = logic_of(*FORM).settle({"rating": "good", "why": "坏了"})
    assert "why" in settled.hidden
    assert settled.answers == {"rating": "good"}
    assert settled.required == frozenset()


def test_an_answer_that_is_hidden_decides_nothing_further():
    settled = logic_of(*FORM).settle({"rating": "bad", "why": "坏了"})
    assert settled.required == {"why", "phone"}
    assert logic_of(*FORM).settle({"rating": "good", "why": "坏了"}).required == set()


def test_what_a_field_depends_on_may_stand_below_it():
    first = field("text", "first", visible_if=is_("second"))
    second = choice(name="second", visible_if=over("third", 3))
    third = field("number", "third")
    settle = logic_of(first, second, third).settle
    assert settle({"first": "a", "second": "bad", "third": "4"}).hidden == set()
    assert settle({"first": "a", "second": "bad", "third": "3"}).hidden == {"first", "second"}


def test_a_formula_is_exact_and_without_its_facts_there_is_no_answer():
    settle = logic_of(*FORM).settle
    assert settle({"price": CNY, "times": "3"}).answers["total"] == "9.00"
    assert settle({"price": CNY, "times": "1"}).answers["total"] == "3.00"
    assert "total" not in settle({"price": CNY}).answers
    assert "total" not in settle({"price": CNY, "total": "1000"}).answers


def test_a_formula_does_not_see_what_is_hidden():
    price = PRICE | {"visible_if": is_("rating")}
    settle = logic_of(RATING, price, TIMES, TOTAL).settle
    assert "total" in settle({"rating": "bad", "price": CNY, "times": "1"}).answers
    assert "total" not in settle({"rating": "good", "price": CNY, "times": "1"}).answers


def test_conditions_may_ask_what_was_computed():
    warn = field("text", "warn", visible_if=over("total", 5))
    settle = logic_of(PRICE, TIMES, TOTAL, warn).settle
    assert settle({"price": CNY, "times": "1"}).hidden == {"warn"}
    assert settle({"price": CNY, "times": "3"}).hidden == set()


def test_a_circle_is_told_with_its_fields():
    a = field("number", "a", visible_if=over("b", 1), label={"zh": "甲", "en": "A"})
    b = field("computed", "b", formula="c + 1", label={"zh": "乙", "en": "B"})
    c = field("number", "c", visible_if=over("a", 1), label={"zh": "丙", "en": "C"})
    [(_index, part, sentence)] = problems_of(a, b, c)
    assert part in ("visible_if", "formula")
    assert all(label in sentence for label in "甲乙丙")


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (field("number", "a", visible_if=over("a", 1)), "visible_if"),
        (field("computed", "a", formula="a + 1"), "formula"),
        (field("number", "a", required_if=over("a", 1)), "required_if"),
        (field("number", "a", visible_if=over("gone", 1)), "visible_if"),
        (field("number", "a", required_if={"any": []}), "required_if"),
        (field("computed", "a", formula="[没有] + 1"), "formula"),
        (field("computed", "a", formula=""), "formula"),
    ],
)
def test_what_cannot_be_worked_out_is_told_at_its_part(document, part):
    assert [found[1] for found in problems_of(document)] == [part]


def test_the_form_asks_what_counts_and_nothing_else():
    form = form_for(*FORM, data={"rating": "good", "why": "x" * 30_000, "price": "19.99", "times": "3"})
    assert form.is_valid(), form.errors
    assert form.answers() == {"rating": "good", "price": CNY, "times": "3"}
    assert form.fields["why"].not_asked
    form = form_for(*FORM, data={"rating": "bad"})
    assert set(form.errors) == {"why"}
    assert form.fields["why"].required
    form = form_for(*FORM, data={"rating": "bad", "why": "坏了"})
    assert set(form.errors) == {"phone"}
    assert form_for(*FORM, data={"rating": "bad"}, asks_all=False).is_valid()


def test_the_page_begins_with_what_its_first_values_ask():
    form = form_for(
        *FORM, data=None, initial={"rating": "bad", "price": Decimal("19.99"), "times": Decimal(3)}
    )
    assert not form.fields["why"].not_asked
    assert form.initial["total"] == "9.00"
    assert form_for(*FORM, data=None).shown_names == "rating,phone,price,times,total"


def test_without_a_script_nothing_is_stored_unseen():
    seen_little = {"rating": "bad", "shown": "rating,phone"}
    note = field("text", "note", visible_if=is_("rating"))
    form = form_for(RATING, note, data=seen_little)
    assert form.non_field_errors()
    assert form_for(RATING, note, data=seen_little | {"shown": "rating,note"}).is_valid()
    assert form_for(RATING, note, data=seen_little | {"rating": "good"}).is_valid()


def test_answers_from_elsewhere_decide_too():
    specs = compile_fields(FORM)
    asked = [spec for spec in specs if spec.name in ("why", "total")]
    form = AnswersForm(
        {}, specs=asked, logic=logic_of(*FORM), known={"rating": "bad", "price": CNY, "times": "1"},
        language="zh-hans", today=TODAY,
    )  # fmt: skip
    assert set(form.errors) == {"why"}
    assert form.initial["total"] == "3.00"


def test_rows_of_a_file_are_settled_like_the_page():
    cleaner = AnswerCleaner(compile_fields(FORM), language="zh-hans", today=TODAY, logic=logic_of(*FORM))
    assert cleaner.clean({"rating": "good", "why": "坏了", "price": "19.99", "times": "3"}) == {
        "rating": "good", "price": CNY, "times": "3", "total": "9.00",
    }  # fmt: skip
    with pytest.raises(ValidationError) as refused:
        cleaner.clean({"rating": "bad"})
    assert set(refused.value.message_dict) == {"why"}


NAMES = "abcde"
answered = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5).map(str))


@given(
    asks=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 4)), min_size=5, max_size=5),
    answers=answered,
)
@settings(max_examples=60, deadline=None)
def test_settling_twice_changes_nothing_and_hidden_answers_leave_no_trace(asks, answers):
    documents = [
        # Each asks only for what stands before it, in an order turned round for the page.
        field("number", name, visible_if=over(asked, limit) if asked < name else {})
        for name, (asked, limit) in zip(NAMES, asks, strict=True)
    ][::-1]
    logic = logic_of(*documents)
    settled = logic.settle(answers)
    assert logic.settle(settled.answers) == settled
    assert not settled.hidden & settled.answers.keys()
    assert not settled.hidden & facts_of(settled.answers, logic.specs).keys()
    for name, condition in logic.visible.items():
        assert (name in settled.hidden) != condition.holds(facts_of(settled.answers, logic.specs))


def test_designers_set_conditions_and_formulas_in_the_blocks():
    value = FormBlock().to_python(
        [
            {"type": "number", "value": {"label": "次数", "name": "times"}},
            {"type": "text", "value": {"label": "原因", "visible_if": over("times", 3)}},
            {"type": "computed", "value": {"label": "合计", "formula": "[次数] * 2", "unit": "分"}},
        ]
    )
    times, why, total = form_document(FormBlock().clean(value))
    assert (times["visible_if"], why["visible_if"]) == ({}, over("times", 3))
    assert total["formula"] == "[次数] * 2"
    logic = logic_of(times, why, total)
    assert logic.settle({"times": "4"}).answers == {"times": "4", "合计": "8"}
    assert logic.specs[2].shown("8", "zh-hans") == "8 分"

"""What people type into cells is understood as the one thing it can mean, and shown as they would type it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import RuleErrors, Words, compile_table, compile_unary
from rules.engine.tables.typed import quoted, read_test, read_value, readings_of, show_test, show_value
from rules.engine.tables.values import column_type

NUMBER_TYPE = column_type("number")
LEVELS = {
    "gold": Words(en="Gold card", zh="金卡"),
    "silver": Words(en="Silver card", zh="银卡"),
    "a": Words(en="Same", zh="同名"),
    "b": Words(en="Same", zh="同名"),
}


@pytest.mark.parametrize(
    ("type", "typed", "understood"),
    [
        ("number", "> 100", "> 100"),
        ("number", "≥100", ">=100"),
        ("number", "＞１００", ">100"),
        ("number", "<>5", "!=5"),
        ("number", "100-200", "[100..200]"),
        ("number", "100 ~ 200", "[100..200]"),
        ("number", "100至200", "[100..200]"),
        ("number", "-5--1", "[-5..-1]"),
        ("number", "[1,5)", "[1..5)"),
        ("number", "（1，5］", "(1..5]"),
        ("number", "1，3，5", "1, 3, 5"),
        ("number", "1、3-5", "1, [3..5]"),
        ("number", "1,000", "1000"),
        ("number", ">1,000", ">1000"),
        ("number", "100,200", "100,200"),
        ("number", "10万", "100000"),
        ("number", "1.5万以上", ">=15000"),
        ("number", "15%", "0.15"),
        ("number", "100以下", "<=100"),
        ("number", "不超过 100", "<=100"),
        ("number", "at least 3", ">=3"),
        ("number", "100+", ">=100"),
        ("number", ">100 且 <=200", "(100..200]"),
        ("number", "空", "null"),
        ("number", "", "-"),
        ("number", "－", "-"),
        ("number", "任意", "-"),
        ("boolean", "是", "true"),
        ("boolean", "No", "false"),
        ("date", "2026-1-31", 'date("2026-01-31")'),
        ("date", "≥2026年1月31日", '>=date("2026-01-31")'),
        ("date", "2026/1/1 至 2026/2/1", '[date("2026-01-01")..date("2026-02-01")]'),
        ("string", "gold", '"gold"'),
        ("string", "金卡", '"gold"'),
        ("string", "金卡，银卡", '"gold", "silver"'),
        ("string", "Gold card", '"gold"'),
        ("string", "not(金卡、银卡)", 'not("gold", "silver")'),
        ("string", "≠金卡", '!= "gold"'),
        ("string", "“金卡”", '"金卡"'),
        ("string", "A-B（上海）", '"A-B（上海）"'),
        ("string", "5", '"5"'),
        ("string", '"A","B"', '"A","B"'),
        ("string", "city", "city"),
    ],
)
def test_a_typed_test_is_understood(type, typed, understood):
    assert read_test(typed, column_type(type), labels=LEVELS, names=["city"]) == understood
    assert compile_unary(understood, type)


@pytest.mark.parametrize(
    ("type", "typed"),
    [("number", "about 5"), ("number", "1 2"), ("date", "31.1."), ("boolean", "maybe"), ("string", "同名")],
)
def test_what_has_no_one_meaning_is_left_to_be_refused(type, typed):
    table = {
        "inputs": [{"name": "x", "type": type}],
        "outputs": [{"name": "y", "type": "number"}],
        "rules": [],
    }
    understood = read_test(typed, column_type(type), labels=LEVELS)
    table["rules"] = [{"when": [understood], "then": ["1"]}]
    try:
        problems = compile_table(table).unfinished
    except RuleErrors as refused:
        problems = refused.problems
    assert [problem.path for problem in problems] == ["rules/0/when/0"]


@pytest.mark.parametrize(
    ("type", "typed", "understood"),
    [
        ("number", "1,500", "1500"),
        ("number", "15％", "0.15"),
        ("string", "金卡", '"gold"'),
        ("string", "green, amber", '"green, amber"'),
        ("string", "-", '"-"'),
        ("boolean", "否", "false"),
        ("date", "2026年2月1日", 'date("2026-02-01")'),
        ("string", "", ""),
    ],
)
def test_a_typed_value_is_understood(type, typed, understood):
    assert read_value(typed, column_type(type), labels=LEVELS) == understood


def test_choices_are_shown_by_their_label_in_the_readers_language():
    text = column_type("string")
    assert show_test('"gold", "silver"', text, language="zh-hans", labels=LEVELS) == "金卡, 银卡"
    assert show_test('not("gold")', text, language="en", labels=LEVELS) == "not(Gold card)"
    assert show_value('"gold"', text, language="en", labels=LEVELS) == "Gold card"
    assert show_test('"a"', text, language="en", labels=LEVELS) == '"a"'


cells = st.one_of(
    st.text(max_size=20).map(quoted),
    st.lists(st.sampled_from(["gold", "a", "-", "null", "a,b"]).map(quoted), min_size=1).map(", ".join),
    st.text(alphabet='-<>=!()[].,"0123456789金卡not\\ ', max_size=12),
)


@settings(max_examples=200)
@given(cells, st.sampled_from(["string", "number", "boolean", "date"]), st.sampled_from(["en", "zh-hans"]))
def test_what_is_shown_reads_back_as_what_is_stored(cell, type, language):
    type = column_type(type)
    stored = read_test(cell, type, labels=LEVELS)
    assert read_test(stored, type, labels=LEVELS) == stored
    shown = show_test(stored, type, language=language, labels=LEVELS)
    assert read_test(shown, type, labels=LEVELS) == stored
    value = read_value(cell, type, labels=LEVELS)
    assert read_value(show_value(value, type, language=language, labels=LEVELS), type, labels=LEVELS) == value


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_a_typed_range_holds_for_its_ends(one, other):
    low, high = sorted((one, other))
    unary = compile_unary(read_test(f"{low}-{high}", column_type("number")), "number")
    assert [unary.holds(value) for value in (low, high, high + 1)] == [True, True, False]


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_date_is_shown_plainly(day):
    stored = f'date("{day.isoformat()}")'
    assert show_test(stored, column_type("date"), language="en") == day.isoformat()


def test_a_sentence_calls_values_by_their_label():
    table = compile_table(
        {
            "inputs": [
                {
                    "name": "level",
                    "type": "string",
                    "label": {"en": "level", "zh": "等级"},
                    "options": [{"name": "gold", "label": {"en": "Gold card", "zh": "金卡"}}],
                }
            ],
            "outputs": [{"name": "rate", "type": "number"}],
            "rules": [{"when": ['"gold"'], "then": ["5"]}],
        }
    )
    assert table.row_sentence(0, "zh-hans") == "当等级是“金卡”时：rate 是 5"
    assert "金卡" in table.decide({"level": "gold"}).reasons[0].sentence("zh-hans")


# 1,500: one number, or two.


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1,000", "1000"),  # nobody writes 000 in a list
        ("1，000", "1000"),
        ("1,500-2,500", "[1500..2500]"),  # 500-2 is no range
        ("[1,500..2000]", "[1500..2000]"),
        ("1、500", "1, 500"),  # this mark parts a list, never thousands
        ("1, 500", "1, 500"),
        ("1；500", "1, 500"),
        ("1,500,20", "1,500,20"),  # no thousands
        ("<1", "<1"),
    ],
)
def test_thousands_are_read_where_they_have_one_meaning(typed, stored):
    assert read_test(typed, NUMBER_TYPE) == stored
    assert len(readings_of(stored)) < 2


@pytest.mark.parametrize(
    ("typed", "number", "several"),
    [
        ("1,500", "1500", "1, 500"),
        ("1，500", "1500", "1, 500"),
        ("１，５００", "1500", "1, 500"),
        ("100,200", "100200", "100, 200"),
        (">1,500", ">1500", ">1, 500"),
        ("≥1,500", ">=1500", ">=1, 500"),
        ("not(1,500)", "not(1500)", "not(1, 500)"),
    ],
)
def test_where_thousands_and_a_list_can_both_be_meant_neither_is_chosen(typed, number, several):
    kept = read_test(typed, NUMBER_TYPE)
    assert readings_of(kept) == [number, several]
    assert read_test(number, NUMBER_TYPE) == number
    assert read_test(several, NUMBER_TYPE) == several


# Lengths of time.


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2小时", 'duration("PT2H")'),
        ("2 hours", 'duration("PT2H")'),
        ("≥30分钟", '>=duration("PT30M")'),
        ("超过 3 天", '>duration("P3D")'),
        ("2天3小时", 'duration("P2DT3H")'),
        ("1 week", 'duration("P7D")'),
        ("2小时-4小时", '[duration("PT2H")..duration("PT4H")]'),
        ("1.5 hours", 'duration("PT1H30M")'),
        ('duration("P3D")', 'duration("P3D")'),
        ("2", "2"),  # refused: of what?
    ],
)
def test_lengths_of_time_are_typed_as_people_write_them(typed, stored):
    assert read_test(typed, column_type("days and time duration")) == stored


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_length_of_time_is_shown_as_it_can_be_typed_again(language):
    type = column_type("days and time duration")
    shown = show_test('>=duration("P2DT3H")', type, language=language)
    assert "duration" not in shown
    assert read_test(shown, type) == '>=duration("P2DT3H")'

"""Formulas: what they mean, what they refuse and where, and that nothing typed can hang or crash them."""

import contextlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import Lines, RuleErrors, Vocabulary, Words, compile_formula, facts_as_json, facts_from_json
from rules.engine.formulas import FUNCTIONS, numbers

from .timing import is_done_in

VOCABULARY = Vocabulary.of().extended(
    [
        {
            "name": "amount",
            "label": {"en": "order amount", "zh": "订单金额"},
            "type": "numeric",
            "unit": "CNY",
        },
        {"name": "paid", "label": {"en": "paid", "zh": "已付"}, "type": "numeric", "unit": "CNY"},
        {"name": "dollars", "label": {"en": "dollars", "zh": "美元额"}, "type": "numeric", "unit": "USD"},
        {"name": "spent", "label": {"en": "spent", "zh": "消费"}, "type": "numeric", "unit": "money"},
        {"name": "rate", "label": {"en": "rate", "zh": "费率"}, "type": "numeric", "unit": "percent"},
        {"name": "waiting", "label": {"en": "waiting", "zh": "等待"}, "type": "numeric", "unit": "days"},
        {"name": "pieces", "label": {"en": "pieces", "zh": "件数"}, "type": "numeric", "unit": "pieces"},
        {"name": "n", "label": {"en": "some number", "zh": "某数"}, "type": "numeric"},
        {"name": "m", "label": {"en": "other number", "zh": "另一数"}, "type": "numeric"},
        {
            "name": "level",
            "label": {"en": "level", "zh": "等级"},
            "type": "select",
            "options": [("gold", {"en": "Gold", "zh": "金卡"}), ("silver", {"en": "Silver", "zh": "银卡"})],
        },
        {
            "name": "tags",
            "label": {"en": "tags", "zh": "标签"},
            "type": "select_multiple",
            "options": ["vip"],
        },
        {"name": "bought", "label": {"en": "bought on", "zh": "购买日"}, "type": "date"},
        {"name": "today", "label": {"en": "today", "zh": "今天"}, "type": "date"},
        {"name": "opened", "label": {"en": "opened at", "zh": "开单时间"}, "type": "datetime"},
        {"name": "closed", "label": {"en": "closed at", "zh": "关单时间"}, "type": "datetime"},
        {"name": "vip", "label": {"en": "is a VIP", "zh": "是贵宾"}, "type": "boolean"},
        {"name": "note", "label": {"en": "note", "zh": "备注"}, "type": "string"},
        {"name": "twin-a", "label": {"en": "twin", "zh": "双胞胎"}, "type": "numeric"},
        {"name": "twin-b", "label": {"en": "twin", "zh": "双胞胎乙"}, "type": "numeric"},
    ]
)
LINE = Vocabulary.of().extended(
    [
        {"name": "price", "label": {"en": "price", "zh": "单价"}, "type": "numeric", "unit": "CNY"},
        {"name": "quantity", "label": {"en": "quantity", "zh": "数量"}, "type": "numeric", "unit": "pieces"},
        {"name": "n", "label": {"en": "line number", "zh": "行号"}, "type": "numeric"},
    ]
)
LINES = (Lines(name="lines", label=Words(en="order lines", zh="订单明细"), vocabulary=LINE),)


def compiled(text, **kwargs):
    return compile_formula(text, VOCABULARY, lines=LINES, **kwargs)


def value_of(text, **facts):
    result = compiled(text).evaluate(facts)
    assert not result.nothing, result.reason
    return result.value


def problems_of(text):
    with pytest.raises(RuleErrors) as caught:
        compiled(text)
    for problem in caught.value.problems:
        assert problem.sentence.en
        assert problem.sentence.zh
        assert 0 <= problem.start <= problem.end <= len(text)
    return [(text[p.start : p.end], str(p.sentence)) for p in caught.value.problems]


# What a formula means -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("100 / 10 / 5", "2"),
        ("-2 * -3", "6"),
        ("2 - -3", "5"),
        ("15%", "0.15"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 3 * 3", "1"),
        ("1 / 3 + 1 / 3 + 1 / 3", "1"),
        ("min(3, 1, 2)", "1"),
        ("max(3, 1, 2)", "3"),
        ("abs(-3.5)", "3.5"),
        ("floor(-1.5)", "-2"),
        ("ceil(-1.5)", "-1"),
        ("ceil(4 / 3)", "2"),
        ("if(1 < 2, 10, 20)", "10"),
        ("if(not 1 < 2 or 2 = 3 and true, 10, 20)", "20"),
        ("if(1 ≤ 1 and 2 ≥ 2 and 1 != 2 and 1 <> 2 and 1 ≠ 2 and 2 == 2, 1, 0)", "1"),
        ("or_else(1 / n, 7)", "7"),
    ],
)
def test_arithmetic_is_exact_and_binds_as_at_school(text, value):
    assert value_of(text) == Decimal(value)


@pytest.mark.parametrize(
    ("mode", "rounded"),
    [
        ("half_up", "0.13 0.14 -0.13 0.12"),
        ("half_even", "0.12 0.14 -0.12 0.12"),
        ("up", "0.13 0.14 -0.13 0.13"),
        ("down", "0.12 0.13 -0.12 0.12"),
        ("floor", "0.12 0.13 -0.13 0.12"),
        ("ceiling", "0.13 0.14 -0.12 0.13"),
    ],
)
def test_each_way_to_round(mode, rounded):
    numbers = ["0.125", "0.135", "-0.125", "0.121"]
    said = [str(value_of(f"round({number}, 2, {mode})")) for number in numbers]
    assert said == rounded.split()


def test_rounding_a_quotient_that_comes_back_to_a_tie_sees_the_tie():
    # Kept to 50 digits, 0.005 / 3 * 3 would be a little less than 0.005.
    assert value_of("round(0.005 / 3 * 3, 2)") == Decimal("0.01")


def test_round_keeps_its_zeros_and_nothing_else_does():
    assert str(value_of("round(amount * 15%, 2)", amount=80)) == "12.00"
    assert str(value_of("amount * 15%", amount=Decimal("80.00"))) == "12"


def test_a_number_that_never_ends_leaves_with_fifty_digits():
    assert str(value_of("n / 3", n=1)) == "0." + "3" * 50


def test_text_typed_in_chinese_marks_means_the_same():
    typed = compiled("round（[订单金额]×15％，2） ＋ if（等级＝“金卡”，20，10）")
    assert typed.evaluate({"amount": 80, "level": "gold"}).value == 32
    assert typed.text == 'round（amount×15％，2） ＋ if（level＝"gold"，20，10）'


def test_a_label_is_stored_as_the_name_so_that_it_may_change():
    stored = compiled("[订单金额] * 2 + [Order  Amount]").text
    assert stored == "amount * 2 + amount"
    relabelled = Vocabulary.of().extended([{"name": "amount", "label": "合同金额", "type": "numeric"}])
    formula = compile_formula(stored, relabelled)
    assert formula.evaluate({"amount": 3}).value == 9
    assert formula.written("zh") == "[合同金额] * 2 + [合同金额]"


def test_what_is_shown_for_editing_is_read_back_as_the_same_formula():
    assert compiled('if(level = "GOLD", 1, 2)').written("zh") == 'if([等级] = "金卡", 1, 2)'
    for text in ("amount + [twin-a]", 'if(level = "gold", sum(lines, price * n), n)', "[twin-b] * 1"):
        formula = compiled(text)
        for language in ("en", "zh"):
            assert compiled(formula.written(language)).text == formula.text


def test_dates_are_told_apart_by_days_and_instants_by_hours():
    assert value_of("days_between(bought, today)", bought="2026-02-28", today=date(2026, 3, 1)) == 1
    assert value_of("days_between(today, bought)", bought="2026-02-28", today=date(2026, 3, 1)) == -1
    assert value_of('days_between("2024-02-01", today)', today=date(2024, 3, 1)) == 29
    opened = datetime.fromisoformat("2026-03-01T09:00:00+08:00")
    for hours, days in ((47, 1), (48, 2), (-47, -1)):
        closed = opened + timedelta(hours=hours, microseconds=0)
        facts = {"opened": opened, "closed": closed}
        assert compiled("days_between(opened, closed)").evaluate(facts).value == days
        assert compiled("hours_between(opened, closed)").evaluate(facts).value == hours
    assert value_of('if(bought > "2026-01-31", 1, 2)', bought="2026-02-01") == 1


def test_choices_are_options_whatever_their_letter_case():
    gold = 'if(level = "Gold", 1, 0)'
    assert value_of(gold, level="GOLD") == 1
    assert value_of('if(level ≠ "银卡", 1, 0)', level="silver") == 0
    assert value_of('if(has(tags, "vip"), 1, 0)', tags=["new", "VIP"]) == 1
    assert value_of('if(has(tags, "vip"), 1, 0)', tags=[]) == 0


def test_lines_are_added_counted_and_compared():
    facts = {"lines": [{"price": 10, "quantity": 2}, {"price": Decimal("0.5"), "quantity": 3}], "n": 4}
    assert value_of("sum(lines, price * quantity)", **facts) == Decimal("21.5")
    assert value_of("count(lines)", **facts) == 2
    assert value_of("count(lines, price > 5)", **facts) == 1
    assert value_of("min(lines, price)", **facts) == Decimal("0.5")
    assert value_of("max([订单明细], [单价]) * 2", **facts) == 20
    assert value_of("sum(lines, price)", lines=[]) == 0


def test_a_name_inside_lines_is_the_lines_own():
    assert value_of("sum(lines, n) + n", lines=[{"n": 1}, {"n": 2}], n=100) == 103
    assert problems_of("sum(lines, [some number])") == [
        (
            "[some number]",
            "some number cannot be used here, because the lines have something of the same name.",
        )
    ]


def test_a_percentage_is_a_share():
    assert value_of("amount * rate", amount=80, rate=15) == 12
    assert value_of("amount * (1 - rate)", amount=80, rate=15) == 68
    assert value_of("if(rate > 10%, 1, 0)", rate=15) == 1
    assert compiled("rate + 5%").evaluate({"rate": 15}).sentence("en") == "20%"


# No value ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "facts", "why"),
    [
        ("amount * 2", {}, "order amount has no value"),
        ("amount * 2", {"amount": None}, "order amount has no value"),
        ("amount * 2", {"amount": "80"}, "order amount is not a number"),
        ("amount * 2", {"amount": True}, "order amount is not a number"),
        ("amount * 2", {"amount": float("nan")}, "order amount is not a number"),
        ("amount / n", {"amount": 1, "n": 0}, "division by zero: some number is 0"),
        ("1 / (n - m)", {"n": 2, "m": 2}, "division by zero: some number − other number is 0"),
        ("sum(lines, price)", {}, "order lines has no value"),
        ("sum(lines, price)", {"lines": 5}, "order lines cannot be read as lines"),
        ("sum(lines, price)", {"lines": [{"price": 1}, {}]}, "line 2: price has no value"),
        ("max(lines, price)", {"lines": []}, "order lines: there are none"),
        ("n * 2", {"n": 10**300}, "a number on the way has more than 200 digits"),
        ("n * 2", {"n": Decimal("1E+999999")}, "a number on the way has more than 200 digits"),
        ("n * n * n", {"n": 10**99 + 1}, "a number on the way has more than 200 digits"),
        ("count(lines)", {"lines": [{}] * 10_001}, "order lines: more than 10,000 lines"),
    ],
)
def test_what_cannot_be_worked_out_has_no_value_and_says_why(text, facts, why):
    result = compiled(text).evaluate(facts)
    assert (result.nothing, result.value, str(result.reason)) == (True, None, why)
    assert result.sentence("en") == f"no value: {why}"
    assert result.sentence("zh").startswith("没有值：")
    assert compiled(text).explain(facts).sentence("zh").endswith(result.sentence("zh"))


def test_a_missing_fact_is_named():
    assert compiled("amount + paid").evaluate({"amount": 1}).missing == ("paid",)


def test_only_what_is_needed_must_be_there():
    assert value_of("if(vip, 1, amount)", vip=True) == 1
    assert value_of("if(vip or amount > 1, 1, 2)", vip=True) == 1
    assert value_of("if(vip and amount > 1, 1, 2)", vip=False) == 2
    assert value_of("or_else(amount, 5)") == 5
    assert compiled("if(vip, 1, amount)").evaluate({"vip": False}).missing == ("amount",)


# In words ---------------------------------------------------------------------------------------------------


def test_it_says_what_it_does():
    formula = compiled('round(if(level = "gold", amount, amount - paid) * 15%, 2)')
    assert formula.sentence("en") == (
        "((order amount if level = Gold, otherwise order amount − paid) × 15%)"
        " rounded to 2 decimals (half up)"
    )
    assert formula.sentence("zh") == (
        "（（如果等级 = 金卡，则为订单金额，否则为订单金额 − 已付） × 15%）保留 2 位小数（四舍五入）"
    )


def test_it_shows_the_working_with_the_values_it_met():
    working = compiled("round(amount * 15%, 2)").explain({"amount": 80})
    assert working.sentences("en") == [
        "order amount (CNY 80) × 15% = CNY 12",
        "CNY 12 rounded to 2 decimals (half up) = CNY 12.00",
    ]
    assert working.sentences("zh")[0] == "订单金额（CNY 80） × 15% = CNY 12"
    lines = compiled("sum(lines, price * quantity)").explain({"lines": [{"price": 10, "quantity": 2}] * 12})
    said = lines.sentences("en")
    assert said[0] == "line 1: price (CNY 10) × quantity (2 pieces) = CNY 20"
    assert said[-2:] == ["… and 2 lines more", "the sum over order lines of price × quantity = CNY 240"]
    branch = compiled("if(vip, amount, 5)").explain({"vip": False, "amount": 1})
    assert branch.sentences("en") == ["is a VIP does not hold, so 5"]


def test_a_working_over_many_lines_does_not_take_long():
    formula = compiled("abs(" * 30 + "sum(lines, price)" + ")" * 30)
    facts = {"lines": [{"price": price} for price in range(10_000)]}
    assert formula.explain(facts).sentences("en")[-1].endswith("= CNY 49,995,000")
    assert is_done_in(0.5, lambda: formula.explain(facts).sentences("en"))


def test_every_function_is_told_with_its_use():
    for function in FUNCTIONS.values():
        told = function.as_json("zh")
        assert told["usage"].startswith(function.name + "(")
        assert told["label"]
        assert "|" in told["insert"]


# Units ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("amount + paid", "CNY"),
        ("amount + 5", "CNY"),
        ("amount * 2", "CNY"),
        ("2 * amount", "CNY"),
        ("amount * rate", "CNY"),
        ("amount * pieces", "CNY"),
        ("amount / pieces", "CNY"),
        ("amount / paid", "number"),
        ("amount / paid * waiting", "days"),
        ("amount * n", ""),
        ("amount + n", ""),
        ("n + 1", ""),
        ("1 + 1", ""),
        ("amount * waiting", ""),
        ("min(amount, paid)", "CNY"),
        ("max(amount, 0)", "CNY"),
        ("round(amount, 2)", "CNY"),
        ("if(vip, amount, 0)", "CNY"),
        ("if(amount > 100, amount, paid)", "CNY"),
        ("amount + spent", "money"),
        ("1 - rate", "number"),
        ("rate + 5%", "percent"),
        ("days_between(bought, today)", "days"),
        ("days_between(bought, today) + waiting", "days"),
        ("sum(lines, price * quantity)", "CNY"),
        ("count(lines)", "number"),
        ("if(waiting > 3, rate, 0)", "percent"),
    ],
)
def test_units_follow_the_arithmetic(text, unit):
    assert compiled(text).unit == unit


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("1 + (amount + waiting)", "amount + waiting", "These do not go together: CNY and days."),
        ("amount - dollars", "amount - dollars", "These are in different currencies: CNY and USD."),
        ("amount / dollars", "amount / dollars", "These are in different currencies: CNY and USD."),
        ("amount * paid", "amount * paid", "Money times money means nothing."),
        ("if(vip, amount, waiting)", "if(vip, amount, waiting)", "These do not go together: CNY and days."),
        ("if(amount > waiting, 1, 2)", "amount > waiting", "These do not go together: CNY and days."),
        ("max(amount, waiting)", "max(amount, waiting)", "These do not go together: CNY and days."),
        ("or_else(amount, waiting)", "or_else(amount, waiting)", "These do not go together: CNY and days."),
        ("amount + 15%", "amount + 15%", "A percentage is added by multiplying: amount * (1 + 15%)."),
        (
            "if(rate > 10, 1, 2)",
            "rate > 10",
            "This compares a percentage with a plain number. Write the number with %: 10%.",
        ),
        ("amount / paid + waiting", "amount / paid + waiting", "These do not go together: days and number."),
    ],
)
def test_units_that_do_not_go_together_are_refused_at_their_place(text, where, why):
    assert problems_of(text) == [(where, why)]


def test_a_unit_belongs_to_a_number():
    with pytest.raises(ValueError, match="cannot have the unit"):
        Vocabulary.of().extended([{"name": "a", "type": "string", "unit": "days"}])
    assert VOCABULARY.variables["amount"].as_json("en")["unit"] == "CNY"
    assert "unit" not in VOCABULARY.variables["n"].as_json("en")


# What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("", "", "Write a formula."),
        ("1 +", "+", "Something is missing at the end."),
        ("(1 + 2", "2", "A closing bracket is missing: )."),
        ("1 2", "2", "“2” is not expected here."),
        ("1,000", ",", "A comma is not expected here. Write numbers without separators: 1000."),
        ("2 ^ 9", "^", "There are no powers here. Multiply instead: a * a."),
        ("2 ** 9", "*", "There are no powers here. Multiply instead: a * a."),
        ("1 + “gold", "“gold", "This quotation mark is not closed."),
        ("amount > 1 > 0", ">", "Compare two things at a time: a > 1 and a < 5."),
        ("amount%", "%", "% follows a number only: 15%."),
        ("1 + amont", "amont", "“amont” is not known here. Did you mean “amount”?"),
        ("1 + [订单金头]", "[订单金头]", "“订单金头” is not known here. Did you mean “订单金额”?"),
        (
            "[twin] * 2",
            "[twin]",
            "Several variables are called “twin”. Use one of their names: [twin-a], [twin-b].",
        ),
        ("round", "round", "round is a function and needs brackets: round(x, 2, half_up)."),
        ("round(1, n)", "n", "A whole number of decimals from 0 to 20 is expected."),
        (
            "round(1, 2, best)",
            "best",
            "The way to round is one of half_up, half_even, up, down, floor, ceiling.",
        ),
        (
            "if(1 < 2, 3)",
            "if(1 < 2, 3)",
            'This is not how many values it takes. Write it like if(level = "gold", 20, 10).',
        ),
        ("if(1, 2, 3)", "1", "a yes or no is expected here, and this is a number."),
        ("note + 1", "note", "a number is expected here, and this is a text."),
        (
            'if(vip, 1, "x")',
            '"x"',
            "Both outcomes must be of one kind: here one is a number, the other a text.",
        ),
        ("amount / 0", "0", "This divides by zero."),
        ('level = "bronze"', '"bronze"', "“bronze” is not one of the options of level."),
        ('tags = "vip"', 'tags = "vip"', 'tags holds several choices. Write has(…, "…").'),
        ('bought > "2026-02-30"', '"2026-02-30"', 'Enter a date like "2026-01-31".'),
        ("lines", "lines", "order lines are many lines. Say what to do with them: sum(lines, …)."),
        ("sum(amount, 2)", "amount", "Lines are expected first: sum(lines, price * quantity)."),
        ("sum(lines, sum(lines, price))", "sum(lines, price)", "Lines within lines cannot be reckoned."),
        ("level", "level", "The formula should give a number, and gives a choice."),
        ("__import__", "__import__", "“__import__” is not known here."),
        ("amount.real", "amount.real", "“amount.real” is not known here. Did you mean “amount”?"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text, where, why):
    assert (where, why) in problems_of(text)


def test_every_problem_is_found_at_once():
    assert [where for where, _why in problems_of('amont + note * if(level = "x", 1, 2) + round(1, 99)')] == [
        "amont",
        "note",
        '"x"',
        "99",
    ]


def test_nothing_but_a_text_is_a_formula():
    for document in (None, 5, ["1"], {"a": 1}, b"1"):
        with pytest.raises(RuleErrors):
            compile_formula(document, VOCABULARY)


def test_a_wanted_type_is_demanded():
    with pytest.raises(RuleErrors, match="should give a number, and gives a text"):
        compiled('"gold"', returns="number")


MANY_LINES = [{"price": 10**99 + i, "quantity": 10**98 + 7 * i} for i in range(10_000)]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2_000,
        "-" * 2_000,
        "not " * 500,
        "1+" * 999 + "1",
        "if(" * 600,
        '"' * 1_999,
        "[" * 2_000,
        "x" * 2_000,
        "x" * 1_000_000,
        "n1 " * 600,
        "n*" * 240 + "n",
        "n/" * 240 + "m",
        "1/n+" * 120 + "1",
        "max(" + "n," * 99 + "1)",
        "sum(lines, price/quantity)",
        "max(lines, price/quantity)",
        "sum(lines, price*quantity)",
        "+".join(["sum(lines, price)"] * 20),
        "or_else(" * 30 + "1/n" + ", 1)" * 30,
        "9" * 2_000,
        "\ud800\x00" * 500,
    ],
    ids=lambda text: text[:20].encode("ascii", "replace").decode(),
)
def test_no_formula_takes_long(text):
    facts = {"n": 10**190 + 7, "m": 10**189 + 1, "lines": MANY_LINES}

    def try_it():
        with contextlib.suppress(RuleErrors):
            compiled(text).evaluate(facts)

    assert is_done_in(0.1, try_it)


PIECES = [
    *"01.9+-*/%()<>=≠,，（）“”\"'[] \n\x00",
    *("n", "if(", "round(", "sum(lines,", "amount", " and ", "vip", "level = ", "\ud800", "甲", "[订单金额]"),
]


def tried(text, vocabulary=VOCABULARY):
    try:
        return compile_formula(text, vocabulary, lines=LINES), []
    except RuleErrors as errors:
        return None, errors.problems


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_random_text_is_a_formula_or_says_why_not(text):
    formula, problems = tried(text)
    assert all(problem.sentence.zh for problem in problems)
    assert all(0 <= problem.start <= problem.end <= len(text) for problem in problems)
    if formula is None:
        assert problems
        return
    result = formula.evaluate({"n": 3, "amount": 7, "vip": True, "lines": []})
    assert result.sentence("zh")
    assert formula.explain({"n": 3, "amount": 7, "vip": True, "lines": []}).sentence("en")
    assert compiled(formula.text).text == formula.text


# Against an independent oracle: the same arithmetic in fractions -----------------------------------------

FACTS = {"n": Decimal("2.5"), "m": -3}
leaf = st.one_of(
    st.decimals(min_value=0, max_value=1000, places=2).map(lambda d: (format(d, "f"), Fraction(d))),
    st.integers(0, 200).map(lambda i: (f"{i}%", Fraction(i, 100))),
    st.sampled_from([("n", Fraction(5, 2)), ("m", Fraction(-3))]),
)
ROUND_BY = {
    "half_up": lambda x: -round_half_up(-x) if x < 0 else round_half_up(x),
    "half_even": round,
    "floor": lambda x: x.numerator // x.denominator,
    "ceiling": lambda x: -((-x.numerator) // x.denominator),
    "down": lambda x: int(x),
    "up": lambda x: int(x) if x == int(x) else int(x) + (1 if x > 0 else -1),
}


def round_half_up(x):
    return (2 * x.numerator + x.denominator) // (2 * x.denominator)


def rounded(x, places, mode):
    return Fraction(ROUND_BY[mode](x * 10**places), 10**places)


class DividesByZero(Exception):
    pass


def combined(children):
    def binary(parts):
        (left_text, left), mark, (right_text, right) = parts
        if None in (left, right) or (mark == "/" and right == 0):
            return f"({left_text} {mark} {right_text})", None
        result = {"+": left + right, "-": left - right, "*": left * right}.get(mark)
        return f"({left_text} {mark} {right_text})", left / right if mark == "/" else result

    def picked(parts):
        name, (left_text, left), (right_text, right) = parts
        both = None in (left, right)
        return f"{name}({left_text}, {right_text})", None if both else (min if name == "min" else max)(
            left, right
        )

    def branch(parts):
        (a_text, a), (b_text, b), (then_text, then), (else_text, otherwise) = parts
        text = f"if({a_text} > {b_text}, {then_text}, {else_text})"
        return text, None if None in (a, b) else (then if a > b else otherwise)

    def rounding(parts):
        (text, number), places, mode = parts
        return f"round({text}, {places}, {mode})", None if number is None else rounded(number, places, mode)

    return st.one_of(
        st.tuples(children, st.sampled_from("+-*/"), children).map(binary),
        st.tuples(st.sampled_from(["min", "max"]), children, children).map(picked),
        st.tuples(children, children, children, children).map(branch),
        st.tuples(children, st.integers(0, 6), st.sampled_from(sorted(ROUND_BY))).map(rounding),
        children.map(lambda part: (f"-{part[0]}", None if part[1] is None else -part[1])),
    )


@settings(max_examples=250, deadline=None)
@given(st.recursive(leaf, combined, max_leaves=12))
def test_formulas_agree_with_fractions(generated):
    text, expected = generated
    formula, problems = tried(text, UNITLESS)
    if formula is None:
        # 0.00 may be written as a divisor, and percentages cannot be compared with plain numbers.
        said = {str(problem.sentence)[:20] for problem in problems}
        assert said <= {"This divides by zero", "This compares a perc"}
        return
    result = formula.evaluate(FACTS)
    if expected is None:
        assert result.nothing
        assert "division by zero" in result.reason.en
        return
    assert not result.nothing, result.reason
    assert as_given_out(expected) == result.value
    assert formula.explain(FACTS).sentences("en") is not None
    again = compile_formula(formula.written("zh"), UNITLESS)
    assert again.evaluate(FACTS).value == result.value


UNITLESS = Vocabulary.of().extended(
    [{"name": "n", "label": "某数", "type": "numeric"}, {"name": "m", "label": "m数", "type": "numeric"}]
)


def as_given_out(fraction):
    """Exactly, or with fifty digits where the decimals never end."""
    rest = fraction.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        scale = 10**400
        return Decimal(fraction.numerator * (scale // fraction.denominator)).scaleb(-400, context=WIDE)
    return OUT.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))


WIDE = numbers._WIDE.copy()
WIDE.prec = 2_000
OUT = numbers._OUT.copy()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.decimals(-1000, 1000, places=3), st.integers(1, 50)),
        max_size=30,
    )
)
def test_sums_over_lines_are_exact(rows):
    lines = [{"price": price, "quantity": quantity} for price, quantity in rows]
    expected = sum((Fraction(price) * quantity for price, quantity in rows), Fraction(0))
    assert Fraction(value_of("sum(lines, price * quantity)", lines=lines)) == expected
    shares = sum((Fraction(price) / quantity for price, quantity in rows), Fraction(0))
    assert value_of("round(sum(lines, price / quantity), 4)", lines=lines) == Decimal(
        rounded(shares, 4, "half_up").numerator
    ) / Decimal(rounded(shares, 4, "half_up").denominator)


def test_lines_survive_the_decision_log():
    facts = {"lines": [{"price": Decimal("0.10"), "quantity": 3}], "amount": Decimal("5")}
    assert facts_from_json(facts_as_json(facts)) == facts

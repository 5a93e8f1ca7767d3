"""What the cells of a decision table mean: one truth table, and an oracle for generated tests."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import Months, RuleErrors, compile_unary

HOLDS = """
number | <10 | 9.999 10 10.001 -1 null | T F F T N
number | <=10 | 10 10.0000001 null | T F N
number | >10 | 10 1e2 null | F T N
number | >= -10 | -10 -11 | T F
number | > - 10 | -9 | T
number | =10 | 10 10.0 11 null | T T F F
number | !=10 | 10 11 null | F T T
number | 10 | 10 10.00 1e1 9 null | T T T F F
number | -5 | -5 5 | T F
number | .5 | 0.5 5 | T F
number | 1.5e3 | 1500 1.5 | T F
number | 15E-1 | 1.5 15 | T F
number | 2e+2 | 200 | T
number | [1..10] | 0 1 5 10 11 null | F T T T F N
number | (1..10) | 1 1.0001 9.9999 10 | F T T F
number | ]1..10[ | 1 1.0001 9.9999 10 null | F T T F N
number | [1..10[ | 1 10 | T F
number | ]1..10] | 1 10 | F T
number | (1..10] | 1 10 | F T
number | [1..10) | 1 10 | T F
number | [5..5] | 5 4 | T F
number | (5..5) | 5 | F
number | [-5..-1] | -5 -1 0 | T T F
number | [.5..1.5] | 0.5 0.4 | T F
number | [1...5e1] | 1 5 5.1 | T T F
number | 1,2,3 | 1 3 4 null | T T F F
number | <0, [5..7], >100 | -1 0 5 100 101 null | T F T F T N
number | not(1) | 1 2 null | F T T
number | not(1,2) | 1 2 3 null | F F T T
number | not(<10) | 9 10 null | F T N
number | not([1..5],>10) | 0 3 7 11 null | T F T F N
number | not(null) | 1 null | T F
number | null | null 0 | T F
number | =null | null 0 | T F
number | !=null | null 0 | F T
number | 1,null | 1 2 null | T F T
number | null,<5 | null 4 6 | T T F
number | <5,null | null | T
number | not(<5,null) | null 6 | F T
number | - | 1 null | T T
number | 9007199254740993 | 9007199254740993 9007199254740992 | T F
number | 0.1 | 0.1 0.10000000000000000001 | T F
number | 100000000000000000000000000000000000001 | 100000000000000000000000000000000000001 1e38 | T F
string | "a" | a A b null | T F F F
string | "Medium","Low" | Medium Low High | T T F
string | not("a","b") | a b c null | F F T T
string | <"b" | a b null | T F N
string | ["b".."d") | a b c d | F T T F
string | >"Z" | a Z | T F
string | null | null x | T F
string | "退款","换货" | 退款 换货 投诉 | T T F
string | "-" | - x | T F
string | "true" | true | T
string | "not(" | not( | T
string | "a,b" | a,b a | T F
boolean | true | true false null | T F F
boolean | false | true false null | F T F
boolean | not(true) | true false null | F T T
boolean | true,false | true false null | T T F
boolean | !=true | true false null | F T T
date | date("2020-02-29") | 2020-02-29 2020-03-01 | T F
date | @"2020-02-29" | 2020-02-29 | T
date | <date("2020-01-01") | 2019-12-31 2020-01-01 null | T F N
date | [@"2020-01-01"..@"2020-12-31"] | 2020-06-01 2021-01-01 | T F
date | not(@"2020-01-01") | 2020-01-01 2020-01-02 | F T
time | <time("10:30:00") | 10:29:59 10:30:00 | T F
time | <time("10:30:00.5") | 10:30:00.4 10:30:00.5 | T F
time | time("10:30:00Z") | 11:30:00+01:00 10:30:00+01:00 10:30:00 | T F F
time | <time("10:30:00Z") | 10:30:00+01:00 10:30:00 | T N
time | [@"22:00:00"..@"23:59:59"] | 23:00:00 21:00:00 | T F
date and time | <date and time("2020-01-01T00:00:00") | 2019-12-31T23:59:59 2020-01-01T00:00:00 | T F
date and time | @"2020-01-01T08:00:00+08:00" | 2020-01-01T00:00:00Z 2020-01-01T08:00:00Z | T F
date and time | @"2020-07-01T12:00:00@Europe/Paris" | 2020-07-01T10:00:00Z | T
date and time | >@"2020-01-01T00:00:00Z" | 2020-01-01T00:00:01 2020-01-01T00:00:01Z | N T
date and time | date and time("2020-01-01") | 2020-01-01T00:00:00 | T
duration | <duration("P10D") | P9D PT240H P1Y null | T F N N
duration | duration("P1Y") | P12M P1Y1M P365D | T F N
duration | not(duration("P1Y")) | P12M P365D | F N
duration | duration("P1D"),duration("P1Y") | P1D PT24H P12M P2D | T T T N
days and time duration | <=duration("PT1H30M") | PT90M PT5400S PT5400.5S -P1D | T T F T
days and time duration | >@"-P1D" | PT0S -P2D | T F
years and months duration | [duration("P1Y")..duration("P2Y")] | P12M P1Y6M P24M P25M | T T T F
years and months duration | -  | P1Y null | T T
"""
OUTCOMES = {"T": True, "F": False, "N": None}


def truth_table():
    for line in HOLDS.strip().splitlines():
        type_name, text, values, outcomes = (part.strip() for part in line.split(" | "))
        yield from (
            pytest.param(type_name, text, value, OUTCOMES[outcome], id=f"{text} of {value}")
            for value, outcome in zip(values.split(), outcomes.split(), strict=True)
        )


def fact(value, type_name):
    if value == "null":
        return None
    if type_name == "number":
        return Decimal(value)
    return value == "true" if type_name == "boolean" else value


@pytest.mark.parametrize(("type_name", "text", "value", "expected"), list(truth_table()))
def test_a_test_holds_fails_or_has_no_answer(type_name, text, value, expected):
    unary = compile_unary(text, type_name)
    assert unary.holds(fact(value, type_name)) is expected
    assert unary.sentence("x", "en")
    assert unary.sentence("x", "zh")


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("date", '@"2020-01-02"', date(2020, 1, 2)),
        ("time", '@"10:30:00"', time(10, 30)),
        ("time", '@"10:30:00+02:00"', time(8, 30, tzinfo=UTC)),
        ("date and time", '@"2020-01-02T03:04:05.25"', datetime(2020, 1, 2, 3, 4, 5, 250000)),
        (
            "date and time",
            '@"2020-01-02T00:00:00Z"',
            datetime(2020, 1, 2, 8, tzinfo=timezone(timedelta(hours=8))),
        ),
        # The second 02:30 of the night in which clocks are put back.
        (
            "date and time",
            '@"2020-10-25T01:30:00Z"',
            datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Paris")),
        ),
        ("duration", 'duration("P1DT2H")', timedelta(hours=26)),
        ("duration", 'duration("P1Y2M")', Months(14)),
        ("years and months duration", 'duration("-P1Y2M")', Months(-14)),
        ("number", "0.1", 0.1),
        ("any", "5", 5),
        ("any", '"5"', "5"),
        ("any", "true", True),
        ("any", '@"2020-01-02"', date(2020, 1, 2)),
        ("numeric", "5", 5),
        ("dateTime", '@"2020-01-02T00:00:00"', datetime(2020, 1, 2)),
    ],
)
def test_facts_may_be_python_values(type_name, text, value):
    assert compile_unary(text, type_name).holds(value) is True


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r'"\"quoted\""', '"quoted"'),
        (r'"it\'s"', "it's"),
        (r'"a\\b"', "a\\b"),
        (r'"a\nb\tc\r"', "a\nb\tc\r"),
        (r'"A\u00e9"', "Aé"),
        (r'"\U01F600"', "😀"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\\u0041"', "\\u0041"),
        ('""', ""),
        ('" "', " "),
        ('"// not a comment"', "// not a comment"),
    ],
)
def test_texts_have_escapes(text, meant):
    assert compile_unary(text, "string").holds(meant) is True


@pytest.mark.parametrize("wrong", ["5", True, object(), [5], float("nan"), 10**500, Decimal("1e-500")])
def test_a_fact_of_another_type_counts_as_null(wrong):
    assert compile_unary("<10", "number").holds(wrong) is None
    assert compile_unary("5", "number").holds(wrong) is False
    assert compile_unary("null", "number").holds(wrong) is True


def test_a_name_is_another_fact():
    unary = compile_unary("> order.limit, Credit Limit", "number")
    assert unary.names == {"order.limit", "Credit Limit"}
    assert unary.holds(5, {"order.limit": 4}) is True
    assert unary.holds(5, {"order": {"limit": 4}}) is True
    assert unary.holds(5, {"order": {"limit": 6}, "Credit Limit": 5}) is True
    assert unary.holds(5, {"order.limit": 6, "Credit Limit": 7}) is False
    assert unary.holds(5, {"order.limit": "6", "Credit Limit": 7}) is None
    assert unary.holds(5, {"order": 5}) is None
    assert unary.holds(None, {"Credit Limit": 5}) is None
    assert unary.holds(None, {}) is True  # null = null


def test_a_chinese_name_is_a_name():
    assert compile_unary("[下限..上限)", "number").holds(3, {"下限": 1, "上限": 3}) is False


REFUSED = [
    ("number", ""),
    ("number", "  "),
    ("number", "<"),
    ("number", "< <5"),
    ("number", "5,"),
    ("number", ",5"),
    ("number", "5 6"),
    ("number", "1..2"),
    ("number", "[1..2"),
    ("number", "[1.2]"),
    ("number", "1..2]"),
    ("number", "[1,2]"),
    ("number", "[..2]"),
    ("number", "[1..]"),
    ("number", "[1..2..3]"),
    ("number", "[5..1]"),
    ("number", "[1..null]"),
    ("number", "(1)"),
    ("number", "<[1..2]"),
    ("number", "not()"),
    ("number", "not(1"),
    ("number", "not(1))"),
    ("number", "not(1),2"),
    ("number", "2,not(1)"),
    ("number", "not(not(1))"),
    ("number", "not(-)"),
    ("number", "-,1"),
    ("number", "--1"),
    ("number", "+1"),
    ("number", "1."),
    ("number", "1e"),
    ("number", "1e999999999999999999999999"),
    ("number", "1e400"),
    ("number", "1e-401"),
    ("number", "9" * 401),
    ("number", "0x10"),
    ("number", "1_000"),
    ("number", "1,000.5.5"),
    ("number", "٣"),
    ("number", "NaN()"),
    ("number", "? > 5"),
    ("number", "5 + 5"),
    ("number", "5 > 3"),
    ("number", "< null"),
    ("number", "not"),
    ("number", "not,5"),
    ("number", "not limit"),
    ("number", "between low and high"),
    ("number", "lower or upper"),
    ("string", "low or high"),
    ("number", '"5"'),
    ("number", "true"),
    ("number", '@"2020-01-01"'),
    ("boolean", "<true"),
    ("boolean", "1"),
    ("string", '"a'),
    ("string", 'a"'),
    ("string", '"a\\"'),
    ("string", '"a\nb"'),
    ("string", '"\\d"'),
    ("string", '"\\u12"'),
    ("string", '"\\UFFFFFF"'),
    ("string", '"\\ud83d"'),
    ("string", "“A”"),
    ("string", "'A'"),
    ("string", '"A"，"B"'),
    ("string", "5"),
    ("string", "\ud800"),
    ("string", '"' + "a" * 5_000 + '"'),
    ("string", ",".join(['"a"'] * 1_001)),
    ("date", '"2020-01-01"'),
    ("date", "2020-01-01"),
    ("date", 'date("2020-02-30")'),
    ("date", 'date("0000-01-01")'),
    ("date", 'date("20200101")'),
    ("date", 'date("123456789-01-01")'),
    ("date", "date(2020,1,1)"),
    ("date", 'date("2020-01-01"'),
    ("date", 'date"2020-01-01"'),
    ("date", 'datum("2020-01-01")'),
    ("date", '@"tomorrow"'),
    ("date", '@"PT1H"'),
    ("date", '@"2020-01-01T00:00:00"'),
    ("time", 'time("10:30")'),
    ("time", 'time("24:00:00")'),
    ("time", 'time("10:30:00+25:00")'),
    ("time", 'time("10:30:00+01:75")'),
    ("time", 'time("10:30:00@Europe/Paris")'),
    ("time", 'time("10:30:00.1234567")'),
    ("date and time", 'date and time("2020-01-01T10:30:00@Nowhere/City")'),
    ("date and time", 'date and time("2020-01-01T10:30:00@../../etc/passwd")'),
    ("date and time", 'date and time("2020-01-01T10:30:00@Europe")'),
    ("date and time", 'date and time("0001-01-01T00:00:00+14:00")'),
    ("date and time", 'date and time("9999-12-31T23:59:59@America/New_York")'),
    ("date and time", '[@"2020-01-01T00:00:00"..@"2020-02-01T00:00:00Z"]'),
    ("date and time", '@"2020-01-01"'),
    ("duration", 'duration("P")'),
    ("duration", 'duration("PT")'),
    ("duration", 'duration("P1DT")'),
    ("duration", 'duration("P1Y1D")'),
    ("duration", 'duration("P1.5D")'),
    ("duration", 'duration("-P999999999DT23H")'),
    ("duration", 'duration("P99999999999999999999D")'),
    ("duration", '[duration("P1D")..duration("P1Y")]'),
    ("days and time duration", 'duration("P1Y")'),
    ("years and months duration", 'duration("P1D")'),
    ("number", None),
    ("number", 5),
    ("number", ["5"]),
]


@pytest.mark.parametrize(("type_name", "text"), REFUSED, ids=lambda part: repr(part)[:40])
def test_what_is_no_test_is_refused_with_a_sentence(type_name, text):
    with pytest.raises(RuleErrors) as caught:
        compile_unary(text, type_name)
    [problem] = caught.value.problems
    assert problem.path == ""
    assert problem.sentence.en.endswith(".")
    assert problem.sentence.zh.endswith("。")
    assert problem.sentence.zh != problem.sentence.en


def test_marks_of_an_input_method_are_answered_with_the_ones_meant():
    for text, zh in [
        ("“A”", '请用 " 代替 “。'),
        ("≤5", "请用 <= 代替 ≤。"),
        ("（1..2）", "请用 ( 代替 （。"),
    ]:
        with pytest.raises(RuleErrors) as caught:
            compile_unary(text, "any")
        assert caught.value.sentences("zh-hans") == [zh]


def test_an_unknown_type_is_refused():
    for wrong in ("text", 5, ["number"]):
        with pytest.raises(RuleErrors) as caught:
            compile_unary("5", wrong)
        assert caught.value.problems[0].path == "type"


@pytest.mark.parametrize(
    ("type_name", "text", "en", "zh"),
    [
        ("number", "<10", "age is less than 10", "年龄小于 10"),
        ("number", "[18..65]", "age is between 18 and 65", "年龄在 18 到 65 之间"),
        (
            "number",
            "[18..65)",
            "age is at least 18 and age is less than 65",
            "年龄大于或等于 18，并且年龄小于 65",
        ),
        ("number", "1,2", "age is one of 1, 2", "年龄是 1、2 之一"),
        ("number", "not(1)", "age does not equal 1", "年龄不等于 1"),
        ("number", "not(1,2)", "age is none of 1, 2", "年龄不是 1、2 中的任何一个"),
        ("number", "<1,>5", "age is less than 1 or age is more than 5", "年龄小于 1，或者年龄大于 5"),
        (
            "number",
            "not(<1,>5)",
            "not (age is less than 1 or age is more than 5)",
            "不满足（年龄小于 1，或者年龄大于 5）",
        ),
        ("number", "null", "age has no value", "年龄没有值"),
        ("number", "not(null)", "age has a value", "年龄有值"),
        ("number", "-", "age is anything", "年龄为任意值"),
        ("number", ">=最低年龄", "age is at least 最低年龄", "年龄大于或等于最低年龄"),
        ("boolean", "not(true)", "age is no", "年龄为“否”"),
        ("date", '>@"2020-01-01"', "age is after 2020-01-01", "年龄晚于 2020-01-01"),
        ("duration", '@"P1DT2H0.5S"', "age is 1 day 2 hours 0.5 seconds", "年龄是 1 天 2 小时 0.5 秒"),
        ("duration", '<=@"-P1Y2M"', "age is at most -1 year 2 months", "年龄小于或等于 -1 年 2 个月"),
        ("duration", '@"PT0S"', "age is 0 days", "年龄是 0 天"),
    ],
)
def test_a_test_is_said_in_both_languages(type_name, text, en, zh):
    unary = compile_unary(text, type_name)
    assert unary.sentence("age", "en") == en
    assert unary.sentence("年龄", "zh-hans") == zh


# Generated tests against an oracle ----------------------------------------------------------------------
#
# A generated value is (its text in a test, itself); a generated test (its text, a function: what it means).

INTEGERS = st.integers(-3, 3).map(lambda number: (str(number), number))
FRACTIONS = st.integers(-30, 30).map(lambda tenths: (f"{Decimal(tenths) / 10:.1f}", Decimal(tenths) / 10))
EXPONENTS = st.integers(-3, 3).map(lambda number: (f"{number}00e-2", number))
TEXTS = st.text(alphabet='ab"\\\n菜', max_size=2).map(
    lambda text: ('"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"', text)
)
DATES = st.dates(date(2020, 1, 1), date(2020, 1, 5)).map(lambda day: (f'date("{day}")', day))
MONTHS = st.integers(-14, 14).map(lambda n: (f'duration("{"-" if n < 0 else ""}P{abs(n)}M")', Months(n)))
TIMES = st.integers(0, 3).map(lambda hour: (f'@"0{hour}:00:00"', time(hour)))
KINDS = {
    "number": st.one_of(INTEGERS, FRACTIONS, EXPONENTS),
    "string": TEXTS,
    "date": DATES,
    "time": TIMES,
    "years and months duration": MONTHS,
}


def slow_order(sign, fact, end):
    if fact is None:
        return None
    return {"<": fact < end, "<=": not end < fact, ">": end < fact, ">=": not fact < end}[sign]


def slow_all(answers):
    return False if False in answers else None if None in answers else True


def slow_any(answers):
    return True if True in answers else None if None in answers else False


def slow_not(answer):
    return {True: False, False: True, None: None}[answer]


SPACES = st.sampled_from(["", " ", "\t "])


@st.composite
def simple_tests(draw, values):
    space = draw(SPACES)
    kind = draw(st.sampled_from(["value", "sign", "range", "null"]))
    if kind == "null":
        return "null", lambda fact: fact is None
    text, value = draw(values)
    if kind == "value":
        sign = draw(st.sampled_from(["", "=", "!="]))
        return f"{sign}{space}{text}", lambda fact: (fact == value) is (sign != "!=")
    if kind == "sign":
        sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
        return f"{sign}{space}{text}", lambda fact: slow_order(sign, fact, value)
    (low_text, low), (high_text, high) = sorted([(text, value), draw(values)], key=lambda end: end[1])
    opening, closing = draw(st.sampled_from("[(]")), draw(st.sampled_from("])["))
    above, below = ">=" if opening == "[" else ">", "<=" if closing == "]" else "<"
    return (
        f"{opening}{space}{low_text}..{space}{high_text}{space}{closing}",
        lambda fact: slow_all([slow_order(above, fact, low), slow_order(below, fact, high)]),
    )


@st.composite
def unary_tests(draw, values):
    if draw(st.integers(0, 9)) == 0:
        return "-", lambda fact: True
    tests = draw(st.lists(simple_tests(values), min_size=1, max_size=4))
    text = f"{draw(SPACES)},{draw(SPACES)}".join(test for test, _ in tests)
    if draw(st.booleans()):
        return text, lambda fact: slow_any([means(fact) for _, means in tests])
    return f"not{draw(SPACES)}({text})", lambda fact: slow_not(slow_any([means(fact) for _, means in tests]))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_generated_tests_mean_what_an_oracle_says(data):
    type_name = data.draw(st.sampled_from(sorted(KINDS)))
    values = KINDS[type_name]
    text, means = data.draw(unary_tests(values))
    facts = [None, *(value for _, value in data.draw(st.lists(values, min_size=1, max_size=5)))]
    unary, loose = compile_unary(text, type_name), compile_unary(text, "any")
    for value in facts:
        assert unary.holds(value) is means(value), (text, value)
        assert loose.holds(value) is means(value), (text, value)


@settings(max_examples=400, deadline=None)
@given(
    st.text(alphabet='<>=![](),.-"\\@ 0123456789eEnotulrdaticmPTYMZ:+菜“\n', max_size=40),
    st.sampled_from(sorted(KINDS)),
)
def test_any_text_is_a_test_or_is_refused(text, type_name):
    try:
        unary = compile_unary(text, type_name)
    except RuleErrors as errors:
        [problem] = errors.problems
        (problem.sentence.en + problem.sentence.zh).encode()
    else:
        assert unary.holds(None) in (True, False, None)
        assert unary.sentence("x", "zh")


@pytest.mark.parametrize(("text", "held"), [("[1..10]", None), ("> 1", None), ("null", True), ("-", True)])
def test_of_the_value_null_alone_only_null_is_known(text, held):
    assert compile_unary(text, "null").holds(None) is held

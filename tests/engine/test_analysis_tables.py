"""Gaps, overlaps and rows that never count: each claim is held against `decide`, value by value."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import DecisionError, Months, compile_table, compile_unary
from rules.engine.analysis import analyse_table


def table_of(*rows, inputs, policy="UNIQUE", output=None):
    return compile_table(
        {
            "hit_policy": policy,
            "inputs": [{"name": name, **column} for name, column in inputs.items()],
            "outputs": [{"name": "result", "type": "string", **(output or {})}],
            "rules": [{"when": list(when), "then": [f'"{then}"']} for *when, then in rows],
        }
    )


def findings(table, kind=None, language="en"):
    found = analyse_table(table).findings
    return [finding for finding in found if kind in (None, finding.kind)]


def told(table, kind, language="en"):
    return [finding.sentence.say(language) for finding in findings(table, kind)]


AMOUNT = {"type": "number", "label": {"en": "amount", "zh": "金额"}}
LEVEL = {"type": "string", "label": {"en": "level", "zh": "等级"}}


# By hand -----------------------------------------------------------------------------------------------


def test_a_gap_is_said_with_an_example_and_the_row_that_fills_it():
    table = table_of(["<100", "-", "A"], [">100", '"gold"', "B"], inputs={"amount": AMOUNT, "level": LEVEL})
    gap = findings(table, "gap")[0]
    assert gap.sentence == "No row holds when amount equals 100."
    assert gap.sentence.zh == "当金额等于 100 时，没有行成立。"
    assert gap.example == {"amount": 100, "level": "gold"}
    assert gap.example_sentence.zh == "金额：100，等级：“gold”"
    assert gap.when == ("100", "-")
    assert gap.as_json("en")["example"] == {"amount": "100", "level": '"gold"'}
    assert len(told(table, "gap")) == 4
    assert "No row holds when amount has no value." in told(table, "gap")


def test_neighbouring_values_that_are_left_out_are_one_gap():
    rows = [[f"[{low}..{low + 10})", "x"] for low in range(0, 100, 20)]
    gaps = findings(table_of(*rows, inputs={"amount": AMOUNT}), "gap")
    assert [gap.when for gap in gaps] == [
        ("<0, [10..20), [30..40), [50..60), [70..80), >=90",),
        ("null",),
    ]


def test_between_two_days_in_a_row_lies_nothing():
    day = {"type": "date", "values": "not(null)"}
    rows = ['<=@"2026-01-01"', "x"], ['>=@"2026-01-02"', "y"]
    assert findings(table_of(*rows, inputs={"day": day})) == []
    moment = {"type": "date and time", "values": '>=@"2000-01-01T00:00:00Z"'}
    rows = ['<=@"2026-01-01T00:00:00Z"', "x"], ['>=@"2026-01-02T00:00:00Z"', "y"]
    assert len(findings(table_of(*rows, inputs={"moment": moment}))) == 1


def test_a_default_and_a_list_make_gaps_good_to_know():
    assert [finding.severity for finding in findings(table_of(["1", "x"], inputs={"amount": AMOUNT}))] == [
        "warning",
        "info",  # a missing amount
    ]
    with_default = table_of(["1", "x"], inputs={"amount": AMOUNT}, output={"default": "z"})
    assert {finding.severity for finding in findings(with_default)} == {"info"}
    assert "so the default is given" in told(with_default, "gap")[0]


def test_rows_that_overlap_are_errors_only_where_the_policy_forbids_it():
    rows = ["<100", "A"], [">50", "B"]
    unique = findings(table_of(*rows, inputs={"amount": AMOUNT}), "overlap")
    assert [(finding.rows, finding.severity, finding.example) for finding in unique] == [
        ((0, 1), "error", {"amount": 51})
    ]
    assert unique[0].sentence.zh == "第 1 行与第 2 行可能同时成立，而此表（UNIQUE）只允许一行成立。"
    assert told(table_of(*rows, inputs={"amount": AMOUNT}, policy="ANY"), "overlap")
    same = ["<100", "A"], [">50", "A"]
    assert not told(table_of(*same, inputs={"amount": AMOUNT}, policy="ANY"), "overlap")
    assert not told(table_of(*rows, inputs={"amount": AMOUNT}, policy="FIRST"), "overlap")


def test_a_row_that_several_before_it_take_together_never_counts():
    rows = ["<10", "A"], ["[5..7]", "B"], [">=10", "C"], [">0", "D"]
    assert told(table_of(*rows, inputs={"amount": AMOUNT}, policy="FIRST"), "shadowed") == [
        "Row 2 never counts: whenever it holds, row 1 comes first.",
        "Row 4 never counts: whenever it holds, one of the rows 1, 3 comes first.",
    ]


def test_a_row_against_the_allowed_values_says_so():
    table = table_of(
        ['"silver"', "(3..3)", "A"],
        ['"gold"', "(3..3)", "A"],
        inputs={"level": {**LEVEL, "values": ["gold", "plain"]}, "amount": AMOUNT},
    )
    assert told(table, "unreachable") == [
        "Row 1 can never hold: level is “silver” is against the allowed values of level.",
        "Row 2 can never hold: it is never so that amount is more than 3 and amount is less than 3.",
    ]


def test_a_column_that_stands_twice_is_one_fact():
    table = compile_table(
        {
            "inputs": [{"name": "amount", "type": "number"}, {"name": "amount", "type": "number"}],
            "outputs": [{"name": "result", "type": "number"}],
            "rules": [
                {"when": [">=10", "<5"], "then": ["1"]},
                {"when": [">=0", "<100"], "then": ["2"]},
            ],
        }
    )
    assert [finding.kind for finding in findings(table)] == ["unreachable", "gap", "gap"]
    assert findings(table, "gap")[0].when == ("<0, >=100", "-")
    assert analyse_table(table).complete


def test_what_cannot_be_known_is_said():
    table = table_of(["<limit", "A"], [">=5", "B"], inputs={"amount": AMOUNT})
    analysis = analyse_table(table)
    assert not analysis.complete
    assert analysis.limits == [
        "Rows 1 compare with another fact. What only they may cover is not told as a gap."
    ]
    two_types = {
        "inputs": [{"name": "day", "type": "string"}, {"name": "day", "type": "date"}],
        "outputs": [{"name": "result", "type": "number"}],
        "rules": [{"when": ['"2026-01-01"', "-"], "then": ["1"]}],
    }
    assert not analyse_table(compile_table(two_types)).complete


def test_a_table_with_too_many_combinations_is_told_so_and_what_is_told_is_true():
    rows = [[f"[{a}..{a + 7}]", f"[{a * 7 % 31}..{a * 7 % 31 + 9}]", "x"] for a in range(30)]
    table = table_of(*rows, inputs={"amount": AMOUNT, "other": AMOUNT}, policy="FIRST")
    analysis = analyse_table(table, work=300)
    assert not analysis.complete
    assert all(
        table.decide(finding.example).nothing for finding in analysis.findings if finding.kind == "gap"
    )


def test_a_thousand_rows_of_five_inputs_take_few_steps():
    """A full grid: nothing is missing but values that no row names, and nothing is looked at twice."""
    rows = [
        [f'"c{city}"', level, band, hours, paid, "x"]
        for city in range(25)
        for level in ('"gold"', '"plain"')
        for band in ("<100", "[100..500)", "[500..1000)", ">=1000", "null")
        for hours in ("<12", ">=12")
        for paid in ("true", "false")
    ]
    inputs = {"city": LEVEL, "level": LEVEL, "amount": AMOUNT, "hour": AMOUNT, "paid": {"type": "boolean"}}
    analysis = analyse_table(table_of(*rows, inputs=inputs), work=100_000)
    assert analysis.complete
    assert len(rows) == 1_000
    assert [finding.kind for finding in analysis.findings] == ["gap"] * 6


# Oracle ------------------------------------------------------------------------------------------------

UTC_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAIVE_NOON = datetime(2026, 1, 1, 12)
SECOND = timedelta(microseconds=1)

# Of each type: cells as they may be written, and values that meet every one of them in every way.
CELLS = {
    "number": [
        "-",
        "0",
        "1",
        "2.5",
        "<1",
        "<=1",
        ">0",
        ">=2.5",
        "[0..1]",
        "(0..1)",
        "(1..2.5]",
        "0,2.5",
        "not(1)",
        "not(<1)",
        "not([0..1],2.5)",
        "null",
        "not(null)",
        "null,>1",
        "!=1",
        "(1..1)",
        "<limit",
        "not(<limit)",
        "[0..limit]",
        "limit",
        "1,>limit",
    ],
    "string": [
        "-",
        '"A"',
        '"B"',
        '"A","B"',
        'not("A")',
        'not("A","B")',
        "null",
        "not(null)",
        '<"B"',
        '""',
        '>="A"',
        'not("",null)',
    ],
    "boolean": ["-", "true", "false", "null", "not(true)", "true,false", "!=true", "not(null)"],
    "date": [
        "-",
        '@"2026-01-01"',
        '<@"2026-01-02"',
        '>@"2026-01-01"',
        '(@"2026-01-01"..@"2026-01-02")',
        '[@"2026-01-01"..@"2026-01-04")',
        'not(@"2026-01-02")',
        "null",
        '(@"2026-01-02"..@"2026-01-04")',
    ],
    "time": [
        "-",
        '<@"09:00:00"',
        '>=@"09:00:00"',
        '<@"09:00:00Z"',
        'not(@"09:00:00")',
        "not(null)",
        "null",
        '>=@"10:00:00+01:00"',
    ],
    "date and time": [
        "-",
        '<@"2026-01-01T12:00:00"',
        '>=@"2026-01-01T12:00:00"',
        '<@"2026-01-01T12:00:00Z"',
        '>=@"2026-01-01T20:00:00+08:00"',
        "null",
        'not(@"2026-01-01T12:00:00Z")',
        "not(null)",
    ],
    "duration": ["-", '<@"P1D"', '>=@"P1D"', '<@"P1Y"', '>=@"P12M"', "null", "not(null)", 'not(@"P1D")'],
    "any": ["-", '"A"', 'not("A")', "1", "<1", "true", "null", "not(null)", 'not("A",1)', ">=1"],
}
VALUES = {
    "number": [None, -1, 0, Decimal("0.5"), 1, 2, Decimal("2.5"), 3, "wrong"],
    "string": [None, "", "0", "A", "AA", "B", "C"],
    "boolean": [None, True, False],
    "date": [None, *(date(2026, 1, 1) + timedelta(days=days) for days in range(-1, 5))],
    "time": [
        None,
        *(time(9, 0, 0), time(8), time(10), time(9, tzinfo=UTC), time(8, tzinfo=UTC), time(10, tzinfo=UTC)),
    ],
    "date and time": [
        None,
        *(noon + shift for noon in (NAIVE_NOON, UTC_NOON) for shift in (-SECOND, 0 * SECOND, SECOND)),
    ],
    "duration": [None, timedelta(0), timedelta(days=1), timedelta(days=2), Months(1), Months(12), Months(13)],
    "any": [None, "0", "A", "B", 0, 1, 2, True, False, date(2026, 1, 1), NAIVE_NOON, Months(1)],
}
ALLOWED = {"number": "[0..2.5],null", "string": '"A","B","C"', "boolean": "true,false", "date": "not(null)"}
TYPES = sorted(CELLS)


@st.composite
def documents(draw, policies, types=TYPES):
    columns = draw(st.lists(st.sampled_from(types), min_size=1, max_size=3))
    inputs = [{"name": f"fact{place}", "type": kind} for place, kind in enumerate(columns)]
    for column in inputs:
        if draw(st.integers(0, 5)) == 0 and column["type"] in ALLOWED:
            column["values"] = ALLOWED[column["type"]]
    row = st.tuples(*(st.sampled_from(CELLS[kind]) for kind in columns))
    rows = draw(st.lists(st.tuples(row, st.sampled_from(["1", "2"])), max_size=6))
    return {
        "hit_policy": draw(st.sampled_from(policies)),
        "inputs": inputs,
        "outputs": [{"name": "result", "type": "number", "values": [2, 1]}],
        "rules": [{"when": list(when), "then": [then]} for when, then in rows],
    }


class Oracle:
    """Every combination of values, and the rows that hold of it."""

    def __init__(self, document):
        collecting = compile_table({**document, "hit_policy": "COLLECT"}, names=["limit"])
        named = any("limit" in cell for row in document["rules"] for cell in row["when"])
        self.matched = []
        for values in product(*(VALUES[column["type"]] for column in document["inputs"])):
            for limit in (None, -1, 1, 9) if named else (None,):
                facts = {f"fact{place}": value for place, value in enumerate(values)} | {"limit": limit}
                try:
                    self.matched.append((facts, collecting.decide(facts).matched))
                except DecisionError:
                    continue  # outside the allowed values
        self.collecting = collecting

    def at(self, facts):
        return self.collecting.decide(facts).matched


def holds_of(when, document, facts):
    return all(
        compile_unary(cell, column["type"]).holds(facts[column["name"]])
        for cell, column in zip(when, document["inputs"], strict=True)
    )


@settings(max_examples=150, deadline=None)
@given(documents(policies=["COLLECT"]))
def test_gaps_are_all_that_no_row_covers_and_nothing_else(document):
    oracle = Oracle(document)
    analysis = analyse_table(compile_table(document, names=["limit"]))
    gaps = [finding for finding in analysis.findings if finding.kind == "gap"]
    for gap in gaps:
        assert oracle.at(gap.example) == ()
        assert holds_of(gap.when, document, gap.example)
        assert all(not matched for facts, matched in oracle.matched if holds_of(gap.when, document, facts))
    if analysis.complete:
        for facts, matched in oracle.matched:
            assert matched or any(holds_of(gap.when, document, facts) for gap in gaps), facts


@settings(max_examples=60, deadline=None)
@given(documents(policies=["COLLECT"]))
def test_a_gap_is_gone_once_its_row_is_added(document):
    for gap in findings(compile_table(document, names=["limit"]), "gap")[:3]:
        filled = {**document, "rules": [*document["rules"], {"when": list(gap.when), "then": ["1"]}]}
        table = compile_table({**filled, "hit_policy": "UNIQUE"}, names=["limit"])
        last = len(document["rules"])
        assert table.decide(gap.example).matched == (last,)
        assert gap.when not in [other.when for other in findings(table, "gap")]
        assert not [finding for finding in findings(table) if last in finding.rows]


@settings(max_examples=120, deadline=None)
@given(documents(policies=["UNIQUE", "ANY"]))
def test_overlaps_are_all_pairs_of_rows_that_hold_together(document):
    oracle = Oracle(document)
    table = compile_table(document, names=["limit"])
    analysis = analyse_table(table)
    pairs = set()
    for finding in analysis.findings:
        if finding.kind in ("overlap", "repeated"):
            pairs.add(tuple(sorted(finding.rows)))
            if finding.kind == "overlap" or analysis.complete:
                assert set(finding.rows) <= set(oracle.at(finding.example))
    met = {pair for _, matched in oracle.matched for pair in combinations(matched, 2)}
    if document["hit_policy"] == "ANY":
        outputs = [row["then"] for row in document["rules"]]
        met = {(left, right) for left, right in met if outputs[left] != outputs[right]}
        pairs = {(left, right) for left, right in pairs if outputs[left] != outputs[right]}
    assert not analysis.complete or pairs <= met
    if analysis.complete:
        first = {}
        for finding in analysis.findings:
            if finding.kind == "repeated":  # told once, of the first row it repeats
                first[finding.rows[0]] = finding.rows[1]
        same = {(left, right) for left, right in met if first.get(left, left) == first.get(right, right)}
        assert met - same <= pairs


@settings(max_examples=150, deadline=None)
@given(documents(policies=["FIRST", "PRIORITY"]))
def test_rows_are_shadowed_when_another_always_comes_first(document):
    oracle = Oracle(document)
    analysis = analyse_table(compile_table(document, names=["limit"]))
    never = {finding.rows[0] for finding in analysis.findings if finding.kind in ("shadowed", "repeated")}
    never |= {finding.rows[0] for finding in analysis.findings if finding.kind == "unreachable"}
    counting = set()
    for _, matched in oracle.matched:
        if matched and document["hit_policy"] == "FIRST":
            counting.add(matched[0])
        elif matched:
            counting.add(min(matched, key=lambda row: (document["rules"][row]["then"] != ["2"], row)))
    assert not counting & never
    if analysis.complete:
        assert counting | never == set(range(len(document["rules"])))


@settings(max_examples=120, deadline=None)
@given(documents(policies=["COLLECT"]))
def test_rows_are_unreachable_when_nothing_makes_them_hold(document):
    oracle = Oracle(document)
    analysis = analyse_table(compile_table(document, names=["limit"]))
    never = {finding.rows[0] for finding in analysis.findings if finding.kind == "unreachable"}
    met = {row for _, matched in oracle.matched for row in matched}
    assert not never & met
    if analysis.complete:
        assert never | met == set(range(len(document["rules"])))

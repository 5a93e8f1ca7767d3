"""Gaps, overlaps and rows that never count: each claim is held against `decide`, value by value."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import DecisionError, Months, compile_table, compile_unary
from rules.engine.analysis import analyse_table


def table_of(rows, *, inputs, policy="UNIQUE", output=None):
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

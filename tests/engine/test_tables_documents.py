"""What compiling a decision table refuses: everything at once, each at its place, whatever is sent."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine import DecisionError, RuleErrors, compile_table
from rules.engine.tables import documents

from .test_nasties import DOCUMENTS, SECONDS, places, replaced
from .timing import is_done_in

SOUND = {
    "hit_policy": "PRIORITY",
    "aggregation": None,
    "inputs": [
        {"name": "age", "type": "number", "values": "[0..150]"},
        {"name": "risk", "type": "string", "values": ["low", "high"], "label": {"en": "risk", "zh": "风险"}},
    ],
    "outputs": [
        {"name": "status", "type": "string", "values": ["yes", "no"], "default": "no"},
        {"name": "from", "type": "date"},
    ],
    "rules": [
        {"when": [">=18", '"low"'], "then": ['"yes"', 'date("2026-01-01")'], "annotation": "adults"},
        {"when": ["-", 'not("low")'], "then": ['"no"', "null"]},
    ],
}


def paths(document, **more):
    with pytest.raises(RuleErrors) as caught:
        compile_table(document, **more)
    for problem in caught.value.problems:
        assert problem.sentence.en.endswith(".")
        assert problem.sentence.zh.endswith("。")
    return [problem.path for problem in caught.value.problems]


def changed(**parts):
    return {**SOUND, **parts}


def test_the_sound_document_is_sound():
    assert compile_table(SOUND).decide({"age": 20, "risk": "low"}).value["status"] == "yes"


def test_all_problems_are_found_at_once_in_the_order_of_the_document():
    document = {
        "hit_policy": "BEST",
        "inputs": [{"name": "", "type": "number"}, {"name": "risk", "type": "colour"}],
        "outputs": [{"name": "x", "type": "string", "default": 5}, {"name": "x", "type": "string"}],
        "rules": [
            {"when": [">", '"low"'], "then": ["yes", '"A"']},
            {"when": ["-"], "then": ['"A"', "5", "6"]},
            {"then": ['"A"', ""]},
            "row",
        ],
        "note": "?",
    }
    assert paths(document) == [
        "note",
        "hit_policy",
        "inputs/0/name",
        "inputs/1/type",
        "outputs/0/default",
        "rules/0/when/0",
        "rules/0/then/0",
        "rules/1/when",
        "rules/1/then",
        "rules/2/when",
        "rules/2/then/1",
        "rules/3",
    ]


def test_a_problem_is_said_in_both_languages():
    with pytest.raises(RuleErrors) as caught:
        compile_table(changed(rules=[{"when": ["<ten pounds>", "-"], "then": ['"yes"', "2026-01-01"]}]))
    assert caught.value.sentences("zh-hans") == [
        "此处不应有“>”。",
        '请输入日期，例如 date("2026-01-31")。',
    ]


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"hit_policy": None}, "hit_policy"),
        ({"hit_policy": "unique"}, "hit_policy"),
        ({"hit_policy": ["UNIQUE"]}, "hit_policy"),
        ({"aggregation": "SUM"}, "aggregation"),
        ({"aggregation": "AVERAGE"}, "aggregation"),
        ({"aggregation": {}}, "aggregation"),
        ({"inputs": None}, "inputs"),
        ({"inputs": {}}, "inputs"),
        ({"rules": None}, "rules"),
        ({"outputs": None}, "outputs"),
    ],
)
def test_the_frame_is_checked(parts, path):
    assert path in paths(changed(**parts))


@pytest.mark.parametrize(
    ("side", "column", "path"),
    [
        ("inputs", {"name": None, "type": "number"}, "inputs/0/name"),
        ("inputs", {"name": 5, "type": "number"}, "inputs/0/name"),
        ("inputs", {"name": " ", "type": "number"}, "inputs/0/name"),
        ("inputs", {"name": "a" * 201, "type": "number"}, "inputs/0/name"),
        ("inputs", {"name": "\ud800", "type": "number"}, "inputs/0/name"),
        ("inputs", {"name": "age", "type": "numbr"}, "inputs/0/type"),
        ("inputs", {"name": "age", "type": ["number"]}, "inputs/0/type"),
        ("inputs", {"name": "age", "type": "number", "values": []}, "inputs/0/values"),
        ("inputs", {"name": "age", "type": "number", "values": {}}, "inputs/0/values"),
        ("inputs", {"name": "age", "type": "number", "values": ""}, "inputs/0/values"),
        ("inputs", {"name": "age", "type": "number", "values": "<limit"}, "inputs/0/values"),
        ("inputs", {"name": "age", "type": "number", "values": [1, "x", True, 2]}, "inputs/0/values/1"),
        ("inputs", {"name": "age", "type": "number", "values": [float("nan")]}, "inputs/0/values/0"),
        ("inputs", {"name": "age", "type": "number", "values": list(range(1_001))}, "inputs/0/values"),
        ("inputs", {"name": "age", "type": "number", "label": ""}, "inputs/0/label"),
        ("inputs", {"name": "age", "type": "number", "label": {"fr": "âge"}}, "inputs/0/label"),
        ("inputs", {"name": "age", "type": "number", "label": {"en": 5}}, "inputs/0/label"),
        ("inputs", {"name": "age", "type": "number", "default": 5}, "inputs/0/default"),
        ("inputs", "age", "inputs/0"),
        ("outputs", {"name": None, "type": "string", "values": ["yes", "no"]}, "outputs/0/name"),
        ("outputs", {"name": "from", "type": "string", "values": ["yes", "no"]}, "outputs/1/name"),
        (
            "outputs",
            {"name": "x", "type": "string", "values": ["yes", "no"], "default": "maybe"},
            "outputs/0/default",
        ),
        (
            "outputs",
            {"name": "x", "type": "string", "values": ["yes", "no"], "default": 5},
            "outputs/0/default",
        ),
        (
            "outputs",
            {"name": "x", "type": "string", "values": ["yes", "no"], "default": ["no"]},
            "outputs/0/default",
        ),
        ("outputs", {"name": "x", "type": "string", "values": ["yes"]}, "rules/1/then/0"),
        ("outputs", {"name": "x", "type": "number"}, "rules/0/then/0"),
    ],
)
def test_columns_are_checked(side, column, path):
    assert path in paths(changed(**{side: [column, SOUND[side][1]]}))


@pytest.mark.parametrize(
    "then", ["yes", "-", "", "5", '"maybe"', '"yes","no"', '<"yes"', "null", None, 5, ["yes"]]
)
def test_outputs_are_values_of_their_type_and_among_the_values(then):
    assert paths(changed(rules=[{"when": ["-", "-"], "then": [then, "null"]}])) == ["rules/0/then/0"]


@pytest.mark.parametrize("when", ["", None, 5, True, [">5"], "=>5", "5 or 6", "between 5 and 6"])
def test_cells_that_are_no_tests_are_refused(when):
    assert paths(changed(rules=[{"when": [when, "-"], "then": ['"yes"', "null"]}])) == ["rules/0/when/0"]


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER"])
def test_an_order_needs_a_list_of_output_values(policy):
    outputs = [{"name": "x", "type": "number"}, {"name": "y", "type": "number", "values": "[0..9]"}]
    rules = [{"when": ["-", "-"], "then": ["5", "6"]}]
    wanted = ["outputs/0/values", "outputs/1/values"]
    assert paths(changed(hit_policy=policy, outputs=outputs, rules=rules)) == wanted
    outputs[1]["values"] = "9,6"
    compile_table(changed(hit_policy=policy, outputs=outputs, rules=rules))


def collected(aggregation, type_name, *thens, **output):
    return {
        "hit_policy": "COLLECT",
        "aggregation": aggregation,
        "inputs": [],
        "outputs": [{"name": "x", "type": type_name, **output}],
        "rules": [{"when": [], "then": [then]} for then in thens],
    }


def test_what_cannot_be_aggregated_is_refused_at_its_cell():
    assert paths(collected("SUM", "string", '"a"')) == ["rules/0/then/0"]
    assert paths(collected("SUM", "duration", '@"P1D"')) == ["rules/0/then/0"]
    assert paths(collected("SUM", "number", "1", "null")) == ["rules/1/then/0"]
    assert paths(collected("SUM", "any", "1", "true")) == ["rules/1/then/0"]
    assert paths(collected("MIN", "boolean", "true")) == ["rules/0/then/0"]
    assert paths(collected("MAX", "any", "1", '"a"')) == ["rules/1/then/0"]
    assert paths(collected("MAX", "date and time", '@"2020-01-01T00:00:00"', '@"2020-01-01T00:00:00Z"')) == [
        "rules/1/then/0"
    ]
    assert paths(collected("SUM", "any", "1", default="zero")) == ["outputs/0/default"]
    assert compile_table(collected("COUNT", "any", "1", "null", '"a"')).decide({}).value == 3


def test_only_a_table_with_one_output_aggregates():
    document = collected("COUNT", "number", "1")
    document["outputs"].append({"name": "y", "type": "number"})
    document["rules"][0]["then"].append("2")
    assert paths(document) == ["aggregation"]


def test_names_that_are_no_facts_are_pointed_out_but_allowed():
    document = changed(rules=[{"when": [">limit", "low"], "then": ['"yes"', "null"]}])
    assert [problem.path for problem in compile_table(document).unfinished] == [
        "rules/0/when/0",
        "rules/0/when/1",
    ]
    assert [p.path for p in compile_table(document, names=["limit"]).unfinished] == ["rules/0/when/1"]


# Whatever is sent -----------------------------------------------------------------------------------------


def tried(compiling, document):
    try:
        return compiling(document), []
    except RuleErrors as errors:
        return None, errors.problems


def survives(document):
    assert is_done_in(SECONDS, lambda: check_survival(document))


def check_survival(document):
    compiled, problems = tried(compile_table, document)
    assert compiled or problems
    for problem in problems:
        (problem.path + problem.sentence.zh + problem.sentence.en).encode()
    if compiled:
        for facts in ({}, {"age": 20, "risk": "low"}, {"age": [], "risk": object()}):
            try:
                compiled.decide(facts).as_json("zh-hans")
            except DecisionError as error:
                error.sentence.zh.encode()
        "".join(compiled.sentences("en")).encode()


CELLS = st.text(alphabet='<>=![](),.-"\\@ 0123456789enotulda菜\ud800', max_size=12)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS | CELLS)
def test_any_document_compiles_or_is_refused(document):
    survives(document)
    survives({**SOUND, "rules": document})
    survives({**SOUND, "outputs": document})
    survives({**SOUND, "inputs": [document, document]})


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(list(places(SOUND))), DOCUMENTS | CELLS)
def test_a_sound_document_with_one_part_exchanged_compiles_or_is_refused(path, part):
    survives(replaced(SOUND, path, part))


def rows(count, when="-", then="5"):
    return {
        "hit_policy": "COLLECT",
        "inputs": [{"name": "a", "type": "any"}],
        "outputs": [{"name": "x", "type": "any"}],
        "rules": [{"when": [when], "then": [then]}] * count,
    }


def nested(levels):
    document = []
    for _ in range(levels):
        document = [document]
    return document


NASTIES = {
    "deep": nested(900),
    "many rows": rows(1_000_000),
    "many wrong rows": rows(10_000, when="<<", then="x"),
    "brackets": rows(1, when="(" * 4_000),
    "nots": rows(1, when="not(" * 1_000),
    "dots": rows(1, when="." * 4_000),
    "words": rows(1, when="a " * 2_000),
    "quotes": rows(1, when='"' * 3_999),
    "backslashes": rows(1, when='"' + "\\" * 3_000),
    "escapes": rows(1, when='"' + "\\u0041" * 600 + '"'),
    "spaces": rows(1, when=" " * 3_999 + "!"),
    "digits": rows(1, when="1" * 4_000),
    "exponent": rows(1, when="1e" + "9" * 3_000),
    "fraction": rows(1, when="0." + "1" * 3_000),
    "duration": rows(1, when='@"P' + "9" * 3_000 + 'D"'),
    "zone": rows(1, when='@"2020-01-01T00:00:00@' + "a/" * 1_000 + '"'),
    "list": rows(1, when=",".join(["1"] * 2_000)),
    "long": rows(1, when="-" * 1_000_000),
    "columns": {**SOUND, "inputs": [SOUND["inputs"][0]] * 100_000},
    "empty columns": {**SOUND, "outputs": [{}] * 100},
    "wide row": {**SOUND, "rules": [{"when": ["-"] * 1_000_000, "then": []}]},
    "keys": {str(number): 1 for number in range(50_000)},
    "surrogates": {"\ud800": "\ud800", "inputs": [{"\ud800": 1}]},
    "values": {**SOUND, "inputs": [{"name": "a", "type": "any", "values": [nested(50)] * 900}] * 2},
    # Numbers chosen so that Python gives all of them one hash.
    "one hash": rows(1, when=",".join(str(n * (2**61 - 1)) for n in range(1, 180))),
}


@pytest.mark.parametrize("document", NASTIES.values(), ids=NASTIES)
def test_hand_made_nasties_take_no_time(document):
    survives(document)


def test_numbers_of_one_hash_do_not_slow_a_table_down():
    numbers = [str(number * (2**61 - 1)) for number in range(1, 8_001)]
    document = rows(1)
    document["inputs"][0]["type"] = "number"
    document["rules"] = [{"when": [number], "then": ["5"]} for number in numbers]
    compiled = compile_table(document)
    assert compiled.decide({"a": 5 * (2**61 - 1)}).hits == (4,)
    assert is_done_in(SECONDS, lambda: compiled.decide({"a": 5 * (2**61 - 1)}))


def test_a_table_is_bounded():
    assert paths(rows(documents.ROWS + 1)) == ["rules"]
    wide = {
        "inputs": [{"name": "a", "type": "number"}] * 99,
        "outputs": [{"name": "x", "type": "number"}],
        "rules": [{"when": ["-"] * 99, "then": ["5"]}] * (documents.CELLS // 100 + 1),
    }
    assert paths(wide) == ["rules"]
    texts = rows(0)
    texts["rules"] = [{"when": [f'"{number:04}{"a" * 3_000}"'], "then": ["5"]} for number in range(400)]
    assert paths(texts) == ["rules"]


def test_the_problems_reported_are_bounded():
    found = paths(rows(9_000, when="<<"))
    assert len(found) == documents.PROBLEMS + 1
    assert found[-1] == ""


def test_many_rows_are_decided_fast():
    document = {
        "hit_policy": "COLLECT",
        "inputs": [{"name": "city", "type": "string"}, {"name": "amount", "type": "number"}],
        "outputs": [{"name": "x", "type": "number"}],
        "rules": [
            {"when": [f'"city {number % 500}"', f"[{number}..{number + 100})"], "then": [str(number)]}
            for number in range(5_000)
        ],
    }
    compiled = compile_table(document)
    assert compiled.decide({"city": "city 7", "amount": 1050}).value == [1007]
    assert is_done_in(0.05, lambda: compiled.decide({"city": "city 7", "amount": 7}))


def test_the_readme_states_the_limits_and_its_example_runs():
    readme = (Path(__file__).resolve().parents[2] / "rules" / "README.md").read_text()
    limits = " ".join(readme.partition("## Limits")[2].split())
    for number, thing in [
        (documents.ROWS, "rows"),
        (documents.COLUMNS, "inputs"),
        (documents.COLUMNS, "outputs"),
        (documents.CELLS, "cells"),
        (documents.CHARACTERS, "characters"),
        (documents.PROBLEMS, "problems"),
    ]:
        assert f"{number:,} {thing}" in limits
    example = readme.partition("## Decision tables")[2].partition("```python")[2].partition("```")[0]
    known = {}
    exec(example, known)
    assert known["decision"].outputs == {"level": "high"}
    assert known["decision"].sentence("zh-hans") == "第 1 行成立：level 是“high”"
    assert known["decision"].reasons[0].sentence("zh-hans") == "金额大于或等于 100（实际：120）"

"""What a decision table decides: hit policies, defaults, allowed values, and the reasons it gives."""

import copy
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import (
    Change,
    DecisionError,
    Months,
    RuleErrors,
    Vocabulary,
    compile_condition,
    compile_table,
    compile_unary,
)


def table(*rows, policy="UNIQUE", aggregation=None, inputs=("number",), outputs=("string",), **more):
    """Rows like "<10 | 5 -> "A" | 1"; inputs are a, b, c, outputs x, y, z; a column is a type or a dict."""
    return compile_table(
        {
            "hit_policy": policy,
            "aggregation": aggregation,
            "inputs": [column(given, name) for given, name in zip(inputs, "abc", strict=False)],
            "outputs": [column(given, name) for given, name in zip(outputs, "xyz", strict=False)],
            "rules": [row(text) for text in rows],
        },
        **more,
    )


def column(given, name):
    return {"name": name, **(given if isinstance(given, dict) else {"type": given})}


def row(text):
    when, then = text.split(" -> ")
    return {"when": cells(when), "then": cells(then)}


def cells(text):
    return [cell.strip() for cell in text.split(" | ")]


def refused(decide):
    with pytest.raises(DecisionError) as caught:
        decide()
    return caught.value


LEVELS = {"type": "string", "values": ["high", "middle", "low"]}
OVERLAPPING = ('>0 -> "low"', '>10 -> "high"', '>20 -> "middle"')


# Single hits ----------------------------------------------------------------------------------------------


def test_unique_gives_the_only_row_that_holds():
    decision = table('<10 -> "A"', '>=10 -> "B"').decide({"a": 10})
    assert (decision.value, decision.outputs, decision.hits, decision.matched) == (
        "B",
        {"x": "B"},
        (1,),
        (1,),
    )


@pytest.mark.parametrize("second", ['"B"', '"A"'])
def test_unique_is_broken_by_two_rows_even_when_they_agree(second):
    error = refused(lambda: table('<10 -> "A"', '>50 -> "C"', f"<5 -> {second}").decide({"a": 1}))
    assert (error.policy, error.rows) == ("UNIQUE", (0, 2))
    assert error.sentence.en == "Rows 1, 3 hold at once, and in this table (UNIQUE) only one may."
    assert error.sentence.zh == "第 1、3 行同时成立，而此表（UNIQUE）只允许一行成立。"
    assert error.as_json("zh")["rows"] == [0, 2]


def test_unique_is_the_policy_when_none_is_named():
    assert compile_table({"inputs": [], "outputs": [{"name": "x"}], "rules": []}).hit_policy == "UNIQUE"


def test_any_gives_what_all_rows_agree_on():
    decision = table('<10 -> "A" | 1', '<5 -> "A" | 1.0', policy="ANY", outputs=("string", "number")).decide(
        {"a": 1}
    )
    assert (decision.value, decision.hits) == ({"x": "A", "y": 1}, (0, 1))


@pytest.mark.parametrize(
    "rows",
    [
        ('<10 -> "A" | 1', '<5 -> "A" | 2'),
        ('<10 -> "A" | 1', '<5 -> "B" | 1'),
        ('<10 -> "A" | 1', "<5 -> null | 1"),
    ],
)
def test_any_is_broken_by_rows_that_differ_in_any_output(rows):
    error = refused(lambda: table(*rows, policy="ANY", outputs=("string", "number")).decide({"a": 1}))
    assert (error.policy, error.rows) == ("ANY", (0, 1))
    assert "第 1、2 行" in error.sentence.zh


def test_any_tells_true_from_1():
    refused(lambda: table("- -> true", "- -> 1", policy="ANY", outputs=("any",)).decide({}))


def test_any_takes_one_instant_for_the_same():
    rows = ('- -> @"2020-01-01T08:00:00+08:00"', '- -> @"2020-01-01T00:00:00Z"')
    decision = table(*rows, policy="ANY", outputs=("date and time",)).decide({})
    assert decision.value == datetime(2020, 1, 1, tzinfo=UTC)


def test_first_gives_the_first_row_and_knows_the_others():
    decision = table(*OVERLAPPING, policy="FIRST").decide({"a": 30})
    assert (decision.value, decision.hits, decision.matched) == ("low", (0,), (0, 1, 2))


def test_priority_follows_the_output_values_not_the_rows():
    levels = table(*OVERLAPPING, policy="PRIORITY", outputs=(LEVELS,))
    assert [levels.decide({"a": a}).value for a in (5, 15, 25)] == ["low", "high", "high"]
    assert levels.decide({"a": 25}).hits == (1,)


def test_priority_over_several_outputs_goes_from_left_to_right():
    outputs = (LEVELS, {"type": "number", "values": [3, 2, 1]})
    rows = ('- -> "middle" | 3', '- -> "high" | 1', '- -> "high" | 2', '>5 -> "high" | 3')
    ordered = table(*rows, policy="PRIORITY", outputs=outputs)
    assert ordered.decide({"a": 1}).value == {"x": "high", "y": 2}
    assert ordered.decide({"a": 9}).value == {"x": "high", "y": 3}


def test_an_output_without_values_does_not_count_for_priority():
    rows = ('- -> "z" | "low"', '- -> "a" | "high"', '- -> "b" | "high"')
    decision = table(*rows, policy="PRIORITY", outputs=("string", LEVELS)).decide({})
    assert (decision.value, decision.hits) == ({"x": "a", "y": "high"}, (1,))


# Several hits ---------------------------------------------------------------------------------------------


def test_rule_order_and_collect_list_the_hits_as_the_rows_stand():
    for policy in ("RULE ORDER", "COLLECT"):
        decision = table(*OVERLAPPING, policy=policy).decide({"a": 30})
        assert decision.value == ["low", "high", "middle"]
        assert decision.outputs == [{"x": "low"}, {"x": "high"}, {"x": "middle"}]


def test_output_order_lists_the_hits_by_the_output_values():
    decision = table(*OVERLAPPING, policy="OUTPUT ORDER", outputs=(LEVELS,)).decide({"a": 30})
    assert (decision.value, decision.hits, decision.matched) == (
        ["high", "middle", "low"],
        (1, 2, 0),
        (0, 1, 2),
    )


def test_output_order_keeps_rows_of_one_rank_in_their_order():
    rows = ('- -> "low" | 1', '- -> "high" | 2', '- -> "low" | 3', '- -> "high" | 4')
    decision = table(*rows, policy="OUTPUT ORDER", outputs=(LEVELS, "number")).decide({})
    assert [row["y"] for row in decision.value] == [2, 4, 1, 3]


def test_lists_keep_what_is_listed_twice():
    assert table('- -> "A"', '- -> "A"', policy="COLLECT").decide({}).value == ["A", "A"]


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [("SUM", Decimal("60.3")), ("MIN", Decimal("-0.1")), ("MAX", Decimal("50.4")), ("COUNT", 3)],
)
def test_collect_aggregates_over_the_rows_that_hold(aggregation, value):
    rows = (">0 -> 10", ">1 -> -0.1", ">2 -> 50.4", ">100 -> 1000", ">100 -> -1000")
    decision = table(*rows, policy="COLLECT", aggregation=aggregation, outputs=("number",)).decide({"a": 3})
    assert decision.value == value
    assert decision.outputs == {"x": value}
    assert decision.hits == (0, 1, 2)
    assert str(value) in decision.sentence("zh")


def test_a_sum_is_exact():
    rows = ("- -> 1e30", "- -> 0.1", "- -> 0.2", "- -> -1e30", "- -> 1e-30")
    total = table(*rows, policy="COLLECT", aggregation="SUM", outputs=("number",)).decide({}).value
    assert total == Decimal("0.300000000000000000000000000001")


def test_equal_outputs_are_counted_and_added_each():
    for aggregation, value in (("SUM", 10), ("COUNT", 2)):
        decision = table("- -> 5", "- -> 5", policy="COLLECT", aggregation=aggregation, outputs=("number",))
        assert decision.decide({}).value == value


@pytest.mark.parametrize("aggregation", ["SUM", "MIN", "MAX"])
def test_an_aggregate_of_nothing_is_null(aggregation):
    decision = table("<0 -> 5", policy="COLLECT", aggregation=aggregation, outputs=("number",)).decide(
        {"a": 1}
    )
    assert (decision.value, decision.outputs, decision.nothing) == (None, None, True)


def test_a_count_of_nothing_is_0():
    decision = table('<0 -> "A"', policy="COLLECT", aggregation="COUNT").decide({"a": 1})
    assert (decision.value, decision.nothing) == (0, False)
    assert decision.sentence("zh") == "没有成立的行，计数为 0。"


def test_the_least_and_the_greatest_are_also_of_dates_texts_and_durations():
    for type_name, low, high in [
        ("date", '@"2020-01-01"', '@"2020-02-01"'),
        ("string", '"a"', '"b"'),
        ("duration", '@"P13M"', '@"P2Y"'),
        ("date and time", '@"2020-01-01T09:00:00+08:00"', '@"2020-01-01T02:00:00Z"'),
    ]:
        for aggregation, wanted in (("MIN", low), ("MAX", high)):
            rows = (f"- -> {high}", f"- -> {low}")
            decision = table(*rows, policy="COLLECT", aggregation=aggregation, outputs=(type_name,)).decide(
                {}
            )
            assert decision.value == table(f"- -> {wanted}", outputs=(type_name,)).decide({}).value


# Nothing, and defaults ------------------------------------------------------------------------------------

POLICIES = ["UNIQUE", "ANY", "PRIORITY", "FIRST", "RULE ORDER", "OUTPUT ORDER", "COLLECT"]


@pytest.mark.parametrize("policy", POLICIES)
def test_no_row_and_no_default_is_an_explained_nothing(policy):
    decision = table('>10 -> "high"', '>20 -> "low"', policy=policy, outputs=(LEVELS,)).decide({"a": 5})
    several = policy in ("RULE ORDER", "OUTPUT ORDER", "COLLECT")
    assert decision.nothing
    assert decision.value == ([] if several else None)
    assert decision.outputs == ([] if several else None)
    assert decision.sentence("en") == "No row holds, so there is no outcome."
    assert decision.sentence("zh") == "没有成立的行，因此没有结果。"
    assert [reason.sentence("zh") for reason in decision.reasons] == [
        "a 大于 10（实际：5）",
        "a 大于 20（实际：5）",
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_default_stands_in_when_no_row_holds(policy):
    outputs = ({**LEVELS, "default": '"low"'}, {"type": "number"})
    levels = table('>10 -> "high" | 1', policy=policy, outputs=outputs)
    several = policy in ("RULE ORDER", "OUTPUT ORDER", "COLLECT")
    default = {"x": "low", "y": None}
    missed, hit = levels.decide({"a": 5}), levels.decide({"a": 15})
    assert missed.value == ([default] if several else default)
    assert missed.defaulted
    assert not missed.nothing
    assert missed.sentence("zh") == "没有成立的行，采用默认值：x 是“low”，y 没有值"
    assert hit.value == ([{"x": "high", "y": 1}] if several else {"x": "high", "y": 1})
    assert not hit.defaulted


@pytest.mark.parametrize("aggregation", ["SUM", "MIN", "MAX"])
def test_a_default_stands_in_for_an_aggregate_of_nothing(aggregation):
    outputs = ({"type": "number", "default": 7},)
    added = table(">0 -> 5", policy="COLLECT", aggregation=aggregation, outputs=outputs)
    assert added.decide({"a": -1}).value == 7
    assert added.decide({"a": 1}).value == 5


def test_a_count_has_no_default():
    decision = table(
        '>0 -> "A"', policy="COLLECT", aggregation="COUNT", outputs=({"type": "string", "default": "B"},)
    )
    assert decision.decide({"a": -1}).value == 0


def test_a_row_that_gives_null_is_a_hit_and_no_default_replaces_it():
    decision = table(">0 -> null", outputs=({"type": "string", "default": "B"},)).decide({"a": 1})
    assert (decision.value, decision.outputs, decision.nothing, decision.defaulted) == (
        None,
        {"x": None},
        False,
        False,
    )


def test_cells_that_differ_in_spaces_only_mean_the_same():
    spaced = {"inputs": [{"name": "a"}], "outputs": [{"type": "number"}], "hit_policy": "COLLECT"}
    spaced["rules"] = [
        {"when": [when], "then": ["5"]} for when in ("-", " - ", "1", " 1", "1,2", "1 , 2", ">0", "> 0")
    ]
    assert compile_table(spaced).decide({"a": 1}).hits == tuple(range(8))


def test_a_table_without_rows_or_without_inputs_decides():
    assert table().decide({"a": 1}).nothing
    assert (
        compile_table({"inputs": [], "outputs": [{"type": "number"}], "rules": [{"when": [], "then": ["5"]}]})
        .decide({})
        .value
        == 5
    )


# Facts ----------------------------------------------------------------------------------------------------


def test_a_missing_fact_is_null():
    nulls = table('null -> "none"', 'not(null) -> "some"', policy="FIRST")
    assert [nulls.decide(facts).value for facts in ({}, {"a": None}, {"a": 1})] == ["none", "none", "some"]
    assert table('<5 -> "A"', 'not(<5) -> "B"', policy="COLLECT").decide({}).value == []
    assert table('- -> "A"').decide({}).value == "A"


def test_a_fact_of_another_type_counts_as_null_and_the_reason_says_so():
    decision = table('<5 -> "A"').decide({"a": "4"})
    assert decision.nothing
    assert decision.reasons[0].sentence("zh") == "a 小于 5（实际：“4”，不是数字）"
    assert decision.reasons[0].sentence("en") == "a is less than 5 (actual: “4”, not a number)"


def test_a_reason_says_why_two_values_have_no_order():
    instants = table('<@"2020-01-01T00:00:00Z" -> "A"', inputs=("date and time",))
    assert instants.decide({"a": datetime(2019, 1, 1)}).reasons[0].sentence("zh") == (
        "a 早于 2020-01-01 00:00:00+00:00（实际：2019-01-01 00:00:00，类型不同，或只有一方带时区，无法比较）"
    )
    durations = table('<@"P1Y" -> "A"', inputs=("duration",))
    assert "无法比较" in durations.decide({"a": "P3D"}).reasons[0].sentence("zh")
    assert "无法比较" not in durations.decide({"a": "P2Y"}).reasons[0].sentence("zh")


def test_a_reason_shows_an_instant_as_it_was_given():
    instants = table('<@"2020-01-01T00:00:00Z" -> "A"', inputs=("date and time",))
    for fact in ("2020-05-01T08:00:00+08:00", datetime.fromisoformat("2020-05-01T08:00:00+08:00")):
        assert "08:00:00+08:00" in instants.decide({"a": fact}).reasons[0].sentence("zh")


def test_a_reason_shows_facts_of_other_types_shortly():
    limited = table('<5 -> "A"')
    for fact, shown in [(True, "True"), (float("nan"), "nan"), ([1], "list"), ("x" * 500, "x" * 80 + "”")]:
        assert f"{shown}，不是数字" in limited.decide({"a": fact}).reasons[0].sentence("zh")


def test_facts_are_read_when_deciding_not_later():
    facts = {"a": 3}
    decision = table('<5 -> "A"').decide(facts)
    facts["a"] = 100
    assert "3" in decision.reasons[0].sentence("en")


def test_tests_compare_with_other_facts():
    compared = table('<b -> "less"', '>b -> "more"', 'b -> "same"', names=["b"])
    assert [compared.decide({"a": 5, "b": b}).value for b in (6, 4, 5, None)] == [
        "less",
        "more",
        "same",
        None,
    ]
    assert compared.names == {"a", "b"}
    assert compared.unfinished == ()
    reason = compared.decide({"a": 5}).reasons[0]
    assert reason.sentence("zh") == "a 小于 b（实际：5，b：没有值）"


def test_a_name_that_nobody_declared_is_pointed_out():
    [problem] = table("approved -> 1", inputs=("string",), outputs=("number",)).unfinished
    assert problem.path == "rules/0/when/0"
    assert '"approved"' in problem.sentence.zh


def test_an_input_may_be_inside_a_mapping_and_stand_in_two_columns():
    document = {
        "inputs": [{"name": "order.total", "type": "number"}, {"name": "order.total", "type": "number"}],
        "outputs": [{"name": "x", "type": "string"}],
        "rules": [{"when": [">5", "<10"], "then": ['"A"']}],
    }
    assert compile_table(document).decide({"order": {"total": 7}}).value == "A"


# Allowed values of inputs ---------------------------------------------------------------------------------


def test_a_fact_outside_the_allowed_values_is_an_error_that_names_the_input():
    limited = table(
        '"A" -> "x"',
        inputs=({"type": "string", "values": ["A", "B"], "label": {"en": "risk", "zh": "风险"}},),
    )
    assert limited.decide({"a": "A"}).value == "x"
    assert limited.decide({"a": "B"}).nothing
    error = refused(lambda: limited.decide({"a": "C"}))
    assert (error.policy, error.input, error.rows) == ("VALUES", "a", ())
    assert error.sentence.zh == "风险不能为“C”；允许：风险是“A”、“B”之一。"
    assert error.sentence.en == "risk may not be “C”; allowed: risk is one of “A”, “B”."


@pytest.mark.parametrize("absent", [{}, {"a": None}, {"a": 5}])
def test_null_is_allowed_only_when_listed(absent):
    error = refused(lambda: table('- -> "x"', inputs=({"type": "string", "values": ["A"]},)).decide(absent))
    assert error.policy == "VALUES"
    assert table('- -> "x"', inputs=({"type": "string", "values": ["A", None]},)).decide(absent).value == "x"


def test_allowed_values_may_be_a_range():
    limited = table('- -> "x"', inputs=({"type": "number", "values": "[0..120]"},))
    assert limited.decide({"a": 120}).value == "x"
    assert "在 0 到 120 之间" in refused(lambda: limited.decide({"a": 121})).sentence.zh


def test_the_allowed_values_are_looked_at_before_the_rows():
    limited = table('>0 -> "A"', '>0 -> "B"', inputs=({"type": "number", "values": "<10"},))
    assert refused(lambda: limited.decide({"a": 11})).policy == "VALUES"
    assert refused(lambda: limited.decide({"a": 9})).policy == "UNIQUE"


# Outputs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("string", '"a\\nb"', "a\nb"),
        ("number", "-1.50", Decimal("-1.50")),
        ("number", "5", 5),
        ("boolean", "false", False),
        ("date", 'date("2020-01-02")', date(2020, 1, 2)),
        ("years and months duration", '@"P1Y2M"', Months(14)),
        ("any", "null", None),
        ("any", '"5"', "5"),
    ],
)
def test_outputs_are_plain_values_and_plain_json(type_name, text, value):
    decision = table(f"- -> {text}", outputs=(type_name,)).decide({})
    assert decision.value == value
    assert type(decision.value) is type(value)
    for language in ("en", "zh-hans"):
        json.dumps(decision.as_json(language))


def test_an_instant_is_given_as_it_was_written():
    decision = table('- -> @"2020-01-01T08:00:00+08:00"', outputs=("date and time",)).decide({})
    assert decision.value.isoformat() == "2020-01-01T08:00:00+08:00"


@pytest.mark.parametrize(
    ("values", "default"),
    [(["A", "B"], "B"), (["A", "B"], '"B"'), (['"A"', '"B"'], '"B"'), ('"A","B"', "B")],
)
def test_values_and_defaults_may_be_written_with_or_without_quotes(values, default):
    given = {"type": "string", "values": values, "default": default}
    assert table('>0 -> "A"', outputs=(given,)).decide({}).value == "B"


def test_the_only_output_needs_no_name():
    document = {"inputs": [], "outputs": [{"type": "number"}], "rules": [{"when": [], "then": ["5"]}]}
    decision = compile_table(document).decide({})
    assert (decision.value, decision.outputs) == (5, {None: 5})
    assert decision.sentence("zh") == "第 1 行成立：结果是 5"
    json.dumps(decision.as_json("zh"))


# In words -------------------------------------------------------------------------------------------------


def test_a_table_is_said_row_by_row():
    inputs = (
        {"type": "number", "label": {"en": "amount", "zh": "金额"}},
        {"type": "string", "label": {"en": "level", "zh": "等级"}},
    )
    said = table(
        '>=100 | "A","B" -> true | 5', "- | - -> false | null", inputs=inputs, outputs=("boolean", "number")
    )
    assert said.sentences("en") == [
        "When amount is at least 100 and level is one of “A”, “B”: x is yes, y is 5",
        "Always: x is no, y has no value",
    ]
    assert said.sentences("zh-hans") == [
        "当金额大于或等于 100，并且等级是“A”、“B”之一时：x 为“是”，y 是 5",
        "始终：x 为“否”，y 没有值",
    ]


def test_reasons_show_the_values_met():
    decision = table('>=18 | "A" -> "x"', '- | - -> "y"', inputs=("number", "string"), policy="FIRST").decide(
        {"a": 20, "b": "B"}
    )
    assert [reason.row for reason in decision.reasons] == [1]
    assert decision.reasons[0].sentence("en") == "always"
    other = decision.why(0)
    assert not other.held
    assert other.sentence("en") == "b is “A” (actual: “B”)"
    assert [cell.held for cell in other.cells] == [True, False]
    assert decision.as_json("en")["reasons"][0]["because"] == "always"


def test_many_rows_that_do_not_hold_are_explained_up_to_a_limit():
    decision = table(*(f'{number} -> "A"' for number in range(1, 301))).decide({"a": 0})
    shown = decision.as_json("zh")
    assert len(shown["reasons"]) == 100
    assert shown["reasons_left_out"] == 200


def test_many_rows_at_once_are_named_up_to_a_limit():
    error = refused(lambda: table(*['- -> "A"'] * 30).decide({}))
    assert len(error.rows) == 30
    assert error.sentence.en.startswith("Rows 1, 2, 3,")
    assert "20…" in error.sentence.en


def test_facts_that_no_database_stores_are_shown_without_harm():
    decision = table('"A" -> "x"', inputs=("string",)).decide({"a": "\ud800\x00"})
    json.dumps(decision.as_json("zh"), ensure_ascii=False).encode()
    assert "\x00" not in decision.reasons[0].sentence("zh")


def test_a_compiled_table_is_shared_by_copies():
    compiled = table('- -> "A"')
    assert copy.deepcopy(compiled) is compiled


# Against row by row ---------------------------------------------------------------------------------------

NUMBER_TESTS = st.sampled_from(
    [
        "-",
        " - ",
        "<0",
        ">0",
        "0",
        " 0",
        "1, 0",
        "0,1",
        "[-1..1]",
        "not(1)",
        "null",
        "null,1",
        ">b",
        "1",
        "2",
        "3",
    ]
)
TEXT_TESTS = st.sampled_from(["-", '"p"', '"p","q"', 'not("p")', "null", '>"p"', "b"])
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from([-1, 0, 1, 2, None, "p", Decimal("1.0")]),
        "b": st.sampled_from(["p", "q", None, 5]),
    },
)
ORDER = ["q", "p", "r"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(NUMBER_TESTS, TEXT_TESTS, st.sampled_from(ORDER)), max_size=90),
    st.sampled_from(POLICIES),
    st.lists(FACTS, min_size=1, max_size=4),
)
def test_a_table_decides_what_its_rows_tested_one_by_one_decide(rows, policy, many_facts):
    texts = [f'{first} | {second} -> "{then}"' for first, second, then in rows]
    outputs = ({"type": "string", "values": ORDER},)
    compiled = table(*texts, policy=policy, inputs=("number", "string"), outputs=outputs)
    for facts in many_facts:
        matched = [place for place, row in enumerate(compiled.rows) if slowly_holds(row, facts)]
        found = [rows[place][2] for place in matched]
        if policy in ("UNIQUE", "ANY") and len(matched if policy == "UNIQUE" else set(found)) > 1:
            assert list(refused(partial(compiled.decide, facts)).rows) == matched
        else:
            assert compiled.decide(facts).value == slowly_chosen(policy, found)


def slowly_holds(row, facts):
    first, second = row.when
    return first.holds(facts.get("a"), facts) is True and second.holds(facts.get("b"), facts) is True


def slowly_chosen(policy, found):
    if policy in ("RULE ORDER", "COLLECT"):
        return found
    if policy == "OUTPUT ORDER":
        return sorted(found, key=ORDER.index)
    if policy == "PRIORITY":
        return min(found, key=ORDER.index, default=None)
    return found[0] if found else None


# Choices compare as conditions compare them.


@pytest.mark.parametrize("fact", ["Gold", "gold", "GOLD", "silver", "other", "", None, 1])
@pytest.mark.parametrize(("test", "operator"), [('"Gold"', "contains"), ('!="gold"', "does_not_contain")])
def test_a_choice_means_the_same_in_a_cell_and_in_a_condition(fact, test, operator):
    vocabulary = Vocabulary.of().extended([{"name": "level", "type": "select"}])
    leaf = {"name": "level", "operator": operator, "value": "GOLD"}
    condition = compile_condition({"all": [leaf]}, vocabulary)
    table = compile_table(
        {
            "hit_policy": "FIRST",
            "inputs": [{"name": "level", "type": "select"}],
            "outputs": [{"name": "hit", "type": "number"}],
            "rules": [{"when": [test], "then": ["1"]}],
        }
    )
    facts = {"level": fact}
    held = not table.decide(facts).nothing
    # Of a missing fact the standard says that it differs from every text; a condition says nothing of it.
    assert held is (condition.holds(facts) or (fact is None and operator == "does_not_contain"))


def test_choices_are_in_no_order():
    with pytest.raises(RuleErrors, match="in no order"):
        compile_unary('<"gold"', "select")


def test_a_choice_is_called_by_its_label_however_the_fact_spells_it():
    table = compile_table(
        {
            "inputs": [{"name": "level", "type": "select", "options": [{"name": "Gold", "label": "金卡"}]}],
            "outputs": [{"name": "hit", "type": "number"}],
            "rules": [{"when": ['"gold"'], "then": ["1"]}],
        }
    )
    assert "金卡" in table.decide({"level": "GOLD"}).reasons[0].sentence("zh-hans")


def test_of_a_change_the_values_before_and_after_are_asked():
    table = compile_table(
        {
            "inputs": [{"name": "state.old", "type": "select"}, {"name": "state.new", "type": "select"}],
            "outputs": [{"name": "hit", "type": "number"}],
            "rules": [{"when": ['"open"', '"closed"'], "then": ["1"]}],
        }
    )
    assert table.decide({"state": Change("open", "closed")}).outputs == {"hit": 1}
    assert table.decide({"state": {"old": "open", "new": "closed"}}).outputs == {"hit": 1}
    assert table.decide({"state": Change("closed", "open")}).nothing

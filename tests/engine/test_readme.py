from pathlib import Path

from rules.engine import conditions, rulesets, scorecards, values
from rules.engine.formulas import FUNCTIONS, nodes, syntax, tokens, units
from rules.engine.operators import OPERATORS

README = (Path(__file__).resolve().parents[2] / "rules" / "README.md").read_text()


def test_the_readme_names_every_operator():
    assert [key for _, key in OPERATORS if f"`{key}`" not in README] == []


def test_the_readme_states_the_limits_that_hold():
    limits = " ".join(README.partition("## Limits")[2].split())
    for number, thing in [
        (conditions.DEPTH, "levels"),
        (conditions.LEAVES, "comparisons"),
        (conditions.NODES, "nodes"),
        (values.NUMBER_DIGITS, "digits"),
        (rulesets.RULES, "rules"),
        (rulesets.ACTIONS, "actions"),
    ]:
        assert f"{number:,} {thing}" in limits
    assert f"texts of {values.TEXT_LENGTH:,}" in limits
    assert f"patterns of {values.PATTERN_LENGTH:,}" in limits
    assert f"lists of {values.LIST_LENGTH:,}" in limits


def test_the_readme_names_every_function_and_unit_of_formulas():
    section = README.partition("## Formulas")[2].partition("## Scorecards")[0]
    assert [name for name in FUNCTIONS if f"`{name}(" not in section] == []
    assert [unit for unit in units.LABELS if f"`{unit}`" not in section] == []


def test_the_readme_states_the_limits_of_formulas_and_scorecards():
    limits = " ".join(README.partition("## Limits")[2].split())
    for number, thing in [
        (tokens.LENGTH, "characters"),
        (syntax.NODES, "parts"),
        (syntax.DEPTH, "levels of brackets"),
        (tokens.LITERAL_DIGITS, "digits"),
        (nodes.LINES, "lines"),
        (nodes.STEPS, "steps"),
        (scorecards.ROWS, "rows"),
        (scorecards.BANDS, "bands"),
    ]:
        assert f"{number:,} {thing}" in limits

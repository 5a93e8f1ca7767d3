"""Documents nobody should send: each compiles or is refused with a path, and quickly."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.engine import RuleErrors, compile_condition, compile_ruleset

from .shop import SHOP, leaf
from .timing import is_done_in

SECONDS = 0.5  # of processor time: several times what the largest document takes

KEYS = st.sampled_from(
    ["all", "any", "none", "name", "operator", "value", "id", "conditions", "actions", "params", "x"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=6),
    st.sampled_from([10**400, "\ud800", "\x00", "amount", "city", "equal_to", "contains", "(a*)*$"]),
    st.sampled_from(sorted(SHOP.variables)),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(KEYS, inside, max_size=4),
    max_leaves=20,
)
SOUND = {
    "all": [
        leaf("amount", "between", [1, 2]),
        {"none": [leaf("city", "contains", "beijing"), leaf("comment", "contains_any_of", ["变质"])]},
        {
            "any": [
                leaf("tags", "contains_all", ["vip"]),
                leaf("ordered_at", "before", "2026-01-01T00:00:00Z"),
            ]
        },
    ]
}


def places(node, path=()):
    yield path
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in entries:
        yield from places(child, (*path, key))


def replaced(node, path, value):
    if not path:
        return value
    copied = dict(node) if isinstance(node, dict) else list(node)
    copied[path[0]] = replaced(copied[path[0]], path[1:], value)
    return copied


def tried(compiling, document):
    try:
        return compiling(document, SHOP), []
    except RuleErrors as errors:
        return None, errors.problems


def survives(compiling, document):
    assert is_done_in(SECONDS, lambda: check_survival(compiling, document))


def check_survival(compiling, document):
    compiled, problems = tried(compiling, document)
    assert compiled or problems
    if problems:
        for problem in problems:
            (problem.path + problem.sentence.zh + problem.sentence.en).encode()
    else:
        evaluate = getattr(compiled, "holds", None) or compiled.decide
        evaluate({})
        evaluate({"amount": 1, "city": "beijing", "comment": "", "tags": [], "paid": True})
        compiled.sentence("zh-hans").encode()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_any_document_compiles_or_is_refused(document):
    survives(compile_condition, document)
    survives(compile_ruleset, document)
    survives(compile_ruleset, [{"id": 1, "conditions": document, "actions": []}])
    survives(compile_ruleset, [{"id": 1, "conditions": {}, "actions": document}])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(places(SOUND))), DOCUMENTS)
def test_a_sound_document_with_one_part_exchanged_compiles_or_is_refused(path, part):
    survives(compile_condition, replaced(SOUND, path, part))


def deep(levels):
    document = leaf("amount", "equal_to", 1)
    for _ in range(levels):
        document = {"any": [document]}
    return document


@pytest.mark.parametrize(
    "document",
    [
        deep(900),
        {"any": [deep(31)] * 60},
        {"all": [leaf("amount", "equal_to", 1)] * 100_000},
        {"all": [{"all": []}] * 100_000},
        {"any": [5] * 1_000_000},
        leaf("amount", "one_of", list(range(1_000_000))),
        {"all": [leaf("comment", "contains", "长" * 1_000_000)]},
        leaf("comment", "matches_regex", "(a|aa)+$"),
        leaf("comment", "matches_regex", "(" * 900),
        leaf("comment", "matches_regex", "(((a{30}){30}){30}){30}"),
        leaf("comment", "matches_regex", "[\\p{L}\\p{N}]{1000}" * 20),
        dict.fromkeys(map(str, range(10_000))),
    ],
    ids=map(str, range(12)),
)
def test_hand_made_nasties_take_no_time(document):
    survives(compile_condition, document)


def test_a_pattern_that_backtracks_elsewhere_runs_in_linear_time():
    condition = compile_condition(leaf("comment", "matches_regex", "(a|aa)+$"), SHOP)
    facts = {"comment": "a" * 50_000 + "b"}
    assert condition.holds(facts) is False
    assert is_done_in(SECONDS, lambda: condition.holds(facts))

"""Ten thousand damaged documents: each compiles to something that works, or is refused at a place in it."""

import copy
import random

import pytest

from rules.engine import RuleErrors, compile_condition, compile_ruleset, compile_table

from .shop import SHOP, leaf

CONDITION = {
    "all": [
        leaf("amount", "between", [1, 2]),
        {"none": [leaf("city", "contains", "beijing"), leaf("comment", "contains_any_of", ["变质", "late"])]},
        {
            "any": [
                leaf("tags", "contains_all", ["vip"]),
                leaf("ordered_at", "before", "2026-01-01T00:00:00Z"),
                leaf("comment", "matches_regex", "^a+b"),
                leaf("birthday", "after", "2000-02-29"),
            ]
        },
    ]
}
RULES = [
    {"id": 1, "conditions": CONDITION, "actions": [{"name": "set_urgency", "params": {"level": 2}}]},
    {"id": "b", "conditions": {}, "actions": [{"name": "send_to", "params": {"department": "quality"}}]},
]
TABLE = {
    "hit_policy": "FIRST",
    "inputs": [{"name": "amount", "type": "number", "label": {"en": "amount", "zh": "金额"}}],
    "outputs": [{"name": "level", "type": "string", "values": ["high", "low"], "default": "low"}],
    "rules": [{"when": [">=100"], "then": ['"high"']}, {"when": ["[1..5)"], "then": ['"low"']}],
}
NASTY = [
    None, True, False, 0, -1, 10**400, float("nan"), float("inf"), 1e308, "", "\ud800", "\x00", "x" * 5_000,
    "(a*)*$", "(" * 900, "[" * 500, "not(", "[1..", [], {}, [[]], [None] * 1_500, {"all": []}, {"any": [{}]},
    {1: 2}, "9999-99-99", "2026-02-30T00:00:00Z", ["a"] * 3, b"bytes", {"variable": "amount"},
]  # fmt: skip
FACTS = [
    {},
    {"amount": 1, "city": "Beijing", "comment": "aab late", "tags": ["VIP"], "birthday": "2001-01-01"},
    {"amount": "x", "city": [[]], "comment": 5, "tags": {}, "birthday": 1, "ordered_at": "soon"},
]
KEYS = ["all", "any", "none", "name", "operator", "value", "id", "conditions", "actions", "x", "\ud800", 7]
COUNT = 3_400  # of each of three kinds


def places(node, path=()):
    yield path
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in entries:
        yield from places(child, (*path, key))


def damaged(document, chance):
    """A copy in which up to three parts are replaced, dropped, doubled, renamed or nested."""
    document = copy.deepcopy(document)
    for _ in range(chance.choice([1, 1, 2, 3])):
        path = chance.choice(list(places(document)))
        if not path:
            continue
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        key, change = path[-1], chance.randrange(6)
        if change == 0:
            del parent[key]
        elif change == 1:
            parent[key] = {chance.choice(["all", "any", "none"]): [parent[key]]}
        elif change == 2 and isinstance(parent, dict):
            parent[chance.choice(KEYS)] = parent.pop(key)
        elif change == 3 and isinstance(parent, list):
            parent += parent[key : key + 1] * chance.choice([1, 40])
        elif change == 4:
            for _level in range(chance.choice([3, 60])):
                parent[key] = {"any": [parent[key]]}
        else:
            parent[key] = copy.deepcopy(chance.choice(NASTY))
    return document


def steps_beyond(path, document):
    """How many steps of a path lead out of the document, to what is missing there: at most params/level."""
    steps = path.split("/") if path else []
    while steps:
        children = document if isinstance(document, dict) else {}
        if isinstance(document, list):
            children = {str(place): child for place, child in enumerate(document)}
        if steps[0] not in children:
            break
        document = children[steps.pop(0)]
    return len(steps)


def tried(compiling, document):
    try:
        return compiling(document), []
    except RuleErrors as errors:
        return None, errors.problems


def check(compiled, kind):
    for facts in FACTS:
        if kind == "condition":
            assert compiled.holds(facts) is compiled.explain(facts).held
        elif kind == "ruleset":
            decision = compiled.decide(facts)
            assert decision.fired == [rule.id for rule in compiled.rules if rule.condition.holds(facts)]
            decision.as_json("en")
    if kind != "table":
        for language in ("en", "zh-hans"):
            compiled.sentence(language).encode()


def is_condition(node):
    """Whether a document has the shape of a condition, said independently of the parser."""
    if not isinstance(node, dict):
        return False
    groups = [key for key in ("all", "any", "none") if key in node]
    if groups:
        [children] = node.values() if len(node) == 1 else [None]
        return isinstance(children, list) and bool(children) and all(map(is_condition, children))
    return set(node) <= {"name", "operator", "value"} and {"name", "operator"} <= set(node)


@pytest.mark.parametrize(
    ("kind", "compiling", "sound"),
    [
        ("condition", lambda document: compile_condition(document, SHOP), CONDITION),
        ("ruleset", lambda document: compile_ruleset(document, SHOP), RULES),
        ("table", compile_table, TABLE),
    ],
)
def test_a_damaged_document_is_refused_at_a_place_or_works(kind, compiling, sound):
    chance, refused = random.Random(f"mutations of a {kind}"), 0
    for _ in range(COUNT):
        document = damaged(sound, chance)
        compiled, problems = tried(compiling, document)
        if problems:
            refused += 1
            for problem in problems:
                assert steps_beyond(problem.path, document) <= 2, problem
                assert all((problem.sentence.en, problem.sentence.zh))
                (problem.path + problem.sentence.en + problem.sentence.zh).encode()
            continue
        assert compiled is not None
        if kind == "condition" and document not in ({}, {"all": []}):
            assert is_condition(document), document
        check(compiled, kind)
    assert COUNT * 0.3 < refused < COUNT

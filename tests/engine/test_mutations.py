"""Ten thousand damaged documents: each compiles to something that works, or is refused at a place in it."""

import copy
import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rules.engine import (
    DecisionError,
    Lines,
    RuleErrors,
    Vocabulary,
    Words,
    compile_condition,
    compile_formula,
    compile_ruleset,
    compile_scorecard,
    compile_table,
    facts_as_json,
)

from .shop import SHOP, leaf
from .timing import is_done_in

DAYS = {"amount": 30, "unit": "days"}
CONDITION = {
    "all": [
        leaf("amount", "between", [1, 2]),
        leaf("amount", "greater_than", {"variable": "limit"}),
        {"none": [leaf("city", "contains", "beijing"), leaf("comment", "contains_any_of", ["变质", "late"])]},
        {
            "any": [
                leaf("tags", "contains_all", ["vip"]),
                leaf("ordered_at", "before", "2026-01-01T00:00:00Z"),
                leaf("comment", "matches_regex", "^a+b"),
                leaf("birthday", "after", "2000-02-29"),
            ]
        },
        {
            "any": [
                leaf("ordered_at", "within_last", DAYS),
                leaf("birthday", "more_than_ago", {"amount": 18, "unit": "years"}),
                leaf("waited", "between", [{"amount": 1, "unit": "hours"}, {"amount": 2, "unit": "days"}]),
                leaf("waited", "greater_than", {"variable": "promised"}),
                leaf("address", "within_distance", {"latitude": 31.2, "longitude": 121.5, "metres": 3000}),
                leaf("comment", "mentions_any_of", ["spoilt"]),
                leaf("name_change", "changed_from_to", ["a", "b"]),
                leaf("balance_change", "increased_by_more_than", 5),
                leaf("city_change", "changed_to", "beijing"),
                leaf("consent_change", "changed_to_no"),
                leaf("day_change", "moved_later"),
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
    "inputs": [
        {"name": "amount", "type": "number", "label": {"en": "amount", "zh": "金额"}},
        {
            "name": "city",
            "type": "string",
            "options": [{"name": "beijing", "label": {"en": "Beijing", "zh": "北京"}}],
        },
        {"name": "birthday", "type": "date", "values": '>= date("1900-01-01")'},
        {"name": "ordered_at", "type": "date and time"},
        {"name": "waited", "type": "days and time duration"},
    ],
    "outputs": [
        {"name": "level", "type": "string", "values": ["high", "low"], "default": "low"},
        {"name": "discount", "type": "number"},
    ],
    "rules": [
        {"when": [">=100", '"beijing"', "-", "-", "-"], "then": ['"high"', "0.15"]},
        {
            "when": ["[1..5)", 'not("beijing")', '> date("2000-01-01")', "-", '<= duration("P1D")'],
            "then": ['"low"', "5"],
            "annotation": "small",
        },
        {"when": ["null", "-", "-", '< date and time("2026-01-01T00:00:00Z")', "-"], "then": ['"low"', "-1"]},
    ],
}
LINES = Lines(
    name="items",
    label=Words(en="items", zh="明细"),
    vocabulary=Vocabulary.of().extended(
        [
            {"name": "price", "label": {"en": "price", "zh": "单价"}, "type": "numeric"},
            {"name": "quantity", "label": {"en": "quantity", "zh": "数量"}, "type": "numeric"},
        ]
    ),
)
FORMULA = (
    'round(if(has(tags, "vip") and [城市] = "北京", max(amount, limit / 3) * 15%, -amount), 2)'
    " + or_else(sum(items, price * quantity), 0) + days_between(birthday, anniversary)"
    " * (abs(amount - 7) + count(items, price > 1.5))"
)
SCORECARD = {
    "base": 10,
    "rows": [
        {
            "name": "loyal",
            "condition": CONDITION,
            "points": 20,
            "reason": {"en": "bought three times", "zh": "买过三次"},
            "group": "one",
        },
        {
            "name": "spends",
            "condition": {},
            "points": "round(amount / 3, 1) + sum(items, price)",
            "reason": "spends",
        },
        {
            "name": "late",
            "condition": {"all": [leaf("amount", "less_than", 3)]},
            "points": "-5.5",
            "group": "one",
        },
    ],
    "floor": 0,
    "ceiling": 50,
    "bands": [
        {"name": "gold", "label": {"en": "Gold", "zh": "金"}, "from": 30},
        {"name": "silver", "from": 20},
    ],
}
NASTY = [
    None, True, False, 0, -1, 10**400, 10**5_000, float("nan"), float("inf"), 1e308, "", "\ud800", "\x00",
    "x" * 5_000, "(a*)*$", "(" * 900, "[" * 500, "not(", "[1..", [], {}, [[]], [None] * 1_500, {"all": []},
    {"any": [{}]}, {1: 2}, "9999-99-99", "2026-02-30T00:00:00Z", ["a"] * 3, b"bytes", {"variable": "amount"},
    {"variable": []}, {"amount": 10**400, "unit": []}, {"latitude": "\ud800", "longitude": 1, "metres": -1},
    "1/0",     {"old": 1, "new": float("nan")}, timedelta.max, datetime.max, {None: []},
    datetime.min.replace(tzinfo=UTC),
]  # fmt: skip
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTS = {
    "amount": 1.5,
    "limit": 1,
    "city": "Beijing",
    "comment": "aab late 变质",
    "tags": ["VIP"],
    "birthday": "2001-01-01",
    "anniversary": "2020-02-29",
    "ordered_at": "2026-02-20T00:00:00Z",
    "now": NOW,
    "waited": timedelta(hours=5),
    "promised": timedelta(hours=1),
    "address": {"latitude": 31.2, "longitude": 121.5},
    "name_change": {"old": "a", "new": "b"},
    "balance_change": {"old": 1, "new": 7},
    "city_change": {"old": None, "new": "beijing"},
    "consent_change": {"old": True, "new": False},
    "day_change": {"old": "2026-01-01", "new": "2026-01-02"},
    "items": [{"price": 2, "quantity": 3}, {"price": 0.1, "quantity": 1}],
}
SECONDS = 0.1  # of processor time, to compile or refuse a document
KEYS = [
    "all", "any", "none", "name", "operator", "value", "id", "conditions", "actions", "x", "\ud800", 7, None,
    "variable", "amount", "unit", "metres", "points", "condition", "when", "then", "values", "default",
    "label",
]  # fmt: skip
PIECES = [
    "(", ")", ",", "+", "-", "*", "/", "%", "=", "<", "and", "not", "if(", "round(", "sum(items, ", "[", "]",
    '"', "amount", "items", "price", "9" * 60, "0", "1/0", "\ud800", "\x00", "（", "，", "×", "days", "1e9",
    "", "x" * 3_000, "(" * 100, "-" * 100, "not " * 100,
]  # fmt: skip
COUNT = 2_100  # of each of five kinds


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


def damaged_text(text, chance):
    """A formula in which up to three pieces are replaced, dropped, doubled or put in."""
    for _ in range(chance.choice([1, 1, 2, 3])):
        begin, piece = chance.randrange(len(text) + 1), chance.choice(PIECES)
        end = min(len(text), begin + chance.choice([0, 1, 5, 20]))
        text = text[:begin] + chance.choice([piece, "", text[begin:end] * 2, f" {piece} "]) + text[end:]
    return text


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


def check(compiled, kind, facts):
    """Whatever compiles works, on whatever facts, and says what it did in both languages."""
    saying = {
        "condition": say_condition,
        "ruleset": say_decision,
        "table": say_table_decision,
        "scorecard": say_score,
        "formula": say_result,
    }[kind]
    for language in ("en", "zh-hans"):
        json.dumps(saying(compiled, facts, language), default=str).encode()


def say_condition(condition, facts, language):
    explanation = condition.explain(facts)
    assert condition.holds(facts) is explanation.held
    return [condition.sentence(language), explanation.sentence(language), explanation.because(language)]


def say_decision(ruleset, facts, language):
    decision = ruleset.decide(facts)
    assert decision.fired == [rule.id for rule in ruleset.rules if rule.condition.holds(facts)]
    return [ruleset.sentence(language), decision.sentence(language), decision.as_json(language)]


def say_table_decision(table, facts, language):
    said = table.sentences(language)
    try:
        decision = table.decide(facts)
    except DecisionError as error:
        return [said, error.as_json(language)]
    whys = [decision.why(place) for place in range(len(table.rows))]
    assert decision.matched == tuple(place for place, why in enumerate(whys) if why.held)
    return [
        said,
        decision.sentence(language),
        decision.as_json(language),
        *(why.sentence(language) for why in whys),
    ]


def say_score(scorecard, facts, language):
    score = scorecard.score(facts)
    return [scorecard.sentences(language), score.explain(language), score.as_json(language)]


def say_result(formula, facts, language):
    explanation = formula.explain(facts)
    again = compile_formula(formula.text, SHOP, lines=[LINES])
    assert again.evaluate(facts).value == formula.evaluate(facts).value
    return [formula.sentence(language), formula.written(language), explanation.as_json(language)]


def is_condition(node):
    """Whether a document has the shape of a condition, said independently of the parser."""
    if not isinstance(node, dict):
        return False
    groups = [key for key in ("all", "any", "none") if key in node]
    if groups:
        [children] = node.values() if len(node) == 1 else [None]
        return isinstance(children, list) and bool(children) and all(map(is_condition, children))
    return set(node) <= {"name", "operator", "value"} and {"name", "operator"} <= set(node)


def is_ruleset(document):
    return isinstance(document, list) and all(
        isinstance(rule, dict)
        and set(rule) <= {"id", "conditions", "actions", "name"}
        and isinstance(rule.get("actions", []), list)
        and is_whole_condition(rule.get("conditions", {}))
        for rule in document
    )


def is_table(document):
    shape = [len(document["inputs"]), len(document["outputs"])]
    return all([len(row["when"]), len(row["then"])] == shape for row in document.get("rules", []))


def is_scorecard(document):
    return set(document) <= set(SCORECARD) and all(
        is_whole_condition(row["condition"]) for row in document.get("rows", [])
    )


def is_whole_condition(document):
    return document in ({}, {"all": []}) or is_condition(document)


def compiled_within_bounds(compiling, document):
    found = []
    assert is_done_in(SECONDS, lambda: found.append(tried(compiling, document)))
    return found[-1]


KINDS = {
    "condition": (lambda document: compile_condition(document, SHOP), CONDITION, is_whole_condition),
    "ruleset": (lambda document: compile_ruleset(document, SHOP), RULES, is_ruleset),
    "table": (compile_table, TABLE, is_table),
    "scorecard": (lambda document: compile_scorecard(document, SHOP, lines=[LINES]), SCORECARD, is_scorecard),
    "formula": (
        lambda document: compile_formula(document, SHOP, lines=[LINES]),
        FORMULA,
        lambda document: isinstance(document, str),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_damaged_is_sound(kind):
    compiling, sound, is_sound = KINDS[kind]
    assert is_sound(sound)
    for facts in ({}, FACTS):
        check(compiling(sound), kind, facts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_document_is_refused_at_a_place_or_works(kind):
    compiling, sound, is_sound = KINDS[kind]
    chance, refused = random.Random(f"mutations of a {kind}"), 0
    damage = damaged_text if kind == "formula" else damaged
    for _ in range(COUNT):
        document = damage(sound, chance)
        compiled, problems = compiled_within_bounds(compiling, document)
        if problems:
            refused += 1
            for problem in problems:
                assert steps_beyond(problem.path, document) <= 2, problem
                assert all((problem.sentence.en, problem.sentence.zh))
                (problem.path + problem.sentence.en + problem.sentence.zh).encode()
            continue
        assert compiled is not None
        assert is_sound(document), document
        check(compiled, kind, damaged(FACTS, chance))
    assert COUNT * 0.3 < refused < COUNT


def nested(levels, wrap):
    document = []
    for _ in range(levels):
        document = wrap(document)
    return document


class Curious(dict):
    """A dict that is none exactly."""


ITSELF: list = []
ITSELF.append(ITSELF)
LOOP: dict = {}
LOOP["all"] = [LOOP]
HAND_MADE = {
    "10^400": 10**400,
    "minus 10^100000": -(10**100_000),
    "NaN": float("nan"),
    "signalling NaN": Decimal("sNaN"),
    "infinity": float("-inf"),
    "a decimal of a million digits": Decimal("1e999999"),
    "a lone surrogate": "\ud800",
    "a million surrogates": "\ud800" * 1_000_000,
    "a million characters": "x" * 1_000_000,
    "a million digits": "1" * 1_000_000,
    "a million brackets": "(" * 1_000_000,
    "a hundred thousand groups": [{"all": []}] * 100_000,
    "a hundred thousand texts": list(map(str, range(100_000))),
    "a hundred thousand keys": dict.fromkeys(map(str, range(100_000))),
    "a set of a huge integer": {10**5_000, "vip"},
    "ten thousand lists deep": nested(10_000, lambda inside: [inside]),
    "ten thousand groups deep": nested(10_000, lambda inside: {"any": [inside]}),
    "a pattern that backtracks": "(a+)+$",
    "a pattern that explodes": "(((a{30}){30}){30}){30}",
    "keys that are no texts": {1: 2, None: 3, (1, 2): 4, b"x": 1, float("nan"): 2, 10**5_000: 0},
    "a key that is long": {"k" * 1_000_000: 1, "\ud800": 2},
    "a list that holds itself": ITSELF,
    "a group that holds itself": LOOP,
    "a dict of another class": Curious(CONDITION),
    "bytes": b"x" * 100,
    "an object": object(),
    "a range": range(10**9),
    "a label of a huge integer": {"en": 10**5_000, "zh": "\ud800"},
    "a choice with half a character": [{"name": "\ud800"}],
}


def with_part(node, path, part):
    if not path:
        return part
    copied = dict(node) if isinstance(node, dict) else list(node)
    copied[path[0]] = with_part(copied[path[0]], path[1:], part)
    return copied


@pytest.mark.parametrize("nasty", HAND_MADE)
@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_should_send_is_refused_or_works_wherever_it_stands(kind, nasty):
    compiling, sound, _is_sound = KINDS[kind]
    for path in [()] if kind == "formula" else places(sound):
        document = with_part(sound, path, HAND_MADE[nasty])
        compiled, problems = compiled_within_bounds(compiling, document)
        assert (compiled is None) is bool(problems)
        for problem in problems:
            assert len(problem.path) < 500
            (problem.path + problem.sentence.en + problem.sentence.zh).encode()
        if compiled:
            check(compiled, kind, FACTS)


@pytest.mark.parametrize("kind", KINDS)
def test_facts_nobody_should_send_are_decided_on_and_stored(kind):
    compiling, sound, _is_sound = KINDS[kind]
    compiled = compiling(sound)
    for nasty, fact in HAND_MADE.items():
        if nasty.startswith(("a hundred thousand", "a million", "minus")):
            continue  # facts come from the program, not from a person: their size is its own affair
        for name in ("amount", "comment", "tags", "ordered_at", "name_change", "address", "items"):
            facts = FACTS | {name: fact}
            check(compiled, kind, facts)
            json.dumps(facts_as_json(facts)).encode()

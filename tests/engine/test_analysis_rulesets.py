"""Rules that can never hold, are needless or contradict each other; held against what they do on facts."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import Vocabulary, compile_condition, compile_ruleset
from rules.engine.analysis import analyse_ruleset
from rules.engine.analysis.rulesets import RuleSetAnalyser
from tests.engine.generated import facts, fields, trees
from tests.engine.shop import SHOP, leaf

EMPTY = Vocabulary.of()
CLOSE = [{"name": "close"}]


def send_to(department):
    return [{"name": "send_to", "params": {"department": department}}]


def ruleset(*rules, vocabulary=SHOP):
    return compile_ruleset(
        [
            {"id": str(place), "conditions": conditions, "actions": actions}
            for place, (conditions, actions) in enumerate(rules)
        ],
        vocabulary,
    )


def told(*rules, language="en"):
    return [
        (finding.kind, finding.rows, finding.sentence.say(language))
        for finding in analyse_ruleset(ruleset(*rules))
    ]


def dead(*leaves):
    return [kind for kind, *_ in told(({"all": list(leaves)}, CLOSE))] == ["dead"]


# By hand -----------------------------------------------------------------------------------------------


def test_a_rule_that_can_never_hold_names_what_cannot_be_together():
    condition = {
        "all": [leaf("amount", "greater_than", 100), leaf("paid", "is_true"), leaf("amount", "less_than", 50)]
    }
    assert told((condition, CLOSE)) == [
        (
            "dead",
            (0,),
            "Rule 1 can never hold: it is impossible that amount is more than 100 "
            "and amount is less than 50.",
        )
    ]
    assert told((condition, CLOSE), language="zh")[0][2] == (
        "第 1 条规则永远不会成立：不可能金额大于 100，并且金额小于 50。"
    )


def test_impossible_conditions_of_each_type():
    assert dead(leaf("amount", "between", [1, 5]), leaf("amount", "one_of", [6, 7]))
    assert dead(leaf("city", "contains", "beijing"), leaf("city", "contains", "shanghai"))
    assert dead(leaf("city", "one_of", ["beijing"]), leaf("city", "not_one_of", ["Beijing", "shanghai"]))
    assert dead(leaf("paid", "is_true"), leaf("paid", "is_false"))
    assert dead(leaf("comment", "equal_to", "late"), leaf("comment", "contains", "cold"))
    assert dead(leaf("comment", "contains", "cold"), leaf("comment", "does_not_contain", "cold"))
    assert dead(leaf("comment", "equal_to", ""), leaf("comment", "non_empty"))
    assert dead(leaf("comment", "contains_any_of", ["a"]), leaf("comment", "contains_none_of", ["a"]))
    assert dead(leaf("birthday", "after", "2026-01-01"), leaf("birthday", "before", "2026-01-02"))
    assert dead(
        leaf("tags", "contains_all", ["vip"]), leaf("tags", "shares_no_elements_with", ["vip", "new"])
    )
    assert dead(leaf("tags", "contains_all", ["vip", "new"]), leaf("tags", "is_contained_by", ["vip"]))
    assert dead(
        leaf("tags", "contains_all", ["vip", "new"]),
        leaf("tags", "shares_exactly_one_element_with", ["vip", "new", "lapsed"]),
    )
    assert dead({"none": [leaf("amount", "less_than", 5)]}, leaf("amount", "less_than", 4))


def test_what_may_hold_is_not_called_dead():
    assert not dead(leaf("birthday", "after", "2026-01-01"), leaf("birthday", "before", "2026-01-03"))
    assert not dead(leaf("comment", "contains", "a"), leaf("comment", "does_not_contain", "b"))
    assert not dead(leaf("comment", "matches_regex", "^a"), leaf("comment", "matches_regex", "^b"))
    # A missing amount is not less than 5, and so neither more.
    assert not dead({"none": [leaf("amount", "less_than", 5), leaf("amount", "greater_than_or_equal_to", 5)]})
    # Nothing is said of what is not an option, but it may be a fact.
    assert not dead(leaf("city", "not_one_of", ["beijing", "shanghai"]))


def test_a_rule_that_another_makes_needless():
    assert told(
        (leaf("amount", "greater_than", 100), CLOSE),
        (leaf("amount", "greater_than", 50), CLOSE),
        (leaf("amount", "greater_than", 10), send_to("quality")),
    ) == [
        (
            "implied",
            (0, 1),
            "Rule 1 adds nothing: whenever it holds, rule 2 holds too and does the same.",
        )
    ]


def test_a_rule_that_repeats_another_in_other_words():
    assert told(
        ({"any": [leaf("amount", "less_than", 5), leaf("amount", "equal_to", 5)]}, CLOSE),
        (leaf("amount", "less_than_or_equal_to", 5), CLOSE),
    ) == [("repeated", (1, 0), "Rule 2 repeats rule 1: it holds in the same cases and does the same.")]


def test_rules_that_want_two_things_of_which_one_can_be_done():
    found = analyse_ruleset(
        ruleset(
            (leaf("amount", "greater_than", 100), send_to("quality")),
            (leaf("city", "contains", "beijing"), send_to("care")),
        )
    )
    assert [finding.sentence for finding in found] == [
        "Rules 1 and 2 can hold at once but want different things, of which one is done: "
        "send to Quality / send to Care."
    ]
    assert found[0].example == {"amount": 101, "city": "beijing"}
    assert found[0].example_sentence.zh == "金额：101，城市：北京"
    assert found[0].as_json("en") == {
        "kind": "contradiction",
        "severity": "info",
        "rows": [0, 1],
        "sentence": found[0].sentence,
        "example": {"amount": "101", "city": "Beijing"},
        "example_sentence": "amount: 101, city: Beijing",
        "when": None,
    }


def test_an_exception_above_a_general_rule_is_no_contradiction():
    general = (leaf("amount", "greater_than", 100), send_to("quality"))
    special = (leaf("amount", "greater_than", 1000), send_to("care"))
    assert told(special, general) == []
    assert [kind for kind, *_ in told(general, special)] == ["contradiction"]
    assert told(general, special)[0][2].startswith("Whenever rule 2 holds, rule 1 holds too")


def test_actions_that_can_be_done_together_do_not_contradict_each_other():
    assert (
        told(
            (leaf("amount", "greater_than", 100), [{"name": "set_urgency", "params": {"level": 1}}]),
            (leaf("paid", "is_true"), [{"name": "set_urgency", "params": {"level": 2}}]),
        )
        == []
    )


def test_an_example_of_a_text_is_put_together_and_tried():
    found = analyse_ruleset(
        ruleset(
            (
                {"all": [leaf("comment", "starts_with", "Re:"), leaf("comment", "contains", "late")]},
                send_to("care"),
            ),
            (leaf("comment", "contains_any_of", ["cold", "raw"]), send_to("quality")),
        )
    )
    assert [finding.example for finding in found] == [{"comment": "Re:latecold"}]


def test_a_condition_that_is_too_complex_is_said_to_be_so():
    """Ten pigeons in nine holes: impossible, and famously hard to see."""
    pigeons, holes = range(9), range(8)
    vocabulary = SHOP.extended(
        [{"name": f"p{p}h{h}", "label": "sits", "type": "boolean"} for p in pigeons for h in holes]
    )
    each_sits = [{"any": [leaf(f"p{p}h{h}", "is_true") for h in holes]} for p in pigeons]
    alone = [
        {"none": [{"all": [leaf(f"p{p}h{h}", "is_true"), leaf(f"p{q}h{h}", "is_true")]}]}
        for h in holes
        for p in pigeons
        for q in range(p)
    ]
    rules = ruleset(({"all": [*each_sits, *alone]}, CLOSE), vocabulary=vocabulary)
    assert [(finding.kind, finding.rows) for finding in analyse_ruleset(rules)] == [("unknown", (0,))]


# Against evaluation ------------------------------------------------------------------------------------


@st.composite
def worlds(draw):
    """(vocabulary, two trees, facts)."""
    specs = draw(fields())
    several = st.lists(facts(specs), min_size=5, max_size=20)
    return EMPTY.extended(specs), draw(trees(specs)), draw(trees(specs)), draw(several)


def analyser(vocabulary, *conditions):
    vocabulary = Vocabulary(variables=vocabulary.variables, actions=SHOP.actions)
    return RuleSetAnalyser(ruleset(*((condition, CLOSE) for condition in conditions), vocabulary=vocabulary))


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_no_facts_make_a_dead_rule_hold(world):
    vocabulary, tree, _, several = world
    asked = analyser(vocabulary, tree)
    is_dead = [finding.kind for finding in asked.analyse()] == ["dead"]
    condition = asked.rules[0].condition
    assert not (is_dead and any(condition.holds(known) for known in several))
    example = asked.facts_for(condition)
    assert example is None or (condition.holds(example) and not is_dead)


@settings(max_examples=150, deadline=None)
@given(worlds(), st.sampled_from(["as they are", "any", "all"]))
def test_a_needless_rule_never_holds_without_the_other(world, kind):
    vocabulary, tree, other, several = world
    other = other if kind == "as they are" else {kind: [tree, other]}
    asked = analyser(vocabulary, tree, other)
    for finding in asked.analyse():
        if finding.kind in ("implied", "repeated"):
            needless, needed = (asked.rules[row].condition for row in finding.rows)
            for known in [*several, finding.example]:
                assert needed.holds(known) or not needless.holds(known)
                assert finding.kind == "implied" or needed.holds(known) == needless.holds(known)


# A small world in which everything can be tried.
NUMBERS = [None, -1, 0, Decimal("0.5"), 1, Decimal("1.5"), 2, 3]
DAYS = [None, *(date(2026, 1, 1) + timedelta(days=days) for days in range(-1, 4))]
SMALL = {
    "number": ("numeric", NUMBERS),
    "yes": ("boolean", [None, True, False]),
    "choice": ("select", [None, "a", "b", "c"]),
    "set": (
        "select_multiple",
        [None, *([c for c in "abz" if c in s] for s in ("", "a", "b", "z", "ab", "az", "bz", "abz"))],
    ),
    "day": ("date", DAYS),
    "text": ("string", [None, "", "x", "y", "z", "xz", "yz", "xy"]),
}
LEAVES = st.one_of(
    st.sampled_from(
        ["equal_to", "not_equal_to", "greater_than", "less_than", "less_than_or_equal_to"]
    ).flatmap(lambda key: st.sampled_from([0, 1, 2]).map(lambda value: leaf("number", key, value))),
    st.sampled_from([[0, 1], [1, 2], [1, 1]]).map(lambda ends: leaf("number", "between", ends)),
    st.sampled_from(["is_true", "is_false"]).map(lambda key: leaf("yes", key)),
    st.sampled_from(["contains", "does_not_contain"]).flatmap(
        lambda key: st.sampled_from(["a", "B"]).map(lambda value: leaf("choice", key, value))
    ),
    st.sampled_from(
        [
            "contains_all",
            "is_contained_by",
            "shares_at_least_one_element_with",
            "shares_exactly_one_element_with",
            "shares_no_elements_with",
        ]
    ).flatmap(
        lambda key: st.lists(st.sampled_from("abA"), max_size=3).map(lambda value: leaf("set", key, value))
    ),
    st.sampled_from(["before", "on_or_after", "equal_to"]).flatmap(
        lambda key: st.sampled_from(["2026-01-01", "2026-01-02"]).map(lambda value: leaf("day", key, value))
    ),
    st.sampled_from(["equal_to", "not_equal_to", "contains", "non_empty"]).flatmap(
        lambda key: st.sampled_from(["x", "y"]).map(lambda value: leaf("text", key, value))
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inside: st.sampled_from(["all", "any", "none"]).flatmap(
        lambda kind: st.lists(inside, min_size=1, max_size=3).map(lambda children: {kind: children})
    ),
    max_leaves=7,
)
SMALL_WORLD = EMPTY.extended([{"name": name, "type": kind} for name, (kind, _) in SMALL.items()])


def everything(condition):
    names = sorted(condition.names)
    return (dict(zip(names, values, strict=True)) for values in product(*(SMALL[name][1] for name in names)))


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_a_rule_is_dead_exactly_when_nothing_makes_it_hold(tree):
    condition = compile_condition(tree, SMALL_WORLD)
    can_hold = any(condition.holds(known) for known in everything(condition))
    asked = analyser(SMALL_WORLD, tree)
    assert [finding.kind for finding in asked.analyse()] == ([] if can_hold else ["dead"])
    assert (asked.facts_for(condition) is not None) == can_hold


@settings(max_examples=200, deadline=None)
@given(TREES, TREES)
def test_a_rule_is_needless_exactly_when_the_other_always_holds_too(tree, other):
    both = compile_condition({"all": [{"any": [tree, other]}]}, SMALL_WORLD)
    first, second = compile_condition(tree, SMALL_WORLD), compile_condition(other, SMALL_WORLD)
    seen = {(first.holds(known), second.holds(known)) for known in everything(both)}
    kinds = [finding.kind for finding in analyser(SMALL_WORLD, tree, other).analyse()]
    can_hold = {first for first, _ in seen}, {second for _, second in seen}
    if any(True not in can for can in can_hold):
        assert set(kinds) == {"dead"}
    elif (True, False) not in seen and (False, True) not in seen:
        assert kinds == ["repeated"]
    elif (True, False) not in seen or (False, True) not in seen:
        assert kinds == ["implied"]
    else:
        assert kinds == []

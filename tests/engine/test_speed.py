"""Bounds several times above what was measured, so that only a change of kind breaks them."""

import random
import timeit

from rules.engine import compile_condition, compile_ruleset

from .shop import SHOP, leaf


def fastest(function, *, times=20_000, rounds=7):
    return min(timeit.repeat(function, number=times, repeat=rounds))


def test_one_comparison_costs_about_what_a_hand_written_closure_does():
    def more_than(limit):
        return lambda facts: facts["amount"] > limit

    closure, holds = more_than(100), compile_condition(leaf("amount", "greater_than", 100), SHOP).holds
    facts = {"amount": 120, "city": "beijing"}
    assert fastest(lambda: holds(facts)) < 3 * fastest(lambda: closure(facts))


def test_a_thousand_texts_against_ten_lists_of_thirty_words_take_a_blink():
    chance = random.Random(7)

    def text(length):
        return "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(length))

    rules = [
        {"id": number, "conditions": leaf("comment", "contains_any_of", [text(2) for _ in range(30)])}
        for number in range(10)
    ]
    ruleset = compile_ruleset(rules, SHOP)
    comments = [{"comment": text(chance.randrange(5, 100))} for _ in range(1_000)]
    ruleset.decide(comments[0])
    assert fastest(lambda: [ruleset.decide(facts).fired for facts in comments], times=1, rounds=3) < 0.4

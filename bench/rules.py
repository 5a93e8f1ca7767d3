"""How long a set of rules takes to decide about one set of facts, beside the alternatives, in one run.

    make bench-rules        python -m bench.rules [--rules 1 100 1000] [--facts 50]

Each rule asks three things of facts with 20 fields: a text is equal, a number is larger, a choice is one of
five in twenty. Every engine must fire exactly the same rules; a difference ends the run. Times are the best
of several rounds, in microseconds per set of facts; a ratio above 1 says how many times slower than Tangram.
"""

import argparse
import random
import sys
from time import perf_counter

from business_rules.engine import check_conditions_recursively
from business_rules.variables import BaseVariables, numeric_rule_variable, string_rule_variable

from rules.engine import Vocabulary, compile_ruleset

FIELDS = 20
TEXTS, NUMBERS, CHOICES = range(0, 7), range(7, 14), range(14, FIELDS)
DIFFERENT_TEXTS = (50, 200, 5, 6, 8, 50, 200)
ROUNDS = 5


def variables() -> type[BaseVariables]:
    """A business-rules class with one variable per field, read from `self.facts`."""

    def method(name, decorate):
        def read(self):
            return self.facts[name]

        read.__name__ = name
        return decorate()(read)

    members = {f"f{i}": method(f"f{i}", numeric_rule_variable) for i in NUMBERS}
    members |= {f"f{i}": method(f"f{i}", string_rule_variable) for i in (*TEXTS, *CHOICES)}
    members["__init__"] = lambda self, facts: setattr(self, "facts", facts)
    return type("BenchVariables", (BaseVariables,), members)


def make_rules(count: int, chance: random.Random) -> list[dict]:
    return [{"id": number, "conditions": make_condition(chance), "actions": []} for number in range(count)]


def make_condition(chance):
    text, number, choice = chance.choice(TEXTS), chance.choice(NUMBERS), chance.choice(CHOICES)
    values = DIFFERENT_TEXTS[text]
    return {
        "all": [
            {"name": f"f{text}", "operator": "equal_to", "value": f"t{chance.randrange(values)}"},
            {"name": f"f{number}", "operator": "greater_than", "value": chance.randrange(100)},
            {
                "name": f"f{choice}",
                "operator": "one_of",
                "value": [f"c{i}" for i in chance.sample(range(20), 5)],
            },
        ]
    }


def make_facts(chance: random.Random) -> dict:
    facts = {f"f{i}": f"t{chance.randrange(DIFFERENT_TEXTS[i])}" for i in TEXTS}
    facts |= {f"f{i}": chance.randrange(100) for i in NUMBERS}
    return facts | {f"f{i}": f"c{chance.randrange(20)}" for i in CHOICES}


# The engines: each turns rules into a function from facts to the ids of the rules that hold.


def tangram(rules, variables_class):
    compiled = compile_ruleset(rules, Vocabulary.of(variables_class))
    return lambda facts: compiled.decide(facts).fired


def business_rules(rules, variables_class):
    def fired(facts):
        asked = variables_class(facts)
        return [rule["id"] for rule in rules if check_conditions_recursively(rule["conditions"], asked)]

    return fired


def closures(rules, variables_class):
    """What a programmer would write by hand, one function per rule."""

    def holds(condition):
        text, number, choice = condition["all"]
        a, b, c = text["name"], number["name"], choice["name"]
        x, y, z = text["value"], number["value"], frozenset(choice["value"])
        return lambda facts: facts[a] == x and facts[b] > y and facts[c] in z

    compiled = [(rule["id"], holds(rule["conditions"])) for rule in rules]
    return lambda facts: [rule_id for rule_id, held in compiled if held(facts)]


ENGINES = {"Tangram": tangram, "plain closures": closures, "business-rules": business_rules}


def best_time(decide, every_facts) -> float:
    """Microseconds per set of facts, the best of several rounds."""
    best = min(round_time(decide, every_facts) for _round in range(ROUNDS))
    return best / len(every_facts) * 1_000_000


def round_time(decide, every_facts):
    begun = perf_counter()
    for facts in every_facts:
        decide(facts)
    return perf_counter() - begun


def measure(count: int, *, facts: int, chance: random.Random) -> dict[str, float]:
    rules, variables_class = make_rules(count, chance), variables()
    every_facts = [make_facts(chance) for _number in range(facts)]
    engines = {name: build(rules, variables_class) for name, build in ENGINES.items()}
    expected = [engines["business-rules"](one) for one in every_facts]
    for name, decide in engines.items():
        if [decide(one) for one in every_facts] != expected:
            sys.exit(f"{name} does not fire the same rules as business-rules.")
    return {name: best_time(decide, every_facts) for name, decide in engines.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rules", type=int, nargs="+", default=[1, 100, 1_000])
    parser.add_argument("--facts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{'rules':>6}  {'engine':<16}{'µs per facts':>14}{'ratio':>9}")
    for count in options.rules:
        times = measure(count, facts=options.facts, chance=random.Random(options.seed))
        for name, time in times.items():
            print(f"{count:>6}  {name:<16}{time:>14.2f}{time / times['Tangram']:>9.2f}")


if __name__ == "__main__":
    main()

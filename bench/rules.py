"""How long a set of rules takes to decide about one set of facts, beside the alternatives, in one run.

    make bench-rules                                    the table on the terminal
    python -m bench.rules --markdown docs/performance.md    the page of the documentation

Each rule asks three things of facts with 20 fields: a text is equal, a number is larger, a choice is one of
five in twenty. Every engine must fire exactly the same rules; a difference ends the run. The engines take
turns, round by round, so that a busy machine is busy for all of them; the best run over all facts counts.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import random
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import rule_engine
import zen
from business_rules.engine import check_conditions_recursively
from business_rules.variables import BaseVariables, numeric_rule_variable, string_rule_variable

from bench.report import Target, line_picture, number, table, targets_table
from rules.engine import Vocabulary, compile_condition, compile_ruleset

FIELDS = 20
TEXTS, NUMBERS, CHOICES = range(0, 5), range(5, 13), range(13, FIELDS)
DIFFERENT_TEXTS = {"mixed": (50, 200, 5, 6, 8), "selective": (1_000,) * 5}
ROUNDS = 15
SLOW = 1.0  # seconds: an engine whose round takes longer has SLOW_ROUNDS
SLOW_ROUNDS = 2
SHORT = 0.02  # seconds: a round takes this long at least, in as many runs as it takes


# The work --------------------------------------------------------------------------------------------------


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


def make_rules(count: int, shape: str, chance: random.Random) -> list[dict]:
    return [
        {"id": number, "conditions": make_condition(shape, chance), "actions": []} for number in range(count)
    ]


def make_condition(shape: str, chance: random.Random) -> dict:
    text, number, choice = chance.choice(TEXTS), chance.choice(NUMBERS), chance.choice(CHOICES)
    values = DIFFERENT_TEXTS[shape][text]
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


def make_facts(shape: str, chance: random.Random) -> dict:
    facts = {f"f{i}": f"t{chance.randrange(DIFFERENT_TEXTS[shape][i])}" for i in TEXTS}
    facts |= {f"f{i}": chance.randrange(100) for i in NUMBERS}
    return facts | {f"f{i}": f"c{chance.randrange(20)}" for i in CHOICES}


# The engines -----------------------------------------------------------------------------------------------


@dataclass
class Engine:
    """`run` decides about all facts in turn; `fired` reads the ids of the rules that hold from one result."""

    run: Callable[[list], list]
    fired: Callable[[object], list] = lambda result: result
    # Facts in the form this engine takes fastest, made before the clock starts.
    prepare: Callable[[dict], object] = lambda facts: facts

    def all_fired(self, every_facts: list[dict]) -> list[list]:
        return [self.fired(result) for result in self.run([self.prepare(facts) for facts in every_facts])]


def each(decide: Callable) -> Callable[[list], list]:
    return lambda every_facts: [decide(facts) for facts in every_facts]


def tangram(rules, variables_class):
    decide = compile_ruleset(rules, Vocabulary.of(variables_class)).decide
    return Engine(each(lambda facts: decide(facts).fired))


def business_rules(rules, variables_class):
    def fired(facts):
        asked = variables_class(facts)
        return [rule["id"] for rule in rules if check_conditions_recursively(rule["conditions"], asked)]

    return Engine(each(fired))


def rule_engine_matches(rules, variables_class):
    compiled = [(rule["id"], rule_engine.Rule(expression(rule["conditions"])).matches) for rule in rules]
    return Engine(each(lambda facts: [rule_id for rule_id, matches in compiled if matches(facts)]))


def expression(condition):
    text, number, choice = condition["all"]
    return (
        f"{text['name']} == {json.dumps(text['value'])} and {number['name']} > {number['value']}"
        f" and {choice['name']} in {json.dumps(choice['value'])}"
    )


def zen_evaluate(rules, variables_class):
    """A decision table known to a static loader: compiled once, when first asked for."""
    evaluate = zen_table(rules).evaluate
    return Engine(each(lambda facts: evaluate("rules", facts)), fired=zen_fired)


def zen_evaluate_json(rules, variables_class):
    """The same with facts that are JSON already."""
    evaluate = zen_table(rules).evaluate
    return Engine(each(lambda facts: evaluate("rules", facts)), fired=zen_fired, prepare=json.dumps)


def zen_batch(rules, variables_class):
    return Engine(
        zen_table(rules).evaluate_batch,
        fired=lambda result: zen_fired(result["data"]),
        prepare=lambda facts: {"key": "rules", "context": facts},
    )


def zen_fired(result):
    return [row["id"] for row in result["result"]]


def zen_table(rules):
    names = sorted({leaf["name"] for rule in rules for leaf in rule["conditions"]["all"]})
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": name, "name": name, "field": name} for name in names],
        "outputs": [{"id": "id", "name": "id", "field": "id"}],
        "rules": [zen_row(rule, names) for rule in rules],
    }
    place = {"position": {"x": 0, "y": 0}}
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", **place},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table, **place},
        {"id": "out", "name": "out", "type": "outputNode", **place},
    ]
    edges = [
        {"id": "1", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "2", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    content = {"rules": {"nodes": nodes, "edges": edges}}
    return zen.ZenEngine({"loader": {"type": "static", "content": content}})


def zen_row(rule, names):
    text, number, choice = rule["conditions"]["all"]
    return {
        "_id": str(rule["id"]),
        "id": str(rule["id"]),
        **dict.fromkeys(names, ""),
        text["name"]: json.dumps(text["value"]),
        number["name"]: f"> {number['value']}",
        choice["name"]: ", ".join(json.dumps(value) for value in choice["value"]),
    }


def closures(rules, variables_class):
    """What a programmer would write by hand, one function per rule."""
    compiled = [(rule["id"], closure(rule["conditions"])) for rule in rules]
    return Engine(each(lambda facts: [rule_id for rule_id, holds in compiled if holds(facts)]))


def closure(condition):
    text, number, choice = condition["all"]
    a, b, c = text["name"], number["name"], choice["name"]
    x, y, z = text["value"], number["value"], frozenset(choice["value"])
    return lambda facts: facts[a] == x and facts[b] > y and facts[c] in z


def hand_written(rules, variables_class):
    """The best index for this one shape: hash on equality, then one generated function per bucket.

    It knows what it need not check: every fact is there and of its type, and nobody asks for reasons.
    """
    buckets: dict[str, dict[str, list]] = {}
    for rule in rules:
        text = rule["conditions"]["all"][0]
        buckets.setdefault(text["name"], {}).setdefault(text["value"], []).append(rule)
    tables = [
        (name, {value: bucket_function(some) for value, some in table.items()}.get)
        for name, table in buckets.items()
    ]

    def fired(facts):
        ids = []
        for name, find in tables:
            bucket = find(facts[name])
            if bucket is not None:
                bucket(facts, ids)
        ids.sort()
        return ids

    return Engine(each(fired))


def bucket_function(rules):
    lines = ["def bucket(facts, ids):"]
    names = sorted({leaf["name"] for rule in rules for leaf in rule["conditions"]["all"][1:]})
    lines += [f" {name} = facts[{name!r}]" for name in names]
    for rule in rules:
        _text, number, choice = rule["conditions"]["all"]
        test = f"{number['name']} > {number['value']} and {choice['name']} in {set(choice['value'])}"
        lines.append(f" if {test}: ids.append({rule['id']})")
    made = {}
    exec("\n".join(lines), made)
    return made["bucket"]


ZEN = ("zen-engine, evaluate", "zen-engine, evaluate on JSON", "zen-engine, evaluate_batch")
ENGINES = {
    "Tangram": tangram,
    "hand-written index": hand_written,
    "plain closures": closures,
    ZEN[0]: zen_evaluate,
    ZEN[1]: zen_evaluate_json,
    ZEN[2]: zen_batch,
    "business-rules": business_rules,
    "rule-engine": rule_engine_matches,
}


# Measuring -------------------------------------------------------------------------------------------------


@dataclass
class Measured:
    count: int
    shape: str
    fired: float  # rules that hold, on average
    times: dict[str, float]  # engine -> microseconds per set of facts
    builds: dict[str, float]  # engine -> seconds, first decision included

    @property
    def zen(self) -> float:
        """Its fastest way."""
        return min(self.times[name] for name in ZEN)

    def ratio(self, engine: str) -> float:
        return self.times[engine] / self.times["Tangram"]


def measure(count: int, shape: str, *, facts: int, seed: int) -> Measured:
    chance = random.Random(seed)
    rules, variables_class = make_rules(count, shape, chance), variables()
    every_facts = [make_facts(shape, chance) for _number in range(facts)]
    engines, builds = {}, {}
    for name, build in ENGINES.items():
        begun = perf_counter()
        engines[name] = build(rules, variables_class)
        engines[name].all_fired(every_facts[:1])
        builds[name] = perf_counter() - begun
    expected = engines["business-rules"].all_fired(every_facts)
    for name, engine in engines.items():
        if [[int(rule_id) for rule_id in ids] for ids in engine.all_fired(every_facts)] != expected:
            sys.exit(f"{name} does not fire the same rules as business-rules.")
    best = best_rounds(engines, every_facts)
    return Measured(
        count=count,
        shape=shape,
        fired=sum(map(len, expected)) / facts,
        times={name: seconds / facts * 1_000_000 for name, seconds in best.items()},
        builds=builds,
    )


def best_rounds(engines: dict[str, Engine], every_facts: list[dict]) -> dict[str, float]:
    """Seconds for all facts, the best of several rounds in which the engines take turns."""
    given = {name: [engine.prepare(facts) for facts in every_facts] for name, engine in engines.items()}
    best: dict[str, float] = {}
    for turn in range(ROUNDS):
        for name, engine in engines.items():
            if turn >= SLOW_ROUNDS and best[name] > SLOW:
                continue
            best[name] = min(best.get(name, float("inf")), round_time(engine.run, given[name]))
    return best


def round_time(run: Callable, given: list) -> float:
    """Seconds of the best run in a round: on a busy machine the others were interrupted."""
    best, passed = float("inf"), 0.0
    while passed < SHORT:
        begun = perf_counter()
        run(given)
        took = perf_counter() - begun
        best, passed = min(best, took), passed + took
    return best


def measure_alone(seed: int) -> tuple[float, float]:
    """Nanoseconds of one condition on facts that it holds for: Tangram's `holds`, and a plain closure."""
    chance = random.Random(seed)
    condition = make_condition("mixed", chance)
    facts = make_facts("mixed", chance)
    text, number, choice = condition["all"]
    facts |= {text["name"]: text["value"], number["name"]: 100, choice["name"]: choice["value"][0]}
    functions = (compile_condition(condition, Vocabulary.of(variables())).holds, closure(condition))
    assert [holds(facts) for holds in functions] == [True, True]
    many = [facts] * 1_000
    best = [min(round_time(each(holds), many) for _round in range(ROUNDS)) for holds in functions]
    return best[0] * 1_000_000, best[1] * 1_000_000


@dataclass
class Cost:
    """Of compiling a set, in seconds of processor time and in bytes."""

    count: int
    compiling: float
    first: float  # the first decision, which builds the index
    rest: float  # what is generated on the way, with the decisions about the other facts
    held: float  # bytes per rule after compiling
    held_after: float  # and after deciding about all facts


def measure_cost(count: int, *, facts: int, seed: int) -> Cost:
    chance = random.Random(seed)
    rules, vocabulary = make_rules(count, "mixed", chance), Vocabulary.of(variables())
    every_facts = [make_facts("mixed", chance) for _number in range(facts)]
    costs = []
    for _round in range(3):
        marks = [process_time()]
        ruleset = compile_ruleset(rules, vocabulary)
        marks.append(process_time())
        ruleset.decide(every_facts[0])
        marks.append(process_time())
        for one in every_facts[1:]:
            ruleset.decide(one)
        marks.append(process_time())
        costs.append([after - before for before, after in pairwise(marks)])
    compiling, first, rest = min(costs, key=sum)
    tracemalloc.start()
    ruleset = compile_ruleset(rules, vocabulary)
    held = tracemalloc.get_traced_memory()[0]
    for one in every_facts:
        ruleset.decide(one)
    held_after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return Cost(count, compiling, first, rest, held / count, held_after / count)


# Reporting -------------------------------------------------------------------------------------------------


def targets(results: list[Measured], alone: tuple[float, float], costs: list[Cost]) -> Iterator[Target]:
    for one in results:
        where = f"{one.shape}, {one.count:,} rules"
        if one.shape == "mixed" and one.count >= 1_000:
            yield Target(f"{where}: times business-rules", 500, False, one.ratio("business-rules"))
            yield Target(f"{where}: times zen-engine's fastest", 5, False, one.zen / one.times["Tangram"])
            yield Target(
                f"{where}: time beside the hand-written index", 2, True, 1 / one.ratio("hand-written index")
            )
        if one.shape == "selective" and one.count >= 10_000:
            yield Target(f"{where}: times business-rules", 3_000, False, one.ratio("business-rules"))
    yield Target("one rule alone: time beside a plain closure", 1.5, True, alone[0] / alone[1])
    for cost in costs:
        if cost.count >= 10_000:
            seconds = cost.compiling + cost.first
            yield Target(f"compiling {cost.count:,} rules and the first decision, seconds", 1, True, seconds)


def report(results: list[Measured], alone: tuple[float, float], costs: list[Cost]) -> str:
    return "\n\n".join(
        [
            *(times_table([one for one in results if one.shape == shape]) for shape in shapes(results)),
            alone_text(alone),
            costs_table(costs),
            targets_table(list(targets(results, alone, costs))),
        ]
    )


def shapes(results: list[Measured]) -> list[str]:
    return list(dict.fromkeys(one.shape for one in results))


def times_table(results: list[Measured]) -> str:
    shape = results[0].shape
    values = ", ".join(f"{number:,}" for number in DIFFERENT_TEXTS[shape])
    fired = "; ".join(f"{one.fired:.1f} of {one.count:,}" for one in results)
    rows = [["engine", *(f"{one.count:,}" for one in results)]]
    for name in ENGINES:
        cells = [f"{number(one.times[name])} ({number(one.ratio(name))}×)" for one in results]
        rows.append([name, *cells])
    return (
        f"## {shape.capitalize()}: the equality fields have {values} values\n\n"
        "Microseconds per set of facts by number of rules; in brackets, how many times Tangram's. "
        f"Rules that hold, on average: {fired}.\n\n{table(rows)}"
    )


def alone_text(alone: tuple[float, float]) -> str:
    return (
        "## One rule alone\n\n"
        "`Condition.holds(facts)` on facts that all three comparisons hold for, the loop around it included: "
        f"{alone[0]:.0f} ns; a plain closure: {alone[1]:.0f} ns; {alone[0] / alone[1]:.2f} times."
    )


def costs_table(costs: list[Cost]) -> str:
    rows = [["rules", "compile, s", "first decision, s", "the other facts, s", "kB/rule", "kB/rule at last"]]
    for one in costs:
        seconds = [f"{value:.3f}" for value in (one.compiling, one.first, one.rest)]
        rows.append([f"{one.count:,}", *seconds, f"{one.held / 1000:.2f}", f"{one.held_after / 1000:.2f}"])
    return (
        "## Compiling\n\nProcessor seconds of Tangram: checking the document; the first decision, which "
        "builds the index; the other facts, during which functions are generated for what they meet. Memory "
        f"after compiling, and after all these decisions.\n\n{table(rows)}"
    )


def circumstances(facts: int) -> str:
    packages = ("business-rules", "rule-engine", "zen-engine")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {versions}; {facts} sets of facts; "
        f"{os.cpu_count()} processors, load average at the end {load}."
    )


PAGE = """# Speed of rules

Written by `python -m bench.rules --markdown docs/performance.md`; `make bench-rules` installs what is
compared and prints the same tables. Not edited by hand.

All engines decide in one run about the same generated facts by the same generated rules and fire exactly
the same rules, which the run checks. Each rule is "a text equals, and a number is larger, and a choice
is one of five in twenty", over facts with 20 fields. The engines take turns; the best of several rounds
counts. Ratios are what to read: absolute times depend on the machine and on what else it is doing.

Engines whose run takes more than a second have two runs, the others many: on a busy machine theirs read too
high. The last line says how busy it was. `evaluate_batch` uses all processors, so it gains most from quiet.

zen-engine is driven through a decision table in its static loader: `evaluate` with a dict, `evaluate`
with facts that are JSON already, and `evaluate_batch`; its fastest counts for the targets. The
hand-written index is the best for this one shape of rules: hash on the equality, then one generated
function per bucket; it trusts every fact to be there and of its type. Tangram checks every fact, keeps a
copy of them for the reasons, and takes any rules.

"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rules", type=int, nargs="+", default=[1, 100, 1_000, 10_000])
    parser.add_argument("--shapes", nargs="+", choices=DIFFERENT_TEXTS, default=list(DIFFERENT_TEXTS))
    parser.add_argument("--facts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="write the page of the documentation here")
    options = parser.parse_args()
    alone = measure_alone(options.seed)
    costs = [measure_cost(count, facts=options.facts, seed=options.seed) for count in options.rules]
    results = []
    for shape in options.shapes:
        for count in options.rules:
            print(f"{shape}, {count:,} rules ...", file=sys.stderr)
            results.append(measure(count, shape, facts=options.facts, seed=options.seed))
    text = f"{report(results, alone, costs)}\n\n{circumstances(options.facts)}\n"
    print(text)
    if options.markdown:
        pictures = [picture(shape, results, options.markdown.parent / "images") for shape in shapes(results)]
        options.markdown.write_text("\n\n".join([PAGE.strip(), *pictures, text]))


def picture(shape: str, results: list[Measured], folder: Path) -> str:
    """The times drawn, as Markdown that shows the drawing."""
    some = [one for one in results if one.shape == shape]
    path = folder / f"performance-{shape}.svg"
    lines = {name: [one.times[name] for one in some] for name in ENGINES}
    line_picture(path, [one.count for one in some], lines, x="rules", y="microseconds per set of facts")
    return f"![{shape}: microseconds by number of rules](images/{path.name})"


if __name__ == "__main__":
    main()

"""Vocabularies, condition trees and facts made by hypothesis; shared with the tests of rules/sql.

Numbers are whole cents, so that business-rules' epsilon of 0.000001 cannot matter.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.engine import Change, Location
from rules.engine.operators import OPERATORS, operators_of

TEXTS = st.one_of(st.text(alphabet="abAB菜变%_'", max_size=4), st.sampled_from(["", "变质", "Late", "late"]))
WORDS = st.lists(st.text(alphabet="abAB菜变%_'", min_size=1, max_size=3), min_size=1, max_size=4)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-300, 300).map(lambda cents: Decimal(cents) / 100),
    st.integers(-(10**9), 10**9),
)
CHOICES = ["a", "B", "c", "D-1"]
CHOICE = st.sampled_from([*CHOICES, "A", "b"])
DATES = st.dates(date(2025, 12, 28), date(2026, 1, 4))
INSTANTS = st.integers(-3, 3).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))

LENGTHS = st.integers(-3, 72).map(lambda hours: timedelta(hours=hours))
# Whole seconds of arc around a centre, so that no place is within a rounding error of a border.
DEGREES = st.sampled_from([-90.0, -12.5, 0.0, 31.2, 31.25, 89.0])
PLACES = st.builds(Location, DEGREES, st.sampled_from([-180.0, -179.5, 0.0, 121.5, 121.47, 180.0]))


def changes(values):
    sides = st.one_of(values, st.none())
    return st.builds(Change, sides, sides)


CLOCK_TEXTS = st.sampled_from(["00:00", "08:59", "09:00", "14:30", "23:59"])
CLOCK_VALUES = st.one_of(CLOCK_TEXTS, st.sampled_from([0, 859, 900, 1430]))
CLOCKS = st.one_of(CLOCK_VALUES, st.just("14:30:00"))

FACTS = {
    "string": TEXTS,
    "numeric": NUMBERS,
    "boolean": st.booleans(),
    "select": CHOICE,
    "select_multiple": st.lists(CHOICE, max_size=4),
    "date": DATES,
    "datetime": INSTANTS,
    "time": CLOCKS,
    "duration": LENGTHS,
    "location": PLACES,
    "string_change": changes(TEXTS),
    "numeric_change": changes(NUMBERS),
    "boolean_change": changes(st.booleans()),
    "select_change": changes(CHOICE),
    "date_change": changes(DATES),
}

NULLABLE_FACTS = {key: st.one_of(strategy, st.none()) for key, strategy in FACTS.items()}


def both(values):
    return st.tuples(values, values).map(sorted)


def different(values):
    return st.lists(values, min_size=2, max_size=2, unique_by=lambda value: str(value).lower())


def spans(*units):
    amounts = st.one_of(st.integers(0, 6), st.just(1_000_000))
    return st.fixed_dictionaries({"amount": amounts, "unit": st.sampled_from(units)})


HOURS = st.integers(0, 72).map(lambda hours: {"amount": hours, "unit": "hours"})
CIRCLES = st.fixed_dictionaries(
    {
        "latitude": DEGREES,
        "longitude": st.sampled_from([121.5, -180.0, 0.25]),
        "metres": st.sampled_from([0.5, 3_000, 9_000, 250_000, 9_999_999.5, 20_100_000]),
    }
)
# Lexicons are part of a vocabulary: test_lexicons.py.
NOT_GENERATED = frozenset({("string", "mentions_any_of"), ("string", "mentions_none_of")})
NOW = {"name": "now", "label": "now", "type": "datetime"}


VALUES = {
    "none": st.none(),
    "text": TEXTS,
    "pattern": st.sampled_from(["a", "^a", "b$", "a+b", "[ab]{2}", "变|菜", "(?i)ab", ""]),
    "words": WORDS,
    "number": NUMBERS,
    "numbers": st.lists(NUMBERS, min_size=1, max_size=4),
    "range": both(NUMBERS),
    "select": CHOICE,
    "select_multiple": st.lists(CHOICE, max_size=4),
    "date": DATES.map(date.isoformat),
    "date_range": both(DATES).map(lambda ends: [end.isoformat() for end in ends]),
    "datetime": INSTANTS.map(datetime.isoformat),
    "datetime_range": both(INSTANTS).map(lambda ends: [end.isoformat() for end in ends]),
    "dates": st.lists(DATES.map(date.isoformat), min_size=1, max_size=3),
    "datetimes": st.lists(INSTANTS.map(datetime.isoformat), min_size=1, max_size=3),
    "relative_days": spans("days", "weeks", "months", "years"),
    "relative_time": spans("minutes", "hours", "days", "weeks", "months", "years"),
    "time": CLOCK_VALUES,
    "time_range": both(CLOCK_TEXTS),
    "times": st.lists(CLOCK_VALUES, min_size=1, max_size=3),
    "duration": HOURS,
    "duration_range": st.tuples(HOURS, HOURS).map(lambda ends: sorted(ends, key=lambda end: end["amount"])),
    "circle": CIRCLES,
    "amount": NUMBERS.map(abs),
    "text_pair": different(TEXTS),
    "number_pair": different(NUMBERS.map(int)),
    "select_pair": different(CHOICE),
    "date_pair": different(DATES.map(date.isoformat)),
}
TYPES = sorted({type_key for type_key, _ in OPERATORS})


COMPARISONS = {
    type_key: {
        (row.type, row.key): st.tuples(st.just(row.key), VALUES[row.input])
        for row in operators_of(type_key)
        if (row.type, row.key) not in NOT_GENERATED
    }
    for type_key in TYPES
}
FIELD_TYPES = st.lists(st.sampled_from(TYPES), min_size=1, max_size=6)
SHAPES = st.sampled_from(["leaf", "leaf", "leaf", "all", "any", "none"])
SIZES = st.integers(1, 3)


@st.composite
def fields(draw):
    """Field specs as `Vocabulary.extended` takes them; at least one, often two of a type, and `now`."""
    types = draw(FIELD_TYPES)
    if draw(st.booleans()):
        types = [*types, types[0]]
    return [
        *(
            {"name": f"{key}_{place}", "label": key, "type": key, "options": options_of(key)}
            for place, key in enumerate(types)
        ),
        NOW,
    ]


def options_of(type_key):
    return [{"name": name, "label": name} for name in CHOICES] if type_key.startswith("select") else []


@st.composite
def trees(draw, specs, without=frozenset(), *, alone=frozenset()):
    """Trees over these fields, at most four levels deep.

    without  operators left out, as (type, key)
    alone    names of fields that are not compared with other fields
    """
    if NOW not in specs:
        without |= {key for key, row in OPERATORS.items() if row.needs_now}
    alike = {
        spec["name"]: [
            other["name"]
            for other in specs
            if other["type"] == spec["type"] and spec["name"] not in alone
            if other["name"] not in {spec["name"], *alone}
        ]
        for spec in specs
    }
    types = {spec["name"]: spec["type"] for spec in specs}
    variables = st.sampled_from(
        [
            (spec["name"], st.one_of(*(COMPARISONS[spec["type"]][key] for key in keys)))
            for spec in specs
            if (keys := [key for key in COMPARISONS[spec["type"]] if key not in without])
        ]
    )

    def tree(depth):
        shape = draw(SHAPES) if depth < 4 else "leaf"
        if shape != "leaf":
            return {shape: [tree(depth + 1) for _ in range(draw(SIZES))]}
        name, comparison = draw(variables)
        operator, value = draw(comparison)
        if alike[name] and OPERATORS[types[name], operator].takes_variable and draw(st.booleans()):
            value = {"variable": draw(st.sampled_from(alike[name]))}
        return {"name": name, "operator": operator, "value": value}

    return tree(1)


def facts(specs):
    """Some are missing, some are None."""
    return st.fixed_dictionaries({}, optional={spec["name"]: NULLABLE_FACTS[spec["type"]] for spec in specs})


@st.composite
def situations(draw):
    """(field specs, tree, facts)."""
    specs = draw(fields())
    return specs, draw(trees(specs)), draw(facts(specs))

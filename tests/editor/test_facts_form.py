"""Facts in a form: what is not touched stays exactly as it was, what is typed becomes a fact of its type."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.editor.facts import FactsForm
from rules.engine import Location, Option, Variable, Words
from rules.engine.facts import TYPES

OPTIONS = tuple(Option(name=name, label=Words.of(str(name))) for name in ("red", "green", 7))


def variable(type, options=()):
    return Variable(name="fact", label=Words(en="fact", zh="变量"), type=type, options=options)


ALL = [variable(type) for type in TYPES] + [variable(type, OPTIONS) for type in ("select", "select_multiple")]
FACTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.text(alphabet=st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"]), max_size=20),
    st.dates(),
    st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC)),
    st.lists(st.sampled_from(["red", "green", "gone", 7]), max_size=3),
)


def posted(form) -> dict:
    """What a browser sends of a form nobody touched."""
    return {f"fact-{name}": value for name, value in form.shown.items()}


@settings(max_examples=150, deadline=None)
@given(asked=st.sampled_from(ALL), fact=FACTS)
def test_an_untouched_form_changes_no_fact(asked, fact):
    facts = {"fact": fact}
    form = FactsForm(posted(FactsForm(variables=[asked], facts=facts)), variables=[asked], facts=facts)
    assert form.is_valid(), form.errors
    assert form.given() == facts
    assert type(form.given()["fact"]) is type(fact)


def test_an_untouched_missing_fact_stays_missing():
    for asked in ALL:
        form = FactsForm(posted(FactsForm(variables=[asked], facts={})), variables=[asked], facts={})
        assert form.is_valid()
        assert form.given() == {}


@pytest.mark.parametrize(
    ("type", "options", "typed", "fact"),
    [
        ("numeric", (), "12", 12),
        ("location", (), "31.2304, 121.4737", Location(Decimal("31.2304"), Decimal("121.4737"))),
        ("numeric", (), "12.50", Decimal("12.50")),
        ("numeric", (), "0.1", Decimal("0.1")),
        ("string", (), " a\r\nb ", " a\nb "),
        ("boolean", (), "no", False),
        ("select", OPTIONS, "7", 7),
        ("select", (), "anything", "anything"),
        ("select_multiple", OPTIONS, ["red", "7"], ["red", 7]),
        ("select_multiple", (), "a，b、c, ", ["a", "b", "c"]),
        ("date", (), "2026-01-31", date(2026, 1, 31)),
        ("datetime", (), "2026-01-31T09:00", datetime(2026, 1, 31, 1, tzinfo=UTC)),
    ],
)
def test_what_is_typed_is_a_fact_of_its_type(type, options, typed, fact):
    form = FactsForm({"fact-fact": typed}, variables=[variable(type, options)], facts={})
    assert form.is_valid(), form.errors
    assert form.given() == {"fact": fact}


@pytest.mark.parametrize("typed", ["31.2304", "91, 0", "0, 181", "north, east", "1, 2, 3", "NaN, 0", ","])
def test_what_is_no_place_on_earth_is_refused_where_it_was_typed(typed):
    form = FactsForm({"fact-fact": typed}, variables=[variable("location")], facts={})
    assert "fact" in form.errors


def test_an_emptied_input_is_a_missing_fact():
    for asked, fact in ((ALL[0], "text"), (ALL[1], 12), (ALL[2], True), (ALL[5], date(2026, 1, 31))):
        form = FactsForm({"fact-fact": ""}, variables=[asked], facts={"fact": fact})
        assert form.is_valid()
        assert form.given() == {}

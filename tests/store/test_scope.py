"""Headquarters, region, store: what a record says at a place, and who may make it say so."""

from datetime import timedelta

import pytest
from django import forms
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.organisation.models import Region, Store
from flows.organisation.places import path_of_store, place_of_region, place_of_store
from rules.store.actions import adjust, approve, publish_reviewed_by, request_review, retire, save_draft
from rules.store.decisions import log_decision, replay
from rules.store.models import Override, RuleSet, Version
from rules.store.problems import RecordErrors, RecordProblem, Refusal
from rules.store.runtime import live_version
from rules.store.scope import Layer, Part, resolve
from tests.store.conftest import make_draft, more_than

# A kind of record with three numbers, the first two of which have a tighter way.


class Numbers:
    only_tighten = False
    greatest = 100

    @classmethod
    def adjustable_parts(cls, document):
        return [
            Part(
                key=key,
                label=key,
                value={"n": value},
                inputs=lambda: {"n": forms.IntegerField()},
                say=str,
                tighter=None if key == "c" else lambda wide, narrow: min(wide, narrow, key=lambda v: v["n"]),
            )
            for key, value in document.items()
        ]

    @classmethod
    def with_parts(cls, document, values):
        return document | {key: value["n"] for key, value in values.items()}

    @classmethod
    def may_only_tighten(cls, document):
        return cls.only_tighten

    @classmethod
    def compile(cls, document):
        if max(document.values()) > cls.greatest:
            raise RecordErrors([RecordProblem(("n",), "Too much.")])


class Tightened(Numbers):
    only_tighten = True


def layer(place, **numbers):
    return Layer(place, {key: {"n": value} for key, value in numbers.items()})


NORTH, SHOP = "region:north", "store:sh-001"
BASE = {"a": 3, "b": 5, "c": 7}

# kind, layers, the resulting numbers, where each comes from
CASES = {
    "nothing is adjusted": (Numbers, [], BASE, ["", "", ""]),
    "a region": (Numbers, [layer(NORTH, a=9)], BASE | {"a": 9}, [NORTH, "", ""]),
    "the store wins over its region": (
        Numbers,
        [layer(NORTH, a=9, b=1), layer(SHOP, a=4)],
        {"a": 4, "b": 1, "c": 7},
        [SHOP, NORTH, ""],
    ),
    "tighter counts": (Tightened, [layer(SHOP, a=2)], BASE | {"a": 2}, [SHOP, "", ""]),
    "looser does not": (Tightened, [layer(SHOP, a=5)], BASE, ["", "", ""]),
    "what has no tighter way stays": (Tightened, [layer(SHOP, c=1)], BASE, ["", "", ""]),
    "the tighter region counts in a store that was tighter than headquarters": (
        Tightened,
        [layer(NORTH, a=1), layer(SHOP, a=2)],
        BASE | {"a": 1},
        [NORTH, "", ""],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_narrowest_place_that_names_a_part_decides_it(name):
    kind, layers, numbers, origins = CASES[name]
    resolved = resolve(kind, BASE, layers)
    assert resolved.document == numbers
    assert [at.origin for at in resolved.parts] == origins


def test_a_part_that_is_gone_above_is_told_and_the_rest_goes_on():
    resolved = resolve(Numbers, {"a": 3}, [layer(SHOP, a=1, gone=2)])
    assert resolved.document == {"a": 1}
    assert resolved.missing == [(SHOP, "gone")]


def test_a_value_that_makes_no_sense_any_more_is_told_and_the_rest_goes_on():
    resolved = resolve(Numbers, BASE, [layer(SHOP, a=1, b=101)])
    assert resolved.document == BASE | {"a": 1}
    assert resolved.broken == [(SHOP, "b")]
    assert [at.origin for at in resolved.parts] == [SHOP, "", ""]


NUMBERS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 9))


@given(
    base=st.fixed_dictionaries(dict.fromkeys("abc", st.integers(0, 9))), layers=st.lists(NUMBERS, max_size=3)
)
@settings(max_examples=100, deadline=None)
def test_the_value_is_the_narrowest_adjustment_else_the_base(base, layers):
    stacked = [layer(f"level:{place}", **numbers) for place, numbers in enumerate(layers)]
    assert resolve(Numbers, base, stacked).document == {
        key: next((numbers[key] for numbers in reversed(layers) if key in numbers), base[key]) for key in base
    }
    tightened = resolve(Tightened, base, stacked).document
    assert tightened == {
        key: base[key] if key == "c" else min([base[key], *(n[key] for n in layers if key in n)])
        for key in base
    }


# With stored records


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


@pytest.fixture
def shop(db):
    north = Region.objects.create(slug="north", name="North")
    return Store.objects.create(slug="sh-001", name="Nanjing Road", region=north)


def rule_of(threshold, percent):
    return {
        "off": False,
        "conditions": more_than(threshold),
        "actions": [{"name": "discount", "params": {"percent": percent}}],
    }


@pytest.fixture
def adjusted(draft, publish, shop, designer):
    """adjusted({"rule:Big sale": …}): the live discounts, adjusted in the shop or another place."""

    def adjusted(parts, place=None):
        if not Version.objects.exists():
            publish(draft)
        override = adjust(record=RuleSet.objects.get(), place=place or place_of_store(shop), by=designer)
        override.parts = parts
        return publish(override)

    return adjusted


def percents(amount, path):
    compiled = live_version(RuleSet, "discounts", path=path).compiled
    return [action["params"]["percent"] for action in compiled.decide({"amount": amount}).actions]


def test_a_store_has_a_rule_its_own_way_and_nobody_else_has(adjusted, shop):
    adjusted({"rule:Big sale": rule_of(100, 9)})
    assert percents(500, path_of_store(shop)) == [9]
    assert percents(500, ()) == []
    assert percents(500, ("region:north",)) == []


def test_a_region_adjusts_for_its_stores_and_a_store_for_itself(adjusted, shop):
    adjusted({"rule:Big sale": rule_of(100, 9)}, place=place_of_region(shop.region))
    assert percents(500, path_of_store(shop)) == [9]
    adjusted({"rule:Big sale": rule_of(400, 1)})
    assert percents(500, path_of_store(shop)) == [1]
    assert percents(500, ("region:north",)) == [9]


def test_a_store_switches_a_rule_off_and_adds_its_own(adjusted, shop):
    own = {"name": "Own", "conditions": more_than(1), "actions": rule_of(1, 2)["actions"]}
    adjusted({"rule:Big sale": rule_of(1, 5) | {"off": True}, "added:1": own})
    assert percents(5000, path_of_store(shop)) == [2]
    assert percents(5000, ()) == [5]


def test_later_edits_above_flow_down_except_where_they_are_adjusted(adjusted, shop, publish):
    adjusted({"rule:Big sale": rule_of(100, 9)})
    newer = RuleSet.objects.get().get_latest_revision_as_object()
    (rule,) = newer.rules.all()
    rule.condition = more_than(7)
    newer.rules = [rule, make_draft(threshold=50, percent=3).rules.all()[0]]
    newer.rules.all()[1].name = "Small sale"
    publish(newer)
    assert percents(60, path_of_store(shop)) == [3]
    assert percents(60, ()) == [5, 3]
    assert percents(500, path_of_store(shop)) == [9, 3]


def test_a_renamed_rule_is_no_longer_adjusted_and_the_rest_still_is(adjusted, shop, publish):
    own = {"name": "Own", "conditions": more_than(1), "actions": rule_of(1, 2)["actions"]}
    adjusted({"rule:Big sale": rule_of(1, 9), "added:1": own})
    newer = RuleSet.objects.get().get_latest_revision_as_object()
    (rule,) = newer.rules.all()
    rule.name = "Huge sale"
    newer.rules = [rule]
    publish(newer)
    assert percents(5000, path_of_store(shop)) == [5, 2]
    effective = live_version(RuleSet, "discounts", path=path_of_store(shop))
    assert effective.resolved.missing == [("store:sh-001", "rule:Big sale")]


def test_a_decision_at_a_place_is_replayed_with_the_versions_that_took_part(
    adjusted, shop, designer, reviewer
):
    override = adjusted({"rule:Big sale": rule_of(100, 9)})
    version = live_version(RuleSet, "discounts", path=path_of_store(shop))
    facts = {"amount": 500}
    outcome = version.record_class.replay(version.compiled, facts)
    decision = log_decision(
        version=version, subject="sale:1", facts=facts, outcome=outcome, at=timezone.now()
    )
    adjusted({"rule:Big sale": rule_of(100, 1)})
    retire(record=override.record, by=reviewer, reason="Over")
    decision.refresh_from_db()
    assert decision.adjusted_by == [override.pk]
    assert decision.version == version.base
    assert replay(decision) == decision.outcome
    assert decision.outcome["actions"][0]["params"] == {"percent": 9}


def test_what_is_adjusted_compiles_once_per_process(adjusted, shop, monkeypatch):
    adjusted({"rule:Big sale": rule_of(100, 9)})
    first = live_version(RuleSet, "discounts", path=path_of_store(shop)).compiled
    assert live_version(RuleSet, "discounts", path=path_of_store(shop)).compiled is first


def test_an_adjustment_takes_four_eyes(draft, publish, shop, designer, reviewer):
    publish(draft)
    override = adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer)
    override.parts = {"rule:Big sale": rule_of(100, 9)}
    save_draft(record=override, by=designer)
    assert percents(500, path_of_store(shop)) == []
    request_review(record=override, by=designer)
    with pytest.raises(Refusal, match="Only compliance reviewers"):
        approve(record=override, by=designer)
    approve(record=override, by=reviewer)
    assert percents(500, path_of_store(shop)) == [9]


def test_adjusting_twice_opens_the_one_adjustment_there_is(draft, publish, shop, designer):
    publish(draft)
    first, second = (
        adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer) for _ in range(2)
    )
    assert first.pk == second.pk
    assert Override.objects.get().state == "draft"


def test_who_belongs_to_a_store_adjusts_that_store_only(draft, publish, shop, designer):
    publish(draft)
    designer.store = Store.objects.create(slug="sh-002", name="Other")
    with pytest.raises(Refusal, match="You may not adjust records for Nanjing Road"):
        adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer)
    assert adjust(record=RuleSet.objects.get(), place=place_of_store(designer.store), by=designer)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({}, "Choose at least one thing"),
        ({"rule:Big sale": {"off": "maybe", "conditions": {}, "actions": []}}, "Select a valid choice"),
        ({"rule:Big sale": rule_of("many", 1)}, "number"),
        (
            {
                "rule:Big sale": rule_of(1, 1)
                | {"conditions": {"all": [{"name": "city", "operator": "contains", "value": ""}]}}
            },
            "compares with nothing",
        ),
    ],
)
def test_what_makes_no_sense_does_not_go_live(adjusted, parts, sentence):
    with pytest.raises(RecordErrors, match=sentence):
        adjusted(parts)


def test_an_adjustment_ends_on_time(adjusted, shop, designer, publish):
    override = adjusted({"rule:Big sale": rule_of(100, 9)}).record
    override.expire_at = timezone.now() + timedelta(hours=1)
    version = publish(override)
    later = version.expires_at
    path = path_of_store(shop)
    assert live_version(RuleSet, "discounts", at=later - timedelta(seconds=1), path=path).overrides == (
        version,
    )
    assert live_version(RuleSet, "discounts", at=later, path=path).overrides == ()

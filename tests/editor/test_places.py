"""The screens of regions and stores: what is adjusted where, one adjustment, what a review says of them."""

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from flows.broadcasts.models import Limit
from flows.organisation.models import Region, Store
from flows.organisation.places import path_of_store, place_of_store
from rules.editor.overrides import input_name
from rules.store.actions import adjust, publish_reviewed_by, request_review, save_draft
from rules.store.decisions import log_decision
from rules.store.models import Override, RuleSet
from rules.store.runtime import live_version
from tests.store.conftest import make_draft, more_than, sales_purpose  # noqa: F401


@pytest.fixture(autouse=True)
def in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


@pytest.fixture
def shop(db):
    north = Region.objects.create(slug="north", name="North")
    return Store.objects.create(slug="sh-001", name="Nanjing Road", region=north)


@pytest.fixture
def cap(publish):
    publish(Limit(name="Cap", slug="cap", kind="cap", most=3, length=1, unit="week"))
    return Limit.objects.get()


def url(record, name):
    return reverse(type(record).snippet_viewset.get_url_name(name), args=[record.pk])


def text(response):
    return " ".join(response.content.decode().split())


def posted(**parts):
    """Form data of an adjustment: {part key: {input: value}}."""
    data = {}
    for key, values in parts.items():
        data[input_name("parts", key, "own")] = "on"
        data |= {input_name("parts", key, name): value for name, value in values.items()}
    return data


def test_a_designer_adjusts_a_limit_for_a_store_and_asks_for_review(client_of, designer, cap, shop):
    page = client_of(designer)
    assert url(cap, "places") in text(page.get(url(cap, "edit")))
    response = page.post(url(cap, "places"), {"place": "store:sh-001"}, follow=True)
    override = Override.objects.get()
    assert response.redirect_chain[-1][0] == url(override, "edit")
    assert 'at most 3 <span class="scope-origin">from Headquarters' in text(response)
    page.post(url(override, "edit"), posted(most={"most": "2"}) | {"action-submit": "1"})
    override.refresh_from_db()
    assert override.state == "in_review"
    assert override.get_latest_revision_as_object().parts == {"most": {"most": 2}}


def test_a_looser_value_is_refused_at_the_field_and_kept_on_the_page(client_of, designer, cap, shop):
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    response = client_of(designer).post(
        url(override, "edit"), posted(most={"most": "5"}) | {"action-submit": "1"}
    )
    (sentence,) = response.context["form"].errors["parts"]
    assert "“at most 5” would loosen “at most 3”" in sentence
    assert 'value="5"' in text(response)
    override.refresh_from_db()
    assert override.state == "draft"


def test_what_is_no_number_is_refused_at_the_field(client_of, designer, cap, shop):
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    response = client_of(designer).post(url(override, "edit"), posted(most={"most": "many"}))
    assert "Enter a whole number" in response.context["form"].errors["parts"][0]
    assert 'value="many"' in text(response)


def test_back_to_what_is_above_is_taking_the_tick_away(client_of, designer, cap, shop):
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    override.parts = {"most": {"most": 2}, "off": {"off": False}}
    save_draft(record=override, by=designer)
    client_of(designer).post(url(override, "edit"), posted(off={"off": "False"}))
    assert Override.objects.get().get_latest_revision_as_object().parts == {"off": {"off": False}}


def test_a_rule_is_adjusted_with_the_builders(client_of, designer, publish, shop):
    publish(make_draft())
    override = adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer)
    page = client_of(designer)
    response = text(page.get(url(override, "edit")))
    assert 'data-controller="condition-builder"' in response
    assert 'id="vocabulary-rules"' in response
    own = {
        "off": "False",
        "conditions": '{"all": [{"name": "amount", "operator": "greater_than", "value": 7}]}',
        "actions": '[{"name": "discount", "params": {"percent": 9}}]',
    }
    response = page.post(url(override, "edit"), posted(**{"rule:Big sale": own}))
    stored = Override.objects.get().get_latest_revision_as_object().parts
    assert stored["rule:Big sale"]["conditions"] == more_than(7)
    assert "amount is more than 7" in text(page.get(url(override, "edit")))


def test_the_page_of_places_says_what_holds_where_and_where_it_comes_from(
    client_of, designer, publish, cap, shop
):
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    override.parts = {"most": {"most": 2}}
    publish(override)
    said = text(client_of(designer).get(url(cap, "places") + "?place=store:sh-001"))
    assert 'at most 2 <span class="scope-origin">from Nanjing Road' in said
    assert "from Headquarters" in said
    assert url(override, "edit") in said


def test_the_review_of_the_record_says_which_changes_do_not_reach_a_store(
    client_of, designer, reviewer, publish, cap, shop
):
    cap.narrower_may_only_tighten = False
    publish(cap)
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    override.parts = {"most": {"most": 2}}
    publish(override)
    draft = Limit.objects.get().get_latest_revision_as_object()
    draft.most = 4
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    said = text(client_of(reviewer).get(url(cap, "review")))
    assert "1 region or store has its own way" in said
    assert (
        "Messages per customer: the change does not reach Nanjing Road, which has its own: at most 2." in said
    )


def test_the_review_says_what_a_renamed_rule_takes_from_a_store(client_of, designer, reviewer, publish, shop):
    publish(make_draft())
    record = RuleSet.objects.get()
    override = adjust(record=record, place=place_of_store(shop), by=designer)
    actions = [{"name": "discount", "params": {"percent": 9}}]
    override.parts = {"rule:Big sale": {"off": False, "conditions": more_than(1), "actions": actions}}
    publish(override)
    draft = RuleSet.objects.get().get_latest_revision_as_object()
    (rule,) = draft.rules.all()
    rule.name = "Huge sale"
    draft.rules = [rule]
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    said = text(client_of(reviewer).get(url(record, "review")))
    assert "Nanjing Road: the adjustment of Rule “Big sale” has no effect with this draft." in said
    publish_draft = client_of(reviewer).post(url(record, "review"), {"verdict": "approve", "comment": ""})
    assert publish_draft.status_code == 302
    page = text(client_of(designer).get(url(override, "edit")))
    assert "The record no longer has this" in page
    assert "No longer part of the record" in page


def test_who_belongs_to_another_store_is_not_offered_this_one_and_cannot_write_it(
    client_of, designer, cap, shop
):
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    designer.store = Store.objects.create(slug="sh-002", name="Other")
    designer.save()
    page = client_of(designer)
    assert '<optgroup label="region"' not in text(page.get(url(cap, "places"))).split("What holds where")[0]
    page.post(url(override, "edit"), posted(most={"most": "1"}))
    assert Override.objects.get().get_latest_revision_as_object().parts == {}


def test_a_record_without_parts_offers_no_places(client_of, designer, publish):
    publish(Limit(name="Pace", slug="pace", kind="pace", most=3, length=1, unit="hour", counted="rolling"))
    said = text(client_of(designer).get(url(Limit.objects.get(), "places")))
    assert "Nothing about this record can be adjusted" in said


def test_an_adjustment_is_not_made_from_the_list(client_of, designer):
    page = client_of(designer)
    said = text(page.get(reverse(Override.snippet_viewset.get_url_name("list"))))
    assert "press “Regions and stores”" in said
    assert page.get(reverse(Override.snippet_viewset.get_url_name("add"))).status_code == 302


def test_a_record_that_was_never_live_cannot_be_adjusted_yet(client_of, designer, shop):
    save_draft(record=Limit(name="Cap", slug="cap", kind="cap"), by=designer)
    record = Limit.objects.get()
    page = client_of(designer)
    assert "once it has gone live" in text(page.get(url(record, "places")))
    assert "once it has gone live" in text(
        page.post(url(record, "places"), {"place": "store:sh-001"}, follow=True)
    )
    assert not Override.objects.exists()


def test_the_review_warns_when_a_new_short_name_loses_all_adjustments(
    client_of, designer, reviewer, publish, cap, shop
):
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    override.parts = {"most": {"most": 2}}
    publish(override)
    draft = Limit.objects.get().get_latest_revision_as_object()
    draft.slug = "cap-2"
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    assert "none of them would count any more" in text(client_of(reviewer).get(url(cap, "review")))


def test_an_adjustment_stays_readable_when_the_words_of_its_record_are_gone(
    client_of, designer, publish, shop, monkeypatch
):
    publish(make_draft())
    override = adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer)
    override.parts = {"rule:Big sale": {"off": True, "conditions": {"all": []}, "actions": []}}
    publish(override)
    monkeypatch.setattr("rules.store.purposes._purposes", {})
    page = client_of(designer)
    assert page.get(url(override, "edit")).status_code == 200
    assert page.get(url(RuleSet.objects.get(), "places")).status_code == 200


def test_the_page_of_a_decision_names_the_adjustments_that_took_part(client_of, designer, publish, shop):
    publish(make_draft())
    override = adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer)
    actions = [{"name": "discount", "params": {"percent": 9}}]
    override.parts = {"rule:Big sale": {"off": False, "conditions": more_than(1), "actions": actions}}
    publish(override)
    version = live_version(RuleSet, "discounts", path=path_of_store(shop))
    outcome = RuleSet.replay(version.compiled, {"amount": 5})
    decision = log_decision(
        version=version, subject="sale:1", facts={"amount": 5}, outcome=outcome, at=timezone.now()
    )
    said = text(client_of(designer).get(reverse("decision", args=[decision.pk]) + "?replay"))
    assert "Discounts · Nanjing Road, version 1" in said
    assert "amount is more than 1 (actual: 5)" in said
    assert "decides the same" in said


def test_a_reviewer_reads_an_adjustment_beside_what_is_above(client_of, designer, reviewer, cap, shop):
    override = adjust(record=cap, place=place_of_store(shop), by=designer)
    override.parts = {"most": {"most": 2}}
    save_draft(record=override, by=designer)
    request_review(record=override, by=designer)
    said = text(client_of(reviewer).get(url(override, "review")))
    assert "at most 2<br>" in said
    assert 'at most 3 <span class="scope-origin">from Headquarters' in said
    page = client_of(reviewer).post(url(override, "review"), {"verdict": "approve", "comment": ""})
    assert page.status_code == 302
    assert Override.objects.get().state == "live"

"""A ticket type that is adjusted for many stores in one action, and is still one type."""

import pytest
from django.urls import reverse

from flows.organisation.models import Region, Store
from flows.organisation.places import path_of_store, place_of_store
from flows.tickets.models import TicketType
from rules.editor.overrides import input_name
from rules.store.actions import adjust, approve, cancel_review, request_review, save_draft
from rules.store.many_places import adjust_many, decide_together, plan, send_together, waiting_in
from rules.store.models import Override, Version
from rules.store.problems import Refusal
from rules.store.runtime import live_version

from .conftest import NOON, node_of

HELP = {"help:story": {"zh": "请拍照", "en": "Take a picture"}}
DEMANDED = {"required:amount": {"required": True}}


@pytest.fixture
def shops(db):
    regions = [Region.objects.create(slug=slug, name=slug.capitalize()) for slug in ("north", "south")]

    def shops(count):
        return [
            Store.objects.create(slug=f"sh-{number:03}", name=f"Shop {number}", region=regions[number % 2])
            for number in range(count)
        ]

    return shops


@pytest.fixture
def record(refund):
    return TicketType.objects.get(slug="refund")


def places_of(shops):
    return [place_of_store(shop) for shop in shops]


def type_at(shop):
    return live_version(TicketType, "refund", path=path_of_store(shop)).compiled


def test_the_template_goes_to_200_stores_in_one_action_and_is_still_one_template(
    record, shops, publish, designer, reviewer
):
    shops = shops(200)
    sent = adjust_many(
        record=record, places=places_of(shops), parts=DEMANDED, by=designer, at=NOON, send=True
    )
    assert (len(sent.done), sent.refused) == (200, [])
    assert not type_at(shops[0]).field_named["amount"].required
    decided = decide_together(rollout=sent.rollout, by=reviewer, verdict="approve")
    assert (len(decided.done), decided.refused) == (200, [])
    assert all(type_at(shop).field_named["amount"].required for shop in shops)
    # Each is a record of its own, approved by a second person.
    versions = Version.objects.of_model(Override)
    assert versions.values("object_id").distinct().count() == 200
    assert not versions.exclude(approved_by=reviewer, requested_by=designer).exists()
    # One store goes its own way about the help, headquarters changes it for everyone.
    own = adjust(record=record, place=place_of_store(shops[7]), by=designer).get_latest_revision_as_object()
    own.parts = own.parts | HELP
    publish(own)
    draft = TicketType.objects.get().get_latest_revision_as_object()
    draft.form[0].value["help"], draft.form[0].value["help_en"] = "写清楚", "Be clear"
    node_of(draft, "handling")["label"] = {"zh": "办理", "en": "Working"}
    publish(draft)
    runtimes = [type_at(shop) for shop in shops]
    helps = [runtime.field_named["story"].help["en"] for runtime in runtimes]
    assert helps.count("Be clear") == 199
    assert helps[7] == "Take a picture"
    assert {runtime.nodes["handling"].label["en"] for runtime in runtimes} == {"Working"}
    assert all(runtime.field_named["amount"].required for runtime in runtimes)


def test_a_plan_says_what_is_new_what_changes_and_what_is_left_alone(record, shops, designer, agent):
    new, changing, same, reviewed = shops(4)
    for shop, parts in ((changing, DEMANDED), (same, HELP), (reviewed, DEMANDED)):
        adjust_many(record=record, places=places_of([shop]), parts=parts, by=designer, at=NOON, send=False)
    request_review(record=Override.objects.get(place="store:sh-003"), by=designer)
    places = places_of([new, changing, same, reviewed])
    planned = plan(record=record, places=places, parts=HELP, by=designer)
    named = [[place.label for place in group] for group in (planned.new, planned.changing, planned.same)]
    assert named == [["Shop 0"], ["Shop 1"], ["Shop 2"]]
    assert [place.label for place in planned.in_review] == ["Shop 3"]
    done = adjust_many(record=record, places=places, parts=HELP, by=designer, at=NOON, send=False)
    assert len(done.done) == 2
    assert draft_at(changing).parts == DEMANDED | HELP
    assert draft_at(reviewed).parts == DEMANDED
    # Who belongs to one store adjusts that store only.
    designer.store = new
    theirs = plan(record=record, places=places, parts=HELP, by=designer)
    assert len(theirs.not_theirs) == 3


def draft_at(shop):
    return Override.objects.get(place=f"store:{shop.slug}").get_latest_revision_as_object()


def test_who_wrote_one_of_them_cannot_approve_that_one(record, shops, designer, reviewer, publish):
    first, second = shops(2)
    one = adjust(record=record, place=place_of_store(first), by=designer).get_latest_revision_as_object()
    one.parts = HELP
    save_draft(record=one, by=reviewer)
    sent = adjust_many(
        record=record, places=places_of([first, second]), parts=DEMANDED, by=designer, at=NOON, send=True
    )
    decided = decide_together(rollout=sent.rollout, by=reviewer, verdict="approve")
    assert [override.place for override in decided.done] == ["store:sh-001"]
    [(name, why)] = decided.refused
    assert "Shop 0" in name
    assert why
    assert [override.place for override in waiting_in(sent.rollout)] == ["store:sh-000"]


def test_who_sent_them_cannot_approve_any(record, shops, designer, reviewer):
    sent = adjust_many(record=record, places=places_of(shops(2)), parts=HELP, by=reviewer, at=NOON, send=True)
    decided = decide_together(rollout=sent.rollout, by=reviewer, verdict="approve")
    assert decided.done == []
    assert len(decided.refused) == 2


def test_what_is_not_complete_stays_a_draft_and_says_why(record, shops, designer):
    off = {"press:approval-done": {"off": True, "who": "anyone", "department": "", "department_name": ""}}
    sent = adjust_many(record=record, places=places_of(shops(2)), parts=off, by=designer, at=NOON, send=True)
    assert (sent.done, len(sent.refused), sent.rollout) == ([], 2, None)
    assert [override.state for override in Override.objects.all()] == ["draft", "draft"]


def test_one_that_was_taken_back_is_no_part_of_the_decision(record, shops, designer, reviewer):
    sent = adjust_many(record=record, places=places_of(shops(3)), parts=HELP, by=designer, at=NOON, send=True)
    cancel_review(record=sent.done[0], by=designer)
    again = send_together(record=record, overrides=sent.done[:1], by=designer, at=NOON)
    approve(record=Override.objects.get(pk=sent.done[1].pk), by=reviewer)
    decided = decide_together(rollout=sent.rollout, by=reviewer, verdict="reject", comment="No")
    assert [override.pk for override in decided.done] == [sent.done[2].pk]
    assert [override.pk for override in waiting_in(again.rollout)] == [sent.done[0].pk]


def test_nothing_chosen_is_refused(record, shops, designer):
    for places, parts in (([], HELP), (places_of(shops(1)), {})):
        with pytest.raises(Refusal):
            adjust_many(record=record, places=places, parts=parts, by=designer, at=NOON, send=False)


def test_a_designer_sends_many_on_the_page_and_a_reviewer_approves_them_at_once(
    record, shops, client_of, designer, reviewer
):
    shops(5)
    many = reverse(TicketType.snippet_viewset.get_url_name("many_places"), args=[record.pk])
    page = client_of(designer)
    assert page.get(many).status_code == 200
    typed = {
        "inside": "region:north",
        "places": "store:sh-001",
        input_name("parts", "required:amount", "own"): "on",
        input_name("parts", "required:amount", "required"): "True",
    }
    assert len(page.post(many, typed | {"verb": "preview"}).context["ahead"].new) == 4
    assert not Override.objects.exists()
    sent = page.post(many, typed | {"verb": "send"}, follow=True)
    batch = sent.redirect_chain[-1][0]
    assert len(sent.context["rows"]) == 4
    assert page.post(batch, {"verdict": "approve"}, follow=True).status_code == 200
    assert not Version.objects.of_model(Override).exists()
    other = client_of(reviewer)
    places = reverse(TicketType.snippet_viewset.get_url_name("places"), args=[record.pk])
    assert batch in other.get(places).content.decode()
    assert other.post(batch, {"verdict": "approve"}, follow=True).context["rows"] == []
    assert Version.objects.of_model(Override).count() == 4

"""What was written in words that the system no longer knows stays readable, years later."""

import pytest
from django.urls import reverse
from django.utils import timezone

from rules.engine import Vocabulary
from rules.store import purposes, runtime
from rules.store.actions import publish_reviewed_by, request_review, save_draft
from rules.store.decisions import log_decision
from rules.store.models import Decision, RuleSet
from tests.editor.test_record_pages import text, url
from tests.store.conftest import SaleActions, SaleVariables, make_draft
from tests.store.test_review import change_threshold


class FewerVariables(SaleVariables):
    amount = None


def forget_purpose():
    purposes._purposes.pop("sales")


def forget_variable():
    purposes.register_purpose(key="sales", label="x", vocabulary=Vocabulary.of(FewerVariables, SaleActions))


@pytest.fixture(params=[forget_purpose, forget_variable])
def record(request, db, designer, reviewer, settings):
    settings.LANGUAGE_CODE = "en"
    publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)
    version = publish_reviewed_by(
        change_threshold(RuleSet.objects.get(), 5000, by=designer).get_latest_revision_as_object(),
        author=designer,
        reviewer=reviewer,
    )
    facts = {"amount": 9000}
    log_decision(
        version=version, subject="order:1", facts=facts, outcome=RuleSet.replay(version.compiled, facts),
        reasons=["1"], at=timezone.now(),
    )  # fmt: skip
    draft = change_threshold(RuleSet.objects.get(), 7000, by=designer)
    request_review(record=draft, by=designer)
    runtime._compiled.clear()
    request.param()
    return RuleSet.objects.get()


def test_every_page_of_the_record_opens(record, client_of, designer, reviewer):
    for person in (designer, reviewer):
        for name in ("list", "edit", "versions", "review", "history", "preview_on_edit"):
            address = url(name) if name == "list" else url(name, record.pk)
            assert client_of(person).get(address).status_code == 200, name


def test_two_versions_are_compared_as_they_are_stored(record, client_of, reviewer):
    shown = text(client_of(reviewer).get(url("versions_compare", record.pk, 1, 2)))
    assert "1000" in shown
    assert "5000" in shown
    assert "{" not in shown.split("record-changes")[1].split("</ul>")[0]


def test_two_drafts_are_compared_as_they_are_stored(record, client_of, reviewer):
    shown = text(client_of(reviewer).get(url("revisions_compare", record.pk, "earliest", "latest")))
    assert "7000" in shown


def test_it_is_neither_approved_nor_rolled_back_to(record, client_of, reviewer):
    page = client_of(reviewer)
    page.post(url("review", record.pk), {"verdict": "approve"})
    page.post(url("act", record.pk, "roll-back"), {"version": "1"})
    assert record.state == "in_review"


def test_a_decision_is_shown_as_it_is_stored(record, client_of, admin):
    shown = text(client_of(admin).get(reverse("decision", args=[Decision.objects.get().pk]) + "?replay"))
    assert "9000" in shown
    assert "no longer knows" in shown


def test_a_draft_of_it_can_still_be_saved(record, designer):
    save_draft(record=record.get_latest_revision_as_object(), by=designer)

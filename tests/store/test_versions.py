from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import ModelLogEntry

from rules.store import runtime
from rules.store.actions import (
    archive,
    publish_reviewed_by,
    request_review,
    restore,
    retire,
    roll_back,
    save_draft,
)
from rules.store.decisions import log_decision, replay
from rules.store.models import RuleSet, Version
from rules.store.problems import Refusal
from rules.store.runtime import live_version
from tests.store.conftest import make_draft, more_than


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


def next_draft(record, threshold):
    newer = RuleSet.objects.get(pk=record.pk).get_latest_revision_as_object()
    rule = newer.rules.get()
    rule.condition = more_than(threshold)
    newer.rules = [rule]
    return newer


def test_runtime_sees_versions_and_never_drafts(draft, publish, designer):
    publish(draft)
    save_draft(record=next_draft(draft, 1), by=designer)
    assert live_version(RuleSet, "discounts").compiled.decide({"amount": 500}).fired == []


def test_a_never_published_draft_decides_nothing(draft, designer):
    save_draft(record=draft, by=designer)
    assert RuleSet.objects.get().live is False
    assert live_version(RuleSet, "discounts") is None


def test_a_new_version_supersedes_the_old_one_without_a_gap(draft, publish):
    first = publish(draft)
    second = publish(next_draft(draft, 1))
    first.refresh_from_db()
    assert second.number == 2
    assert first.live_until == second.live_from
    assert live_version(RuleSet, "discounts", at=second.live_from - timedelta(microseconds=1)) == first


def test_a_version_never_changes_and_is_never_deleted(draft, publish):
    version = publish(draft)
    version.document = {}
    for act in (version.save, version.delete, Version.objects.all().delete):
        with pytest.raises(Refusal):
            act()


def test_a_record_is_archived_and_never_deleted(draft, publish, designer, reviewer):
    publish(draft)
    record = RuleSet.objects.get()
    for act in (record.delete, RuleSet.objects.all().delete):
        with pytest.raises(Refusal, match="archived, never deleted"):
            act()
    with pytest.raises(Refusal, match="still decides"):
        archive(record=record, by=designer)
    retire(record=record, by=reviewer, reason="Campaign is over")
    archive(record=record, by=designer)
    assert not RuleSet.objects.in_use().exists()
    assert Version.objects.of(record).count() == 1
    restore(record=record, by=designer)
    assert RuleSet.objects.in_use().get().state == "retired"


def test_an_archived_record_is_not_reviewed(draft, designer):
    save_draft(record=draft, by=designer)
    archive(record=draft, by=designer)
    with pytest.raises(Refusal, match="archived"):
        request_review(record=draft, by=designer)


def test_stopping_needs_a_reviewer_and_a_reason_and_is_in_the_history(draft, publish, designer, reviewer):
    publish(draft)
    record = RuleSet.objects.get()
    with pytest.raises(Refusal, match="Only compliance reviewers"):
        retire(record=record, by=designer, reason="I want to")
    with pytest.raises(Refusal, match="reason"):
        retire(record=record, by=reviewer, reason=" ")
    retire(record=record, by=reviewer, reason="Wrong threshold")
    assert live_version(RuleSet, "discounts") is None
    entry = ModelLogEntry.objects.get(action="rules.retire")
    assert (entry.user, entry.data["reason"]) == (reviewer, "Wrong threshold")


def test_rolling_back_makes_an_approved_version_live_again_as_a_new_one(draft, publish, designer, reviewer):
    first = publish(draft)
    publish(next_draft(draft, 1))
    with pytest.raises(Refusal, match="Only compliance reviewers"):
        roll_back(version=first, by=designer)
    first.refresh_from_db()
    third = roll_back(version=first, by=reviewer)
    assert third.number == 3
    assert third.document == first.document
    assert live_version(RuleSet, "discounts").compiled.decide({"amount": 500}).fired == []


def test_rolling_back_keeps_a_newer_draft(draft, publish, designer, reviewer):
    first = publish(draft)
    publish(next_draft(draft, 1))
    save_draft(record=next_draft(draft, 77), by=designer)
    first.refresh_from_db()
    roll_back(version=first, by=reviewer)
    record = RuleSet.objects.get()
    assert record.state == "live_draft"
    assert record.get_latest_revision_as_object().rules.get().condition == more_than(77)


def test_a_version_is_compiled_once_per_process(draft, publish, monkeypatch):
    version = publish(draft)
    compiled = version.compiled
    monkeypatch.setattr(RuleSet, "compile", None)
    assert live_version(RuleSet, "discounts").compiled is compiled


def test_few_compiled_versions_are_kept_and_the_rest_compile_again(draft, publish, monkeypatch):
    monkeypatch.setattr(runtime, "KEPT_COMPILED", 1)
    first, other = publish(draft), publish(make_draft(slug="other", name="Other"))
    compiled = first.compiled
    assert other.compiled is not compiled
    assert first.compiled is not compiled


def test_a_decision_is_replayed_from_its_version_and_facts(draft, publish):
    version = publish(draft)
    facts = {"amount": 2000, "city": "上海"}
    decision = log_decision(
        version=version,
        subject="order:1",
        facts=facts,
        outcome=RuleSet.replay(version.compiled, facts),
        reasons=["1"],
        at=timezone.now(),
    )
    decision.refresh_from_db()
    publish(next_draft(draft, 1_000_000))
    assert replay(decision) == decision.outcome
    assert decision.outcome["fired"] == ["1"]


def test_the_review_workflow_is_set_up_once(db):
    from wagtail.models import Workflow

    from rules.store.models.review import review_workflow, set_up_review

    before = review_workflow()
    set_up_review()
    assert review_workflow() == before
    assert Workflow.objects.filter(workflow_tasks__task__reviewtask__isnull=False).count() == 1


def test_old_revisions_stay_readable_after_what_they_mention_is_gone(draft, publish, designer):
    """Nothing a record points at by key is needed to read an old revision of it."""
    publish(draft)
    old = draft.get_latest_revision()
    designer.delete()
    old.refresh_from_db()
    assert old.as_object().document()["rules"][0]["name"] == "Big sale"
    assert Version.objects.get().requested_by is None


def test_publishing_on_schedule_runs_from_the_command_the_worker_calls(draft, publish):
    publish(draft)
    call_command("publish_scheduled")
    assert live_version(RuleSet, "discounts").number == 1

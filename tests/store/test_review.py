"""Four eyes: every way to publish that is not a second person's approval is closed."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import TaskState

from rules.store.actions import approve, publish_reviewed_by, reject, request_review, save_draft
from rules.store.models import RuleSet, Version
from rules.store.problems import RecordErrors, RecordProblem, Refusal
from rules.store.runtime import live_version
from tests.store.conftest import more_than


def submitted(draft, by):
    save_draft(record=draft, by=by)
    request_review(record=draft, by=by)
    return draft


def change_threshold(record, amount, by):
    record = RuleSet.objects.get(pk=record.pk).get_latest_revision_as_object()
    rule = record.rules.get()
    rule.condition = more_than(amount)
    record.rules = [rule]
    save_draft(record=record, by=by)
    return RuleSet.objects.get(pk=record.pk)


def test_a_draft_approved_by_a_second_person_goes_live(draft, designer, reviewer):
    submitted(draft, by=designer)
    approve(record=draft, by=reviewer)
    version = live_version(RuleSet, "discounts")
    assert version.number == 1
    assert version.requested_by == designer
    assert version.approved_by == reviewer
    assert version.compiled.decide({"amount": 2000}).fired == ["1"]


def test_a_superuser_cannot_publish_around_review(draft, admin):
    save_draft(record=draft, by=admin)
    with pytest.raises(Refusal, match="reviewer"):
        draft.get_latest_revision().publish(user=admin, skip_permission_checks=True)
    draft.refresh_from_db()
    assert not draft.live
    assert not Version.objects.exists()


def test_a_superuser_who_posts_the_publish_button_saves_a_draft_at_most(draft, admin, client):
    save_draft(record=draft, by=admin)
    client.force_login(admin)
    url = reverse(RuleSet.snippet_viewset.get_url_name("edit"), args=[draft.pk])
    client.post(url, form_data(draft) | {"action-publish": "1"})
    draft.refresh_from_db()
    assert not draft.live
    assert not Version.objects.exists()


def form_data(record):
    rule = record.rules.get()
    return {
        "name": record.name,
        "slug": record.slug,
        "purpose": record.purpose,
        "about": "",
        "rules-TOTAL_FORMS": "1",
        "rules-INITIAL_FORMS": "1",
        "rules-MIN_NUM_FORMS": "0",
        "rules-MAX_NUM_FORMS": "1000",
        "rules-0-id": str(rule.pk or ""),
        "rules-0-ORDER": "1",
        "rules-0-name": rule.name,
        "rules-0-condition": '{"all": [{"name": "amount", "operator": "greater_than", "value": 1000}]}',
        "rules-0-actions": '[{"name": "discount", "params": {"percent": 5}}]',
    }


def test_nobody_holds_the_publish_or_delete_permission(draft, admin, designer):
    designer.user_permissions.add(*Permission.objects.filter(content_type__app_label="rules_store"))
    policy = RuleSet.snippet_viewset.permission_policy
    for user in (admin, designer):
        assert not policy.user_has_permission(user, "publish")
        assert not policy.user_has_permission(user, "delete")


def test_who_asked_for_a_review_cannot_approve_it(draft, designer, reviewer):
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=reviewer)
    with pytest.raises(Refusal, match="asked for this review"):
        approve(record=draft, by=reviewer)


def test_who_wrote_part_of_a_draft_cannot_approve_it(draft, designer, reviewer):
    save_draft(record=draft, by=reviewer)
    change_threshold(draft, 3000, by=designer)
    draft.refresh_from_db()
    request_review(record=draft, by=designer)
    with pytest.raises(Refusal, match="wrote part"):
        approve(record=draft, by=reviewer)


def test_who_is_no_reviewer_cannot_decide_not_even_a_superuser(draft, designer, admin):
    submitted(draft, by=designer)
    for verb in (approve, reject):
        with pytest.raises(Refusal, match="Only compliance reviewers"):
            verb(record=draft, by=admin, comment="no")


def test_an_approval_written_straight_to_the_table_by_the_author_publishes_nothing(draft, designer):
    submitted(draft, by=designer)
    with pytest.raises(Refusal):
        draft.current_workflow_task_state.specific.approve(user=designer)
    draft.refresh_from_db()
    assert not draft.live


def test_a_draft_that_changed_after_the_request_is_not_approved(draft, designer, reviewer):
    submitted(draft, by=designer)
    change_threshold(draft, 1, by=designer)
    draft.refresh_from_db()
    with pytest.raises(Refusal, match="changed after the review"):
        approve(record=draft, by=reviewer)
    assert not Version.objects.exists()


def test_autosave_overwriting_the_reviewed_revision_is_noticed(draft, designer, reviewer):
    submitted(draft, by=designer)
    revision = draft.get_latest_revision()
    later = revision.as_object()
    rule = later.rules.get()
    rule.condition = more_than(1)
    later.rules = [rule]
    later.save_revision(user=designer, overwrite_revision=revision)
    with pytest.raises(Refusal, match="changed after the review"):
        approve(record=draft, by=reviewer)


def test_an_incomplete_record_is_not_submitted_and_every_problem_is_named(designer, db):
    record = RuleSet(name="Empty", slug="empty", purpose="")
    save_draft(record=record, by=designer)
    with pytest.raises(RecordErrors) as caught:
        request_review(record=record, by=designer)
    assert {problem.path[0] for problem in caught.value.problems} == {"purpose", "rules"}
    assert TaskState.objects.count() == 0


MISSING = RecordProblem(("rules",), "Add at least one rule.")


def test_what_became_incomplete_during_review_does_not_go_live(draft, designer, reviewer, monkeypatch):
    submitted(draft, by=designer)
    monkeypatch.setattr(RuleSet, "completeness", lambda self: [MISSING])
    with pytest.raises(RecordErrors):
        approve(record=draft, by=reviewer)
    draft.refresh_from_db()
    assert not draft.live
    assert draft.workflow_in_progress


def test_a_rejected_draft_keeps_its_comment_and_can_be_submitted_again(draft, designer, reviewer):
    submitted(draft, by=designer)
    reject(record=draft, by=reviewer, comment="The limit is too low.")
    assert draft.current_workflow_state.current_task_state.comment == "The limit is too low."
    changed = change_threshold(draft, 5000, by=designer)
    changed.current_workflow_state.resume(user=designer)
    approve(record=RuleSet.objects.get(pk=draft.pk), by=reviewer)
    assert live_version(RuleSet, "discounts").compiled.decide({"amount": 4000}).fired == []


def test_an_approved_draft_with_a_set_time_goes_live_at_that_time(draft, designer, reviewer):
    draft.go_live_at = timezone.now() + timedelta(seconds=1)
    submitted(draft, by=designer)
    approve(record=draft, by=reviewer)
    call_command("publish_scheduled")
    assert live_version(RuleSet, "discounts") is None
    assert RuleSet.objects.get(pk=draft.pk).state == "scheduled"
    time.sleep(1.1)
    call_command("publish_scheduled")
    assert live_version(RuleSet, "discounts").approved_by == reviewer


def test_an_expired_record_stops_deciding(draft, designer, reviewer):
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    RuleSet.objects.filter(pk=draft.pk).update(expire_at=timezone.now() - timedelta(seconds=1))
    call_command("publish_scheduled")
    assert live_version(RuleSet, "discounts") is None
    assert RuleSet.objects.get(pk=draft.pk).state == "retired"

"""Ways around review that code, a schedule or an administrator might find, and what closes each."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from wagtail.models import ModelLogEntry, Revision, Task, Workflow

from rules.store.actions import (
    approve,
    archive,
    cancel_review,
    cancel_schedule,
    publish_due,
    publish_reviewed_by,
    reject,
    request_review,
    roll_back,
    run_schedule,
    save_draft,
)
from rules.store.models import ReviewTask, Rule, RuleSet, Version
from rules.store.models.review import REVIEWERS, review_workflow
from rules.store.problems import RecordErrors, Refusal
from rules.store.runtime import live_version
from tests.store.conftest import make_draft, more_than
from tests.store.test_review import change_threshold, submitted


@pytest.fixture
def second_reviewer(reviewer):
    person = get_user_model().objects.create_user("second reviewer")
    person.groups.set(reviewer.groups.all())
    return person


def scheduled(draft, *, author, reviewer, in_=timedelta(days=1)):
    draft.go_live_at = timezone.now() + in_
    publish_draft(draft, author=author, reviewer=reviewer)
    return RuleSet.objects.get(pk=draft.pk)


def publish_draft(draft, *, author, reviewer):
    save_draft(record=draft, by=author)
    request_review(record=draft, by=author)
    approve(record=draft, by=reviewer)


# Old approvals


def test_what_was_live_once_goes_live_again_only_through_a_reviewer(draft, designer, reviewer, admin):
    first = publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    change_threshold(draft, 5000, by=designer)
    publish_reviewed_by(
        RuleSet.objects.get().get_latest_revision_as_object(), author=designer, reviewer=reviewer
    )
    for person in (designer, admin, None):
        with pytest.raises(Refusal, match="Only a compliance reviewer"):
            Revision.objects.get(pk=first.revision_id).publish(user=person, skip_permission_checks=True)
    assert live_version(RuleSet, "discounts").number == 2


def test_an_old_approval_does_not_cover_a_new_draft_that_says_the_same(draft, designer, reviewer):
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    change_threshold(draft, 5000, by=designer)
    again = change_threshold(draft, 1000, by=designer)
    with pytest.raises(Refusal, match="not been approved"):
        again.get_latest_revision().publish(user=reviewer, skip_permission_checks=True)


def test_a_review_whose_task_an_administrator_ends_publishes_nothing(draft, designer, reviewer, admin):
    """Wagtail finishes a workflow that has no task left."""
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    change_threshold(draft, 5000, by=designer)
    change_threshold(draft, 1000, by=designer)
    request_review(record=draft, by=designer)
    with pytest.raises(Refusal):
        ReviewTask.objects.get().deactivate(user=admin)
    assert Version.objects.count() == 1


def test_without_a_review_set_up_nothing_can_be_submitted(draft, designer, admin):
    save_draft(record=draft, by=designer)
    Task.objects.update(active=False)
    with pytest.raises(Refusal, match="not set up"):
        request_review(record=draft, by=designer)


@pytest.mark.parametrize("model", [Workflow, Task])
def test_nobody_edits_the_review_itself(model, admin):
    from wagtail.permissions import policy_registry

    policy = policy_registry.get_by_type(model)
    assert not any(policy.user_has_permission(admin, verb) for verb in ("add", "change", "delete", "publish"))


def test_a_group_added_to_the_task_does_not_review(draft, designer, admin):
    submitted(draft, by=admin)
    ReviewTask.objects.get().groups.add(Group.objects.get(name="Ops designers"))
    with pytest.raises(Refusal, match="Only compliance reviewers"):
        approve(record=draft, by=designer)


# Who wrote it


def test_a_draft_written_over_the_live_one_is_a_new_revision_by_its_author(draft, designer, reviewer):
    """Autosave writes over one's own latest revision, which may be the one that is live."""
    version = publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    record = RuleSet.objects.get().get_latest_revision_as_object()
    rule = record.rules.get()
    rule.condition = more_than(1)
    record.rules = [rule]
    record.save_revision(user=designer, overwrite_revision=version.revision)
    version.revision.refresh_from_db()
    assert version.revision.as_object().rules.get().condition == more_than(1000)
    request_review(record=RuleSet.objects.get(), by=reviewer)
    review = RuleSet.objects.get().current_workflow_task_state
    assert designer in review.authors.all()


def test_who_hands_in_again_what_was_sent_back_does_not_decide_it(draft, designer, reviewer, second_reviewer):
    submitted(draft, by=designer)
    reject(record=draft, by=reviewer, comment="Too low")
    request_review(record=draft, by=second_reviewer)
    with pytest.raises(Refusal, match="someone else must decide"):
        approve(record=draft, by=second_reviewer)
    approve(record=draft, by=reviewer)


def test_a_designer_who_is_also_a_reviewer_does_not_approve_their_own(draft, designer, reviewer):
    designer.groups.add(Group.objects.get(name=REVIEWERS))
    submitted(draft, by=designer)
    with pytest.raises(Refusal, match="You asked"):
        approve(record=draft, by=designer)


def test_a_review_is_decided_once(draft, designer, reviewer, second_reviewer):
    submitted(draft, by=designer)
    seen_by_both = draft.current_workflow_task_state
    approve(record=draft, by=reviewer)
    for verdict in ("approve", "reject"):
        with pytest.raises(Refusal, match="decided or cancelled meanwhile"):
            seen_by_both.task.specific.on_action(seen_by_both, second_reviewer, verdict)
    assert Version.objects.count() == 1


def test_a_cancelled_review_is_not_decided(draft, designer, reviewer):
    submitted(draft, by=designer)
    seen = draft.current_workflow_task_state
    cancel_review(record=draft, by=designer)
    with pytest.raises(Refusal, match="decided or cancelled meanwhile"):
        seen.task.specific.on_action(seen, reviewer, "approve")


def test_a_bystander_does_not_cancel_a_review(draft, designer, admin):
    submitted(draft, by=designer)
    with pytest.raises(Refusal, match="Only who asked"):
        cancel_review(record=draft, by=admin)


def test_a_lock_of_ones_own_does_not_open_a_draft_in_review(draft, designer, admin):
    submitted(draft, by=designer)
    RuleSet.objects.update(locked=True, locked_by=designer)
    assert RuleSet.objects.get().get_lock().for_user(designer)


# What the fingerprint covers


def two_rules():
    draft = make_draft()
    rules = [Rule(name=name, condition=more_than(1), actions=[]) for name in ("First", "Second")]
    draft.rules = rules
    return draft


def turned_round(record):
    record.rules = list(reversed(record.rules.all()))


def put_off(record):
    record.go_live_at = timezone.now() + timedelta(days=2)


def let_expire(record):
    record.expire_at = timezone.now() + timedelta(days=2)


def renamed(record):
    record.slug = "elsewhere"


@pytest.mark.parametrize("change", [turned_round, put_off, let_expire, renamed])
def test_an_approval_covers(change, designer, reviewer, db):
    draft = submitted(two_rules(), by=designer)
    changed = RuleSet.objects.get().get_latest_revision_as_object()
    change(changed)
    save_draft(record=changed, by=designer)
    with pytest.raises(Refusal, match="changed after the review"):
        approve(record=draft, by=reviewer)


# The schedule


def test_a_scheduled_draft_that_may_not_go_live_holds_up_no_other(designer, reviewer, monkeypatch, db):
    broken = scheduled(make_draft(slug="broken", name="Broken"), author=designer, reviewer=reviewer)
    scheduled(make_draft(slug="good", name="Good"), author=designer, reviewer=reviewer)
    Revision.objects.update(approved_go_live_at=timezone.now())
    RuleSet.objects.filter(pk=broken.pk).update(archived_at=timezone.now())
    call_command("publish_scheduled")
    assert live_version(RuleSet, "broken") is None
    assert not broken.revisions.filter(approved_go_live_at__isnull=False).exists()
    assert ModelLogEntry.objects.for_instance(broken).filter(action="rules.miss").exists()


def test_the_schedule_publishes_once_however_many_workers_run_it(draft, designer, reviewer):
    record = scheduled(draft, author=designer, reviewer=reviewer, in_=timedelta(seconds=1))
    seen_by_another_worker = record.revisions.get(approved_go_live_at__isnull=False)
    time.sleep(1.1)
    run_schedule(at=timezone.now())
    publish_due(seen_by_another_worker)
    assert Version.objects.get().approved_by == reviewer


def test_a_reviewer_cancels_a_schedule_and_a_designer_does_not(draft, designer, reviewer):
    record = scheduled(draft, author=designer, reviewer=reviewer)
    with pytest.raises(Refusal, match="Only compliance reviewers"):
        cancel_schedule(record=record, by=designer)
    with pytest.raises(Refusal, match="scheduled"):
        archive(record=record, by=designer)
    cancel_schedule(record=record, by=reviewer)
    assert RuleSet.objects.get().state == "draft"
    with pytest.raises(Refusal, match="Nothing is scheduled"):
        cancel_schedule(record=record, by=reviewer)


def test_rolling_back_does_not_silently_drop_what_is_scheduled(draft, designer, reviewer):
    first = publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    newer = RuleSet.objects.get().get_latest_revision_as_object()
    newer.name = "Newer"
    publish_reviewed_by(newer, author=designer, reviewer=reviewer)
    latest = RuleSet.objects.get().get_latest_revision_as_object()
    scheduled(latest, author=designer, reviewer=reviewer)
    first.refresh_from_db()
    with pytest.raises(Refusal, match="scheduled"):
        roll_back(version=first, by=reviewer)


def test_what_ends_in_the_past_does_not_go_live(draft, designer, reviewer):
    draft.expire_at = timezone.now() - timedelta(minutes=1)
    save_draft(record=draft, by=designer)
    with pytest.raises(RecordErrors, match="has passed"):
        request_review(record=draft, by=designer)


def test_a_short_name_taken_meanwhile_is_a_problem_of_the_record(draft, designer, reviewer):
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    renamed_draft = RuleSet.objects.get().get_latest_revision_as_object()
    renamed_draft.slug = "elsewhere"
    save_draft(record=renamed_draft, by=designer)
    request_review(record=renamed_draft, by=designer)
    save_draft(record=make_draft(slug="elsewhere", name="Quicker"), by=designer)
    with pytest.raises(RecordErrors, match="already uses this short name"):
        approve(record=renamed_draft, by=reviewer)


# The audit log


def actions_logged(record):
    return set(ModelLogEntry.objects.for_instance(record).values_list("action", flat=True))


def test_a_refused_verdict_is_in_the_history_in_both_languages(draft, designer):
    submitted(draft, by=designer)
    with pytest.raises(Refusal):
        approve(record=draft, by=designer)
    entry = ModelLogEntry.objects.for_instance(draft).get(action="rules.refuse")
    assert entry.user == designer
    assert "Tried to approve" in entry.formatter.format_message(entry)
    with translation.override("zh-hans"):
        assert "审核" in entry.formatter.format_message(entry)


def test_every_step_of_a_record_is_in_its_history(draft, designer, reviewer):
    submitted(draft, by=designer)
    reject(record=draft, by=reviewer, comment="Too low")
    request_review(record=draft, by=designer)
    approve(record=draft, by=reviewer)
    assert actions_logged(draft) >= {
        "wagtail.edit", "wagtail.workflow.start", "wagtail.workflow.reject", "wagtail.workflow.resume",
        "wagtail.workflow.approve", "wagtail.publish",
    }  # fmt: skip


def test_becoming_a_reviewer_is_in_the_history_of_the_account(admin):
    admin.groups.add(Group.objects.get(name=REVIEWERS))
    Group.objects.get(name=REVIEWERS).user_set.remove(admin)
    admin.groups.add(Group.objects.get(name=REVIEWERS))
    admin.groups.clear()
    logged = ModelLogEntry.objects.for_instance(admin).order_by("pk").values_list("action", flat=True)
    assert list(logged) == ["rules.make_reviewer", "rules.end_reviewer"] * 2


# Runtime


def test_asking_for_the_live_version_is_one_query_without_the_document(draft, designer, reviewer):
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    live_version(RuleSet, "discounts").compiled  # noqa: B018
    with CaptureQueriesContext(
        connection,
    ) as asked:
        version = live_version(RuleSet, "discounts")
        assert version.compiled.decide({"amount": 2000}).fired == ["1"]
    assert len(asked) == 1
    assert '"document"' not in asked[0]["sql"]


def test_versions_are_not_changed_in_bulk_either(draft, designer, reviewer):
    version = publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    version.document = {}
    for act in (
        lambda: Version.objects.update(document={}),
        lambda: Version.objects.bulk_update([version], ["document"]),
    ):
        with pytest.raises(Refusal):
            act()


def test_the_workflow_is_found_again_by_its_review_task(db):
    assert review_workflow().tasks.get().specific.groups.get().name == REVIEWERS

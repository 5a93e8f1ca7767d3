"""Effective from and until: what goes live when, what stops when, whatever else is under way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rules.store.actions import approve, publish_reviewed_by, request_review, run_schedule, save_draft
from rules.store.models import RuleSet, Version
from rules.store.problems import RecordErrors
from rules.store.runtime import live_version
from tests.store.conftest import make_draft
from tests.store.test_versions import next_draft

SOON = timedelta(hours=1)


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


@pytest.fixture
def approve_draft(designer, reviewer):
    def approve_draft(record):
        save_draft(record=record, by=designer)
        request_review(record=record, by=designer)
        approve(record=record, by=reviewer)

    return approve_draft


def test_a_version_decides_nothing_from_its_end_on_even_before_the_worker_comes(draft, publish):
    draft.expire_at = timezone.now() + SOON
    version = publish(draft)
    assert version.expires_at == version.effective_until == draft.expire_at
    assert live_version(RuleSet, "discounts", at=draft.expire_at - timedelta(microseconds=1)) == version
    assert live_version(RuleSet, "discounts", at=draft.expire_at) is None


def test_the_live_version_stops_on_time_while_a_newer_draft_waits(draft, publish, designer):
    draft.expire_at = timezone.now() + SOON
    version = publish(draft)
    newer = next_draft(draft, 1)
    newer.expire_at = None
    save_draft(record=newer, by=designer)
    run_schedule(at=version.expires_at)
    version.refresh_from_db()
    record = RuleSet.objects.get()
    assert version.live_until == version.expires_at
    assert record.state == "retired"
    assert record.get_latest_revision_as_object().rules.get().condition == newer.rules.get().condition


def test_a_draft_that_is_approved_for_later_leaves_what_is_live_alone(draft, publish, approve_draft):
    version = publish(draft)
    newer = next_draft(draft, 1)
    newer.go_live_at = timezone.now() + SOON
    approve_draft(newer)
    assert live_version(RuleSet, "discounts") == version
    assert RuleSet.objects.get().state == "scheduled"
    assert live_version(RuleSet, "discounts", at=timezone.now() + 2 * SOON) == version


def test_what_is_approved_to_follow_an_expiring_version_still_follows(draft, publish, approve_draft):
    draft.expire_at = timezone.now() + SOON
    first = publish(draft)
    newer = next_draft(draft, 1)
    begin = first.expires_at + SOON
    newer.go_live_at, newer.expire_at = begin, begin + SOON
    approve_draft(newer)
    run_schedule(at=first.expires_at)
    record = RuleSet.objects.get()
    assert not record.live
    assert record.scheduled_revision.approved_go_live_at == begin


def test_a_record_that_would_stop_before_it_goes_live_is_refused(approve_draft):
    record = make_draft()
    record.go_live_at, record.expire_at = timezone.now() + 2 * SOON, timezone.now() + SOON
    with pytest.raises(RecordErrors, match="would stop before it goes live"):
        approve_draft(record)
    assert not Version.objects.exists()

"""A lexicon has tests, and is tried on messages that were sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from flows.broadcasts.models import Lexicon, LexiconCategory
from flows.channels.models import Outgoing
from rules.store.actions import save_draft
from rules.store.back_tests import perform, request_back_test
from rules.store.testing import StoredTest, keep_tests, run_tests

BLOCKED, WARNED, SENT = ({"action": action} for action in ("block", "warn", ""))


@pytest.fixture
def lexicon(designer):
    record = Lexicon(name="Ads", slug="ads")
    record.categories = [
        LexiconCategory(sort_order=0, name="law", action="block", words="最低价\n国家级"),
        LexiconCategory(sort_order=1, name="tone", action="warn", words="便宜"),
    ]
    save_draft(record=record, by=designer)
    return record


def test_the_worst_action_counts(lexicon):
    lexicon_now = Lexicon.compile(lexicon.document())
    for text, action in (("最低价，便宜", "block"), ("便宜", "warn"), ("你好", "")):
        assert Lexicon.replay(lexicon_now, {"text": text})["action"] == action
    assert Lexicon.replay(lexicon_now, {})["action"] == ""


def test_a_test_of_a_lexicon_says_which_word_it_was(lexicon, designer):
    tests = [
        StoredTest.make(name="Lowest price", facts={"text": "全网最低价"}, expected=BLOCKED),
        StoredTest.make(name="Cheap", facts={"text": "便宜"}, expected=SENT),
    ]
    keep_tests(record=lexicon, tests=tests, by=designer)
    blocked, cheap = run_tests(Lexicon.objects.get().get_latest_revision_as_object())
    assert blocked.passed
    assert not cheap.passed
    assert cheap.actual == WARNED
    assert cheap.why == ["“便宜”（tone）"]


def test_past_messages_are_looked_at(lexicon, designer):
    now = timezone.now()
    for number, (subject, text) in enumerate(
        [("broadcast:1", "最低价"), ("broadcast:1", "你好"), ("ticket:1", "最低价")]
    ):
        Outgoing.objects.create(
            channel="console", recipient="x", payload={"text": text}, idempotency_key=str(number),
            subject=subject, created_at=now, due_at=now,
        )  # fmt: skip
    run = request_back_test(
        record=lexicon, since=now - timedelta(days=1), until=now + timedelta(days=1), by=designer, at=now
    )
    perform(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 2)
    assert sorted(row["after"]["action"] for row in run.outcomes.values()) == ["", "block"]

"""Two people, two connections, one moment: both databases queue them up, and the second reads a sentence."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import translation

from rules.store.actions import approve, cancel_review, request_review, save_draft
from rules.store.models import RuleSet, Version
from rules.store.problems import Refusal
from tests.store.conftest import make_draft
from tests.store.test_review import change_threshold

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """What each act came to: "done", or the sentence it was refused with."""
    start = Barrier(len(acts))

    def run(act):
        with translation.override("en"):
            try:
                start.wait(timeout=10)
                act()
            except Refusal as refusal:
                return str(refusal)
            finally:
                connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def in_review(designer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    return lambda: RuleSet.objects.get()


@pytest.fixture
def second_reviewer(reviewer):
    person = get_user_model().objects.create_user("second reviewer")
    person.groups.set(reviewer.groups.all())
    return person


def test_two_approvals_at_once_publish_once(in_review, reviewer, second_reviewer):
    came_to = at_once(
        lambda: approve(record=in_review(), by=reviewer),
        lambda: approve(record=in_review(), by=second_reviewer),
    )
    refused = next(sentence for sentence in came_to if sentence != "done")
    assert any(words in refused for words in ("meanwhile", "no review to decide"))
    assert Version.objects.count() == 1


def test_a_draft_saved_while_it_is_approved_is_not_lost(in_review, designer, reviewer):
    came_to = at_once(
        lambda: approve(record=in_review(), by=reviewer),
        lambda: change_threshold(in_review(), 9, by=designer),
    )
    assert came_to[1] == "done"
    record = in_review()
    assert record.latest_revision == record.revisions.order_by("pk").last()
    assert record.has_unpublished_changes
    if came_to[0] == "done":
        assert Version.objects.get().compiled.decide({"amount": 500}).fired == []
    else:
        assert not Version.objects.exists()


def test_a_review_cancelled_while_it_is_approved_is_one_or_the_other(in_review, designer, reviewer):
    came_to = at_once(
        lambda: approve(record=in_review(), by=reviewer),
        lambda: cancel_review(record=in_review(), by=designer),
    )
    assert came_to.count("done") == 1
    assert Version.objects.count() == came_to[:1].count("done")


def test_two_requests_at_once_make_one_review(designer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    came_to = at_once(*[lambda: request_review(record=RuleSet.objects.get(), by=designer)] * 2)
    assert sorted(came_to) == ["A review is already under way.", "done"]

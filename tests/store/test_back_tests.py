"""Trying a draft on real history: what it finds, and that dying, cancelling and racing lose nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError

from rules.store import back_tests, histories, tasks
from rules.store.actions import approve, publish_reviewed_by, request_review, save_draft
from rules.store.back_tests import cancel_back_test, newest_of, perform, request_back_test, sweep
from rules.store.histories import Case, History, register_history
from rules.store.models import BackTest, RuleSet
from rules.store.problems import RecordErrors, Refusal
from tests.store.conftest import make_draft
from tests.store.test_at_once import at_once
from tests.store.test_review import change_threshold

NOW = datetime(2100, 5, 4, 8, 0, tzinfo=UTC)
MONTH = {"since": NOW - timedelta(days=30), "until": NOW}
FIVE = {"actions": [{"name": "discount", "params": {"percent": 5}}]}
NOTHING = {"actions": []}
PAGE = 10


class Sales(History):
    """Sales of 100, 200, 300 … in pages; `after_page` is called behind each."""

    label = "sales"

    def __init__(self, count=35):
        self.amounts = [100 * number for number in range(1, count + 1)]
        self.after_page = lambda place: None
        self.began_after = []

    def count(self, sides, since, until):
        return len(self.amounts)

    def pages(self, sides, since, until, after):
        self.began_after.append(after)
        for start in range(after, len(self.amounts), PAGE):
            yield [
                Case(place=place, subject=f"sale:{place}", facts={"amount": amount, "unasked": "x"})
                for place, amount in enumerate(self.amounts[start : start + PAGE], start=start + 1)
            ]
            self.after_page(start + PAGE)


@pytest.fixture(autouse=True)
def sales(monkeypatch):
    monkeypatch.setattr(histories, "_histories", {})
    history = Sales()
    register_history(RuleSet, history, purpose="sales")
    return history


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    """What huey was given; tests work by hand."""
    woken = []
    monkeypatch.setattr(tasks, "perform_back_test", woken.append)
    return woken


@pytest.fixture
def live(draft, designer, reviewer):
    """5 % above 1,000 is live."""
    return publish_reviewed_by(draft, author=designer, reviewer=reviewer).record


@pytest.fixture
def changed(live, designer):
    """The draft gives it above 2,000 only."""
    return change_threshold(live, 2000, by=designer)


def ask(record, by, **kwargs):
    return request_back_test(record=record, by=by, at=NOW, **MONTH | kwargs)


def work(run, at=NOW):
    perform(run.pk, clock=lambda: at)
    run.refresh_from_db()
    return run


def test_a_changed_draft_is_compared_with_what_is_live(changed, designer):
    run = work(ask(changed, designer))
    assert (run.state, run.total, run.done, run.changed) == ("done", 35, 35, 10)
    (kind,) = run.outcomes.values()
    assert (kind["before"], kind["after"], kind["count"]) == (FIVE, NOTHING, 10)
    assert kind["examples"][0] == {"subject": "sale:11", "facts": {"amount": 1100}}
    assert len(kind["examples"]) == back_tests.EXAMPLES
    assert run.percent == 100


def test_an_unchanged_draft_changes_nothing(live, designer):
    run = work(ask(live, designer))
    assert (run.done, run.changed, run.outcomes) == (35, 0, {})


def test_without_a_live_version_it_lists_what_would_be_decided(draft, designer):
    save_draft(record=draft, by=designer)
    run = work(ask(draft, designer))
    assert sorted((row["before"], row["count"]) for row in run.outcomes.values()) == [(None, 10), (None, 25)]


def test_asking_wakes_a_worker_after_the_commit(changed, designer, woken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = ask(changed, designer)
        assert woken == []
    assert woken == [run.pk]


def test_asking_twice_is_one_back_test(changed, designer, reviewer):
    assert ask(changed, designer) == ask(changed, reviewer)
    assert BackTest.objects.count() == 1


def test_a_newer_draft_waits_for_the_older_ones_back_test(changed, designer):
    ask(changed, designer)
    change_threshold(changed, 3000, by=designer)
    with pytest.raises(Refusal, match="older draft is being tried"):
        ask(changed, designer)


def test_the_database_holds_one_unfinished_per_record(changed, designer):
    run = ask(changed, designer)
    run.pk = None
    with pytest.raises(IntegrityError):
        run.save()


def test_a_draft_that_makes_no_sense_is_refused_with_its_problems(changed, designer):
    record = changed.get_latest_revision_as_object()
    (rule,) = record.rules.all()
    rule.condition = {"all": [{"name": "gone", "operator": "equal_to", "value": 1}]}
    record.rules = [rule]
    save_draft(record=record, by=designer)
    with pytest.raises(RecordErrors):
        ask(changed, designer)
    assert not BackTest.objects.exists()


def test_what_has_no_history_is_refused(changed, designer, monkeypatch):
    monkeypatch.setattr(histories, "_histories", {})
    with pytest.raises(Refusal, match="no history"):
        ask(changed, designer)


def test_an_empty_period_is_refused(changed, designer):
    with pytest.raises(Refusal, match="ends before it begins"):
        ask(changed, designer, since=NOW, until=NOW)


# Dying, cancelling, racing


class Killed(BaseException):
    """As when the worker's process is killed: nothing of ours runs any more."""


def test_when_a_worker_dies_another_goes_on_where_it_was(changed, designer, sales):
    def die_after_20(place):
        if place == 20:
            raise Killed

    sales.after_page = die_after_20
    run = ask(changed, designer)
    with pytest.raises(Killed):
        perform(run.pk, clock=lambda: NOW)
    run.refresh_from_db()
    assert (run.state, run.done, run.place) == ("running", 20, 20)

    # While the lease holds, nobody else touches it.
    assert sweep(at=NOW + timedelta(seconds=30)) == []
    work(run, at=NOW + timedelta(seconds=30))
    assert run.done == 20

    later = NOW + BackTest.LEASE + timedelta(seconds=1)
    assert sweep(at=later) == [run.pk]
    work(run, at=later)
    assert sales.began_after == [0, 20]
    assert (run.state, run.done, run.changed) == ("done", 35, 10)
    assert (run.started_at, run.finished_at) == (NOW, later)


def test_one_that_costs_three_workers_their_life_has_failed(changed, designer, sales):
    def die(place):
        raise Killed

    sales.after_page = die
    run, at = ask(changed, designer), NOW
    for _attempt in range(BackTest.MOST_ATTEMPTS):
        with pytest.raises(Killed):
            perform(run.pk, clock=lambda at=at: at)
        at += BackTest.LEASE + timedelta(seconds=1)
    assert work(run, at=at).state == "failed"
    assert sweep(at=at + timedelta(days=1)) == []


def test_an_error_fails_it_and_a_new_one_can_be_asked_for(changed, designer, sales):
    def err(place):
        raise ValueError("no such column")

    sales.after_page = err
    run = work(ask(changed, designer))
    assert (run.state, run.finished_at) == ("failed", NOW)
    assert ask(changed, designer) != run


def test_cancelling_stops_it_before_the_next_page(changed, designer, sales):
    run = ask(changed, designer)
    sales.after_page = lambda place: place == 10 and cancel_back_test(run=run, at=NOW)
    work(run)
    assert (run.state, run.done, run.finished_at) == ("cancelled", 10, NOW)
    with pytest.raises(Refusal, match="already ended"):
        cancel_back_test(run=run, at=NOW)


def test_one_cancelled_before_it_began_is_not_begun(changed, designer, sales):
    run = ask(changed, designer)
    cancel_back_test(run=run, at=NOW)
    assert work(run).state == "cancelled"
    assert sales.began_after == []


def test_a_worker_that_lost_its_lease_writes_nothing_more(changed, designer, sales):
    run = ask(changed, designer)
    sales.after_page = lambda place: BackTest.objects.filter(pk=run.pk).update(leased_by="another")
    work(run)
    assert (run.state, run.done, run.leased_by) == ("running", 10, "another")


def test_too_many_kinds_of_change_are_counted_together(changed, designer, monkeypatch):
    monkeypatch.setattr(back_tests, "MOST_OUTCOMES", 0)
    run = work(ask(changed, designer))
    assert {key: row["count"] for key, row in run.outcomes.items()} == {back_tests.OTHERS: 10}


def test_the_review_finds_the_back_test_of_exactly_its_content(changed, designer):
    run = work(ask(changed, designer))
    draft = changed.get_latest_revision_as_object()
    assert newest_of(changed, content_digest=draft.content_digest) == run
    newer = change_threshold(changed, 3000, by=designer).get_latest_revision_as_object()
    assert newest_of(changed, content_digest=newer.content_digest) is None
    assert newest_of(changed) == run


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_it_once(designer, sales):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    run = ask(draft, designer)

    def work_on_it():
        perform(run.pk, clock=lambda: NOW)

    at_once(work_on_it, work_on_it)
    run.refresh_from_db()
    assert (run.state, run.done, run.attempts) == ("done", 35, 1)
    assert sales.began_after == [0]


@pytest.mark.django_db(transaction=True)
def test_two_people_asking_at_once_ask_for_one(designer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    other = get_user_model().objects.create_user("other")

    def asking(person):
        return lambda: ask(RuleSet.objects.get(), person)

    assert at_once(asking(designer), asking(other)) == ["done", "done"]
    assert BackTest.objects.count() == 1


# Keeping

LONG_AFTER = NOW + BackTest.KEPT + timedelta(seconds=1)


def ended(record, by, *, state="done", at=NOW, **changes):
    run = ask(record, by)
    BackTest.objects.filter(pk=run.pk).update(state=state, finished_at=at, **changes)
    return run


def test_old_back_tests_are_removed_but_the_newest_of_each_record(changed, designer):
    ended(changed, designer)
    ended(changed, designer, state="failed")
    newest = ended(changed, designer, state="cancelled")
    assert back_tests.prune(at=LONG_AFTER) == 2
    assert list(BackTest.objects.all()) == [newest]


def test_young_and_unfinished_back_tests_stay(changed, designer):
    ended(changed, designer)
    ended(changed, designer, at=NOW + timedelta(days=1))
    ask(changed, designer)
    assert back_tests.prune(at=NOW + BackTest.KEPT) == 0
    assert back_tests.prune(at=LONG_AFTER) == 1


def test_what_a_reviewer_could_see_stays(changed, designer, reviewer):
    seen = ended(changed, designer)
    request_review(record=changed, by=designer)
    approve(record=changed, by=reviewer)
    change_threshold(changed, 3000, by=designer)
    ended(changed, designer)
    ended(changed, designer)
    assert back_tests.prune(at=LONG_AFTER) == 1
    assert seen in BackTest.objects.all()

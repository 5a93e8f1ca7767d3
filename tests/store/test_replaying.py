"""The nightly replay: the log comes out the same again, and where it does not, somebody hears of it."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from rules.store.actions import publish_reviewed_by
from rules.store.decisions import decision_of, log_decisions
from rules.store.models import Decision, ReplayReport, RuleSet
from rules.store.replaying import chosen, replay_sample

NIGHT = datetime(2026, 5, 4, 18, 20, tzinfo=UTC)


@pytest.fixture
def logged(draft, designer, reviewer):
    version = publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    return log_decisions(
        [
            decision_of(
                version=version,
                subject=f"order:{number}",
                facts={"amount": number * 100},
                outcome=RuleSet.replay(version.compiled, {"amount": number * 100}),
                at=NIGHT,
            )
            for number in range(30)
        ]
    )


def test_a_log_nobody_touched_comes_out_the_same(logged):
    report = replay_sample(at=NIGHT)
    assert (report.replayed, report.different, report.unreadable) == (30, 0, 0)
    assert ReplayReport.objects.get() == report


def test_a_stored_outcome_that_was_changed_is_found(logged):
    Decision.objects.filter(pk=logged[3].pk).update(outcome={"fired": ["1"], "actions": []})
    report = replay_sample(at=NIGHT)
    assert (report.replayed, report.different) == (30, 1)
    assert report.differing == [[logged[3].pk, {"fired": [], "actions": []}]]


def test_the_same_day_chooses_the_same_decisions_and_another_day_others(logged):
    def chosen_on(day):
        return [decision.pk for decision in chosen(seed=day, most=5)]

    assert chosen_on("2026-05-04") == chosen_on("2026-05-04")
    assert len(set(chosen_on("2026-05-04"))) == 5
    assert chosen_on("2026-05-04") != chosen_on("2026-05-05")


def test_a_second_run_of_a_day_takes_the_place_of_the_first(logged):
    replay_sample(at=NIGHT, most=3)
    replay_sample(at=NIGHT)
    assert ReplayReport.objects.get().replayed == 30


def test_an_empty_log_is_reported_as_such(db):
    assert replay_sample(at=NIGHT).replayed == 0


def test_words_that_are_gone_are_counted_not_fatal(logged, monkeypatch):
    from rules.store import purposes, runtime

    monkeypatch.setattr(purposes, "_purposes", {})
    runtime._compiled.clear()
    report = replay_sample(at=NIGHT)
    assert (report.replayed, report.unreadable) == (0, 30)


def test_the_command_names_what_differs_and_fails(logged):
    Decision.objects.filter(pk=logged[3].pk).update(outcome={"fired": [], "actions": ["x"]})
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("replay_decisions", stdout=out)
    assert "Of 30 replayed decisions 1 differ" in out.getvalue()
    assert f"decision {logged[3].pk} /admin/decisions/{logged[3].pk}/" in out.getvalue()

"""The pages on which a record is tested and tried on real history."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from rules.engine import Words
from rules.engine.analysis import Suggestion
from rules.store import histories
from rules.store.actions import publish_reviewed_by, request_review, save_draft
from rules.store.back_tests import perform, request_back_test
from rules.store.decisions import log_decision
from rules.store.histories import register_history
from rules.store.models import BackTest, RuleSet
from rules.store.testing import StoredTest, keep_tests, stored_tests
from tests.editor.test_record_pages import in_english, text, url  # noqa: F401
from tests.store.conftest import make_draft, sales_purpose  # noqa: F401
from tests.store.test_back_tests import FIVE, NOTHING, Case, Sales
from tests.store.test_review import change_threshold


class FindableSales(Sales):
    label = "sales"
    example = "sale number"

    def find(self, sides, number):
        if not number.isdecimal():
            return None
        return Case(place=int(number), subject=f"sale:{number}", facts={"amount": int(number) * 100, "x": 1})


@pytest.fixture(autouse=True)
def sales(monkeypatch):
    monkeypatch.setattr(histories, "_histories", {})
    register_history(RuleSet, FindableSales(), purpose="sales")


@pytest.fixture
def record(designer, db):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    return draft


@pytest.fixture
def live(designer, reviewer):
    return publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)


def kept_tests(record):
    return stored_tests(RuleSet.objects.get(pk=record.pk).get_latest_revision_as_object())


def keep(record, by, amount=2000, expected=FIVE, name="A big sale"):
    test = StoredTest.make(name=name, facts={"amount": amount}, expected=expected)
    keep_tests(record=record, tests=[test], by=by)
    return test


# Tests


def test_a_designer_tries_a_case_and_keeps_it(client_of, designer, record):
    page = client_of(designer)
    shown = page.post(url("test", record.pk, "new"), {"fact-amount": "2000.50", "verb": "try"})
    assert "give a discount (percent: 5)" in text(shown)
    assert "amount is more than 1,000 (actual: 2,000.50)" in text(shown)
    assert kept_tests(record) == []

    expected = shown.context["expectation"]["expected"].value()
    page.post(
        url("test", record.pk, "new"),
        {"fact-amount": "2000.50", "expected": expected, "name": "", "verb": "keep"},
    )
    (test,) = kept_tests(record)
    assert (test.name, test.facts) == ("amount 2,000.50", {"amount": Decimal("2000.50")})
    assert test.expected == FIVE


def test_an_expectation_can_be_written_before_the_rules(client_of, designer, record):
    client_of(designer).post(
        url("test", record.pk, "new"),
        {
            "fact-amount": "10",
            "verb": "keep",
            "name": "Small too",
            "expected": '[{"name": "discount", "params": {"percent": 7}}]',
        },
    )
    (test,) = kept_tests(record)
    assert test.expected == {"actions": [{"name": "discount", "params": {"percent": 7}}]}
    shown = text(client_of(designer).get(url("tests", record.pk)))
    assert "1 of 1 tests fails" in shown
    assert "give a discount (percent: 7)" in shown
    assert "nothing happens" in shown


@pytest.mark.parametrize("expected", ['[{"name": "explode", "params": {}}]', "[", '[{"name": "discount"}]'])
def test_an_expectation_that_makes_no_sense_is_refused(client_of, designer, record, expected):
    shown = client_of(designer).post(
        url("test", record.pk, "new"), {"fact-amount": "10", "verb": "keep", "expected": expected}
    )
    assert shown.status_code == 200
    assert shown.context["refusal"]
    assert kept_tests(record) == []


def test_what_is_no_number_is_said_at_its_input(client_of, designer, record):
    shown = client_of(designer).post(url("test", record.pk, "new"), {"fact-amount": "many", "verb": "try"})
    assert shown.context["facts_form"].errors == {"amount": ["Enter a number."]}
    assert "asked" not in shown.context


def test_an_untouched_fact_keeps_what_an_input_cannot_show(client_of, designer, record):
    test = StoredTest.make(name="Odd", facts={"amount": {"integer": "0x1"}}, expected=NOTHING)
    keep_tests(record=record, tests=[test], by=designer)
    (kept,) = kept_tests(record)
    page = client_of(designer)
    shown = page.get(url("test", record.pk, kept.id))
    data = {f"fact-{name}": value for name, value in shown.context["facts_form"].initial.items()}
    page.post(url("test", record.pk, kept.id), data | {"verb": "keep", "name": "Renamed", "expected": "[]"})
    (renamed,) = kept_tests(record)
    assert (renamed.id, renamed.name, renamed.facts) == (kept.id, "Renamed", kept.facts)


def test_accept_and_remove(client_of, designer, record):
    keep(record, designer, amount=10)
    page = client_of(designer)
    (test,) = kept_tests(record)
    page.post(url("tests", record.pk), {"verb": "accept", "test": test.id})
    assert kept_tests(record)[0].expected == NOTHING
    page.post(url("tests", record.pk), {"verb": "remove", "test": test.id})
    assert kept_tests(record) == []


def test_a_real_case_becomes_a_test_in_one_click(client_of, designer, record):
    page = client_of(designer)
    assert "sale number" in text(page.get(url("tests", record.pk)))
    page.post(url("tests", record.pk), {"verb": "find", "number": "20"})
    (test,) = kept_tests(record)
    assert (test.name, test.facts, test.expected) == ("sale:20", {"amount": 2000}, FIVE)
    shown = page.post(url("tests", record.pk), {"verb": "find", "number": "unknown"}, follow=True)
    assert "There is nothing under “unknown”" in text(shown)


def test_a_decision_becomes_a_test_in_one_click(client_of, designer, live):
    facts = {"amount": 2000}
    decision = log_decision(
        version=live,
        subject="sale:20",
        facts=facts,
        outcome=RuleSet.replay(live.compiled, facts),
        at=timezone.now(),
    )
    page = client_of(designer)
    assert "Make this a test" in text(page.get(reverse("decision", args=[decision.pk])))
    shown = page.post(reverse("decision_make_test", args=[decision.pk]), follow=True)
    assert "“sale:20” is a test now." in text(shown)
    assert [(test.facts, test.expected) for test in kept_tests(live.record)] == [(facts, FIVE)]


def test_in_review_tests_are_read_only_and_say_why(client_of, designer, record):
    keep(record, designer)
    request_review(record=RuleSet.objects.get(), by=designer)
    page = client_of(designer)
    shown = text(page.get(url("tests", record.pk)))
    assert "This draft is in review" in shown
    assert "Write a test" not in shown
    assert "passes" in shown
    (test,) = kept_tests(record)
    assert "Keep this test" not in text(page.get(url("test", record.pk, test.id)))
    answer = page.post(url("tests", record.pk), {"verb": "remove", "test": test.id}, follow=True)
    assert "in review" in text(answer)
    assert len(kept_tests(record)) == 1


def test_who_may_not_write_rules_may_not_write_tests(client_of, agent, designer, live):
    decision = log_decision(version=live, subject="a", facts={}, outcome=NOTHING, at=timezone.now())
    page = client_of(agent)
    assert page.post(url("tests", live.object_id), {"verb": "remove"}).status_code in (302, 403)
    assert page.post(reverse("decision_make_test", args=[decision.pk])).status_code in (302, 403)
    assert kept_tests(live.record) == []


def test_a_failing_test_is_named_where_the_review_is_asked_for(client_of, designer, record):
    keep(record, designer, amount=10)
    from tests.editor.test_record_pages import BIG_SALE, posted

    shown = client_of(designer).post(
        url("edit", record.pk), posted([BIG_SALE]) | {"action-submit": "1"}, follow=True
    )
    assert "The test “A big sale” fails." in text(shown)
    assert RuleSet.objects.get().state == "draft"
    # Saving a draft is still possible, and keeps the tests.
    client_of(designer).post(url("edit", record.pk), posted([BIG_SALE], name="Saved"))
    assert RuleSet.objects.get().get_latest_revision_as_object().name == "Saved"
    assert len(kept_tests(record)) == 1


def test_suggested_cases_are_kept_when_ticked(client_of, designer, record, monkeypatch):
    edges = [
        Suggestion(facts={"amount": amount}, sentence=Words(en=f"exactly {amount}", zh=""))
        for amount in (1000, 1001)
    ]
    monkeypatch.setattr(RuleSet, "boundaries", lambda compiled: edges)
    page = client_of(designer)
    shown = page.get(url("tests", record.pk))
    assert "exactly 1000" in text(shown)
    first, second = shown.context["suggestions"]
    assert (first["decides"], second["decides"]) == ("nothing happens", "give a discount (percent: 5)")
    page.post(url("tests", record.pk), {"verb": "suggested", "suggestion": [second["key"]]})
    (test,) = kept_tests(record)
    assert (test.name, test.facts, test.expected) == ("amount 1,001", {"amount": 1001}, FIVE)
    # What is a test already is not suggested again.
    assert len(page.get(url("tests", record.pk)).context["suggestions"]) == 1
    answer = page.post(url("tests", record.pk), {"verb": "suggested"}, follow=True)
    assert "Tick the cases you want to keep." in text(answer)


# Real history


def test_a_draft_is_tried_and_every_number_opens_its_examples(client_of, designer, live):
    record = change_threshold(live.record, 2000, by=designer)
    page = client_of(designer)
    page.post(url("back_test", record.pk), {"days": "30"})
    run = BackTest.objects.get()
    perform(run.pk)
    shown = text(page.get(url("back_test", record.pk)))
    assert "<strong>10</strong> of 35 sales would be decided differently." in shown
    assert "sale:11" in shown
    assert "amount is more than 1,000 (actual: 1,100)" in shown
    assert "amount is more than 2,000 (actual: 1,100)" in shown


def test_other_days_need_both_days(client_of, designer, live):
    page = client_of(designer)
    shown = page.post(url("back_test", live.object_id), {"days": "custom", "first_day": "2026-01-01"})
    assert shown.context["form"].errors == {"last_day": ["Please fill this in."]}
    page.post(
        url("back_test", live.object_id),
        {"days": "custom", "first_day": "2026-01-01", "last_day": "2026-01-31"},
    )
    run = BackTest.objects.get()
    assert timezone.localtime(run.since).isoformat()[:19] == "2026-01-01T00:00:00"
    assert timezone.localtime(run.until).isoformat()[:19] == "2026-02-01T00:00:00"


@pytest.fixture
def asked(live, designer):
    record = change_threshold(live.record, 2000, by=designer)
    now = timezone.now()
    return request_back_test(record=record, since=now - timedelta(days=30), until=now, by=designer, at=now)


def test_while_it_runs_the_part_asks_for_itself_again(client_of, designer, asked):
    BackTest.objects.update(state="running", total=35, done=7, leased_until=timezone.now() + BackTest.LEASE)
    part = text(client_of(designer).get(url("back_test_run", asked.object_id, asked.pk)))
    assert f'data-refresh-url="{url("back_test_run", asked.object_id, asked.pk)}"' in part
    assert 'value="20"' in part
    perform(asked.pk, clock=lambda: timezone.now() + timedelta(hours=1))
    part = text(client_of(designer).get(url("back_test_run", asked.object_id, asked.pk)))
    assert "data-refresh-url" not in part


def test_cancel(client_of, designer, asked):
    client_of(designer).post(url("back_test_run", asked.object_id, asked.pk))
    asked.refresh_from_db()
    assert asked.state == "cancelled"


def test_the_reviewer_sees_the_back_test_of_this_content_only(client_of, designer, reviewer, asked):
    perform(asked.pk)
    record = RuleSet.objects.get()
    request_review(record=record, by=designer)
    shown = text(client_of(reviewer).get(url("review", record.pk)))
    assert "<strong>10</strong> of 35 sales would be decided differently." in shown

    BackTest.objects.update(content_digest="another")
    shown = text(client_of(reviewer).get(url("review", record.pk)))
    assert "tried on real history before it was changed" in shown
    assert "decided differently" not in shown

    BackTest.objects.all().delete()
    assert "Nobody has tried this draft" in text(client_of(reviewer).get(url("review", record.pk)))


def test_a_reviewer_may_run_one_and_still_approve(client_of, designer, reviewer, live):
    record = change_threshold(live.record, 2000, by=designer)
    request_review(record=record, by=designer)
    page = client_of(reviewer)
    page.post(url("back_test", record.pk), {"days": "7"})
    assert BackTest.objects.get().asked_by == reviewer
    page.post(url("review", record.pk), {"verdict": "approve"})
    assert RuleSet.objects.get().state == "live"


def test_the_reviewer_reads_the_tests(client_of, designer, reviewer, record):
    keep(record, designer)
    request_review(record=RuleSet.objects.get(), by=designer)
    shown = text(client_of(reviewer).get(url("review", record.pk)))
    assert "A big sale → give a discount (percent: 5)" in shown


def test_the_reviewer_sees_which_tests_were_changed_or_taken_away(client_of, designer, reviewer, record):
    kept, gone = keep(record, designer), keep(record, designer, name="Taken away")
    draft = RuleSet.objects.get().get_latest_revision_as_object()
    publish_reviewed_by(draft, author=designer, reviewer=reviewer)
    page = client_of(designer)
    page.post(url("tests", record.pk), {"verb": "remove", "test": gone.id})
    other = StoredTest.make(id=kept.id, name=kept.name, facts={"amount": 10}, expected=NOTHING)
    keep_tests(record=record, tests=[other], by=designer)
    request_review(record=RuleSet.objects.get(), by=designer)
    shown = client_of(reviewer).get(url("review", record.pk))
    assert [(change.kind, change.label) for change in shown.context["test_changes"]] == [
        ("changed", "A big sale"),
        ("removed", "Taken away"),
    ]
    assert "The tests themselves were changed" in text(shown)


def test_a_draft_without_history_is_not_offered_a_back_test(client_of, designer, record, monkeypatch):
    monkeypatch.setattr(histories, "_histories", {})
    page = client_of(designer)
    assert page.get(url("back_test", record.pk)).status_code == 404
    assert "Try on real history" not in text(page.get(url("edit", record.pk)))

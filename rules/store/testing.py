"""Tests of a record: facts and the outcome they must have. They are part of the draft, so a review covers
them, and a record whose tests fail does not go live."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from rules.engine import Words, facts_as_json, facts_from_json
from rules.store.actions import save_draft
from rules.store.deciding import Decider
from rules.store.digests import digest
from rules.store.problems import RecordProblem, Refusal

MOST_TESTS = 200
MOST_SUGGESTED = 50
NAME_LENGTH = 120


@dataclass(frozen=True, kw_only=True)
class StoredTest:
    """`expected` is what `Decider.decide` returns on `facts`."""

    id: str
    name: str
    facts: dict
    expected: object

    @classmethod
    def make(cls, *, name, facts, expected, id=""):
        return cls(
            id=id or uuid.uuid4().hex[:12], name=name.strip()[:NAME_LENGTH], facts=facts, expected=expected
        )

    @classmethod
    def read(cls, row: dict):
        return cls(**row | {"facts": facts_from_json(row["facts"])})

    def as_json(self) -> dict:
        return {
            "id": self.id,
            "name": self.name,
            "facts": facts_as_json(self.facts),
            "expected": self.expected,
        }


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """`expected` and `actual` are outcomes, as `Decider.say` puts them in words."""

    __test__ = False  # not for pytest

    test: StoredTest
    decider: Decider
    actual: object

    @property
    def expected(self):
        return self.test.expected

    @property
    def passed(self) -> bool:
        return self.actual is not None and self.actual == self.expected

    @property
    def expected_in_words(self) -> str:
        return self.decider.say(self.expected, get_language())

    @property
    def actual_in_words(self) -> str:
        return self.decider.say(self.actual, get_language())

    @property
    def facts_in_words(self) -> list[tuple[str, str]]:
        return self.decider.facts_in_words(self.test.facts, get_language())

    @property
    def why(self) -> list[str]:
        return self.decider.why(self.test.facts, get_language())

    @property
    def sentence(self):
        return FailingTest(self)


@dataclass(frozen=True)
class FailingTest:
    """Said in the reader's language: what was expected, what came, and why."""

    result: TestResult

    def say(self, language: str) -> str:
        with translation.override(language):
            result = self.result
            said = say("The test “%(name)s” fails. Expected: %(expected)s. Decided: %(actual)s.") % {
                "name": result.test.name,
                "expected": result.expected_in_words,
                "actual": result.actual_in_words,
            }
            why = say("; ").join(result.why[:3])
            return said + (say(" Why: %(why)s.") % {"why": why} if why else "")


def stored_tests(record) -> list[StoredTest]:
    return [StoredTest.read(row) for row in record.tests]


def run_tests(record, decider: Decider | None = None) -> list[TestResult]:
    """Every test of a draft, asked now. Raises RecordErrors if the draft does not make sense yet."""
    if not record.tests:
        return []
    decider = decider or Decider.of(record)
    return [
        TestResult(test=test, decider=decider, actual=decider.decide(test.facts))
        for test in stored_tests(record)
    ]


def problems_of_tests(record, compiled) -> list[RecordProblem]:
    """A problem for each test that fails."""
    if not record.tests:
        return []
    decider = Decider(kind=type(record), document=record.document(), compiled=compiled)
    return [
        RecordProblem(("tests", result.test.id), result.sentence)
        for result in run_tests(record, decider)
        if not result.passed
    ]


# Suggestions


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """A case at the edge of a condition, or one that nothing decides; `outcome` is what is decided now."""

    key: str
    facts: dict
    outcome: object
    because: Words


def suggested_tests(record, decider: Decider) -> list[Suggested]:
    """Cases worth a test that no test of the draft has yet."""
    known = {digest(facts_as_json(test.facts)) for test in stored_tests(record)}
    suggested = {}
    for suggestion in decider.kind.boundaries(decider.compiled):
        facts = dict(suggestion.facts)
        key = digest(facts_as_json(facts))
        outcome = None if key in known else decider.decide(facts)
        if outcome is not None:
            suggested.setdefault(
                key, Suggested(key=key, facts=facts, outcome=outcome, because=suggestion.sentence)
            )
    return list(suggested.values())[:MOST_SUGGESTED]


# What may be done with the tests of a draft


def change_tests(*, record, by, change) -> None:
    """Store a draft whose tests are `change(tests)`. Raises Refusal while others may not change it."""
    with transaction.atomic():
        stored = record.locked_row()
        if stored.archived_at:
            raise Refusal(_("This record is archived. Restore it first."))
        lock = stored.get_lock()
        if lock and lock.for_user(by):
            raise Refusal(lock.get_message(by))
        draft = stored.get_latest_revision_as_object()
        tests = change(stored_tests(draft))
        if len(tests) > MOST_TESTS:
            raise Refusal(_("A record has at most %(most)s tests. Remove one first.") % {"most": MOST_TESTS})
        draft.tests = [test.as_json() for test in tests]
        save_draft(record=draft, by=by)


def keep_tests(*, record, tests: list[StoredTest], by) -> None:
    """Add tests to the draft; one that has the id of another takes its place."""
    for test in tests:
        if not test.name:
            raise Refusal(_("Give the test a name."))
        if test.expected is None:
            raise Refusal(_("This cannot be decided, so it cannot be a test."))

    def change(standing):
        new = {test.id: test for test in tests}
        kept = [new.pop(test.id, test) for test in standing]
        return kept + list(new.values())

    change_tests(record=record, by=by, change=change)


def remove_test(*, record, id: str, by) -> None:
    change_tests(record=record, by=by, change=lambda tests: [test for test in tests if test.id != id])


def accept_outcome(*, record, id: str, by) -> None:
    """Expect from now on what the newest draft decides."""
    decider = Decider.of(record.get_latest_revision_as_object())

    def change(tests):
        if id not in {test.id for test in tests}:
            raise Refusal(_("This test is not there any more."))
        return [
            StoredTest.make(id=id, name=test.name, facts=test.facts, expected=decider.decide(test.facts))
            if test.id == id
            else test
            for test in tests
        ]

    change_tests(record=record, by=by, change=change)


def decision_as_test(decision, *, name: str) -> StoredTest:
    """The logged facts and what was decided on them."""
    decider = Decider.of_version(decision.version)
    return StoredTest.make(
        name=name, facts=facts_from_json(decision.facts), expected=decider.effect(decision.outcome)
    )

"""Reviewers are told what waits for them, authors what became of their drafts."""

import pytest

from flows.channels.models import Notice
from flows.channels.notices import bell
from rules.store.actions import approve, reject, request_review, save_draft
from tests.conftest import make_persona
from tests.tickets.conftest import refund_type


@pytest.fixture
def draft(designer, reviewer):
    record = refund_type()
    save_draft(record=record, by=designer)
    return record


def told(person):
    return [row.line for row in bell.told(Notice.objects.of(person), person=person)]


def test_every_reviewer_is_told_of_a_draft_and_its_author_of_the_approval(
    draft, designer, reviewer, client_of
):
    second = make_persona("reviewer", username="second")
    request_review(record=draft, by=designer)
    assert told(reviewer) == told(second) == ["待审核：退款"]
    assert told(designer) == []
    notice = Notice.objects.of(reviewer).get()
    assert "/review/" in client_of(reviewer).get(f"/desk/notices/{notice.pk}/").headers["Location"]
    approve(record=draft, by=reviewer)
    assert told(designer) == ["已通过：退款"]


def test_an_author_is_told_that_a_draft_was_sent_back_and_why(draft, designer, reviewer):
    request_review(record=draft, by=designer)
    reject(record=draft, by=reviewer, comment="金额写错了")
    [row] = bell.told(Notice.objects.of(designer), person=designer)
    assert row.line == "已退回：退款"
    assert "金额写错了" in row.more


def test_a_second_round_is_told_again(draft, designer, reviewer):
    for _round in range(2):
        request_review(record=draft, by=designer)
        reject(record=draft, by=reviewer, comment="再看看")
    assert len(told(reviewer)) == len(told(designer)) == 2


def test_wagtail_sends_no_mail_of_its_own_about_reviews(draft, designer, reviewer, mailoutbox):
    request_review(record=draft, by=designer)
    reject(record=draft, by=reviewer, comment="再看看")
    request_review(record=draft, by=designer)
    approve(record=draft, by=reviewer)
    assert mailoutbox == []

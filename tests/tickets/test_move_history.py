"""A draft of a ticket type is tried on moves that were made: buttons, and what had to be answered first."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from flows.tickets.actions import move_ticket
from flows.tickets.models import TicketType
from flows.tickets.move_history import PastMoves
from rules.store.actions import save_draft
from rules.store.back_tests import perform, request_back_test, sides_of
from rules.store.testing import stored_tests
from tests.tickets.conftest import NOON, node_of, press_of

DAY = timedelta(days=1)


def cny(amount):
    return {"minor": amount * 100, "currency": "CNY"}


@pytest.fixture
def draft(refund, designer):
    """draft(change): the newest draft of the refund type, after `change(draft)`."""

    def draft(change=lambda draft: None):
        newer = refund.record.get_latest_revision_as_object()
        change(newer)
        save_draft(record=newer, by=designer)
        return TicketType.objects.get(pk=refund.record.pk)

    return draft


@pytest.fixture
def move(agent):
    def move(ticket, *transitions, at=NOON, **answers):
        for transition in transitions:
            ticket = move_ticket(ticket=ticket, transition=transition, by=agent, at=at, answers=answers)
        return ticket

    return move


@pytest.fixture
def try_on(designer):
    def try_on(record, since=NOON - DAY, until=NOON + DAY):
        run = request_back_test(record=record, since=since, until=until, by=designer, at=NOON + DAY)
        perform(run.pk)
        run.refresh_from_db()
        assert run.state == "done"
        return run

    return try_on


def said(run) -> dict:
    """{(before, after): count} in English."""
    sides = sides_of(run)
    with translation.override("en"):
        return {
            (sides.live.say(row["before"], "en"), sides.draft.say(row["after"], "en")): row["count"]
            for row in run.outcomes.values()
        }


def test_an_unchanged_flow_changes_nothing(draft, open_ticket, move, try_on):
    move(open_ticket(amount=cny(5000)), "new-handling", "handling-approval", "approval-done", reply="yes")
    run = try_on(draft())
    assert (run.done, run.changed, run.changed_subjects) == (3, 0, 0)


def test_a_condition_that_would_not_have_held(draft, open_ticket, move, try_on):
    for amount in (1500, 3000):
        move(open_ticket(amount=cny(amount)), "new-handling", "handling-approval", reply="yes")

    def dearer(draft):
        press_of(draft, "handling", "approval")["condition"]["all"][0]["value"] = 2000

    run = try_on(draft(dearer))
    assert said(run) == {
        (
            "Handling · “To approval”: can be pressed",
            "Handling · “To approval”: cannot be pressed",
        ): 1
    }
    assert (run.done, run.changed_subjects) == (4, 1)


def test_a_button_that_is_gone_and_a_new_one_with_a_condition(draft, open_ticket, move, try_on):
    move(open_ticket(amount=cny(10)), "new-handling", "handling-done", reply="yes")

    def changed(draft):
        draft.flow["transitions"] = [
            row for row in draft.flow["transitions"] if (row["from"], row["to"]) != ("new", "handling")
        ]
        press_of(draft, "new", "cancelled")
        draft.flow["transitions"].append(
            press_of(draft, "new", "cancelled") | {"key": "begin", "to": "handling"}
        )
        press_of(draft, "handling", "done")["condition"] = {
            "all": [{"name": "amount", "operator": "greater_than", "value": 1000}]
        }

    run = try_on(draft(changed))
    assert said(run) == {
        ("New · “Start”: can be pressed", "New · “Start”: is not there"): 1,
        ("Handling · “Refund”: can be pressed", "Handling · “Refund”: cannot be pressed"): 1,
    }
    assert (run.changed, run.changed_subjects) == (2, 1)


def test_a_field_that_would_have_been_demanded(draft, open_ticket, move, try_on):
    ticket = move(open_ticket(), "new-handling")
    move(ticket, "handling-done", reply="yes")
    extra = {
        "type": "text",
        "value": {"label": "原因", "label_en": "Reason", "name": "reason", "required": True},
    }

    def demanding(draft):
        draft.form = [*draft.form.raw_data, extra]
        node_of(draft, "handling")["asks"] = ["reply", "reason"]

    run = try_on(draft(demanding))
    assert said(run) == {
        (
            "Handling · “Refund”: can be pressed",
            "Handling · “Refund”: must be answered first: Reason",
        ): 1
    }


def test_what_was_answered_later_was_not_known_yet(draft, open_ticket, move, try_on):
    ticket = move(open_ticket(), "new-handling")
    move(ticket, "handling-done", reply="yes")

    def early(draft):
        node_of(draft, "new")["asks"] = ["story", "amount", "order_number", "reply"]

    assert said(try_on(draft(early))) == {
        ("New · “Start”: can be pressed", "New · “Start”: must be answered first: Reply"): 1
    }


def test_moves_of_other_days_and_types_are_not_looked_at(draft, open_ticket, move, try_on):
    move(open_ticket(), "new-handling", at=NOON + 3 * DAY)
    assert try_on(draft()).done == 0


def test_a_page_at_a_time_comes_to_the_same(draft, open_ticket, move, try_on, monkeypatch):
    from flows.tickets import move_history

    monkeypatch.setattr(move_history, "PAGE", 2)
    for _number in range(5):
        move(open_ticket(amount=cny(5000)), "new-handling", "handling-approval", reply="yes")

    def never(draft):
        press_of(draft, "handling", "approval")["condition"]["all"][0]["value"] = 10**6

    run = try_on(draft(never))
    assert (run.done, run.changed, run.changed_subjects) == (10, 5, 5)


def test_the_page_says_what_would_have_been_otherwise(
    draft, open_ticket, move, try_on, client, designer, django_capture_on_commit_callbacks
):
    ticket = move(open_ticket(amount=cny(1500)), "new-handling", "handling-approval", reply="yes")

    def dearer(draft):
        press_of(draft, "handling", "approval")["condition"]["all"][0]["value"] = 2000

    record = draft(dearer)
    try_on(record)
    client.force_login(designer)
    for language, sentence in (("en", "Number of tickets concerned: 1"), ("zh-hans", "涉及工单 1 个")):
        page = client.get(
            reverse(record.snippet_viewset.get_url_name("back_test"), args=[record.pk]),
            headers={"accept-language": language},
        ).content.decode()
        assert sentence in page
        assert f"#{ticket.pk}" in page


def test_a_real_ticket_becomes_a_test_of_its_button(draft, open_ticket, move, client, designer):
    ticket = move(open_ticket(amount=cny(1500)), "new-handling", "handling-approval", reply="yes")
    record = draft()
    client.force_login(designer)
    address = reverse(record.snippet_viewset.get_url_name("tests"), args=[record.pk])
    client.post(address, {"verb": "find", "number": f"#{ticket.pk}"})
    (test,) = stored_tests(TicketType.objects.get(pk=record.pk).get_latest_revision_as_object())
    assert test.expected == {"transition": "handling-approval", "held": True}


def test_a_number_that_is_none_finds_nothing(draft):
    class sides:
        slug = "refund"

    for text in ("", "x", "９", "9" * 400, "#-1", "\ud800"):
        assert PastMoves().find(sides, text) is None

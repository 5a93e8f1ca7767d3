import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from flows.tickets.actions import move_ticket
from flows.tickets.models import Ticket
from flows.tickets.refusals import NotYours
from flows.tickets.together import bulk
from flows.tickets.together.models import BulkRun, Comment
from rules.store.problems import Refusal
from tests.tickets.conftest import NOON


def run_on(tickets, act, *, by, key=None):
    chosen = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets])
    run = bulk.request_bulk(key=key or uuid.uuid4(), tickets=chosen, act=act, by=by, at=NOON)
    bulk.perform(run.pk, clock=lambda: NOON)
    run.refresh_from_db()
    return run


def outcomes(run):
    return {row.ticket_id: (row.state, row.why) for row in run.rows.all()}


TAG = {"name": "tag", "add": ["批量"], "remove": []}


def test_each_ticket_has_a_result_and_one_that_cannot_holds_back_no_other(open_here, li):
    one, two, three = open_here("甲"), open_here("乙"), open_here("丙")
    move_ticket(ticket=two, transition="new-cancelled", by=li, at=NOON)
    run = run_on([one, two, three], {"name": "press", "transition": "new-handling", "label": {}}, by=li)
    assert run.state == "done"
    assert [state for state, _why in outcomes(run).values()] == ["done", "refused", "done"]
    assert "does not lead on" in outcomes(run)[two.pk][1]
    assert Ticket.objects.get(pk=one.pk).node == "handling"


def test_the_same_key_again_does_nothing_again(open_here, li, wang):
    key, ticket = uuid.uuid4(), open_here()
    act = {"name": "comment", "text": "已处理", "is_public": False}
    run_on([ticket], act, by=li, key=key)
    run_on([ticket], act, by=li, key=key)
    assert Comment.objects.count() == 1
    with pytest.raises(Refusal):
        run_on([ticket], act, by=wang, key=key)


def test_a_worker_that_died_leaves_nothing_out_and_repeats_nothing(open_here, li, monkeypatch):
    tickets = [open_here(str(number)) for number in range(3)]
    chosen = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets])
    act = {"name": "comment", "text": "已处理", "is_public": False}
    run = bulk.request_bulk(key=uuid.uuid4(), tickets=chosen, act=act, by=li, at=NOON)
    worker = "dead"
    assert bulk.take(run.pk, worker, at=NOON)
    assert bulk.do_next(run, worker, clock=lambda: NOON)
    bulk.perform(run.pk, clock=lambda: NOON)
    assert Comment.objects.count() == 1, "the other worker may still be alive"
    later = NOON + BulkRun.LEASE + timedelta(seconds=1)
    assert bulk.sweep(at=later) == [run.pk]
    bulk.perform(run.pk, clock=lambda: later)
    assert not bulk.do_next(run, worker, clock=lambda: later), "the dead one lost its lease"
    assert Comment.objects.count() == 3


def test_a_fault_in_one_ticket_is_noted_and_the_others_are_done(open_here, li, monkeypatch):
    one, two = open_here("甲"), open_here("乙")

    def breaks(ticket, act, *, by, at):
        Comment.objects.create(ticket=ticket, by=by, at=at, text="半截")
        if ticket.pk == one.pk:
            raise ZeroDivisionError

    monkeypatch.setitem(bulk.ACTS, "tag", breaks)
    run = run_on([one, two], TAG, by=li)
    assert [state for state, _why in outcomes(run).values()] == ["refused", "done"]
    assert [comment.ticket_id for comment in Comment.objects.all()] == [two.pk]


def test_what_takes_long_goes_on_in_the_background(open_here, li, monkeypatch):
    tickets = [open_here(str(number)) for number in range(3)]
    woken = []
    monkeypatch.setattr(bulk, "wake_worker", woken.append)
    monkeypatch.setattr(bulk.transaction, "on_commit", lambda call: call())
    ticks = iter(NOON + timedelta(seconds=3 * tick) for tick in range(100))
    chosen = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets])
    run = bulk.request_bulk(key=uuid.uuid4(), tickets=chosen, act=TAG, by=li, at=NOON)
    bulk.perform(run.pk, clock=lambda: next(ticks), for_at_most=timedelta(seconds=4))
    run.refresh_from_db()
    assert (run.state, woken) == ("queued", [run.pk])
    bulk.cancel_bulk(run=run, by=li, at=NOON)
    states = [state for state, _why in outcomes(run).values()]
    assert "done" in states
    assert states[-1] == "cancelled"
    bulk.perform(run.pk)
    assert [state for state, _why in outcomes(run).values()] == states
    with pytest.raises(Refusal):
        bulk.cancel_bulk(run=run, by=li, at=NOON)


def test_readers_do_not_act_and_nobody_acts_on_what_is_not_theirs(open_here, reviewer, outsider):
    ticket = open_here()
    with pytest.raises(NotYours):
        run_on([ticket], TAG, by=reviewer)
    run = run_on([ticket], TAG, by=outsider)
    assert [state for state, _why in outcomes(run).values()] == ["refused"]


@pytest.fixture
def desk(client_of, li):
    return client_of(li)


def test_an_agent_acts_on_all_that_a_filter_finds(desk, open_here, li):
    tickets = [open_here(f"蛋糕 {number}") for number in range(3)]
    open_here("面包")
    page = desk.post(reverse("desk:bulk_choose"), {"scope": "all", "query": "list=department&q=蛋糕"})
    assert page.context["chosen"].count == 3
    asked = {
        "key": page.context["key"], "scope": "all", "query": "list=department&q=蛋糕", "count": 3,
        "act": "press", "transition": "new-handling",
    }  # fmt: skip
    meanwhile = open_here("又一个蛋糕")
    again = desk.post(reverse("desk:bulk_start"), asked)
    assert again.status_code == 422
    assert "4" in again.context["refusal"]
    asked["count"] = 4
    result = desk.post(reverse("desk:bulk_start"), asked, follow=True)
    assert result.context["act"] in ("press “Start”", "点按“开始处理”")
    assert set(Ticket.objects.filter(node="handling")) == {*tickets, meanwhile}
    desk.post(reverse("desk:bulk_start"), asked)
    assert BulkRun.objects.count() == 1


def test_the_result_is_shown_to_who_asked_only(desk, open_here, li, wang, client_of):
    run = run_on([open_here("甲")], TAG, by=li)
    url = reverse("desk:bulk", args=[run.pk])
    assert "甲" in desk.get(url).content.decode()
    assert client_of(wang).get(url).status_code == 404


def test_something_left_empty_is_said_and_what_was_chosen_is_kept(desk, open_here):
    ticket = open_here()
    page = desk.post(
        reverse("desk:bulk_start"),
        {"ticket": [ticket.pk], "count": 1, "act": "tag", "key": str(uuid.uuid4())},
    )
    assert page.status_code == 422
    assert f'name="ticket" value="{ticket.pk}"' in page.content.decode()
    assert desk.post(reverse("desk:bulk_choose"), {"scope": "chosen"}).status_code == 302


def test_the_queries_for_a_row_do_not_grow_with_the_rows(open_here, li, django_assert_max_num_queries):
    tickets = [open_here(str(number)) for number in range(4)]
    chosen = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets])
    run = bulk.request_bulk(key=uuid.uuid4(), tickets=chosen, act=TAG, by=li, at=NOON)
    with django_assert_max_num_queries(2 + 5 * 18):
        bulk.perform(run.pk, clock=lambda: NOON)

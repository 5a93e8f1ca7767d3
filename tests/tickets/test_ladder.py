"""Steps of ladders fire when they are due, each once, whatever workers do."""

import logging
from datetime import timedelta

import pytest
from django.db import connection

from flows.organisation.models import User
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Clock, FiredStep, Ticket, TicketEvent
from flows.tickets.models.ticket import Urgency
from flows.tickets.service_levels import ladder
from flows.tickets.service_levels.ladder import LATER, clocks_due, fire_due
from flows.tickets.service_levels.sweeping import sweep
from tests.tickets.conftest import NOON, time_limit

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def open_one(agent):
    return lambda at=NOON: create_ticket(ticket_type="refund", answers={"story": "蛋糕坏了"}, by=agent, at=at)


@pytest.fixture
def told(monkeypatch):
    """Whom steps tell: (event, usernames)."""
    calls, told_by_step = [], ladder.told_by_step

    def noted(*, people, event, **more):
        calls.append((event, sorted(person.username for person in people)))
        return told_by_step(people=people, event=event, **more)

    monkeypatch.setattr(ladder, "told_by_step", noted)
    return calls


def copy_of(row, **more):
    """A row like `row`, not stored yet."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**values | {"id": None} | more)


def late_lines(ticket):
    return [event.data for event in ticket.events.filter(kind=TicketEvent.Kind.LATE).order_by("pk")]


def test_a_step_fires_at_its_part_of_the_budget_and_not_a_second_earlier(office, publish_limits, open_one):
    publish_limits(time_limit(amount=4, ladder=[(50, "percent", "remind", "assignee")]))
    ticket = open_one()  # work goes on at 13:00
    due = NOON + 3 * HOUR
    assert fire_due(at=due - timedelta(seconds=1)) == 0
    assert fire_due(at=due) == 1
    [line] = late_lines(ticket)
    assert (line["percent"], line["action"], line["due"]) == (50, "remind", due.isoformat())


def test_steps_before_and_after_the_budget_is_used_up_count_working_time(office, publish_limits, open_one):
    publish_limits(
        time_limit(
            amount=5,
            ladder=[(30, "minutes_before", "remind", "assignee"), (1, "hours_after", "escalate", "head")],
        )
    )
    open_one()
    # Due at 18:00; an hour of work later is 10:00 of the next day.
    assert fire_due(at=NOON + timedelta(hours=5, minutes=30)) == 1
    assert fire_due(at=NOON + 21 * HOUR) == 0
    assert fire_due(at=NOON + 22 * HOUR) == 1


def test_a_step_that_has_fired_does_not_fire_again(office, publish_limits, open_one, told):
    publish_limits(time_limit(amount=4, ladder=[(50, "percent", "remind", "assignee")]))
    ticket = open_one()
    for hours in (4, 5, 30):
        sweep(at=NOON + hours * HOUR)
    assert len(told) == len(late_lines(ticket)) == FiredStep.objects.count() == 1
    assert Clock.objects.get().next_at is None


def test_steps_missed_while_no_worker_ran_all_fire_in_their_order(office, publish_limits, open_one, told):
    publish_limits(
        time_limit(
            amount=4,
            ladder=[
                (1, "hours_after", "escalate", "head"),
                (50, "percent", "remind", "assignee"),
                (100, "percent", "raise_urgency", "assignee"),
            ],
        )
    )
    ticket = open_one()
    fire_due(at=NOON + 200 * HOUR)
    assert [line["action"] for line in late_lines(ticket)] == ["remind", "raise_urgency", "escalate"]
    assert [event for event, _people in told] == ["ticket.due", "ticket.due", "ticket.escalated"]
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert ticket.urgency == Urgency.RED


def test_a_reminder_goes_to_who_has_the_ticket_else_to_its_department(
    office, publish_limits, open_one, told, departments, agent
):
    publish_limits(
        time_limit(ladder=[(10, "percent", "remind", "assignee"), (20, "percent", "remind", "head")])
    )
    head = User.objects.create_user("head")
    User.objects.create_user("colleague", department=departments["quality"])
    departments["quality"].head = head
    departments["quality"].save()
    ticket = open_one()
    Ticket.objects.filter(pk=ticket.pk).update(department=departments["quality"], assignee=None)
    fire_due(at=NOON + 100 * HOUR)
    assert told == [("ticket.due", ["colleague", "quality-1"]), ("ticket.due", ["head"])]


def test_a_ticket_is_handed_to_the_head_of_its_department(
    office, publish_limits, open_one, told, departments
):
    publish_limits(time_limit(ladder=[(100, "percent", "reassign", "head")]))
    departments["quality"].head = User.objects.create_user("head")
    departments["quality"].save()
    ticket = open_one()
    Ticket.objects.filter(pk=ticket.pk).update(department=departments["quality"])
    fire_due(at=NOON + 100 * HOUR)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert ticket.assignee.username == "head"
    assert late_lines(ticket)[0]["now"] == "head"


def test_a_ticket_that_can_be_handed_to_nobody_stays_and_the_time_line_says_so(
    office, publish_limits, open_one
):
    publish_limits(time_limit(ladder=[(100, "percent", "reassign", "head")]))
    ticket = open_one()
    fire_due(at=NOON + 100 * HOUR)
    assert late_lines(ticket)[0]["nobody"] == "head"


def test_urgency_raised_by_a_step_shortens_the_budget_at_once(office, publish_limits, open_one):
    publish_limits(time_limit(amount=8, urgent_amount=4, ladder=[(25, "percent", "escalate", "head")]))
    ticket = open_one()
    fire_due(at=NOON + 3 * HOUR)  # 2 hours used
    assert Clock.objects.get(ticket=ticket).due_at == NOON + 5 * HOUR
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert ticket.due_at == NOON + 5 * HOUR


def test_nothing_fires_while_a_ticket_has_ended(office, publish_limits, open_one, agent, told):
    publish_limits(time_limit(amount=4, ladder=[(50, "percent", "remind", "assignee")]))
    ticket = move_ticket(ticket=open_one(), transition="new-handling", by=agent, at=NOON + HOUR)
    move_ticket(
        ticket=ticket, transition="handling-done", by=agent, at=NOON + 2 * HOUR, answers={"reply": "好"}
    )
    assert fire_due(at=NOON + 1000 * HOUR) == 0
    assert told == []


def test_a_ticket_opened_again_fires_only_what_had_not_fired(office, publish_limits, open_one, agent, told):
    publish_limits(
        time_limit(
            amount=4, ladder=[(25, "percent", "remind", "assignee"), (100, "percent", "remind", "head")]
        )
    )
    ticket = move_ticket(ticket=open_one(), transition="new-handling", by=agent, at=NOON + HOUR)
    fire_due(at=NOON + 2 * HOUR)
    ticket = move_ticket(
        ticket=ticket, transition="handling-done", by=agent, at=NOON + 3 * HOUR, answers={"reply": "好"}
    )
    move_ticket(ticket=ticket, transition="done-handling", by=agent, at=NOON + 25 * HOUR)
    fire_due(at=NOON + 26 * HOUR)
    assert len(told) == 1
    fire_due(at=NOON + 27 * HOUR)  # 2 + 2 hours used
    assert len(told) == 2


def test_a_step_entered_again_after_a_return_has_its_ladder_anew(
    office, publish_limits, open_one, agent, told
):
    publish_limits(time_limit("node", 2, node="handling", ladder=[(50, "percent", "remind", "assignee")]))
    ticket = move_ticket(ticket=open_one(), transition="new-handling", by=agent, at=NOON + HOUR)
    fire_due(at=NOON + 2 * HOUR)
    done = move_ticket(
        ticket=ticket, transition="handling-done", by=agent, at=NOON + 3 * HOUR, answers={"reply": "好"}
    )
    move_ticket(ticket=done, transition="done-handling", by=agent, at=NOON + 25 * HOUR)
    fire_due(at=NOON + 26 * HOUR)
    assert len(told) == 2
    assert sorted(FiredStep.objects.values_list("cycle", flat=True)) == [1, 2]


def test_what_fails_leaves_nothing_behind_and_holds_up_no_other(
    office, publish_limits, open_one, monkeypatch, caplog
):
    publish_limits(time_limit(amount=4, ladder=[(50, "percent", "raise_urgency", "assignee")]))
    first, second = open_one(), open_one(NOON + HOUR)
    real = ladder.told_by_step

    def breaks(*, ticket, **more):
        if ticket.pk == first.pk:
            raise ConnectionError
        return real(ticket=ticket, **more)

    monkeypatch.setattr(ladder, "told_by_step", breaks)
    at = NOON + 5 * HOUR
    with caplog.at_level(logging.CRITICAL):
        fire_due(at=at)
    assert [FiredStep.objects.filter(clock__ticket=t).count() for t in (first, second)] == [0, 1]
    first = Ticket.objects.get(pk=first.pk)
    assert first.urgency == Urgency.GREEN
    assert late_lines(first) == []
    monkeypatch.undo()
    assert fire_due(at=at) == 0
    assert fire_due(at=at + LATER) == 1
    assert len(late_lines(first)) == 1


def test_the_scan_is_one_query_over_one_index(office, publish_limits, open_one, django_assert_num_queries):
    publish_limits(time_limit(amount=4, ladder=[(50, "percent", "remind", "assignee")]))
    one = open_one()
    # A table that is worth an index.
    Ticket.objects.bulk_create([copy_of(one) for _number in range(3_000)], batch_size=500)
    [clock] = Clock.objects.all()
    others = Ticket.objects.exclude(pk=one.pk).values_list("pk", flat=True)
    Clock.objects.bulk_create([copy_of(clock, ticket_id=pk) for pk in others], batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with django_assert_num_queries(1):
        assert list(clocks_due(at=NOON)[:500]) == []
    assert "clock_next_step" in clocks_due(at=NOON)[:500].explain()

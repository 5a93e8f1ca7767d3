"""When clocks of tickets run, stand still, end and begin again. NOON is a Tuesday, 12:00 in Shanghai."""

from datetime import timedelta

import pytest
from django.utils import timezone

from flows.organisation.models import Calendar, Store
from flows.tickets.actions import create_ticket, move_ticket, take_ticket
from flows.tickets.models import Clock, Ticket
from flows.tickets.models.ticket import Urgency
from flows.tickets.service_levels import clocks
from flows.tickets.service_levels.counting import whole
from flows.tickets.service_levels.sweeping import recount_superseded
from rules.store.problems import RecordErrors
from tests.tickets.conftest import NOON, flow, node, refund_type, time_limit
from tests.tickets.conftest import press as step

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def open_one(agent):
    def open_one(*, at=NOON, **answers):
        given = {"story": "蛋糕坏了"} | answers
        return create_ticket(ticket_type="refund", answers=given, by=agent, at=at)

    return open_one


def clock_of(ticket, measure="solution", node=""):
    return Clock.objects.get(ticket=ticket, measure=measure, node=node)


def press(ticket, button, *, by, at, **answers):
    return move_ticket(ticket=ticket, transition=button, by=by, at=at, answers=answers)


def test_a_new_ticket_is_due_when_its_budget_of_working_time_is_used_up(office, publish_limits, open_one):
    publish_limits(time_limit(amount=8))
    ticket = open_one()  # Tuesday 12:00: the lunch break begins
    # 5 hours on Tuesday afternoon, 3 on Wednesday.
    assert clock_of(ticket).due_at == NOON + 24 * HOUR
    assert Ticket.objects.get().due_at == NOON + 24 * HOUR


def test_a_budget_that_is_not_in_working_time_counts_every_hour(office, publish_limits, open_one):
    publish_limits(time_limit(amount=8, working=False))
    assert clock_of(open_one()).due_at == NOON + 8 * HOUR


def test_without_any_calendar_every_hour_counts(publish_limits, open_one):
    publish_limits(time_limit(amount=8))
    assert clock_of(open_one()).due_at == NOON + 8 * HOUR


def test_an_urgent_ticket_has_less_time(office, publish_limits, open_one, publish_rules):
    publish_limits(time_limit(amount=8, urgent_amount=2))
    publish_rules([({"all": []}, [{"name": "set_urgency", "params": {"level": "red"}}])])
    assert clock_of(open_one()).due_at == NOON + 3 * HOUR


def test_a_type_without_time_limits_costs_no_query_for_clocks(refund, open_one, django_assert_num_queries):
    ticket = open_one()
    ticket = Ticket.objects.with_names().get(pk=ticket.pk)
    assert ticket.runtime
    assert not Clock.objects.exists()
    with django_assert_num_queries(0):
        clocks.ticket_changed(ticket=ticket, at=NOON)


def test_taking_a_ticket_is_the_first_answer(office, publish_limits, open_one, agent):
    publish_limits(time_limit("response", 1), time_limit())
    ticket = take_ticket(ticket=open_one(), by=agent, at=NOON + HOUR)
    response = clock_of(ticket, "response")
    assert (response.state, response.kept, response.used) == ("ended", True, 0)
    assert Ticket.objects.get().due_at == clock_of(ticket).due_at


def test_an_answer_at_the_very_end_of_the_budget_is_in_time_and_one_second_later_is_late(
    office, publish_limits, open_one, agent
):
    publish_limits(time_limit("response", 1))
    for late, kept in ((0, True), (1, False)):
        ticket = open_one()
        take_ticket(ticket=ticket, by=agent, at=NOON + 2 * HOUR + timedelta(seconds=late))
        assert clock_of(ticket, "response").kept is kept


def test_rules_that_send_a_ticket_to_someone_are_no_answer(
    office, publish_limits, open_one, publish_rules, departments
):
    publish_limits(time_limit("response", 1))
    publish_rules([({"all": []}, [{"name": "send_to_department", "params": {"department": "quality"}}])])
    ticket = open_one()
    clocks.ticket_changed(ticket=ticket, at=NOON + HOUR)
    assert clock_of(ticket, "response").is_running


def test_a_word_to_the_customer_answers_and_begins_the_next_update_anew(office, publish_limits, open_one):
    publish_limits(time_limit("response", 1), time_limit("update", 2))
    ticket = open_one()
    assert clock_of(ticket, "update").due_at == NOON + 3 * HOUR
    clocks.answered(ticket=ticket, at=NOON + 2 * HOUR)
    update = clock_of(ticket, "update")
    assert (update.cycle, update.due_at) == (2, NOON + 4 * HOUR)
    assert clock_of(ticket, "response").state == "ended"


@pytest.fixture
def publish_waiting(publish, departments):
    """new → handling ⇄ waiting; handling → done, and back."""

    def publish_waiting(*limits):
        drawn = flow(
            node("new", "新建", kind="start", asks=["story"]),
            node("handling", "处理"),
            node("waiting", "等待", kind="waiting"),
            node("done", "完成", kind="resolved"),
            step("new", "handling"),
            step("handling", "waiting"),
            step("waiting", "handling"),
            step("handling", "done"),
            step("done", "handling"),
        )
        return publish(refund_type(service_levels=list(limits), flow=drawn))

    return publish_waiting


def test_the_clock_stands_still_while_the_ticket_waits(office, publish_waiting, open_one, agent):
    publish_waiting(time_limit(amount=4))
    ticket = press(open_one(), "new-handling", by=agent, at=NOON + HOUR)  # 13:00, nothing used yet
    ticket = press(ticket, "handling-waiting", by=agent, at=NOON + 2 * HOUR)  # 14:00, 1 hour used
    clock = clock_of(ticket)
    assert (clock.state, clock.used, clock.due_at) == ("paused", 3600, None)
    assert Ticket.objects.get().due_at is None
    ticket = press(ticket, "waiting-handling", by=agent, at=NOON + 24 * HOUR)
    assert clock_of(ticket).due_at == NOON + 24 * HOUR + 4 * HOUR  # 3 hours after lunch


def test_a_ticket_opened_again_goes_on_with_what_it_had_used(office, publish_waiting, open_one, agent):
    publish_waiting(time_limit(amount=4), time_limit("response", 1), time_limit("update", 2))
    ticket = press(open_one(), "new-handling", by=agent, at=NOON + HOUR)
    ticket = press(ticket, "handling-done", by=agent, at=NOON + 3 * HOUR)  # 2 hours used
    solution = clock_of(ticket)
    assert (solution.state, solution.used, solution.kept) == ("ended", 7200, True)
    assert Ticket.objects.get().due_at is None
    ticket = press(ticket, "done-handling", by=agent, at=NOON + 25 * HOUR)  # next day 13:00
    solution = clock_of(ticket)
    assert (solution.state, solution.ended_at, solution.due_at) == ("running", None, NOON + 27 * HOUR)
    assert clock_of(ticket, "response").state == "ended"
    assert clock_of(ticket, "update").due_at == NOON + 27 * HOUR


def test_a_steps_own_limit_begins_anew_each_time_the_step_is_entered(
    office, publish_waiting, open_one, agent
):
    publish_waiting(time_limit("node", 2, node="处理"))
    ticket = open_one()
    assert not Clock.objects.exists()
    ticket = press(ticket, "new-handling", by=agent, at=NOON + HOUR)
    assert clock_of(ticket, "node", "handling").due_at == NOON + 3 * HOUR
    ticket = press(ticket, "handling-waiting", by=agent, at=NOON + 2 * HOUR)
    left = clock_of(ticket, "node", "handling")
    assert (left.state, left.used) == ("ended", 3600)
    press(ticket, "waiting-handling", by=agent, at=NOON + 3 * HOUR)
    again = clock_of(ticket, "node", "handling")
    assert (again.cycle, again.used, again.due_at) == (2, 0, NOON + 5 * HOUR)


def test_a_limit_on_waiting_itself_runs_while_the_ticket_waits(office, publish_waiting, open_one, agent):
    publish_waiting(time_limit("node", 2, node="waiting"))
    ticket = press(open_one(), "new-handling", by=agent, at=NOON + HOUR)
    ticket = press(ticket, "handling-waiting", by=agent, at=NOON + HOUR)
    assert clock_of(ticket, "node", "waiting").due_at == NOON + 3 * HOUR
    assert Ticket.objects.get().due_at == NOON + 3 * HOUR


def test_more_urgency_shortens_the_budget_and_keeps_what_was_used(office, publish_limits, open_one):
    publish_limits(time_limit(amount=8, urgent_amount=3))
    ticket = open_one()
    Ticket.objects.update(urgency=Urgency.RED)
    ticket = Ticket.objects.with_names().get()
    clocks.ticket_changed(ticket=ticket, at=NOON + 3 * HOUR)  # 2 hours used
    clock = clock_of(ticket)
    assert (clock.used, clock.budget, clock.due_at) == (7200, 3 * 3600, NOON + 4 * HOUR)


# Which calendar


def round_the_clock(**given):
    week = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    return Calendar(week=week, **given)


def test_the_types_calendar_comes_before_the_stores_and_the_departments(
    office, publish, publish_limits, open_one, departments
):
    night = publish(round_the_clock(name="全天", slug="always"))
    publish_limits(time_limit(amount=8), calendar="always")
    assert clock_of(open_one()).calendar == night


def test_the_stores_calendar_comes_before_the_departments(
    office, publish, publish_limits, open_one, departments
):
    shop = publish(round_the_clock(name="门店", slug="shop"))
    publish_limits(time_limit(amount=8))
    ticket = open_one()
    ticket.store = Store.objects.create(slug="s1", name="S1", calendar=Calendar.objects.get(slug="shop"))
    ticket.department = departments["quality"]
    ticket.department.calendar = Calendar.objects.get(slug="office")
    clocks.ticket_changed(ticket=ticket, at=NOON)
    assert clock_of(ticket).calendar == shop


def test_a_new_version_of_a_calendar_counts_from_when_it_went_live(
    office, publish_limits, open_one, designer, reviewer, publish
):
    publish_limits(time_limit(amount=8))
    ticket = open_one(at=timezone.now())
    before = clock_of(ticket)
    calendar = Calendar.objects.get(slug="office")
    calendar.week = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    now = publish(calendar)
    assert recount_superseded(at=now.live_from + HOUR) == 1
    clock = clock_of(ticket)
    assert clock.calendar == now
    assert clock.used == office.compiled.between(before.since, whole(now.live_from))
    assert recount_superseded(at=now.live_from + HOUR) == 0


def test_only_one_calendar_counts_wherever_none_was_chosen(office, publish):
    with pytest.raises(RecordErrors, match="总部"):
        publish(Calendar(name="另一个", slug="other", is_usual=True))


def test_a_calendar_without_any_hours_cannot_go_live(publish):
    with pytest.raises(RecordErrors):
        publish(Calendar(name="空", slug="empty", week={}))


# What cannot go live


@pytest.mark.parametrize(
    "limits",
    [
        [time_limit(), time_limit()],
        [time_limit("node", node="不存在")],
        [time_limit("node", node="处理"), time_limit("node", node="handling")],
        [time_limit(amount=2, urgent_amount=3)],
        [time_limit(ladder=[(80, "percent", "reassign", "assignee")])],
        [time_limit(ladder=[(80, "percent", "remind", "head"), (80, "percent", "remind", "head")])],
    ],
)
def test_time_limits_that_make_no_sense_cannot_go_live(publish_limits, limits):
    with pytest.raises(RecordErrors):
        publish_limits(*limits)

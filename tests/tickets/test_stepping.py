"""What a ticket does by itself, from one step of a person to the next."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from flows.channels.models import Notice, Outgoing, Webhook
from flows.tickets.actions import create_ticket, move_ticket, offers
from flows.tickets.models import Task, Ticket, TicketType
from flows.tickets.refusals import CannotBeDone, GoesRound, NoWayOn, TicketMovedMeanwhile
from flows.tickets.stepping import MOST_VISITS
from flows.tickets.waits import fire_due, happened
from rules.store.models import Decision
from tests.tickets.conftest import AMOUNT, LARGE, NOON, STORY, does, flow, node, press

DAY = {"type": "date", "value": {"label": "日期", "label_en": "Day", "name": "day"}}
NOTE = {"type": "text", "value": {"label": "备注", "label_en": "Note", "name": "note"}}
FORM = [STORY, AMOUNT, DAY, NOTE]
NAMES = ["story", "amount", "day", "note"]
MUCH, LITTLE = {"minor": 200_000, "currency": "CNY"}, {"minor": 100, "currency": "CNY"}
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def live(publish, departments):
    """live(rows...) publishes a type with this flow; its start is "new", its end "done"."""

    def live(*rows, slug="case", form=FORM):
        usual = [node("new", kind="start", asks=[one["value"]["name"] for one in form])]
        record = TicketType(
            name=slug, slug=slug, form=form, flow=flow(*usual, node("done", kind="resolved"), *rows)
        )
        assert [str(problem) for problem in record.problems()] == []
        return publish(record)

    return live


@pytest.fixture
def begin(agent):
    def begin(slug="case", at=NOON, **answers):
        answers = {"story": "坏了"} | answers
        return create_ticket(ticket_type=slug, answers=answers, by=agent, at=at)

    return begin


@pytest.fixture
def go(agent):
    """go(ticket, key) presses a button and gives the ticket as it is stored then."""

    def go(ticket, key, at=NOON, **more):
        moved = move_ticket(ticket=ticket, transition=key, by=agent, at=at, **more)
        return Ticket.objects.get(pk=moved.pk)

    return go


def where(ticket):
    return sorted(ticket.tasks.open().values_list("node", flat=True))


def kinds(ticket):
    return list(ticket.events.values_list("kind", flat=True))


# Choices


def a_choice():
    return [
        node("which", kind="choice"),
        node("check"),
        press("new", "which"),
        press("which", "done", is_default=True),
        press("which", "check", condition=LARGE),
        press("check", "done"),
    ]


def test_a_choice_takes_the_first_way_that_holds_and_says_why(live, begin, go):
    live(*a_choice())
    ticket = go(begin(amount=MUCH), "new-which")
    assert (ticket.node, ticket.status, where(ticket)) == ("check", "open", ["check"])
    assert Decision.objects.get(subject=ticket.subject).outcome == {"transition": "which-check", "held": True}
    assert kinds(ticket) == ["created", "moved", "went"]


def test_a_choice_takes_its_default_where_nothing_holds(live, begin, go):
    live(*a_choice())
    ticket = go(begin(amount=LITTLE), "new-which")
    assert (ticket.node, ticket.status, where(ticket)) == ("done", "resolved", [])


def test_a_flow_may_go_on_from_its_start_by_itself(live, begin):
    rows = a_choice()
    rows[2]["trigger"] = "auto"
    live(*rows)
    assert Ticket.objects.get(pk=begin(amount=MUCH).pk).node == "check"


# Splits and joins


def a_split(mode="all", **join):
    return [
        node("split", kind="split"),
        node("a"),
        node("b"),
        node("c"),
        node("join", kind="join", join={"mode": mode, **join}),
        node("after"),
        press("new", "split"),
        *(press("split", key) for key in "abc"),
        *(press(key, "join") for key in "abc"),
        press("join", "after"),
        press("after", "done"),
    ]


def test_parallel_ways_are_open_at_once_and_meet_when_all_have_come(live, begin, go):
    live(*a_split())
    ticket = go(begin(), "new-split")
    assert where(ticket) == ["a", "b", "c"]
    ticket = go(ticket, "b-join")
    ticket = go(ticket, "a-join")
    assert where(ticket) == ["c", "join"]
    assert ticket.node == "c"
    ticket = go(ticket, "c-join")
    assert where(ticket) == ["after"]
    assert go(ticket, "after-done").status == "resolved"


def test_of_a_join_that_needs_one_the_others_are_closed_with_their_reason(live, begin, go):
    live(*a_split("any"))
    ticket = go(go(begin(), "new-split"), "b-join")
    assert where(ticket) == ["after"]
    assert ticket.tasks.filter(outcome="not_needed").count() == 2
    left = ticket.events.filter(kind="left")
    assert [(event.data["node"]["zh"], event.data["because"]["zh"]) for event in left] == [
        ("a", "join"), ("c", "join"),
    ]  # fmt: skip


def test_a_join_may_need_so_many(live, begin, go):
    live(*a_split("count", count=2))
    ticket = go(go(begin(), "new-split"), "b-join")
    assert where(ticket) == ["a", "c", "join"]
    assert where(go(ticket, "c-join")) == ["after"]


def test_two_people_on_parallel_ways_do_not_stand_in_each_others_way(live, begin, go):
    live(*a_split())
    seen = go(begin(), "new-split")
    go(seen, "a-join")
    assert where(go(seen, "b-join")) == ["c", "join"]
    with pytest.raises(TicketMovedMeanwhile):
        go(seen, "a-join")


def test_a_way_that_is_not_taken_is_not_waited_for(live, begin, go):
    rows = a_split()
    next(row for row in rows if row["key"] == "split-a")["condition"] = LARGE
    live(*rows)
    ticket = go(begin(amount=LITTLE), "new-split")
    assert where(ticket) == ["b", "c"]
    assert where(go(go(ticket, "b-join"), "c-join")) == ["after"]


def test_a_split_inside_a_split_meets_first(live, begin, go):
    live(
        *a_split(),
        node("inner", kind="split"),
        node("a1"),
        node("a2"),
        node("meet", kind="join", join={"mode": "any"}),
        press("a", "inner"),
        press("inner", "a1"),
        press("inner", "a2"),
        press("a1", "meet"),
        press("a2", "meet"),
        press("meet", "join"),
    )
    ticket = go(go(begin(), "new-split"), "a-inner")
    assert where(ticket) == ["a1", "a2", "b", "c"]
    ticket = go(ticket, "a2-meet")
    assert where(ticket) == ["b", "c", "join"]
    assert where(go(go(ticket, "b-join"), "c-join")) == ["after"]


def test_an_end_ends_the_ticket_whatever_is_open(live, begin, go):
    live(*a_split(), press("a", "done", key="a-done"))
    ticket = go(go(begin(), "new-split"), "a-done")
    assert (ticket.status, where(ticket)) == ("resolved", [])


def test_who_goes_back_before_a_split_leaves_its_other_ways_and_they_begin_anew(live, begin, go):
    live(*a_split(), press("a", "new", "退回"))
    ticket = go(go(begin(), "new-split"), "b-join")
    ticket = go(ticket, "a-new")
    assert where(ticket) == ["new"]
    ticket = go(ticket, "new-split")
    assert where(ticket) == ["a", "b", "c"]


def test_who_goes_around_a_join_leaves_the_other_ways(live, begin, go):
    live(*a_split(), press("a", "after", "跳过"))
    assert where(go(go(begin(), "new-split"), "a-after")) == ["after"]


def inside():
    """A split inside the way "a" of another."""
    return [
        *a_split(),
        node("before"),
        node("inner", kind="split"),
        node("a1"),
        node("a2"),
        node("meet", kind="join"),
        press("a", "before"),
        press("before", "inner"),
        *(press("inner", key) for key in ("a1", "a2")),
        *(press(key, "meet") for key in ("a1", "a2")),
        press("meet", "join"),
    ]


def test_back_before_an_inner_split_only_its_own_ways_are_left(live, begin, go):
    live(*inside(), press("a1", "before", "退回"))
    ticket = go(go(go(begin(), "new-split"), "a-before"), "before-inner")
    assert where(ticket) == ["a1", "a2", "b", "c"]
    ticket = go(ticket, "a1-before")
    assert where(ticket) == ["b", "before", "c"]
    assert where(go(ticket, "before-inner")) == ["a1", "a2", "b", "c"]


def test_from_an_inner_way_to_the_outer_join_the_other_inner_way_stays(live, begin, go):
    live(*inside(), press("a1", "join", "直接汇合"))
    ticket = go(go(go(begin(), "new-split"), "a-before"), "before-inner")
    ticket = go(ticket, "a1-join")
    assert where(ticket) == ["a2", "b", "c", "join"]
    for key in ("a2-meet", "b-join", "c-join"):
        ticket = go(ticket, key)
    assert where(ticket) == ["after"]


def test_two_ways_to_the_same_step_open_it_once(live, begin, go):
    live(
        *a_split(),
        node("same"),
        press("a", "same"),
        press("b", "same"),
        press("same", "join"),
    )
    ticket = go(go(go(begin(), "new-split"), "a-same"), "b-same")
    assert where(ticket) == ["c", "same"]
    assert where(go(go(ticket, "same-join"), "c-join")) == ["after"]


# Actions


def acting(*actions):
    return [
        node("act", kind="actions", actions=list(actions)),
        node("check"),
        press("new", "act"),
        press("act", "check"),
        press("check", "done"),
    ]


def test_a_field_a_tag_and_the_urgency_are_set(live, begin, go):
    live(
        *acting(
            does("set_field", field="note", value="自动"),
            does("set_field", field="day", value="2100-03-09"),
            does("add_tag", tag="重点"),
            does("set_urgency", level="red"),
        )
    )
    ticket = go(begin(), "new-act")
    assert (ticket.answers["note"], ticket.answers["day"]) == ("自动", "2100-03-09")
    assert ([tag.name for tag in ticket.tags.all()], ticket.urgency_colour) == (["重点"], "red")
    assert "自动" in ticket.text
    assert len(ticket.events.get(kind="did").data["done"]) == 4


def test_what_was_set_counts_in_the_choice_behind_it(live, begin, go):
    live(
        node("act", kind="actions", actions=[does("set_field", field="amount", value="2000")]),
        node("which", kind="choice"),
        node("check"),
        press("new", "act"),
        press("act", "which"),
        press("which", "check", condition=LARGE),
        press("which", "done", is_default=True),
        press("check", "done"),
    )
    assert go(begin(), "new-act").node == "check"


def test_people_are_told_and_addresses_called_through_the_outbox(live, begin, go, agent):
    live(
        *acting(
            does("notify", who="creator", message="已受理"),
            does("call_webhook", url="https://example.com/hook"),
        )
    )
    Webhook.objects.create(name="hook", url="https://example.com/hook", secret="secret")
    ticket = go(begin(), "new-act")
    told = Notice.objects.get(person=agent, event="ticket.told")
    assert told.context["note"] == "已受理"
    called = Outgoing.objects.get(channel="webhook")
    assert called.recipient == "https://example.com/hook"
    assert called.payload["body"]["subject"] == ticket.subject
    assert "坏了" not in str(called.payload)


def test_no_address_is_called_that_nobody_set_up(live, begin, go):
    live(*acting(does("call_webhook", url="https://example.com/hook")))
    with pytest.raises(CannotBeDone, match="hook"):
        go(begin(), "new-act")


def test_another_ticket_is_opened_with_the_answers_both_forms_ask(live, begin, go):
    live(press("new", "done"), slug="other", form=[STORY, NOTE])
    live(*acting(does("create_ticket", ticket_type="other")))
    ticket = go(begin(note="备注"), "new-act")
    other = Ticket.objects.get(ticket_type="other")
    assert (other.answers, other.source) == ({"story": "坏了", "note": "备注"}, "flow")
    assert ticket.events.get(kind="opened").data["ticket"] == other.pk


def test_transitions_act_too(live, begin, go):
    live(press("new", "done", actions=[does("add_tag", tag="结")]))
    assert [tag.name for tag in go(begin(), "new-done").tags.all()] == ["结"]


def test_what_cannot_be_done_leaves_the_ticket_as_it_was(live, begin, go, monkeypatch):
    def refuse(spec, value):
        raise ValidationError("no")

    live(*acting(does("add_tag", tag="先"), does("set_field", field="day", value="2100-01-01")))
    ticket = begin()
    monkeypatch.setattr("flows.tickets.doing.answer_of", refuse)
    with pytest.raises(CannotBeDone, match="2100"):
        go(ticket, "new-act")
    assert where(ticket) == ["new"]
    assert not ticket.tags.exists()
    assert kinds(ticket) == ["created"]


# Waits


def waiting(**wait):
    return [
        node("wait", kind="wait", wait=wait),
        node("check"),
        press("new", "wait"),
        press("wait", "check", trigger="auto"),
        press("wait", "done", "不等了"),
        press("check", "done"),
    ]


def test_a_ticket_waits_so_long_and_goes_on_by_itself_once(live, begin, go):
    live(*waiting(mode="duration", seconds=3600))
    ticket = go(begin(), "new-wait")
    assert (ticket.status, where(ticket)) == ("pending", ["wait"])
    assert fire_due(now=LATER - timedelta(seconds=1)) == 0
    assert fire_due(now=LATER) == 1
    assert fire_due(now=LATER) == 0
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.status, where(ticket)) == ("open", ["check"])
    assert kinds(ticket) == ["created", "moved", "waits", "went"]


def test_working_hours_count_where_the_flow_says_so(office, live, begin, go):
    live(*waiting(mode="duration", seconds=3600, working=True))
    # Twelve at noon on a Tuesday: an hour of lunch comes first.
    task = go(begin(), "new-wait").tasks.open().get()
    assert task.due_at == NOON + timedelta(hours=2)


def test_a_ticket_waits_until_the_date_of_a_field(live, begin, go):
    live(*waiting(mode="until", field="day"))
    task = go(begin(day="2100-03-09"), "new-wait").tasks.open().get()
    assert task.due_at.isoformat() == "2100-03-08T16:00:00+00:00"
    assert where(go(begin(), "new-wait")) == ["check"]
    assert where(go(begin(day="2100-03-01"), "new-wait")) == ["check"]


def test_a_ticket_waits_for_something_to_happen(live, begin, go):
    live(*waiting(mode="event", event="paid"))
    ticket = go(begin(), "new-wait")
    assert happened(ticket=ticket, event="shipped", at=LATER) == 0
    assert happened(ticket=ticket, event="paid", at=LATER) == 1
    assert where(ticket) == ["check"]


def test_people_may_press_what_a_wait_offers(live, begin, go, agent):
    live(*waiting(mode="duration", seconds=3600))
    ticket = go(begin(), "new-wait")
    assert [offer.step.key for offer in offers(ticket=ticket, to=agent, at=NOON)] == ["wait-done"]
    assert go(ticket, "wait-done").status == "resolved"
    assert fire_due(now=LATER) == 0


# Sub-flows


def with_parts(wait="all", count=0):
    return [
        node(
            "parts",
            kind="subflow",
            subflow={"tickets": [{"ticket_type": "part"}] * 3, "wait": wait, "count": count},
        ),
        node("after"),
        press("new", "parts"),
        press("parts", "after", trigger="auto"),
        press("after", "done"),
    ]


@pytest.fixture
def part(live):
    live(press("new", "done"), slug="part", form=[STORY])


def test_a_ticket_waits_for_all_its_parts_and_counts_them(part, live, begin, go):
    live(*with_parts())
    ticket = go(begin(), "new-parts")
    parts = Ticket.objects.filter(ticket_type="part")
    assert (where(ticket), parts.count(), ticket.status) == (["parts"], 3, "pending")
    for place, one in enumerate(parts.order_by("pk"), start=1):
        assert where(ticket) == ["parts"]
        go(one, "new-done")
        ended = ticket.events.filter(kind="child").last().data
        assert (ended["ended"], ended["of"]) == (place, 3)
    assert where(ticket) == ["after"]


@pytest.mark.parametrize(("wait", "count", "needed"), [("any", 0, 1), ("count", 2, 2), ("none", 0, 0)])
def test_a_ticket_goes_on_when_enough_parts_have_ended(part, live, begin, go, wait, count, needed):
    live(*with_parts(wait, count))
    ticket = go(begin(), "new-parts")
    for one in Ticket.objects.filter(ticket_type="part").order_by("pk")[:needed]:
        assert where(ticket) == ["parts"]
        go(one, "new-done")
    assert where(ticket) == ["after"]


def test_parts_that_end_at_once_are_counted(live, begin, go):
    live(press("new", "done", trigger="auto"), slug="part", form=[STORY])
    live(*with_parts())
    assert where(go(begin(), "new-parts")) == ["after"]


# Bounds


def test_a_circle_of_the_clock_ends_with_a_person(live, begin, go):
    live(
        node("wait", kind="wait", wait={"mode": "duration", "seconds": 60}),
        node("look", kind="choice"),
        press("new", "wait"),
        press("wait", "look", trigger="auto"),
        press("look", "done", condition=LARGE),
        press("look", "wait", is_default=True),
        press("wait", "done", "算了"),
    )
    ticket = go(begin(), "new-wait")
    at = NOON
    for _round in range(MOST_VISITS + 5):
        at += timedelta(seconds=60)
        fire_due(now=at)
    task = Task.objects.get(ticket=ticket, closed_at=None)
    assert task.due_at is None
    assert str(MOST_VISITS) in task.state["trouble"]["en"]
    assert "次" in task.state["trouble"]["zh-hans"]
    assert ticket.events.last().kind == "stuck"
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert go(ticket, "wait-done", at=at).status == "resolved"


def test_a_flow_that_goes_round_by_itself_is_refused_and_nothing_happens(live, begin, go, monkeypatch):
    monkeypatch.setattr("flows.tickets.checks.problems_of_loops", lambda graph: [])
    live(
        node("a", kind="actions", actions=[does("add_tag", tag="圈")]),
        node("which", kind="choice"),
        press("new", "a"),
        press("a", "which"),
        press("which", "done", condition=LARGE),
        press("which", "a", is_default=True),
    )
    ticket = begin()
    with pytest.raises(GoesRound):
        go(ticket, "new-a")
    assert (where(ticket), kinds(ticket)) == (["new"], ["created"])


def test_where_no_way_leads_on_the_ticket_stays_and_says_so(live, begin, go, monkeypatch):
    monkeypatch.setattr("flows.tickets.checks.problems_of_ways", lambda graph: [])
    live(
        node("which", kind="choice"),
        press("new", "which"),
        press("which", "done", condition=LARGE),
    )
    with pytest.raises(NoWayOn, match="which"):
        go(begin(amount=LITTLE), "new-which")


def test_a_step_costs_a_fixed_number_of_queries(live, begin, agent, django_assert_max_num_queries):
    live(*a_choice())
    for _place in range(3):
        ticket = begin(amount=MUCH)
        with django_assert_max_num_queries(20):
            move_ticket(ticket=ticket, transition="new-which", by=agent, at=NOON)

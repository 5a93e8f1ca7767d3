"""When an approval is decided, and what people may do with one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.organisation.models import User
from flows.tickets.actions import move_ticket
from flows.tickets.approvals import APPROVED, MODES, REFUSED, WAITING, is_turn, needed, verdict
from flows.tickets.deciding import (
    add_approver,
    earlier_steps,
    pass_on,
    return_to,
    seat_for,
    take_back,
    vote,
    withdraw,
)
from flows.tickets.models import Ticket
from flows.tickets.refusals import NoSuchStep, NotYours, TicketMovedMeanwhile, WentOnMeanwhile
from tests.tickets.conftest import LARGE, NOON, node, press
from tests.tickets.test_stepping import LITTLE, MUCH, begin, go, kinds, live, where  # noqa: F401

LETTERS = {"A": APPROVED, "R": REFUSED, "W": WAITING}


def votes(letters):
    return [LETTERS[letter] for letter in letters]


@pytest.mark.parametrize(
    ("policy", "letters", "expected"),
    [
        ({"mode": "any"}, "RWW", WAITING),
        ({"mode": "any"}, "RAW", APPROVED),
        ({"mode": "any"}, "RRR", REFUSED),
        ({"mode": "all"}, "AAW", WAITING),
        ({"mode": "all"}, "AAA", APPROVED),
        ({"mode": "all"}, "AWR", REFUSED),
        ({"mode": "count", "count": 2}, "AWW", WAITING),
        ({"mode": "count", "count": 2}, "AAW", APPROVED),
        ({"mode": "count", "count": 2}, "RRW", REFUSED),
        ({"mode": "count", "count": 5}, "AA", APPROVED),
        ({"mode": "sequence"}, "AAW", WAITING),
        ({"mode": "sequence"}, "AAA", APPROVED),
        ({"mode": "sequence"}, "RWW", REFUSED),
        ({"mode": "percent", "percent": 100}, "RW", REFUSED),
        ({"mode": "percent", "percent": 50}, "AW", APPROVED),
        ({"mode": "percent", "percent": 51}, "AW", WAITING),
        ({"mode": "percent", "percent": 51}, "AR", REFUSED),
        ({"mode": "percent", "percent": 66}, "AAW", APPROVED),
        ({"mode": "percent", "percent": 67}, "AAW", WAITING),
        ({"mode": "percent", "percent": 66.7}, "AAW", WAITING),
        ({"mode": "percent", "percent": 66.6}, "AAW", APPROVED),
        ({"mode": "percent", "percent": 40}, "WWRRR", WAITING),
        ({"mode": "percent", "percent": 41}, "WWRRR", REFUSED),
        ({"mode": "percent", "percent": 20}, "WWWWR", WAITING),
        ({"mode": "percent", "percent": 0}, "WWW", WAITING),
        ({"mode": "percent", "percent": 0}, "WA", APPROVED),
        ({"mode": "percent", "percent": 0}, "RR", REFUSED),
        ({"mode": "all"}, "", WAITING),
    ],
)
def test_votes_come_to_a_verdict(policy, letters, expected):
    assert verdict(policy, votes(letters)) == expected


POLICIES = st.fixed_dictionaries(
    {"mode": st.sampled_from(MODES), "count": st.integers(1, 6), "percent": st.integers(0, 100)}
)
VOTES = st.lists(st.sampled_from(list(LETTERS.values())), min_size=1, max_size=6)


@given(POLICIES, VOTES)
def test_a_verdict_stays_whatever_is_voted_after_it(policy, given_votes):
    before = verdict(policy, given_votes)
    for place, one in enumerate(given_votes):
        if before != WAITING and one == WAITING:
            for more in (APPROVED, REFUSED):
                after = [*given_votes[:place], more, *given_votes[place + 1 :]]
                assert verdict(policy, after) == before


@given(POLICIES, VOTES)
def test_when_all_have_voted_it_is_decided(policy, given_votes):
    decided = [one if one != WAITING else APPROVED for one in given_votes]
    expected = APPROVED if decided.count(APPROVED) >= needed(policy, len(decided)) else REFUSED
    assert verdict(policy, decided) == expected


def test_in_sequence_only_the_next_may_vote():
    assert [is_turn({"mode": "sequence"}, votes("AWW"), place) for place in range(3)] == [False, True, False]
    assert [is_turn({"mode": "all"}, votes("AWW"), place) for place in range(3)] == [False, True, True]


# On a ticket


@pytest.fixture
def people(agent):
    made = {}
    for name in ("boss0", "boss1", "boss2"):
        made[name] = User.objects.create_user(username=name)
        made[name].groups.set(agent.groups.all())
    return made


def asking(mode="any", *approvers, tiers=(), **more):
    approvers = approvers or ("boss0", "boss1", "boss2")
    policy = {"mode": mode, "approvers": [{"type": "person", "name": name} for name in approvers], **more}
    if tiers:
        policy["tiers"] = list(tiers)
    return [
        node("work"),
        node("ask", "审批", kind="approval", approval=policy),
        press("new", "work"),
        press("work", "ask"),
        press("ask", "done", trigger="approved"),
        press("ask", "work", trigger="refused"),
    ]


@pytest.fixture
def asked(live, begin, go, people):  # noqa: F811
    """asked(mode, ...) is a ticket that waits for its approval."""

    def asked(*args, amount=LITTLE, **more):
        live(*asking(*args, **more))
        return go(go(begin(amount=amount), "new-work"), "work-ask")

    return asked


def say(ticket, person, approve=True, note="不行", **more):
    vote(ticket=ticket, node="ask", approve=approve, by=person, at=NOON, note=note, **more)
    return Ticket.objects.get(pk=ticket.pk)


def task_of(ticket):
    return ticket.tasks.open().get(node="ask")


def test_one_approval_is_enough_and_the_ticket_goes_on(asked, people):
    ticket = say(asked("any"), people["boss1"])
    assert (ticket.status, where(ticket)) == ("resolved", [])
    assert kinds(ticket)[-4:] == ["asked", "voted", "decided", "went"]


def test_all_must_approve_and_one_refusal_sends_it_back(asked, people):
    ticket = say(asked("all"), people["boss0"])
    assert where(ticket) == ["ask"]
    ticket = say(ticket, people["boss2"], approve=False)
    assert where(ticket) == ["work"]
    assert ticket.events.filter(kind="voted").last().data["note"] == "不行"


def test_a_refusal_says_why(asked, people):
    with pytest.raises(NotYours):
        say(asked(), people["boss0"], approve=False, note=" ")


def test_who_is_not_asked_cannot_approve_and_nobody_speaks_twice(asked, people, agent, admin):
    ticket = asked("all")
    for person in (agent, admin):
        with pytest.raises(NotYours):
            say(ticket, person)
    ticket = say(ticket, people["boss0"])
    with pytest.raises(NotYours):
        say(ticket, people["boss0"])


def test_in_sequence_one_waits_for_the_other(asked, people):
    ticket = asked("sequence")
    with pytest.raises(NotYours):
        say(ticket, people["boss1"])
    for name in ("boss0", "boss1", "boss2"):
        ticket = say(ticket, people[name])
    assert ticket.status == "resolved"


def test_two_who_saw_the_same_page_may_both_vote(asked, people):
    seen = asked("all")
    say(seen, people["boss0"])
    say(seen, people["boss1"])
    say(seen, people["boss2"])
    with pytest.raises((TicketMovedMeanwhile, WentOnMeanwhile)):
        say(seen, people["boss2"])


def test_who_approves_depends_on_the_amount(asked, people):
    tiers = [
        {"condition": LARGE, "approvers": [{"type": "person", "name": "boss2"}]},
        {"condition": {"all": []}, "approvers": [{"type": "person", "name": "boss0"}]},
    ]
    ticket = asked("all", tiers=tiers, amount=MUCH)
    assert [one.who for one in task_of(ticket).approvals.all()] == ["boss2"]


def test_a_department_speaks_through_one_of_its_people(live, begin, go, people, departments):  # noqa: F811
    for person in people.values():
        person.department = departments["quality"]
        person.save()
    rows = asking("all")
    rows[1]["approval"]["approvers"] = [{"type": "department", "name": "quality"}]
    live(*rows)
    ticket = go(go(begin(), "new-work"), "work-ask")
    assert Ticket.objects.visible_to(people["boss1"]).filter(pk=ticket.pk).exists()
    assert say(ticket, people["boss1"]).status == "resolved"


def test_of_a_department_so_many_in_a_hundred(live, begin, go, people, departments):  # noqa: F811
    departments["quality"].staff.update(department=None)
    for person in people.values():
        person.department = departments["quality"]
        person.save()
    rows = asking("percent", percent=60)
    rows[1]["approval"]["approvers"] = [{"type": "department", "name": "quality"}]
    live(*rows)
    ticket = go(go(begin(), "new-work"), "work-ask")
    ticket = say(ticket, people["boss1"])
    assert where(ticket) == ["ask"]
    assert say(ticket, people["boss2"]).status == "resolved"


def test_a_vote_is_taken_back_while_nothing_is_decided(asked, people):
    ticket = say(asked("all"), people["boss0"])
    take_back(ticket=ticket, node="ask", by=people["boss0"], at=NOON)
    assert {one.vote for one in task_of(ticket).approvals.all()} == {"waiting"}
    with pytest.raises(NotYours):
        take_back(ticket=Ticket.objects.get(pk=ticket.pk), node="ask", by=people["boss0"], at=NOON)


def test_someone_else_may_decide_in_ones_place(asked, people, agent):
    ticket = asked("all", "boss0")
    pass_on(ticket=ticket, node="ask", to=people["boss2"], by=people["boss0"], at=NOON)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert seat_for(task_of(ticket), by=people["boss0"]) is None
    assert say(ticket, people["boss2"]).status == "resolved"
    assert ticket.events.get(kind="passed_on").data["to"] == "boss2"


def test_an_approver_is_added(asked, people):
    ticket = asked("all", "boss0")
    add_approver(ticket=ticket, node="ask", who=people["boss1"], by=people["boss0"], at=NOON)
    with pytest.raises(NotYours, match="boss1"):
        add_approver(ticket=ticket, node="ask", who=people["boss1"], by=people["boss0"], at=NOON)
    ticket = say(Ticket.objects.get(pk=ticket.pk), people["boss0"])
    assert where(ticket) == ["ask"]
    assert say(ticket, people["boss1"]).status == "resolved"


def test_it_is_returned_to_any_earlier_step_to_who_had_it(asked, people, agent):
    ticket = asked("all")
    ticket.tasks.filter(node="new").update(assignee=agent)
    assert earlier_steps(task_of(ticket)) == ["work", "new"]
    with pytest.raises(NotYours):
        return_to(ticket=ticket, node="ask", to="done", by=people["boss0"], at=NOON)
    return_to(ticket=ticket, node="ask", to="new", by=people["boss0"], at=NOON, note="缺照片")
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (where(ticket), ticket.assignee) == (["new"], agent)
    assert ticket.events.last().data["note"] == "缺照片"


def test_only_who_asked_withdraws_it(asked, people, agent):
    ticket = asked("all")
    with pytest.raises(NotYours):
        withdraw(ticket=ticket, node="ask", by=people["boss0"], at=NOON)
    withdraw(ticket=ticket, node="ask", by=agent, at=NOON)
    assert where(ticket) == ["work"]


def test_back_before_a_split_the_other_ways_are_closed(live, begin, go, people):  # noqa: F811
    rows = asking("any")
    live(
        *rows[:2],
        node("split", kind="split"),
        node("other"),
        node("join", kind="join"),
        press("new", "work"),
        press("work", "split"),
        press("split", "ask"),
        press("split", "other"),
        press("ask", "join", trigger="approved"),
        press("ask", "work", trigger="refused"),
        press("other", "join"),
        press("join", "done"),
    )
    ticket = go(go(begin(), "new-work"), "work-split")
    assert where(ticket) == ["ask", "other"]
    return_to(ticket=ticket, node="ask", to="work", by=people["boss0"], at=NOON)
    assert where(ticket) == ["work"]


def test_an_approval_that_nobody_can_give_waits_for_one_to_be_added(live, begin, go, people, agent):  # noqa: F811
    live(*asking("any"))
    User.objects.filter(username__startswith="boss").update(is_active=False)
    ticket = go(go(begin(), "new-work"), "work-ask")
    assert task_of(ticket).state["trouble"]["zh-hans"]
    assert ticket.events.last().kind == "stuck"
    add_approver(ticket=ticket, node="ask", who=agent, by=agent, at=NOON)
    assert "trouble" not in task_of(ticket).state
    assert say(Ticket.objects.get(pk=ticket.pk), agent).status == "resolved"


def test_a_move_and_a_vote_do_not_cross(asked, people, agent):
    ticket = asked("any")
    with pytest.raises(NoSuchStep):
        move_ticket(ticket=ticket, transition="ask-done", by=agent, at=NOON)
    assert where(ticket) == ["ask"]

"""Running tickets move to the live version of their type, where they can go on there."""

import pytest
from django.urls import reverse

from flows.tickets.actions import move_ticket
from flows.tickets.models import Ticket, TicketType
from flows.tickets.refusals import NotYours
from flows.tickets.upgrading import Upgrade, move_to_version
from tests.tickets.conftest import NOON, STORY, node, node_of, press


@pytest.fixture
def second(refund, publish):
    """second(change) publishes the refund type once more, changed in place."""

    def second(change):
        record = refund.record
        change(record)
        return Upgrade(publish(record))

    return second


def reasons(upgrade):
    return {one.ticket.pk: " ".join(one.reasons) for one in upgrade.candidates()}


def renamed(record):
    node_of(record, "handling")["label"] = {"zh": "办理", "en": "Working"}


def without_approval(record):
    flow = record.flow
    flow["nodes"] = [row for row in flow["nodes"] if row["key"] != "approval"]
    flow["transitions"] = [row for row in flow["transitions"] if "approval" not in (row["from"], row["to"])]


def with_phone(record):
    phone = {"type": "text", "value": {"label": "电话", "name": "phone", "required": True}}
    record.form = [*record.form.raw_data, phone]
    node_of(record, "new")["asks"] = ["story", "amount", "order_number", "phone"]


def test_a_ticket_whose_step_is_still_there_moves_and_goes_on_there(open_ticket, second, agent, designer):
    ticket = open_ticket()
    upgrade = second(renamed)
    assert reasons(upgrade) == {ticket.pk: ""}
    moved = move_to_version(ticket=ticket, upgrade=upgrade, by=designer, at=NOON)
    assert moved.version.number == 2
    assert ticket.events.last().data == {"from": 1, "to": 2}
    moved = move_ticket(ticket=moved, transition="new-handling", by=agent, at=NOON)
    assert moved.runtime.nodes[moved.node].label["zh"] == "办理"
    assert reasons(upgrade) == {}


def test_a_ticket_whose_step_is_gone_stays_and_says_why(open_ticket, second, agent, designer):
    ticket = open_ticket(amount={"minor": 200_000, "currency": "CNY"})
    for key, answers in (("new-handling", {}), ("handling-approval", {"reply": "好"})):
        ticket = move_ticket(ticket=ticket, transition=key, by=agent, at=NOON, answers=answers)
    upgrade = second(without_approval)
    assert "复核" in reasons(upgrade)[ticket.pk]
    with pytest.raises(NotYours, match="复核"):
        move_to_version(ticket=ticket, upgrade=upgrade, by=designer, at=NOON)
    assert Ticket.objects.get(pk=ticket.pk).version.number == 1


def test_a_ticket_that_was_never_asked_for_what_is_demanded_now_stays(open_ticket, second, agent):
    at_start, further = open_ticket(), open_ticket()
    move_ticket(ticket=further, transition="new-handling", by=agent, at=NOON)
    found = reasons(second(with_phone))
    assert found[at_start.pk] == ""
    assert "电话" in found[further.pk]


def test_an_answer_that_is_another_kind_of_field_now_keeps_a_ticket_back(open_ticket, second):
    ticket = open_ticket()
    story = STORY | {"type": "date"}
    upgrade = second(lambda record: setattr(record, "form", [story, *record.form.raw_data[1:]]))
    assert "经过" in reasons(upgrade)[ticket.pk]


def test_a_step_of_another_kind_keeps_a_ticket_back(open_ticket, second, agent):
    ticket = move_ticket(ticket=open_ticket(), transition="new-handling", by=agent, at=NOON)

    def now_waits(record):
        node_of(record, "handling")["kind"] = "waiting"

    assert "处理" in reasons(second(now_waits))[ticket.pk]


def test_a_designer_looks_and_moves_them_on_a_page(client_of, designer, reviewer, open_ticket, second):
    ticket = open_ticket()
    upgrade = second(renamed)
    url = reverse(TicketType.snippet_viewset.get_url_name("upgrade"), args=[upgrade.live.object_id])
    page = client_of(designer).get(url)
    assert page.context["movable"] == 1
    client_of(designer).post(url)
    assert Ticket.objects.get(pk=ticket.pk).version == upgrade.live
    assert client_of(designer).get(url).context["movable"] == 0


def test_who_may_not_change_the_type_moves_nothing(client_of, agent, open_ticket, second):
    ticket = open_ticket()
    upgrade = second(renamed)
    url = reverse(TicketType.snippet_viewset.get_url_name("upgrade"), args=[upgrade.live.object_id])
    assert client_of(agent).post(url).status_code in (302, 403)
    assert Ticket.objects.get(pk=ticket.pk).version.number == 1


def test_a_ticket_on_parallel_ways_moves_when_all_its_steps_are_there(publish, departments, agent, designer):
    from flows.tickets.actions import create_ticket
    from tests.tickets.conftest import flow
    from tests.tickets.test_stepping import a_split

    rows = [node("new", kind="start", asks=["story"]), node("done", kind="resolved"), *a_split()]
    record = TicketType(name="case", slug="case", form=[STORY], flow=flow(*rows))
    publish(record)
    ticket = create_ticket(ticket_type="case", answers={"story": "坏了"}, by=agent, at=NOON)
    ticket = move_ticket(ticket=ticket, transition="new-split", by=agent, at=NOON)
    record.flow = flow(*rows, press("c", "done", key="c-done"))
    upgrade = Upgrade(publish(record))
    ticket = move_to_version(ticket=ticket, upgrade=upgrade, by=designer, at=NOON)
    for key in ("a-join", "b-join", "c-join"):
        ticket = move_ticket(ticket=ticket, transition=key, by=agent, at=NOON)
    assert ticket.node == "after"

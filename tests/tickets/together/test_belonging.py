from datetime import timedelta

import pytest
from django.urls import reverse

from flows.tickets.actions import move_ticket
from flows.tickets.models import Ticket, TicketTag
from flows.tickets.models.ticket import Status, Urgency
from flows.tickets.refusals import NotYours
from flows.tickets.together.changing import change_tags, hand_over, set_urgency
from flows.tickets.together.comments import add_comment, watch_myself
from flows.tickets.together.conversation import conversation
from flows.tickets.together.links import add_link, relations_of, remove_link
from flows.tickets.together.merging import merge_ticket, undo_merge
from flows.tickets.together.models import TicketLink
from flows.tickets.together.splitting import split_ticket
from rules.store.problems import Refusal
from tests.tickets.conftest import NOON

LATER = NOON + timedelta(hours=1)


def words_of(ticket, to):
    return [
        (str(one.words), one.ticket.pk if one.ticket else None)
        for one in relations_of(Ticket.objects.get(pk=ticket.pk), to=to)
    ]


def test_a_link_is_told_from_both_sides(open_here, li):
    one, two = open_here("甲"), open_here("乙")
    add_link(ticket=two, way="blocks-of", other=one, by=li, at=NOON)
    add_link(ticket=one, way="blocks", other=two, by=li, at=NOON)  # the same link
    assert TicketLink.objects.count() == 1
    assert words_of(one, li) == [("blocks", two.pk)]
    assert words_of(two, li) == [("is blocked by", one.pk)]
    assert [event.kind for event in two.events.all()][-1] == "linked"
    remove_link(ticket=two, link=TicketLink.objects.get(), by=li, at=LATER)
    assert words_of(one, li) == []


def test_circles_and_second_parents_are_refused(open_here, li):
    one, two, three = open_here("甲"), open_here("乙"), open_here("丙")
    add_link(ticket=one, way="parent", other=two, by=li, at=NOON)
    add_link(ticket=two, way="parent", other=three, by=li, at=NOON)
    for ticket, other in ((three, one), (one, three)):
        with pytest.raises(Refusal):
            add_link(ticket=ticket, way="parent", other=other, by=li, at=NOON)
    with pytest.raises(Refusal):
        add_link(ticket=one, way="relates", other=one, by=li, at=NOON)


def test_a_linked_ticket_one_may_not_see_says_nothing_of_itself(open_here, li, outsider, departments):
    one, two = open_here("甲"), open_here("乙")
    add_link(ticket=one, way="relates", other=two, by=li, at=NOON)
    Ticket.objects.filter(pk=one.pk).update(department=departments["logistics"])
    assert words_of(one, outsider) == [("relates to", None)]
    with pytest.raises(NotYours):
        add_link(ticket=one, way="duplicates", other=two, by=outsider, at=NOON)


def test_merging_ends_the_one_and_leads_on_to_the_other(open_here, li, wang, client_of):
    one, two = open_here("重复的"), open_here("原来的")
    add_comment(ticket=one, text="顾客又打来了", by=li, at=NOON)
    watch_myself(ticket=one, by=wang, at=NOON)
    TicketTag.objects.create(ticket=one, name="食品安全")
    Ticket.objects.filter(pk=one.pk).update(urgency=Urgency.RED)
    merge_ticket(ticket=one, into=two, by=li, at=LATER)
    one, two = Ticket.objects.get(pk=one.pk), Ticket.objects.get(pk=two.pk)
    assert (one.status, one.node, one.closed_at) == (Status.CANCELLED, "cancelled", LATER)
    assert [task.outcome for task in one.tasks.all()] == ["merged"]
    assert {row.person for row in two.watchers.all()} == {wang}
    assert [tag.name for tag in two.tags.all()] == ["食品安全"]
    assert two.urgency == Urgency.RED
    lines = conversation(two, "en", to=wang, at=LATER)
    assert [line.came_from for line in lines if hasattr(line, "comment")] == [one.pk]
    page = client_of(wang).get(reverse("desk:ticket", args=[one.pk])).content.decode()
    assert reverse("desk:ticket", args=[two.pk]) in page
    assert "顾客又打来了" in page
    with pytest.raises(Refusal, match=f"#{two.pk}"):
        add_comment(ticket=one, text="x", by=li, at=LATER)


def test_links_to_a_merged_ticket_lead_on(open_here, li):
    one, two, three = open_here("甲"), open_here("乙"), open_here("丙")
    add_link(ticket=three, way="relates", other=one, by=li, at=NOON)
    merge_ticket(ticket=one, into=two, by=li, at=NOON)
    [relation] = relations_of(Ticket.objects.get(pk=three.pk), to=li)
    assert (relation.ticket.pk, relation.onward.pk) == (one.pk, two.pk)


def test_a_merge_is_undone_while_nobody_moved_the_ticket(open_here, li, wang):
    one, two = open_here("重复的"), open_here("原来的")
    watch_myself(ticket=one, by=wang, at=NOON)
    merge_ticket(ticket=one, into=two, by=li, at=NOON)
    undo_merge(ticket=one, by=li, at=LATER)
    one = Ticket.objects.get(pk=one.pk)
    assert (one.status, one.node, one.closed_at) == ("new", "new", None)
    assert one.tasks.open().get().node == "new"
    assert not two.watchers.exists()
    moved = move_ticket(ticket=one, transition="new-handling", by=li, at=LATER)
    assert moved.node == "handling"
    with pytest.raises(Refusal):
        undo_merge(ticket=one, by=li, at=LATER)


def test_merges_that_make_no_sense_are_refused(open_here, li, outsider):
    one, two, three = open_here("甲"), open_here("乙"), open_here("丙")
    with pytest.raises(Refusal):
        merge_ticket(ticket=one, into=one, by=li, at=NOON)
    with pytest.raises(NotYours):
        merge_ticket(ticket=one, into=two, by=outsider, at=NOON)
    merge_ticket(ticket=one, into=two, by=li, at=NOON)
    with pytest.raises(Refusal):
        merge_ticket(ticket=one, into=three, by=li, at=NOON)
    with pytest.raises(Refusal, match=f"#{two.pk}"):
        merge_ticket(ticket=three, into=one, by=li, at=NOON)
    merge_ticket(ticket=two, into=three, by=li, at=NOON)
    assert {
        line.came_from for line in conversation(three, "en", to=li, at=NOON) if hasattr(line, "comment")
    } == set()


def test_a_part_is_split_off_into_a_linked_ticket(open_here, li, client_of):
    one = open_here("蛋糕坏了，还少一根蜡烛", amount={"minor": 100, "currency": "CNY"})
    made = split_ticket(ticket=one, ticket_type="refund", answers={"story": "少一根蜡烛"}, by=li, at=LATER)
    assert words_of(one, li) == [("was split into", made.pk)]
    assert words_of(made, li) == [("was split from", one.pk)]
    page = client_of(li).get(reverse("desk:split_into", args=[one.pk, "refund"])).content.decode()
    assert "还少一根蜡烛" in page


def test_small_changes_are_told_on_the_time_line(ticket, li, wang, told, departments, outsider):
    hand_over(ticket=ticket, person=wang, by=li, at=NOON)
    change_tags(ticket=ticket, add=["急", "急", " 新  标签 "], by=li, at=NOON)
    change_tags(ticket=ticket, add=["急"], remove=["没有"], by=li, at=NOON)
    set_urgency(ticket=ticket, urgency=Urgency.RED, by=li, at=NOON)
    now = Ticket.objects.get(pk=ticket.pk)
    assert (now.assignee, now.urgency) == (wang, Urgency.RED)
    assert now.tasks.open().get().assignee == wang
    assert [tag.name for tag in now.tags.all()] == ["急", "新 标签"]
    assert [event.kind for event in now.events.all()][-3:] == ["handed", "tagged", "urgency"]
    assert [(name, event) for name, event, _note in told()] == [("wang", "ticket.assigned")]
    hand_over(ticket=ticket, department=departments["logistics"], by=li, at=NOON)
    now = Ticket.objects.get(pk=ticket.pk)
    assert (now.assignee, now.department) == (None, departments["logistics"])


def test_only_who_works_on_tickets_is_given_one(ticket, li, reviewer):
    with pytest.raises(Refusal):
        hand_over(ticket=ticket, person=reviewer, by=li, at=NOON)
    with pytest.raises(NotYours):
        set_urgency(ticket=ticket, urgency=3, by=reviewer, at=NOON)

import uuid

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from flows.customers.models import Customer
from flows.tickets.models import Ticket
from flows.tickets.models.ticket import Urgency
from flows.tickets.refusals import NoSuchStep
from flows.tickets.together import bulk
from flows.tickets.together.macros import audiences_for, offered, preview, save_macro, use_macro
from flows.tickets.together.models import Comment, Macro
from rules.store.problems import Refusal
from tests.tickets.conftest import NOON

START = {"key": "new-handling", "label": {"en": "Start", "zh": "开始处理"}}


@pytest.fixture
def macro(li):
    return save_macro(
        macro=Macro(
            name="受理", reply="您好{顾客}，工单 {ticket} 已受理。{me}", is_public=True, add_tags=["已受理"],
            urgency=Urgency.AMBER, ticket_type="refund", transition=START,
        ),
        by=li, at=NOON,
    )  # fmt: skip


@pytest.fixture
def with_customer(ticket):
    customer = Customer.objects.create(number="C1", name="张三", created_at=NOON)
    Ticket.objects.filter(pk=ticket.pk).update(customer=customer)
    return Ticket.objects.get(pk=ticket.pk)


def test_a_macro_says_what_it_will_do_and_does_all_of_it(macro, with_customer, li):
    ticket = with_customer
    foreseen = preview(macro, ticket=ticket, by=li, at=NOON)
    assert foreseen.reply == f"您好张三，工单 #{ticket.pk} 已受理。li名"
    assert len(foreseen.steps) == 4
    assert foreseen.refusal == ""
    use_macro(macro=macro, ticket=ticket, by=li, at=NOON)
    now = Ticket.objects.get(pk=ticket.pk)
    assert (now.node, now.urgency, [tag.name for tag in now.tags.all()]) == ("handling", 2, ["已受理"])
    comment = Comment.objects.get()
    assert (comment.text, comment.is_public) == (foreseen.reply, True)


def test_what_cannot_be_done_whole_is_not_done_at_all(macro, with_customer, li):
    use_macro(macro=macro, ticket=with_customer, by=li, at=NOON)
    here = Ticket.objects.get(pk=with_customer.pk)
    assert "Start" in preview(macro, ticket=here, by=li, at=NOON).refusal
    with pytest.raises(NoSuchStep):
        use_macro(macro=macro, ticket=here, by=li, at=NOON)
    assert Comment.objects.count() == 1


def test_a_reply_that_names_nobody_is_not_sent(macro, ticket, li):
    with pytest.raises(Refusal):
        use_macro(macro=macro, ticket=ticket, by=li, at=NOON)
    assert not Comment.objects.exists()
    assert preview(macro, ticket=ticket, by=li, at=NOON).refusal


def test_who_may_offer_macros_to_whom(li, wang, outsider, designer, departments, ticket):
    assert audiences_for(li) == ["self"]
    lead = wang
    lead.groups.set([Group.objects.get(name="Team leads")])
    lead = type(lead).objects.get(pk=lead.pk)
    assert audiences_for(lead) == ["self", "department"]
    assert audiences_for(designer) == ["self", "department", "everyone"]
    of_team = Macro(name="组内", reply="x", audience="department", department=departments["service"])
    with pytest.raises(Refusal):
        save_macro(
            macro=Macro(name="组内", reply="x", audience="department", department=departments["service"]),
            by=li,
            at=NOON,
        )
    save_macro(macro=of_team, by=lead, at=NOON)
    with pytest.raises(Refusal):
        save_macro(
            macro=Macro(name="别组", reply="x", audience="department", department=departments["quality"]),
            by=lead,
            at=NOON,
        )
    save_macro(macro=Macro(name="自己", reply="x"), by=li, at=NOON)
    assert {one.name for one in offered(ticket, to=li)} == {"组内", "自己"}
    assert {one.name for one in offered(ticket, to=lead)} == {"组内"}
    assert offered(ticket, to=outsider) == []
    with pytest.raises(Refusal):
        use_macro(macro=of_team, ticket=ticket, by=outsider, at=NOON)


def test_a_macro_without_anything_to_do_or_with_an_unknown_word_is_refused(li, client_of):
    with pytest.raises(Refusal):
        save_macro(macro=Macro(name="空"), by=li, at=NOON)
    page = client_of(li).post(
        reverse("desk:new_macro"), {"name": "错", "audience": "self", "reply": "{生日}"}
    )
    assert page.status_code == 422
    assert "生日" in page.context["refusal"]
    assert not Macro.objects.exists()


def test_a_macro_is_made_and_used_on_the_desk(refund, with_customer, li, client_of):
    client = client_of(li)
    client.post(
        reverse("desk:new_macro"),
        {
            "name": "受理",
            "audience": "self",
            "reply": "您好{customer}",
            "transition": "refund:new-handling",
            "add_tags": "甲，乙",
        },
    )
    macro = Macro.objects.get()
    assert (macro.ticket_type, macro.add_tags) == ("refund", ["甲", "乙"])
    assert "受理" in client.get(reverse("desk:ticket", args=[with_customer.pk])).content.decode()
    url = reverse("desk:use_macro", args=[with_customer.pk, macro.pk])
    assert "您好张三" in client.get(url).content.decode()
    client.post(url, {"reply": "您好张三，马上处理"})
    assert Comment.objects.get().text == "您好张三，马上处理"
    assert Ticket.objects.get(pk=with_customer.pk).node == "handling"
    client.post(reverse("desk:remove_macro", args=[macro.pk]))
    assert not offered(with_customer, to=li)


def test_a_macro_works_on_many_with_a_result_for_each(macro, with_customer, open_here, li):
    other = open_here("没有顾客")
    run = bulk.request_bulk(
        key=uuid.uuid4(), tickets=Ticket.objects.filter(pk__in=[with_customer.pk, other.pk]),
        act={"name": "macro", "macro": macro.pk, "called": macro.name}, by=li, at=NOON,
    )  # fmt: skip
    bulk.perform(run.pk, clock=lambda: NOON)
    assert [row.state for row in run.rows.all()] == ["done", "refused"]

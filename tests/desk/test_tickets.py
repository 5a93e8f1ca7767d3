from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from flows.customers.models import Customer, Order
from flows.organisation.models import Department, Store, User
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Ticket
from flows.tickets.models.ticket import Urgency
from flows.tickets.refusals import NotYours
from tests.forms.test_fields import PNG
from tests.forms.test_kinds import picture
from tests.tickets.conftest import does, node_of, refund_type, text_has


@pytest.fixture
def open_now(refund, agent):
    """Tickets of the desk are opened now, not in the tests' far future."""

    def open_now(story="蛋糕坏了", by=agent, **answers):
        return create_ticket(
            ticket_type="refund", answers={"story": story} | answers, by=by, at=timezone.now()
        )  # fmt: skip

    return open_now


@pytest.fixture
def desk(client_of, agent):
    return client_of(agent)


def press(client, ticket, transition, seen=None, **typed):
    fields = {f"answer-{name}": value for name, value in typed.items() if name != "note"}
    posted = {
        "seen": ticket.moves if seen is None else seen,
        "transition": transition,
        "note": typed.get("note", ""),
    }
    return client.post(reverse("desk:ticket", args=[ticket.pk]), fields | posted)


def test_the_desk_asks_who_you_are(client, db):
    response = client.get(reverse("desk:tickets"))
    assert response.status_code == 302
    assert reverse("wagtailadmin_login") in response.url


def test_an_agent_logs_in_and_out_on_the_way_to_the_desk(client, agent):
    asked = client.get(reverse("home"), follow=True)
    login = asked.redirect_chain[-1][0]
    back = client.post(login, {"username": "agent", "password": "tangram"}, follow=True)
    assert back.redirect_chain[-1][0] == reverse("desk:home")
    out = client.post(reverse("desk:log_out"), follow=True)
    assert "password" in out.content.decode()
    assert "next=" in out.redirect_chain[-1][0]


def test_without_a_role_the_desk_says_whom_to_ask(client_of, db):
    newcomer = User.objects.create_user("newcomer")
    response = client_of(newcomer).get(reverse("desk:home"))
    assert response.status_code == 200
    assert client_of(newcomer).get(reverse("desk:tickets")).status_code == 403


def test_home_shows_what_waits_with_the_most_urgent_first(desk, open_now, agent):
    calm, urgent = open_now("味道一般"), open_now("吃到虫子")
    Ticket.objects.filter(pk=urgent.pk).update(urgency=Urgency.RED)
    page = desk.get(reverse("desk:home")).content.decode()
    assert page.index("吃到虫子") < page.index("味道一般")
    assert calm.pk != urgent.pk


def test_the_list_filters_by_urgency_tag_status_and_words(desk, open_now):
    calm, urgent = open_now("味道一般"), open_now("吃到虫子")
    Ticket.objects.filter(pk=urgent.pk).update(urgency=Urgency.RED)
    urgent.tags.create(name="食品安全")

    def listed(**query):
        return {ticket.pk for ticket in desk.get(reverse("desk:tickets"), query).context["page"]}

    assert listed() == {calm.pk, urgent.pk}
    assert listed(urgency="red") == {urgent.pk}
    assert listed(tag="食品安全") == {urgent.pk}
    assert listed(q="一般") == {calm.pk}
    assert listed(q=f"#{calm.pk}") == {calm.pk}
    assert listed(status="ended") == set()
    assert listed(list="mine") == set()
    assert listed(urgency="nonsense", page="x") == {calm.pk, urgent.pk}


def test_the_list_costs_the_same_number_of_queries_however_long(
    desk, open_now, django_assert_max_num_queries
):
    for number in range(6):
        open_now(f"第 {number} 件")
    with django_assert_max_num_queries(20):
        desk.get(reverse("desk:tickets"))


def test_a_ticket_is_opened_through_its_generated_form(desk, refund):
    url = reverse("desk:open_ticket", args=["refund"])
    assert "经过" in desk.get(url).content.decode()
    wrong = desk.post(url, {"answer-story": "", "answer-amount": "1.234"})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"story", "amount"}
    assert "1.234" in wrong.content.decode()
    desk.post(url, {"answer-story": "少了一份", "answer-amount": "12.50"})
    assert Ticket.objects.get().answers == {"story": "少了一份", "amount": {"minor": 1250, "currency": "CNY"}}


def test_a_type_that_is_not_live_is_not_found(desk):
    assert desk.get(reverse("desk:open_ticket", args=["nothing"])).status_code == 404


def test_a_button_moves_the_ticket(desk, open_now):
    ticket = open_now()
    response = press(desk, ticket, "new-handling", note="已联系")
    assert response.status_code == 302
    moved = Ticket.objects.get()
    assert moved.node == "handling"
    assert "已联系" in desk.get(response.url).content.decode()


def test_what_is_missing_is_told_at_its_field_and_typed_text_is_kept(desk, open_now, agent):
    ticket = move_ticket(ticket=open_now(), transition="new-handling", by=agent, at=timezone.now())
    response = press(desk, ticket, "handling-done", reply="", note="打过电话")
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["reply"]
    assert "打过电话" in response.content.decode()
    assert Ticket.objects.get().node == "handling"


def test_a_condition_that_does_not_hold_is_told_in_a_sentence(desk, open_now, agent):
    ticket = move_ticket(ticket=open_now(), transition="new-handling", by=agent, at=timezone.now())
    response = press(desk, ticket, "handling-approval", reply="请审批")
    assert response.status_code == 422
    assert "1000" in response.content.decode().replace(",", "")
    assert "请审批" in response.content.decode()


def test_whoever_comes_second_reads_who_was_first_and_keeps_what_was_typed(desk, open_now, agent, admin):
    ticket = move_ticket(ticket=open_now(), transition="new-handling", by=agent, at=timezone.now())
    move_ticket(
        ticket=ticket,
        transition="handling-done",
        by=admin,
        at=timezone.now(),
        answers={"reply": "管理员的答复"},
    )
    response = press(desk, ticket, "handling-done", seen=1, reply="我的答复", note="我的备注")
    page = response.content.decode()
    assert response.status_code == 409
    assert "admin" in page
    assert "我的答复" in page
    assert "我的备注" in page
    assert Ticket.objects.get().answers["reply"] == "管理员的答复"


def test_taking_a_ticket_puts_it_among_mine(desk, open_now):
    ticket = open_now()
    desk.post(reverse("desk:take", args=[ticket.pk]))
    assert [found.pk for found in desk.get(reverse("desk:tickets"), {"list": "mine"}).context["page"]] == [
        ticket.pk
    ]


def test_each_sees_only_their_own(
    open_now, departments, client_of, agent, designer, reviewer, admin, store_manager
):
    east, west = (Store.objects.create(slug=slug, name=slug) for slug in ("east", "west"))
    agent.department, store_manager.store = departments["service"], east
    agent.save()
    store_manager.save()
    where = {
        "service": {"department": departments["service"]},
        "quality": {"department": departments["quality"]},
        "nobody": {},
        "mine": {"department": departments["quality"], "assignee": agent},
        "east": {"department": departments["quality"], "store": east},
        "west": {"department": departments["quality"], "store": west},
    }
    tickets = {name: open_now(name, by=None) for name in where}
    for name, fields in where.items():
        Ticket.objects.filter(pk=tickets[name].pk).update(**fields)

    def seen_by(user):
        client = client_of(user)
        pages = {
            name: client.get(reverse("desk:ticket", args=[ticket.pk])) for name, ticket in tickets.items()
        }
        found = {name for name, page in pages.items() if page.status_code == 200}
        assert {page.status_code for page in pages.values()} <= {200, 404}
        listed = client.get(reverse("desk:tickets"), {"status": "any"}).context["page"]
        assert {ticket.title for ticket in listed} == found
        return found

    assert seen_by(agent) == {"service", "nobody", "mine"}
    assert seen_by(store_manager) == {"east"}
    for user in (designer, reviewer, admin):
        assert seen_by(user) == set(where)


def test_a_ticket_that_went_to_another_department_cannot_be_pressed_there(
    open_now, departments, agent, client_of
):
    ticket = open_now(by=None)
    Ticket.objects.filter(pk=ticket.pk).update(department=departments["quality"])
    with pytest.raises(NotYours):
        move_ticket(ticket=ticket, transition="new-handling", by=agent, at=timezone.now())


def test_a_store_manager_reads_but_does_not_press(open_now, client_of, store_manager):
    store_manager.store = Store.objects.create(slug="east", name="east")
    store_manager.save()
    ticket = open_now()
    Ticket.objects.filter(pk=ticket.pk).update(store=store_manager.store)
    client = client_of(store_manager)
    assert press(client, ticket, "new-handling").status_code == 422
    assert Ticket.objects.get().node == "new"


def test_why_it_came_is_said_in_words_of_the_rules(desk, publish_rules, open_now):
    publish_rules(
        [
            (
                text_has("虫"),
                [does("set_urgency", level="red"), does("send_to_department", department="service")],
            )
        ]
    )
    ticket = open_now("菜里有虫")
    page = desk.get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    assert "rule 0" in page
    assert "虫" in page
    assert "Service" in page


def test_the_customer_stands_beside_the_ticket(desk, open_now):
    customer = Customer.objects.create(number="C7", name="王芳", created_at=timezone.now())
    Order.objects.create(number="O7", customer=customer, placed_at=timezone.now(), currency="CNY")
    open_now("上一次", order_number="O7")
    ticket = open_now("这一次", order_number="O7")
    page = desk.get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    assert "王芳" in page
    assert "O7" in page
    assert "上一次" in page


def test_numbers_are_suggested_while_typing(desk, db):
    Customer.objects.create(number="C7", name="王芳", created_at=timezone.now())
    page = desk.get(reverse("desk:find", args=["customer"]), {"answer-customer": "王"}).content.decode()
    assert 'value="C7"' in page
    assert desk.get(reverse("desk:find", args=["customer"]), {"answer-customer": ""}).content == b""


PHOTO = {
    "type": "file",
    "value": {"label": "照片", "name": "photo", "groups": ["image"], "megabytes": 1, "required": True},
}


def test_a_file_is_given_only_to_who_may_see_its_ticket(
    desk,
    client_of,
    publish,
    departments,
    private_files,
    store_manager,
):
    record = refund_type(form=[*refund_type().form.raw_data, PHOTO])
    node_of(record, "new")["asks"].append("photo")
    publish(record)
    url = reverse("desk:open_ticket", args=["refund"])
    assert desk.post(url, {"answer-story": "坏了"}).context["form"].errors["photo"]
    desk.post(url, {"answer-story": "坏了", "answer-photo": SimpleUploadedFile("蛋糕.png", PNG)})
    ticket = Ticket.objects.get()
    attachment = reverse("desk:attachment", args=[ticket.pk, ticket.answers["photo"]["id"]])
    given = desk.get(attachment)
    assert b"".join(given.streaming_content) == PNG
    assert given["Content-Type"] == "image/png"
    assert client_of(store_manager).get(attachment).status_code == 404
    other = create_ticket(
        ticket_type="refund", answers={"story": "别的", "photo": ticket.answers["photo"] | {"id": "x"}},
        by=None, at=timezone.now(),
    )  # fmt: skip
    assert (
        desk.get(reverse("desk:attachment", args=[other.pk, ticket.answers["photo"]["id"]])).status_code
        == 404
    )


def test_a_thumbnail_is_given_like_the_photo_it_shows(
    desk, client_of, publish, departments, private_files, store_manager
):
    record = refund_type(form=[*refund_type().form.raw_data, PHOTO | {"type": "photo"}])
    node_of(record, "new")["asks"].append("photo")
    publish(record)
    upload = SimpleUploadedFile("cake.jpg", picture("JPEG"))
    desk.post(reverse("desk:open_ticket", args=["refund"]), {"answer-story": "坏了", "answer-photo": upload})
    ticket = Ticket.objects.get()
    small = reverse("desk:attachment", args=[ticket.pk, ticket.answers["photo"]["id"]]) + "?size=small"
    assert small in desk.get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    given = desk.get(small)
    assert given["Content-Type"] == "image/jpeg"
    assert "private" in given["Cache-Control"]
    assert client_of(store_manager).get(small).status_code == 404


@pytest.mark.parametrize(("kind", "written"), [("product", "SKU"), ("staff", "age")])
def test_products_and_colleagues_are_suggested_too(desk, agent, kind, written):
    order = Order.objects.create(number="O1", placed_at=timezone.now(), currency="CNY")
    for position in range(2):
        order.lines.create(position=position, sku="SKU-1", description="蛋糕", quantity=1, unit_price=1)
    offered = desk.get(reverse("desk:find", args=[kind]), {"answer-it": written}).content.decode()
    assert offered.count("<option") == 1
    assert {"product": "蛋糕", "staff": "agent"}[kind] in offered


def test_the_language_is_kept_with_the_account(desk, agent, open_now):
    assert "工单" in desk.get(reverse("desk:tickets")).content.decode()
    response = desk.post(reverse("desk:language"), {"language": "en", "next": reverse("desk:tickets")})
    assert response.url == reverse("desk:tickets")
    assert "Tickets" in desk.get(reverse("desk:tickets")).content.decode()
    assert desk.post(
        reverse("desk:language"), {"language": "en", "next": "https://evil.example"}
    ).url == reverse("desk:home")


def test_pages_run_no_script_of_their_own(desk, open_now):
    ticket = open_now()
    for url in (reverse("desk:home"), reverse("desk:tickets"), reverse("desk:ticket", args=[ticket.pk])):
        response = desk.get(url)
        page = response.content.decode()
        assert " style=" not in page
        assert "<script>" not in page
        assert " onclick" not in page
        assert "unsafe-inline" not in response["Content-Security-Policy"]


def test_an_old_ticket_says_how_long_it_waits(desk, open_now):
    ticket = open_now()
    Ticket.objects.filter(pk=ticket.pk).update(created_at=timezone.now() - timedelta(days=3))
    assert "3" in desk.get(reverse("desk:tickets")).content.decode()


def test_groups_give_what_the_desk_asks_for(db):
    assert Group.objects.get(name="Agents").permissions.filter(codename="change_ticket").exists()
    assert Group.objects.get(name="Ops designers").permissions.filter(codename="view_all_ticket").exists()
    assert Department.objects.count() == 0

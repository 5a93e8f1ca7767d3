"""A refund whose form changes with what is typed: the page and what is stored agree."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from flows.customers.models import Customer, Order
from flows.tickets.models import Ticket, TicketType
from tests.desk.test_browser import in_english
from tests.desk.test_fields_in_browser import block
from tests.forms.test_kinds import picture
from tests.forms.test_logic import is_, over
from tests.tickets.conftest import flow, node, press

HAS_PHOTO = {"all": [{"name": "photo", "operator": "is_true", "value": True}]}
REFUND = [
    block(
        "choice", "reason", "原因", "Reason", required=True,
        choices=[
            {"label": "商品损坏", "label_en": "Damaged", "name": "bad"},
            {"label": "不想要了", "label_en": "Changed my mind", "name": "mind"},
        ],
    ),
    block("photo", "photo", "损坏照片", "Photo of the damage", visible_if=is_("reason")),
    block("text", "where", "损坏位置", "Where it is damaged", visible_if=HAS_PHOTO, required=True),
    block("money", "price", "单价", "Price", currency="CNY"),
    block("number", "pieces", "件数", "Pieces", default="1"),
    block(
        "computed", "total", "应退金额", "To refund",
        formula="round([单价] * [件数] * 0.9, 2)", unit="元", unit_en="yuan",
    ),
    block("text", "approver", "审批人", "Approver", required_if=over("total", 100)),
]  # fmt: skip


@pytest.fixture
def damaged(publish):
    names = [one["value"]["name"] for one in REFUND]
    return publish(
        TicketType(
            name="退货退款",
            name_en="Return",
            slug="return",
            form=REFUND,
            flow=flow(
                node("new", "登记", "Report", kind="start", asks=names),
                node("handling", "处理", "Handling", asks=["pieces", "total", "approver"]),
                node("done", "完成", "Done", kind="resolved"),
                press("new", "handling", "处理", "Handle"),
                press("handling", "done", "完成", "Finish"),
            ),
        )
    )


@pytest.fixture
def desk(client_of, agent):
    return client_of(agent)


def typed(**answers):
    return {f"answer-{name}": value for name, value in answers.items()}


def test_what_is_hidden_is_not_stored_and_what_is_computed_is(desk, damaged):
    url = reverse("desk:open_ticket", args=["return"])
    desk.post(url, typed(reason="mind", where="盖子", price="50", pieces="2", total="1"))
    assert Ticket.objects.get().answers == {
        "reason": "mind",
        "price": {"minor": 5000, "currency": "CNY"},
        "pieces": "2",
        "total": "90.00",
    }


def test_what_must_be_answered_follows_from_what_was_computed(desk, damaged):
    url = reverse("desk:open_ticket", args=["return"])
    refused = desk.post(url, typed(reason="mind", price="50", pieces="3"))
    assert set(refused.context["form"].errors) == {"approver"}
    desk.post(url, typed(reason="mind", price="50", pieces="3", approver="王"))
    assert Ticket.objects.get().answers["total"] == "135.00"


def test_later_answers_are_settled_with_the_earlier_ones(desk, damaged):
    desk.post(reverse("desk:open_ticket", args=["return"]), typed(reason="mind", price="50", pieces="2"))
    ticket = Ticket.objects.get()
    url = reverse("desk:ticket", args=[ticket.pk])
    desk.post(url, {"seen": 0, "transition": "new-handling"})
    more = {"seen": 1, "transition": "handling-done"} | typed(pieces="4")
    assert set(desk.post(url, more).context["form"].errors) == {"approver"}
    asked = desk.post(
        reverse("desk:fields", args=[ticket.pk]), typed(pieces="4", shown="pieces,total,approver")
    )
    assert asked.json() == {
        "hidden": [],
        "required": ["approver"],
        "computed": {"total": "180.00 元"},
        "said": "",
    }
    desk.post(url, more | typed(approver="王"))
    ticket = Ticket.objects.get()
    assert ticket.answers["total"] == "180.00"
    assert ticket.node == "done"


def test_only_who_sees_the_ticket_is_told_what_to_show(desk, damaged, client_of, store_manager):
    desk.post(reverse("desk:open_ticket", args=["return"]), typed(reason="mind"))
    url = reverse("desk:fields", args=[Ticket.objects.get().pk])
    assert client_of(store_manager).post(url, typed(pieces="1")).status_code == 404
    assert client_of(store_manager).post(reverse("desk:open_fields", args=["return"])).status_code == 403
    assert desk.get(url).status_code == 405


def test_the_page_follows_while_one_types_and_keeps_what_was_typed(
    page, log_in, screenshot, damaged, agent, tmp_path
):
    photo = tmp_path / "lid.jpg"
    photo.write_bytes(picture("JPEG"))
    page.set_viewport_size({"width": 360, "height": 800})
    log_in(page, agent)
    page.goto(reverse("desk:open_ticket", args=["return"]))
    expect(page.get_by_label("损坏照片")).to_be_hidden()
    page.get_by_label("商品损坏").check()
    expect(page.get_by_label("损坏照片")).to_be_visible()
    expect(page.locator("[data-fields-target=said]")).to_have_text("新增填写项：损坏照片。")
    page.get_by_label("损坏照片").set_input_files(photo)
    page.get_by_label("损坏位置").fill("盖子")
    page.get_by_label("单价").fill("99.99")
    page.get_by_label("件数").fill("2")
    expect(page.get_by_label("应退金额")).to_have_text("179.98 元")
    expect(page.get_by_label("件数")).to_be_focused()
    expect(page.locator(".field--required").filter(has_text="审批人")).to_be_visible()
    screenshot(page, "conditional-zh")
    page.get_by_label("不想要了").check()
    expect(page.get_by_label("损坏位置")).to_be_hidden()
    page.get_by_label("商品损坏").check()
    expect(page.get_by_label("损坏位置")).to_have_value("盖子")
    page.get_by_label("审批人").fill("王")
    page.get_by_role("button", name="创建工单").click()
    page.wait_for_url("**/tickets/*/")
    answers = Ticket.objects.get().answers
    assert answers["where"] == "盖子"
    assert answers["photo"]["type"] == "image/jpeg"
    assert answers["total"] == "179.98"
    in_english(agent)
    page.goto(reverse("desk:open_ticket", args=["return"]))
    screenshot(page, "conditional-en", widths=(360,))


def test_designers_build_conditions_of_fields_with_the_condition_builder(
    page, log_in, screenshot, damaged, designer
):
    log_in(page, designer)
    page.goto(reverse(TicketType.snippet_viewset.get_url_name("edit"), args=[damaged.object_id]))
    label = page.locator("[name=form-1-value-label]")
    second = label.locator("xpath=ancestor::*[@data-streamfield-child][1]")
    second.locator(".w-panel__toggle, [data-panel-toggle]").first.click()
    second.get_by_role("button", name="设置").click()
    built = second.locator(".builder-sentence").first
    expect(built).to_contain_text("商品损坏")
    second.locator(".rule-fields").first.scroll_into_view_if_needed()
    screenshot(page, "condition-of-field-zh")
    second.locator(".builder-rule select").last.select_option(label="不想要了")
    expect(built).to_contain_text("不想要了")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("已更新").or_(page.get_by_text("已保存")).first.wait_for()
    draft = TicketType.objects.get(slug="return").get_latest_revision_as_object()
    assert draft.document()["fields"][1]["visible_if"] == is_("reason", "mind")


FILLED = [
    block("order", "order_number", "订单", "Order"),
    block("text", "who", "顾客姓名", "Customer's name", source="customer.name"),
    block("text", "phone", "电话", "Phone", source="customer.phone"),
    block("money", "amount", "金额", "Amount", currency="CNY", source="order.total", maximum="500"),
    block("date", "bought", "购买日期", "Bought on", source="order.placed"),
    block("text", "why", "原因", "Why", visible_if=over("amount", 100)),
]


@pytest.fixture
def return_of_order(publish):
    names = [one["value"]["name"] for one in FILLED]
    return publish(
        TicketType(
            name="退货",
            slug="return",
            form=FILLED,
            flow=flow(
                node("new", "登记", kind="start", asks=names),
                node("done", "完成", kind="resolved"),
                press("new", "done", "完成", "Finish"),
            ),
        )
    )


@pytest.fixture
def orders(db):
    def order(number, name, price):
        customer = Customer.objects.create(
            number=f"C-{number}", name=name, phone="13800138000", created_at=timezone.now()
        )
        made = Order.objects.create(
            number=number, customer=customer, currency="CNY", placed_at=datetime(2026, 3, 1, 18, tzinfo=UTC)
        )
        made.lines.create(position=1, sku="A", quantity=2, unit_price=price)
        return made

    return [order("O1", "王芳", "99.9500"), order("O2", "李雷", "10"), order("O3", "韩梅梅", "1000")]


def test_a_ticket_about_an_order_knows_what_the_order_says(
    desk, return_of_order, orders, client_of, designer
):
    url = reverse("desk:open_ticket", args=["return"]) + "?order=O1"
    form = desk.get(url).context["form"]
    assert form.initial == {
        "order_number": "O1", "who": "王芳", "amount": "199.9", "bought": "2026-03-02",
    }  # fmt: skip
    assert not form.fields["why"].not_asked
    # Who may see how to reach customers has the phone filled in as well.
    assert client_of(designer).get(url).context["form"].initial["phone"] == "13800138000"
    # What the field would refuse is left out.
    dear = desk.get(reverse("desk:open_ticket", args=["return"]) + "?order=O3").context["form"]
    assert "amount" not in dear.initial


def test_what_was_filled_in_stays_until_it_is_about_another_order(desk, return_of_order, orders):
    url = reverse("desk:open_fields", args=["return"])
    first = desk.post(url, typed(order_number="O1")).json()
    assert first["values"]["who"] == "王芳"
    assert "values" not in desk.post(url, typed(order_number="O1", about=first["about"])).json()
    assert desk.post(url, typed(order_number="O2", about=first["about"])).json()["values"]["who"] == "李雷"
    assert "values" not in desk.post(url, typed(order_number="nothing")).json()


def test_a_number_typed_fills_what_nobody_typed(page, log_in, return_of_order, orders, agent):
    log_in(page, agent)
    page.goto(reverse("desk:open_ticket", args=["return"]))
    page.get_by_label("订单").fill("O1")
    expect(page.get_by_label("顾客姓名")).to_have_value("王芳")
    expect(page.get_by_label("金额")).to_have_value("199.9")
    expect(page.get_by_label("原因")).to_be_visible()
    page.get_by_label("顾客姓名").fill("王太太")
    page.get_by_label("订单").fill("O2")
    expect(page.get_by_label("金额")).to_have_value("20")
    expect(page.get_by_label("原因")).to_be_hidden()
    expect(page.get_by_label("顾客姓名")).to_have_value("王太太")

"""Every kind of field in a real browser: with the keyboard, a pen, a camera's file and a position."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from flows.organisation.models import Region
from flows.tickets.models import Ticket, TicketType
from tests.desk.test_browser import in_english
from tests.forms.test_kinds import picture
from tests.tickets.conftest import flow, node, press


def block(kind, name, label, label_en, **more):
    return {"type": kind, "value": {"name": name, "label": label, "label_en": label_en, **more}}


VISIT = [
    block("date", "day", "到访日期", "Day", required=True, today_at_first=True),
    block("time", "arrived", "到达时间", "Arrived at", earliest="08:00", latest="20:00"),
    block(
        "text",
        "phone",
        "联系电话",
        "Phone",
        pattern="1[3-9][0-9]{9}",
        pattern_says="请填 1 开头的 11 位手机号。",
    ),
    block("product", "product", "商品", "Product"),
    block("staff", "by", "上门人员", "Visited by", help="登录账号", help_en="Account name"),
    block("region", "region", "区域", "Region"),
    block("photo", "before", "现场照片", "Photo of the place", required=True),
    block("location", "place", "位置", "Place"),
    block("rating", "stars", "顾客评分", "Customer's rating", required=True),
    block("rating", "mood", "心情", "Mood", stars=3),
    block("signature", "signed", "顾客签名", "Customer's signature", required=True),
]


@pytest.fixture
def visit(publish):
    names = [one["value"]["name"] for one in VISIT]
    return publish(
        TicketType(
            name="上门服务",
            name_en="Home visit",
            slug="visit",
            form=VISIT,
            flow=flow(
                node("new", "登记", "Report", kind="start", asks=names),
                node("done", "完成", "Done", kind="resolved"),
                press("new", "done", "完成", "Finish"),
            ),
        )
    )


def draw(page):
    pad = page.locator(".signature__canvas")
    pad.evaluate("pad => pad.scrollIntoView({ block: 'center' })")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for step_ in range(12):
        page.mouse.move(box["x"] + 40 + 18 * step_, box["y"] + 60 + (30 if step_ % 2 else -20))
    page.mouse.up()


def test_a_visit_is_reported_on_a_phone(page, log_in, screenshot, visit, agent, tmp_path):
    Region.objects.create(slug="east", name="华东")
    photo = tmp_path / "kitchen.jpg"
    photo.write_bytes(picture("JPEG"))
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 31.2304161, "longitude": 121.4737011})
    page.set_viewport_size({"width": 360, "height": 800})
    log_in(page, agent)
    page.goto(reverse("desk:open_ticket", args=["visit"]))
    expect(page.get_by_label("到访日期")).to_have_value(timezone.localdate().isoformat())
    page.get_by_label("到达时间").fill("14:30")
    page.get_by_label("联系电话").fill("138")
    page.get_by_label("区域").select_option("east")
    page.get_by_role("button", name="使用当前位置").click()
    expect(page.get_by_label("纬度")).to_have_value("31.230416")
    page.get_by_label("5 星").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("4 星")).to_be_checked()
    draw(page)
    page.get_by_role("button", name="创建工单").click()
    expect(page.get_by_text("请填 1 开头的 11 位手机号。")).to_be_visible()
    screenshot(page, "visit-refused-zh")
    page.get_by_label("联系电话").fill("13800138000")
    page.get_by_label("现场照片").set_input_files(photo)
    page.get_by_role("button", name="创建工单").click()
    page.wait_for_url("**/tickets/*/")
    expect(page.locator(".picture img").first).to_be_visible()
    for shown in page.locator(".picture img").all():
        shown.scroll_into_view_if_needed()
        expect(shown).to_have_js_property("naturalWidth", 480)
    screenshot(page, "visit-zh")
    in_english(agent)
    page.reload()
    screenshot(page, "visit-en", widths=(1440,))
    page.goto(reverse("desk:open_ticket", args=["visit"]))
    screenshot(page, "visit-new-en")
    answers = Ticket.objects.get().answers
    assert answers["arrived"] == "14:30"
    assert answers["stars"] == "4"
    assert answers["place"] == {"latitude": "31.230416", "longitude": "121.473701"}
    assert answers["signed"]["type"] == "image/png"


def test_designers_find_every_kind_on_the_form(page, log_in, screenshot, visit, designer):
    log_in(page, designer)
    page.goto(reverse(TicketType.snippet_viewset.get_url_name("edit"), args=[visit.object_id]))
    page.get_by_text("联系电话").first.wait_for()
    page.locator("[data-streamfield-child] .w-panel__toggle").nth(2).click()
    screenshot(page, "visit-type-zh")

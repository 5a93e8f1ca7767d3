"""Naming a colleague while writing Chinese, and acting on many tickets, by keyboard."""

from django.contrib.auth.models import Group

from flows.organisation.models import Department, User
from flows.tickets.models import Ticket
from flows.tickets.together.models import Comment
from tests.desk.test_browser import company  # noqa: F401


def test_a_colleague_is_named_in_chinese_by_keyboard(page, log_in, screenshot, company):  # noqa: F811
    han = User.objects.create_user(
        "han", first_name="韩梅梅", department=Department.objects.get(slug="service")
    )
    han.groups.add(Group.objects.get(name="Agents"))
    User.objects.create_user("stranger", first_name="韩外人")
    log_in(page, company)
    page.goto(f"/desk/tickets/{Ticket.objects.get(title__startswith='我要退款').pk}/")
    text = page.get_by_label("评论内容")
    text.click()
    page.keyboard.type("@")
    page.locator("#mention-list > li").first.wait_for()

    # An input method composes: Enter takes its word, not a colleague.
    typing = page.context.new_cdp_session(page)
    typing.send("Input.imeSetComposition", {"text": "han", "selectionStart": 3, "selectionEnd": 3})
    typing.send("Input.insertText", {"text": "韩"})
    stranger = page.locator("#mention-list").get_by_role("option", name="韩外人")
    stranger.wait_for()
    assert "看不到此工单" in stranger.inner_text()
    # The two named 韩, of the five who were offered before.
    page.locator("#mention-list > li").nth(2).wait_for(state="detached")
    screenshot(page, "desk-mention")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert text.input_value() == "@han "
    page.keyboard.type("请看，@stranger ")
    page.get_by_text("韩外人 看不到此工单").wait_for()
    for _letter in "@stranger ":
        page.keyboard.press("Backspace")
    page.get_by_role("button", name="发布评论").press("Enter")
    page.locator(".said").get_by_text("@韩梅梅").wait_for()
    assert Comment.objects.get().text == "@han 请看，"
    assert page.get_by_text("韩梅梅", exact=True).count()


def test_many_tickets_are_tagged_at_once_by_keyboard(page, log_in, screenshot, company):  # noqa: F811
    log_in(page, company)
    page.goto("/desk/tickets/?list=department")
    page.get_by_label("本页全选").press("Space")
    count = page.locator(".row__pick :checked").count()
    assert count > 1
    page.get_by_role("button", name=f"处理所选 {count}").press("Enter")
    page.get_by_text("添加或移除标签").press("Enter")
    screenshot(page, "desk-bulk")
    page.get_by_label("添加标签").fill("批量，回访")
    page.get_by_role("button", name="修改标签").press("Enter")
    page.get_by_text("已完成", exact=True).first.wait_for()
    screenshot(page, "desk-bulk-result")
    assert Ticket.objects.tagged("批量").count() == count

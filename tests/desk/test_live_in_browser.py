"""Two people on one ticket, with the server that production runs: streams need more than the tests' own."""

import http.client
import json
import time
import urllib.request

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from flows.channels.notices import notify
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Ticket
from tests.project.test_serve import START, start, wait_until  # noqa: F401
from tests.tickets.conftest import departments, publish, refund  # noqa: F401


@pytest.fixture
def served(start):  # noqa: F811
    served = start("--web", SECRET_KEY=settings.SECRET_KEY)
    wait_until(lambda: "Tangram is running at" in served.said(), within=START)
    return served


@pytest.fixture
def ticket(refund, agent, admin):  # noqa: F811
    return create_ticket(ticket_type="refund", answers={"story": "蛋糕坏了"}, by=agent, at=timezone.now())


def session_of(user):
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def press(ticket, by, transition, **answers):
    now = Ticket.objects.get(pk=ticket.pk)
    return move_ticket(ticket=now, transition=transition, by=by, at=timezone.now(), answers=answers)


def ask(address, user):
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_of(user)}"}
    return urllib.request.urlopen(urllib.request.Request(address, headers=headers))


def events(response):
    """The events of a stream as they come: (name, data)."""
    name = ""
    while line := response.readline().decode():
        field, _, value = line.rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def test_a_stream_tells_what_another_process_wrote(served, ticket, agent, admin):
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=START)
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_of(agent)}"}
    connection.request("GET", f"/desk/live/?shown={ticket.pk}&since={time.time()}", headers=headers)
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-store"
    heard = events(response)
    press(ticket, admin, "new-handling")
    notify(people=[agent], event="ticket.mentioned", subject=ticket.subject, at=timezone.now(), by=admin)
    news = {}
    while not {"tickets", "unread"} <= news.keys():  # one may come a moment after the other
        name, more = next(heard)
        news |= more if name == "news" else {}
    assert news["tickets"] == {str(ticket.pk): {"by": "admin", "own": False}}
    assert news["unread"] == 1
    connection.close()


def test_too_many_streams_are_refused_and_whole_pages_still_answer(start, agent):  # noqa: F811
    served = start("--web", SECRET_KEY=settings.SECRET_KEY, LIVE_STREAMS="0")
    wait_until(lambda: "Tangram is running at" in served.said(), within=START)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        ask(f"{served.url}/desk/live/", agent)
    assert ask(f"{served.url}/desk/", agent).status == 200


@pytest.mark.usefixtures("assets")
def test_what_one_person_does_shows_on_the_others_page_and_typed_text_stays(
    browser, served, ticket, agent, admin, screenshot
):
    context = browser.new_context(
        base_url=served.url, locale="zh-CN", viewport={"width": 1440, "height": 900}
    )
    name, value = settings.SESSION_COOKIE_NAME, session_of(agent)
    context.add_cookies([{"name": name, "value": value, "url": served.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    with page.expect_request("**/desk/live/**"):
        page.goto(f"/desk/tickets/{ticket.pk}/")

    press(ticket, admin, "new-handling")
    page.locator("#ticket-happened").get_by_text("admin").wait_for()
    page.get_by_role("button", name="退款").wait_for()
    assert not page.locator(".live-bar").is_visible()

    page.get_by_label("备注").fill("我正在写")
    press(ticket, admin, "handling-done", reply="已退款")
    page.locator(".live-bar").get_by_text("admin 刚刚更改了这张工单").wait_for()
    screenshot(page, "desk-changed-meanwhile-zh")
    assert page.get_by_label("备注").input_value() == "我正在写"
    page.get_by_role("button", name="显示更改").click()
    page.get_by_role("button", name="重新打开").wait_for()
    assert page.get_by_label("备注").input_value() == "我正在写"

    page.goto("/desk/tickets/")
    notify(people=[agent], event="ticket.mentioned", subject=ticket.subject, at=timezone.now(), by=admin)
    page.locator(".bell__number").wait_for()
    opened = create_ticket(ticket_type="refund", answers={"story": "新来的"}, by=agent, at=timezone.now())
    page.locator(f'[data-ticket="{opened.pk}"]').wait_for()
    context.close()

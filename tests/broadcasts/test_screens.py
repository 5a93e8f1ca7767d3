"""What people see and press."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from flows.broadcasts import actions
from flows.broadcasts.models import Broadcast, Lexicon, Limit, Sending
from flows.customers.models import Customer
from rules.store.actions import save_draft
from tests.broadcasts.conftest import NOON, reasons, work

NOT_RECENT_BUYERS = {"kind": "bought", "length": 7, "unit": "day", "counted": "rolling"}


@pytest.fixture
def of_designer(client_of, designer):
    return client_of(designer)


@pytest.fixture
def two_of_three(make_buyers, make_order, make_limit, make_broadcast):
    """A live broadcast that two of three buyers would get at NOON."""
    buyers = make_buyers(3, name="小明")
    make_order(buyers[0], NOON - timedelta(days=1))
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_broadcast(message="{name}，春天来了", stand_in="您好")
    return Broadcast.objects.get(slug="spring")


def text_of(response):
    assert response.status_code == 200, response
    return response.content.decode()


def at_noon(name, record, **query):
    query = {"at": "2026-03-02 12:00:00", **query}
    return reverse(name, args=[record.pk]) + "?" + "&".join(f"{key}={value}" for key, value in query.items())


def test_the_page_shows_the_counts_of_the_command_before_anything_is_sent(of_designer, two_of_three):
    page = text_of(of_designer.get(at_noon("broadcasts_forecast", two_of_three)))
    forecast = actions.forecast(slug="spring", at=NOON)
    assert forecast.by_reason == {"accepted": 2, "limit:bought": 1}
    assert "3 位客户中有 2 位会收到" in page
    assert "因风控限制“bought”不发送" in page
    assert "小明，春天来了" in page
    assert Sending.objects.count() == 0


def test_every_number_of_the_forecast_opens_the_list_behind_it(of_designer, two_of_three):
    held, accepted, _also = [f"/inspect/{customer.pk}/" for customer in Customer.objects.order_by("number")]
    page = text_of(of_designer.get(at_noon("broadcasts_forecast_who", two_of_three, reason="limit:bought")))
    assert held in page
    assert accepted not in page
    page = text_of(of_designer.get(at_noon("broadcasts_forecast_who", two_of_three, reason="accepted")))
    assert accepted in page
    assert held not in page


def test_a_moment_that_makes_no_sense_is_named_at_its_field(of_designer, two_of_three):
    page = text_of(of_designer.get(reverse("broadcasts_forecast", args=[two_of_three.pk]) + "?at=soon"))
    assert "error-message" in page


def test_sending_asks_once_more_with_counts_and_then_shows_progress(of_designer, two_of_three, console):
    url = reverse("broadcasts_send", args=[two_of_three.pk])
    assert "位客户发送" in text_of(of_designer.get(url))
    response = of_designer.post(url)
    sending = Sending.objects.get()
    assert response.url == reverse("broadcasts_sending", args=[sending.pk])
    work(timezone.now())
    page = text_of(of_designer.get(response.url))
    assert "已发送 3 条" in page
    assert len(console()) == 3


def test_a_running_sending_looks_again_by_itself_and_a_finished_one_does_not(
    of_designer, two_of_three, designer
):
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_next_chunk(sending=sending, now=NOON)
    url = reverse("broadcasts_sending", args=[sending.pk])
    assert of_designer.get(url)["Refresh"]
    work()
    assert "Refresh" not in of_designer.get(url)


def test_a_broadcast_can_be_sent_later(of_designer, two_of_three):
    later = timezone.localtime() + timedelta(days=3)
    response = of_designer.post(
        reverse("broadcasts_send", args=[two_of_three.pk]), {"at": later.strftime("%Y-%m-%d %H:%M")}
    )
    sending = Sending.objects.get()
    assert sending.state == Sending.State.SCHEDULED
    assert abs(sending.at - later) < timedelta(minutes=1)
    assert "开始" in text_of(of_designer.get(response.url))


def test_pause_go_on_and_stop_from_the_page(of_designer, two_of_three, designer):
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_due(clock=lambda: NOON)
    of_designer.post(reverse("broadcasts_pause", args=[sending.pk]))
    work()
    assert reasons(sending) == {"accepted": 2, "limit:bought": 1}
    of_designer.post(reverse("broadcasts_resume", args=[sending.pk]))
    assert "2 位客户还在等待" in text_of(of_designer.get(reverse("broadcasts_stop", args=[sending.pk])))
    of_designer.post(reverse("broadcasts_stop", args=[sending.pk]))
    work()
    assert reasons(sending) == {"stopped": 2, "limit:bought": 1}


def test_the_list_of_recipients_opens_by_reason_and_downloads(of_designer, two_of_three, send):
    sending = send("spring")
    url = reverse("broadcasts_recipients", args=[sending.pk])
    page = text_of(of_designer.get(url + "?reason=limit:bought"))
    assert "限制的第 1 版" in page
    assert page.count("/inspect/") == 1
    book = load_workbook(BytesIO(b"".join(of_designer.get(url + "?export=xlsx").streaming_content)))
    rows = [[cell.value for cell in row] for row in book.active.rows]
    assert len(rows) == 4
    assert rows[0][0] == "客户编号"
    assert {row[4] for row in rows[1:]} == {"sent", "limit:bought"}
    csv = b"".join(of_designer.get(url + "?reason=sent&export=csv").streaming_content).decode("utf-8-sig")
    assert len(csv.splitlines()) == 3


def test_a_name_that_looks_like_a_formula_is_harmless_in_a_download(of_designer, two_of_three, send):
    Customer.objects.update(name="=HYPERLINK(1)")
    sending = send("spring")
    url = reverse("broadcasts_recipients", args=[sending.pk]) + "?export=csv"
    assert "'=HYPERLINK" in b"".join(of_designer.get(url).streaming_content).decode("utf-8-sig")


def test_the_list_of_sendings_says_how_each_went(of_designer, two_of_three, send):
    assert "record-teaching" in text_of(of_designer.get(reverse("broadcasts_sendings")))
    send("spring")
    assert "spring（版本 1）" in text_of(of_designer.get(reverse("broadcasts_sendings")))


@pytest.mark.parametrize("persona", ["agent", "store_manager"])
def test_who_may_not_see_broadcasts_is_turned_away(persona, client_of, request, two_of_three):
    client = client_of(request.getfixturevalue(persona))
    for name in ("broadcasts_forecast", "broadcasts_send"):
        assert client.get(reverse(name, args=[two_of_three.pk])).status_code in (302, 403)


def test_a_reviewer_sees_the_forecast_but_no_button_to_send(client_of, reviewer, two_of_three):
    client = client_of(reviewer)
    page = text_of(client.get(at_noon("broadcasts_forecast", two_of_three)))
    assert reverse("broadcasts_send", args=[two_of_three.pk]) not in page
    assert client.post(reverse("broadcasts_send", args=[two_of_three.pk])).status_code in (302, 403)
    assert Sending.objects.count() == 0


# Lexicons


def test_a_draft_lexicon_can_be_tried_on_a_text_and_on_past_messages(of_designer, designer, make_broadcast):
    from flows.broadcasts.models import LexiconCategory

    make_broadcast(message="今年的国家级好礼")
    draft = Lexicon(name="ads", slug="ads")
    draft.categories = [LexiconCategory(name="advertising law", action="warn", words="国家级\n最低价")]
    save_draft(record=draft, by=designer)
    url = reverse("broadcasts_lexicon_try", args=[draft.pk])
    page = text_of(of_designer.get(url))
    assert "broadcast-mark--warn" in page
    page = text_of(of_designer.post(url, {"text": "全网最 低 价"}))
    assert "最 低 价" in page
    assert "找到 1 处" in page


# Forms: what is wrong is said at its field


def form_data(**changes):
    return {
        "name": "x", "slug": "x", "segment": "buyers", "channel": "console", "category": "promotion",
        "message": "hello", "when_missing": "stand_in", "stand_in": "", "action-submit": "1",
    } | changes  # fmt: skip


def test_an_unknown_variable_is_named_at_the_message(of_designer, buyers_segment):
    url = reverse(Broadcast.snippet_viewset.get_url_name("add"))
    page = text_of(of_designer.post(url, form_data(message="{nmae}您好", stand_in="您")))
    assert "{nmae} 不是可用的变量" in page
    assert "{姓名}" in page


def test_a_blocked_word_is_named_at_the_message_and_nothing_goes_into_review(
    of_designer, buyers_segment, make_lexicon
):
    make_lexicon(words="最低价")
    url = reverse(Broadcast.snippet_viewset.get_url_name("add"))
    page = text_of(of_designer.post(url, form_data(message="全网最-低-价")))
    assert "最-低-价" in page
    assert "词库拦截了这条消息" in page
    assert not Broadcast.objects.filter(live=True).exists()


def test_a_segment_that_is_not_live_is_named_at_its_field(of_designer, designer):
    from flows.customers.models import Segment

    save_draft(record=Segment(name="draft", slug="draft", condition={"all": []}), by=designer)
    url = reverse(Broadcast.snippet_viewset.get_url_name("add"))
    assert "这个人群还没有生效" in text_of(of_designer.post(url, form_data(segment="draft")))


def test_words_of_one_character_are_named_at_their_category(of_designer):
    url = reverse(Lexicon.snippet_viewset.get_url_name("add"))
    data = {
        "name": "x", "slug": "x", "used_for": "both", "action-submit": "1",
        "categories-TOTAL_FORMS": "1", "categories-INITIAL_FORMS": "0", "categories-MIN_NUM_FORMS": "0",
        "categories-MAX_NUM_FORMS": "1000", "categories-0-name": "all", "categories-0-action": "block",
        "categories-0-words": "黄\n微信\n赌", "categories-0-allowed": "", "categories-0-ORDER": "1",
    }  # fmt: skip
    page = text_of(of_designer.post(url, data))
    assert "“黄”太短" in page
    assert "“赌”太短" in page


def test_a_limit_without_its_number_is_named_at_the_field(of_designer):
    url = reverse(Limit.snippet_viewset.get_url_name("add"))
    data = {
        "name": "x", "slug": "x", "kind": "cap", "channel": "", "category": "", "most": "", "length": "1",
        "unit": "day", "counted": "calendar", "zone": "Asia/Shanghai", "action-submit": "1",
    }  # fmt: skip
    page = text_of(of_designer.post(url, data))
    assert "请填写" in page


def test_warned_words_stand_in_what_the_reviewer_reads(make_lexicon, buyers_segment):
    make_lexicon(action="warn", words="国家级")
    draft = Broadcast(name="x", slug="x", segment="buyers", message="国家级好礼")
    assert draft.problems() == []
    [line] = [line for line in Broadcast.in_words(draft.document(), "zh-hans") if line.key == "lexicons"]
    assert "国家级" in line.text

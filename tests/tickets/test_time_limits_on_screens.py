"""What people see of time limits: lists, a ticket's page, its time line, the page of a ticket type."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from flows.organisation.models import Department, User
from flows.tickets.actions import create_ticket, live_type
from flows.tickets.models import Ticket, TicketType
from flows.tickets.service_levels.ladder import fire_due
from flows.tickets.service_levels.preview import preview
from flows.tickets.service_levels.words import due_in_words, length_in_words
from rules.store.problems import RecordErrors
from tests.tickets.conftest import NOON, refund_type, time_limit

pytestmark = pytest.mark.django_db
LADDER = [(50, "percent", "remind", "assignee"), (1, "hours_after", "escalate", "head")]


@pytest.fixture
def limited(publish_limits, agent):
    """Two tickets, due in two hours and overdue by 35 minutes, with limits that count every hour."""
    publish_limits(time_limit(amount=2, working=False, ladder=LADDER))
    now = timezone.now()
    in_time, late = (
        create_ticket(ticket_type="refund", answers={"story": story}, by=agent, at=now)
        for story in ("按时的", "迟了的")
    )
    ago = timedelta(hours=2, minutes=35, seconds=30)
    for row in (late.clocks.get(), late):
        type(row).objects.filter(pk=row.pk).update(due_at=now + timedelta(hours=2) - ago)
    late.clocks.update(since=now - ago)
    return [in_time, late]


def test_the_list_says_due_and_overdue_in_words_and_as_a_colour(limited, agent, client_of):
    page = client_of(agent).get(reverse("desk:tickets")).content.decode()
    assert "badge--green" in page
    assert "还剩 1 小时 59 分钟" in page
    assert "已超时 35 分钟" in page


def test_the_list_can_be_ordered_by_what_is_due_first(limited, agent, client_of):
    page = client_of(agent).get(reverse("desk:tickets"), {"sort": "due"}).content.decode()
    assert page.index("迟了的") < page.index("按时的")
    assert list(Ticket.objects.overdue(at=timezone.now())) == [limited[1]]


def test_the_list_costs_no_query_for_each_ticket(
    limited, agent, client_of, django_assert_max_num_queries, publish_limits
):
    client = client_of(agent)
    client.get(reverse("desk:tickets"))
    with django_assert_max_num_queries(60) as few:
        client.get(reverse("desk:tickets"))
    for _number in range(8):
        create_ticket(ticket_type="refund", answers={"story": "又一张"}, by=agent, at=timezone.now())
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse("desk:tickets"))


def test_a_tickets_page_explains_its_clock(office, publish_limits, agent, client_of):
    publish_limits(time_limit(amount=8))
    ticket = create_ticket(ticket_type="refund", answers={"story": "x"}, by=agent, at=timezone.now())
    page = client_of(agent).get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    assert "8 小时（工作时间）" in page
    assert "按工作日历“总部”第 1 版计时" in page


def test_the_time_line_names_each_step_that_fired(limited, agent, client_of, departments):
    ticket = limited[1]
    departments["quality"].head = agent
    departments["quality"].save()
    Ticket.objects.filter(pk=ticket.pk).update(department=departments["quality"], assignee=None)
    fire_due(at=timezone.now() + timedelta(hours=3))
    page = client_of(agent).get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    assert "解决：时限已用 50%" in page
    assert "超时 1 小时 后" in page
    assert "已设为紧急" in page


@pytest.mark.parametrize(
    ("seconds", "by_days", "en"),
    [
        (59, True, "less than a minute"),
        (35 * 60, True, "35 min"),
        (2 * 3600 + 1, True, "2 h"),
        (25 * 3600 + 60, True, "1 d 1 h"),
        (25 * 3600 + 60, False, "25 h 1 min"),
    ],
)
def test_lengths_are_said_by_their_two_largest_parts(seconds, by_days, en):
    with translation.override("en"):
        assert length_in_words(seconds, by_days=by_days) == en


def test_due_and_overdue_are_different_words():
    with translation.override("en"):
        assert due_in_words(NOON + timedelta(hours=2), at=NOON) == "due in 2 h"
        assert due_in_words(NOON - timedelta(minutes=35), at=NOON) == "overdue by 35 min"


# The page of a ticket type


def test_a_ticket_type_says_its_time_limits_line_by_line(office, publish_limits):
    version = publish_limits(
        time_limit(amount=8, urgent_amount=2, ladder=LADDER),
        time_limit("node", 30, unit="minutes", node="处理"),
        calendar="office",
    )
    said = {line.key: line.text for line in version.lines("en")}
    assert said["time/solution"] == (
        "8 h of working time, 2 h for urgent tickets; at 50% of the time: remind who has the ticket; "
        "1 h after it was due: make it urgent and tell the head of its department"
    )
    assert said["time/node/handling"] == "30 min of working time"
    assert said["time/calendar"] == "总部"


def test_the_preview_says_when_a_ticket_opened_now_would_be_due(office, publish_limits):
    version = publish_limits(time_limit(amount=8, urgent_amount=2))
    rows = preview(version.document, language="zh-hans", at=NOON)["rows"]
    assert rows == [("解决", "2100年3月3日 12:00", "2100年3月2日 15:00")]


def test_time_limits_are_edited_on_the_page_and_previewed(office, publish_limits, designer, client_of):
    publish_limits(time_limit(amount=8, ladder=LADDER))
    url = reverse(TicketType.snippet_viewset.get_url_name("edit"), args=[TicketType.objects.get().pk])
    page = client_of(designer).get(url).content.decode()
    assert "现在新建的工单将于何时到期" in page
    assert "service_levels" in page


def test_a_version_without_time_limits_stays_readable(refund):
    assert "service_levels" not in refund.document
    assert not live_type("refund", at=NOON).compiled.has_time_limits
    assert refund_type().document().keys() == refund.document.keys()


def test_a_department_that_is_gone_is_told_as_nobody(office, publish_limits, agent):
    publish_limits(time_limit(amount=4, ladder=[(50, "percent", "reassign", "department:logistics")]))
    ticket = create_ticket(ticket_type="refund", answers={"story": "x"}, by=agent, at=NOON)
    Department.objects.filter(slug="logistics").delete()
    fire_due(at=NOON + timedelta(hours=100))
    assert ticket.events.get(kind="late").data["nobody"] == "logistics"


@pytest.mark.parametrize("who", ["person:left", "department:nowhere"])
def test_a_ladder_cannot_go_live_when_it_tells_someone_who_is_not_here(publish_limits, who):
    User.objects.create_user("left", is_active=False)
    with pytest.raises(RecordErrors):
        publish_limits(time_limit(ladder=[(50, "percent", "remind", who)]))


def test_a_type_cannot_go_live_with_a_calendar_that_is_not_here(publish_limits):
    with pytest.raises(RecordErrors, match="nowhere"):
        publish_limits(time_limit(), calendar="nowhere")

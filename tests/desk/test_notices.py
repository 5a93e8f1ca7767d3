"""The bell on the desk: the number, the list, opening, marking as read; and what a person chooses."""

from datetime import timedelta

import pytest
from django.utils import timezone
from wagtail.users.models import UserProfile

from flows.channels.models import Notice, NoticeChoice, NoticeHour
from flows.channels.notices import notify
from flows.tickets.models import Ticket
from tests.tickets.conftest import open_ticket  # noqa: F401


@pytest.fixture
def told(open_ticket, agent):  # noqa: F811
    """told(event) tells the agent of a ticket of theirs."""

    def told(event="ticket.mentioned", **context):
        ticket = open_ticket()
        notify(people=[agent], event=event, subject=ticket.subject, context=context, at=timezone.now())
        return ticket

    return told


@pytest.fixture
def desk(client_of, agent):
    return client_of(agent)


def test_the_bell_counts_what_is_unread_on_every_page_of_the_desk(told, desk):
    assert "bell__number" not in desk.get("/desk/").content.decode()
    told()
    told()
    for address in ("/desk/", "/desk/tickets/", "/desk/notices/"):
        assert '<span class="bell__number" aria-hidden="true">2</span>' in desk.get(address).content.decode()


def test_opening_a_notice_leads_to_the_ticket_and_is_reading_it(told, desk, agent):
    ticket = told(note="请看一下")
    assert "请看一下" in desk.get("/desk/notices/").content.decode()
    response = desk.get(f"/desk/notices/{Notice.objects.of(agent).get().pk}/")
    assert response.headers["Location"] == f"/desk/tickets/{ticket.pk}/"
    assert Notice.objects.of(agent).get().read_at


def test_a_notice_of_another_person_cannot_be_opened_or_read(told, client_of, reviewer, agent):
    told()
    other = client_of(reviewer)
    assert other.get(f"/desk/notices/{Notice.objects.of(agent).get().pk}/").status_code == 404
    other.post("/desk/notices/read/", {"up_to": Notice.objects.of(agent).get().pk})
    assert Notice.objects.of(agent).unread().count() == 1


def test_all_is_marked_as_read_but_what_came_meanwhile(told, desk, agent):
    told()
    shown = desk.get("/desk/notices/").context["newest"]
    told()
    desk.post("/desk/notices/read/", {"up_to": shown})
    assert Notice.objects.of(agent).unread().count() == 1
    for nonsense in ("", "x", "9" * 30):
        assert desk.post("/desk/notices/read/", {"up_to": nonsense}).status_code == 302


def test_a_ticket_one_may_not_see_any_more_is_not_told_of(told, desk, departments, agent):
    ticket = told(note="机密")
    Ticket.objects.filter(pk=ticket.pk).update(department=departments["quality"], created_by=None)
    page = desk.get("/desk/notices/").content.decode()
    assert ticket.title not in page
    assert "机密" not in page
    assert (
        desk.get(f"/desk/notices/{Notice.objects.of(agent).get().pk}/").headers["Location"]
        == "/desk/notices/"
    )


def test_what_a_person_chooses_is_kept_and_shown(desk, agent):
    page = desk.get("/desk/notices/choices/")
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    assert values["ticket.red-email"] == "now"
    assert values["ticket.commented-email"] == "brief"
    values |= {"ticket.red-email": "off", "hour": 18, "zone": "Asia/Singapore"}
    assert desk.post("/desk/notices/choices/", values).status_code == 302
    assert list(NoticeChoice.objects.values_list("event", "how")) == [("ticket.red", "off")]
    assert NoticeHour.objects.get().hour == 18
    assert UserProfile.objects.get(user=agent).current_time_zone == "Asia/Singapore"
    again = desk.get("/desk/notices/choices/").context["form"]
    assert again["ticket.red-email"].value() == "off"
    assert again["hour"].value() == 18


@pytest.mark.parametrize(
    "wrong", [{"hour": 24}, {"hour": "x"}, {"zone": "Mars"}, {"ticket.red-email": "sms"}]
)
def test_a_choice_that_does_not_exist_changes_nothing(desk, wrong):
    form = desk.get("/desk/notices/choices/").context["form"]
    values = {name: form[name].value() for name in form.fields} | wrong
    assert desk.post("/desk/notices/choices/", values).status_code == 200
    assert not NoticeHour.objects.exists()


def test_a_person_without_an_address_is_told_so(desk, agent):
    agent.email = ""
    agent.save()
    page = desk.get("/desk/notices/choices/").content.decode()
    assert "没有邮箱" in page
    assert "ticket.red-email" not in page


def test_the_list_takes_as_many_queries_for_a_page_as_for_one(told, desk, django_assert_max_num_queries):
    for _time in range(12):
        told()
    Notice.objects.update(at=timezone.now() - timedelta(hours=1))
    with django_assert_max_num_queries(22):
        desk.get("/desk/notices/")

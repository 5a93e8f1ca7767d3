"""Live pages: who is told that a ticket changed, and that nobody learns of what they may not see."""

import time

import pytest
from django.utils import timezone

from flows.channels.notices import notify
from flows.desk import live
from flows.desk.live import Hub, Listener, moment_in, numbers_in
from flows.tickets.actions import move_ticket, take_ticket
from flows.tickets.models import Ticket, TicketEvent
from tests.conftest import make_persona
from tests.tickets.conftest import open_ticket  # noqa: F401


class Ears:
    """One process with one open page per person; `hears()` is what each is told in the next second."""

    def __init__(self):
        self.hub, self.pages, self.new = Hub(), [], []

    def opens(self, person, *shown, since=None):
        page = Listener(
            person=person.pk,
            shown={ticket.pk for ticket in shown},
            since=time.time() if since is None else since,
        )
        self.pages.append(page)
        self.new.append(page)
        return page

    def hears(self, *, later=0):
        new, self.new = self.new, []
        told = {}
        for page, news in self.hub.news(self.pages, new, now=time.time() + later):
            told.setdefault(page, {}).update(news)
        return [told.get(page, {}) for page in self.pages]


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
def colleague(agent, departments):
    """Another agent; both of the service department."""
    other = make_persona("agent", username="colleague")
    for person in (agent, other):
        person.department = departments["service"]
        person.save()
    other.first_name = "韩梅梅"
    other.save()
    return other


@pytest.fixture
def ticket(open_ticket, colleague):  # noqa: F811
    ticket = open_ticket()
    Ticket.objects.update(department=colleague.department)
    TicketEvent.objects.update(at=timezone.now() - timezone.timedelta(hours=1))
    return Ticket.objects.get(pk=ticket.pk)


def press(ticket, by):
    return move_ticket(ticket=ticket, transition="new-handling", by=by, at=timezone.now())


def test_an_open_page_is_told_who_changed_the_ticket(ears, ticket, agent, colleague):
    ears.opens(agent, ticket)
    assert ears.hears() == [{}]
    press(ticket, by=colleague)
    assert ears.hears() == [{"tickets": {str(ticket.pk): {"by": "韩梅梅", "own": False}}}]
    assert ears.hears() == [{}]


def test_nobody_is_told_of_a_ticket_they_may_not_see(ears, ticket, agent, departments):
    stranger = make_persona("agent", username="stranger")
    stranger.department = departments["logistics"]
    stranger.save()
    ears.opens(stranger, ticket)
    ears.hears()
    press(ticket, by=agent)
    assert ears.hears() == [{}]


def test_a_ticket_that_leaves_my_sight_leaves_my_page_without_a_word_by_whom(
    ears, ticket, agent, colleague, departments
):
    ears.opens(colleague, ticket)
    ears.hears()
    Ticket.objects.update(department=departments["quality"])
    take_ticket(ticket=Ticket.objects.get(), by=agent, at=timezone.now())
    assert ears.hears() == [{"tickets": {str(ticket.pk): {"gone": True}}}]
    take_back = Ticket.objects.get()
    press(take_back, by=agent)
    assert ears.hears() == [{}]


def test_a_change_while_the_page_was_on_its_way_is_told_but_not_ones_own(ears, ticket, agent, colleague):
    made = time.time()
    press(ticket, by=colleague)
    ears.opens(agent, ticket, since=made)
    ears.opens(colleague, ticket, since=made)
    first, second = ears.hears()
    assert str(ticket.pk) in first["tickets"]
    assert second == {}


def test_who_was_away_for_long_looks_at_everything_again(ears, ticket, agent):
    ears.opens(agent, ticket, since=time.time() - 300)
    assert ears.hears() == [{"all": True, "unread": 0}]


def test_a_line_that_was_committed_late_is_told_too(ears, ticket, agent, colleague):
    ears.opens(agent, ticket)
    newest = TicketEvent.objects.order_by("-pk").first().pk
    ears.hears()

    def write(pk):
        TicketEvent.objects.create(pk=pk, ticket=ticket, kind="taken", at=timezone.now(), by=colleague)

    write(newest + 2)
    assert ears.hears() != [{}]
    write(newest + 1)  # numbered earlier, committed later
    assert ears.hears() != [{}]
    assert ears.hears() == [{}]


def test_a_flood_is_one_word(ears, ticket, agent, monkeypatch):
    monkeypatch.setattr(live, "MOST_LINES", 10)
    ears.opens(agent, ticket)
    ears.hears()
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, kind="taken", at=timezone.now()) for _line in range(25)
    )
    assert ears.hears() == [{"all": True}]
    while ears.hears() != [{}]:
        pass


def test_the_bell_rings_for_the_person_only(ears, ticket, agent, colleague):
    ears.opens(agent)
    ears.opens(colleague)
    ears.hears()
    notify(people=[agent], event="ticket.mentioned", subject=ticket.subject, at=timezone.now())
    assert ears.hears() == [{"unread": 1}, {}]


def test_a_second_without_news_takes_three_queries_however_many_listen(
    ears, ticket, agent, colleague, django_assert_num_queries
):
    for person in (agent, colleague):
        for _page in range(50):
            ears.opens(person, ticket)
    ears.hears()
    with django_assert_num_queries(3):
        ears.hears()


def test_a_change_is_looked_up_once_for_each_person_not_for_each_page(
    ears, ticket, agent, colleague, django_assert_num_queries
):
    for _page in range(50):
        ears.opens(agent, ticket)
        ears.opens(colleague, ticket)
    ears.hears()
    press(ticket, by=agent)
    with django_assert_num_queries(3 + 1 + 2):  # lines, who did it, what each of two may see
        assert all(ears.hears())


def test_who_lost_their_role_is_told_nothing_after_a_minute(ears, ticket, agent, colleague):
    ears.opens(agent, ticket)
    ears.hears()
    agent.groups.clear()
    press(ticket, by=colleague)
    [news] = ears.hears(later=live.PERSON_KEPT + 1)
    assert news["tickets"][str(ticket.pk)] == {"gone": True}


def test_a_stream_is_for_those_who_are_logged_in_and_for_servers_that_can(client, client_of, agent):
    assert client.get("/desk/live/").status_code == 403
    assert client_of(agent).get("/desk/live/").status_code == 204


@pytest.mark.parametrize("written", ["", "x", "nan", "inf", "-1", "1e400", "9" * 400, "１２"])
def test_nonsense_in_the_address_is_no_moment(written):
    assert 0 <= moment_in(written) < 1e11


def test_numbers_are_read_up_to_a_limit_and_nonsense_is_left_out():
    assert numbers_in("7,8,x,,-1,²," + "9" * 40) == {7, 8}
    assert len(numbers_in(",".join(map(str, range(1, 5_000))))) == live.MOST_SHOWN


def test_a_notice_that_came_while_the_page_was_on_its_way_rings_its_bell(ears, ticket, agent, colleague):
    before = time.time() - 0.5
    notify(people=[agent], event="ticket.mentioned", subject=ticket.subject, at=timezone.now(), by=colleague)
    ears.opens(agent, ticket, since=before)
    ears.opens(colleague, ticket, since=before)
    mine, others = ears.hears()
    assert mine["unread"] == 1
    assert "unread" not in others

import random

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse

from flows.customers.models import Customer
from flows.tickets.models import Ticket, TicketTag
from flows.tickets.together.comments import add_comment
from flows.tickets.together.models import SavedView, TicketWords
from flows.tickets.together.search_index import keep_index
from tests.tickets.conftest import NOON, does, text_has


def found(words, by):
    return {ticket.pk for ticket in Ticket.objects.visible_to(by).matching(words, by=by)}


def test_words_are_found_wherever_they_stand(open_here, li, outsider):
    ticket = open_here("昨天买的草莓蛋糕坏了，Ultra Bread 也是")
    for words in (
        "蛋糕",
        "草莓蛋糕坏",
        "糕",
        "ultra",
        "ULTRA bread",
        "蛋糕 昨天",
        f"#{ticket.pk}",
        str(ticket.pk),
    ):
        assert found(words, li) == {ticket.pk}, words
    for words in ("面包", "糕蛋", "蛋糕 面包", "%", "_", '"', "' OR 1=1"):
        assert found(words, li) == set(), words
    assert found("蛋糕", outsider) == set()


def test_any_piece_of_a_text_finds_it_and_no_other(open_here, li):
    """Also at the very end of a text, and in either case."""
    chance = random.Random(7)
    texts = [
        "".join(chance.choices("蛋糕坏了aB% ", k=chance.randint(1, 9))).strip() or "空" for _ in range(30)
    ]
    numbers = {open_here(text).pk: text for text in texts}
    for text in texts:
        for size in (1, 2, 3, 4):
            piece = text[-size:]
            if " " not in piece:
                expected = {pk for pk, other in numbers.items() if piece.lower() in other.lower()}
                assert found(piece, li) == expected, piece


def test_customers_tags_and_comments_are_found_too(open_here, li, wang):
    ticket = open_here("无关")
    customer = Customer.objects.create(number="C-7", name="欧阳锋", created_at=NOON)
    Ticket.objects.filter(pk=ticket.pk).update(customer=customer)
    TicketTag.objects.create(ticket=ticket, name="食品安全")
    add_comment(ticket=ticket, text="仓库说明天补发", by=li, at=NOON)
    for words in ("C-7", "欧阳", "食品安全", "补发", "仓库 欧阳锋"):
        assert found(words, wang) == {ticket.pk}, words


def test_signs_that_mean_something_to_a_database_are_only_signs(open_here, li):
    ticket = open_here('100% "好" it\'s_here')
    for words in ("100%", '"好"', "it's_here", "s_h"):
        assert found(words, li) == {ticket.pk}, words
    assert found("sXh", li) == set()


def test_words_follow_the_ticket_however_it_is_written(open_here, li):
    ticket = open_here("原来的话")
    Ticket.objects.filter(pk=ticket.pk).update(text="改过的话", title="改过的话")
    assert found("改过的", li) == {ticket.pk}
    assert found("原来的", li) == set()
    Ticket.objects.filter(pk=ticket.pk).delete()
    assert not TicketWords.objects.exists()


def test_what_stood_there_before_the_index_is_taken_in_after_a_migration(open_here, li):
    ticket = open_here("早先的工单")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM together_ticketwords")
    assert found("早先的", li) == set()
    keep_index()
    assert found("早先的", li) == {ticket.pk}


@pytest.mark.django_db
def test_the_index_survives_being_kept_again():
    keep_index()
    keep_index()
    call_command("check")


def test_a_keyword_tags_and_alerts_in_the_transaction_that_made_the_ticket(publish_rules, open_ticket, li):
    publish_rules([(text_has("过敏"), [does("add_tag", tag="食品安全"), does("set_urgency", level="red")])])

    def open_and_fail():
        with transaction.atomic():
            open_ticket("孩子吃了过敏", by=li)
            assert TicketTag.objects.filter(name="食品安全").exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_and_fail()
    assert not Ticket.objects.exists()
    assert not TicketTag.objects.exists(), "neither without the other"
    ticket = open_ticket("孩子吃了过敏", by=li)
    assert Ticket.objects.get(pk=ticket.pk).urgency == 3
    assert found("食品安全", li) == {ticket.pk}
    assert ticket.events.get(kind="routed").data["urgency"] == "red"


# Saved views


@pytest.fixture
def desk(client_of, li):
    return client_of(li)


def save(client, **given):
    return client.post(reverse("desk:save_view"), {"name": "红的", "query": "urgency=red&page=3"} | given)


def test_a_filter_is_kept_under_a_name_with_its_count(desk, open_here, li):
    ticket = open_here()
    Ticket.objects.filter(pk=ticket.pk).update(urgency=3)
    open_here("另一张")
    page = desk.get(save(desk).url)
    [view] = page.context["views"]
    assert (view["count"], view["is_shown"], view["is_default"]) == (1, True, False)
    assert SavedView.objects.get().chosen == {"urgency": "red"}
    assert [ticket.pk for ticket in page.context["page"]] == [ticket.pk]


def test_the_list_opens_with_the_default_view(desk, open_here, li):
    open_here()
    save(desk, is_default="1")
    opened = desk.get(reverse("desk:tickets"))
    assert opened.status_code == 302
    assert "urgency=red" in opened.url
    assert desk.get(reverse("desk:tickets") + "?list=all").status_code == 200
    view = SavedView.objects.get()
    desk.post(reverse("desk:change_view", args=[view.pk]), {"verb": "no_default"})
    assert desk.get(reverse("desk:tickets")).status_code == 200
    desk.post(reverse("desk:change_view", args=[view.pk]), {"verb": "remove"})
    assert not SavedView.objects.exists()


def test_a_view_for_the_department_is_made_by_its_lead(desk, li, wang, outsider, client_of, departments):
    assert save(desk, audience="department:service").status_code == 302
    assert not SavedView.objects.exists()
    li.groups.set([Group.objects.get(name="Team leads")])
    save(desk, audience="department:service")
    assert [one["view"].name for one in client_of(wang).get(reverse("desk:tickets")).context["views"]] == [
        "红的"
    ]
    assert client_of(outsider).get(reverse("desk:tickets")).context["views"] == []
    view = SavedView.objects.get()
    client_of(wang).post(reverse("desk:change_view", args=[view.pk]), {"verb": "remove"})
    assert SavedView.objects.exists()


def test_a_view_shows_each_person_only_what_they_see(desk, open_here, li, outsider, client_of, designer):
    Ticket.objects.filter(pk=open_here().pk).update(urgency=3)
    save(client_of(designer), audience="everyone")
    assert desk.get(reverse("desk:tickets")).context["views"][0]["count"] == 1
    assert client_of(outsider).get(reverse("desk:tickets")).context["views"][0]["count"] == 0


def test_two_views_of_one_name_are_told_apart(desk, li):
    save(desk)
    response = save(desk)
    assert SavedView.objects.count() == 1
    assert "urgency=red" in response.url

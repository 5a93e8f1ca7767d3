"""The suite's own promises: what other tests rely on."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from wagtail.models import Collection, Page

from tests.conftest import GROUPS, PASSWORD


def test_personas_are_in_their_groups_and_can_log_in(designer, reviewer, agent, store_manager, client):
    for user in (designer, reviewer, agent, store_manager):
        assert user.groups.get().name == GROUPS[user.username]
    assert client.login(username="designer", password=PASSWORD)


def test_client_of_is_logged_in(client_of, admin):
    assert client_of(admin).get(reverse("wagtailadmin_home")).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_test_that_commits_finds_the_rows_that_migrations_made(time):
    assert Page.objects.filter(depth=1).count() == 1
    assert Collection.objects.filter(depth=1).count() == 1
    assert Permission.objects.exists()
    # What the first run does, the second must not see.
    assert not Group.objects.filter(name="Leftovers").exists()
    Group.objects.create(name="Leftovers")
    Page.objects.all().delete()


def test_a_browser_sees_a_persona_logged_in(page, log_in, live, admin, screenshot):
    log_in(page, admin)
    page.goto(reverse("wagtailadmin_home"))
    assert page.locator("html").get_attribute("lang").startswith("zh")

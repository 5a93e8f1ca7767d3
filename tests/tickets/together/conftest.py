"""A refund flow, two agents in the same department, one elsewhere, and what people were told."""

import pytest
from django.contrib.auth.models import Group
from django.utils import translation

from flows.channels.models import Notice
from flows.organisation.models import User
from tests.forms.test_fields import private_files  # noqa: F401
from tests.tickets.conftest import NOON


@pytest.fixture
def told(db):
    """told(): who was told of what, in order: [(username, event, text), ...]."""

    def told():
        notices = Notice.objects.filter(subject__startswith="ticket:").order_by("pk").select_related("person")
        return [(one.person.username, one.event, one.context.get("note", "")) for one in notices]

    return told


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def colleague(name, department):
    person = User.objects.create_user(name, first_name=f"{name}名", department=department)
    person.groups.add(Group.objects.get(name="Agents"))
    return person


@pytest.fixture
def li(departments):
    return colleague("li", departments["service"])


@pytest.fixture
def wang(departments, li):
    return colleague("wang", departments["service"])


@pytest.fixture
def outsider(departments, li, wang):
    return colleague("outsider", departments["logistics"])


@pytest.fixture
def open_here(open_ticket, li, departments):
    """Opens tickets that the department of li and wang has."""

    def open_here(story="蛋糕坏了", **answers):
        ticket = open_ticket(story, by=li, at=NOON, **answers)
        ticket.department = departments["service"]
        ticket.save()
        ticket.tasks.update(department=departments["service"])
        return ticket

    return open_here


@pytest.fixture
def ticket(open_here):
    return open_here()

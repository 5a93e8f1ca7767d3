"""Twenty assign at the same moment, in threads on the real database: nobody gets more than they may have."""

import pytest
from django.contrib.auth.models import Group
from django.db.models import Count

from flows.organisation.models import User
from flows.organisation.roles import AGENTS
from flows.tickets.actions import create_ticket
from flows.tickets.models import Task, Ticket
from tests.tickets.conftest import NOON, node_of, refund_type
from tests.tickets.test_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 20


@pytest.fixture
def people(departments):
    people = [
        User.objects.create_user(name, department=departments["quality"], capacity=capacity)
        for name, capacity in (("anna", 4), ("ben", 7), ("cleo", 5))
    ]
    for person in people:
        person.groups.add(Group.objects.get(name=AGENTS))
    return people


def publish_given_by(publish, strategy):
    record = refund_type()
    pool = {"kind": "department", "name": "quality"}
    start = {"assign": "rules", "department": "service", "assignment": [{"strategy": strategy, "pool": pool}]}
    node_of(record, "new").update(start)
    publish(record)


def open_at_once(number) -> dict:
    openers = [User.objects.create_superuser(f"opener{place}") for place in range(number)]
    answers = {"story": "坏了"}
    return at_once(
        lambda opener: create_ticket(ticket_type="refund", answers=answers, by=opener, at=NOON), openers
    )


def held() -> dict:
    rows = Ticket.objects.order_by().values_list("assignee__username").annotate(count=Count("pk"))
    return dict(rows)


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded"])
def test_nobody_is_over_capacity_and_the_rest_waits_in_the_queue(publish, people, departments, strategy):
    publish_given_by(publish, strategy)
    outcomes = open_at_once(AT_ONCE)
    assert all(isinstance(made, Ticket) for made in outcomes.values()), outcomes
    assert held() == {"anna": 4, "ben": 7, "cleo": 5, None: 4}
    assert Ticket.objects.filter(assignee=None, department=departments["service"]).count() == 4
    assert Task.objects.filter(assignee=None).count() == 4


def test_turns_are_exact(publish, people):
    User.objects.update(capacity=None)
    publish_given_by(publish, "round_robin")
    open_at_once(AT_ONCE + 1)
    assert held() == {"anna": 7, "ben": 7, "cleo": 7}


def test_two_steps_share_the_capacity_of_their_people(publish, people):
    """Each step has turns of its own, so that only the people are locked by both."""
    User.objects.filter(username="ben").update(is_active=False)
    publish_given_by(publish, "least_loaded")
    other = refund_type(slug="other")
    pool = {"kind": "people", "people": ["cleo", "anna"]}
    entries = [{"strategy": "round_robin", "pool": pool}]
    node_of(other, "new").update(assign="rules", department="service", assignment=entries)
    publish(other)
    openers = [User.objects.create_superuser(f"opener{place}") for place in range(AT_ONCE)]

    def open_one(opener):
        slug = "refund" if openers.index(opener) % 2 else "other"
        return create_ticket(ticket_type=slug, answers={"story": "坏了"}, by=opener, at=NOON)

    outcomes = at_once(open_one, openers)
    assert all(isinstance(made, Ticket) for made in outcomes.values()), outcomes
    assert held() == {"anna": 4, "cleo": 5, None: 11}

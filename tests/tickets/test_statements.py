"""What a step of a ticket costs the database: as few statements with many rules as with one."""

from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flows.organisation.models import Department, Region, Store, User
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Ticket
from rules.store.models import RuleSet
from rules.store.models.ruleset import Rule
from tests.conftest import make_persona
from tests.tickets.conftest import NOON, does, refund_type, text_has

MUCH = {"minor": 200_000, "currency": "CNY"}
# With BEGIN and COMMIT. One of a move asks for programs to tell that the ticket is the presser's now.
OPENING, MOVING = 8, 9


@pytest.fixture
def counted(agent):
    """counted(act) → (what it returned, its statements)"""

    def counted(act, **given):
        with CaptureQueriesContext(connection) as asked:
            made = act(by=agent, at=NOON, **given)
        return made, [query["sql"] for query in asked]

    return counted


def open_and_move(counted) -> tuple[int, int]:
    answers = {"story": "word0 坏了", "amount": MUCH}
    ticket, opening = counted(create_ticket, ticket_type="refund", answers=answers)
    _ticket, moving = counted(move_ticket, ticket=ticket, transition="new-handling")
    return len(opening), len(moving)


@pytest.mark.django_db(transaction=True)
def test_opening_and_moving_take_as_many_statements_with_two_hundred_rules_as_with_one(
    publish, publish_rules, departments, counted
):
    publish(refund_type())
    publish_rules([(text_has("word0"), [does("add_tag", tag="tag0")])])
    open_and_move(counted)  # reads and compiles what is kept from then on
    with_one = open_and_move(counted)
    record = RuleSet.objects.get()
    record.rules = [
        Rule(
            sort_order=place,
            name=f"rule {place}",
            condition=text_has(f"word{place}"),
            actions=[does("add_tag", tag=f"tag{place}")],
        )
        for place in range(200)
    ]
    publish(record)
    open_and_move(counted)
    assert open_and_move(counted) == with_one
    assert with_one[0] <= OPENING
    assert with_one[1] <= MOVING
    assert Ticket.objects.last().tags.get().name == "tag0"


@pytest.mark.django_db(transaction=True)
def test_what_goes_live_decides_about_the_very_next_ticket(publish, publish_rules, departments, counted):
    publish(refund_type())
    given = {"ticket_type": "refund", "answers": {"story": "word0", "amount": MUCH}}
    for tag in ("first", "second"):
        publish_rules([(text_has("word0"), [does("add_tag", tag=tag)])], slug=tag)
        ticket, _statements = counted(create_ticket, **given)
        assert tag in {one.name for one in ticket.tags.all()}
    assert ticket.tags.count() == 2


def test_what_is_seen_without_asking_is_what_the_list_shows(refund):
    """Everyone of every kind of role, department and store, with tickets of every kind of owner."""
    here, there = (Department.objects.create(slug=slug, name=slug) for slug in ("here", "there"))
    region = Region.objects.create(slug="region", name="region")
    shops = [Store.objects.create(slug=slug, name=slug, region=region) for slug in ("shop", "stall")]
    people = [User.objects.create_user("nobody")]
    for role in ("agent", "store_manager", "designer"):
        for place, (department, store) in enumerate(product((None, here), (None, shops[0]))):
            person = make_persona(role, username=f"{role}-{place}")
            person.department, person.store = department, store
            person.save()
            people.append(person)
    owners = [None, people[0], people[1]]
    Ticket.objects.bulk_create(
        Ticket(
            version=refund,
            ticket_type="refund",
            title="x",
            node="new",
            department=department,
            assignee=assignee,
            created_by=creator,
            store=store,
            created_at=NOON,
            moved_at=NOON,
        )
        for department, assignee, creator, store in product(
            (None, here, there), owners, owners, (None, *shops)
        )
    )
    for person in people:
        person = User.objects.get(pk=person.pk)
        listed = set(Ticket.objects.visible_to(person))
        assert {ticket for ticket in Ticket.objects.all() if ticket.is_plainly_visible_to(person)} == listed

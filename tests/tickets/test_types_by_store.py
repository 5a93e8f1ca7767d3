"""Ticket types that a region or a store has its own way."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from flows.customers.models import Order
from flows.organisation.models import Region, Store
from flows.organisation.places import place_of_region, place_of_store
from flows.tickets.actions import Draft, create_ticket, create_tickets, move_ticket
from flows.tickets.models import Ticket, TicketType
from flows.tickets.refusals import AnswersMissing, NoSuchStep, NotYours
from flows.tickets.upgrading import Upgrade, move_to_version
from rules.store.actions import adjust
from rules.store.decisions import replay
from rules.store.models import Decision
from rules.store.runtime import live_version

from .conftest import NOON, node_of, press_of, refund_type, time_limit

YUAN = {"minor": 200_000, "currency": "CNY"}
# One value for each part that the refund type with a time limit has.
VALUES = {
    "who:handling": {"assign": "department", "department": "quality", "person": ""},
    "level:solution": {"amount": 90, "urgent": 30, "unit": "minutes"},
    "limit:handling": {"amount": 2, "urgent": None, "unit": "hours"},
    "calendar": {"calendar": "office"},
    "press:handling-approval": {"off": False, "who": "department", "department": "service"},
    "required:amount": {"required": True},
    "help:story": {"zh": "请拍照", "en": "Take a picture"},
    "default:story": {"default": "南京路店"},
}


@pytest.fixture
def shop(db):
    north = Region.objects.create(slug="north", name="North")
    shop = Store.objects.create(slug="sh-001", name="Nanjing Road", region=north)
    Order.objects.create(number="A1", store=shop, placed_at=NOON, currency="CNY")
    return shop


@pytest.fixture
def adjusted(publish, designer, refund):
    """adjusted(place, part key=value, ...) makes the adjustment live."""

    def adjusted(place, parts):
        record = TicketType.objects.get(slug="refund")
        override = adjust(record=record, place=place, by=designer)
        document = live_version(TicketType, "refund").document
        known = {part.key: part for part in TicketType.adjustable_parts(document)}
        override.parts = {key: known[key].clean(value) for key, value in parts.items()}
        return publish(override)

    return adjusted


@pytest.fixture
def open_here(agent):
    def open_here(by=None, at=NOON, **answers):
        given = {"story": "坏了", "order_number": "A1"} | answers
        return create_ticket(ticket_type="refund", answers=given, by=by or agent, at=at)

    return open_here


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_part_says_itself_and_its_own_value_is_one_it_takes(publish, departments, office, language):
    limits = [time_limit(), time_limit("node", 1, node="handling")]
    version = publish(refund_type(service_levels=[*limits]))
    with translation.override(language):
        parts = {part.key: part for part in TicketType.adjustable_parts(version.document)}
        assert VALUES.keys() <= parts.keys()
        for part in parts.values():
            assert part.label
            assert part.say(part.value)
            assert part.clean(part.value) == part.value
        for key, value in VALUES.items():
            cleaned = parts[key].clean(value)
            assert parts[key].say(cleaned) != parts[key].say(parts[key].value)
            changed = TicketType.with_parts(version.document, {key: cleaned})
            TicketType.compile(changed)
            [now] = [part for part in TicketType.adjustable_parts(changed) if part.key == key]
            assert now.value == cleaned


def test_a_limit_of_hours_that_is_minutes_if_urgent_is_said_in_minutes(publish, departments):
    level = time_limit("solution", 2, urgent_amount=1)
    version = publish(refund_type(service_levels=[level]))
    document = version.document
    document["service_levels"]["levels"][0]["urgent_seconds"] = 30 * 60
    [part] = [part for part in TicketType.adjustable_parts(document) if part.key == "level:solution"]
    assert part.value == {"amount": 120, "urgent": 30, "unit": "minutes"}


def test_a_part_without_the_department_it_is_about_is_refused(refund):
    parts = {part.key: part for part in TicketType.adjustable_parts(refund.document)}
    with pytest.raises(ValidationError):
        parts["who:handling"].clean({"assign": "department", "department": "", "person": ""})
    with pytest.raises(ValidationError):
        parts["who:handling"].clean({"assign": "department", "department": "nowhere", "person": ""})


def test_a_ticket_of_a_store_goes_to_whom_the_store_says(adjusted, shop, open_here, agent):
    adjustment = adjusted(place_of_store(shop), {"who:handling": VALUES["who:handling"]})
    here = move_ticket(ticket=open_here(), transition="new-handling", by=agent, at=NOON)
    elsewhere = open_here(order_number="")
    elsewhere = move_ticket(ticket=elsewhere, transition="new-handling", by=agent, at=NOON)
    assert (here.department.slug, here.assignee) == ("quality", None)
    assert (elsewhere.department, elsewhere.assignee) == (None, agent)
    assert here.adjusted_by == [adjustment.pk]
    assert elsewhere.adjusted_by == []


def test_a_region_reaches_its_stores_and_a_store_stands_above_it(adjusted, shop, open_here):
    other = Store.objects.create(slug="sh-002", name="Other", region=shop.region)
    Order.objects.create(number="A2", store=other, placed_at=NOON, currency="CNY")
    of_region = adjusted(
        place_of_region(shop.region),
        {"required:amount": {"required": True}, "help:story": {"zh": "区域", "en": "Region"}},
    )
    of_store = adjusted(place_of_store(shop), {"help:story": VALUES["help:story"]})
    ticket = open_here(amount=YUAN)
    assert ticket.adjusted_by == [of_region.pk, of_store.pk]
    assert ticket.runtime.field_named["story"].help["en"] == "Take a picture"
    assert ticket.runtime.field_named["amount"].required
    neighbour = open_here(order_number="A2", amount=YUAN)
    assert neighbour.runtime.field_named["story"].help["en"] == "Region"


def test_what_a_store_demands_is_missing_when_the_answers_name_that_store(adjusted, shop, open_here):
    adjusted(place_of_store(shop), {"required:amount": {"required": True}})
    with pytest.raises(AnswersMissing, match="金额"):
        open_here()
    assert not Ticket.objects.exists()
    assert open_here(order_number="").pk
    assert open_here(amount=YUAN).pk


def test_who_works_in_a_store_sees_its_form_and_opens_its_tickets(
    adjusted, shop, open_here, agent, client_of
):
    adjusted(place_of_store(shop), {"help:story": {"zh": "请拍照", "en": "请拍照"}})
    page = reverse("desk:open_ticket", args=["refund"])
    assert "请拍照" not in client_of(agent).get(page).content.decode()
    agent.store = shop
    agent.save()
    assert "请拍照" in client_of(agent).get(page).content.decode()
    ticket = open_here(order_number="")
    assert ticket.store == shop
    assert ticket.adjusted_by


def test_a_button_is_switched_off_or_given_to_others(adjusted, shop, open_here, agent):
    adjusted(
        place_of_store(shop),
        {
            "press:new-cancelled": {"off": True, "who": "anyone", "department": ""},
            "press:new-handling": {"off": False, "who": "department", "department": "service"},
        },
    )
    ticket = open_here()
    with pytest.raises(NoSuchStep):
        move_ticket(ticket=ticket, transition="new-cancelled", by=agent, at=NOON)
    with pytest.raises(NotYours, match="Service"):
        move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    elsewhere = open_here(order_number="")
    assert move_ticket(ticket=elsewhere, transition="new-cancelled", by=agent, at=NOON).closed_at


def test_a_button_without_which_a_ticket_is_stuck_cannot_be_switched_off(refund, shop, designer):
    override = adjust(record=TicketType.objects.get(), place=place_of_store(shop), by=designer)
    off = {"off": True, "who": "anyone", "department": "", "department_name": ""}
    override.parts = {"press:approval-done": off}
    assert override.problems()


def test_a_ticket_keeps_what_held_when_it_was_opened(adjusted, shop, open_here, publish, agent):
    adjusted(place_of_store(shop), {"who:handling": VALUES["who:handling"]})
    ticket = open_here()
    adjusted(place_of_store(shop), {"who:handling": VALUES["who:handling"] | {"department": "service"}})
    moved = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    assert moved.department.slug == "quality"
    later = move_ticket(ticket=open_here(), transition="new-handling", by=agent, at=NOON)
    assert later.department.slug == "service"


def test_a_decision_names_the_adjustment_and_replays(adjusted, shop, open_here, agent):
    adjustment = adjusted(place_of_store(shop), {"help:story": VALUES["help:story"]})
    ticket = open_here(amount=YUAN)
    for key, answers in (("new-handling", {}), ("handling-approval", {"reply": "好"})):
        ticket = move_ticket(ticket=ticket, transition=key, by=agent, at=NOON, answers=answers)
    decision = Decision.objects.get(subject=ticket.subject)
    assert decision.adjusted_by == [adjustment.pk]
    assert replay(decision) == decision.outcome


def test_time_is_counted_by_the_limit_of_the_store(publish, office, adjusted, shop, open_here):
    record = TicketType.objects.get()
    record.service_levels = refund_type(service_levels=[time_limit("solution", 8)]).service_levels
    publish(record)
    adjusted(place_of_store(shop), {"level:solution": VALUES["level:solution"]})
    assert open_here().clocks.get().budget == 90 * 60
    assert open_here(order_number="").clocks.get().budget == 8 * 3600


def test_a_ticket_that_moves_to_a_new_version_keeps_what_still_fits(
    adjusted, shop, open_here, publish, designer, agent
):
    fits = adjusted(place_of_store(shop), {"help:story": VALUES["help:story"]})
    idle = adjusted(place_of_region(shop.region), {"press:new-cancelled": {"off": True, "who": "anyone"}})
    ticket = open_here()
    assert ticket.adjusted_by == [idle.pk, fits.pk]
    record = TicketType.objects.get().get_latest_revision_as_object()
    node_of(record, "handling")["label"] = {"zh": "办理", "en": "Working"}
    press_of(record, "new", "cancelled")["key"] = "drop"
    upgrade = Upgrade(publish(record))
    moved = move_to_version(ticket=ticket, upgrade=upgrade, by=designer, at=NOON)
    assert moved.adjusted_by == [fits.pk]
    assert moved.runtime.nodes["handling"].label["en"] == "Working"
    assert moved.runtime.field_named["story"].help["en"] == "Take a picture"


def test_many_tickets_of_many_stores_are_opened_with_as_many_statements(adjusted, shop, agent):
    adjusted(place_of_store(shop), {"help:story": VALUES["help:story"]})
    for number in range(2, 12):
        store = Store.objects.create(slug=f"sh-{number:03}", name=f"{number}", region=shop.region)
        Order.objects.create(number=f"A{number}", store=store, placed_at=NOON, currency="CNY")
    version = live_version(TicketType, "refund")

    def statements(numbers):
        drafts = [Draft(answers={"story": "坏了", "order_number": f"A{number}"}) for number in numbers]
        with CaptureQueriesContext(connection) as queries:
            create_tickets(version=version, drafts=drafts, by=None, at=NOON, source="api")
        return len(queries)

    statements([1])
    assert statements(range(1, 11)) == statements([1, 2])

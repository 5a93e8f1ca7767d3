"""Who gets a ticket at a step where rules say so: every strategy, what keeps people from it, and fairness."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from flows.organisation.models import Absence, Department, Shift, Skill, Store, User
from flows.organisation.roles import AGENTS, STORE_MANAGERS
from flows.tickets.actions import Draft, create_ticket, create_tickets, live_type, move_ticket
from flows.tickets.assignment.assigning import look_ahead
from flows.tickets.assignment.choices import ways_to_find_someone
from flows.tickets.assignment.entries import STRATEGIES, compile_assignment
from flows.tickets.assignment.explaining import explained
from flows.tickets.explaining import time_line, why_assigned
from flows.tickets.facts import vocabulary_of
from flows.tickets.models import AssignmentTurn, Task, Ticket, TicketEvent, TicketType
from rules.store.actions import save_draft
from rules.store.problems import RecordErrors
from tests.tickets.conftest import NOON, node_of, refund_type

pytestmark = pytest.mark.django_db

QUALITY = {"kind": "department", "name": "quality"}
FIELDS = [
    {"type": "staff", "value": {"label": "技师", "label_en": "Technician", "name": "technician"}},
    {"type": "store", "value": {"label": "门店", "label_en": "Store", "name": "shop"}},
    {"type": "location", "value": {"label": "位置", "label_en": "Place", "name": "place"}},
    {"type": "rating", "value": {"label": "满意度", "label_en": "Satisfaction", "name": "stars"}},
]


def refund_given_by(*entries, **node) -> object:
    """The refund type, whose start says by these entries who has a ticket."""
    record = refund_type()
    record.form = [*record.form.raw_data, *FIELDS]
    names = [field["value"]["name"] for field in FIELDS]
    start = node_of(record, "new")
    start["asks"] = [*start["asks"], *names]
    start |= {"assign": "rules", "department": "service", "assignment": list(entries)} | node
    return record


@pytest.fixture
def people(departments):
    """anna, ben and cleo of quality, agents."""
    return [make_agent(name, department=departments["quality"]) for name in ("anna", "ben", "cleo")]


def make_agent(username, *, role=AGENTS, **more) -> User:
    person = User.objects.create_user(username, first_name=username.capitalize(), **more)
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def given_by(publish, agent, departments):
    """given_by(entry, ...) publishes them; what it returns opens a ticket and tells who got it."""

    def given_by(*entries, **node):
        publish(refund_given_by(*entries, **node))

        def open_one(at=NOON, **answers):
            given = {"story": "坏了"} | answers
            return create_ticket(ticket_type="refund", answers=given, by=agent, at=at)

        return open_one

    return given_by


def holders(tickets) -> dict[str, int]:
    counts = {}
    for ticket in tickets:
        name = ticket.assignee.username if ticket.assignee else ""
        counts[name] = counts.get(name, 0) + 1
    return counts


def told(ticket, language="en") -> object:
    with override(language):
        return explained(ticket.events.filter(kind="assigned").last().data)


def money(yuan) -> dict:
    return {"minor": yuan * 100, "currency": "CNY"}


def by_turns(**more) -> dict:
    return {"strategy": "round_robin", "pool": QUALITY, **more}


def least_loaded(**more) -> dict:
    return {"strategy": "least_loaded", "pool": QUALITY, **more}


# Fairness


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded", "most_idle", "best_history"])
def test_thirty_tickets_over_three_people_are_ten_each(given_by, people, strategy):
    open_one = given_by({"strategy": strategy, "pool": QUALITY})
    assert holders(open_one() for _ in range(30)) == {"anna": 10, "ben": 10, "cleo": 10}


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded", "most_idle", "best_history"])
def test_thirty_tickets_opened_in_one_go_are_ten_each(given_by, people, agent, strategy):
    given_by({"strategy": strategy, "pool": QUALITY})
    drafts = [Draft(answers={"story": f"no. {number}"}) for number in range(30)]
    version = live_type("refund", at=NOON)
    made = create_tickets(version=version, drafts=drafts, by=agent, at=NOON, source="api")
    assert holders(made) == {"anna": 10, "ben": 10, "cleo": 10}
    assert holders(Ticket.objects.all()) == holders(Task.objects.all()) == holders(made)


def test_weights_of_one_to_two_over_five_tickets_are_two_and_three(given_by, people):
    pool = {"kind": "people", "people": ["anna", "ben"]}
    open_one = given_by({"strategy": "round_robin", "pool": pool, "weights": {"anna": 1, "ben": 2}})
    assert holders(open_one() for _ in range(5)) == {"anna": 2, "ben": 3}
    assert holders(open_one() for _ in range(25)) == {"anna": 8, "ben": 17}


def test_who_was_away_comes_back_to_no_heap(given_by, people):
    anna = people[0]
    open_one = given_by(by_turns())
    absence = away(anna)
    assert holders(open_one() for _ in range(10)) == {"ben": 5, "cleo": 5}
    absence.delete()
    assert holders(open_one() for _ in range(9)) == {"anna": 3, "ben": 3, "cleo": 3}


def away(person, backup=None, *, days=1) -> Absence:
    return Absence.objects.create(
        person=person,
        starts_at=NOON - timedelta(days=days),
        ends_at=NOON + timedelta(days=days),
        backup=backup,
    )


# Strategies


def test_one_person(given_by, people):
    open_one = given_by({"strategy": "person", "person": "ben"})
    ticket = open_one()
    assert holders([ticket]) == {"ben": 1}
    assert told(ticket).sentence == "assigned to Ben: named for this step"


def test_a_role(given_by, departments):
    make_agent("dora", role=STORE_MANAGERS)
    clerk = make_agent("emil")
    open_one = given_by({"strategy": "role", "role": AGENTS})
    agent = User.objects.get(username="agent")
    assert holders(open_one() for _ in range(4)) == {clerk.username: 2, agent.username: 2}


def test_the_queue_of_a_department(given_by, departments):
    ticket = given_by({"strategy": "department", "department": "quality"})()
    assert (ticket.assignee, ticket.department) == (None, departments["quality"])
    assert told(ticket).sentence == "put into the queue of Quality"
    assert not told(ticket).is_alert


def test_who_is_named_in_a_field(given_by, people):
    open_one = given_by({"strategy": "field", "field": "technician"}, by_turns())
    assert holders([open_one(technician="cleo")]) == {"cleo": 1}
    assert holders([open_one()]) == {"anna": 1}


def test_the_manager_of_the_store_that_was_answered(given_by, departments):
    store = Store.objects.create(slug="one", name="一店")
    make_agent("clerk", store=store)
    manager = make_agent("boss", store=store)
    manager.groups.add(Group.objects.get(name=STORE_MANAGERS))
    open_one = given_by({"strategy": "field", "field": "shop"})
    assert holders([open_one(shop="one")]) == {"boss": 1}


def test_the_nearest_store_where_someone_is_free(given_by, departments):
    for slug, latitude in (("near", "31.20"), ("middle", "31.30"), ("far", "32.00")):
        store = Store.objects.create(slug=slug, name=slug, latitude=latitude, longitude="121.47")
        make_agent(f"of-{slug}", store=store, capacity=1)
    Store.objects.create(slug="unknown", name="unknown")
    open_one = given_by({"strategy": "nearest_store"})
    place = {"latitude": "31.21", "longitude": "121.47"}
    first, second = open_one(place=place), open_one(place=place)
    assert [one.assignee.username for one in (first, second)] == ["of-near", "of-middle"]
    assert told(first).sentence == "assigned to Of-near: of near, 1.1 km away"
    assert "Of-near: has 1 open ticket, the most allowed" in told(second).others
    # Without a place on the ticket, its store's.
    assert holders([open_one(shop="far")]) == {"of-far": 1}
    assert told(open_one()).is_alert


def test_who_has_the_fewest_open_tickets(given_by, people):
    open_one = given_by(least_loaded())
    first = [open_one() for _ in range(3)]
    done = next(ticket for ticket in first if ticket.assignee.username == "cleo")
    move_ticket(ticket=done, transition="new-cancelled", by=done.assignee, at=NOON)
    ticket = open_one()
    assert ticket.assignee.username == "cleo"
    assert told(ticket).sentence == "assigned to Cleo: 0 open tickets, the fewest"


def test_most_idle_counts_working_time_of_the_last_days(given_by, people):
    anna, ben, cleo = people
    open_one = given_by({"strategy": "most_idle", "pool": QUALITY, "days": 3})
    worked_on(anna, since=NOON - timedelta(hours=30), until=NOON - timedelta(hours=1))
    worked_on(ben, since=NOON - timedelta(hours=10), until=NOON - timedelta(hours=2))
    # Long ago: does not count. Overlaps: count once.
    worked_on(cleo, since=NOON - timedelta(days=30), until=NOON - timedelta(days=4))
    ticket = open_one()
    assert ticket.assignee == cleo
    assert told(ticket).sentence == (
        "assigned to Cleo: idle for 100% of the working time in the last 3 days, more than others"
    )


def test_only_time_in_the_own_shift_counts_as_work_or_idleness(given_by, people):
    anna, ben, _cleo = people
    shift = Shift.objects.create(slug="day", name="Day", timezone="UTC", **every_day("00:00-08:00"))
    User.objects.filter(pk=ben.pk).update(shift=shift)
    away(people[2])
    open_one = given_by({"strategy": "most_idle", "pool": QUALITY, "days": 1})
    # Ben had it overnight, off shift; Anna has no shift, so that all hours are hers.
    worked_on(anna, since=NOON - timedelta(hours=12), until=NOON - timedelta(hours=5))
    worked_on(ben, since=NOON - timedelta(hours=16), until=NOON - timedelta(hours=4))
    assert open_one().assignee == ben


def test_most_idle_can_count_steps(given_by, people):
    anna, ben, cleo = people
    open_one = given_by({"strategy": "most_idle", "pool": QUALITY, "days": 3, "measure": "count"})
    for person, times in ((anna, 3), (ben, 1), (cleo, 2)):
        for hour in range(times):
            worked_on(person, since=NOON - timedelta(hours=hour + 1), until=NOON - timedelta(hours=hour))
    assert open_one().assignee == ben


def worked_on(person, *, since, until):
    """A ticket that someone opened, and this person moved on."""
    version = live_type("refund", at=NOON)
    ticket = Ticket.objects.create(
        version=version,
        ticket_type="other",
        title="an old one",
        node="new",
        created_at=since,
        moved_at=since,
    )
    TicketEvent.objects.create(ticket=ticket, kind="created", at=since)
    TicketEvent.objects.create(ticket=ticket, kind="moved", at=until, by=person)


def test_best_history_is_resolution_and_satisfaction_of_this_type(given_by, people):
    anna, ben, cleo = people
    open_one = given_by({"strategy": "best_history", "pool": QUALITY})
    for _ in range(10):
        ended(anna, stars=3)
        ended(ben, stars=5)
        ended(cleo, status="cancelled")
    ticket = open_one()
    assert ticket.assignee == ben
    assert told(ticket).sentence == (
        "assigned to Ben: resolved 10 of 10 such tickets in 90 days, rated 5.0 on average"
    )


def test_one_lucky_ticket_does_not_beat_fifty_good_ones(given_by, people):
    anna, ben, _cleo = people
    open_one = given_by({"strategy": "best_history", "pool": {"kind": "people", "people": ["anna", "ben"]}})
    for number in range(50):
        ended(anna, stars=5 if number else 1, status="resolved" if number > 2 else "cancelled")
    ended(ben, stars=5)
    assert open_one().assignee == anna


def ended(person, *, stars=None, status="resolved"):
    Ticket.objects.create(
        version=live_type("refund", at=NOON),
        ticket_type="refund",
        title="an old one",
        node="done",
        status=status,
        assignee=person,
        answers={"stars": str(stars)} if stars else {},
        created_at=NOON - timedelta(days=2),
        moved_at=NOON - timedelta(days=1),
        closed_at=NOON - timedelta(days=1),
    )


# Conditions, and what keeps people from it


def test_the_first_entry_whose_condition_holds_decides(given_by, people):
    large = {"all": [{"name": "amount", "operator": "greater_than", "value": 1000}]}
    open_one = given_by({"strategy": "person", "person": "cleo", "condition": large}, by_turns())
    assert holders([open_one(amount=money(2000))]) == {"cleo": 1}
    ticket = open_one(amount=money(10))
    assert holders([ticket]) == {"anna": 1}
    assert "way 1 (one person) is not for this ticket" in told(ticket).others


def test_all_skills_are_needed(given_by, people):
    english, repair = (Skill.objects.create(slug=slug, name=slug) for slug in ("english", "repair"))
    people[0].skills.add(english)
    people[1].skills.add(english, repair)
    ticket = given_by(by_turns(skills=["english", "repair"]))()
    assert ticket.assignee == people[1]
    assert "Anna: lacks repair" in told(ticket).others


def test_nobody_gets_more_than_their_capacity(given_by, people):
    User.objects.filter(pk__in=[person.pk for person in people]).update(capacity=2)
    open_one = given_by(by_turns())
    tickets = [open_one() for _ in range(8)]
    assert holders(tickets) == {"anna": 2, "ben": 2, "cleo": 2, "": 2}
    assert told(tickets[-1]).is_alert


def test_an_entry_can_leave_capacity_and_shift_out(given_by, people):
    night = Shift.objects.create(slug="night", name="Night", timezone="UTC", **every_day("22:00-06:00"))
    people[0].shift, people[0].capacity = night, 0
    people[0].save()
    open_one = given_by({"strategy": "person", "person": "anna", "within_capacity": False, "on_shift": False})
    assert holders([open_one(at=NOON + timedelta(hours=8))]) == {"anna": 1}


def every_day(hours) -> dict:
    return dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), hours)


def test_who_is_off_shift_is_passed_over(given_by, people):
    day = Shift.objects.create(slug="day", name="Day", timezone="Asia/Shanghai", **every_day("09:00-18:00"))
    people[0].shift = day
    people[0].save()
    open_one = given_by({"strategy": "person", "person": "anna"}, by_turns())
    assert holders([open_one(at=NOON)]) == {"anna": 1}  # noon in Shanghai
    at_night = open_one(at=NOON + timedelta(hours=12))
    assert at_night.assignee == people[1]
    assert "Anna: off shift (Day)" in told(at_night).others


def test_the_backup_stands_in_and_the_backups_backup(given_by, people):
    anna, ben, cleo = people
    open_one = given_by({"strategy": "person", "person": "anna"})
    away(anna, backup=ben)
    ticket = open_one()
    assert ticket.assignee == ben
    assert told(ticket).sentence == "assigned to Ben, who stands in for Anna"
    away(ben, backup=cleo)
    assert open_one().assignee == cleo
    away(cleo, backup=anna)
    assert told(open_one()).is_alert  # a circle finds nobody


def test_people_who_may_not_work_on_tickets_or_left_are_passed_over(given_by, people):
    open_one = given_by({"strategy": "person", "person": "ben"}, by_turns())
    people[0].groups.clear()
    User.objects.filter(pk=people[1].pk).update(is_active=False)
    ticket = open_one()
    assert ticket.assignee == people[2]
    assert {"Anna: may not work on tickets", "Ben: no longer works here"} <= set(told(ticket).others)


# Never nobody


def test_when_nobody_is_free_it_waits_in_the_departments_queue_with_an_alert(given_by, departments):
    ticket = given_by(by_turns())()
    assert (ticket.assignee, ticket.department) == (None, departments["service"])
    assert told(ticket).sentence == "nobody was free, so it waits in the queue of Service"
    assert told(ticket, "zh-hans").sentence == "无人可派，在Service的队列中等候"
    assert told(ticket).is_alert


def test_when_the_department_is_gone_it_waits_where_a_pool_or_every_agent_sees_it(given_by, departments):
    open_one = given_by(by_turns())
    departments["service"].delete()
    assert open_one().department == departments["quality"]
    departments["quality"].delete()
    ticket = open_one()
    assert (ticket.department, ticket.assignee) == (None, None)
    assert "waits where every agent sees it" in told(ticket).sentence
    assert ticket in Ticket.objects.visible_to(make_agent("someone"))


def test_a_person_named_by_routing_keeps_the_ticket(given_by, publish_rules, people):
    open_one = given_by(by_turns())
    publish_rules([({"all": []}, [{"name": "assign_to_person", "params": {"person": "cleo"}}])])
    assert holders(open_one() for _ in range(2)) == {"cleo": 2}


def test_arriving_at_a_later_step_gives_the_ticket_anew(publish, people, agent):
    record = refund_type()
    node_of(record, "approval").update(assign="rules", department="service", assignment=[by_turns()])
    publish(record)
    ticket = create_ticket(
        ticket_type="refund", answers={"story": "坏了", "amount": money(2000)}, by=agent, at=NOON
    )
    ticket = move_ticket(ticket=ticket, transition="new-handling", by=agent, at=NOON)
    ticket = move_ticket(
        ticket=ticket, transition="handling-approval", by=agent, at=NOON, answers={"reply": "ok"}
    )
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert ticket.assignee.username == "anna"
    assert ticket.tasks.open().get().assignee == ticket.assignee
    with override("en"):
        newest = time_line(ticket, "en", to=agent)[0]
    assert newest.what == "assigned to Anna: it was their turn"


# Looking ahead, explaining, cost


def test_looking_ahead_takes_no_turn_and_writes_nothing(given_by, people):
    ticket = given_by(by_turns())()
    node = ticket.runtime.start
    before = AssignmentTurn.objects.values().get()
    assert look_ahead(ticket=ticket, node=node, at=NOON).person.username == "ben"
    assert look_ahead(ticket=ticket, node=node, at=NOON).person.username == "ben"
    assert AssignmentTurn.objects.values().get() == before
    assert ticket.events.filter(kind="assigned").count() == 1


def test_the_distance_is_not_told_to_who_may_not_see_the_place(publish, departments, agent):
    store = Store.objects.create(slug="near", name="near", latitude="31.2", longitude="121.47")
    make_agent("anna", store=store)
    record = refund_given_by({"strategy": "nearest_store"})
    record.field_access = {AGENTS: {"new": {"place": "hidden"}}}
    publish(record)
    answers = {"story": "坏了", "place": {"latitude": "31.21", "longitude": "121.47"}}
    boss = User.objects.create_superuser("boss")
    ticket = create_ticket(ticket_type="refund", answers=answers, by=boss, at=NOON)
    with override("en"):
        assert "1.1 km" in why_assigned(ticket, to=boss).sentence
        assert why_assigned(ticket, to=agent).sentence == "assigned to Anna: something you may not see here"
        assert "1.1 km" not in str(time_line(ticket, "en", to=agent))


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded", "most_idle", "best_history"])
def test_the_number_of_queries_does_not_grow_with_the_number_of_people(given_by, people, strategy):
    english = Skill.objects.create(slug="english", name="English")
    open_one = given_by({"strategy": strategy, "pool": QUALITY, "skills": ["english"]})

    def queries():
        for person in User.objects.filter(department__slug="quality"):
            person.skills.add(english)
        open_one()
        with CaptureQueriesContext(connection) as captured:
            open_one()
        return len(captured)

    few = queries()
    shift = Shift.objects.create(slug="day", name="Day", **every_day("00:00-24:00"))
    quality = Department.objects.get(slug="quality")
    for number in range(40):
        person = make_agent(f"more-{number:02}", department=quality, shift=shift, capacity=5)
        if number % 2:
            away(person, backup=people[0])
    assert queries() == few


def test_a_designer_sees_who_would_get_a_ticket_by_the_draft(given_by, people, designer, client_of):
    ticket = given_by(by_turns())()
    record = TicketType.objects.get()
    node_of(record, "new")["assignment"] = [{"strategy": "person", "person": "cleo"}]
    save_draft(record=record, by=designer)
    page = client_of(designer).get(
        reverse("tickets_who_gets_it", args=[record.pk]),
        {"ticket": ticket.pk},
        headers={"accept-language": "en"},
    )
    assert "assigned to Cleo: named for this step" in page.content.decode()
    assert Ticket.objects.get(pk=ticket.pk).assignee.username == "anna"
    listing = client_of(designer).get(reverse(TicketType.snippet_viewset.get_url_name("list")))
    assert reverse("tickets_who_gets_it", args=[record.pk]) in listing.content.decode()


def test_agents_do_not_see_that_page(given_by, people, agent, client_of):
    given_by(by_turns())
    page = client_of(agent).get(reverse("tickets_who_gets_it", args=[TicketType.objects.get().pk]))
    assert page.status_code in (302, 403)


def test_the_designer_is_offered_every_strategy_and_skill(db):
    Skill.objects.create(slug="english", name="英语")
    offered = ways_to_find_someone()
    assert [choice["name"] for choice in offered["strategies"]] == list(STRATEGIES)
    assert offered["skills"] == [{"name": "english", "label": "英语"}]


# Checked when stored


def problems_of(*rows):
    _entries, problems = compile_assignment(
        list(rows), specs=(), vocabulary=vocabulary_of(()), path=("nodes", 0, "assignment")
    )
    return [(problem.path[3:], str(problem)) for problem in problems]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({}, (0, "strategy")),
        ({"strategy": ["person"]}, (0, "strategy")),
        ("person", (0, "strategy")),
        ({"strategy": "person"}, (0, "person")),
        ({"strategy": "department", "department": 3}, (0, "department")),
        ({"strategy": "role"}, (0, "role")),
        ({"strategy": "round_robin"}, (0, "pool")),
        ({"strategy": "round_robin", "pool": {"kind": "people", "people": []}}, (0, "pool")),
        ({"strategy": "round_robin", "pool": QUALITY, "weights": {"anna": 0}}, (0, "weights")),
        ({"strategy": "round_robin", "pool": QUALITY, "weights": {"anna": True}}, (0, "weights")),
        ({"strategy": "field", "field": "nothing"}, (0, "field")),
        ({"strategy": "most_idle", "pool": QUALITY, "days": 0.5}, (0, "days")),
        ({"strategy": "most_idle", "pool": QUALITY, "measure": "luck"}, (0, "measure")),
        ({"strategy": "least_loaded", "pool": QUALITY, "skills": "english"}, (0, "skills")),
        ({"strategy": "least_loaded", "pool": QUALITY, "on_shift": 1}, (0, "on_shift")),
        (
            {"strategy": "least_loaded", "pool": QUALITY, "condition": {"name": "x", "operator": "y"}},
            (0, "condition"),
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry_is_said_at_its_place(row, place):
    assert [found for found, _sentence in problems_of(row)] == [place]


def test_a_step_given_by_rules_needs_a_way_and_a_queue(publish, departments):
    with pytest.raises(RecordErrors) as refused:
        publish(refund_given_by(department=""))
    places = {problem.path for problem in refused.value.problems}
    assert places == {("nodes", 0, "assignment"), ("nodes", 0, "department")}


def test_both_coordinates_of_a_store_or_none(db):
    with pytest.raises(ValidationError):
        Store(slug="half", name="half", latitude="31.2").full_clean()
    Store(slug="none", name="none").full_clean()


def test_people_who_left_and_what_is_no_more_is_told_at_its_place(publish, people):
    record = refund_given_by(
        {"strategy": "person", "person": "ben"},
        by_turns(skills=["english"], pool={"kind": "people", "people": ["anna", "nobody"]}),
        {"strategy": "role", "role": "Astronauts"},
    )
    User.objects.filter(username="ben").update(is_active=False)
    with override("en"):
        found = {(problem.path[3:], str(problem)) for problem in record.completeness()}
    assert found == {
        ((0, "person"), "Ben no longer works here."),
        ((1, "pool"), "nobody no longer works here."),
        ((1, "skills"), "There is no skill “english” any more."),
        ((2, "role"), "There is no role “Astronauts” any more."),
    }


def test_the_list_is_said_in_both_languages(publish, people):
    large = {"all": [{"name": "amount", "operator": "greater_than", "value": 1000}]}
    weights = {"anna": 1, "ben": 2}
    record = refund_given_by(
        {"strategy": "person", "person": "ben", "condition": large},
        by_turns(pool={"kind": "people", "people": ["anna", "ben"]}, weights=weights, on_shift=False),
        {"strategy": "most_idle", "pool": QUALITY, "days": 3},
    )
    document = record.document()
    said = {
        language: next(line.text for line in record.in_words(document, language) if line.key == "node/new")
        for language in ("en", "zh-hans")
    }
    assert said["en"].endswith(
        "1. when Amount is more than 1,000: to Ben; "
        "2. in turn among Anna, Ben, by weight (Anna 1, Ben 2; others 1), also off shift; "
        "3. to who was idle for most of their working time in the last 3 days, of the people of Quality; "
        "if nobody is free, it waits in the queue of Service"
    )
    assert "近 3 天工作时间最空闲的人" in said["zh-hans"]

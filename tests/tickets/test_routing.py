import pytest

from flows.customers.models import Order
from flows.organisation.models import Region, Store
from flows.organisation.places import place_of_store
from flows.tickets.actions import create_ticket
from flows.tickets.explaining import why_it_came
from flows.tickets.models import Ticket, TicketType
from flows.tickets.routing import route
from rules.store.actions import adjust
from rules.store.decisions import replay
from rules.store.models import Decision, RuleSet
from tests.tickets.conftest import ALWAYS, NOON, does, text_has

RED = does("set_urgency", level="red")
AMBER = does("set_urgency", level="amber")
CLOSE = does("close", outcome="resolved")


def to(department):
    return does("send_to_department", department=department)


def routed(text="蛋糕里有虫"):
    return Ticket.objects.get(
        pk=create_ticket(ticket_type="refund", answers={"story": text}, by=None, at=NOON).pk
    )  # fmt: skip


def test_a_keyword_tags_marks_and_sends(refund, publish_rules):
    publish_rules([(text_has("虫", "头发"), [RED, does("add_tag", tag="食品安全"), to("quality")])])
    ticket = routed()
    assert (ticket.urgency_colour, ticket.department.slug) == ("red", "quality")
    assert [tag.name for tag in ticket.tags.all()] == ["食品安全"]
    assert routed("味道不错").urgency_colour == "green"


def test_the_highest_urgency_counts_whatever_the_order(refund, publish_rules):
    publish_rules([(ALWAYS, [RED]), (ALWAYS, [AMBER]), (ALWAYS, [does("set_urgency", level="green")])])
    assert routed().urgency_colour == "red"


def test_tags_of_all_rules_add_up(refund, publish_rules):
    publish_rules([(ALWAYS, [does("add_tag", tag=tag)]) for tag in ("乙", "甲", "乙")])
    assert sorted(tag.name for tag in routed().tags.all()) == ["乙", "甲"]


def test_the_first_rule_that_names_a_department_decides(refund, publish_rules):
    publish_rules([(ALWAYS, [to("quality")]), (ALWAYS, [to("service")])])
    assert routed().department.slug == "quality"


def test_rules_about_the_type_come_before_general_ones(refund, publish_rules):
    publish_rules([(ALWAYS, [to("service"), AMBER])], about="", slug="general")
    publish_rules([(ALWAYS, [to("quality")])], about="refund", slug="special")
    ticket = routed()
    assert ticket.department.slug == "quality"
    assert ticket.urgency_colour == "amber"
    assert Decision.objects.filter(subject=ticket.subject).count() == 2


def test_rules_about_another_type_are_not_asked(refund, publish_rules, publish):
    publish_rules([(ALWAYS, [RED])], about="other", slug="other")
    assert routed().urgency_colour == "green"


def test_a_ticket_ends_by_itself_only_if_nothing_raised_its_urgency(refund, publish_rules):
    publish_rules([(ALWAYS, [CLOSE]), (text_has("虫"), [AMBER])])
    complaint, praise = routed("好吃，但有虫"), routed("好吃")
    assert complaint.is_open
    assert (praise.status, praise.node, praise.closed_at) == ("resolved", "done", NOON)


def test_a_person_is_assigned_by_rule(refund, publish_rules, agent):
    publish_rules([(ALWAYS, [does("assign_to_person", person="agent")])])
    assert routed().assignee == agent


def test_a_department_that_is_gone_leaves_the_ticket_where_all_see_it(refund, publish_rules, departments):
    publish_rules([(ALWAYS, [to("quality")])])
    departments["quality"].delete()
    ticket = routed()
    assert ticket.department is None
    assert ticket.events.get(kind="routed").data["not_found"] == ["quality"]


def test_without_rules_a_ticket_waits_where_all_see_it(refund):
    ticket = routed()
    assert (ticket.department, ticket.urgency_colour, ticket.status) == (None, "green", "new")


def test_rules_ask_the_answers_by_field(refund, publish_rules):
    large = {"all": [{"name": "amount", "operator": "greater_than", "value": 100}]}
    publish_rules([(large, [AMBER])])
    answers = {"story": "退款", "amount": {"minor": 10_001, "currency": "CNY"}}
    assert create_ticket(ticket_type="refund", answers=answers, by=None, at=NOON).urgency_colour == "amber"


def test_each_decision_is_logged_and_decides_the_same_again(refund, publish_rules):
    publish_rules([(text_has("虫"), [RED]), (text_has("凉"), [AMBER])])
    decision = Decision.objects.get(subject=routed().subject)
    assert decision.outcome["fired"] == ["1"]
    assert list(decision.facts) == ["text"]
    assert replay(decision) == decision.outcome


def test_nothing_decided_is_still_a_routing():
    routing = route({"text": ""}, [])
    assert (routing.urgency, routing.tags, routing.department, routing.outcome) == ("green", (), "", "")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_type_says_itself_in_words(refund, language):
    lines = TicketType.in_words(refund.document, language)
    keys = [line.key for line in lines]
    assert keys[0] == "flow"
    assert {"field/story", "node/handling", "transition/handling-approval"} <= set(keys)
    condition = next(line.text for line in lines if line.key == "transition/handling-approval")
    assert "1000" in condition.replace(",", "")


def test_a_ticket_is_routed_by_the_rules_of_its_store_and_the_decision_replays(
    refund, publish_rules, publish, designer, departments
):
    region = Region.objects.create(slug="north", name="North")
    shop = Store.objects.create(slug="sh-001", name="Nanjing Road", region=region)
    publish_rules([(ALWAYS, [to("quality"), AMBER])])
    override = adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer)
    name = RuleSet.objects.get().rules.get().name
    own = {"off": False, "conditions": ALWAYS, "actions": [to("service"), RED]}
    override.parts = {f"rule:{name}": own}
    adjustment = publish(override)
    elsewhere = routed()
    Order.objects.create(number="A1", store=shop, placed_at=NOON, currency="CNY")
    answers = {"story": "蛋糕里有虫", "order_number": "A1"}
    here = create_ticket(ticket_type="refund", answers=answers, by=None, at=NOON)
    assert (elsewhere.department.slug, elsewhere.urgency_colour) == ("quality", "amber")
    assert (here.department.slug, here.urgency_colour) == ("service", "red")
    decision = Decision.objects.get(subject=here.subject)
    assert decision.adjusted_by == [adjustment.pk]
    assert replay(decision) == decision.outcome
    assert why_it_came(here, "en", to=designer)[0].reasons[0].rule == name

"""A refund flow: opened with a story and an amount, handled, above 1,000 approved by service, then done."""

from datetime import UTC, datetime

import pytest

from flows.forms.texts import texts
from flows.organisation.models import Calendar, Department, User
from flows.tickets.actions import create_ticket
from flows.tickets.models import TicketType
from rules.store.actions import publish_reviewed_by
from rules.store.models import RuleSet
from rules.store.models.ruleset import Rule

# After every version these tests publish went live.
NOON = datetime(2100, 3, 2, 4, 0, tzinfo=UTC)

STORY = {
    "type": "long_text",
    "value": {"label": "经过", "label_en": "Story", "name": "story", "required": True},
}
AMOUNT = {
    "type": "money",
    "value": {"label": "金额", "label_en": "Amount", "name": "amount", "currency": "CNY"},
}
ORDER = {"type": "order", "value": {"label": "订单", "label_en": "Order", "name": "order_number"}}
ANSWER = {
    "type": "text",
    "value": {"label": "答复", "label_en": "Reply", "name": "reply", "required": True, "max_length": 200},
}
ALWAYS = {"all": []}
LARGE = {"all": [{"name": "amount", "operator": "greater_than", "value": 1000}]}


def refund_type(**changes) -> TicketType:
    given = {"name": "退款", "name_en": "Refund", "slug": "refund", "form": [STORY, AMOUNT, ORDER, ANSWER]}
    given["flow"] = changes.get("flow") or flow(
        node("new", "新建", "New", kind="start", asks=["story", "amount", "order_number"]),
        node("handling", "处理", "Handling", asks=["reply"], assign="presser"),
        node("approval", "复核", "Approval"),
        node("done", "完成", "Done", kind="resolved"),
        node("cancelled", "取消", "Cancelled", kind="cancelled"),
        press("new", "handling", "开始处理", "Start"),
        press("handling", "done", "退款", "Refund"),
        press("handling", "approval", "送复核", "To approval", condition=LARGE),
        press("approval", "done", "同意", "Agree"),
        press("new", "cancelled", "取消工单", "Cancel", needs_answers=False),
        press("done", "handling", "重新打开", "Open again"),
    )
    return TicketType(**given | changes)


def time_limit(measure="solution", amount=8, *, unit="hours", ladder=(), channel="usual", **more) -> dict:
    """A block of a ticket type's time limits. `ladder`: (number, when, action, who)."""
    names = ("number", "when", "action", "who")
    steps = [
        {
            "type": "item",
            "id": str(place),  # without one, Wagtail takes it for an older format
            "value": dict(zip(names, step, strict=True)) | {"channel": channel},
        }
        for place, step in enumerate(ladder)
    ]
    given = {"measure": measure, "amount": amount, "unit": unit, "working": True, "node": "", "ladder": steps}
    return {"type": "level", "value": given | more}


def flow(*rows) -> dict:
    """A flow of these nodes and transitions, as stored."""
    return {
        "nodes": [row for row in rows if "from" not in row],
        "transitions": [row for row in rows if "from" in row],
    }


def node(key, label="", label_en="", **more) -> dict:
    return {"key": key, "label": texts(label or key, label_en), **more}


def press(begin, end, label="", label_en="", **more) -> dict:
    key = more.pop("key", f"{begin}-{end}")
    return {"key": key, "from": begin, "to": end, "label": texts(label or key[:40], label_en), **more}


def node_of(record, key) -> dict:
    """A node of the stored flow, to be changed in place."""
    return next(row for row in record.flow["nodes"] if row["key"] == key)


def press_of(record, begin, end) -> dict:
    return next(row for row in record.flow["transitions"] if (row["from"], row["to"]) == (begin, end))


def text_has(*words) -> dict:
    return {"name": "text", "operator": "contains_any_of", "value": list(words)}


def does(name, **params) -> dict:
    return {"name": name, "params": params}


@pytest.fixture
def publish_limits(publish, departments):
    """publish_limits(time_limit(...), ...) makes a refund type with these live."""
    return lambda *limits, **changes: publish(refund_type(service_levels=list(limits), **changes))


@pytest.fixture
def office(publish):
    """Mon–Fri 09:00–12:00, 13:00–18:00 in Shanghai, counting wherever none was chosen."""
    return publish(Calendar(name="总部", slug="office", is_usual=True))


@pytest.fixture
def departments(db):
    made = {
        slug: Department.objects.create(slug=slug, name=slug.capitalize())
        for slug in ("quality", "logistics", "service")
    }
    for slug, department in made.items():
        User.objects.create_user(username=f"{slug}-1", department=department)
    return made


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


@pytest.fixture
def refund(publish, departments):
    """The live version of the refund type."""
    return publish(refund_type())


@pytest.fixture
def publish_rules(publish):
    """publish_rules([(condition, actions), ...]) makes one routing rule set live."""

    def publish_rules(rules, *, about="refund", slug="routing"):
        return publish(
            RuleSet(
                name=slug,
                slug=slug,
                purpose="tickets.routing",
                about=about,
                rules=[
                    Rule(sort_order=place, name=f"rule {place}", condition=condition, actions=actions)
                    for place, (condition, actions) in enumerate(rules)
                ],
            )
        )

    return publish_rules


@pytest.fixture
def open_ticket(refund, agent):
    def open_ticket(story="蛋糕坏了", by=agent, at=NOON, **answers):
        return create_ticket(ticket_type="refund", answers={"story": story} | answers, by=by, at=at)

    return open_ticket

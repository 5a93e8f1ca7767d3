"""The demo company's third ticket type: a repair on site, which finds its technician by itself; and the
scorecard that orders the queue."""

from collections.abc import Mapping

from django.utils import timezone

from flows.tickets.actions import create_ticket
from flows.tickets.demo import block, node, press
from flows.tickets.models import TicketType
from flows.tickets.queue import PURPOSE, recount
from rules.store.actions import publish_reviewed_by
from rules.store.models import Scorecard, ScoreRow

SLUG = "repair"
QUEUE = "queue"
NAMED = {"all": [{"name": "technician", "operator": "non_empty", "value": True}]}
# (what is broken, latitude, longitude): in Beijing, Shanghai and Guangzhou.
CALLS = (
    ("咖啡机不出水", "39.915000", "116.404000"),
    ("冷柜不制冷", "31.235000", "121.480000"),
    ("收银机打不开", "31.220000", "121.460000"),
    ("咖啡机漏电", "23.130000", "113.270000"),
    ("冷柜异响", "31.240000", "121.500000"),
    ("制冰机结霜", "31.225000", "121.475000"),
)


def make_demo(people: Mapping) -> None:
    """`people`: accounts by username, with "designer", "reviewer" and "agent". Made only once."""
    for model, slug, make in ((TicketType, SLUG, repair_type), (Scorecard, QUEUE, queue_scorecard)):
        if model.objects.filter(slug=slug).exists():
            return
        publish_reviewed_by(make(), author=people["designer"], reviewer=people["reviewer"])
    for story, latitude, longitude in CALLS:
        answers = {"story": story, "place": {"latitude": latitude, "longitude": longitude}}
        create_ticket(ticket_type=SLUG, answers=answers, by=people["agent"], at=timezone.now())
    recount(at=timezone.now())


def repair_type() -> TicketType:
    return TicketType(
        name="上门维修",
        name_en="Repair on site",
        slug=SLUG,
        description="自动派给最近门店中会维修、在班、有空的技师。",
        description_en="Goes by itself to a technician of the nearest store who is on shift and free.",
        form=[
            block("long_text", "story", "故障描述", "What is broken", required=True, max_length=1_000),
            block("location", "place", "位置", "Place"),
            block("store", "store", "门店编码", "Store code"),
            block("customer", "customer", "顾客编号", "Customer number"),
            block("staff", "technician", "指定技师", "Technician wanted"),
            block("text", "done", "处理结果", "What was done", required=True, max_length=200),
            block("rating", "satisfaction", "顾客满意度", "Satisfaction"),
        ],
        flow={
            "nodes": [
                node(
                    "new", "派单", "To be visited",
                    kind="start", assign="rules", department="service",
                    asks=["story", "place", "store", "customer", "technician"],
                    assignment=[
                        {"strategy": "field", "field": "technician", "condition": NAMED},
                        {"strategy": "nearest_store", "skills": ["repair"]},
                        {
                            "strategy": "most_idle", "days": 3,
                            "pool": {"kind": "department", "name": "service"},
                        },
                    ],
                ),
                node("visit", "上门", "On site", assign="presser", asks=["done", "satisfaction"]),
                node("done", "已修好", "Repaired", kind="resolved"),
                node("cancelled", "已取消", "Cancelled", kind="cancelled"),
            ],
            "transitions": [
                press("new", "visit", "出发", "Set off"),
                press("visit", "done", "修好了", "Repaired"),
                press("new", "cancelled", "取消", "Cancel", needs_answers=False),
            ],
        },
    )  # fmt: skip


def queue_scorecard() -> Scorecard:
    """A red ticket goes before an amber one, unless a good customer waits with the amber one."""
    rows = [
        ("紧急 Urgent", {"all": [{"name": "urgency", "operator": "contains", "value": "red"}]}, "60"),
        ("尽快 Soon", {"all": [{"name": "urgency", "operator": "contains", "value": "amber"}]}, "30"),
        ("老顾客 Three orders or more", at_least("customer_orders", 3), "15"),
        ("消费满 1000 Spent 1,000", at_least("customer_spent", 1000), "20"),
    ]
    scorecard = Scorecard(name="工单排队 Ticket queue", slug=QUEUE, purpose=PURPOSE)
    scorecard.rows = [
        ScoreRow(sort_order=place, name=name, condition=condition, points=points)
        for place, (name, condition, points) in enumerate(rows)
    ]
    return scorecard


def at_least(name: str, number: int) -> dict:
    return {"all": [{"name": name, "operator": "greater_than_or_equal_to", "value": number}]}

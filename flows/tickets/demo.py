"""The demo company's tickets: delivery feedback with its routing rules and some reviews, and returns.

The word lists were chosen by reading how customers write: "虫" alone would catch 虫草, "臭" 臭豆腐,
"铁" 拿铁, and "卫生" is mostly praise.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from flows.forms.texts import texts
from flows.organisation.models import Department, User
from flows.tickets.feedback import import_feedback
from flows.tickets.models import TicketType
from rules.store.actions import publish_reviewed_by
from rules.store.models import DecisionTable, RuleSet
from rules.store.models.ruleset import Rule

SLUG = "feedback"
ROUTING = "feedback-routing"
COMPENSATION = "compensation-limit"
REVIEWS = Path(settings.ROOT) / "fixtures" / "demo" / "feedback.csv"

DEPARTMENTS = {"quality": "品控部 Quality", "logistics": "物流部 Logistics", "service": "客服部 Service"}

FOOD_SAFETY = """
    拉肚子 闹肚子 坏肚子 拉稀 腹泻 上吐下泻 肠胃炎 中毒 呕吐 吃坏 过敏
    头发 毛发 虫子 飞虫 小虫 有虫 只虫 苍蝇 蟑螂 蚊子 蛆 老鼠
    变质 变味 馊 发霉 过期 异味 发臭 臭了 是臭的 酸臭 臭味
    钢丝 石子 玻璃 指甲 异物 吃出塑料 吃到塑料 不卫生 不干净
    food_poisoning stomach_ache diarrhoea allergic cockroach mouldy rotten
"""
FRESHNESS = "不新鲜 没熟 夹生 怪味 都酸了 粥酸了 沙子 undercooked not_fresh"
DELIVERY = """
    慢 迟 晚到 晚了 超时 小时 才送 没送 送错 错送 漏送 少送 没收到 还没到 未送达 洒 撒
    骑士 送餐 送餐员 快递员 配送 催单 催了 courier spilled hour_late arrived_late
"""
ANGER = "投诉 退款 退钱 骗 complain refund"
NOT_ONLY_PRAISE = """
    慢 迟 洒 撒 凉 冷 咸 太淡 太多 太重 偏 硬 软了 差 错 漏 没送 少 不好 不够 不太 不是 不如 不喜欢 不足
    但 就是 可是 不过 只是 希望 建议 下次 有点 难吃 失望 退款 投诉 小时 催 晚 辣 腻 糊 坨 一般 凑合
    油大 太油 没有 没给 贵 but however not cold late slow wish
"""


def make_demo(people: Mapping, *, at: datetime | None = None) -> None:
    """`people`: accounts by username, with "designer" and "reviewer". Running it again changes nothing."""
    from flows.tickets import demo_repairs, demo_returns, demo_together

    for slug, name in DEPARTMENTS.items():
        Department.objects.get_or_create(slug=slug, defaults={"name": name})
    someone_works_in("service")
    for model, slug, make in (
        (TicketType, SLUG, feedback_type),
        (RuleSet, ROUTING, feedback_routing),
        (TicketType, demo_returns.SLUG, demo_returns.return_type),
        (DecisionTable, COMPENSATION, compensation_table),
    ):
        if not model.objects.filter(slug=slug).exists():
            publish_reviewed_by(make(), author=people["designer"], reviewer=people["reviewer"])
    import_feedback(source=REVIEWS, ticket_type=SLUG, at=at or timezone.now())
    if "agent" in people:
        demo_repairs.make_demo(people)
        demo_together.make_demo(people)


def someone_works_in(slug: str) -> None:
    """A flow that sends tickets to a department where nobody works does not go live."""
    department = Department.objects.get(slug=slug)
    if not department.staff.filter(is_active=True).exists():
        User.objects.create_user(username=f"{slug}-1", department=department)


def feedback_type() -> TicketType:
    return TicketType(
        name="外卖评价",
        name_en="Delivery feedback",
        slug=SLUG,
        description="顾客对外卖的评价。好评自动结束，其余由相应部门回复。",
        description_en=(
            "What customers say about a delivery. Praise ends by itself; the rest is answered by the"
            " department it concerns."
        ),
        form=feedback_form(),
        service_levels=feedback_limits(),
        flow={
            "nodes": [
                node(
                    "new", "新评价", "New",
                    kind="start", asks=["review", "rating", "customer", "order_number", "store"],
                ),
                node("handling", "处理中", "Handling", assign="presser", asks=["reply", "compensation"]),
                node("waiting", "等顾客回复", "Waiting for the customer", kind="waiting"),
                node(
                    "approval", "补偿审批", "Compensation approval",
                    assign="department", department="service",
                ),
                node("done", "已解决", "Done", kind="resolved"),
                node("closed", "已关闭", "Closed", kind="closed"),
            ],
            "transitions": [
                press("new", "handling", "开始处理", "Start"),
                press("new", "closed", "无需处理", "Nothing to do", needs_answers=False),
                press(
                    "handling", "done", "回复并解决", "Reply and resolve", condition=NO_LARGE_COMPENSATION
                ),
                press(
                    "handling", "approval", "申请补偿审批", "Ask for approval", condition=LARGE_COMPENSATION
                ),
                press("handling", "waiting", "等顾客回复", "Wait for the customer", needs_answers=False),
                press("waiting", "handling", "继续处理", "Go on"),
                press("approval", "done", "同意补偿", "Approve"),
                press("approval", "handling", "退回", "Send back"),
                press("done", "handling", "重新打开", "Open again"),
            ],
        },
    )  # fmt: skip


def feedback_limits() -> list[dict]:
    return [
        time_limit("response", 60, 15, "minutes", [(80, "percent", "remind", "assignee")]),
        time_limit(
            "solution",
            8,
            2,
            "hours",
            [
                (75, "percent", "remind", "assignee"),
                (100, "percent", "raise_urgency", "assignee"),
                (1, "hours_after", "escalate", "head"),
                (4, "hours_after", "reassign", "head"),
            ],
        ),
        time_limit(
            "node", 4, None, "hours", [(100, "percent", "remind", "department:service")], node="补偿审批"
        ),
    ]


def time_limit(measure: str, amount: int, urgent: int | None, unit: str, ladder: list, *, node="") -> dict:
    """`ladder`: (number, when, action, who) of each step."""
    names = ("number", "when", "action", "who")
    steps = [
        # Without an id, Wagtail takes a row for one of an older format.
        {
            "type": "item",
            "id": str(place),
            "value": dict(zip(names, step, strict=True)) | {"channel": "usual"},
        }
        for place, step in enumerate(ladder)
    ]
    limit = {"measure": measure, "node": node, "amount": amount, "urgent_amount": urgent, "unit": unit}
    return {"type": "level", "value": limit | {"working": True, "ladder": steps}}


LARGE_COMPENSATION = {"all": [{"name": "compensation", "operator": "greater_than", "value": 50}]}
NO_LARGE_COMPENSATION = {"none": LARGE_COMPENSATION["all"]}


def feedback_form() -> list[dict]:
    return [
        block(
            "long_text",
            "review",
            "评价内容",
            "Review",
            required=True,
            max_length=2_000,
            column="review",
            help="顾客的原话",
            help_en="In the customer's own words",
        ),
        block(
            "choice",
            "rating",
            "评分",
            "Rating",
            column="label",
            choices=[
                {"label": "好评", "label_en": "Good", "name": "good", "also": "1, positive"},
                {"label": "差评", "label_en": "Bad", "name": "bad", "also": "0, negative"},
            ],
        ),
        block("customer", "customer", "顾客编号", "Customer number"),
        block("order", "order_number", "订单号", "Order number"),
        block("store", "store", "门店编码", "Store code"),
        block("long_text", "reply", "给顾客的回复", "Reply to the customer", required=True, max_length=1_000),
        block(
            "money",
            "compensation",
            "补偿金额",
            "Compensation",
            currency="CNY",
            minimum="0",
            maximum="1000",
            help="超过 50 元须审批",
            help_en="Above 50 it needs approval",
        ),
    ]


def block(kind: str, name: str, label: str, label_en: str, **more) -> dict:
    return {"type": kind, "value": {"name": name, "label": label, "label_en": label_en, **more}}


def node(key: str, label: str, label_en: str, **more) -> dict:
    return {"key": key, "label": texts(label, label_en), **more}


def press(begin: str, end: str, label: str, label_en: str, **more) -> dict:
    return {"key": f"{begin}-{end}", "from": begin, "to": end, "label": texts(label, label_en), **more}


def feedback_routing() -> RuleSet:
    bad = {"name": "rating", "operator": "contains", "value": "bad"}
    praise = {
        "all": [
            {"name": "rating", "operator": "contains", "value": "good"},
            {"name": "text", "operator": "contains_none_of", "value": listed(NOT_ONLY_PRAISE)},
        ]
    }
    rules = [
        ("食品安全", has_any(FOOD_SAFETY), [urgency("red"), tag("食品安全"), send_to("quality")]),
        ("新鲜与熟度", has_any(FRESHNESS), [urgency("amber"), tag("新鲜度"), send_to("quality")]),
        ("配送", {"all": [bad, has_any(DELIVERY)]}, [tag("配送"), send_to("logistics")]),
        ("投诉与退款", {"all": [bad, has_any(ANGER)]}, [urgency("amber"), tag("投诉")]),
        ("表扬", praise, [tag("表扬"), {"name": "close", "params": {"outcome": "closed"}}]),
        ("其余交客服", {"none": [praise]}, [send_to("service")]),
    ]
    return RuleSet(
        name="外卖评价分派",
        slug=ROUTING,
        purpose="tickets.routing",
        about=SLUG,
        rules=[
            Rule(sort_order=place, name=name, condition=condition, actions=actions)
            for place, (name, condition, actions) in enumerate(rules)
        ],
    )


def compensation_table() -> DecisionTable:
    """What an agent may offer at most, in yuan."""
    rows = [
        ("red", ">= 10", "200", "食品安全，老顾客"),
        ("red", "-", "100", "食品安全"),
        ("amber", ">= 10", "80", "投诉，老顾客"),
        ("amber", "-", "50", "投诉"),
        ("green", "-", "0", "其余"),
    ]
    return DecisionTable(
        name="补偿上限",
        slug=COMPENSATION,
        purpose="tickets",
        table={
            "hit_policy": "FIRST",
            "inputs": [{"name": "urgency"}, {"name": "customer_orders"}],
            "outputs": [{"name": "补偿上限", "type": "number"}],
            "rules": [
                {"id": f"row-{place}", "when": [urgency, orders], "then": [most], "annotation": note}
                for place, (urgency, orders, most, note) in enumerate(rows, start=1)
            ],
        },
    )


def has_any(words: str) -> dict:
    return {"name": "text", "operator": "contains_any_of", "value": listed(words)}


def listed(words: str) -> list[str]:
    return [word.replace("_", " ") for word in words.split()]


def urgency(level: str) -> dict:
    return {"name": "set_urgency", "params": {"level": level}}


def tag(name: str) -> dict:
    return {"name": "add_tag", "params": {"tag": name}}


def send_to(department: str) -> dict:
    return {"name": "send_to_department", "params": {"department": department}}

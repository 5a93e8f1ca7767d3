"""Two ticket types in which several people have a say: a discount that is approved by one after the other,
and a bad review on which three departments work at once."""

from collections.abc import Mapping

from django.utils import timezone

from flows.organisation import roles
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.demo import block, node, press
from flows.tickets.models import TicketType
from rules.store.actions import publish_reviewed_by

DISCOUNT = "discount"
CASE = "bad-review"
LARGE_ORDER = {"all": [{"name": "amount", "operator": "greater_than", "value": 100000}]}
# (customer, amount in fen, discount in percent, why)
DISCOUNTS = (
    ("望京写字楼 Wangjing Offices", 8_600_000, "8", "全年下午茶团购，续签第二年。"),
    ("浦东会议中心 Pudong Convention", 12_800_000, "12", "三天会议茶歇，另一家报价低一成。"),
)
CASES = ("连锁客户投诉：同一批蛋糕三家门店都有异味。",)


def make_demo(people: Mapping) -> None:
    """`people`: accounts by username, with "designer", "reviewer" and "agent". Made only once."""
    for slug, make in ((DISCOUNT, discount_type), (CASE, case_type)):
        if TicketType.objects.filter(slug=slug).exists():
            return
        publish_reviewed_by(make(), author=people["designer"], reviewer=people["reviewer"])
    for customer, minor, percent, why in DISCOUNTS:
        answers = {
            "customer_name": customer,
            "amount": {"minor": minor, "currency": "CNY"},
            "percent": percent,
            "why": why,
        }
        open_and_start(DISCOUNT, answers, "new-approval", by=people["agent"])
    for story in CASES:
        open_and_start(CASE, {"story": story}, "new-fork", by=people["agent"])


def open_and_start(slug: str, answers: dict, transition: str, *, by) -> None:
    at = timezone.now()
    ticket = create_ticket(ticket_type=slug, answers=answers, by=by, at=at)
    move_ticket(ticket=ticket, transition=transition, by=by, at=at)


def discount_type() -> TicketType:
    manager = {"type": "role", "name": roles.STORE_MANAGERS}
    finance = {"type": "department", "name": "finance"}
    director = {"type": "person", "name": "director"}
    return TicketType(
        name="折扣审批",
        name_en="Discount approval",
        slug=DISCOUNT,
        description="先由店长审批，再由财务审批；订单超过 10 万元时，最后还须总监审批。",
        description_en=(
            "The store manager approves, then finance; for an order above 100,000 the director as well."
        ),
        form=[
            block("text", "customer_name", "客户", "Customer", required=True, max_length=100),
            block(
                "money", "amount", "订单金额", "Amount of the order",
                required=True, currency="CNY", minimum="0",
            ),
            block(
                "number", "percent", "折扣（%）", "Discount in percent",
                required=True, minimum="1", maximum="50",
            ),
            block("long_text", "why", "理由", "Reason", required=True, max_length=500),
        ],
        flow={
            "nodes": [
                node(
                    "new", "填写", "To be filled in",
                    kind="start", asks=["customer_name", "amount", "percent", "why"],
                ),
                node(
                    "approval", "审批", "Approval",
                    kind="approval", assign="presser",
                    approval={
                        "mode": "sequence",
                        "approvers": [manager, finance],
                        "tiers": [{"condition": LARGE_ORDER, "approvers": [manager, finance, director]}],
                    },
                ),
                node("done", "已同意", "Agreed", kind="resolved"),
                node("cancelled", "未通过", "Not agreed", kind="cancelled"),
            ],
            "transitions": [
                press("new", "approval", "提交审批", "Ask for approval"),
                press("new", "cancelled", "不再申请", "Give it up", needs_answers=False),
                press("approval", "done", "同意", "Agreed", trigger="approved"),
                press("approval", "cancelled", "未通过", "Not agreed", trigger="refused"),
            ],
        },
    )  # fmt: skip


def said(name: str, label: str, label_en: str) -> dict:
    return block("long_text", name, label, label_en, required=True, max_length=500)


def in_department(key: str, department: str, label: str, label_en: str, **more) -> dict:
    return node(key, label, label_en, assign="department", department=department, **more)


def case_type() -> TicketType:
    ways = (
        (
            "service",
            "安抚顾客",
            "Speak to the customer",
            "offered",
            "已给顾客的答复",
            "What the customer was told",
        ),
        (
            "product",
            "检查配方与包装",
            "Check recipe and packaging",
            "product",
            "产品部结论",
            "What product found",
        ),
        ("quality", "检查批次", "Check the batch", "batch", "品控部结论", "What quality found"),
    )
    return TicketType(
        name="严重差评",
        name_en="Bad review, all at once",
        slug=CASE,
        description="客服、产品、品控三个部门同时处理，都完成后由客服回访。",
        description_en=(
            "Customer service, product and quality work on it at the same time; when all three are done,"
            " customer service calls back."
        ),
        form=[
            block("long_text", "story", "发生了什么", "What happened", required=True, max_length=1_000),
            block("customer", "customer", "顾客编号", "Customer number"),
            *(said(name, label, label_en) for *_step, name, label, label_en in ways),
            said("call", "回访记录", "What the customer said to it"),
        ],
        flow={
            "nodes": [
                node("new", "登记", "Taken down", kind="start", asks=["story", "customer"]),
                node("fork", "分头处理", "All at once", kind="split"),
                *(
                    in_department(department, department, label, label_en, asks=[asked])
                    for department, label, label_en, asked, *_field in ways
                ),
                node("meet", "都完成后", "When all are done", kind="join", join={"mode": "all"}),
                in_department("call", "service", "回访", "Call back", asks=["call"]),
                node("done", "已解决", "Done", kind="resolved"),
                node("cancelled", "已取消", "Cancelled", kind="cancelled"),
            ],
            "transitions": [
                press("new", "fork", "交给三个部门", "Give it to all three"),
                press("new", "cancelled", "无需处理", "Nothing to do", needs_answers=False),
                *(press("fork", department, "", "", trigger="auto") for department, *_more in ways),
                *(press(department, "meet", "完成", "Done") for department, *_more in ways),
                press("meet", "call", "", "", trigger="auto"),
                press("call", "done", "顾客满意，结束", "The customer is content"),
            ],
        },
    )  # fmt: skip

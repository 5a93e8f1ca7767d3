"""The demo company's second ticket type: a return. Its form fills itself in, follows what is typed, reckons
what to refund, and keeps the customer's phone from those who need not call."""

from flows.organisation.roles import AGENTS, STORE_MANAGERS
from flows.tickets.demo import block, node, press
from flows.tickets.models import TicketType

SLUG = "return"
DAMAGED = {"all": [{"name": "reason", "operator": "contains", "value": "damaged"}]}
MUCH = {"all": [{"name": "refund", "operator": "greater_than", "value": 500}]}


def return_type() -> TicketType:
    return TicketType(
        name="退货退款",
        name_en="Return and refund",
        slug=SLUG,
        description="填写订单号后自动带入顾客和金额，应退金额由系统计算。",
        description_en="The order's number fills in customer and amount; what to refund is computed.",
        form=return_form(),
        flow={
            "nodes": [
                node(
                    "new", "登记", "Report",
                    kind="start", assign="department", department="service",
                    asks=[
                        "order_number", "customer_name", "phone", "bought", "amount", "reason", "photo",
                        "other_reason",
                    ],
                ),
                node(
                    "handling", "核对与退款", "Checking",
                    assign="presser", asks=["percent", "refund", "manager_note", "signature"],
                ),
                node("done", "已退款", "Refunded", kind="resolved"),
                node("cancelled", "已取消", "Cancelled", kind="cancelled"),
            ],
            "transitions": [
                press("new", "handling", "开始核对", "Check"),
                press("handling", "done", "退款", "Refund"),
                press("new", "cancelled", "取消", "Cancel", needs_answers=False),
            ],
        },
        field_access={
            # A store sees what comes back to it, not how to reach the customer.
            STORE_MANAGERS: {key: {"phone": "masked"} for key in ("new", "handling", "done", "cancelled")},
            # Once it is reported, the amount of the order is what the order says.
            AGENTS: {key: {"amount": "read"} for key in ("handling", "done")},
        },
    )  # fmt: skip


def return_form() -> list[dict]:
    return [
        block("order", "order_number", "订单号", "Order number", required=True),
        block("text", "customer_name", "顾客姓名", "Customer's name", source="customer.name"),
        block(
            "text",
            "phone",
            "联系电话",
            "Phone",
            source="customer.phone",
            pattern=r"\+?[0-9][0-9 -]{6,18}",
            pattern_says="请填写电话号码，只用数字、空格和短横线。",
            pattern_says_en="A phone number, please: digits, spaces and hyphens.",
        ),
        block("date", "bought", "购买日期", "Bought on", source="order.placed", not_in_future=True),
        block(
            "money",
            "amount",
            "订单金额",
            "Amount of the order",
            required=True,
            currency="CNY",
            minimum="0",
            source="order.total",
        ),
        block(
            "choice",
            "reason",
            "退货原因",
            "Reason",
            required=True,
            choices=[
                {"label": "商品损坏", "label_en": "Damaged", "name": "damaged"},
                {"label": "发错商品", "label_en": "Wrong product", "name": "wrong"},
                {"label": "其他", "label_en": "Other", "name": "other"},
            ],
        ),
        block("photo", "photo", "损坏照片", "Photo of the damage", required=True, visible_if=DAMAGED),
        block(
            "long_text",
            "other_reason",
            "其他原因",
            "Other reason",
            required=True,
            max_length=500,
            visible_if={"all": [{"name": "reason", "operator": "contains", "value": "other"}]},
        ),
        block(
            "number",
            "percent",
            "退款比例",
            "Refund in percent",
            required=True,
            minimum="1",
            maximum="100",
            default="100",
        ),
        block(
            "computed",
            "refund",
            "应退金额",
            "To refund",
            formula="round([订单金额] * [退款比例] / 100, 2)",
            unit="元",
            unit_en="CNY",
        ),
        block("text", "manager_note", "主管意见", "Manager's note", required_if=MUCH),
        block("signature", "signature", "顾客签名", "Customer's signature"),
    ]

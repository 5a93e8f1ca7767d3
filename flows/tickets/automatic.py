"""What a flow does by itself: the actions of its steps and transitions. doing.py does them."""

from collections.abc import Iterable
from functools import cache

from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_SELECT, FIELD_TEXT

from flows.forms.fields import FieldSpec
from flows.tickets.facts import URGENCIES
from rules.engine import Vocabulary, Words

PEOPLE = [
    {"name": "assignee", "label": Words(en="whoever has the ticket", zh="受理人")},
    {"name": "department", "label": Words(en="everyone of its department", zh="受理部门全体")},
    {"name": "creator", "label": Words(en="who opened it", zh="创建人")},
]


def text(name: str, en: str, zh: str) -> dict:
    return {"name": name, "label": Words(en=en, zh=zh), "fieldType": FIELD_TEXT}


def choice(name: str, en: str, zh: str, options=()) -> dict:
    return {"name": name, "label": Words(en=en, zh=zh), "fieldType": FIELD_SELECT, "options": list(options)}


class FlowActions(BaseActions):
    """Only what they are called is used."""

    @rule_action(
        label=Words(en="set {field} to {value}", zh="将{field}设为{value}"),
        params=[choice("field", "field", "字段"), text("value", "value", "值")],
    )
    def set_field(self, field, value):
        pass

    @rule_action(label=Words(en="add the tag {tag}", zh="添加标签{tag}"), params=[text("tag", "tag", "标签")])
    def add_tag(self, tag):
        pass

    @rule_action(
        label=Words(en="set urgency to {level}", zh="紧急程度设为{level}"),
        params=[choice("level", "urgency", "紧急程度", URGENCIES)],
    )
    def set_urgency(self, level):
        pass

    @rule_action(
        label=Words(en="open a ticket of {ticket_type}", zh="创建{ticket_type}工单"),
        params=[choice("ticket_type", "ticket type", "工单类型")],
    )
    def create_ticket(self, ticket_type):
        pass

    @rule_action(
        label=Words(en="tell {who}: {message}", zh="通知{who}：{message}"),
        params=[choice("who", "who", "对象", PEOPLE), text("message", "message", "内容")],
    )
    def notify(self, who, message):
        pass

    @rule_action(
        label=Words(en="call the address {url}", zh="调用地址{url}"),
        params=[text("url", "address (https://…)", "地址（https://…）")],
    )
    def call_webhook(self, url):
        pass


@cache
def usual_actions() -> Vocabulary:
    return Vocabulary.of(None, FlowActions)


def action_vocabulary(specs: Iterable[FieldSpec], *, ticket_types: Iterable = ()) -> Vocabulary:
    """`ticket_types`: [slug, name] to choose from in the editor; when checking, any text will do."""
    fields = [
        {"name": spec.name, "label": spec.label}
        for spec in {spec.name: spec for spec in specs if spec.name}.values()
        if not (spec.asks.is_file or spec.asks.is_computed)
    ]
    return usual_actions().extended(
        options={"set_field.field": fields, "create_ticket.ticket_type": list(ticket_types)}
    )

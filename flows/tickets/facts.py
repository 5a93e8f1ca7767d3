"""What rules may ask about a ticket, and what they may do with it. The only bridge from tickets to rules."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_SELECT, FIELD_TEXT
from business_rules.variables import (
    BaseVariables,
    numeric_rule_variable,
    select_multiple_rule_variable,
    select_rule_variable,
    string_rule_variable,
)
from django.utils.timezone import localtime

from flows.forms.fields import FieldSpec, facts_of, variables_of
from rules.engine import Vocabulary, Words, datetime_rule_variable, single_valued

URGENCIES = [
    {"name": "red", "label": Words(en="urgent (red)", zh="紧急（红）")},
    {"name": "amber", "label": Words(en="soon (amber)", zh="尽快（黄）")},
    {"name": "green", "label": Words(en="normal (green)", zh="普通（绿）")},
]
OUTCOMES = [
    {"name": "resolved", "label": Words(en="resolved", zh="已解决")},
    {"name": "closed", "label": Words(en="closed", zh="已关闭")},
]
SOURCES = [
    {"name": "desk", "label": Words(en="the desk", zh="工作台")},
    {"name": "import", "label": Words(en="an imported file", zh="导入文件")},
    {"name": "api", "label": Words(en="another program", zh="其他程序")},
    {"name": "flow", "label": Words(en="another ticket", zh="其他工单")},
]


class TicketVariables(BaseVariables):
    """Wraps the facts of one ticket, so that business-rules' own evaluator can read them too."""

    def __init__(self, facts: Mapping):
        self.facts = facts

    @datetime_rule_variable(label=Words(en="now", zh="现在"))
    def now(self):
        return self.facts.get("now")

    @string_rule_variable(label=Words(en="text of the ticket", zh="工单文字"))
    def text(self):
        return self.facts.get("text")

    @string_rule_variable(label=Words(en="title", zh="标题"))
    def title(self):
        return self.facts.get("title")

    @numeric_rule_variable(label=Words(en="length of the text", zh="文字长度"))
    def text_length(self):
        return self.facts.get("text_length")

    @select_rule_variable(label=Words(en="came from", zh="来源"), options=SOURCES)
    def source(self):
        return self.facts.get("source")

    @string_rule_variable(label=Words(en="ticket type (short name)", zh="工单类型（短名称）"))
    def ticket_type(self):
        return self.facts.get("ticket_type")

    @select_rule_variable(label=Words(en="urgency", zh="紧急程度"), options=URGENCIES)
    def urgency(self):
        return self.facts.get("urgency")

    @select_multiple_rule_variable(label=Words(en="tags", zh="标签"), options=[])
    def tags(self):
        return self.facts.get("tags")

    @string_rule_variable(label=Words(en="department (code)", zh="部门（编码）"))
    def department(self):
        return self.facts.get("department")

    @string_rule_variable(label=Words(en="store of the ticket (code)", zh="工单门店（编码）"))
    def ticket_store(self):
        return self.facts.get("ticket_store")

    @string_rule_variable(label=Words(en="customer's number", zh="客户编号"))
    def customer_number(self):
        return self.facts.get("customer_number")

    @string_rule_variable(label=Words(en="customer's level", zh="客户等级"))
    def customer_level(self):
        return self.facts.get("customer_level")

    @string_rule_variable(label=Words(en="customer's country or region", zh="客户所在国家或地区"))
    def customer_country(self):
        return self.facts.get("customer_country")

    @numeric_rule_variable(label=Words(en="customer's orders so far", zh="客户累计订单数"))
    def customer_orders(self):
        return self.facts.get("customer_orders")


class TicketActions(BaseActions):
    """Only what they are called is used: flows/tickets/routing.py does them."""

    @rule_action(
        label=Words(en="add the tag {tag}", zh="添加标签{tag}"),
        params=[{"name": "tag", "label": Words(en="tag", zh="标签"), "fieldType": FIELD_TEXT}],
    )
    def add_tag(self, tag):
        pass

    @rule_action(
        label=Words(en="set urgency to {level}", zh="紧急程度设为{level}"),
        params=[
            {
                "name": "level",
                "label": Words(en="urgency", zh="紧急程度"),
                "fieldType": FIELD_SELECT,
                "options": URGENCIES,
            }
        ],
    )
    def set_urgency(self, level):
        pass

    @single_valued
    @rule_action(
        label=Words(en="send to {department}", zh="转给{department}"),
        params=[
            {
                "name": "department",
                "label": Words(en="department", zh="部门"),
                "fieldType": FIELD_SELECT,
                "options": [],
            }
        ],
    )
    def send_to_department(self, department):
        pass

    @single_valued
    @rule_action(
        label=Words(en="assign to {person}", zh="分配给{person}"),
        params=[
            {
                "name": "person",
                "label": Words(en="person", zh="人员"),
                "fieldType": FIELD_SELECT,
                "options": [],
            }
        ],
    )
    def assign_to_person(self, person):
        pass

    @single_valued
    @rule_action(
        label=Words(en="end it by itself as {outcome}", zh="自动结束为{outcome}"),
        params=[
            {
                "name": "outcome",
                "label": Words(en="outcome", zh="结果"),
                "fieldType": FIELD_SELECT,
                "options": OUTCOMES,
            }
        ],
    )
    def close(self, outcome):
        pass


VOCABULARY = Vocabulary.of(TicketVariables, TicketActions)
# A field of a form may not take the name of what every ticket has.
TAKEN_NAMES = frozenset(VOCABULARY.variables) | {"transition"}


def vocabulary_of(specs: Iterable[FieldSpec]) -> Vocabulary:
    """What rules may ask of tickets with these fields. Fields that cannot be asked for are left out; the
    form says why."""
    seen, usable = set(TAKEN_NAMES), []
    for spec in specs:
        if spec.name and spec.name not in seen:
            usable.append(spec)
            seen.add(spec.name)
    return VOCABULARY.extended(fields=variables_of(usable))


def choices_of_actions() -> dict:
    """What the editor offers where a rule names a department or a person."""
    from flows.organisation.models import Department, User

    staff = User.objects.filter(is_active=True).order_by("username")
    return {
        "send_to_department.department": [[row.slug, row.name] for row in Department.objects.all()],
        "assign_to_person.person": [[user.username, str(user)] for user in staff],
    }


def facts_of_ticket(ticket, *, specs: Iterable[FieldSpec], at: datetime, tags: Iterable[str] = ()) -> dict:
    """All that rules may ask about `ticket` (saved or not); its days count from the local one of `at`."""
    facts = {
        "now": localtime(at),
        "text": ticket.text,
        "title": ticket.title,
        "text_length": len(ticket.text),
        "source": ticket.source,
        "ticket_type": ticket.ticket_type,
        "urgency": ticket.urgency_colour,
        "tags": sorted(tags),
        "department": ticket.department.slug if ticket.department_id else None,
        "ticket_store": ticket.store.slug if ticket.store_id else None,
    }
    if ticket.customer_id:
        facts |= facts_of_customer(ticket.customer)
    return facts | facts_of(ticket.answers, specs)


def facts_of_customer(customer) -> dict:
    return {
        "customer_number": customer.number,
        "customer_level": customer.level,
        "customer_country": customer.country,
        "customer_orders": customer.orders.filter(kind="sale").count(),
    }


def only_used(facts: Mapping, names: Iterable[str]) -> dict:
    """What the decision log keeps: enough to decide the same again, and no more."""
    return {name: facts[name] for name in sorted(names) if name in facts}

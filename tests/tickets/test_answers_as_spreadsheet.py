"""The answers of one type leave as columns of a spreadsheet, and come back from it as the same answers."""

import io

import openpyxl
import pytest
from django.urls import reverse

from flows.organisation.models import Store
from flows.tickets.actions import create_ticket
from flows.tickets.feedback import import_feedback
from flows.tickets.models import Ticket
from tests.tickets.conftest import AMOUNT, NOON, STORY, node_of, refund_type

OPTIONS = [
    {"label": "红", "label_en": "Red", "name": "red"},
    {"label": "蓝", "label_en": "Blue", "name": "blue"},
]
FORM = [
    STORY,
    AMOUNT,
    {"type": "number", "value": {"label": "件数", "name": "pieces", "decimals": 1}},
    {"type": "date", "value": {"label": "日期", "name": "day"}},
    {"type": "time", "value": {"label": "时间", "name": "hour"}},
    {"type": "choice", "value": {"label": "颜色", "name": "colour", "choices": OPTIONS}},
    {"type": "multi_choice", "value": {"label": "喜好", "name": "likes", "choices": OPTIONS}},
    {"type": "rating", "value": {"label": "星级", "name": "stars"}},
    {"type": "location", "value": {"label": "位置", "name": "place"}},
    {"type": "store", "value": {"label": "门店", "name": "shop"}},
]
ANSWERS = {
    "story": "=蛋糕, “坏了”",
    "amount": {"minor": 123450, "currency": "CNY"},
    "pieces": "2.5",
    "day": "2100-02-28",
    "hour": "09:05",
    "colour": "red",
    "likes": ["red", "blue"],
    "stars": "4",
    "place": {"latitude": "31.230400", "longitude": "121.473700"},
    "shop": "s1",
}


@pytest.fixture
def everything(publish, departments):
    """A type that asks every kind of field that a cell can hold."""
    Store.objects.create(slug="s1", name="一号店")
    record = refund_type(form=FORM)
    node_of(record, "new")["asks"] = list(ANSWERS)
    node_of(record, "handling")["asks"] = []
    for row in record.flow["transitions"]:
        row.pop("condition", None)
    return publish(record)


def exported(client, **filters) -> bytes:
    response = client.get(reverse("tickets:index"), {"export": "xlsx"} | filters)
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_exported_answers_are_imported_as_the_same_answers(everything, designer, client_of, language):
    create_ticket(ticket_type="refund", answers=ANSWERS, by=designer, at=NOON)
    client = client_of(designer)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    file = io.BytesIO(exported(client, ticket_type="refund"))
    file.name = "tickets.xlsx"
    result = import_feedback(source=file, ticket_type="refund", at=NOON)
    assert (result.added, result.rejected) == (1, 0), result.reasons
    first, again = Ticket.objects.order_by("pk")
    assert again.answers == first.answers == ANSWERS


def test_only_the_answers_of_one_type_are_columns(everything, designer, client_of):
    create_ticket(ticket_type="refund", answers=ANSWERS, by=designer, at=NOON)
    client = client_of(designer)

    def headings(**filters):
        rows = openpyxl.load_workbook(io.BytesIO(exported(client, **filters))).active
        return [cell.value for cell in rows[1]]

    assert "星级" in headings(ticket_type="refund")
    assert "星级" not in headings()

"""Flows that were rows of two tables are one document now, also in drafts, and approvals still cover them."""

from importlib import import_module

import pytest
from django.apps import apps

from flows.tickets.models import Ticket
from rules.store.models import ReviewState
from tests.tickets.conftest import NOON, refund_type

migration = import_module("flows.tickets.migrations.0005_flow_as_one_document")


def as_rows(flow, departments):
    """The content of a draft as it was before."""
    nodes = [
        {
            "pk": place, "sort_order": place, "ticket_type": 1, "label": row["label"]["zh"],
            "label_en": row["label"]["en"], "key": row["key"], "kind": row.get("kind", "step"),
            "asks": "经过，Amount、order_number" if row.get("asks") else "",
            "assign": "department" if row["key"] == "approval" else "keep",
            "department": departments["service"].pk if row["key"] == "approval" else None, "person": None,
        }
        for place, row in enumerate(flow["nodes"])
    ]  # fmt: skip
    transitions = [
        {
            "pk": place, "sort_order": place, "ticket_type": 1, "label": row["label"]["zh"], "label_en": "",
            "from_node": "处理" if row["from"] == "handling" else row["from"],
            "to_node": "Handling" if row["to"] == "handling" else row["to"],
            "condition": row.get("condition", {"all": []}), "who": "anyone", "department": None,
            "needs_answers": row.get("needs_answers", True),
        }
        for place, row in enumerate(flow["transitions"])
    ]  # fmt: skip
    return {"nodes": nodes, "transitions": transitions}


@pytest.fixture
def old_draft(refund, departments):
    """The approved draft of the refund type as it was stored before."""
    revision = refund.record.latest_revision
    content = revision.content
    content |= as_rows(content.pop("flow"), departments)
    revision.content = content
    revision.save(update_fields=["content"])
    ReviewState.objects.filter(revision=revision).update(content_digest=migration.digest(content))
    return revision


def test_a_draft_says_what_it_said(old_draft, departments):
    migration.convert_drafts(
        apps, {"departments": {departments["service"].pk: ("service", "Service")}, "people": {}}
    )
    old_draft.refresh_from_db()
    record = old_draft.as_object()
    assert record.problems() == []
    document = record.document()
    ways = [(row["from"], row["to"]) for row in document["transitions"]]
    assert ways == [(row["from"], row["to"]) for row in refund_type().flow["transitions"]]
    assert document["nodes"][0]["asks"] == ["story", "amount", "order_number"]
    assert document["nodes"][2]["department"] == "service"
    assert document["transitions"][4]["needs_answers"] is False


def test_an_approval_given_before_still_covers_it(old_draft, departments):
    migration.convert_drafts(apps, {"departments": {}, "people": {}})
    old_draft.refresh_from_db()
    assert ReviewState.objects.approving(old_draft, old_draft.as_object())


def test_every_open_ticket_has_its_task(open_ticket, agent):
    ticket = open_ticket()
    ticket.tasks.all().delete()
    migration.open_tasks(apps, None)
    [task] = Ticket.objects.get(pk=ticket.pk).tasks.open()
    assert (task.node, task.opened_at) == ("new", NOON)

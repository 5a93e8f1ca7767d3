"""What is wrong with a flow while it is drawn, each thing at its node or transition."""

import json

from django.core import signing
from django.http import HttpResponseBadRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST

from flows.forms.texts import texts
from flows.tickets.flow import flow_document, problems_of_format
from flows.tickets.models import TicketType
from flows.tickets.runtime import compile_ticket_type
from rules.editor.widgets import record_of
from rules.store.problems import RecordErrors, RecordProblem, say

# A flow of 500 nodes with conditions has some hundred kilobytes.
LONGEST_BODY = 2_000_000
KEYS = {"nodes": "node", "transitions": "transition"}


@require_POST
def check(request):
    """{"token", "document", "fields"} → {"problems": [{"node", "transition", "sentence"}]}.

    fields   [{"name", "label"}] on the page now, some of them not saved yet
    """
    if len(request.body) > LONGEST_BODY:
        return HttpResponseBadRequest()
    try:
        asked = json.loads(request.body)
        record, _name = record_of(asked["token"])
        flow, fields = asked["document"], asked.get("fields") or []
        typed = [unsaved_field(field["name"], field["label"]) for field in fields]
    except (ValueError, KeyError, TypeError, RecursionError, signing.BadSignature):
        return HttpResponseBadRequest()
    if not isinstance(record, TicketType):
        return HttpResponseBadRequest()
    return JsonResponse(
        {"problems": [as_json(problem, flow) for problem in problems_in(record, flow, typed)]}
    )


def problems_in(record: TicketType, flow, typed: list[dict]) -> list[RecordProblem]:
    """Of the flow only: what is wrong with the form is told at the form."""
    if unreadable := problems_of_format(flow):
        return unreadable
    record.flow = flow
    document = record.document()
    known = {field["name"] for field in document["fields"]}
    document["fields"] += [field for field in typed if field["name"] not in known]
    found = list(record.completeness())
    try:
        compile_ticket_type(document)
    except RecordErrors as errors:
        found += [problem for problem in errors.problems if problem not in found]
    return [problem for problem in found if problem.path[0] in KEYS]


def unsaved_field(name: str, label: str) -> dict:
    """A field typed a moment ago: it can be asked; conditions know it once it is saved."""
    return {
        "name": name,
        "kind": "text",
        "label": texts(label),
        "required": False,
        "help": texts(""),
        "column": "",
        "limits": {},
        "options": [],
        "default": "",
        "visible_if": {"all": []},
        "required_if": {"all": []},
        "formula": "",
        "source": "",
    }


def as_json(problem: RecordProblem, flow: dict) -> dict:
    part, *rest = problem.path
    place = {"node": "", "transition": ""}
    if rest and isinstance(flow, dict):
        rows = flow_document(flow)[part]
        place[KEYS[part]] = rows[rest[0]]["key"] if rest[0] < len(rows) else ""
    return place | {"sentence": say(problem.sentence)}


urlpatterns = [path("tickets/check-flow/", check, name="tickets_check_flow")]

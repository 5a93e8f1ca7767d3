"""Scorecards and formulas tried with a person's own values while they are still being written."""

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.core import signing
from django.http import HttpResponseBadRequest, JsonResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from rules.editor.readback import LONGEST_BODY
from rules.editor.widgets import lines_as_json, record_of
from rules.engine import Lines, RuleErrors, Variable, compile_formula, compile_scorecard
from rules.engine.facts import TYPES, UNREADABLE
from rules.store.models.purposeful import PurposefulRecord
from rules.store.models.scorecard import as_engine_reads
from rules.store.problems import RecordErrors

LONGEST_TYPED = 10_000
LINES_TYPED = 100


def answering(tried, kind=PurposefulRecord):
    """A view of {"token", "document", "facts"}; `tried(record, document, facts, language)` gives the JSON.

    kind    of which the record has to be
    """

    @require_POST
    def view(request):
        if len(request.body) > LONGEST_BODY:
            return HttpResponseBadRequest()
        try:
            asked = json.loads(request.body)
            record, _name = record_of(asked["token"])
            document, facts = asked.get("document"), asked.get("facts") or {}
        except (ValueError, KeyError, TypeError, RecursionError, signing.BadSignature):
            return HttpResponseBadRequest()
        if not isinstance(record, kind) or not isinstance(facts, dict):
            return HttpResponseBadRequest()
        return JsonResponse(tried(record, document, facts, get_language()))

    return view


def tried_formula(record, text, facts, language) -> dict:
    """{"sentence", "unit", "problems": [{"sentence", "start", "end"}], "asks": [...], "tried": {...} or None}

    asks   the variables it asks for, as an editor shows inputs for them
    tried  what it gives for the typed facts, and the working; None while nothing is typed that it asks for
    """
    try:
        vocabulary, lines = record.words_of(record.document_of_purpose())
        formula = compile_formula(text, vocabulary, lines=lines)
    except (RecordErrors, RuleErrors) as errors:
        return {
            "sentence": "",
            "unit": "",
            "problems": problems_of(errors, language),
            "asks": None,
            "tried": None,
        }
    asked = asked_by(formula.names, vocabulary, lines)
    given = facts_from_form(facts, asked)
    return {
        "sentence": formula.sentence(language),
        "unit": formula.unit_label.say(language) if formula.unit_label else "",
        "problems": [],
        "asks": [ask_as_json(ask, language) for ask in asked],
        "tried": formula.explain(given).as_json(language) if given or not asked else None,
    }


def tried_scorecard(record, document, facts, language) -> dict:
    """{"problems", "asks", "tried": a Score as JSON or None}; see tried_formula."""
    try:
        vocabulary, lines = record.words_of(record.document_of_purpose())
        scorecard = compile_scorecard(as_typed(document), vocabulary, lines=lines)
    except (RecordErrors, RuleErrors) as errors:
        return {"problems": problems_of(errors, language), "asks": None, "tried": None}
    asked = asked_by(scorecard.names, vocabulary, lines)
    given = facts_from_form(facts, asked)
    return {
        "problems": [],
        "asks": [ask_as_json(ask, language) for ask in asked],
        "tried": scorecard.score(given).as_json(language),
    }


def as_typed(document) -> object:
    """Numbers come as they were typed; what cannot be read stays a text, and is refused at its place."""
    try:
        return as_engine_reads(document)
    except (KeyError, TypeError, AttributeError):
        return None


def problems_of(errors, language) -> list[dict]:
    return [
        {
            "path": problem.path if isinstance(problem.path, str) else "/".join(map(str, problem.path)),
            "sentence": problem.sentence.say(language)
            if hasattr(problem.sentence, "say")
            else str(problem.sentence),
            "start": getattr(problem, "start", None),
            "end": getattr(problem, "end", None),
        }
        for problem in errors.problems
    ]


def asked_by(names, vocabulary, lines) -> list[Variable | Lines]:
    """In the vocabulary's own order."""
    return [asked for asked in [*vocabulary.variables.values(), *lines] if asked.name in names]


def ask_as_json(asked: Variable | Lines, language) -> dict:
    return lines_as_json(asked, language) if isinstance(asked, Lines) else asked.as_json(language)


def facts_from_form(typed: dict, asked: list[Variable | Lines]) -> dict:
    """What was typed, read as facts; what is empty or cannot be read is missing, and said to be."""
    facts = {}
    for one in asked:
        value = typed.get(one.name)
        read = lines_from_form if isinstance(one, Lines) else fact_from_form
        fact = read(value, one)
        if fact is not None:
            facts[one.name] = fact
    return facts


def lines_from_form(value, lines: Lines) -> list[dict] | None:
    if not isinstance(value, list):
        return None
    columns = list(lines.vocabulary.variables.values())
    rows = [facts_from_form(row, columns) for row in value[:LINES_TYPED] if isinstance(row, dict)]
    return [row for row in rows if row]


def fact_from_form(value, variable: Variable) -> object:
    if isinstance(value, str):
        value = value.strip()[:LONGEST_TYPED]
    if value in ("", None, []):
        return None
    if variable.type == "numeric":
        value = number_from_form(value)
    elif variable.type == "boolean":
        value = {"true": True, "false": False}.get(value)
    elif variable.type == "datetime":
        value = instant_from_form(value)
    return None if TYPES[variable.type].read(value) is UNREADABLE else value


def instant_from_form(value) -> datetime | None:
    """A browser's "2026-01-31T09:00" is meant in the reader's own zone."""
    try:
        at = datetime.fromisoformat(str(value))
        return at if at.tzinfo else timezone.make_aware(at)
    except (ValueError, OverflowError):
        return None


def number_from_form(value) -> Decimal | None:
    try:
        number = Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


urlpatterns = [
    path("rules/try/formula/", answering(tried_formula), name="rules_try_formula"),
    path("rules/try/scorecard/", answering(tried_scorecard), name="rules_try_scorecard"),
]

"""What a builder holds, read back as a sentence while a person is still building it."""

import json

from django.core import signing
from django.http import HttpResponseBadRequest, JsonResponse
from django.urls import path
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from rules.editor.widgets import vocabulary_of
from rules.engine import RuleErrors, action_sentence, compile_actions, compile_condition
from rules.store.sources import naming

# A condition has at most some thousands of comparisons; a longer body is no condition.
LONGEST_BODY = 1_000_000


@require_POST
def read_back(request):
    """{"token", "document"} → {"sentence", "problems": [{"path", "sentence"}]}."""
    if len(request.body) > LONGEST_BODY:
        return HttpResponseBadRequest()
    try:
        asked = json.loads(request.body)
        vocabulary = naming(vocabulary_of(asked["token"]), [asked.get("document")])
    except (ValueError, KeyError, TypeError, RecursionError, signing.BadSignature):
        return HttpResponseBadRequest()
    return JsonResponse(said(asked.get("document"), vocabulary, get_language()))


def said(document, vocabulary, language) -> dict:
    try:
        if isinstance(document, list):
            actions = compile_actions(document, vocabulary)
            mark = "；" if language.startswith("zh") else "; "
            sentence = mark.join(action_sentence(action, language, vocabulary) for action in actions)
        else:
            sentence = compile_condition(document, vocabulary).sentence(language)
    except RuleErrors as errors:
        problems = [
            {"path": problem.path, "sentence": problem.sentence.say(language)} for problem in errors.problems
        ]
        return {"sentence": "", "problems": problems}
    return {"sentence": sentence, "problems": []}


urlpatterns = [path("rules/read-back/", read_back, name="rules_read_back")]

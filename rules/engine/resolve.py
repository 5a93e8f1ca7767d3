"""For business-rules' own evaluator, which compares one fact with one value and knows nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from .operators import OPERATORS
from .vocabulary import Vocabulary


def resolved(document: Mapping, vocabulary: Vocabulary, facts: Mapping[str, object]) -> dict:
    """A condition with everything put in that is not written in it, so that business-rules can evaluate it.

    {"variable": name} becomes that fact, a stretch of time gets the fact `now` beside it, and the name of a
    lexicon becomes what finds its words. Raises KeyError for a fact that is not there: business-rules has no
    answer for it either.
    """
    for kind in ("all", "any", "none"):
        if kind in document:
            return {kind: [resolved(child, vocabulary, facts) for child in document[kind]]}
    value = document.get("value")
    operator = OPERATORS[vocabulary.variables[document["name"]].type, document["operator"]]
    if isinstance(value, Mapping) and "variable" in value:
        value = _there(facts, value["variable"])
    elif operator.needs_now:
        value = {**value, "now": _there(facts, "now")}
    elif operator.input == "lexicons":
        value = [lexicon.matcher for lexicon in vocabulary.lexicons_called(value)]
    return {**document, "value": value}


def _there(facts: Mapping[str, object], name: str) -> object:
    if facts.get(name) is None:
        raise KeyError(name)
    return facts[name]

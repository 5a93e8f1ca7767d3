"""The decision log: written with the change it explains, read back and replayed years later."""

import json

from django.core.serializers.json import DjangoJSONEncoder

from rules.engine import facts_as_json, facts_from_json
from rules.store.models import Decision


def decision_of(*, version, subject: str, facts: dict, outcome, reasons=(), at) -> Decision:
    """An unsaved row for `log_decisions`.

    version  a Version, or the Effective one of a place
    facts    variable name → plain value; stored so that the types survive
    outcome  what `version.record_class.replay` returns for these facts
    reasons  ids of the rules that held, or reason codes
    """
    return Decision(
        version=version.base,
        adjusted_by=[override.pk for override in version.overrides],
        subject=subject,
        facts=facts_as_json(facts),
        outcome=as_stored(outcome),
        reasons=as_stored(list(reasons)),
        at=at,
    )


def log_decision(**kwargs) -> Decision:
    decision = decision_of(**kwargs)
    decision.save(force_insert=True)
    return decision


def log_decisions(decisions: list[Decision]) -> list[Decision]:
    return Decision.objects.bulk_create(decisions, batch_size=1_000)


def facts_of(decision: Decision) -> dict:
    return facts_from_json(decision.facts)


def replay(decision: Decision):
    """What the same version decides on the same facts today, as stored; None where that cannot be asked."""
    version = decision.decided_by
    outcome = version.record_class.replay(version.compiled, facts_of(decision))
    return None if outcome is None else as_stored(outcome)


def as_stored(value):
    """`value` as it reads after being stored as JSON."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))

"""The decision log: written with the change it explains, read back and replayed years later."""

from datetime import date, datetime
from decimal import Decimal

from rules.store.models import Decision


def freeze(value):
    """Facts as JSON that `thaw` turns back into the same values: decimals and dates keep their type."""
    match value:
        case dict():
            return {str(key): freeze(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [freeze(item) for item in value]
        case Decimal():
            return {"$decimal": str(value)}
        case datetime():
            return {"$datetime": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case None | bool() | int() | str():
            return value
        case float():
            return {"$decimal": repr(value)}
        case _:
            return str(value)


def thaw(value):
    match value:
        case {"$decimal": text}:
            return Decimal(text)
        case {"$datetime": text}:
            return datetime.fromisoformat(text)
        case {"$date": text}:
            return date.fromisoformat(text)
        case dict():
            return {key: thaw(item) for key, item in value.items()}
        case list():
            return [thaw(item) for item in value]
        case _:
            return value


def decision_of(*, version, subject: str, facts: dict, outcome, reasons=(), at) -> Decision:
    return Decision(
        version=version,
        subject=subject,
        facts=freeze(facts),
        outcome=freeze(outcome),
        reasons=freeze(list(reasons)),
        at=at,
    )


def log_decision(**kwargs) -> Decision:
    decision = decision_of(**kwargs)
    decision.save(force_insert=True)
    return decision


def log_decisions(decisions: list[Decision]) -> list[Decision]:
    return Decision.objects.bulk_create(decisions, batch_size=1_000)


def replay(decision: Decision):
    """What the same version decides on the same facts today; None if its kind cannot be replayed.

    Raises what compiling the stored document raises, which a stored version never should.
    """
    version = decision.version
    outcome = version.record_class.replay(version.compiled, thaw(decision.facts))
    return None if outcome is None else freeze(outcome)

"""Scorecards and formulas over customers: what they may ask, and what they say of one customer."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from flows.customers.facts import SCORE_PURPOSE as PURPOSE
from flows.customers.facts import SEGMENT_VOCABULARY, facts_of, values_of
from flows.customers.models import Customer
from rules.engine import Score
from rules.store.purposes import FORMULAS, SCORECARDS, TABLES, register_purpose
from rules.store.runtime import live_scorecards


def register() -> None:
    register_purpose(
        key=PURPOSE,
        label=_("Customers"),
        vocabulary=SEGMENT_VOCABULARY,
        options_of=options,
        kinds=(SCORECARDS, FORMULAS, TABLES),
    )


def options() -> dict[str, list]:
    """The countries and levels there are now."""
    return {name: values_of(name) for name in ("country", "level")}


def scores_of(customer: Customer, *, at: datetime) -> list[tuple[str, Score]]:
    """(name, score) by every scorecard that is live for customers."""
    versions = list(live_scorecards(PURPOSE, at=at))
    if not versions:
        return []
    facts = facts_of(customer, at=at)
    return [(version.name, version.compiled.score(facts)) for version in versions]

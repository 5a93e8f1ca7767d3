"""What rule sets, scorecards and formulas are for. A flow registers a purpose; an ops designer chooses it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from rules.engine import Lines, Vocabulary
from rules.store.problems import say

_purposes: dict[str, "Purpose"] = {}


# The kinds of records a purpose may be for.
RULES = "rules"
SCORECARDS = "scorecards"
FORMULAS = "formulas"
TABLES = "tables"


@dataclass(frozen=True)
class Purpose:
    """
    key            stored with the record, e.g. "tickets.routing"
    label          what designers read
    vocabulary     what its rules may ask and do
    about_choices  → [(slug, label)]: what a set may be limited to (ticket types); None if it cannot be
    fields_of      slug → field descriptions for Vocabulary.extended
    options_of     → {"send_to.department": [[name, label]]}: what may be chosen now, for Vocabulary.extended
    lexicons_of    → which lexicons its rules may name, as rules.store.lexicons.published_lexicons gives them
    kinds          which kinds of records may be made for it
    lines          lists of rows that its formulas may add up
    scores_of      the purpose whose scorecards its rules may ask, "" for none: their facts must be there
    sum_up         [{"name", "params"}] → those that have an effect, in a fixed order; None if all have
    """

    key: str
    label: object
    vocabulary: Vocabulary
    about_choices: Callable[[], list] | None = None
    fields_of: Callable[[str], list] | None = None
    options_of: Callable[[], dict] | None = None
    lexicons_of: Callable[[], dict] | None = None
    kinds: Collection[str] = (RULES,)
    lines: tuple[Lines, ...] = ()
    scores_of: str = ""
    sum_up: Callable[[list], list] | None = None

    def fields_about(self, about: str) -> list[dict]:
        return self.fields_of(about) if about and self.fields_of else []

    def options(self) -> dict:
        return self.options_of() if self.options_of else {}

    def lexicons(self) -> dict:
        return self.lexicons_of() if self.lexicons_of else {}


def register_purpose(*, key, **kwargs) -> None:
    """See Purpose for what may be given."""
    _purposes[key] = Purpose(key=key, **kwargs)


def purpose(key: str) -> Purpose | None:
    return _purposes.get(key)


def purpose_choices(kind: str = RULES) -> list[tuple]:
    return [(known.key, say(known.label)) for known in _purposes.values() if kind in known.kinds]


def about_choices(kind: str = RULES) -> list[tuple]:
    """Everything a record of any purpose may be limited to."""
    return sorted(
        {
            choice
            for known in _purposes.values()
            if known.about_choices and kind in known.kinds
            for choice in known.about_choices()
        }
    )

"""What rule sets are for. A flow registers a purpose; an ops designer chooses it when making a rule set."""

from collections.abc import Callable
from dataclasses import dataclass

from rules.engine import Vocabulary
from rules.store.problems import say

_purposes: dict[str, "Purpose"] = {}


@dataclass(frozen=True)
class Purpose:
    """
    key            stored with the rule set, e.g. "tickets.routing"
    label          what designers read
    vocabulary     what its rules may ask and do
    about_choices  → [(slug, label)]: what a set may be limited to (ticket types); None if it cannot be
    fields_of      slug → field descriptions for Vocabulary.extended
    options_of     → {"send_to.department": [[name, label]]}: what may be chosen now, for Vocabulary.extended
    sum_up         [{"name", "params"}] → those that have an effect, in a fixed order; None if all have
    """

    key: str
    label: object
    vocabulary: Vocabulary
    about_choices: Callable[[], list] | None = None
    fields_of: Callable[[str], list] | None = None
    options_of: Callable[[], dict] | None = None
    sum_up: Callable[[list], list] | None = None

    def fields_about(self, about: str) -> list[dict]:
        return self.fields_of(about) if about and self.fields_of else []

    def options(self) -> dict:
        return self.options_of() if self.options_of else {}


def register_purpose(
    *, key, label, vocabulary, about_choices=None, fields_of=None, options_of=None, sum_up=None
) -> None:
    _purposes[key] = Purpose(key, label, vocabulary, about_choices, fields_of, options_of, sum_up)


def purpose(key: str) -> Purpose | None:
    return _purposes.get(key)


def purpose_choices() -> list[tuple]:
    return [(purpose.key, say(purpose.label)) for purpose in _purposes.values()]


def about_choices() -> list[tuple]:
    """Everything a rule set of any purpose may be limited to."""
    return sorted(
        {choice for known in _purposes.values() if known.about_choices for choice in known.about_choices()}
    )

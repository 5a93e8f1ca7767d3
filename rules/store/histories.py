"""What really happened, as facts: real cases that a draft is tried on. Flows register a history for each kind
of record they decide with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from rules.store.deciding import Decider

_histories: dict[tuple[str, str], "History"] = {}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One real case.

    place        where it stands in the sequence of cases; a broken off run goes on after it
    subject      what it is about, as in the decision log: "ticket:12"
    draft_facts  where a side makes its own history, so that the draft would have found other facts
    """

    place: int
    subject: str
    facts: dict
    draft_facts: dict | None = None

    @property
    def facts_for_draft(self) -> dict:
        return self.facts if self.draft_facts is None else self.draft_facts


@dataclass(frozen=True, kw_only=True)
class Sides:
    """What is compared: a draft, and what is live now (None if nothing is). `slug` is the record's."""

    draft: Decider
    live: Decider | None
    slug: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The facts that either asks for."""
        return self.draft.names | (self.live.names if self.live else frozenset())


class History:
    """Real cases of one kind. `since` counts as in the period, `until` does not."""

    label: object = ""  # of many: "tickets"
    subjects: object = ""  # what several cases next to one another are about, where they are: "tickets"
    decider = Decider  # how a draft or a version is asked about a case
    example: object = ""  # what one is found by: "ticket number"
    has_period = True  # False: as they are at `until`

    def count(self, sides: Sides, since: datetime, until: datetime) -> int:
        raise NotImplementedError

    def pages(self, sides: Sides, since: datetime, until: datetime, after: int) -> Iterator[list[Case]]:
        """The cases behind the place `after`, in the order of their places, some hundred at a time."""
        raise NotImplementedError

    def find(self, sides: Sides, text: str) -> Case | None:
        """The case a person means by `text`; its facts as the history of cases has them."""
        return None

    def money(
        self, sides: Sides, since: datetime, until: datetime, progress: Callable[[int], None]
    ) -> dict | None:
        """What the difference costs, where money is decided; `progress` is called now and then.

        → {"currency", "rows": [[whose, draft, live]], "draft", "live"}, amounts in minor units; live is None
        where nothing comparable is live.
        """
        return None

    def amount(self, minor: int, currency: str) -> str:
        """An amount of `money` as people read it."""
        raise NotImplementedError


def register_history(kind, history: History, *, purpose: str = "") -> None:
    """`kind`: a stored record's class; `purpose`: of rule sets."""
    _histories[kind._meta.label_lower, purpose] = history


def history_of(kind, document: dict) -> History | None:
    return _histories.get((kind._meta.label_lower, document.get("purpose", "")))

"""What people can be told of. Each app registers its own kinds of events in its `ready`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

# Told by the caller with each event; see `notify`.
COMMON = {"by": _("who did it")}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """
    key        "ticket.assigned"
    label      what people read where they choose: "A ticket is assigned to me"
    subject    the built-in words, lazily translated: "#{number} is yours now: {title}"
    body       more of them; "" for none
    about      what its subjects are called before the colon: "ticket"
    important  at once by default; otherwise in the daily brief
    needs      the permission without which nobody is ever told of it: "tickets.view_ticket"
    tells      {placeholder: what it stands for} beyond those of `about`: what the caller puts into `context`
    """

    key: str
    label: object
    subject: object
    body: object = ""
    about: str = ""
    important: bool = False
    needs: str = ""
    tells: Mapping[str, object] = field(default_factory=dict)

    @property
    def placeholders(self) -> dict[str, object]:
        about = about_of(self.about)
        return {**(about.placeholders if about else {}), **COMMON, **self.tells}


@dataclass(frozen=True, kw_only=True)
class About:
    """What notices about one kind of subject may say, decided by the app that owns it.

    describe      (subjects, people) → {(subject, person id): {placeholder: value, "url": path}}. Who is not
                  named there may not see the subject, and is told nothing of it.
    placeholders  {placeholder: what it stands for}
    example       {placeholder: value} for previews
    """

    describe: Callable[[Iterable[str], Iterable], Mapping[tuple[str, int], Mapping]]
    placeholders: Mapping[str, object]
    example: Mapping[str, object]


_kinds: dict[str, Kind] = {}
_abouts: dict[str, About] = {}


def register_kind(kind: Kind) -> None:
    _kinds[kind.key] = kind


def register_about(name: str, about: About) -> None:
    _abouts[name] = about


def kind_of(key: str) -> Kind:
    """Raises KeyError for an event nobody registered."""
    return _kinds[key]


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def about_of(subject: str) -> About | None:
    return _abouts.get(subject.partition(":")[0])


def described(pairs: Iterable[tuple[str, object]]) -> dict[tuple[str, int], Mapping]:
    """What each person may be told of each subject; pairs that are missing may be told nothing."""
    pairs = list(pairs)
    by_name: dict[str, list] = {}
    for subject, person in pairs:
        by_name.setdefault(subject.partition(":")[0], []).append((subject, person))
    known = {}
    for name, asked in by_name.items():
        if name in _abouts:
            subjects = dict.fromkeys(subject for subject, _person in asked)
            people = {person.pk: person for _subject, person in asked}
            known |= _abouts[name].describe(subjects, people.values())
        else:
            known |= {(subject, person.pk): {} for subject, person in asked}
    return known

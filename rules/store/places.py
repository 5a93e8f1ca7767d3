"""Where a record can be adjusted: places below headquarters, such as regions and stores.

The rules know no region and no store. Whoever does registers a kind of place; a place is then known by its
key, "region:north", and a path is the keys on the way down to it, widest first: ("region:north",
"store:sh-001"). Headquarters is the empty path.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rules.store.fields import is_storable
from rules.store.problems import say

HEADQUARTERS = ""
_kinds: dict[str, "PlaceKind"] = {}


@dataclass(frozen=True)
class Place:
    """`path` ends with the place's own key."""

    key: str
    label: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class PlaceKind:
    """
    key     what stands before the colon, e.g. "store"
    label   what people read: "store"
    find    code → Place, or None if there is none (any more)
    all     → every Place of this kind
    allows  (user, Place) → whether this person may adjust records there
    """

    key: str
    label: object
    find: Callable[[str], Place | None]
    all: Callable[[], Iterable[Place]]
    allows: Callable[[object, Place], bool]


def register_places(*, key, label, find, all, allows=lambda user, place: True) -> None:
    """Kinds are registered from wide to narrow."""
    _kinds[key] = PlaceKind(key, label, find, all, allows)


def find_place(key: str) -> Place | None:
    kind, _colon, code = key.partition(":")
    # What no column can hold is the code of no place.
    return _kinds[kind].find(code) if kind in _kinds and is_storable(code) else None


def may_adjust(user, place: Place) -> bool:
    return _kinds[place.key.partition(":")[0]].allows(user, place)


def place_label(key: str) -> str:
    """What people read; the key itself for a place that is gone."""
    if key == HEADQUARTERS:
        return _("Headquarters")
    place = find_place(key)
    return place.label if place else key


def place_choices(user=None) -> list[tuple[str, list[tuple[str, str]]]]:
    """[(kind, [(key, label)])], wide kinds first: every place, or those where `user` may adjust records."""
    found = (
        (
            say(kind.label),
            [(place.key, place.label) for place in kind.all() if user is None or kind.allows(user, place)],
        )
        for kind in _kinds.values()
    )
    return [(label, places) for label, places in found if places]

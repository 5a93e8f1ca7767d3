"""What a name in a formula means: a variable by its name, or by its label where only one has it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from ..vocabulary import Variable
from .functions import FUNCTIONS
from .nodes import Lines
from .tokens import WORDS, fold

Named = Variable | Lines
_BARE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class Names:
    """Of one scope: the variables of a vocabulary, and lists of lines."""

    def __init__(self, variables: Iterable[Variable], lines: Iterable[Lines] = ()):
        self._named: dict[str, Named] = {}
        self._labelled: dict[str, list[Named]] = {}
        for named in [*variables, *lines]:
            self._named[named.name] = named
            for label in {_folded(named.label.en), _folded(named.label.zh)}:
                self._labelled.setdefault(label, []).append(named)

    def find(self, text: str) -> list[Named]:
        """What `text` may mean: nothing, one thing, or several with the same label."""
        if text in self._named:
            return [self._named[text]]
        return self._labelled.get(_folded(text), [])

    def __contains__(self, named: Named) -> bool:
        return self._named.get(named.name) is named

    def like(self, text: str) -> str:
        """The name or label that is spelled most like `text`; "" when none is."""
        known = {_folded(name): name for name in self._named}
        known |= {
            label: named.label.zh if label == _folded(named.label.zh) else named.label.en
            for label, several in self._labelled.items()
            for named in several[:1]
        }
        close = get_close_matches(_folded(text[:60]), list(known)[:2_000], n=1, cutoff=0.7)
        return known[close[0]] if close else ""


def _folded(text: str) -> str:
    return " ".join(fold(text).lower().split())


def written_name(name: str) -> str:
    """As it is typed: in square brackets, unless it is one plain word."""
    plain = _BARE.fullmatch(name) and fold(name) == name
    return name if plain and name.lower() not in WORDS and name not in FUNCTIONS else f"[{name}]"


def is_writable(name: str) -> bool:
    return bool(name.strip()) and name == name.strip() and not set(fold(name)) & set("[]\n")


def is_quotable(text: str) -> bool:
    """Whether it may stand between quotation marks."""
    return not set(fold(text)) & set("\"'\n")

"""What is wrong with a stored document: every problem at once, each at its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from .words import Words

STRANGE_KEYS = 10  # told of one mapping


def strange_keys(row: Mapping, known: Collection) -> Iterator[str]:
    """The first keys of `row` that are not `known`, as they may stand in a path: short, and storable."""
    for key in islice((key for key in row if key not in known), STRANGE_KEYS):
        text = key if isinstance(key, str) else type(key).__name__
        yield text[:40].encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class Problem:
    path: str  # where in the document: "all/0/value"; "" is the document itself
    sentence: Words
    # Of a formula: the characters it is about, from `start` up to `end`, counted from 0.
    start: int | None = None
    end: int | None = None


class RuleErrors(Exception):
    """A document that cannot be compiled. `problems` holds every Problem found, in document order."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        super().__init__(
            "; ".join(f"{p.path}: {p.sentence}" if p.path else p.sentence for p in self.problems)
        )

    def sentences(self, language: str | None) -> list[str]:
        return [problem.sentence.say(language) for problem in self.problems]


class Refused(Exception):
    """One value that cannot be read; the parser makes it a Problem at `path` below that value."""

    def __init__(self, sentence: Words, path: tuple[str, ...] = ()):
        self.sentence = sentence
        self.path = path
        super().__init__(sentence)

    def problems_at(self, path: tuple[str, ...]) -> list[Problem]:
        return [Problem(path="/".join((*path, *self.path)), sentence=self.sentence)]


class SeveralRefused(Refused):
    """The entries of a list that cannot be read."""

    def __init__(self, refusals: Iterable[Refused]):
        self.refusals = list(refusals)
        super().__init__(self.refusals[0].sentence, self.refusals[0].path)

    def problems_at(self, path: tuple[str, ...]) -> list[Problem]:
        return [problem for refused in self.refusals for problem in refused.problems_at(path)]

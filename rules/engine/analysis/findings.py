"""What an analysis says: findings in words with an example, and what it could not look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..words import Words

GAP, OVERLAP, SHADOWED, UNREACHABLE, REPEATED = "gap", "overlap", "shadowed", "unreachable", "repeated"
DEAD, IMPLIED, CONTRADICTION, UNKNOWN = "dead", "implied", "contradiction", "unknown"
ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True, eq=False)
class Finding:
    """
    kind      gap, overlap, shadowed, unreachable, repeated; of rule sets dead, implied, contradiction,
              repeated, and unknown for what could not be found out
    rows      counted from 0, the one it is shown at first; a gap has none
    severity  error: the table breaks its own promise; warning: surely not meant; info: good to know
    example   {input: value}: facts that show it; empty where nothing can (a row that never holds)
    written   the same as it is typed into a cell, or for a rule set as it is said
    when      of a gap: the cells of a row that fills it exactly; None where they would be too long to write
    """

    kind: str
    rows: tuple[int, ...]
    severity: str
    sentence: Words
    example: Mapping[str, object] = field(default_factory=dict)
    written: Mapping[str, Words] = field(default_factory=dict)
    example_sentence: Words | None = None  # "amount: 120, level: “gold”"
    when: tuple[str, ...] | None = None

    def as_json(self, language: str | None) -> dict:
        return {
            "kind": self.kind,
            "severity": self.severity,
            "rows": list(self.rows),
            "sentence": self.sentence.say(language),
            "example": {name: text.say(language) for name, text in self.written.items()},
            "example_sentence": self.example_sentence.say(language) if self.example_sentence else "",
            "when": list(self.when) if self.when is not None else None,
        }


@dataclass(frozen=True, eq=False)
class TableAnalysis:
    """
    findings  by row, those without a row last
    limits    what could not be looked at, in words; then there may be more than is found
    """

    findings: list[Finding]
    limits: list[Words]

    @property
    def complete(self) -> bool:
        return not self.limits

    def as_json(self, language: str | None) -> dict:
        return {
            "findings": [finding.as_json(language) for finding in self.findings],
            "complete": self.complete,
            "limits": [limit.say(language) for limit in self.limits],
        }


@dataclass(frozen=True, eq=False)
class Suggestion:
    """Facts worth a test, and why."""

    facts: Mapping[str, object]
    sentence: Words


def in_both(say: Callable[[str], str]) -> Words:
    """From a function of the language."""
    return Words(en=say("en"), zh=say("zh-hans"))

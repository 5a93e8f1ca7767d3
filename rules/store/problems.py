"""What can be wrong with a stored record or an act on it, said in a sentence its reader can act on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language


def say(sentence, language: str | None = None) -> str:
    """`sentence` (engine Words, a lazy translation or plain text) in `language`, else the active one."""
    if hasattr(sentence, "say"):
        return sentence.say(language or get_language() or "en")
    return str(sentence)


def in_every_language(refusal) -> dict[str, str]:
    """What is said, kept so that each reader reads it in their own language later."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language] = str(refusal)
    return said


class Refusal(Exception):
    """An act that is not allowed now; nothing has changed. `sentence` tells the person why."""

    def __init__(self, sentence):
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self):
        return say(self.sentence)


@dataclass(frozen=True)
class RecordProblem:
    """Something to mend at one place of a record.

    path      where: ("name",), or ("rules", 2, "condition") for the third row of the inline list `rules`
    sentence  what is wrong and how to mend it
    """

    path: tuple
    sentence: object

    def __str__(self):
        return say(self.sentence)


class RecordErrors(Refusal):
    """Every problem of a record at once."""

    def __init__(self, problems: list[RecordProblem]):
        self.problems = list(problems)
        super().__init__(self)

    @property
    def sentence(self):
        return " ".join(str(problem) for problem in self.problems)

    @sentence.setter
    def sentence(self, value):
        pass

    def __str__(self):
        return self.sentence


@dataclass(frozen=True)
class Line:
    """One thing a record says. `key` stays the same across versions, so that two of them can be compared."""

    key: str
    label: str
    text: str


@dataclass(frozen=True)
class Differences:
    """What is known of a change beyond the lines' text.

    renamed    {key before: key now} of lines that are the same thing under another name
    sentences  {key now: what changed within the line, one sentence each}
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    sentences: Mapping[str, Sequence[str]] = field(default_factory=dict)


def at(path: tuple, rule_errors) -> list[RecordProblem]:
    """The problems of an engine's RuleErrors, placed at the record field `path`."""
    return [RecordProblem(path=path, sentence=problem.sentence) for problem in rule_errors.problems]

"""What changed between two documents of a record, in the words a designer would use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from rules.editor.lines import lines_to_compare
from rules.store.models import StoredRecord, Version
from rules.store.problems import Differences, Line, RecordErrors


@dataclass(frozen=True)
class Change:
    """One line that differs. `before` is "" for what was added, `after` is "" for what was removed.

    sentences   what changed within the line, where that is known: "condition 2: … became …"
    """

    label: str
    before: str
    after: str
    sentences: tuple[str, ...] = ()

    @property
    def before_pieces(self) -> list[tuple[bool, str]]:
        """(was taken out?, text) of `before`, in order."""
        return list(pieces(words_of(self.before), words_of(self.after)))

    @property
    def after_pieces(self) -> list[tuple[bool, str]]:
        """(was put in?, text) of `after`, in order."""
        return list(pieces(words_of(self.after), words_of(self.before)))

    @property
    def kind(self) -> str:
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"

    @property
    def kind_label(self) -> str:
        return {"added": _("Added"), "removed": _("Removed"), "changed": _("Changed")}[self.kind]


# A Latin word or a number stays whole ("1,000"); Chinese is compared character by character.
WORD = re.compile(r"[A-Za-z0-9]+(?:[.,:'-][A-Za-z0-9]+)*|.", re.DOTALL)


def words_of(text: str) -> list[str]:
    return WORD.findall(text)


def pieces(words: list[str], others: list[str]) -> Iterator[tuple[bool, str]]:
    """`words` in runs: (is it missing from `others`?, text)."""
    for verb, begin, end, _from, _to in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
        if begin < end:
            yield verb != "equal", "".join(words[begin:end])


def compare(before: StoredRecord | Version, after: StoredRecord | Version, language: str) -> list[Change]:
    """What changed between two states of a record, each a record or a version."""
    return changes_between(
        *lines_to_compare(before, after, language), differences_between(before, after, language)
    )


def drawing_of(before: StoredRecord | Version, after: StoredRecord | Version) -> dict | None:
    """What changed as a drawing, where records of this kind have one: {"template", "drawing"}."""
    documents = (side.document if isinstance(side, Version) else side.document() for side in (before, after))
    kind = before.record_class if isinstance(before, Version) else type(before)
    return kind.snippet_viewset.drawing_of_change(*documents)


def differences_between(before, after, language: str) -> Differences:
    documents = (side.document if isinstance(side, Version) else side.document() for side in (before, after))
    kind = before.record_class if isinstance(before, Version) else type(before)
    try:
        return kind.differences(*documents, language)
    except RecordErrors:
        # One side makes no sense yet, or its vocabulary is gone: the lines must do.
        return Differences()


def changes_between(
    before: list[Line], after: list[Line], differences: Differences | None = None
) -> list[Change]:
    """The lines that differ, in the order they stand now, then what is gone."""
    differences = differences or Differences()
    before = [replace(line, key=differences.renamed.get(line.key, line.key)) for line in before]
    old = {line.key: line for line in before}
    new = {line.key: line for line in after}
    changes = [
        Change(
            label=line.label,
            before=old[line.key].text if line.key in old else "",
            after=line.text,
            sentences=tuple(differences.sentences.get(line.key, ())),
        )
        for line in after
        if line.key not in old or (old[line.key].label, old[line.key].text) != (line.label, line.text)
    ]
    gone = [Change(label=line.label, before=line.text, after="") for line in before if line.key not in new]
    kept_before = [line.key for line in before if line.key in new]
    kept_after = [line.key for line in after if line.key in old]
    if kept_before != kept_after:
        changes.append(
            Change(
                label=_("Sequence"),
                before=_(", then ").join(old[key].label for key in kept_before),
                after=_(", then ").join(new[key].label for key in kept_after),
            )
        )
    return changes + gone

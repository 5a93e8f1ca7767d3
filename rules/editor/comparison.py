"""What changed between two documents of a record, in the words a designer would use."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from rules.store.problems import Line


@dataclass(frozen=True)
class Change:
    """One line that differs. `before` is "" for what was added, `after` is "" for what was removed."""

    label: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"

    @property
    def kind_label(self) -> str:
        return {"added": _("Added"), "removed": _("Removed"), "changed": _("Changed")}[self.kind]


def changes_between(before: list[Line], after: list[Line]) -> list[Change]:
    """The lines that differ, in the order they stand now, then what is gone."""
    old = {line.key: line for line in before}
    new = {line.key: line for line in after}
    changes = [
        Change(label=line.label, before=old[line.key].text if line.key in old else "", after=line.text)
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

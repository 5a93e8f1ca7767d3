"""What the analysis finds in a draft, on its page and at the row it is about. It never stands in the way."""

from collections.abc import Iterable

from django.utils.functional import cached_property
from wagtail.admin.panels import Panel

from rules.engine.analysis import ERROR, INFO, WARNING, Finding
from rules.store.models import StoredRecord
from rules.store.problems import RecordErrors


def findings_of(record: StoredRecord) -> list[Finding]:
    """In what `record` says now, what matters most first; nothing while it does not make sense yet."""
    try:
        return worst_first(record.findings(record.compile(record.document())))
    except RecordErrors:
        return []


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: (ERROR, WARNING, INFO).index(finding.severity))


class FindingsPanel(Panel):
    """What was found about one row of an InlinePanel: in the draft as it was saved, then in what is typed.

    The view puts the findings of the record on the request as `findings`: a row knows its record's rows by
    their places only.
    """

    class BoundPanel(Panel.BoundPanel):
        template_name = "editor/panels/findings.html"

        @cached_property
        def findings(self) -> list[Finding]:
            place = self.form.prefix.rpartition("-")[2]
            if self.form.is_bound or not place.isdigit():
                return []
            found = getattr(self.request, "findings", [])
            return [finding for finding in found if int(place) in rows_shown_at(finding)]

        def get_context_data(self, parent_context=None):
            return super().get_context_data(parent_context) | {
                "findings": self.findings,
                "row": self.form.prefix,
            }


def rows_shown_at(finding: Finding) -> tuple[int, ...]:
    """A contradiction can be mended at either rule, all else at its first row; what is only good to know is
    told above all rows."""
    if finding.severity == INFO:
        return ()
    return finding.rows if finding.kind == "contradiction" else finding.rows[:1]

"""A record in words, whatever state its draft is in."""

from django.utils.translation import gettext as _

from rules.store.models import StoredRecord
from rules.store.problems import Line, RecordErrors


def lines_of(record: StoredRecord, language: str) -> list[Line]:
    """What `record` says; for a draft that does not make sense yet, what has to be mended."""
    try:
        return [name_line(record), *record.in_words(record.document(), language)]
    except RecordErrors as errors:
        return [name_line(record)] + [
            Line(key=f"problem/{number}", label=_("To mend"), text=str(problem))
            for number, problem in enumerate(errors.problems)
        ]


def name_line(record):
    return Line(key="name", label=_("Name"), text=record.name)

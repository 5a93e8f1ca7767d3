"""A ticket type as one file: its form and flow, the rules about it, the word lists these name.

    {"format": "tangram.ticket-type", "version": 1, "ticket_type": {...}, "records": [{"kind", ...}],
     "called": {"department": {"quality": "质量部"}, ...}}

`called` says what the departments, people and other ticket types that the file names are called where it
comes from; the other side has its own. Records are written by rules.store.transfer.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from flows.organisation.models import Department
from flows.tickets.models import TicketType
from flows.tickets.routing import PURPOSE, SCORE_PURPOSE
from rules.store.fields import is_storable
from rules.store.lexicons import lexicon_models, lexicons_named
from rules.store.models import DecisionTable, Formula, RuleSet, Scorecard, StoredRecord
from rules.store.problems import RecordErrors, Refusal
from rules.store.transfer import kind_of, portable

FORMAT = "tangram.ticket-type"
VERSION = 1
LARGEST = 5_000_000  # bytes
MOST_RECORDS = 200
ABOUT_TYPES = (RuleSet, DecisionTable, Scorecard, Formula)
# What is named by a short name that the other side may not have.
DEPARTMENT, PERSON, TICKET_TYPE = "department", "person", "ticket_type"
NAMED = (DEPARTMENT, PERSON, TICKET_TYPE)


@dataclass(frozen=True)
class TypeFile:
    """ticket_type, records: as rules.store.transfer writes them; called: {what: {short name: name}}"""

    ticket_type: dict
    records: tuple[dict, ...]
    called: Mapping[str, Mapping[str, str]]

    def as_json(self) -> str:
        content = {
            "format": FORMAT,
            "version": VERSION,
            "ticket_type": self.ticket_type,
            "records": list(self.records),
            "called": self.called,
        }
        return json.dumps(content, ensure_ascii=False, indent=1)

    @property
    def slug(self) -> str:
        return self.ticket_type["slug"]


# Writing


def file_of(ticket_type: TicketType) -> TypeFile:
    """The newest draft of `ticket_type` with the newest drafts of all that belongs to it."""
    draft = ticket_type.get_latest_revision_as_object()
    about = [record.get_latest_revision_as_object() for record in records_about(ticket_type.slug)]
    lexicons = [record.get_latest_revision_as_object() for record in lexicons_of(about)]
    records = [portable(record) for record in (*about, *lexicons)]
    written = portable(draft)
    return TypeFile(written, tuple(records), called(named_in([written, *records])))


def records_about(slug: str) -> Iterator[StoredRecord]:
    for model in ABOUT_TYPES:
        yield from (
            model.objects.in_use().filter(about=slug, purpose__in=(PURPOSE, SCORE_PURPOSE)).order_by("slug")
        )


def lexicons_of(records: Iterable[StoredRecord]) -> Iterator[StoredRecord]:
    """The word lists that `records` name."""
    named = set()
    for record in records:
        if isinstance(record, RuleSet):
            try:
                named |= lexicons_named(record.compile(record.document()))
            except RecordErrors:
                continue  # a draft that cannot be read yet names nothing for sure
    for model in lexicon_models():
        yield from model.objects.in_use().filter(slug__in=named).order_by("slug")


def called(named: Mapping[str, set[str]]) -> dict:
    departments = Department.objects.filter(slug__in=named[DEPARTMENT])
    people = get_user_model().objects.filter(username__in=named[PERSON])
    types = TicketType.objects.filter(slug__in=named[TICKET_TYPE])
    return {
        DEPARTMENT: {one.slug: one.name for one in departments},
        PERSON: {one.username: str(one) for one in people},
        TICKET_TYPE: {one.slug: one.name for one in types},
    }


# What it names


def named_in(value) -> dict[str, set[str]]:
    """The short names in a document, wherever they stand: {"department": "quality"} in a step, a button or an
    action, {"type": "person", "name": "zhang"} among approvers."""
    found = {what: set() for what in NAMED}
    for what, name in references_in(value):
        found[what].add(name)
    return found


def references_in(value) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for one in value:
            yield from references_in(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in NAMED and isinstance(one, str) and one:
                yield key, one
            yield from references_in(one)
        if value.get("type") in NAMED and isinstance(value.get("name"), str):
            yield value["type"], value["name"]


def renamed(value, names: Mapping[tuple[str, str], str]):
    """`value` with other short names, {("department", "quality"): "qa"}; "" where nothing is like it."""
    if isinstance(value, list):
        return [renamed(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {key: renamed(one, names) for key, one in value.items()}
    for what in NAMED:
        if isinstance(value.get(what), str) and (what, value[what]) in names:
            changed[what] = names[what, value[what]]
            # The name beside it is looked up again when the record is read.
            changed.pop(f"{what}_name", None)
    if (value.get("type"), value.get("name")) in names:
        changed["name"] = names[value["type"], value["name"]]
    return changed


# Reading


def read_file(text: str) -> TypeFile:
    """Raises Refusal for anything that is not a file of a ticket type."""
    try:
        content = json.loads(text)
        storable = is_storable(content)
    except (ValueError, RecursionError):
        raise Refusal(_("This is not a file of a ticket type: it cannot be read as JSON.")) from None
    if not storable:
        raise Refusal(_("The file holds characters or numbers that cannot be stored."))
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Refusal(
            _("This is not a file of a ticket type. Choose one that was saved on a ticket type's page.")
        )
    if not isinstance(content.get("version"), int) or content["version"] > VERSION:
        raise Refusal(_("This file comes from a newer version of Tangram. Update this installation first."))
    ticket_type, records = content.get("ticket_type"), content.get("records", [])
    if not is_record(ticket_type, kind_of(TicketType)):
        raise Refusal(_("The file holds no ticket type."))
    known = readable_kinds()
    if not isinstance(records, list) or len(records) > MOST_RECORDS:
        raise Refusal(_("The rules in this file cannot be read."))
    for record in records:
        if not any(is_record(record, kind) for kind in known):
            raise Refusal(_("The file holds a kind of record that is not known here."))
    return TypeFile(ticket_type, tuple(records), read_called(content.get("called")))


def readable_kinds() -> dict[str, type[StoredRecord]]:
    return {kind_of(model): model for model in (*ABOUT_TYPES, *lexicon_models())}


def is_record(value, kind: str) -> bool:
    return (
        isinstance(value, dict)
        and value.get("kind") == kind
        and all(isinstance(value.get(part), str) and value[part] for part in ("name", "slug"))
    )


def read_called(value) -> dict:
    """{what: {short name: name}} as far as it can be read; only shown."""
    given = value if isinstance(value, dict) else {}
    rows = {what: given[what] if isinstance(given.get(what), dict) else {} for what in NAMED}
    return {
        what: {slug: name for slug, name in names.items() if isinstance(name, str)}
        for what, names in rows.items()
    }

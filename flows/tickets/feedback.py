"""Feedback from files (reviews, surveys) as tickets: cleaned by the form of the ticket type, then routed.

A column of the file answers the field that names it as its column, else the field of the same short name or
label. The same row never becomes two tickets: a row is known by all its cells and by its place among equal
rows, whatever the file is called and however it is sorted.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from flows.customers.imports import Importer
from flows.forms.asking import AnswerCleaner
from flows.forms.fields import FieldSpec
from flows.forms.texts import said
from flows.importing import (
    Cancelled,
    CannotRead,
    ImportResult,
    Line,
    Reject,
    Rejects,
    Table,
    open_table,
    without_mark,
)
from flows.tickets.actions import Draft, create_tickets, live_type, routed_tickets
from flows.tickets.models import Ticket, TicketType
from flows.tickets.models.ticket import Source
from flows.tickets.refusals import NoLiveType
from flows.tickets.runtime import TicketTypeRuntime
from rules.store.runtime import live_versions

BATCH = 1_000  # tickets stored in one transaction


def import_feedback(
    *,
    source,
    ticket_type: str,
    at: datetime,
    by=None,
    text_column: str = "",
    rejects: Rejects | None = None,
    progress: Callable[[ImportResult, float], None] | None = None,
    dry_run: bool = False,
    limit: int | None = None,
) -> ImportResult:
    """Open a ticket of the live `ticket_type` for each row that is not a ticket yet.

    text_column  the column with what customers wrote, where the form does not name it
    raises       CannotRead when the file or the type as a whole is of no use; then nothing is stored
    """
    rejects = Rejects() if rejects is None else rejects
    try:
        version = live_type(ticket_type, at=at)
    except NoLiveType as refusal:
        raise CannotRead(refusal.sentence) from refusal
    result = ImportResult(details=Counter())
    with open_table(source) as table:
        reader = FeedbackReader(version.compiled, table, text_column=text_column, today=at.date())
        drafts = reader.read(islice(table, limit), rejects=rejects, result=result)
        try:
            while batch := list(islice(drafts, BATCH)):
                store_batch(batch, version=version, by=by, at=at, result=result, dry_run=dry_run)
                if progress:
                    progress(with_rejects(result, rejects), table.share)
        except Cancelled:
            result.cancelled = True
    return with_rejects(result, rejects)


def store_batch(drafts: list[Draft], *, version, by, at, result: ImportResult, dry_run: bool) -> None:
    """Another import of the same rows may be under way; then what it stored is known to us."""
    for last_try in (False, True):
        new = without_known(drafts, version.slug)
        given = {"version": version, "drafts": new, "by": by, "at": at, "source": Source.IMPORT}
        try:
            tickets = [one.ticket for one in routed_tickets(**given)] if dry_run else create_tickets(**given)
            break
        except IntegrityError:
            if last_try:
                raise
    result.added += len(new)
    result.known += len(drafts) - len(new)
    count_tickets(tickets, result.details)


def without_known(drafts: list[Draft], slug: str) -> list[Draft]:
    keys = [draft.source_key for draft in drafts]
    known = set(Ticket.objects.of_type(slug).filter(source_key__in=keys).values_list("source_key", flat=True))
    return [draft for draft in drafts if draft.source_key not in known]


def count_tickets(tickets: Iterable[Ticket], details: dict) -> None:
    for ticket in tickets:
        details["red"] += ticket.urgency_colour == "red"
        details["ended"] += not ticket.is_open


def with_rejects(result: ImportResult, rejects: Rejects) -> ImportResult:
    result.rejected, result.reasons = rejects.count, dict(rejects.reasons.most_common())
    return result


class FeedbackReader:
    """Reads rows of one file as answers to one form. Raises CannotRead when they do not fit together."""

    def __init__(self, runtime: TicketTypeRuntime, table: Table, *, text_column: str, today):
        self.runtime, self.language = runtime, get_language()
        self.columns = columns_of(runtime, table.columns, text_column=text_column)
        if text_column and text_column not in table.columns:
            table.refuse_without([text_column])
        if missing := [
            said(spec.label, self.language)
            for spec in runtime.fields_at(runtime.start.key)
            if spec.required and not spec.visible_if and spec.name not in self.columns
        ]:
            table.refuse_without(missing)
        if not self.columns:
            raise CannotRead(
                _("No column fits a field of the form. The columns are: %(columns)s.")
                % {"columns": _(", ").join(table.columns)}
            )
        asked = [spec for spec in runtime.fields if spec.name in self.columns]
        self.cleaner = AnswerCleaner(asked, language=self.language, today=today, logic=runtime.logic)
        self.equals = Counter()

    def read(self, lines: Iterable[Line | Reject], *, rejects, result) -> Iterator[Draft]:
        for line in lines:
            result.read += 1
            if isinstance(line, Reject):
                rejects.add(line)
                continue
            key = self.key_of(line)
            try:
                answers = self.cleaner.clean(
                    {name: without_mark(line.values[column]) for name, column in self.columns.items()}
                )  # fmt: skip
            except ValidationError as errors:
                rejects.add(line.reject(self.in_words(errors)))
                continue
            if not answers:
                rejects.add(line.reject(_("The line is empty.")))
                continue
            yield Draft(answers=answers, source_key=key)

    def key_of(self, line: Line) -> str:
        cells = json.dumps(sorted(line.values.items()), ensure_ascii=False)
        self.equals[cells] += 1
        return hashlib.sha256(f"{cells}#{self.equals[cells]}".encode()).hexdigest()

    def in_words(self, errors: ValidationError) -> str:
        """ "Review: too long", without what stood there, so that equal reasons add up."""
        return " ".join(
            _("%(field)s: %(sentence)s")
            % {"field": said(self.runtime.field_named[name].label, self.language), "sentence": sentences[0]}
            for name, sentences in errors.message_dict.items()
        )


def columns_of(runtime: TicketTypeRuntime, columns: list[str], *, text_column: str = "") -> dict[str, str]:
    """Field name → column of the file."""
    found = {}
    for spec in runtime.fields:
        if not (spec.asks.is_file or spec.asks.is_computed) and (column := column_of(spec, columns)):
            found[spec.name] = column
    texts = [spec.name for spec in runtime.fields if spec.kind in ("long_text", "text")]
    if text_column in columns and text_column not in found.values() and texts:
        found[texts[0]] = text_column
    return found


def column_of(spec: FieldSpec, columns: list[str]) -> str:
    by_folded = {column.casefold(): column for column in columns if column}
    spellings = (spec.column, spec.name, *spec.label.values())
    return next((by_folded[name.casefold()] for name in spellings if name.casefold() in by_folded), "")


# On screen and as a command


class FeedbackOptions(forms.Form):
    ticket_type = forms.ChoiceField(
        label=gettext_lazy("Ticket type"),
        help_text=gettext_lazy("Each row becomes a ticket of this type and is routed by its rules."),
    )
    text_column = forms.CharField(
        label=gettext_lazy("Column with the customer's words"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Only when the form of the ticket type does not name it."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ticket_type"].choices = [
            (version.slug, said(version.document["name"], get_language()))
            for version in live_versions(TicketType)
        ]


class FeedbackImporter(Importer):
    kind = "feedback"
    title = gettext_lazy("Import feedback")
    explanation = gettext_lazy(
        "A CSV or Excel file (.xlsx) of reviews or other feedback becomes tickets, one for each row. Rows"
        " that are tickets already are left out; rows that cannot be read are listed with the reason."
    )
    permission = "tickets.add_ticket"
    options_form = FeedbackOptions
    details = {"red": gettext_lazy("urgent"), "ended": gettext_lazy("ended by themselves")}
    icon = "mail"

    def columns_needed(self, options: dict) -> list[str]:
        try:
            runtime = live_type(options["ticket_type"], at=timezone.now()).compiled
        except NoLiveType:
            return []
        return [
            spec.column or said(spec.label, get_language())
            for spec in runtime.fields_at(runtime.start.key)
            if not (spec.asks.is_file or spec.asks.is_computed)
        ]

    def options_in_words(self, options: dict) -> list[tuple[str, str]]:
        said_options = [(_("Ticket type"), options["ticket_type"])]
        if options.get("text_column"):
            said_options.append((_("Column with the customer's words"), options["text_column"]))
        return said_options

    def run(self, *, source, options, at, by, rejects, progress, dry_run, limit) -> ImportResult:
        return import_feedback(
            source=source,
            ticket_type=options["ticket_type"],
            text_column=options.get("text_column", ""),
            at=at,
            by=by,
            rejects=rejects,
            progress=progress,
            dry_run=dry_run,
            limit=limit,
        )

"""Files on their way in: checked, shown, confirmed, then read, in the background when they are long.

An app that imports something writes one Importer and registers it in AppConfig.ready:

    class FeedbackImporter(Importer):
        kind = "feedback"
        title = _("Import feedback")
        permission = "tickets.add_ticket"
        options_form = FeedbackOptions           # a forms.Form: what to ask besides the file
        def run(self, *, source, options, at, by, rejects, progress, dry_run, limit): ... -> ImportResult

    register(FeedbackImporter())

It gets the page /admin/imports/feedback/ (upload, first rows, what would happen, confirm, progress, result,
rejects), and `import_path` for its command. `options` are the form's cleaned data as JSON-able values
(`clean_options`). Each file is one ImportRun row: who imported what, when, with which outcome.

The work survives a killed worker: a run is leased, and the sweeper gives a silent one to the next worker. So
`run` must be idempotent: started again, it skips what is stored.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from django import forms
from django.core import signing
from django.core.files import File
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from flows.customers.models import ImportRun
from flows.importing import Cancelled, CannotRead, ImportResult, Line, Rejects, open_table

logger = logging.getLogger(__name__)

SHOWN_ROWS = 5
# What is looked at before confirming, and what is still read at once, while the person waits.
CHECKED_ROWS = 5_000
TOKEN_AGE = 24 * 3600
MAX_UPLOAD_BYTES = 200 * 2**20
STOPPED = gettext_noop("It was stopped. Import the file again: what is stored is skipped.")


class Refusal(Exception):
    """Why an import cannot start now; `sentence` says so."""

    def __init__(self, sentence):
        super().__init__(str(sentence))
        self.sentence = sentence


class Importer:
    kind = ""
    title = ""
    explanation = ""
    permission = ""
    options_form: type[forms.Form] = forms.Form
    # {key of ImportResult.details: label}
    details = {}
    icon = "upload"

    def columns_needed(self, options: dict) -> list[str]:
        """Shown beside the upload, when the options are known."""
        return []

    def clean_options(self, cleaned_data: dict) -> dict:
        """JSON-able options from the form's cleaned data."""
        return cleaned_data

    def options_in_words(self, options: dict) -> list[tuple[str, str]]:
        """(label, text) for each option, to be shown with the run."""
        return []

    def first_rows(self, *, source, options) -> tuple[list[str], list[list[str]]]:
        """The columns and the first rows as they stand in the file. Raises CannotRead."""
        with open_table(source) as table:
            lines = islice((line for line in table if isinstance(line, Line)), SHOWN_ROWS)
            return table.columns, [list(line.values.values()) for line in lines]

    def count_rows(self, *, source, limit: int) -> int:
        """How many rows the file has, `limit` at most. Raises CannotRead."""
        with open_table(source) as table:
            return sum(1 for _line in islice(table, limit))

    def run(self, *, source, options, at, by, rejects, progress, dry_run, limit) -> ImportResult:
        """Read the file; see flows.customers.actions.import_orders for what the arguments mean."""
        raise NotImplementedError


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> None:
    _importers[importer.kind] = importer


def importer_of(kind: str) -> Importer:
    """Raises KeyError."""
    return _importers[kind]


def importers() -> list[Importer]:
    return list(_importers.values())


# Before it starts


@dataclass
class Preview:
    columns: list[str]
    rows: list[list[str]]
    result: ImportResult
    rejects: Rejects
    # Only the first rows of a long file were looked at.
    is_partial: bool
    token: str


def add_file(*, kind: str, upload: File, options: dict, by, at: datetime) -> ImportRun:
    """Keep an uploaded file until it is confirmed."""
    return ImportRun.objects.create(
        kind=kind,
        filename=Path(upload.name).name[:255],
        file=upload,
        digest=digest_of(upload),
        options=options,
        by=by,
        created_at=at,
        language=translation.get_language() or "",
    )


def look_at(run: ImportRun, *, at: datetime) -> Preview:
    """What the file would do; stores nothing. Raises CannotRead."""
    importer = importer_of(run.kind)
    rejects = Rejects()
    with run.file.open("rb") as source:
        columns, rows = importer.first_rows(source=source, options=run.options)
        result = importer.run(
            source=source,
            options=run.options,
            at=at,
            by=run.by,
            rejects=rejects,
            progress=None,
            dry_run=True,
            limit=CHECKED_ROWS,
        )
    return Preview(columns, rows, result, rejects, result.read >= CHECKED_ROWS, token_of(run))


def token_of(run: ImportRun) -> str:
    """Signs what was shown: this file with these options, to this person."""
    return signing.dumps([run.pk, run.digest, run.options, run.by_id], salt="imports.confirm")


def confirm(*, run: ImportRun, token: str, by, at: datetime) -> None:
    """Start a run that was looked at: at once when it is short, else in the background. Raises Refusal."""
    try:
        signed = signing.loads(token, salt="imports.confirm", max_age=TOKEN_AGE)
    except signing.BadSignature:
        raise Refusal(_("This confirmation has expired. Look at the file once more.")) from None
    if run.state != ImportRun.State.CHECKED:
        raise Refusal(_("This import has already been started."))
    with run.file.open("rb") as file:
        digest = digest_of(file)
    if signed != [run.pk, digest, run.options, by.pk]:
        raise Refusal(_("The file is not the one that was shown. Choose it once more."))
    started = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.CHECKED)
    if not started.update(state=ImportRun.State.QUEUED, leased_until=at):
        raise Refusal(_("This import has already been started."))
    if is_short(run):
        perform(run.pk)
    else:
        from flows.customers.tasks import perform_import

        transaction.on_commit(partial(perform_import, run.pk))


def is_short(run: ImportRun) -> bool:
    with run.file.open("rb") as file:
        return importer_of(run.kind).count_rows(source=file, limit=CHECKED_ROWS + 1) <= CHECKED_ROWS


def cancel(*, run: ImportRun, at: datetime) -> None:
    """Stop before the next batch. What is stored stays; a second run adds the rest. Raises Refusal."""
    unfinished = ImportRun.objects.filter(pk=run.pk, state__in=["checked", "queued", "running"])
    if not unfinished.update(state=ImportRun.State.CANCELLED, finished_at=at):
        raise Refusal(_("This import has already ended."))


# The work


def perform(run_id: int, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """Do a waiting run, unless another worker has it."""
    at = clock()
    waiting = ImportRun.objects.waiting(at=at).filter(pk=run_id)
    if not waiting.update(state="running", started_at=at, leased_until=at + ImportRun.LEASE):
        return
    run = ImportRun.objects.select_related("by").get(pk=run_id)
    if not run.file:
        end(
            run,
            state="failed",
            at=at,
            error=_(STOPPED),
        )
        return
    with translation.override(run.language or None), run.file.open("rb") as source:
        carry_out(run, source=source, clock=clock)
    # Uploaded files hold personal data; what was needed of them is stored now.
    run.file.delete()


def import_path(
    *,
    kind: str,
    path,
    options: dict,
    rejects_path=None,
    by=None,
    clock: Callable[[], datetime] = timezone.now,
) -> ImportRun:
    """Import a file of this machine now, as commands do. Raises CannotRead; then nothing is stored but the
    record of the attempt."""
    at = clock()
    with open_file(path) as source:
        run = ImportRun.objects.create(
            kind=kind,
            filename=Path(path).name[:255],
            digest=digest_of(source),
            options=options,
            by=by,
            state=ImportRun.State.RUNNING,
            created_at=at,
            started_at=at,
            leased_until=at + ImportRun.LEASE,
            language=translation.get_language() or "",
        )
        carry_out(run, source=source, clock=clock, rejects_path=rejects_path)
    if run.state == ImportRun.State.FAILED:
        raise CannotRead(run.error)
    return run


def open_file(path):
    try:
        return Path(path).open("rb")
    except OSError as fault:
        raise CannotRead(
            _("The file %(path)s cannot be opened: %(fault)s.") % {"path": path, "fault": fault.strerror}
        ) from fault


def carry_out(run: ImportRun, *, source, clock, rejects_path=None) -> None:
    """Run the importer of this kind and write down what came of it."""
    with TemporaryDirectory() as folder:
        with Rejects(rejects_path or Path(folder) / "rejects.csv") as rejects:
            try:
                result = importer_of(run.kind).run(
                    source=source,
                    options=run.options,
                    at=clock(),
                    by=run.by,
                    rejects=rejects,
                    progress=partial(report, run, clock),
                    dry_run=False,
                    limit=None,
                )
            except CannotRead as refusal:
                end(run, state="failed", at=clock(), error=str(refusal.sentence))
                return
            except Exception:
                logger.exception("import %s failed", run.pk)
                end(run, state="failed", at=clock(), error=_("It failed unexpectedly. The log says why."))
                return
        keep_rejects(run, rejects)
    put_counts(run, result)
    end(run, state="cancelled" if result.cancelled else "done", at=clock())


def report(run: ImportRun, clock, result: ImportResult, share: float) -> None:
    """Say how far it is and that we are alive. Raises Cancelled when someone stopped the run."""
    put_counts(run, result)
    run.percent, run.leased_until = int(share * 100), clock() + ImportRun.LEASE
    fields = {name: getattr(run, name) for name in [*COUNTS, "percent", "leased_until"]}
    if not ImportRun.objects.filter(pk=run.pk, state="running").update(**fields):
        raise Cancelled


COUNTS = ("read", "added", "known", "rejected", "reasons", "details")


def put_counts(run, result: ImportResult):
    run.read, run.added, run.known, run.rejected = result.read, result.added, result.known, result.rejected
    run.reasons, run.details = [list(pair) for pair in result.reasons.items()][:50], result.details


def keep_rejects(run, rejects: Rejects):
    if rejects.count and rejects.path:
        with rejects.path.open("rb") as file:
            run.rejects_file.save(f"{Path(run.filename).stem}-rejects.csv", File(file), save=False)


def end(run, *, state, at, error=""):
    run.state, run.finished_at, run.error, run.leased_until = state, at, error, None
    run.percent = 100 if state == "done" else run.percent
    run.save()


def digest_of(file) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def forget(run: ImportRun) -> None:
    """Of a file that was not even readable nothing is kept."""
    run.file.delete(save=False)
    run.delete()


def forget_unconfirmed(*, before: datetime) -> None:
    """Files nobody confirmed are not kept."""
    for run in ImportRun.objects.filter(state=ImportRun.State.CHECKED, created_at__lt=before):
        run.file.delete(save=False)
        end(run, state="cancelled", at=timezone.now())

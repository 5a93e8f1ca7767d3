"""Rows of a decision table as a spreadsheet and back, by django-import-export.

    heading   the label of a column in either language, or its name; the last column is the note
    cell      as a person types it; `'` before what a spreadsheet would take for a formula
    import    read and checked as a whole; nothing is stored before the difference was seen and confirmed

A file that was exported and is imported unchanged gives the same table: rows that say the same keep their
ids.
"""

import re
from collections import defaultdict, deque
from datetime import date, datetime
from types import SimpleNamespace

from django import forms
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from import_export import fields, resources
from import_export.formats.base_formats import CSV, XLSX
from import_export.instance_loaders import BaseInstanceLoader
from wagtail.admin import messages

from rules.editor.comparison import changes_between
from rules.editor.lines import lines_of
from rules.editor.views import RecordView
from rules.engine import Words
from rules.store.actions import save_draft
from rules.store.models import Version
from rules.store.models.table import shown, understood
from rules.store.problems import Refusal, say

LARGEST_FILE = 2_000_000
MOST_ROWS = 10_000
PROBLEMS_SHOWN = 50
SALT = "rules.editor.table_files"
FORMATS = {"xlsx": XLSX, "csv": CSV}
# What a spreadsheet may run. "-" alone and plain numbers are harmless, and a table is full of them.
HARMLESS = re.compile(r"-|[-+]?\d+(\.\d+)?")
ESCAPED = re.compile(r"'*[=+\-@\t\r]")
UNREADABLE = gettext_lazy("The file cannot be read. Save it as xlsx or CSV (UTF-8) and try again.")
UNWRITABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class CannotImport(Refusal):
    """The file as a whole is of no use; `sentence` says why."""


def escape(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; `unescape` gives exactly it again."""
    return f"'{text}" if ESCAPED.match(text) and not HARMLESS.fullmatch(text) else text


def unescape(text: str) -> str:
    inner = text[1:]
    return inner if text.startswith("'") and ESCAPED.match(inner) and not HARMLESS.fullmatch(inner) else text


def text_of_cell(value) -> str:
    """A cell as text, whatever the spreadsheet made of it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return unescape(str(value))


class RowField(fields.Field):
    """One column; a row is an object with an attribute per column."""

    def clean(self, row, **kwargs):
        return text_of_cell(row.get(self.column_name))

    def export(self, instance, **kwargs):
        return escape(getattr(instance, self.attribute))


class RowResource(resources.Resource):
    """The rows of one table. `columns` gives (attribute, spoken names) from left to right."""

    class Meta:
        force_init_instance = True
        instance_loader_class = BaseInstanceLoader
        skip_diff = True
        use_transactions = False

    def __init__(self, table: dict, language: str):
        super().__init__()
        self.columns = columns_of(table)
        headings = headings_of(self.columns, language)
        self.fields = {
            attribute: RowField(attribute=attribute, column_name=heading)
            for (attribute, _names), heading in zip(self.columns, headings, strict=True)
        }
        self._meta.fields = list(self.fields)
        self.rows = []

    def get_import_order(self):
        return list(self.fields)

    def get_export_order(self):
        return list(self.fields)

    def init_instance(self, row=None):
        return SimpleNamespace()

    def understood_headings(self, headings) -> list[str]:
        """The headings of this resource for those of a file. Raises CannotImport."""
        known = defaultdict(set)
        for field, (_attribute, names) in zip(self.fields.values(), self.columns, strict=True):
            for name in {field.column_name, *names}:
                known[name.strip().casefold()].add(field.column_name)
        found, strange = [], []
        for place, heading in enumerate(headings):
            text = text_of_cell(heading).strip()
            fitting = known.get(text.casefold(), set())
            if not text:
                found.append(f" {place}")
            elif len(fitting) == 1:
                found.append(next(iter(fitting)))
            else:
                strange.append(text[:60])
        if strange:
            raise CannotImport(
                _("The table has no column called: %(columns)s.") % {"columns": _(", ").join(strange)}
            )
        if twice := sorted({heading for heading in found if found.count(heading) > 1}):
            raise CannotImport(
                _("Two columns of the file are the same: %(columns)s.") % {"columns": _(", ").join(twice)}
            )
        wanted = [field.column_name for name, field in self.fields.items() if name != "annotation"]
        if lacking := [heading for heading in wanted if heading not in found]:
            raise CannotImport(
                _("The file lacks these columns: %(columns)s.") % {"columns": _(", ").join(lacking)}
            )
        return found

    def import_field(self, field, instance, row, is_m2m=False, **kwargs):
        setattr(instance, field.attribute, field.clean(row))

    def save_instance(self, instance, is_create, row, **kwargs):
        """Kept in memory: the draft is stored once somebody has seen the difference."""
        self.rows.append(instance)

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        """Cells are checked together, as the table they make."""

    def after_import_row(self, row, row_result, **kwargs):
        """An instance has no key to be told apart by."""


def columns_of(table: dict) -> list[tuple[str, list[str]]]:
    """[(attribute, [spoken names])] of inputs, outputs and the note."""
    columns = []
    for side in ("inputs", "outputs"):
        for place, column in enumerate(table[side]):
            label = Words.of(column.get("label") or column["name"])
            columns.append((f"{side}_{place}", [label.en, label.zh, column["name"]]))
    with override("en"):
        note = str(NOTE)
    with override("zh-hans"):
        return [*columns, ("annotation", [note, str(NOTE), "annotation"])]


NOTE = gettext_lazy("note")


def headings_of(columns, language: str) -> list[str]:
    """One heading per column, each once: a label that two columns share is numbered."""
    zh = language.startswith("zh")
    labels = [names[1] if zh else names[0] for _attribute, names in columns]
    return [
        label if labels.count(label) == 1 else f"{label} ({place + 1})" for place, label in enumerate(labels)
    ]


def instance_of(rule: dict) -> SimpleNamespace:
    cells = {f"inputs_{place}": cell for place, cell in enumerate(rule["when"])}
    cells |= {f"outputs_{place}": cell for place, cell in enumerate(rule["then"])}
    return SimpleNamespace(**cells, annotation=rule["annotation"])


def exported(table: dict, vocabulary, language: str, format: str) -> bytes:
    """`table` as it is stored, as the bytes of a file with cells as people type them."""
    visible = shown(table, vocabulary, language)
    rows = []
    for stored, seen in zip(table["rules"], visible["rules"], strict=True):
        rule = {
            side: [
                writable(cell, as_stored) for cell, as_stored in zip(seen[side], stored[side], strict=True)
            ]
            for side in ("when", "then")
        }
        rows.append(instance_of(rule | {"annotation": UNWRITABLE.sub(" ", seen["annotation"])}))
    dataset = RowResource(table, language).export(rows)
    if format == "csv":
        # With a mark, so that spreadsheets read Chinese.
        return b"\xef\xbb\xbf" + CSV().export_data(dataset).encode()
    return XLSX().export_data(dataset)


def writable(cell: str, stored: str) -> str:
    """A cell that a file can hold: where it has line ends or control marks, as the standard writes these."""
    if not UNWRITABLE.search(cell):
        return cell
    return UNWRITABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", stored)


def imported(table: dict, vocabulary, content: bytes, format: str, *, append: bool, language: str) -> dict:
    """`table` with the rows of a file, replaced or appended. Raises CannotImport."""
    dataset = read_file(content, format)
    if len(dataset) > MOST_ROWS:
        raise CannotImport(_("The file has too many rows: at most %(most)s.") % {"most": f"{MOST_ROWS:,}"})
    resource = RowResource(table, language)
    dataset.headers = resource.understood_headings(dataset.headers or [])
    result = resource.import_data(dataset, dry_run=True, raise_errors=True)
    if result.has_errors():
        raise CannotImport(UNREADABLE)
    width = len(table["inputs"])
    rules = []
    for row in resource.rows:
        cells = [
            getattr(row, attribute) for attribute, _names in resource.columns if attribute != "annotation"
        ]
        note = getattr(row, "annotation", "")
        if any(cell.strip() for cell in [*cells, note]):
            rules.append({"id": "", "when": cells[:width], "then": cells[width:], "annotation": note})
    fresh = understood(table | {"rules": rules}, vocabulary)["rules"]
    before = table["rules"]
    named = with_ids(fresh, before if not append else [], taken={rule["id"] for rule in before})
    return table | {"rules": [*before, *named] if append else named}


def with_ids(rules: list[dict], before: list[dict], taken: set[str]) -> list[dict]:
    """Rows that say what a row said before keep its id; then rows at the same place do."""
    free = defaultdict(deque)
    for rule in before:
        free[content_of(rule)].append(rule["id"])
    ids = [free[content_of(rule)].popleft() if free[content_of(rule)] else "" for rule in rules]
    used = set(ids)
    for place, rule in enumerate(before[: len(ids)]):
        if not ids[place] and rule["id"] not in used:
            ids[place] = rule["id"]
            used.add(rule["id"])
    return [rule | {"id": identity or new_id(taken)} for rule, identity in zip(rules, ids, strict=True)]


def new_id(taken: set[str]) -> str:
    identity = get_random_string(8)
    taken.add(identity)
    return identity


def content_of(rule: dict) -> tuple:
    return (*rule["when"], *rule["then"], rule["annotation"])


def read_file(content: bytes, format: str):
    """A tablib Dataset. Raises CannotImport."""
    try:
        if format == "csv":
            return CSV().create_dataset(decoded(content))
        return XLSX().create_dataset(content)
    except CannotImport:
        raise
    except Exception as fault:  # a damaged workbook fails in as many ways as there are parts in it
        raise CannotImport(
            _("The file cannot be read. Save it as xlsx or CSV (UTF-8) and try again.")
        ) from fault


def decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CannotImport(UNREADABLE)


# Pages ------------------------------------------------------------------------------------------------------


class ExportView(RecordView):
    """The draft, or with ?version=3 that version, as a file."""

    def get(self, request, *args, **kwargs):
        format = request.GET.get("format", "xlsx")
        if format not in FORMATS:
            format = "xlsx"
        number = request.GET.get("version", "")
        if number.isdecimal() and len(number) < 9:
            version = get_object_or_404(Version.objects.of(self.record), number=number)
            table, vocabulary = version.document["table"], version.compiled.vocabulary
            name = f"{version.slug}-v{version.number}"
        else:
            draft = self.record.get_latest_revision_as_object()
            table, vocabulary = draft.understood(), draft.vocabularies().get("rules")
            name = draft.slug
        content = exported(table, vocabulary, get_language(), format)
        response = HttpResponse(content, content_type=FORMATS[format].CONTENT_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{slugify(name) or "table"}.{format}"'
        return response


class ImportForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("xlsx or CSV, at most 2 MB"))
    how = forms.ChoiceField(
        label=gettext_lazy("What happens to the rows that are there"),
        choices=[
            ("replace", gettext_lazy("They are replaced by those of the file")),
            ("append", gettext_lazy("They stay, and those of the file come after them")),
        ],
        widget=forms.RadioSelect,
        initial="replace",
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("This file is larger than 2 MB."))
        return file


class ImportView(RecordView):
    """First the file, then the difference it makes, then the draft."""

    template_name = "editor/table_import.html"
    http_method_names = ["get", "post"]

    def dispatch(self, request, *args, **kwargs):
        if not self.permission_policy.user_has_permission(request.user, "change"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return _("Import rows")

    def get_context_data(self, **kwargs):
        draft = self.record.get_latest_revision_as_object()
        columns = headings_of(columns_of(draft.understood()), get_language())
        return super().get_context_data(
            **{"form": ImportForm(), "columns": columns, "import_url": self.url("import_rows"), **kwargs}
        )

    def post(self, request, *args, **kwargs):
        try:
            self.refuse_if_locked()
            if "rows" in request.POST:
                return self.store(request.POST["rows"])
            form = ImportForm(request.POST, request.FILES)
            if form.is_valid():
                return self.preview(form)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data())
        return self.render_to_response(self.get_context_data(form=form))

    def refuse_if_locked(self):
        lock = self.record.get_lock()
        if lock and lock.for_user(self.request.user):
            raise Refusal(_("This record is locked, so nothing can be imported now."))

    def preview(self, form):
        draft = self.record.get_latest_revision_as_object()
        language = get_language()
        # Said now: the draft of a record without changes is the record itself.
        before = lines_of(draft, language)
        file = form.cleaned_data["file"]
        format = "csv" if file.name.lower().endswith((".csv", ".txt")) else "xlsx"
        draft.table = imported(
            draft.understood(),
            draft.vocabularies().get("rules"),
            file.read(),
            format,
            append=form.cleaned_data["how"] == "append",
            language=language,
        )
        problems = [problem for problem in draft.problems() if problem.path[0] == "table"]
        changes = []
        if not problems:
            changes = list(changes_between(before, lines_of(draft, language)))
        token = signing.dumps(
            [draft.pk, draft.latest_revision_id, draft.table["rules"]], salt=SALT, compress=True
        )
        return self.render_to_response(
            self.get_context_data(
                form=form,
                problems=[say(problem.sentence) for problem in problems[:PROBLEMS_SHOWN]],
                more_problems=max(0, len(problems) - PROBLEMS_SHOWN),
                changes=changes,
                previewed=True,
                rows=len(draft.table["rules"]),
                token="" if problems else token,
            )
        )

    def store(self, token):
        try:
            pk, revision, rules = signing.loads(token, salt=SALT, max_age=24 * 3600)
        except signing.BadSignature:
            raise Refusal(_("This preview is too old. Please choose the file again.")) from None
        if pk != self.record.pk or revision != self.record.latest_revision_id:
            raise Refusal(_("Somebody changed the draft meanwhile. Please choose the file again."))
        draft = self.record.get_latest_revision_as_object()
        draft.table = draft.understood() | {"rules": rules}
        save_draft(record=draft, by=self.request.user)
        messages.success(self.request, _("The rows are in the draft now."))
        return redirect(self.url("edit"))

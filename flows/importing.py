"""Reading the tables people send us (CSV, plain or gzipped, or the first sheet of an .xlsx workbook), line by
line, without trusting them.

    with open_table(path_or_file, required=["review"]) as table, Rejects(rejects_path) as rejects:
        for line in table:
            if isinstance(line, Reject):          # not readable: wrong encoding, too few columns, ...
                rejects.add(line)
            elif len(line.values["review"]) > 2000:
                rejects.add(line.reject(_("The review is longer than 2,000 characters.")))
            else:
                keep(line.number, line.values)    # {"label": "1", "review": "..."}: texts, stripped

open_table   raises CannotRead (has `.sentence`) when the file as a whole is of no use: empty, no such column,
             a workbook of before 2007. A bad line never ends the reading: it is one Reject.
table        `.columns`, `.share` (0 to 1, how much of the file has been read, for progress),
             `.require(names)`; of CSV also `.encoding` ("utf-8" or "gb18030", found by itself), `.delimiter`.
             Line numbers count physical lines from 1 and the header is the first; a quoted field may span
             lines, and its record has the number of its first line.
Rejects      counts what is rejected: `.count`, `.reasons` (Counter), `.first` (a few, for a screen). Writes
             line number, reason and line to a CSV file, which exists only if something was rejected.

Reasons are sentences in the active language, without values of the line, so that equal reasons add up.
"""

import csv
import gzip
import io
import os
import zlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook

MAX_RECORD_BYTES = 100_000
MAX_LINES_PER_RECORD = 200
SHOWN_BYTES = 500
# How many lines that are not plain ASCII decide on the encoding.
ENCODING_SAMPLE = 500
ENCODINGS = ("utf-8", "gb18030")
DELIMITERS = ",;\t|"
UTF8_MARK = b"\xef\xbb\xbf"
OLD_WORKBOOK = gettext_lazy("This is an old Excel workbook (.xls). Save it as .xlsx and choose that file.")
UTF16 = gettext_lazy("This file is UTF-16. Save it as CSV (UTF-8) and choose that file.")
NOT_CSV = {b"\xd0\xcf\x11\xe0": OLD_WORKBOOK, b"\xff\xfe": UTF16, b"\xfe\xff": UTF16}
WORKBOOK_MARK = b"PK\x03\x04"
# What a spreadsheet would run as a formula when someone opens the rejects file.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class CannotRead(Exception):
    """The file as a whole is of no use; `sentence` says why."""

    def __init__(self, sentence):
        super().__init__(str(sentence))
        self.sentence = sentence


class Reject(NamedTuple):
    number: int
    reason: str
    text: str  # the beginning of the line, as it was


class Line(NamedTuple):
    number: int
    values: dict[str, str]
    text: str

    def reject(self, reason) -> Reject:
        return Reject(self.number, str(reason), self.text[:SHOWN_BYTES])


@dataclass
class ImportResult:
    """What came of a file. `details` are further counts of an importer's own, by name."""

    read: int = 0  # rows, not counting the header
    added: int = 0
    known: int = 0  # were already there, the same
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    details: dict[str, int] = field(default_factory=dict)
    cancelled: bool = False

    def as_json(self) -> dict:
        return asdict(self)


class Cancelled(Exception):
    """Raised by a progress callback: someone asked to stop. What is stored stays."""


class Rejects:
    """Counts rejects and, given a path, writes them down. Use it as a context manager."""

    def __init__(self, path: str | os.PathLike | None = None, *, keep_first: int = 20):
        self.path = Path(path) if path else None
        self.reasons = Counter()
        self.first: list[Reject] = []
        self._keep_first = keep_first
        self._file = self._writer = None
        # A file of an earlier run would be taken for this run's.
        if self.path:
            self.path.unlink(missing_ok=True)

    @property
    def count(self) -> int:
        return self.reasons.total()

    def add(self, reject: Reject) -> None:
        self.reasons[reject.reason] += 1
        if len(self.first) < self._keep_first:
            self.first.append(reject)
        if self.path:
            self._write([reject.number, reject.reason, harmless(reject.text)])

    def _write(self, row):
        if self._writer is None:
            # With a mark, so that spreadsheets read Chinese.
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow([_("line"), _("reason"), _("text")])
        self._writer.writerow(row)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self._file:
            self._file.close()


def harmless(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def without_mark(text: str) -> str:
    """What `harmless` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


@contextmanager
def open_table(source, *, required: Sequence[str] = ()) -> Iterator["Table | Sheet"]:
    """A table over a path or a seekable binary file. Raises CannotRead."""
    if hasattr(source, "read"):
        yield table_of(source, required=required)
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 (closed below)
    except OSError as fault:
        raise CannotRead(
            _("The file %(path)s cannot be opened: %(fault)s.") % {"path": source, "fault": fault.strerror}
        ) from fault
    with file:
        yield table_of(file, required=required)


def table_of(file: BinaryIO, *, required: Sequence[str]) -> "Table | Sheet":
    file.seek(0)
    is_workbook = file.read(len(WORKBOOK_MARK)) == WORKBOOK_MARK
    file.seek(0)
    table = Sheet(file) if is_workbook else Table(file)
    table.require(required)
    return table


class _Columns:
    columns: list[str]

    def require(self, names: Iterable[str]) -> None:
        """Raises CannotRead, naming all columns that the file lacks."""
        if missing := [name for name in names if name not in self.columns]:
            self.refuse_without(missing)

    def refuse_without(self, missing: Iterable[str]):
        raise CannotRead(
            _("The file lacks %(missing)s. Its columns are: %(columns)s.")
            % {"missing": _(", ").join(missing), "columns": _(", ").join(self.columns)}
        )


class Sheet(_Columns):
    """The first sheet of a workbook."""

    delimiter = ","  # between the cells of a line as it is shown

    def __init__(self, file: BinaryIO):
        try:
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            self._rows = sheet.iter_rows(values_only=True)
            self.columns = [text_of(cell).strip() for cell in next(self._rows, ())]
        except Exception as fault:  # openpyxl has no exception of its own for a broken file
            raise CannotRead(_("The workbook is damaged: it cannot be read.")) from fault
        if not any(self.columns):
            raise CannotRead(_("The file is empty."))
        refuse_equal_columns(self.columns)
        # What the file claims; it may be missing.
        self._rows_total, self._rows_read = sheet.max_row or 0, 0

    @property
    def share(self) -> float:
        return min(self._rows_read / self._rows_total, 1.0) if self._rows_total else 0

    def __iter__(self) -> Iterator[Line | Reject]:
        try:
            for number, cells in enumerate(self._rows, start=2):
                self._rows_read = number
                texts = [text_of(cell).strip() for cell in cells[: len(self.columns)]]
                if any(texts):
                    texts += [""] * (len(self.columns) - len(texts))
                    yield Line(number, dict(zip(self.columns, texts, strict=True)), ", ".join(texts))
        except Exception:  # as above
            yield Reject(
                self._rows_read + 1, _("The file is damaged from here on; the rest was not read."), ""
            )


def text_of(cell) -> str:
    """A cell of a workbook as a person would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a spreadsheet turns the number 17850 into 17850.0
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(sep=" ")
    return str(cell)


def refuse_equal_columns(columns: Sequence[str]) -> None:
    if twice := [name for name, times in Counter(columns).items() if name and times > 1]:
        raise CannotRead(_("Two columns have the same name: %(names)s.") % {"names": _(", ").join(twice)})


class Table(_Columns):
    """A CSV file."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        self._lines = _LineReader(self._open())
        self.delimiter, self.columns = self._read_header()

    @property
    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(self._file.tell() / self._size, 1.0) if self._size else 1.0

    def __iter__(self) -> Iterator[Line | Reject]:
        width, columns = len(self.columns), self.columns
        try:
            for number, found in self._records(width):
                if isinstance(found, Reject):
                    yield found
                    continue
                text, row = found
                yield Line(number, dict(zip(columns, map(str.strip, row), strict=True)), text)
        except (OSError, EOFError, zlib.error):
            yield Reject(
                self._lines.number + 1, _("The file is damaged from here on; the rest was not read."), ""
            )

    # The file

    def _open(self) -> BinaryIO:
        self._file.seek(0)
        start = self._file.read(4)
        self._file.seek(0)
        for mark, sentence in NOT_CSV.items():
            if start.startswith(mark):
                raise CannotRead(sentence)
        return gzip.GzipFile(fileobj=self._file) if start.startswith(b"\x1f\x8b") else self._file

    @cached_property
    def encoding(self) -> str:
        """The encoding most lines beyond ASCII agree with, UTF-8 first. Looked for when the first such line
        is met, so the beginning of a long file is read at once."""
        here = self._file.tell()
        try:
            return encoding_of(self._lines_beyond_ascii())
        finally:
            self._file.seek(here)

    def _lines_beyond_ascii(self) -> list[bytes]:
        found = []
        # Where the file is damaged, what comes before it decides.
        with suppress(OSError, EOFError, zlib.error):
            for _number, raw in _LineReader(self._open()):
                if raw is not None and not raw.isascii():
                    found.append(raw)
                if len(found) == ENCODING_SAMPLE:
                    break
        return found

    def _text(self, raw: bytes) -> str:
        """Raises UnicodeDecodeError."""
        return raw.decode("ascii" if raw.isascii() else self.encoding)

    def _read_header(self) -> tuple[str, list[str]]:
        try:
            for _number, raw in self._lines:
                if raw is None or raw.strip():
                    return self._understand_header(raw)
        except (OSError, EOFError, zlib.error) as fault:
            raise CannotRead(_("The file is damaged: it cannot be unpacked.")) from fault
        raise CannotRead(_("The file is empty."))

    def _understand_header(self, raw: bytes | None) -> tuple[str, list[str]]:
        if raw and raw.startswith(UTF8_MARK):
            self.encoding, raw = "utf-8", raw.removeprefix(UTF8_MARK)
        try:
            text = self._text(raw or b"\0").strip("\r\n")
            delimiter = max(DELIMITERS, key=text.count)
            columns = [name.strip() for name in split_record(text, delimiter)]
        except (UnicodeDecodeError, csv.Error):
            columns = []
        if not columns or "\0" in text:
            raise CannotRead(_("The first line must name the columns; it cannot be read."))
        refuse_equal_columns(columns)
        return delimiter, columns

    # Its records

    def _records(self, width: int):
        """(number, (text, row)) for each record that can be read, (number, Reject) for the others."""
        for number, raw in self._lines:
            if raw is None:
                reason = _("The line is longer than %(count)s bytes.") % {"count": f"{MAX_RECORD_BYTES:,}"}
                yield number, Reject(number, reason, "")
            elif raw.strip():
                yield number, self._read_record(number, raw, width)

    def _read_record(self, number: int, raw: bytes, width: int):
        """The record that starts with this line. When it cannot be read only this line is given up:
        one stray quotation mark must not swallow the lines after it."""
        taken = []
        while True:
            found = self._parse(number, b"".join([raw, *(more for _n, more in taken)]), width)
            if found is not UNFINISHED:
                break
            following = next(self._lines, None) if len(taken) < MAX_LINES_PER_RECORD else None
            if following is None or following[1] is None:
                if following:
                    taken.append(following)
                found = self._reject(number, raw, _("A quotation mark is opened and not closed."))
                break
            taken.append(following)
        if isinstance(found, Reject):
            self._lines.put_back(taken)
            return found._replace(text=shown(raw, self.encoding))
        return found

    def _parse(self, number: int, raw: bytes, width: int):
        """(text, row), a Reject, or UNFINISHED when the record goes on in the next line."""
        try:
            text = self._text(raw).rstrip("\r\n")
        except UnicodeDecodeError:
            return self._reject(number, raw, _("The line is not readable text (expected UTF-8 or GB18030)."))
        if "\0" in text:
            return self._reject(number, raw, _("The line contains a null character."))
        try:
            row = split_record(text, self.delimiter)
        except csv.Error as fault:
            if "unexpected end of data" in str(fault) and len(raw) <= MAX_RECORD_BYTES:
                return UNFINISHED
            return self._reject(number, raw, _("A quotation mark is in the wrong place."))
        if len(row) != width:
            return self._reject(number, raw, _("The line has more or fewer columns than the header."))
        return text, row

    def _reject(self, number, raw, reason) -> Reject:
        return Reject(number, reason, shown(raw, self.encoding))


UNFINISHED = object()


class _LineReader:
    """(number, bytes) for each physical line; None instead of the bytes of one that is too long."""

    def __init__(self, file: BinaryIO):
        self._file = io.BufferedReader(file) if isinstance(file, gzip.GzipFile) else file
        self._put_back = deque()
        self.number = 0

    def __iter__(self):
        return self

    def __next__(self) -> tuple[int, bytes | None]:
        if self._put_back:
            return self._put_back.popleft()
        raw = self._file.readline(MAX_RECORD_BYTES + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) <= MAX_RECORD_BYTES or raw.endswith(b"\n"):
            return self.number, raw
        while raw and not raw.endswith(b"\n"):
            raw = self._file.readline(MAX_RECORD_BYTES)
        return self.number, None

    def put_back(self, lines: list[tuple[int, bytes | None]]) -> None:
        self._put_back.extendleft(reversed(lines))


def split_record(text: str, delimiter: str) -> list[str]:
    """Raises csv.Error; "unexpected end of data" means that a quoted field is still open."""
    if '"' not in text:
        return text.split(delimiter)
    return next(csv.reader([text], delimiter=delimiter, strict=True))


def can_decode(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def encoding_of(lines: list[bytes]) -> str:
    agree = {encoding: sum(can_decode(raw, encoding) for raw in lines) for encoding in ENCODINGS}
    return max(ENCODINGS, key=lambda encoding: agree[encoding])


def shown(raw: bytes, encoding: str) -> str:
    """The beginning of a line, for people; what cannot be decoded becomes a mark."""
    return raw[:SHOWN_BYTES].decode(encoding, errors="replace").rstrip("\r\n").replace("\0", "�")

import gzip
import io
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from flows.importing import MAX_RECORD_BYTES, CannotRead, Reject, Rejects, open_table


def read(raw: bytes, **options):
    with open_table(io.BytesIO(raw), **options) as table:
        return list(table)


def values(raw: bytes):
    return [line.values for line in read(raw)]


def kinds(raw: bytes):
    """(line number, "row" or "reject") of each."""
    return [(line.number, "reject" if isinstance(line, Reject) else "row") for line in read(raw)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_chinese_is_read_in_the_encodings_people_use(encoding, pack):
    raw = pack("编号,评价\r\n1,很好吃\r\n2, 送餐慢 \r\n".encode(encoding))
    assert values(raw) == [{"编号": "1", "评价": "很好吃"}, {"编号": "2", "评价": "送餐慢"}]


def test_a_line_in_another_encoding_is_one_reject_and_the_rest_is_kept():
    raw = "id,text\n1,好\n".encode() + "2,坏编码\n".encode("gb18030") + "3,好\n4,好\n".encode()
    assert kinds(raw) == [(2, "row"), (3, "reject"), (4, "row"), (5, "row")]


def test_a_quoted_field_may_span_lines_and_counts_from_its_first():
    raw = b'id,text\n1,"two\nlines, one ""field"""\n2,next\n'
    assert [(line.number, line.values["text"]) for line in read(raw)] == [
        (2, 'two\nlines, one "field"'),
        (4, "next"),
    ]


def test_a_stray_quotation_mark_costs_its_own_line_only():
    lines = [b"id,text"] + [b"%d,fine" % number for number in range(2, 1000)]
    lines[5] = b'6,"never closed'
    found = kinds(b"\n".join(lines))
    assert [number for number, kind in found if kind == "reject"] == [6]
    assert len(found) == 998


def test_a_quotation_mark_inside_a_field_is_only_a_character():
    assert values(b'id,text\n1,5" nail\n') == [{"id": "1", "text": '5" nail'}]


@pytest.mark.parametrize("line", [b"1", b"1,2,3", b"1,\x00", b'1,"a"b', b"1," + b"x" * MAX_RECORD_BYTES])
def test_a_malformed_line_is_rejected_with_its_number_and_a_sentence(line):
    found = read(b"id,text\n" + line + b"\n2,fine\n")
    assert isinstance(found[0], Reject)
    assert (found[0].number, found[1].number) == (2, 3)
    assert found[0].reason.endswith(("。", "."))


def test_blank_lines_count_and_are_not_rows():
    assert kinds(b"id,text\n\n1,a\n\n") == [(3, "row")]


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
def test_the_delimiter_is_found_by_the_header(delimiter):
    assert values(delimiter.join([b"id", b"text"]) + b"\n" + delimiter.join([b"1", b"a"])) == [
        {"id": "1", "text": "a"}
    ]


def test_a_damaged_archive_gives_what_can_be_read_and_one_reject():
    whole = gzip.compress(b"id,text\n" + b"".join(b"%d,fine %d\n" % (n, n * n) for n in range(50_000)))
    found = read(whole[: len(whole) // 2])
    assert len(found) > 100
    assert [isinstance(line, Reject) for line in found[-2:]] == [False, True]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xff\xfei\x00d\x00", "UTF-16"),
        (b"\x1f\x8bnot really", "damaged"),
        (b"id,id\n1,2", "same name"),
        (b"id,label\n1,2", "lacks text"),
    ],
)
def test_a_file_of_no_use_is_refused_in_one_sentence(raw, word, settings):
    settings.LANGUAGE_CODE = "en"
    with pytest.raises(CannotRead) as refusal:
        read(raw, required=["text"])
    assert word in str(refusal.value.sentence)


def test_a_file_that_is_not_there_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(CannotRead, match="nowhere"), open_table(tmp_path / "nowhere.csv"):
        pass


def test_rejects_are_counted_by_reason_and_written_without_formulas(tmp_path):
    with Rejects(tmp_path / "rejects.csv") as rejects:
        rejects.add(Reject(2, "Bad.", "=1+1"))
        rejects.add(Reject(9, "Bad.", "x"))
    assert rejects.reasons == {"Bad.": 2}
    written = (tmp_path / "rejects.csv").read_text("utf-8-sig").splitlines()
    assert written[1:] == ["2,Bad.,'=1+1", "9,Bad.,x"]


def test_no_rejects_leave_no_file_not_even_an_old_one(tmp_path):
    (tmp_path / "rejects.csv").write_text("of last week")
    with Rejects(tmp_path / "rejects.csv"):
        pass
    assert not (tmp_path / "rejects.csv").exists()


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b'"', b"\n", b",", "好".encode()]))))
def test_no_content_whatever_ends_in_a_crash_or_loses_a_line(parts):
    body = b"".join(parts).replace(b"\x00", b"")
    try:
        found = read(b"id,text\n" + body)
    except CannotRead:
        return
    numbers = [line.number for line in found]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_looking_for_the_encoding_in_the_middle_of_a_file_loses_no_line(pack):
    lines = [f"{number},{'plain' if number < 40_000 else '满意'}" for number in range(40_100)]
    found = read(pack("\n".join(["id,text", *lines]).encode("gb18030")))
    assert [line.values["id"] for line in found] == [str(number) for number in range(40_100)]
    assert found[-1].values["text"] == "满意"


def workbook(*rows) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_the_first_sheet_of_a_workbook_is_read_as_people_would_type_it():
    moment = datetime(2026, 3, 1, 9, 30)
    rows = [[17850.0, " a ", moment], [None, None, None], [2.5, "b", date(2026, 3, 1)]]
    found = read(workbook(["id", "text", "at"], *rows))
    assert [line.values for line in found] == [
        {"id": "17850", "text": "a", "at": "2026-03-01 09:30:00"},
        {"id": "2.5", "text": "b", "at": "2026-03-01"},
    ]
    assert [line.number for line in found] == [2, 4]


def test_a_workbook_with_two_equal_columns_or_none_is_refused():
    for rows in ([["id", "id"]], [[None]]):
        with pytest.raises(CannotRead):
            read(workbook(*rows))

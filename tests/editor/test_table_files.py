"""Rows go out as a spreadsheet and come back the same; what a file would change is seen before it is kept."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.editor.table_files import CannotImport, escape, exported, imported, unescape
from rules.store.actions import publish_reviewed_by, request_review, save_draft
from rules.store.models import DecisionTable
from tests.store.table import ORDERS, make_table, orders_purpose  # noqa: F401

tests = st.sampled_from(["-", "=5", "-5", ">= 100", "[1..5)", "not(3)", "1,2", "null", "100-200", "about"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
levels = st.one_of(st.sampled_from(["gold", "金卡", "-", "Gold card, silver", "not(gold)"]), texts)
values = st.one_of(st.sampled_from(["5", "-5", "=5", "0.10", "true"]), texts)
rows = st.lists(st.tuples(tests, levels, values, texts), min_size=1, max_size=6)


def table_of(rows):
    table = make_table(
        [row[:3] for row in rows],
        outputs=[{"name": "gift", "type": "string", "values": [], "default": ""}],
    )
    for rule, row in zip(table.table["rules"], rows, strict=True):
        rule["annotation"] = " ".join(row[3].split()).strip("\x00")
    return table.understood()


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from(["csv", "xlsx"]), st.sampled_from(["en", "zh-hans"]))
def test_a_file_imported_unchanged_is_the_same_table(orders, format, language):
    table = table_of(orders)
    file = exported(table, ORDERS, language, format)
    again = imported(table, ORDERS, file, format, append=False, language="en")
    kept = [rule for rule in table["rules"] if any([*rule["when"], *rule["then"], rule["annotation"]])]
    assert written(again["rules"]) == written(kept)


def written(rules):
    """Control marks may be written either way; ids and everything else is as it was."""
    plain = str.maketrans({mark: f"\\u{mark:04x}" for mark in [*range(32), 127]})
    note = str.maketrans(dict.fromkeys([*range(32), 127], " "))
    return [
        (
            rule["id"],
            [cell.translate(plain) for cell in [*rule["when"], *rule["then"]]],
            rule["annotation"].translate(note),
        )
        for rule in rules
    ]


@given(st.text(alphabet="'=+-@\t\r5ab. ", max_size=8))
def test_what_is_escaped_is_unescaped_exactly(text):
    assert unescape(escape(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "=5", "+cmd", "@SUM(A1)", "-2+3", "\t=1", "'=5"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(text):
    assert escape(text).startswith("'")


def test_cells_go_out_as_people_type_them_in_their_language(designer, client_of):
    record = make_table()
    save_draft(record=record, by=designer)
    url = reverse(DecisionTable.snippet_viewset.get_url_name("export_rows"), args=[record.pk])
    answer = client_of(designer).get(url, {"format": "xlsx"}, headers={"accept-language": "zh-hans"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    found = list(sheet.iter_rows(values_only=True))
    assert found[0][:3] in [("金额", "等级", "discount"), ("amount", "level", "discount")]
    assert found[1][1] in ("金卡", "Gold card")
    assert answer["Content-Disposition"] == 'attachment; filename="discount.xlsx"'


def test_a_version_goes_out_as_it_was(designer, reviewer, client_of):
    record = make_table()
    publish_reviewed_by(record, author=designer, reviewer=reviewer)
    draft = record.get_latest_revision_as_object()
    draft.table["rules"] = draft.table["rules"][:1]
    save_draft(record=draft, by=designer)
    url = reverse(DecisionTable.snippet_viewset.get_url_name("export_rows"), args=[record.pk])
    page = client_of(designer)
    lines = [page.get(url, {"format": "csv", "version": number}).content.splitlines() for number in ("1", "")]
    assert [len(found) for found in lines] == [4, 2]
    assert page.get(url, {"version": "9"}).status_code == 404


@pytest.fixture
def importing(designer, client_of):
    record = make_table()
    save_draft(record=record, by=designer)
    page = client_of(designer)
    url = reverse(DecisionTable.snippet_viewset.get_url_name("import_rows"), args=[record.pk])

    def post(content, name="rows.csv", how="replace", **more):
        return page.post(url, {"file": SimpleUploadedFile(name, content), "how": how, **more})

    post.record, post.page, post.url = record, page, url
    return post


def rows_of(record):
    table = DecisionTable.objects.get(pk=record.pk).get_latest_revision_as_object().table
    return [(*rule["when"], *rule["then"]) for rule in table["rules"]]


def test_the_difference_is_shown_before_anything_is_stored(importing):
    before = rows_of(importing.record)
    answer = importing("金额,等级,discount\n≥100,金卡,20\n".encode())
    assert rows_of(importing.record) == before
    assert len(answer.context["changes"]) == 3
    importing.page.post(importing.url, {"rows": answer.context["token"]})
    assert rows_of(importing.record) == [(">=100", '"gold"', "20")]


def test_the_difference_to_a_live_table_without_a_draft_is_shown(designer, reviewer, client_of):
    record = make_table()
    publish_reviewed_by(record, author=designer, reviewer=reviewer)
    url = reverse(DecisionTable.snippet_viewset.get_url_name("import_rows"), args=[record.pk])
    file = SimpleUploadedFile("rows.csv", b"amount,level,discount\n>500,silver,9\n")
    answer = client_of(designer).post(url, {"file": file, "how": "replace"})
    assert answer.context["changes"]


def test_rows_may_be_appended(importing):
    answer = importing(b"amount,level,discount\n>500,silver,9\n", how="append")
    importing.page.post(importing.url, {"rows": answer.context["token"]})
    assert rows_of(importing.record)[-1] == (">500", '"silver"', "9")
    assert len(rows_of(importing.record)) == 4


def test_a_workbook_as_a_spreadsheet_saves_it_is_read(importing):
    book = openpyxl.Workbook()
    for row in (
        ["Amount", "level", "discount", None],
        [100, "gold", 15.0, None],
        [None] * 4,
        ["<5", None, 0.5, None],
    ):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    answer = importing(file.getvalue(), "rows.xlsx")
    importing.page.post(importing.url, {"rows": answer.context["token"]})
    assert rows_of(importing.record) == [("100", '"gold"', "15"), ("<5", "-", "0.5")]


def test_cells_that_cannot_be_understood_are_named_and_nothing_can_be_stored(importing):
    answer = importing(b"amount,level,discount\nabout 5,platinum,x\n")
    assert len(answer.context["problems"]) >= 2
    assert answer.context["token"] == ""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "rows.csv"),
        (b"nothing,like,it\n1,2,3\n", "rows.csv"),
        (b"amount,level\n1,gold\n", "rows.csv"),
        (b"amount,amount,level,discount\n1,1,gold,2\n", "rows.csv"),
        (b"PK\x03\x04broken", "rows.xlsx"),
        (b"\xff\xfe\x00\x01\x80", "rows.csv"),
        (b"x" * 2_000_001, "rows.csv"),
    ],
)
def test_a_file_of_no_use_is_refused_with_a_sentence(importing, content, name):
    before = rows_of(importing.record)
    answer = importing(content, name)
    assert answer.status_code == 200
    assert not answer.context.get("token")
    assert rows_of(importing.record) == before


def test_a_draft_that_moved_on_is_not_written_over(importing, designer):
    token = importing(b"amount,level,discount\n>500,silver,9\n").context["token"]
    draft = importing.record.get_latest_revision_as_object()
    draft.name = "Changed meanwhile"
    save_draft(record=draft, by=designer)
    before = rows_of(importing.record)
    importing.page.post(importing.url, {"rows": token})
    assert rows_of(importing.record) == before


def test_nothing_is_imported_during_a_review(importing, designer):
    token = importing(b"amount,level,discount\n>500,silver,9\n").context["token"]
    request_review(record=importing.record, by=designer)
    before = rows_of(importing.record)
    importing.page.post(importing.url, {"rows": token})
    assert rows_of(importing.record) == before


@pytest.mark.parametrize("token", ["", "forged", "a:b:c"])
def test_only_a_preview_of_ours_is_stored(importing, token):
    before = rows_of(importing.record)
    importing.page.post(importing.url, {"rows": token})
    assert rows_of(importing.record) == before


def test_a_reader_may_not_import(importing, client_of, agent):
    assert client_of(agent).get(importing.url).status_code in (302, 403)


def test_too_many_rows_are_refused():
    table = make_table().understood()
    with pytest.raises(CannotImport):
        imported(
            table,
            ORDERS,
            b"amount,level,discount\n" + b"1,gold,2\n" * 10_001,
            "csv",
            append=False,
            language="en",
        )

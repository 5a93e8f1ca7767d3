from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile

from flows.customers.models import Customer
from flows.forms.asking import AnswerCleaner, AnswersForm
from flows.forms.blocks import FormBlock, form_document
from flows.forms.fields import (
    all_text,
    compile_fields,
    facts_of,
    initial_of,
    keep_files,
    problems_of,
    variables_of,
)
from flows.forms.models import Attachment
from flows.forms.texts import short_name

TODAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 300
RATING = [
    {"name": "good", "label": {"zh": "好评", "en": "Good"}, "also": ["1"]},
    {"name": "bad", "label": "差评"},
]


def field(kind, name="it", **more):
    return {"name": name, "kind": kind, "label": {"zh": "项", "en": "It"}, "limits": {}, **more}


def bad_label(document):
    return {
        **document,
        "options": [
            {**o, "label": {"zh": "差评", "en": "Bad"}} if o["name"] == "bad" else o
            for o in document["options"]
        ],
    }


def choice(kind="choice", **more):
    return bad_label(field(kind, options=RATING, **more))


def form_for(*documents, data=None, files=None, **more):
    return AnswersForm(
        data, files, specs=compile_fields(documents), language="zh-hans", today=TODAY, prefix="", **more
    )


def answers(document, written, **more):
    form = form_for(document, data={"it": written}, **more)
    assert form.is_valid(), form.errors
    return form.answers()


@pytest.mark.parametrize(
    ("document", "written", "answer", "fact"),
    [
        (field("text"), " 好吃 ", "好吃", "好吃"),
        (field("long_text"), "一\n二", "一\n二", "一\n二"),
        (field("number", limits={"decimals": 2}), "12.50", "12.50", Decimal("12.50")),
        (field("number"), "0", "0", Decimal(0)),
        (
            field("money", limits={"currency": "CNY"}),
            "12.5",
            {"minor": 1250, "currency": "CNY"},
            Decimal("12.50"),
        ),
        (
            field("money", limits={"currency": "JPY"}),
            "1250",
            {"minor": 1250, "currency": "JPY"},
            Decimal(1250),
        ),
        (field("date"), "2026-02-28", "2026-02-28", date(2026, 2, 28)),
        (choice(), "good", "good", "good"),
        (choice("multi_choice"), ["good", "bad"], ["good", "bad"], ["good", "bad"]),
    ],
)
def test_what_is_typed_becomes_json_and_then_a_fact(document, written, answer, fact):
    assert answers(document, written) == {"it": answer}
    assert facts_of({"it": answer}, compile_fields([document])) == {"it": fact}


@pytest.mark.parametrize(
    ("document", "written"),
    [
        (field("text", limits={"max_length": 3}), "四个字了"),
        (field("text", limits={"min_length": 3}), "二字"),
        (field("number", limits={"maximum": "10"}), "11"),
        (field("number"), "1.5"),
        (field("number"), "NaN"),
        (field("money", limits={"currency": "CNY"}), "1.005"),
        (field("money", limits={"currency": "JPY"}), "1.5"),
        (field("date", limits={"not_in_future": True}), "2026-03-03"),
        (field("date", limits={"earliest": "2026-03-01"}), "2026-02-28"),
        (field("date"), "2026-02-30"),
        (choice(), "so so"),
        (choice("multi_choice", limits={"most": 1}), ["good", "bad"]),
    ],
)
def test_what_breaks_a_limit_is_refused_at_its_field(document, written):
    form = form_for(document, data={"it": written})
    assert not form.is_valid()
    assert list(form.errors) == ["it"]


@pytest.mark.parametrize("kind", ["text", "number", "date"])
def test_a_required_field_left_empty_is_told_and_an_optional_one_is_no_answer(kind):
    assert not form_for(field(kind, required=True), data={"it": ""}).is_valid()
    assert answers(field(kind), "") == {}


def test_a_customer_is_found_by_number(db):
    Customer.objects.create(number="C1", created_at=NOON)
    assert answers(field("customer"), "C1") == {"it": "C1"}
    form = form_for(field("customer"), data={"it": "C2"})
    assert "C2" in form.errors["it"][0]


def test_answers_fill_the_form_again():
    documents = [field("money", "m", limits={"currency": "CNY"}), field("date", "d"), field("text", "t")]
    stored = {"m": {"minor": 5, "currency": "CNY"}, "d": "2026-01-01"}
    assert initial_of(stored, compile_fields(documents)) == {"m": Decimal("0.05"), "d": date(2026, 1, 1)}


@pytest.fixture
def private_files(tmp_path, monkeypatch):
    """A private folder of its own, so that no test writes where a company's files are."""
    monkeypatch.setattr(Attachment._meta.get_field("file"), "storage", FileSystemStorage(location=tmp_path))
    return tmp_path


PHOTO = field("file", limits={"groups": ["image"], "megabytes": 1})


def test_a_photo_is_kept_outside_the_web_root_under_a_name_of_ours(private_files, agent):
    upload = SimpleUploadedFile("../../蛋糕.png", PNG)
    form = form_for(PHOTO, data={}, files={"it": upload})
    assert form.is_valid(), form.errors
    kept = keep_files(form.answers(), form.specs, by=agent, at=NOON)
    attachment = Attachment.objects.get()
    assert kept["it"] == {"id": str(attachment.pk), "name": "蛋糕.png", "type": "image/png", "size": len(PNG)}
    assert private_files in attachment_path(attachment).parents
    assert attachment_path(attachment).read_bytes() == PNG


def attachment_path(attachment):
    from pathlib import Path

    return Path(attachment.file.path)


def test_the_content_of_a_file_counts_and_not_its_name():
    form = form_for(
        PHOTO, data={}, files={"it": SimpleUploadedFile("photo.png", b"<script>alert(1)</script>")}
    )
    assert "photo.png" in form.errors["it"][0]


def test_a_file_over_its_limit_is_refused():
    form = form_for(PHOTO, data={}, files={"it": SimpleUploadedFile("a.png", PNG + b"0" * 1_100_000)})
    assert not form.is_valid()


def test_an_imported_cell_may_use_other_spellings_of_an_option():
    cleaner = AnswerCleaner(compile_fields([choice()]), language="zh-hans", today=TODAY)
    assert [cleaner.clean({"it": written})["it"] for written in ("1", "好评", "GOOD", "差评")] == [
        "good",
        "good",
        "good",
        "bad",
    ]
    assert cleaner.clean({}) == {}
    with pytest.raises(ValidationError):
        cleaner.clean({"it": "2"})


def test_every_problem_of_a_definition_is_told_at_its_place():
    documents = [
        field("text", "text"),
        field("number", "n", limits={"minimum": "10", "maximum": "9"}),
        field("choice", "c", options=RATING[:1]),
        field("text", "n"),
        field("text", ""),
    ]
    found = {(problem.index, problem.part) for problem in problems_of(documents, taken=["text"])}
    assert found == {(0, "name"), (1, "minimum"), (2, "options"), (3, "name"), (4, "label")}


def test_rules_learn_of_a_field_with_its_options_in_both_languages():
    [variable] = variables_of(compile_fields([choice()]))
    assert (variable["name"], variable["type"]) == ("it", "select")
    assert variable["options"][0] == {"name": "good", "label": {"zh": "好评", "en": "Good"}}


def test_typed_words_are_one_text_for_rules_and_search():
    specs = compile_fields([field("long_text", "a"), field("number", "n"), field("text", "b")])
    assert all_text({"a": "头发", "n": "3", "b": "冷"}, specs) == "头发\n冷"


def test_a_designed_form_becomes_a_definition():
    block = FormBlock()
    value = block.to_python(
        [
            {
                "type": "money",
                "value": {"label": "退款金额", "required": True, "currency": "CNY", "minimum": "0.01"},
            },
            {
                "type": "choice",
                "value": {"label": "原因", "choices": [{"label": "Too late"}, {"label": "破损"}]},
            },
        ]
    )
    money, reason = form_document(value)
    assert money["name"] == "退款金额"
    assert money["limits"] == {"currency": "CNY", "minimum": "0.01"}
    assert [option["name"] for option in reason["options"]] == ["too_late", "破损"]
    assert problems_of([money, reason]) == []


def test_cleaning_fixes_short_names_so_that_labels_may_change():
    block = FormBlock()
    value = block.to_python([{"type": "text", "value": {"label": "Order no."}}])
    assert block.clean(value)[0].value["name"] == "order_no"


@pytest.mark.parametrize(
    ("label", "name"), [("Order no.", "order_no"), ("评分", "评分"), (" ＡＢ c ", "ab_c")]
)
def test_short_names_can_be_used_by_rules(label, name):
    assert short_name(label) == name

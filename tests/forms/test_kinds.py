"""The kinds of field that are more than one plain input, and what designers may set on every kind."""

import base64
from datetime import time
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from flows.forms.asking import AnswerCleaner
from flows.forms.blocks import FormBlock, form_document
from flows.forms.fields import (
    compile_fields,
    defaults_of,
    facts_of,
    initial_of,
    keep_files,
    problems_of,
    variables_of,
)
from flows.forms.files import thumbnail_of
from flows.forms.kinds import KINDS
from flows.forms.models import Attachment
from flows.organisation.models import Region, User
from rules.engine import Location, Vocabulary, compile_condition
from tests.forms.test_fields import NOON, PNG, TODAY, answers, choice, field, form_for, private_files  # noqa: F401


def picture(kind="PNG", size=(900, 600), **more) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "orange").save(written, kind, **more)
    return written.getvalue()


def drawn(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def posted(document, **data):
    form = form_for(document, data=data)
    assert form.is_valid(), form.errors
    return form.answers().get("it")


def refused(document, *, files=None, **data):
    form = form_for(document, data=data, files=files)
    assert not form.is_valid()
    return form.errors["it"][0]


@pytest.mark.parametrize(
    ("document", "written", "answer", "fact"),
    [
        (field("time"), "14:30", "14:30", Decimal(1430)),
        (field("time"), "09:05", "09:05", Decimal(905)),
        (field("rating"), "4", "4", Decimal(4)),
        (field("product"), "SKU-1", "SKU-1", "SKU-1"),
    ],
)
def test_what_is_typed_becomes_json_and_then_a_fact(document, written, answer, fact):
    assert answers(document, written) == {"it": answer}
    assert facts_of({"it": answer}, compile_fields([document])) == {"it": fact}


@pytest.mark.parametrize(
    ("document", "written"),
    [
        (field("time", limits={"earliest": "09:00:00"}), "08:59"),
        (field("time", limits={"latest": "18:00:00"}), "18:01"),
        (field("time"), "25:00"),
        (field("rating", limits={"stars": 3}), "4"),
        (field("rating"), "0"),
        (field("text", limits={"pattern": "1[3-9][0-9]{9}"}), "138001380001"),
        (field("text", limits={"pattern": "a|b"}), "ab"),
    ],
)
def test_what_breaks_a_limit_is_refused_at_its_field(document, written):
    assert refused(document, it=written)


def test_a_pattern_must_fit_the_whole_text_and_says_what_designers_wrote():
    phone = field(
        "text", limits={"pattern": "1[3-9][0-9]{9}", "pattern_says": {"zh": "十一位", "en": "Eleven"}}
    )
    assert answers(phone, "13800138000") == {"it": "13800138000"}
    assert refused(phone, it="2380013800") == "十一位"


def test_no_pattern_makes_the_server_think_for_long():
    slow = field("text", limits={"pattern": "(a+)+b"})
    assert refused(slow, it="a" * 20_000)


def test_a_pattern_that_cannot_be_read_is_told_before_it_is_published():
    [problem] = problems_of([field("text", limits={"pattern": "(?=a)"})])
    assert problem.part == "pattern"


def test_a_colleague_and_a_region_are_found_by_their_code(db):
    User.objects.create_user("zhang", first_name="张三")
    User.objects.create_user("gone", is_active=False)
    Region.objects.create(slug="east", name="华东")
    assert answers(field("staff"), "zhang") == {"it": "zhang"}
    assert "gone" in refused(field("staff"), it="gone")
    assert answers(field("region"), "east") == {"it": "east"}
    assert "west" in refused(field("region"), it="west")
    [region] = compile_fields([field("region")])
    assert "华东" in region.shown("east", "zh-hans")
    assert region.shown("closed", "zh-hans") == "closed"


def test_a_place_is_two_exact_numbers():
    place = posted(field("location"), it_latitude="31.230416", it_longitude="-121.4737")
    assert place == {"latitude": "31.230416", "longitude": "-121.4737"}
    assert facts_of({"it": place}, compile_fields([field("location")])) == {
        "it": Location(Decimal("31.230416"), Decimal("-121.4737"))
    }
    assert posted(field("location"), it_latitude="", it_longitude="") is None
    assert refused(field("location"), it_latitude="31", it_longitude="")
    assert refused(field("location"), it_latitude="91", it_longitude="1")
    assert refused(field("location", required=True), it_latitude="", it_longitude="")


def test_a_place_is_read_from_an_imported_file():
    cleaner = AnswerCleaner(compile_fields([field("location")]), language="en", today=TODAY)
    assert cleaner.clean({"it": "31.2，121.4"}) == {"it": {"latitude": "31.2", "longitude": "121.4"}}
    assert cleaner.clean({"it": ""}) == {}


def test_a_drawn_signature_is_kept_as_a_png_and_a_typed_one_as_its_name(private_files, agent):  # noqa: F811
    form = form_for(field("signature"), data={"it_drawn": drawn(picture()), "it_typed": ""})
    assert form.is_valid(), form.errors
    kept = keep_files(form.answers(), form.specs, by=agent, at=NOON)["it"]
    assert kept["type"] == "image/png"
    assert Attachment.objects.get(pk=kept["id"]).file.read() == picture()
    assert posted(field("signature"), it_drawn="", it_typed="张三") == {"typed": "张三"}
    assert posted(field("signature"), it_drawn="", it_typed="") is None
    assert refused(field("signature", required=True), it_drawn="", it_typed="")


@pytest.mark.parametrize(
    "written",
    [
        "x",
        "data:image/png;base64,%%%",
        "data:text/html;base64,PGI+",
        drawn(b"<svg/>"),
        drawn(PNG),
        drawn(picture("JPEG")),
    ],
)
def test_a_signature_that_is_no_png_inside_is_refused(written):
    assert refused(field("signature"), it_drawn=written, it_typed="")


def test_a_photo_must_be_readable_as_one(private_files):  # noqa: F811
    photo = field("photo", limits={"megabytes": 1})
    good = form_for(photo, data={}, files={"it": SimpleUploadedFile("cake.jpg", picture("JPEG"))})
    assert good.is_valid(), good.errors
    assert good.answers()["it"].checked_type == "image/jpeg"
    assert refused(photo, files={"it": SimpleUploadedFile("cake.png", PNG)})
    assert refused(photo, files={"it": SimpleUploadedFile("cake.jpg", b"%PDF-1.4 not a photo")})


def test_a_thumbnail_is_small_and_tells_nothing_but_the_picture():
    place = Image.Exif()
    place[0x010E] = "where it was taken"
    small = thumbnail_of(BytesIO(picture("JPEG", exif=place)))
    with Image.open(BytesIO(small)) as shown:
        assert max(shown.size) == 480
        assert not shown.getexif()
    assert thumbnail_of(BytesIO(PNG)) is None


def test_defaults_stand_in_the_inputs_and_are_refused_where_the_form_would():
    documents = [
        field("text", "t", default="早上"),
        field("date", "d", default="today"),
        choice("multi_choice", name="m", default="好评, bad"),
        field("number", "n"),
    ]
    assert defaults_of(compile_fields(documents), today=TODAY) == {
        "t": "早上",
        "d": "2026-03-02",
        "m": ["good", "bad"],
    }
    [problem] = problems_of([field("number", limits={"maximum": "3"}, default="4")])
    assert problem.part == "default"
    [problem] = problems_of([choice(default="so so")])
    assert problem.part == "default"


def test_times_and_places_fill_the_form_again():
    documents = [field("time", "t"), field("location", "p")]
    stored = {"t": "14:30", "p": {"latitude": "1", "longitude": "2"}}
    assert initial_of(stored, compile_fields(documents)) == {"t": time(14, 30), "p": stored["p"]}
    assert 'value="14:30"' in str(form_for(field("time"), initial={"it": time(14, 30)})["it"])
    assert 'value="2"' in str(form_for(field("location"), initial={"it": stored["p"]})["it"])


def test_every_kind_has_a_block_and_a_name_for_people():
    assert set(FormBlock().child_blocks) == set(KINDS)
    assert all(str(kind.label) for kind in KINDS.values())


def test_what_designers_set_stands_in_the_definition():
    block = FormBlock()
    value = block.to_python(
        [
            {
                "type": "text",
                "value": {"label": "电话", "pattern": "1.*", "pattern_says": "一开头", "default": "1"},
            },
            {"type": "date", "value": {"label": "日期", "today_at_first": True}},
            {"type": "time", "value": {"label": "时间", "earliest": "09:00"}},
            {"type": "rating", "value": {"label": "星", "stars": 7}},
        ]
    )
    phone, day, when, stars = form_document(value)
    assert phone["limits"] == {"pattern": "1.*", "pattern_says": {"zh": "一开头", "en": "一开头"}}
    assert (phone["default"], day["default"]) == ("1", "today")
    assert when["limits"] == {"earliest": "09:00:00"}
    assert stars["limits"] == {"stars": 7}
    assert problems_of([phone, day, when, stars]) == []


# A time of day in rules.


[ARRIVAL] = compile_fields([field("time")])


def arrived(operator, value):
    vocabulary = Vocabulary.of().extended(variables_of([ARRIVAL]))
    leaf = {"name": ARRIVAL.name, "operator": operator, "value": value}
    return compile_condition({"all": [leaf]}, vocabulary)


@pytest.mark.parametrize("value", ["14:30", 1430])
def test_a_time_is_compared_as_a_time_and_a_number_of_before_means_the_same(value):
    facts = facts_of({ARRIVAL.name: "14:31"}, [ARRIVAL])
    assert arrived("greater_than", value).holds(facts)
    assert not arrived("less_than_or_equal_to", value).holds(facts)
    assert "14:30" in arrived("greater_than", value).sentence("zh-hans")
    assert "晚于" in arrived("greater_than", value).sentence("zh-hans")
    assert "14:31" in arrived("greater_than", value).explain(facts).sentence("en")


def test_a_version_that_took_times_for_numbers_decides_as_it_did():
    """Its document has the field as a number."""
    name = ARRIVAL.name
    vocabulary = Vocabulary.of().extended([{"name": name, "type": "numeric"}])
    leaf = {"name": name, "operator": "between", "value": [900, 1430]}
    condition = compile_condition({"all": [leaf]}, vocabulary)
    assert condition.holds(facts_of({name: "14:30"}, [ARRIVAL]))
    assert not condition.holds(facts_of({name: "14:31"}, [ARRIVAL]))

"""A ticket type goes out as one file and comes in elsewhere with what belongs to it, as drafts."""

import contextlib
import json

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from flows.broadcasts.models import Lexicon, LexiconCategory
from flows.organisation.models import Department
from flows.tickets.models import TicketType
from flows.tickets.type_files.document import file_of, named_in, read_file, renamed
from flows.tickets.type_files.importing import CREATE, Import
from rules.store.actions import request_review
from rules.store.models import RuleSet, Version
from rules.store.problems import Refusal
from tests.tickets.conftest import AMOUNT, ANSWER, ORDER, STORY, does, node_of, refund_type, text_has

RATING = {
    "type": "choice",
    "value": {
        "label": "评分",
        "choices": [{"label": "好评", "name": "good"}, {"label": "差评", "name": "bad"}],
    },
}
TYPES = "wagtailsnippets_tickets_tickettype"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def refund_with_rules(publish, departments, publish_rules):
    """A refund whose approval is with quality, routed by a rule to quality, by words and by a word list."""
    publish(
        Lexicon(
            name="红线词", slug="red-words",
            categories=[LexiconCategory(sort_order=0, name="食品安全", action="block", words="发霉")],
        )
    )  # fmt: skip
    record = refund_type(form=[STORY, AMOUNT, ORDER, ANSWER, RATING])
    node_of(record, "approval").update(assign="department", department="quality")
    publish(record)
    publish_rules(
        [
            (text_has("过敏"), [does("send_to_department", department="quality")]),
            ({"all": [{"name": "text", "operator": "mentions_any_of", "value": ["red-words"]}]},
             [does("set_urgency", level="red")]),
        ]
    )  # fmt: skip
    return TicketType.objects.get(slug="refund")


@pytest.fixture
def elsewhere(db):
    """Forgets everything that is here, as if the file were read in another installation."""

    def elsewhere():
        # Records are never deleted, so they are put out of the way.
        for model in (TicketType, RuleSet, Lexicon):
            for record in model.objects.all():
                model.objects.filter(pk=record.pk).update(slug=f"old-{record.pk}")
        RuleSet.objects.update(about="")
        Department.objects.all().delete()

    return elsewhere


def written(record) -> str:
    return file_of(record).as_json()


def test_the_file_carries_the_rules_about_the_type_and_the_lexicons_they_name(refund_with_rules):
    file = file_of(refund_with_rules)
    assert [(record["kind"], record["slug"]) for record in file.records] == [
        ("rules_store.ruleset", "routing"),
        ("broadcasts.lexicon", "red-words"),
    ]
    assert file.called["department"] == {"quality": "Quality"}


def test_nothing_that_is_only_true_here_is_in_the_file(refund_with_rules):
    content = json.loads(written(refund_with_rules))
    for record in (content["ticket_type"], *content["records"]):
        assert not {"pk", "live", "latest_revision", "go_live_at", "locked_by"} & record.keys()


def test_a_type_read_where_it_came_from_changes_nothing(refund_with_rules, designer):
    before = written(refund_with_rules)
    Import(read_file(before)).run(choices={}, by=designer)
    refund_with_rules.refresh_from_db()
    assert written(refund_with_rules) == before


def test_a_type_read_elsewhere_says_the_same_there_and_can_go_live(
    refund_with_rules, elsewhere, designer, reviewer
):
    text = written(refund_with_rules)
    document = refund_with_rules.document()
    elsewhere()
    incoming = Import(read_file(text))
    assert [(one.what, one.slug, one.name) for one in incoming.missing] == [
        ("department", "quality", "Quality")
    ]
    Department.objects.create(slug="quality", name="Quality")
    made = Import(read_file(text)).run(choices={}, by=designer)
    assert made.document() == document
    assert {record.slug for record in RuleSet.objects.filter(about="refund")} == {"routing"}
    assert Lexicon.objects.filter(slug="red-words").exists()
    request_review(record=made, by=designer)  # refused if anything were missing


def test_nothing_read_goes_live_by_itself(refund_with_rules, elsewhere, designer):
    text = written(refund_with_rules)
    elsewhere()
    versions = Version.objects.count()
    made = Import(read_file(text)).run(choices={}, by=designer)
    assert not made.live
    assert Version.objects.count() == versions


def test_a_missing_department_becomes_the_chosen_one_everywhere(refund_with_rules, elsewhere, designer):
    text = written(refund_with_rules)
    elsewhere()
    Department.objects.create(slug="qa", name="QA")
    made = Import(read_file(text)).run(choices={("department", "quality"): "qa"}, by=designer)
    assert node_of(made, "approval")["department"] == "qa"
    [rules] = RuleSet.objects.filter(about="refund")
    actions = rules.get_latest_revision_as_object().rules.all()[0].actions
    assert actions[0] == does("send_to_department", department="qa")


def test_a_missing_department_left_out_must_be_filled_in_before_review(
    refund_with_rules, elsewhere, designer
):
    text = written(refund_with_rules)
    elsewhere()
    made = Import(read_file(text)).run(choices={}, by=designer)
    with pytest.raises(Refusal, match="Choose who has the ticket here"):
        request_review(record=made, by=designer)


def test_only_who_may_add_departments_makes_one(refund_with_rules, elsewhere, designer, admin):
    text = written(refund_with_rules)
    elsewhere()
    choices = {("department", "quality"): CREATE}
    with pytest.raises(Refusal, match="may not add departments"):
        Import(read_file(text)).run(choices=choices, by=designer)
    assert not TicketType.objects.filter(slug="refund").exists()
    Import(read_file(text)).run(choices=choices, by=admin)
    assert Department.objects.get(slug="quality").name == "Quality"


def test_under_another_short_name_both_stay_with_rules_of_their_own(refund_with_rules, designer):
    made = Import(read_file(written(refund_with_rules)), as_slug="refund-north").run(choices={}, by=designer)
    assert made.pk != refund_with_rules.pk
    assert RuleSet.objects.get(about="refund-north").slug == "routing-refund-north"
    assert RuleSet.objects.get(about="refund").slug == "routing"


def test_a_lexicon_that_is_here_stays_as_it_is(refund_with_rules, designer, publish):
    text = written(refund_with_rules)
    lexicon = Lexicon.objects.get(slug="red-words")
    [category] = lexicon.categories.all()
    category.words = "变质"
    lexicon.categories = [category]
    publish(lexicon)
    Import(read_file(text)).run(choices={}, by=designer)
    lexicon = Lexicon.objects.get(slug="red-words")
    assert [one.words for one in lexicon.get_latest_revision_as_object().categories.all()] == ["变质"]


def test_a_draft_under_review_is_not_changed_by_a_file(refund_with_rules, designer):
    text = written(refund_with_rules)
    request_review(record=refund_with_rules, by=designer)
    with pytest.raises(Refusal, match="under review"):
        Import(read_file(text)).run(choices={}, by=designer)


def test_who_may_not_write_rules_brings_in_nothing(refund_with_rules, elsewhere, agent):
    text = written(refund_with_rules)
    elsewhere()
    agent.user_permissions.add(Permission.objects.get(codename="add_tickettype"))
    with pytest.raises(Refusal, match="routing"):
        Import(read_file(text)).run(choices={}, by=type(agent).objects.get(pk=agent.pk))
    assert not TicketType.objects.filter(slug="refund").exists()


def test_names_are_found_and_changed_wherever_they_stand():
    value = {
        "nodes": [
            {"department": "a", "department_name": "A"},
            {"approval": {"approvers": [{"type": "person", "name": "b"}]}},
        ],
        "subflow": {"tickets": [{"ticket_type": "c"}]},
    }  # fmt: skip
    assert named_in(value) == {"department": {"a"}, "person": {"b"}, "ticket_type": {"c"}}
    changed = renamed(value, {("department", "a"): "x", ("person", "b"): "y", ("ticket_type", "c"): ""})
    assert named_in(changed) == {"department": {"x"}, "person": {"y"}, "ticket_type": set()}
    assert "department_name" not in changed["nodes"][0]


NASTIES = [
    "", "[]", "null", "{", "NaN", '{"format": "other"}', "[" * 100_000,
    '{"format": "tangram.ticket-type"}',
    '{"format": "tangram.ticket-type", "version": "1"}',
    '{"format": "tangram.ticket-type", "version": 1}',
    '{"format": "tangram.ticket-type", "version": 1, "ticket_type": {"kind": "tickets.tickettype"}}',
    '{"format": "tangram.ticket-type", "version": 1, "ticket_type": 1e999}',
]  # fmt: skip


@pytest.mark.parametrize("text", NASTIES)
def test_what_is_no_such_file_is_refused_in_words(text):
    with pytest.raises(Refusal):
        read_file(text)


def test_a_file_of_a_newer_version_is_refused(refund_with_rules):
    content = json.loads(written(refund_with_rules)) | {"version": 2}
    with pytest.raises(Refusal, match="newer version"):
        read_file(json.dumps(content))


@pytest.mark.parametrize(
    "change",
    [
        {"form": 5}, {"form": [{"type": "text", "value": 3}]}, {"form": [{}]}, {"flow": []},
        {"flow": {"nodes": 3}}, {"flow": {"nodes": [None]}}, {"name": 5}, {"slug": "ö ö"}, {"tests": 4},
        {"tests": [{}]}, {"description": None},
        {"field_access": [1]}, {"unheard_of": 1}, {"name": "x" * 1000}, {"name": "\ud800"},
    ],
)  # fmt: skip
def test_a_damaged_record_is_a_refusal_or_a_draft_never_a_crash(refund_with_rules, designer, change):
    content = json.loads(written(refund_with_rules))
    content["ticket_type"] |= change
    with contextlib.suppress(Refusal):
        made = Import(read_file(json.dumps(content)), as_slug="damaged").run(choices={}, by=designer)
        made.get_latest_revision_as_object().problems()


def test_a_designer_saves_a_file_and_reads_it_after_a_look(client_of, designer, refund_with_rules):
    client = client_of(designer)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    saved = client.get(reverse(f"{TYPES}:save_as_file", args=[refund_with_rules.pk]))
    assert saved["Content-Disposition"] == 'attachment; filename="refund.ticket-type.json"'
    url = reverse(f"{TYPES}:read_file")
    looked = client.post(url, {"file": SimpleUploadedFile("refund.json", saved.content)})
    assert "a new draft of “退款”" in looked.content.decode()
    text = looked.context["choices"]["text"].value()
    again = client.post(url, {"text": text, "slug": "refund-2", "look": ""})
    assert "new here" in again.content.decode()
    made = client.post(url, {"text": text, "slug": "refund-2"}, follow=True)
    assert TicketType.objects.get(slug="refund-2").name == "退款"
    assert made.status_code == 200


def test_a_file_that_is_none_is_said_on_the_page(client_of, designer):
    file = SimpleUploadedFile("x.json", b"\xff\xfe")
    posted = client_of(designer).post(
        reverse(f"{TYPES}:read_file"), {"file": file}, headers={"accept-language": "en"}
    )
    assert "not a text in UTF-8" in posted.content.decode()


def test_reviewers_read_no_files(client_of, reviewer):
    assert client_of(reviewer).get(reverse(f"{TYPES}:read_file")).status_code in (302, 403)

"""Every address of Wagtail's that touches a stored record, asked for what review should prevent."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import ModelLogEntry

from rules.store.actions import approve, publish_reviewed_by, request_review, save_draft
from rules.store.models import ReviewTask, RuleSet, Version
from rules.store.models.review import REVIEWERS, review_workflow
from tests.editor.test_record_pages import BIG_SALE, in_english, posted, text, url  # noqa: F401
from tests.store.conftest import make_draft, more_than, sales_purpose  # noqa: F401


@pytest.fixture
def live(db, designer, reviewer):
    publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)
    return RuleSet.objects.get()


@pytest.fixture
def in_review(db, designer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    return RuleSet.objects.get()


def changed_to(amount, **fields):
    return posted([("Big sale", more_than(amount), BIG_SALE[2])], **fields)


ACTIONS = [
    "action-publish",
    "action-unpublish",
    "action-workflow-action",
    "action-approve",
    "action-restart-workflow",
    "action-cancel-workflow",
]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("person", ["admin", "designer", "reviewer"])
def test_no_button_of_the_form_changes_what_is_live(request, client_of, live, person, action):
    page = client_of(request.getfixturevalue(person))
    extra = {action: "1", "workflow-action-name": "approve"}
    assert page.post(url("edit", live.pk), changed_to(1) | extra).status_code in (200, 302)
    assert [version.number for version in Version.objects.all()] == [1]
    assert Version.objects.current().exists()


@pytest.mark.parametrize("person", ["admin", "designer", "reviewer"])
def test_a_draft_in_review_is_not_edited_by_anyone(request, client_of, in_review, person):
    before = in_review.latest_revision_id
    page = client_of(request.getfixturevalue(person))
    shown = text(page.get(url("edit", in_review.pk)))
    assert '"readOnly": true' in shown
    assert "This draft is in review" in shown
    page.post(url("edit", in_review.pk), changed_to(1))
    page.post(url("edit", in_review.pk), changed_to(1) | {"overwrite_revision_id": str(before)})
    assert RuleSet.objects.get().latest_revision_id == before


def test_the_author_can_take_a_draft_back_from_review(client_of, in_review, designer):
    client_of(designer).post(url("edit", in_review.pk), changed_to(1) | {"action-cancel-workflow": "1"})
    assert not RuleSet.objects.get().workflow_in_progress


@pytest.mark.parametrize("name", ["workflow_action", "collect_workflow_action_data"])
def test_the_author_does_not_decide_through_wagtails_own_addresses(client_of, in_review, designer, name):
    state = in_review.current_workflow_task_state
    designer.groups.add(Group.objects.get(name=REVIEWERS))
    client_of(designer).post(url(name, in_review.pk, "approve", state.pk), {"comment": ""})
    assert not Version.objects.exists()


def test_a_review_is_not_decided_under_the_name_of_another_record(client_of, in_review, designer, reviewer):
    """The address names a record and a review; nothing of Wagtail's makes sure that they belong together."""
    own = make_draft(slug="own", name="Own")
    save_draft(record=own, by=reviewer)
    request_review(record=own, by=reviewer)
    state = own.current_workflow_task_state
    response = client_of(reviewer).post(url("workflow_action", in_review.pk, "approve", state.pk), {})
    assert response.status_code == 302
    assert not Version.objects.exists()


def test_going_back_to_an_older_draft_makes_a_draft(client_of, live, designer):
    oldest = live.revisions.order_by("pk").first()
    page = client_of(designer)
    address = url("revisions_revert", live.pk, oldest.pk)
    assert page.get(address).status_code == 200
    page.post(address, changed_to(1) | {"action-publish": "1"})
    live.refresh_from_db()
    assert live.state == "live_draft"
    assert Version.objects.count() == 1


def test_going_back_to_an_incomplete_draft_is_possible(client_of, designer, db):
    draft = RuleSet(name="Half", slug="half", purpose="")
    revision = save_draft(record=draft, by=designer)
    response = client_of(designer).post(
        url("revisions_revert", draft.pk, revision.pk), posted([], name="", purpose="", slug="half")
    )
    assert response.status_code == 302


def test_a_copy_is_a_draft_without_versions(client_of, live, designer):
    page = client_of(designer)
    shown = page.get(url("copy", live.pk))
    assert shown.context["form"].instance.rules.get().condition == more_than(1000)
    assert shown.context["form"].instance.pk is None
    page.post(url("copy", live.pk), changed_to(1, slug="copy") | {"action-publish": "1"})
    copy = RuleSet.objects.get(slug="copy")
    assert copy.state == "draft"
    assert not Version.objects.of(copy).exists()
    assert RuleSet.objects.get(pk=live.pk).state == "live"


def test_nothing_is_deleted_in_bulk(client_of, live, admin):
    address = reverse("wagtail_bulk_action", args=["rules_store", "ruleset", "delete"])
    response = client_of(admin).post(f"{address}?id={live.pk}", follow=True)
    assert "never deleted" in text(response)
    assert RuleSet.objects.filter(pk=live.pk).exists()


def test_nobody_unschedules_through_wagtails_own_address(client_of, live, admin):
    revision = live.latest_revision
    live.revisions.update(approved_go_live_at=timezone.now())
    client_of(admin).post(url("revisions_unschedule", live.pk, revision.pk))
    revision.refresh_from_db()
    assert revision.approved_go_live_at


def test_the_pages_that_edit_the_review_are_closed_even_to_an_administrator(client_of, admin, in_review):
    page = client_of(admin)
    task, workflow = ReviewTask.objects.get(), review_workflow()
    for name, pk in (
        ("wagtailadmin_workflows:edit", workflow.pk),
        ("wagtailadmin_workflows:disable", workflow.pk),
        ("wagtailadmin_workflows:edit_task", task.pk),
        ("wagtailadmin_workflows:disable_task", task.pk),
    ):
        page.post(reverse(name, args=[pk]), {"name": "Mine"})
    task.refresh_from_db()
    assert (task.active, review_workflow(), in_review.workflow_in_progress) == (True, workflow, True)
    assert task.name != "Mine"


def test_two_people_who_submit_at_once_make_one_review(client_of, designer, in_review):
    response = client_of(designer).post(
        url("edit", in_review.pk), changed_to(1) | {"action-submit": "1"}, follow=True
    )
    assert response.status_code == 200
    assert in_review.workflow_states.count() == 1


def test_what_was_sent_back_is_submitted_again_from_the_form(client_of, designer, reviewer, in_review):
    client_of(reviewer).post(url("review", in_review.pk), {"verdict": "reject", "comment": "Too low"})
    client_of(designer).post(url("edit", in_review.pk), changed_to(9) | {"action-submit": "1"})
    approve(record=RuleSet.objects.get(), by=reviewer)
    assert Version.objects.get().compiled.decide({"amount": 10}).fired


def test_a_form_posted_while_the_record_went_live_does_not_undo_that(
    client_of, designer, reviewer, in_review, monkeypatch
):
    """The form was read before the approval and is stored after it."""
    from rules.editor.views import RecordEditView

    approve_meanwhile = RecordEditView.refuse_if_moved_on

    def slowly(view):
        approve(record=RuleSet.objects.get(), by=reviewer)
        approve_meanwhile(view)

    monkeypatch.setattr(RecordEditView, "is_valid", lambda view, form: form.is_valid())
    monkeypatch.setattr(RecordEditView, "refuse_if_moved_on", slowly)
    response = client_of(designer).post(url("edit", in_review.pk), changed_to(1))
    assert "Please save again" in text(response)


@pytest.mark.parametrize(("language", "words"), [("en", "Tried to approve"), ("zh-hans", "审核")])
def test_the_history_page_shows_each_step(
    client_of, designer, reviewer, in_review, language, words, settings
):
    settings.LANGUAGE_CODE = language
    client_of(designer).post(url("review", in_review.pk), {"verdict": "approve"})
    client_of(reviewer).post(url("review", in_review.pk), {"verdict": "approve"})
    for verb, data in (
        ("stop", {"reason": "Over"}),
        ("roll-back", {"version": "1"}),
        ("stop", {"reason": "Over"}),
    ):
        client_of(reviewer).post(url("act", in_review.pk, verb), data)
    for verb in ("archive", "restore"):
        client_of(designer).post(url("act", in_review.pk, verb))
    with translation.override(language):
        shown = text(client_of(designer).get(url("history", in_review.pk)))
    assert words in shown
    actions = set(ModelLogEntry.objects.for_instance(in_review).values_list("action", flat=True))
    assert actions >= {
        "wagtail.workflow.start", "wagtail.workflow.approve", "wagtail.publish", "rules.refuse",
        "rules.retire", "rules.roll_back", "rules.archive", "rules.restore",
    }  # fmt: skip


def test_what_is_scheduled_is_locked_and_a_reviewer_cancels_it(client_of, designer, reviewer, db):
    draft = make_draft()
    draft.go_live_at = timezone.now() + timezone.timedelta(days=1)
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    approve(record=draft, by=reviewer)
    shown = text(client_of(designer).get(url("edit", draft.pk)))
    assert '"readOnly": true' in shown
    assert "cancel-schedule" not in text(client_of(designer).get(url("versions", draft.pk)))
    page = client_of(reviewer)
    assert "cancel-schedule" in text(page.get(url("versions", draft.pk)))
    page.post(url("act", draft.pk, "cancel-schedule"))
    assert RuleSet.objects.get().state == "draft"

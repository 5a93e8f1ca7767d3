"""What no page asked for: a sentence or a plain "no such page", never a crash, also on PostgreSQL."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from rules.store.actions import publish_reviewed_by, request_review, save_draft
from rules.store.decisions import log_decision
from rules.store.models import RuleSet, Version
from tests.editor.test_record_pages import BIG_SALE, in_english, posted, text, url  # noqa: F401
from tests.store.conftest import make_draft, sales_purpose  # noqa: F401


@pytest.fixture
def in_review(db, designer):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    request_review(record=draft, by=designer)
    return RuleSet.objects.get()


@pytest.fixture
def live(db, designer, reviewer):
    publish_reviewed_by(make_draft(), author=designer, reviewer=reviewer)
    return RuleSet.objects.get()


HUGE = 10**30
NAMES = ("edit", "review", "versions", "history", "copy")


@pytest.mark.parametrize("pk", ["abc", "0", "-1", str(HUGE), "%00", "1%27"])
@pytest.mark.parametrize("name", NAMES)
def test_a_record_that_does_not_exist_is_not_found(client_of, reviewer, live, pk, name):
    address = url(name, live.pk).replace(f"/{live.pk}/", f"/{pk}/")
    assert client_of(reviewer).get(address).status_code == 404


@pytest.mark.parametrize("pair", [("live", str(HUGE)), (str(HUGE), "latest")])
def test_a_draft_that_does_not_exist_is_not_compared(client_of, designer, live, pair):
    assert client_of(designer).get(url("revisions_compare", live.pk, *pair)).status_code == 404


@pytest.mark.parametrize("number", ["", "abc", "²", "99", "-1", str(HUGE), "\x00", "1.0"])
def test_a_version_that_does_not_exist_is_not_rolled_back_to(client_of, reviewer, live, number):
    page = client_of(reviewer)
    assert page.get(url("act", live.pk, "roll-back"), {"version": number}).status_code == 404
    assert page.post(url("act", live.pk, "roll-back"), {"version": number}).status_code == 404


def test_versions_that_do_not_exist_are_not_compared(client_of, reviewer, live):
    assert client_of(reviewer).get(url("versions_compare", live.pk, 1, 99)).status_code == 404


def test_an_act_nobody_knows_is_not_found(client_of, reviewer, live):
    assert client_of(reviewer).post(url("act", live.pk, "explode")).status_code == 404


@pytest.mark.parametrize("verdict", [None, "", "perhaps", "\x00"])
def test_a_review_without_a_verdict_asks_for_one(client_of, reviewer, in_review, verdict):
    data = {} if verdict is None else {"verdict": verdict}
    assert "Choose whether to approve" in text(client_of(reviewer).post(url("review", in_review.pk), data))
    assert RuleSet.objects.get().workflow_in_progress


@pytest.mark.parametrize(
    ("comment", "sentence"), [("x" * 2001, "at most 2000"), ("a\x00b", "Null characters")]
)
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_comment_that_cannot_be_stored_is_refused_and_kept(
    client_of, reviewer, in_review, comment, sentence, verdict
):
    shown = text(
        client_of(reviewer).post(url("review", in_review.pk), {"verdict": verdict, "comment": comment})
    )
    assert sentence in shown
    assert comment[:10] in shown
    assert not Version.objects.exists()
    assert RuleSet.objects.get().workflow_in_progress


@pytest.mark.parametrize("reason", ["", " ", "a\x00b", "x" * 3000])
def test_a_reason_that_cannot_be_stored_is_refused(client_of, reviewer, live, reason):
    assert client_of(reviewer).post(url("act", live.pk, "stop"), {"reason": reason}).status_code == 200
    assert Version.objects.current().exists()


def spelled(text):
    """A condition whose value JSON spells with escapes, as a browser would send it."""
    return f'{{"all": [{{"name": "city", "operator": "equal_to", "value": "{text}"}}]}}'


UNSTORABLE = [spelled("\\u0000"), spelled("\\ud800"), '{"all": [{"na\\u0000me": "city"}]}']
BROKEN = ["{", "[" * 5_000, "null", "7", '"text"', '{"all": {}}', '{"all": [1, null, []]}', "NaN", "\x00"]


@pytest.mark.parametrize("condition", UNSTORABLE + BROKEN)
@pytest.mark.parametrize("action", ["", "action-submit"])
def test_a_condition_that_is_none_ends_in_the_form_or_as_a_draft(client_of, designer, condition, action, db):
    data = posted([BIG_SALE]) | {"rules-0-condition": condition} | ({action: "1"} if action else {})
    response = client_of(designer).post(url("add"), data, follow=True)
    assert response.status_code == 200
    if condition in UNSTORABLE or action:
        assert not RuleSet.objects.filter(first_published_at__isnull=False).exists()
    if condition in UNSTORABLE:
        assert "cannot be stored" in text(response)
        assert not RuleSet.objects.exists()
    for record in RuleSet.objects.all():
        assert client_of(designer).get(url("edit", record.pk)).status_code == 200
        assert client_of(designer).get(url("list")).status_code == 200


@pytest.mark.parametrize("actions", ["{", '[{"name": "\\u0000"}]', "[[]]", "{}"])
def test_actions_that_are_none_end_in_the_form_or_as_a_draft(client_of, designer, actions, db):
    data = posted([BIG_SALE]) | {"rules-0-actions": actions}
    assert client_of(designer).post(url("add"), data, follow=True).status_code == 200
    for record in RuleSet.objects.all():
        assert client_of(designer).get(url("edit", record.pk)).status_code == 200


@pytest.mark.parametrize("field", ["name", "slug", "purpose", "about", "rules-0-name", "rules-TOTAL_FORMS"])
@pytest.mark.parametrize("value", ["a\x00b", "x" * 5000])
def test_a_text_that_cannot_be_stored_ends_in_the_form(client_of, designer, field, value, db):
    response = client_of(designer).post(url("add"), posted([BIG_SALE]) | {field: value})
    assert response.status_code == 200
    assert not RuleSet.objects.exists()


def test_a_body_of_ten_megabytes_is_turned_away(client_of, designer, reviewer, in_review):
    huge = {"comment": "x" * 10_000_000}
    assert client_of(designer).post(url("add"), posted([BIG_SALE]) | huge).status_code == 400
    assert client_of(reviewer).post(url("review", in_review.pk), huge).status_code == 400
    body = json.dumps(huge)
    page = client_of(designer)
    assert page.post(reverse("rules_read_back"), body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("preview", ["preview_on_add", "preview_on_edit"])
@pytest.mark.parametrize("condition", UNSTORABLE + BROKEN)
def test_a_preview_of_nonsense_does_not_crash(client_of, designer, preview, condition, db):
    draft = make_draft()
    save_draft(record=draft, by=designer)
    page = client_of(designer)
    address = url(preview, *([draft.pk] if preview.endswith("edit") else []))
    page.post(address, posted([BIG_SALE]) | {"rules-0-condition": condition})
    assert page.get(address).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"day": "yesterday"}, {"day": "0001-01-01"}, {"day": "9999-12-31"}, {"before": "abc"},
        {"before": "2026-01-01,9"}, {"before": f"2026-01-01T00:00:00+00:00,{HUGE}"}, {"about": "a\x00"},
        {"by": "\x00"}, {"about": "x" * 9000}, {"before": "9999-12-31T23:59:59-14:00,1"},
        {"before": "0001-01-01T00:00:00+14:00,1"},
    ],
)  # fmt: skip
def test_a_question_the_log_does_not_understand_is_answered_with_a_page(client_of, admin, query, live):
    version = Version.objects.get()
    log_decision(version=version, subject="order:1", facts={}, outcome={}, at=timezone.now())
    assert client_of(admin).get(reverse("decisions"), query).status_code == 200


@pytest.mark.parametrize("pk", ["abc", str(HUGE), "0"])
def test_a_decision_that_does_not_exist_is_not_found(client_of, admin, pk, db):
    assert client_of(admin).get(reverse("decisions") + f"{pk}/").status_code == 404

"""The pages of scorecards and formulas: saving, showing, and trying them while they are written."""

import json

import pytest
from django.urls import reverse
from django.utils import translation

from rules.editor.widgets import token_for
from rules.store.actions import publish_reviewed_by, request_review, save_draft
from rules.store.models import Formula, Scorecard
from tests.store.scores import at_least, make_formula, make_scorecard, orders_purpose  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


def url(model, name, *args):
    return reverse(model.snippet_viewset.get_url_name(name), args=args)


def posted_scorecard(rows, bands=(), **fields):
    data = {
        "name": "VIP",
        "slug": "vip",
        "purpose": "orders",
        "about": "",
        "base": "0",
        "floor": "",
        "ceiling": "",
    }
    for prefix, forms in (("rows", rows), ("bands", bands)):
        data |= {f"{prefix}-TOTAL_FORMS": len(forms), f"{prefix}-INITIAL_FORMS": 0}
        for number, form in enumerate(forms):
            data |= {f"{prefix}-{number}-id": "", f"{prefix}-{number}-ORDER": number + 1}
            data |= {f"{prefix}-{number}-{name}": value for name, value in form.items()}
    return data | fields


def row(name, condition, points, **more):
    return {
        "name": name,
        "condition": json.dumps(condition),
        "points": points,
        "reason": "",
        "group": "",
    } | more


LOYAL = row("loyal", at_least("orders", 3), "20")


def test_a_scorecard_is_written_and_handed_in(client_of, designer):
    page = client_of(designer)
    rows = [LOYAL, row("large", {"all": []}, "[order amount] / 100")]
    answer = page.post(
        url(Scorecard, "add"),
        posted_scorecard(rows, [{"name": "Gold", "begin": "20"}]) | {"action-submit": "1"},
        follow=True,
    )
    record = Scorecard.objects.get()
    assert answer.status_code == 200
    assert record.state == "in_review"
    assert [r.points for r in record.get_latest_revision_as_object().rows.all()] == ["20", "amount / 100"]
    html = page.get(url(Scorecard, "edit", record.pk)).content.decode()
    assert "[order amount] / 100" in html
    assert "+20: loyal (number of orders is at least 3)" in html


def test_what_is_wrong_is_named_at_its_row(client_of, designer):
    rows = [LOYAL, row("broken", {"all": []}, "amount +")]
    answer = client_of(designer).post(
        url(Scorecard, "add"), posted_scorecard(rows, floor="5", ceiling="1") | {"action-submit": "1"}
    )
    form = answer.context["form"]
    assert list(form.errors) == ["ceiling"]
    assert [list(row.errors) for row in form.formsets["rows"].forms] == [[], ["points"]]
    assert not Scorecard.objects.exists()


def test_a_formula_is_shown_with_labels_and_stored_with_names(client_of, designer):
    page = client_of(designer)
    data = {"name": "Commission", "slug": "", "purpose": "orders", "about": "", "text": "[订单金额]×15％"}
    page.post(url(Formula, "add"), data)
    record = Formula.objects.get()
    assert record.text == "amount×15％"
    html = page.get(url(Formula, "edit", record.pk)).content.decode()
    assert "[order amount]×15％</textarea>" in html
    answer = page.post(
        url(Formula, "edit", record.pk), data | {"slug": "c", "text": "nix", "action-submit": "1"}
    )
    assert answer.context["form"].errors["text"] == ["“nix” is not known here."]


def test_reviews_and_comparisons_are_in_words(client_of, designer, reviewer):
    publish_reviewed_by(make_formula(), author=designer, reviewer=reviewer)
    record = Formula.objects.get()
    record.text = "amount * 20%"
    save_draft(record=record, by=designer)
    request_review(record=record, by=designer)
    review = client_of(reviewer).get(url(Formula, "review", record.pk)).content.decode()
    assert "order amount × 20%" in review.replace("<ins>", "").replace("</ins>", "")
    publish_reviewed_by(make_scorecard(), author=designer, reviewer=reviewer)
    scorecard = Scorecard.objects.get()
    for name in ("list", "versions", "edit", "review"):
        args = [] if name == "list" else [scorecard.pk]
        assert client_of(reviewer).get(url(Scorecard, name, *args)).status_code == 200


# Trying -----------------------------------------------------------------------------------------------------


@pytest.fixture
def ask(client_of, designer):
    page = client_of(designer)

    saved = {}

    def post(make, document, facts=None, token=None):
        if make not in saved:
            saved[make] = make()
            save_draft(record=saved[make], by=designer)
        record = saved[make]
        address = "rules_try_formula" if isinstance(record, Formula) else "rules_try_scorecard"
        body = {"token": token or token_for(record, "rules"), "document": document, "facts": facts}
        return page.post(
            reverse(address),
            json.dumps(body),
            content_type="application/json",
            headers={"accept-language": "en"},
        )

    return post


def test_a_formula_is_read_back_with_its_unit_and_what_it_asks(ask):
    answer = ask(make_formula, "round(amount * 15%, 2)").json()
    assert answer["sentence"] == "(order amount × 15%) rounded to 2 decimals (half up)"
    assert (answer["unit"], answer["problems"], answer["tried"]) == ("CNY", [], None)
    assert [asked["name"] for asked in answer["asks"]] == ["amount"]


def test_a_formula_is_tried_with_what_was_typed(ask):
    answer = ask(make_formula, "round(amount * 15%, 2)", {"amount": "1,000"}).json()
    assert answer["tried"]["sentence"] == "CNY 150.00"
    assert answer["tried"]["steps"][0]["text"] == "order amount (CNY 1,000) × 15% = CNY 150"
    lines = ask(make_formula, "sum(lines, price)", {"lines": [{"price": "1.5"}, {"price": 2}, {}]}).json()
    assert lines["asks"][0]["columns"][0]["name"] == "price"
    assert lines["tried"]["sentence"] == "CNY 3.5"
    vip = ask(make_formula, "if(vip, 1, 2)", {"vip": "false"}).json()
    assert vip["tried"]["sentence"] == "2"
    asked = 'if(placed > "2026-01-31T09:00:00+08:00", 1, 2)'
    assert ask(make_formula, asked, {"placed": "2026-02-01T09:00"}).json()["tried"]["sentence"] == "1"
    assert ask(make_formula, "amount", {"amount": "many", "x": 1}).json()["tried"] is None


def test_what_is_wrong_with_a_formula_has_its_place(ask):
    [problem] = ask(make_formula, "1 + amont").json()["problems"]
    assert (problem["start"], problem["end"]) == (4, 9)
    assert problem["sentence"] == "“amont” is not known here. Did you mean “amount”?"


def test_a_scorecard_is_tried_as_it_stands_in_the_form(ask):
    document = {
        "base": "10",
        "floor": None,
        "ceiling": "25.5",
        "rows": [
            {"name": "loyal", "condition": at_least("orders", 3), "points": "20", "reason": "", "group": ""},
            {"name": "large", "condition": {"all": []}, "points": "amount / 100", "reason": "", "group": ""},
        ],
        "bands": [{"name": "Gold", "from": "20"}],
    }
    answer = ask(make_scorecard, document, {"orders": "3", "amount": 100}).json()
    assert [asked["name"] for asked in answer["asks"]] == ["amount", "orders"]
    assert answer["tried"]["sentence"] == "25.5 points: Gold"
    assert answer["tried"]["sentences"] == [
        "+10: to begin with",
        "+20: loyal",
        "+1: large",
        "at most 25.5: 31 were counted",
    ]
    document["rows"][1]["points"] = ""
    assert [p["path"] for p in ask(make_scorecard, document).json()["problems"]] == ["rows/1/points"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        "(" * 5_000,
        [],
        {},
        {"rows": 1},
        {"base": "x", "floor": [], "ceiling": {}, "rows": [1], "bands": [2]},
        {
            "base": "NaN",
            "floor": None,
            "ceiling": "1e999999",
            "rows": [],
            "bands": [{"name": 1, "from": "x"}],
        },
    ],
)
@pytest.mark.parametrize("make", [make_formula, make_scorecard])
def test_nonsense_is_answered_with_problems(ask, document, make):
    answer = ask(make, document, {"amount": {"a": []}, "lines": 5})
    assert answer.status_code == 200
    assert answer.json()["problems"]


def test_facts_of_any_shape_are_no_facts(ask):
    facts = {"amount": ["x"], "lines": [1, {"price": {"a": 1}}], "vip": "perhaps", "placed": "9999-99-99"}
    answer = ask(make_formula, "if(vip, amount, sum(lines, price))", facts)
    assert answer.status_code == 200
    assert ask(make_formula, "1", "facts").status_code == 400
    assert ask(make_formula, "1", token="forged").status_code == 400


def test_who_is_not_logged_in_is_not_answered(client):
    for name in ("rules_try_formula", "rules_try_scorecard"):
        assert client.post(reverse(name), "{}", content_type="application/json").status_code == 302


def test_a_copy_says_the_same(client_of, designer):
    page = client_of(designer)
    for make in (make_formula, make_scorecard):
        record = make()
        save_draft(record=record, by=designer)
        html = page.get(url(type(record), "copy", record.pk)).content.decode()
        assert "[order amount]" in html

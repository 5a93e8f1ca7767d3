"""Settling, reading the ledger and trying a plan, in the admin and at the desk."""

import csv
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook
from wagtail.users.models import UserProfile

from flows.organisation.models import Store
from flows.settlement import actions
from flows.settlement.models import CommissionPlan, Entry, Settlement
from rules.store.actions import save_draft
from tests.settlement.conftest import MARCH, NOON, country_is

DAYS = {"first_day": "2024-03-01", "last_day": "2024-03-31"}
HOME = ("home", country_is("中国"), "15", "China")


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def plan(make_plan):
    return make_plan(rates=[HOME], default_rate=Decimal(12))


@pytest.fixture
def order(make_order, store):
    return make_order("A1", [(2, "10.00"), (1, "3.33")], country="中国", store=store)


@pytest.fixture
def entry(order, plan, settle_march):
    return settle_march().entries.get(line__position=1)


@pytest.fixture
def manager(store_manager, store):
    store_manager.store = store
    store_manager.save()
    return store_manager


def english(response):
    return response.content.decode()


@pytest.fixture
def visit(client_of):
    """visit(user, url name, *args, query) → the response, read in English."""

    def get(user, name, *args, **query):
        client = client_of(user)
        return client.get(reverse(name, args=args), query, headers={"accept-language": "en"})

    return get


# Settling


def test_the_amounts_are_shown_before_anything_is_posted(visit, designer, order, plan):
    page = english(visit(designer, "settlement_settle", plan="retail", **DAYS))
    assert "3.50 CNY" in page
    assert "Post this settlement" in page
    assert not Settlement.objects.exists()


def test_confirming_posts_what_was_shown(
    visit, client_of, designer, order, plan, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(designer).post(reverse("settlement_settle"), {"plan": "retail", **DAYS})
    settlement = Settlement.objects.get()
    assert answer.url == reverse("settlement_settlement", args=[settlement.pk])
    assert (settlement.state, settlement.requested_by) == ("posted", designer)
    page = english(visit(designer, "settlement_settlement", settlement.pk, check=""))
    assert "3.50 CNY" in page
    assert "The entries are exactly what was posted." in page


def test_a_settled_period_leads_to_its_settlement(visit, designer, entry):
    page = english(visit(designer, "settlement_settle", plan="retail", **DAYS))
    assert reverse("settlement_settlement", args=[entry.settlement_id]) in page
    assert "Post this settlement" not in page


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"first_day": "2019-01-01", "last_day": "2019-01-31"}, "no order counts for this plan"),
        ({"first_day": "2024-03-31", "last_day": "2024-03-01"}, "The last day is before the first day."),
        ({"first_day": "2024-03-01", "last_day": "2999-01-01"}, "is not over"),
    ],
)
def test_a_period_that_cannot_be_settled_says_why(visit, designer, plan, order, days, sentence):
    page = english(visit(designer, "settlement_settle", plan="retail", **days))
    assert sentence in page
    assert "Post this settlement" not in page
    assert days["first_day"] in page


def test_a_refusal_when_posting_keeps_what_was_typed(client_of, designer, plan, order, settle_march):
    settle_march()
    typed = {"plan": "retail", "first_day": "2024-03-05", "last_day": "2024-03-06"}
    answer = client_of(designer).post(reverse("settlement_settle"), typed, follow=True)
    assert "2024-03-05" in english(answer)
    assert Settlement.objects.count() == 1


def test_a_settlement_at_work_shows_progress_and_can_be_cancelled(visit, client_of, designer, order, plan):
    settlement = actions.request_settlement(plan="retail", at=timezone.now(), by=designer, **MARCH)
    response = visit(designer, "settlement_settlement", settlement.pk)
    assert response["Refresh"]
    assert "0 of 2 order lines" in english(response)
    client_of(designer).post(reverse("settlement_cancel", args=[settlement.pk]))
    settlement.refresh_from_db()
    assert settlement.state == "cancelled"
    assert not Entry.objects.exists()


def test_empty_lists_teach(visit, designer):
    assert "A settlement applies a commission plan" in english(visit(designer, "settlement_settlements"))
    assert "The ledger holds one entry" in english(visit(designer, "settlement_ledger"))
    assert "No commission plan is live yet" in english(visit(designer, "settlement_settle"))


def test_lines_that_came_late_are_shown(visit, designer, entry, make_order):
    make_order("A9", [(1, "1.00")])
    page = english(visit(designer, "settlement_settlement", entry.settlement_id))
    assert "1 order line reached this period after it was settled." in page


@pytest.mark.parametrize(
    ("persona", "name", "status"),
    [
        ("reviewer", "settlement_settlements", 200),
        ("reviewer", "settlement_ledger", 200),
        ("reviewer", "settlement_settle", 302),
        ("agent", "settlement_settlements", 302),
        ("store_manager", "settlement_ledger", 302),
    ],
)
def test_each_role_sees_its_part(visit, request, persona, name, status):
    assert visit(request.getfixturevalue(persona), name).status_code == status


# The ledger


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 2),
        ({"order": "a1"}, 2),
        ({"order": "A2"}, 0),
        ({"rule": "home"}, 2),
        ({"rule": "-"}, 0),
        ({"first_day": "2024-03-02", "last_day": "2024-03-02"}, 2),
        ({"first_day": "2024-03-03"}, 0),
        ({"last_day": "2024-03-01"}, 0),
        ({"settlement": "999999"}, 0),
        ({"account": "nonsense", "order": "A2"}, 0),
    ],
)
def test_the_ledger_is_filtered(visit, designer, entry, query, found):
    response = visit(designer, "settlement_ledger", **query)
    assert response.context["page"].paginator.count == found


def test_the_ledger_is_filtered_by_account(visit, designer, entry):
    response = visit(designer, "settlement_ledger", account=entry.credit_id)
    assert response.context["page"].paginator.count == 2


def test_an_entry_says_where_it_came_from_in_both_languages(visit, designer, entry):
    page = english(visit(designer, "settlement_entry", entry.pk))
    for said in [
        "Order A1",
        "2 × 10.00 = 20.00 CNY",
        "Retail, version 1, rate “home” (country is “中国”): 15 %.",
        "20.00 × 15 % = 3.00, not rounded yet.",
        "A1 earns 3.4995, which rounds to 3.50",
        "3.00 for this line",
        "debit commission expense · company, credit commission payable · 东九店",
    ]:
        assert said in page
    profile = UserProfile.get_for_user(designer)
    profile.preferred_language = "zh-hans"
    profile.save()
    chinese = english(visit(designer, "settlement_entry", entry.pk))
    assert "国家或地区是“中国”" in chinese
    assert "贷：应付佣金 · 东九店" in chinese


def test_an_entry_without_a_rule_says_so(visit, designer, make_order, make_plan, settle_march):
    make_order("A1", [(1, "100.00")], country="法国")
    make_plan(rates=[HOME])
    entry = settle_march().entries.get()
    assert "no rule holds for this line, so it earns nothing" in english(
        visit(designer, "settlement_entry", entry.pk)
    )


def test_what_a_spreadsheet_would_run_is_exported_as_text(
    visit, designer, make_order, make_plan, settle_march
):
    make_order("=1+1", [(-1, "100.00")], kind="return")
    make_plan(default_rate=Decimal(12), default_region="@home")
    settle_march()
    response = visit(designer, "settlement_ledger", export="csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    heading, row = csv.reader(StringIO(text))
    cells = dict(zip(heading, row, strict=True))
    assert cells["Order number"] == "'=1+1"
    assert cells["Region"] == "'@home"
    assert (cells["Amount"], cells["Base"], cells["Before rounding"]) == ("12.00", "-100.0000", "-12.000000")


def test_the_ledger_is_exported_as_a_workbook_as_filtered(visit, designer, entry):
    response = visit(designer, "settlement_ledger", export="xlsx", order="A1")
    rows = list(load_workbook(BytesIO(response.content)).active.values)
    assert len(rows) == 3
    assert rows[0][2] == "Order number"
    assert {row[2] for row in rows[1:]} == {"A1"}
    assert sum(row[11] for row in rows[1:]) == 3.5


# A plan


def test_a_draft_is_tried_beside_what_is_live(visit, designer, order, plan):
    record = plan.record
    rate = record.rates.get()
    rate.percent = Decimal(30)
    record.rates = [rate]
    save_draft(record=record, by=designer)
    page = english(visit(designer, "settlement_try", record.pk, **DAYS))
    assert "pays 3.50 CNY; the draft changes that by +3.50 CNY" in page
    assert not Settlement.objects.exists()


def test_a_draft_that_is_not_complete_says_what_to_mend(visit, designer, order, draft_plan):
    record = draft_plan(rates=[("home", {"all": [{"name": "nothing"}]}, "15", "")])
    save_draft(record=record, by=designer)
    page = english(visit(designer, "settlement_try", record.pk, **DAYS))
    assert "Mend the draft" in page


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, ("rates",)),
        ({"rates": [("", country_is("x"), "1", "")]}, ("rates", 0, "name")),
        ({"rates": [HOME, HOME]}, ("rates", 1, "name")),
        ({"rates": [("default", country_is("x"), "1", "")]}, ("rates", 0, "name")),
        ({"rates": [("far", country_is("x"), "101", "")]}, ("rates", 0, "percent")),
        ({"rates": [("odd", {"all": [{"name": "weather"}]}, "1", "")]}, ("rates", 0, "condition")),
    ],
)
def test_a_plan_that_is_not_complete_cannot_go_live(draft_plan, changes, path):
    assert path in [problem.path for problem in draft_plan(**changes).problems()]


def test_a_plan_says_what_it_does_in_both_languages(draft_plan):
    plan = draft_plan(rates=[HOME], default_rate=Decimal("2.5"))
    english = [line.text for line in CommissionPlan.in_words(plan.document(), "en")]
    assert "country is “中国”: 15 %, for China" in english
    assert "otherwise 2.5 %" in english
    chinese = [line.text for line in CommissionPlan.in_words(plan.document(), "zh-hans")]
    assert "国家或地区是“中国”：15%，归“China”" in chinese


# The desk


def test_a_manager_sees_what_the_store_earned_on_a_day(visit, manager, entry):
    page = english(visit(manager, "settlement:day", day="2024-03-02"))
    assert "3.00 CNY" in page
    assert reverse("settlement:entry", args=[entry.pk]) in page


def test_what_is_not_settled_yet_is_shown_as_expected(visit, manager, make_order, store, plan):
    make_order("A7", [(1, "100.00")], store=store, placed_at=timezone.now())
    response = visit(manager, "settlement:day")
    assert "12.00 CNY" in english(response)
    assert [row.money.minor for row in response.context["expected"]] == [1200]
    assert response.context["posted"] == []


def test_a_manager_sees_no_other_store(visit, manager, entry, make_order):
    other = Store.objects.create(slug="west-1", name="West 1")
    make_order("B1", [(1, "100.00")], store=other, placed_at=NOON.replace(month=4))
    april = {"first_day": MARCH["until_day"], "until_day": MARCH["until_day"].replace(month=5)}
    settlement, _ = actions.settle(plan="retail", at=timezone.now(), **april)
    foreign = settlement.entries.get()
    assert visit(manager, "settlement:entry", foreign.pk).status_code == 404
    assert visit(manager, "settlement:entry", entry.pk).status_code == 200
    page = visit(manager, "settlement:day", day="2024-04-02", store="west-1")
    assert page.context["store"] == manager.store
    assert page.context["posted"] == []


def test_a_manager_without_a_store_is_told_what_to_do(visit, store_manager):
    assert "Your account belongs to no store" in english(visit(store_manager, "settlement:day"))


def test_the_whole_ledger_shows_any_store_at_the_desk(visit, admin, entry):
    page = english(visit(admin, "settlement:day", day="2024-03-02", store="east-9"))
    assert "3.00 CNY" in page


def test_an_agent_sees_no_split(visit, agent):
    assert visit(agent, "settlement:day").status_code == 403


def test_a_day_that_does_not_exist_is_not_found(visit, manager):
    assert visit(manager, "settlement:day", day="2024-02-31").status_code == 404

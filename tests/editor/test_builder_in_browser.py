"""The condition builder as a person uses it, in a real Chromium."""

import json

import pytest
from django.urls import reverse

from rules.engine.text import Entry, compile_lexicon
from rules.store import purposes
from rules.store.actions import save_draft
from rules.store.models import RuleSet
from tests.store.conftest import SALES, make_draft, sales_purpose  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edit_page(live, page, log_in, designer):
    """The edit page of a rule set with one rule, open in the browser in Chinese."""
    draft = make_draft()
    save_draft(record=draft, by=designer)
    log_in(page, designer)
    page.goto(live.url + reverse(RuleSet.snippet_viewset.get_url_name("edit"), args=[draft.pk]))
    page.wait_for_selector(".builder .ruleGroup")
    return page


def stored(page):
    return json.loads(page.input_value("[name=rules-0-condition]"))


def test_a_nested_condition_is_built_with_the_keyboard_alone(edit_page):
    page = edit_page
    group = page.locator(".builder").first
    group.get_by_text("+ 条件组").first.focus()
    page.keyboard.press("Enter")
    inner = page.locator(".ruleGroup .ruleGroup").first
    inner.locator(".ruleGroup-combinators").focus()
    page.keyboard.press("ArrowDown")
    inner.locator("select.rule-fields").focus()
    page.keyboard.press("ArrowDown")
    inner.locator(".rule-operators").focus()
    value = inner.locator("input[type=text]").first
    value.focus()
    page.keyboard.type("上海")
    tree = stored(page)
    assert tree["all"][0] == {"name": "amount", "operator": "greater_than", "value": 1000}
    assert tree["all"][1] == {"any": [{"name": "city", "operator": "equal_to", "value": "上海"}]}


def test_the_condition_is_read_back_in_chinese_while_it_is_built(edit_page):
    edit_page.get_by_text("金额大于 1,000", exact=True).first.wait_for()


def test_what_is_wrong_is_said_at_the_comparison(edit_page):
    number = edit_page.locator(".builder .rule input").first
    number.fill("many")
    problem = edit_page.locator(".builder-rule .builder-problems").first
    problem.wait_for()
    assert problem.inner_text().strip()


def test_a_rule_that_names_nothing_we_know_stays_and_is_marked(live, page, log_in, designer):
    draft = make_draft()
    rule = draft.rules.get()
    rule.condition = {"all": [{"name": "gone", "operator": "equal_to", "value": 1}]}
    draft.rules = [rule]
    save_draft(record=draft, by=designer)
    log_in(page, designer)
    page.goto(live.url + reverse(RuleSet.snippet_viewset.get_url_name("edit"), args=[draft.pk]))
    page.locator(".builder-broken").first.wait_for()
    assert stored(page) == {"all": [{"name": "gone", "operator": "equal_to", "value": 1}]}


def span(amount, unit):
    return {"amount": amount, "unit": unit}


EVERY_KIND = [
    {"name": "last_sale", "operator": "within_last", "value": span(30, "days")},
    {"name": "waited", "operator": "greater_than", "value": span(2, "hours")},
    {
        "name": "waited",
        "operator": "between",
        "value": [span(5, "minutes"), span(1, "days")],
    },
    {
        "name": "address",
        "operator": "within_distance",
        "value": {"latitude": 31.2, "longitude": 121.5, "metres": 3000},
    },
    {"name": "level", "operator": "changed_from_to", "value": ["silver", "gold"]},
    {"name": "amount", "operator": "greater_than", "value": {"variable": "limit"}},
    {"name": "birthday", "operator": "one_of", "value": ["2026-01-01", "2026-02-01"]},
    {"name": "city", "operator": "mentions_any_of", "value": ["spoilt"]},
]


@pytest.fixture
def rich_page(live, page, log_in, designer, sales_purpose):  # noqa: F811
    """The edit page of a rule set whose rule has one comparison of every kind of value."""
    levels = [{"name": name, "label": name} for name in ("silver", "gold")]
    fields = [
        {"name": "now", "label": "现在", "type": "datetime"},
        {"name": "last_sale", "label": "上次成交", "type": "datetime"},
        {"name": "waited", "label": "等待时长", "type": "duration"},
        {"name": "address", "label": "地址", "type": "location"},
        {"name": "level", "label": "等级变更", "type": "select_change", "options": levels},
        {"name": "limit", "label": "额度", "type": "numeric"},
        {"name": "birthday", "label": "生日", "type": "date"},
    ]
    lexicons = {"spoilt": ("变质食品", compile_lexicon([Entry("变质")]))}
    purposes.register_purpose(
        key="sales", label="Discounts", vocabulary=SALES.extended(fields, lexicons=lexicons)
    )
    draft = make_draft()
    rule = draft.rules.get()
    rule.condition = {"all": EVERY_KIND}
    draft.rules = [rule]
    save_draft(record=draft, by=designer)
    log_in(page, designer)
    page.goto(live.url + reverse(RuleSet.snippet_viewset.get_url_name("edit"), args=[draft.pk]))
    page.wait_for_selector(".builder .builder-circle")
    return page


def row(page, place):
    return page.locator(".builder").first.locator(".rule").nth(place)


def test_every_kind_of_value_is_shown_kept_and_read_back(rich_page, screenshot):
    rich_page.get_by_text("地址在 31.2, 121.5 周围 3,000 米之内").first.wait_for()
    rich_page.get_by_text("等级变更从 silver 变为 gold").first.wait_for()
    screenshot(rich_page, "builder-kinds")
    assert stored(rich_page) == {"all": EVERY_KIND}


def test_a_stretch_of_time_is_a_number_and_a_unit(rich_page):
    row(rich_page, 0).locator(".builder-span input").fill("6")
    row(rich_page, 0).locator(".builder-span select").select_option("months")
    assert stored(rich_page)["all"][0]["value"] == span(6, "months")
    rich_page.get_by_text("上次成交在最近 6 个月之内").first.wait_for()


def test_a_value_may_be_another_variable_and_a_value_again(rich_page):
    either = row(rich_page, 5).locator(".builder-either select").first
    either.select_option("value")
    row(rich_page, 5).locator(".builder-either input").fill("5")
    assert stored(rich_page)["all"][5]["value"] == 5
    either.select_option("variable")
    assert stored(rich_page)["all"][5]["value"] == {"variable": "limit"}
    rich_page.get_by_text("金额大于额度").first.wait_for()

"""The condition builder as a person uses it, in a real Chromium."""

import json

import pytest
from django.urls import reverse

from rules.store.actions import save_draft
from rules.store.models import RuleSet
from tests.store.conftest import make_draft, sales_purpose  # noqa: F401

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

"""A store is looked up with the keyboard; findings come while rules are typed."""

import json

import pytest
from django.urls import reverse

from flows.organisation.models import Store
from rules.store.actions import save_draft
from rules.store.models import RuleSet
from rules.store.models.ruleset import Rule

pytestmark = pytest.mark.django_db(transaction=True)


def when(name, operator, value):
    return {"all": [{"name": name, "operator": operator, "value": value}]}


def red():
    return [{"name": "set_urgency", "params": {"level": "red"}}]


@pytest.fixture
def edit_page(live, page, log_in, designer):
    Store.objects.bulk_create(Store(slug=f"sh-{n:03}", name=f"上海{n}店") for n in range(1, 60))
    draft = RuleSet(name="Where to", slug="where-to", purpose="tickets.routing")
    draft.rules = [
        Rule(name="one", condition=when("ticket_store", "equal_to", ""), actions=red()),
        Rule(name="two", condition=when("text_length", "greater_than", 100), actions=red()),
    ]
    save_draft(record=draft, by=designer)
    log_in(page, designer)
    page.goto(live.url + reverse(RuleSet.snippet_viewset.get_url_name("edit"), args=[draft.pk]))
    page.wait_for_selector(".builder .ruleGroup")
    return page


def test_a_store_is_found_by_its_name_and_chosen_with_the_keyboard(edit_page):
    page = edit_page
    search = page.locator(".builder-chooser input[role=combobox]").first
    search.focus()
    page.keyboard.type("上海17")
    page.get_by_role("option", name="上海17店").wait_for()
    page.keyboard.press("ArrowDown")
    assert search.get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    assert json.loads(page.input_value("[name=rules-0-condition]")) == when(
        "ticket_store", "equal_to", "sh-017"
    )
    page.locator(".builder-chip", has_text="上海17店").wait_for()
    page.locator(".builder-sentence", has_text="上海17店").first.wait_for()


def test_a_needless_rule_is_told_at_its_place_before_anything_is_saved(edit_page):
    page = edit_page
    chip = page.locator(".builder-chooser input[role=combobox]").first
    chip.focus()
    page.keyboard.type("sh-001")
    page.keyboard.press("Enter")
    second = page.locator("[data-findings-at=rules-1]")
    assert not second.inner_text().strip()
    first = page.locator("#inline_child_rules-0")
    first.locator("select.rule-fields").first.select_option("text_length")
    first.locator(".rule-operators").first.select_option("greater_than")
    first.locator(".rule input").first.fill("50")
    second.locator(".record-finding").wait_for()
    assert "2" in second.inner_text()
    first.locator(".rule input").first.fill("500")
    page.locator("[data-findings-at=rules-0] .record-finding").wait_for()
    assert not second.inner_text().strip()

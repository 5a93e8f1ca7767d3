"""Looking up what a value names: found by words, said by name, and only for who may know."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from flows.customers.models import Customer
from flows.organisation.models import Region, Store
from rules.editor.widgets import token_for, vocabulary_context
from rules.store.actions import save_draft
from rules.store.models import RuleSet
from rules.store.models.ruleset import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db):
    north = Region.objects.create(slug="north", name="华北")
    Store.objects.create(slug="bj-001", name="北京一店", region=north)
    Store.objects.create(slug="sh-001", name="上海一店")
    Customer.objects.create(number="C-100", name="王丽", created_at=timezone.now())


def asked(client, **query):
    return client.get(reverse("rules_choose"), query).json()


def routing(condition) -> RuleSet:
    record = RuleSet(name="Where to", slug="where-to", purpose="tickets.routing")
    action = {"name": "add_tag", "params": {"tag": "x"}}
    record.rules = [Rule(name="one", condition=condition, actions=[action])]
    return record


def test_stores_are_found_by_their_name_and_by_their_code(company, client_of, designer):
    client = client_of(designer)
    [found] = asked(client, source="stores", q="北京")["found"]
    assert found == {"value": "bj-001", "name": "北京一店", "hint": "华北"}
    assert [one["value"] for one in asked(client, source="stores", q="SH-")["found"]] == ["sh-001"]


def test_names_of_what_is_chosen_are_told(company, client_of, designer):
    found = asked(client_of(designer), source="stores", value=["sh-001", "gone"])["found"]
    assert [one["name"] for one in found] == ["上海一店"]


def test_a_customer_is_not_named_to_who_may_not_see_customers(company, client_of):
    user = get_user_model().objects.create_user("guest", "guest@example.com", "x")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    for query in ({"q": "王"}, {"value": "C-100"}):
        answer = client_of(user).get(reverse("rules_choose"), {"source": "customers", **query})
        assert answer.json() == {"allowed": False, "found": [], "more": False}
        assert "王丽" not in answer.content.decode()


def test_more_than_can_be_shown_is_said_to_be_more(client_of, designer):
    Store.objects.bulk_create(Store(slug=f"s-{number}", name=f"Store {number}") for number in range(30))
    answer = asked(client_of(designer), source="stores", q="s-")
    assert len(answer["found"]) == 20
    assert answer["more"]


def test_a_source_that_is_not_there_is_not_found(client_of, designer):
    assert client_of(designer).get(reverse("rules_choose"), {"source": "nothing"}).status_code == 404


def test_stores_are_not_printed_into_the_page(company, designer):
    record = routing({"all": []})
    [context] = vocabulary_context(record, read_only=False, language="en")
    variables = {one["name"]: one for one in context["data"]["vocabulary"]["variables"]}
    assert variables["ticket_store"]["source"] == "stores"
    assert variables["ticket_store"]["options"] == []
    assert "上海一店" not in json.dumps(context, ensure_ascii=False)


def test_a_store_is_called_by_its_name_in_the_sentence_of_a_version(company, designer):
    record = routing({"all": [{"name": "ticket_store", "operator": "one_of", "value": ["bj-001", "x-9"]}]})
    save_draft(record=record, by=designer)
    document = record.document()
    assert document["names"] == {"ticket_store": [["bj-001", "北京一店"]]}
    Store.objects.filter(slug="bj-001").update(name="另一个名字")
    [line] = RuleSet.in_words(document, "zh-hans")
    assert "北京一店" in line.text
    assert "x-9" in line.text


def test_a_customers_name_is_in_no_sentence_and_no_document(company, designer, client_of):
    condition = {"all": [{"name": "customer_number", "operator": "equal_to", "value": "C-100"}]}
    record = routing(condition)
    save_draft(record=record, by=designer)
    assert "王丽" not in json.dumps(record.document(), ensure_ascii=False)
    body = json.dumps({"token": token_for(record, "rules"), "document": condition})
    said = client_of(designer).post(reverse("rules_read_back"), body, content_type="application/json").json()
    assert "C-100" in said["sentence"]
    assert "王丽" not in said["sentence"]


def test_a_document_of_before_names_were_kept_still_compiles(company, designer):
    document = routing(
        {"all": [{"name": "ticket_store", "operator": "equal_to", "value": "bj-001"}]}
    ).document()
    del document["names"]
    assert RuleSet.compile(document).rules

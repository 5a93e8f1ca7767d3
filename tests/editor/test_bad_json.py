"""What no page of ours sends to the addresses that answer while a person types: told in words, or refused."""

import json

import pytest
from django.urls import reverse

from rules.editor.widgets import token_for
from rules.store import purposes
from rules.store.actions import save_draft
from tests.store import scores, table
from tests.store.conftest import make_draft, sales_purpose  # noqa: F401
from tests.store.scores import make_formula, make_scorecard
from tests.store.table import make_table

MAKES = {
    "rules_read_back": make_draft,
    "rules_try_formula": make_formula,
    "rules_try_scorecard": make_scorecard,
    "rules_check_table": make_table,
}
TABLE = {
    "hit_policy": "FIRST",
    "inputs": [{"name": "amount"}],
    "outputs": [{"name": "discount", "type": "number"}],
    "rules": [{"id": "a", "when": [">1"], "then": ["5"]}],
}
# As JSON, for a browser can send what json.dumps cannot write.
DOCUMENTS = {
    "null": "null",
    "a number": "7",
    "10^400": "1" + "0" * 400,
    "1e400": "1e400",
    "NaN": "NaN",
    "infinity": "-Infinity",
    "a text": '"text"',
    "a lone surrogate": '"\\ud800"',
    "a null character": '"\\u0000"',
    "a long text": json.dumps("x" * 500_000),
    "brackets": json.dumps("(" * 500_000),
    "a pattern": json.dumps({"name": "city", "operator": "matches_regex", "value": "(a+)+$"}),
    "an empty list": "[]",
    "lists in a list": "[[]]",
    "a long list": "[" + ",".join(["{}"] * 100_000) + "]",
    "deep lists": "[" * 900 + "]" * 900,
    "deep groups": '{"any":[' * 400 + "1" + "]}" * 400,
    "many keys": json.dumps(dict.fromkeys(map(str, range(20_000)))),
    "a surrogate as a key": '{"\\ud800": 1, "all": []}',
    "a scorecard of nothing": '{"base": null, "rows": null, "bands": null}',
    "a scorecard of rows that are none": '{"base": "1e999999999", "rows": [null, 5, []], "bands": [7]}',
    "a scorecard of wrong parts": json.dumps(
        {
            "base": {},
            "floor": [],
            "ceiling": True,
            "rows": [
                {"name": 5, "condition": "x", "points": {}, "reason": {"en": 10**400}, "group": []},
                {"name": "\ud800", "condition": [], "points": "1" * 3_000, "reason": [], "group": {}},
            ],
            "bands": [{"name": [], "from": {}}, {"from": "sNaN", "name": "a", "label": {"en": 5}}],
        }
    ),
    "a table of nothing": '{"inputs": null, "outputs": 5, "rules": "x", "hit_policy": [], "aggregation": {}}',
    "a table of wrong columns": json.dumps(
        TABLE
        | {
            "inputs": [
                {"name": "gone", "type": 5, "label": 10**400, "options": 7},
                {"name": ["amount"], "type": {}, "label": {"en": [], "fr": "x"}, "options": "text"},
                {
                    "name": "\ud800",
                    "type": "string",
                    "label": [],
                    "options": [5, {"name": "\ud800", "label": 7}],
                },
                {"name": "amount"},
                {"name": "amount"},
            ],
            "outputs": [
                {"name": "x" * 5_000, "type": "number", "values": 5, "default": {}},
                {"name": "\ud800", "type": [], "values": ["\ud800", "1e400", None, {}], "default": 10**400},
            ],
        }
    ),
    "a table of wrong rows": json.dumps(
        TABLE
        | {
            "rules": [
                {"id": [], "when": 5, "then": {}},
                {"id": "a", "when": ["(" * 5_000], "then": ["9" * 5_000]},
                {"id": "a", "when": ["\ud800"], "then": [None], "annotation": {}},
                {"id": 10**400, "when": [[], {}], "then": [float("nan")]},
                None,
            ]
        }
    ),
    "a table of many columns": json.dumps(TABLE | {"inputs": [{"name": "amount"}] * 3_000}),
    "a table of many rows": json.dumps(TABLE | {"rules": TABLE["rules"] * 12_000}),
    "a table of many empty rows": json.dumps(TABLE | {"rules": [{}] * 100_000}),
}
FACTS = [
    "null",
    '{"amount": 1e999}',
    '{"amount": "1e999999999"}',
    '{"amount": "sNaN", "lines": [{"price": "1e999999999", "quantity": "-1e-999999999"}], "vip": {}}',
    '{"amount": {"a": []}, "lines": {}, "placed": "0001-01-01T00:00", "level": [], "orders": true}',
    '{"amount": "\\ud800", "placed": "9999-12-31T23:59:59-14:00", "level": "\\ud800", "orders": [[[]]]}',
    json.dumps({"amount": "9" * 9_000, "orders": "0." + "0" * 9_000 + "1", "lines": [{"price": "1"}] * 500}),
]
TOKENS = ["null", "5", "[]", '{":": 1}', '""', '"\\ud800"', '"a:b:c"', "[5]"]


@pytest.fixture
def send(client_of, designer, monkeypatch):
    page = client_of(designer)
    monkeypatch.setattr(purposes, "_purposes", dict(purposes._purposes))
    scores.register(scores.ORDERS)

    def post(address, document="null", facts="null", token=None, body=None):
        if token is None:
            token = json.dumps(token_for(records[address], "rules"))
        body = body if body is not None else f'{{"token": {token}, "document": {document}, "facts": {facts}}}'
        return page.post(reverse(address), body, content_type="application/json")

    records = {}
    for address, make in MAKES.items():
        records[address] = make()
        if address == "rules_check_table":
            purposes._purposes.pop("orders")
            purposes.register_purpose(
                key="orders", label="Orders", vocabulary=table.ORDERS, kinds=(purposes.TABLES,)
            )
        save_draft(record=records[address], by=designer)
    post.records = records
    return post


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("address", MAKES)
def test_nonsense_is_told_in_words(send, address, document):
    response = send(address, DOCUMENTS[document], '{"amount": "5"}')
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        json.loads(response.content)["problems"]


@pytest.mark.parametrize("facts", FACTS)
@pytest.mark.parametrize(
    ("address", "document"),
    [
        ("rules_try_formula", '"amount * 3 + or_else(sum(lines, price / quantity), orders)"'),
        (
            "rules_try_scorecard",
            '{"rows": [{"name": "a", "condition": {}, "points": "amount / 3 + orders"}]}',
        ),
        ("rules_check_table", json.dumps(TABLE)),
    ],
)
def test_facts_nobody_types_are_facts_or_missing(send, address, document, facts):
    assert send(address, document, facts).status_code == 200


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("address", MAKES)
def test_a_token_that_is_none_is_refused(send, address, token):
    assert send(address, token=token).status_code == 400


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", "7", "[" * 100_000, "\x00", b"\xff\xfe", "9" * 5_000]
)
@pytest.mark.parametrize("address", MAKES)
def test_a_body_that_is_no_question_is_refused(send, address, body):
    assert send(address, body=body).status_code == 400
    assert send(address, body=b" " * 1_000_001).status_code == 400


@pytest.mark.parametrize("address", MAKES)
def test_a_record_that_is_gone_is_refused(send, address):
    record = type(send.records[address])(pk=10**6)
    token = json.dumps(token_for(record, "rules"))
    assert send(address, token=token).status_code == 400

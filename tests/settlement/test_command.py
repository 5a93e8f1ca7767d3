"""`manage.py settle`: for people in a terminal and for programs."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from flows.settlement.models import Entry

MARCH = ["--from", "2024-03-01", "--to", "2024-04-01"]


def settle(*args):
    out = StringIO()
    call_command("settle", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def plan(make_order, make_plan):
    make_order("A1", [(1, "100.00"), (1, "0.05")], country="中国")
    make_order("A2", [(1, "10.00")])
    home = {"all": [{"name": "country", "operator": "equal_to", "value": "中国"}]}
    return make_plan(rates=[("home", home, "15", "")], default_rate=Decimal(12))


def test_the_result_is_one_json_object(plan):
    result = json.loads(settle("retail", *MARCH, "--format", "json"))
    assert len(result.pop("fingerprint")) == 64
    assert result == {
        "plan": "retail",
        "version": 1,
        "from": "2024-03-01",
        "to": "2024-04-01",
        "currency": "CNY",
        "rounding": {"point": "order", "mode": "half_up"},
        "lines": 3,
        "orders": 2,
        "lines_in_other_currencies": 0,
        "commission": "16.21",
        "by_rule": {
            "default": {"lines": 1, "percent": "12", "commission": "1.20"},
            "home": {"lines": 2, "percent": "15", "commission": "15.01"},
        },
        "by_account": {"commission_payable:region": "1.20", "commission_payable:region:home": "15.01"},
        "ledger_balance": 0,
        "already_settled": False,
    }


def test_the_second_run_says_the_same_and_changes_nothing(plan):
    first = json.loads(settle("retail", *MARCH, "--format", "json"))
    second = json.loads(settle("retail", *MARCH, "--format", "json"))
    assert second == first | {"already_settled": True}
    assert Entry.objects.count() == 3


@pytest.mark.parametrize(("language", "words"), [("en", "Settled."), ("zh-hans", "已结算。")])
def test_people_read_a_sentence_and_the_rules(plan, language, words):
    with translation.override(language):
        text = settle("retail", *MARCH)
    assert text.startswith(words)
    assert "16.21 CNY" in text
    assert "home: 15 % (2) = 15.01 CNY" in text


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["retail", "--from", "1 March", "--to", "2024-04-01"], "1 March"),
        (["retail", "--from", "2024-02-30", "--to", "2024-04-01"], "2024-02-30"),
        (["no-such", *MARCH], "no-such"),
        (["retail", "--from", "2019-01-01", "--to", "2019-02-01"], "2019-01-31"),
    ],
)
def test_what_cannot_be_settled_is_said_in_a_sentence(plan, args, named):
    with pytest.raises(CommandError, match=named) as error:
        settle(*args)
    assert error.value.returncode == 1
    assert not Entry.objects.exists()

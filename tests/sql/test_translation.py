from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import OuterRef, Value
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext

from rules.engine import Vocabulary, Words, compile_condition
from rules.engine.conditions import DEPTH, LEAVES
from rules.engine.operators import OPERATORS
from rules.sql import Column, NotInSql, check_sql, condition_as_q
from rules.sql.operators import TRANSLATIONS
from tests.engine.cases import AROUND, CASES
from tests.engine.shop import SHOP, leaf

from .models import Client, Mark

MARKS = Mark.objects.filter(client=OuterRef("pk"))
COLUMNS = {
    "amount": Column("number"),
    "comment": Column("text"),
    "paid": Column("flag"),
    "city": Column("choice"),
    "tags": Column.choices(MARKS, "choice"),
    "birthday": Column("day"),
    "ordered_at": Column("moment"),
    "waited": Column("length"),
    "address": Column.place("latitude", "longitude"),
    "arrived": Column.answer("answers", "arrived"),
    **{name: Column(Value(fact)) for name, fact in AROUND.items()},
    "left": Column(Value(1800)),  # a time of day by its digits
}
OPEN = Vocabulary.of().extended(
    [
        {"name": name, "label": Words(en=name, zh=f"变量{name}"), "type": type_key}
        for name, type_key in [("grade", "select"), ("total", "numeric"), ("text", "string")]
    ]
)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables")]


def mark(client, **values):
    client.marks.create(
        **{"choice": "vip", "points": 1, "price": 1, "at": datetime(2026, 1, 1, tzinfo=UTC)} | values
    )


def is_found(document, columns=COLUMNS, vocabulary=SHOP):
    return Client.objects.filter(condition_as_q(compile_condition(document, vocabulary), columns)).exists()


def test_every_operator_has_a_translation_or_is_known_to_have_none():
    assert {key for key in OPERATORS.keys() - TRANSLATIONS.keys() if not key[0].endswith("_change")} == {
        ("string", "matches_regex"),
        ("string", "mentions_any_of"),
        ("string", "mentions_none_of"),
    }
    assert not TRANSLATIONS.keys() - OPERATORS.keys()


@pytest.mark.parametrize(
    ("name", "operator", "value", "fact", "expected"),
    # Related rows are a list of choices: empty, but never missing.
    [
        case
        for case in CASES
        if (SHOP.variables[case[0]].type, case[1]) in TRANSLATIONS
        if case[0] != "tags" or case[3] is not None
    ],
    ids=str,
)
def test_the_truth_table_holds_in_the_database(name, operator, value, fact, expected):
    if name == "tags":
        client = Client.objects.create()
        for choice in fact:
            mark(client, choice=choice)
    elif name == "address":
        Client.objects.create(latitude=fact and fact.latitude, longitude=fact and fact.longitude)
    elif name == "arrived":
        Client.objects.create(answers={"arrived": fact})
    else:
        Client.objects.create(**{COLUMNS[name].expression: fact})
    assert is_found(leaf(name, operator, value)) is expected
    assert is_found({"none": [leaf(name, operator, value)]}) is not expected


@pytest.mark.parametrize(
    ("stored", "wanted", "expected"),
    [
        ("ÄRGER", "ärger", True),
        ("ΣΑΣ", "σας", True),
        ("变A", "变a", True),
        ("a", "ä", False),
        ("İ", "i", False),
    ],
)
def test_letter_case_is_folded_as_python_does_on_every_database(stored, wanted, expected):
    Client.objects.create(choice=stored, text=f"x{stored}x")
    assert compile_condition(leaf("grade", "contains", wanted), OPEN).holds({"grade": stored}) is expected
    assert is_found(leaf("grade", "contains", wanted), {"grade": Column("choice")}, OPEN) is expected
    assert is_found(leaf("text", "contains_any_of", [wanted]), {"text": Column("text")}, OPEN) is (
        wanted.lower() in f"x{stored}x".lower()
    )


def test_choices_stored_as_their_options_are_spelled_can_use_an_index():
    Client.objects.create(choice="beijing")
    columns = {"city": Column("choice", as_stored=True)}
    assert is_found(leaf("city", "contains", "BEIJING"), columns)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert not is_found(leaf("city", "one_of", ["shanghai"]), columns)
    assert "LOWER" not in queries[0]["sql"]


def test_sums_of_decimals_are_exact():
    client = Client.objects.create()
    mark(client, price=Decimal("0.10"))
    mark(client, price=Decimal("0.20"))
    columns = {"total": Column.sum(MARKS, "price")}
    assert is_found(leaf("total", "equal_to", 0.3), columns, OPEN)
    assert not is_found(leaf("total", "greater_than", 0.3), columns, OPEN)


def test_without_related_rows_a_count_and_a_sum_are_zero_and_a_highest_is_missing():
    Client.objects.create()
    for column in (Column.count(MARKS), Column.sum(MARKS, "price"), Column.sum(MARKS, "points")):
        assert is_found(leaf("total", "equal_to", 0), {"total": column}, OPEN)
    for column in (
        Column.highest(MARKS, "points"),
        Column.lowest(MARKS, "points"),
        Column.sum(MARKS, "points", when_none=None),
    ):
        assert not is_found(leaf("total", "not_equal_to", 5), {"total": column}, OPEN)


def test_a_missing_choice_that_is_worked_out_is_not_another_set_either():
    Client.objects.create()
    columns = {"tags": Column(Upper("choice"))}
    for operator, value in (("equals_set", []), ("not_equals_set", []), ("not_equals_set", ["vip"])):
        assert not is_found(leaf("tags", operator, value), columns)


def test_always_is_every_row_and_never_is_none():
    Client.objects.create()
    assert is_found({})
    assert not is_found({"none": [{"none": [leaf("tags", "shares_at_least_one_element_with", [])]}]})


@pytest.mark.parametrize("kinds", [["all", "any"], ["none"], ["any", "none", "all"]], ids=str)
def test_the_deepest_condition_is_one_query(kinds):
    Client.objects.create(number=5, text="a", flag=True)
    one = leaf("amount", "equal_to", 5)
    document = one
    for level in range(DEPTH):
        document = {kinds[level % len(kinds)]: [one, document]}
    condition = compile_condition(document, SHOP)
    assert is_found(document) is condition.holds({"amount": 5})


def test_the_largest_conditions_are_one_query():
    Client.objects.create(number=5, text="a", flag=True)
    assert is_found({"any": [leaf("amount", "equal_to", number) for number in range(LEAVES)]})
    words = [f"词{number}" for number in range(1_000)]
    assert not is_found(leaf("comment", "contains_any_of", words))
    choices = ["vip", "new", "lapsed"] * 33
    assert not is_found(leaf("tags", "shares_exactly_one_element_with", choices))


def test_a_subquery_is_worked_out_once_per_comparison():
    condition = compile_condition(leaf("total", "between", [1, 5]), OPEN)
    rows = Client.objects.filter(condition_as_q(condition, {"total": Column.count(MARKS)}))
    assert str(rows.query).count("SELECT") == 2


def test_what_the_database_cannot_answer_is_named_at_its_place_all_at_once():
    document = {
        "all": [
            leaf("comment", "matches_regex", "a+"),
            {"none": [leaf("paid", "is_true"), leaf("comment", "contains", "\x00")]},
            leaf("amount", "less_than", 10**30),
            leaf("amount", "less_than", Decimal("0.1234567890123456")),
            leaf("ordered_at", "after", "0001-01-01T00:00:00+08:00"),
        ]
    }
    condition = compile_condition(document, SHOP)
    columns = {name: column for name, column in COLUMNS.items() if name != "paid"}
    with pytest.raises(NotInSql) as raised:
        condition_as_q(condition, columns)
    assert check_sql(condition, columns) == raised.value.problems
    told = {problem.path: problem.sentence for problem in raised.value.problems}
    assert list(told) == [
        "all/0/operator",
        "all/1/none/0/name",
        "all/1/none/1/value",
        "all/2/value",
        "all/3/value",
        "all/4/value",
    ]
    assert told["all/0/operator"].zh == "评论的比较方式“匹配正则表达式”无法在数据库中查询，不能在此使用。"
    assert told["all/1/none/0/name"].en == "paid cannot be asked of the database, so it cannot be used here."
    assert check_sql(compile_condition(leaf("paid", "is_true"), SHOP), COLUMNS) == []


def test_a_list_that_mixes_texts_and_numbers_is_refused():
    condition = compile_condition(leaf("grade", "one_of", ["a", 1]), OPEN)
    with pytest.raises(NotInSql, match="mixes"):
        condition_as_q(condition, {"grade": Column("choice")})


def test_choices_may_be_numbers():
    Client.objects.create(whole=3)
    columns = {"grade": Column("whole")}
    assert is_found(leaf("grade", "one_of", [1, 3]), columns, OPEN)
    assert not is_found(leaf("grade", "contains", 2), columns, OPEN)


def test_more_values_than_a_query_takes_are_refused(monkeypatch):
    monkeypatch.setattr("rules.sql.compile.PARAMETERS", 20)
    many = leaf("comment", "one_of", [f"text {number}" for number in range(7)])
    condition = compile_condition({"any": [many] * 3}, SHOP)
    assert [problem.path for problem in check_sql(condition, COLUMNS)] == [""]
    assert not is_found({"any": [many] * 2})

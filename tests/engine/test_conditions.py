import copy
import pickle
import subprocess
import sys
from decimal import Decimal

import pytest

from rules.engine import RuleErrors, Words, compile_condition
from rules.engine.conditions import DEPTH, LEAVES, NODES
from rules.engine.values import LIST_LENGTH, NUMBER_DIGITS, PATTERN_LENGTH, TEXT_LENGTH

from .shop import SHOP, leaf

BIG = leaf("amount", "greater_than", 100)
PAID = leaf("paid", "is_true")


def problems_of(document, vocabulary=SHOP):
    with pytest.raises(RuleErrors) as raised:
        compile_condition(document, vocabulary)
    for problem in raised.value.problems:
        assert problem.sentence.en
        assert problem.sentence.zh
        assert problem.sentence.en != problem.sentence.zh
        problem.sentence.zh.encode()
        problem.path.encode()
    return {problem.path: problem.sentence for problem in raised.value.problems}


def nested(depth, kind="all"):
    document = BIG
    for _ in range(depth):
        document = {kind: [document]}
    return document


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("all", {"amount": 120, "paid": True}, True),
        ("all", {"amount": 120, "paid": False}, False),
        ("any", {"amount": 120, "paid": False}, True),
        ("any", {"amount": 20, "paid": False}, False),
        ("none", {"amount": 20, "paid": False}, True),
        ("none", {"amount": 20, "paid": True}, False),
        ("none", {}, True),
    ],
)
def test_a_group_holds_by_what_its_children_do(kind, facts, expected):
    condition = compile_condition({kind: [BIG, PAID]}, SHOP)
    assert condition.holds(facts) is expected
    assert condition.explain(facts).held is expected


def test_groups_nest():
    condition = compile_condition({"all": [BIG, {"none": [PAID, {"any": [PAID, nested(3)]}]}]}, SHOP)
    assert condition.holds({"amount": 101, "paid": False}) is False
    condition = compile_condition({"any": [{"none": [BIG]}, {"all": [BIG, {"none": [PAID]}]}]}, SHOP)
    assert condition.holds({"amount": 101, "paid": False}) is True
    assert condition.holds({"amount": 101, "paid": True}) is False


@pytest.mark.parametrize("document", [{}, {"all": []}, {"all": ()}], ids=str)
def test_nothing_at_the_root_means_always(document):
    condition = compile_condition(document, SHOP)
    assert condition.is_always
    assert condition.holds({}) is True
    assert condition.explain({}).held is True
    assert condition.names == frozenset()
    assert condition.sentence("en") == condition.explain({}).sentence("en") == "always"
    assert condition.sentence("zh-hans") == condition.explain({}).because("zh-hans") == "始终"
    assert condition.explain({}).as_json("en")["heading"] == "always"


def test_it_names_the_variables_it_asks_for():
    condition = compile_condition({"all": [BIG, {"any": [PAID, BIG]}]}, SHOP)
    assert condition.names == {"amount", "paid"}


def test_a_compiled_condition_can_be_copied_with_the_form_that_holds_it():
    condition = compile_condition(BIG, SHOP)
    condition.holds({})
    assert copy.deepcopy({"condition": condition})["condition"].holds({"amount": 101})
    assert copy.deepcopy(SHOP) is SHOP


def test_words_survive_copying_and_pickling_and_are_english_text_elsewhere():
    words = Words(en="amount", zh="金额")
    for copied in (copy.deepcopy(words), copy.copy(words), pickle.loads(pickle.dumps(words))):
        assert (copied.en, copied.zh) == ("amount", "金额")
    assert f"{words}" == "amount"
    assert words == "amount"
    assert Words.of({"zh": "金额"}).say("en") == "金额"
    assert Words.of("x").say("zh") == "x"
    assert [words.say(code) for code in ("zh", "zh-hans", "zh-CN", "en", "fr", None)] == [
        *["金额"] * 3,
        *["amount"] * 3,
    ]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, ""),
        ([], ""),
        ("all", ""),
        (5, ""),
        ({"all": None}, "all"),
        ({"all": {}}, "all"),
        ({"any": []}, "any"),
        ({"none": []}, "none"),
        ({"all": [{"all": []}]}, "all/0/all"),
        ({"all": [{}]}, "all/0/name"),
        ({"all": [BIG, "x"]}, "all/1"),
        ({"all": [BIG], "any": [BIG]}, ""),
        ({"all": [BIG], "note": 1}, ""),
        (BIG | {"note": 1}, "note"),
        (BIG | {1: 1}, "int"),
        (BIG | {"\ud800": 1}, "?"),
        ({"operator": "equal_to", "value": 1}, "name"),
        (leaf("height", "equal_to", 1), "name"),
        (leaf("secret", "equal_to", 1), "name"),
        (leaf("__class__", "equal_to", 1), "name"),
        (leaf(["amount"], "equal_to", 1), "name"),
        ({"name": "amount", "value": 1}, "operator"),
        (leaf("amount", "contains", 1), "operator"),
        (leaf("amount", "__init__", 1), "operator"),
        (leaf("amount", {}, 1), "operator"),
        ({"name": "amount", "operator": "equal_to"}, "value"),
        (leaf("amount", "equal_to", None), "value"),
        (leaf("amount", "equal_to", "100"), "value"),
        (leaf("amount", "equal_to", True), "value"),
        (leaf("amount", "equal_to", [1]), "value"),
        (leaf("amount", "equal_to", float("nan")), "value"),
        (leaf("amount", "equal_to", float("-inf")), "value"),
        (leaf("amount", "equal_to", Decimal("NaN")), "value"),
        (leaf("amount", "equal_to", Decimal("sNaN")), "value"),
        (leaf("amount", "equal_to", 10**NUMBER_DIGITS), "value"),
        (leaf("amount", "equal_to", -(10**9000)), "value"),
        (leaf("amount", "equal_to", Decimal("1e999999999")), "value"),
        (leaf("amount", "equal_to", Decimal("1e-999999999")), "value"),
        (leaf("amount", "between", [1]), "value"),
        (leaf("amount", "between", [2, 1]), "value"),
        (leaf("amount", "between", {"from": 1, "to": 2}), "value"),
        (leaf("amount", "between", [1, "2"]), "value/1"),
        (leaf("amount", "one_of", []), "value"),
        (leaf("amount", "one_of", [1, True]), "value/1"),
        (leaf("amount", "one_of", [1] * (LIST_LENGTH + 1)), "value"),
        (leaf("comment", "contains", 5), "value"),
        (leaf("comment", "contains", None), "value"),
        (leaf("comment", "contains", "\ud800"), "value"),
        (leaf("comment", "contains", "a" * (TEXT_LENGTH + 1)), "value"),
        (leaf("comment", "contains_any_of", "变质"), "value"),
        (leaf("comment", "contains_any_of", []), "value"),
        (leaf("comment", "contains_any_of", ["变质", ""]), "value/1"),
        (leaf("comment", "contains_any_of", {"变质": 1}), "value"),
        (leaf("comment", "matches_regex", "("), "value"),
        (leaf("comment", "matches_regex", "(?=a)"), "value"),
        (leaf("comment", "matches_regex", r"(a)\1"), "value"),
        (leaf("comment", "matches_regex", "((a{100}){100}){100}"), "value"),
        (leaf("comment", "matches_regex", "\ud800"), "value"),
        (leaf("comment", "matches_regex", "a" * (PATTERN_LENGTH + 1)), "value"),
        (leaf("paid", "is_true", [1]), "value"),
        (leaf("paid", "is_true", 5), "value"),
        (leaf("city", "contains", "paris"), "value"),
        (leaf("city", "contains", None), "value"),
        (leaf("city", "contains", ["beijing"]), "value"),
        (leaf("city", "contains", "\ud800"), "value"),
        (leaf("city", "contains", True), "value"),
        (leaf("city", "one_of", ["beijing", "paris"]), "value/1"),
        (leaf("tags", "contains_all", "vip"), "value"),
        (leaf("tags", "contains_all", [["vip"]]), "value/0"),
        (leaf("birthday", "after", "2000-02-30"), "value"),
        (leaf("birthday", "after", "1 March"), "value"),
        (leaf("birthday", "after", "2000-02-28T00:00:00Z"), "value"),
        (leaf("birthday", "between", ["2000-02-28", "x"]), "value/1"),
        (leaf("birthday", "between", ["2000-02-28", "2000-02-27"]), "value"),
        (leaf("ordered_at", "after", "2000-02-28"), "value"),
        (leaf("ordered_at", "after", "2000-02-28T00:00:00"), "value"),
    ],
    ids=lambda value: str(value)[:50] if not isinstance(value, dict) else "document",
)
def test_a_document_that_cannot_be_meant_is_refused_at_its_place(document, path):
    assert list(problems_of(document)) == [path]


def test_every_problem_is_found_at_once():
    problems = problems_of(
        {
            "all": [
                leaf("amount", "greater_than", "x"),
                {"any": [leaf("height", "equal_to", 1), {"none": []}, PAID]},
                leaf("city", "one_of", ["paris", "beijing", "rome"]),
                {"name": "comment", "operator": "likes", "value": 1, "extra": 2},
            ]
        }
    )
    assert list(problems) == [
        "all/0/value",
        "all/1/any/0/name",
        "all/1/any/1/none",
        "all/2/value/0",
        "all/2/value/2",
        "all/3/extra",
        "all/3/operator",
    ]
    assert problems["all/0/value"].say("en") == "Enter a number."
    assert problems["all/0/value"].say("zh-hans") == "请输入数字。"
    assert problems["all/2/value/0"].zh == "“paris”不是城市的选项。"


def test_the_error_tells_its_problems_as_text_too():
    with pytest.raises(RuleErrors, match="all/0/value: Enter a number") as raised:
        compile_condition({"all": [leaf("amount", "greater_than", "x")]}, SHOP)
    assert raised.value.sentences("zh-hans") == ["请输入数字。"]


def test_groups_nest_so_deep_and_no_deeper():
    assert compile_condition(nested(DEPTH, "none"), SHOP).holds({"amount": 101}) is True
    [(path, sentence)] = problems_of(nested(DEPTH + 1)).items()
    assert path == "/".join(["all/0"] * DEPTH) + "/all"
    assert str(DEPTH) in sentence.en
    assert problems_of(nested(900))


def test_a_document_that_contains_itself_is_refused():
    document = {"all": [BIG]}
    document["all"].append(document)
    assert problems_of(document)
    document["all"] += [document] * 10
    assert problems_of(document)


def test_documents_are_so_large_and_no_larger():
    condition = compile_condition({"any": [BIG] * LEAVES}, SHOP)
    assert condition.holds({"amount": 101}) is True
    assert condition.holds({"amount": 100}) is False
    assert list(problems_of({"any": [BIG] * (LEAVES + 1)})) == [f"any/{LEAVES}"]
    assert list(problems_of({"any": [{"any": []}] * 10**6}))[-1] == f"any/{NODES - 1}"


def test_comparing_with_nothing_is_allowed_but_pointed_out():
    condition = compile_condition(
        {
            "all": [
                leaf("tags", "contains_all", []),
                leaf("comment", "contains", ""),
                leaf("comment", "equal_to", ""),
            ]
        },
        SHOP,
    )
    assert [problem.path for problem in condition.unfinished] == ["all/0/value", "all/1/value"]
    assert condition.unfinished[0].sentence.zh == "此比较的值为空。"


def test_an_option_may_be_written_in_any_case_and_is_kept_as_declared():
    [city] = [compile_condition(leaf("city", "contains", "BEIJING"), SHOP).tree]
    assert city.value == "beijing"


def test_the_engine_imports_no_django():
    code = "import sys, rules.engine; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

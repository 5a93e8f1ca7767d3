"""One row per operator. Editor, evaluator, explanation and sentence read the same row, so none can drift.

The database expression of each row is in rules/sql/operators.py (this package imports no Django).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import re2

from .facts import fold_choice
from .words import Words


@dataclass(frozen=True)
class Operator:
    type: str  # key of facts.TYPES
    key: str  # its name in documents, and the name of the business-rules method
    label: Words
    says: Words  # {name} and {value} are filled in
    input: str  # how a value is asked for: key of values.INPUTS
    # Either a Python expression over `v` (the fact) and `k` (the prepared value), put into generated code ...
    inline: str = ""
    # ... or a predicate (fact, prepared value) -> bool.
    test: Callable[[object, object], bool] | None = None
    # Turns the stored value into what the predicate compares with, once, when compiling.
    prepare: Callable[[object], object] = field(default=lambda value: value)
    # Expression over `v` and `k` for a fact of class str, where the type itself has no ready class.
    inline_for_text: str = ""
    # Which of the listed values were met; shown by the explanation.
    found: Callable[[object, object], list] | None = None

    @cached_property
    def holds(self) -> Callable[[object, object], bool]:
        # The text comes from the table below, never from a document.
        return self.test or eval(f"lambda v, k: {self.inline}")


def _fold_all(values) -> frozenset:
    return frozenset(fold_choice(value) for value in values)


class Keywords:
    """Words looked for in a text, ignoring letter case; a list without cased letters never folds the text."""

    def __init__(self, words):
        self.words = tuple(words)
        self.folded = tuple(word.lower() for word in words)
        # U+0307 is not cased, but it is what folding "İ" leaves behind.
        self.cased = any(word.lower() != word.upper() or "\u0307" in word for word in words)


def contains_any(text: str, keywords: Keywords) -> bool:
    if keywords.cased:
        text = text.lower()
    for word in keywords.folded:  # noqa: SIM110 (any() with a generator takes twice as long)
        if word in text:
            return True
    return False


def found_keywords(text: str, keywords: Keywords) -> list[str]:
    text = text.lower()
    return [word for word, folded in zip(keywords.words, keywords.folded, strict=True) if folded in text]


def compile_pattern(pattern: str):
    """RE2: time linear in the text whatever the pattern; raises re2.error for what it does not know."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options)


def matches(text: str, pattern) -> bool:
    try:
        return pattern.search(text) is not None
    except UnicodeEncodeError:  # a lone surrogate is not text, so no pattern matches it
        return False


def exactly_one(choices: frozenset, wanted: tuple) -> bool:
    return sum(choice in choices for choice in wanted) == 1


_ROWS = (
    # Texts -----------------------------------------------------------------------------------------------
    Operator(
        type="string",
        key="equal_to",
        label=Words(en="is", zh="是"),
        says=Words(en="{name} is {value}", zh="{name}是{value}"),
        input="text",
        inline="v == k",
    ),
    Operator(
        type="string",
        key="not_equal_to",
        label=Words(en="is not", zh="不是"),
        says=Words(en="{name} is not {value}", zh="{name}不是{value}"),
        input="text",
        inline="v != k",
    ),
    Operator(
        type="string",
        key="equal_to_case_insensitive",
        label=Words(en="is (ignoring case)", zh="是（不分大小写）"),
        says=Words(en="{name} is {value} (ignoring case)", zh="{name}是{value}（不分大小写）"),
        input="text",
        inline="v.lower() == k",
        prepare=str.lower,
    ),
    Operator(
        type="string",
        key="contains",
        label=Words(en="contains", zh="包含"),
        says=Words(en="{name} contains {value}", zh="{name}包含{value}"),
        input="text",
        inline="k in v",
    ),
    Operator(
        type="string",
        key="does_not_contain",
        label=Words(en="does not contain", zh="不包含"),
        says=Words(en="{name} does not contain {value}", zh="{name}不包含{value}"),
        input="text",
        inline="k not in v",
    ),
    Operator(
        type="string",
        key="contains_any_of",
        label=Words(en="contains any of", zh="包含任意一个"),
        says=Words(en="{name} contains any of {value}", zh="{name}包含{value}中的任意一个"),
        input="words",
        test=contains_any,
        prepare=Keywords,
        found=found_keywords,
    ),
    Operator(
        type="string",
        key="contains_none_of",
        label=Words(en="contains none of", zh="不包含任何一个"),
        says=Words(en="{name} contains none of {value}", zh="{name}不包含{value}中的任何一个"),
        input="words",
        test=lambda text, keywords: not contains_any(text, keywords),
        prepare=Keywords,
        found=found_keywords,
    ),
    Operator(
        type="string",
        key="starts_with",
        label=Words(en="starts with", zh="开头是"),
        says=Words(en="{name} starts with {value}", zh="{name}以{value}开头"),
        input="text",
        inline="v.startswith(k)",
    ),
    Operator(
        type="string",
        key="ends_with",
        label=Words(en="ends with", zh="结尾是"),
        says=Words(en="{name} ends with {value}", zh="{name}以{value}结尾"),
        input="text",
        inline="v.endswith(k)",
    ),
    Operator(
        type="string",
        key="one_of",
        label=Words(en="is one of", zh="是其中之一"),
        says=Words(en="{name} is one of {value}", zh="{name}是{value}之一"),
        input="words",
        inline="v in k",
        prepare=frozenset,
    ),
    Operator(
        type="string",
        key="not_one_of",
        label=Words(en="is none of", zh="不是其中任何一个"),
        says=Words(en="{name} is none of {value}", zh="{name}不是{value}中的任何一个"),
        input="words",
        inline="v not in k",
        prepare=frozenset,
    ),
    Operator(
        type="string",
        key="matches_regex",
        label=Words(en="matches the pattern", zh="匹配正则表达式"),
        says=Words(en="{name} matches the pattern {value}", zh="{name}匹配正则表达式{value}"),
        input="pattern",
        test=matches,
        prepare=compile_pattern,
    ),
    Operator(
        type="string",
        key="non_empty",
        label=Words(en="is filled in", zh="已填写"),
        says=Words(en="{name} is filled in", zh="{name}已填写"),
        input="none",
        inline="v != ''",
    ),
    # Numbers ---------------------------------------------------------------------------------------------
    Operator(
        type="numeric",
        key="equal_to",
        label=Words(en="equals", zh="等于"),
        says=Words(en="{name} equals {value}", zh="{name}等于{value}"),
        input="number",
        inline="v == k",
    ),
    Operator(
        type="numeric",
        key="not_equal_to",
        label=Words(en="does not equal", zh="不等于"),
        says=Words(en="{name} does not equal {value}", zh="{name}不等于{value}"),
        input="number",
        inline="v != k",
    ),
    Operator(
        type="numeric",
        key="greater_than",
        label=Words(en="is more than", zh="大于"),
        says=Words(en="{name} is more than {value}", zh="{name}大于{value}"),
        input="number",
        inline="v > k",
    ),
    Operator(
        type="numeric",
        key="greater_than_or_equal_to",
        label=Words(en="is at least", zh="大于或等于"),
        says=Words(en="{name} is at least {value}", zh="{name}大于或等于{value}"),
        input="number",
        inline="v >= k",
    ),
    Operator(
        type="numeric",
        key="less_than",
        label=Words(en="is less than", zh="小于"),
        says=Words(en="{name} is less than {value}", zh="{name}小于{value}"),
        input="number",
        inline="v < k",
    ),
    Operator(
        type="numeric",
        key="less_than_or_equal_to",
        label=Words(en="is at most", zh="小于或等于"),
        says=Words(en="{name} is at most {value}", zh="{name}小于或等于{value}"),
        input="number",
        inline="v <= k",
    ),
    Operator(
        type="numeric",
        key="between",
        label=Words(en="is between (both ends count)", zh="介于（含两端）"),
        says=Words(en="{name} is between {low} and {high}", zh="{name}在{low}到{high}之间"),
        input="range",
        inline="k[0] <= v <= k[1]",
    ),
    Operator(
        type="numeric",
        key="one_of",
        label=Words(en="is one of", zh="是其中之一"),
        says=Words(en="{name} is one of {value}", zh="{name}是{value}之一"),
        input="numbers",
        inline="v in k",
        prepare=frozenset,
    ),
    # Yes or no -------------------------------------------------------------------------------------------
    Operator(
        type="boolean",
        key="is_true",
        label=Words(en="is yes", zh="为“是”"),
        says=Words(en="{name} is yes", zh="{name}为“是”"),
        input="none",
        inline="v is True",
    ),
    Operator(
        type="boolean",
        key="is_false",
        label=Words(en="is no", zh="为“否”"),
        says=Words(en="{name} is no", zh="{name}为“否”"),
        input="none",
        inline="v is False",
    ),
    # A choice --------------------------------------------------------------------------------------------
    Operator(
        type="select",
        key="contains",
        label=Words(en="is", zh="是"),
        says=Words(en="{name} is {value}", zh="{name}是{value}"),
        input="select",
        inline="k in v",
        prepare=fold_choice,
        inline_for_text="v.lower() == k",
    ),
    Operator(
        type="select",
        key="does_not_contain",
        label=Words(en="is not", zh="不是"),
        says=Words(en="{name} is not {value}", zh="{name}不是{value}"),
        input="select",
        inline="k not in v",
        prepare=fold_choice,
        inline_for_text="v.lower() != k",
    ),
    Operator(
        type="select",
        key="one_of",
        label=Words(en="is one of", zh="是其中之一"),
        says=Words(en="{name} is one of {value}", zh="{name}是{value}之一"),
        input="select_multiple",
        inline="not k.isdisjoint(v)",
        prepare=_fold_all,
        inline_for_text="v.lower() in k",
    ),
    Operator(
        type="select",
        key="not_one_of",
        label=Words(en="is none of", zh="不是其中任何一个"),
        says=Words(en="{name} is none of {value}", zh="{name}不是{value}中的任何一个"),
        input="select_multiple",
        inline="k.isdisjoint(v)",
        prepare=_fold_all,
        inline_for_text="v.lower() not in k",
    ),
    # Several choices -------------------------------------------------------------------------------------
    Operator(
        type="select_multiple",
        key="contains_all",
        label=Words(en="includes all of", zh="同时包含"),
        says=Words(en="{name} includes all of {value}", zh="{name}同时包含{value}"),
        input="select_multiple",
        inline="k <= v",
        prepare=_fold_all,
    ),
    Operator(
        type="select_multiple",
        key="is_contained_by",
        label=Words(en="is nothing but", zh="全部属于"),
        says=Words(en="{name} is nothing but {value}", zh="{name}全部属于{value}"),
        input="select_multiple",
        inline="v <= k",
        prepare=_fold_all,
    ),
    Operator(
        type="select_multiple",
        key="shares_at_least_one_element_with",
        label=Words(en="includes any of", zh="包含任意一个"),
        says=Words(en="{name} includes any of {value}", zh="{name}包含{value}中的任意一个"),
        input="select_multiple",
        inline="not k.isdisjoint(v)",
        prepare=_fold_all,
    ),
    Operator(
        type="select_multiple",
        key="shares_exactly_one_element_with",
        label=Words(en="includes exactly one of", zh="恰好包含一个"),
        says=Words(en="{name} includes exactly one of {value}", zh="{name}恰好包含{value}中的一个"),
        input="select_multiple",
        test=exactly_one,
        # A list, not a set: a value given twice counts twice, as it does for business-rules.
        prepare=lambda values: tuple(fold_choice(value) for value in values),
    ),
    Operator(
        type="select_multiple",
        key="shares_no_elements_with",
        label=Words(en="includes none of", zh="不包含任何一个"),
        says=Words(en="{name} includes none of {value}", zh="{name}不包含{value}中的任何一个"),
        input="select_multiple",
        inline="k.isdisjoint(v)",
        prepare=_fold_all,
    ),
    # Dates -----------------------------------------------------------------------------------------------
    *(
        row
        for kind in ("date", "datetime")
        for row in (
            Operator(
                type=kind,
                key="equal_to",
                label=Words(en="is", zh="等于"),
                says=Words(en="{name} is {value}", zh="{name}是{value}"),
                input=kind,
                inline="v == k",
            ),
            Operator(
                type=kind,
                key="before",
                label=Words(en="is before", zh="早于"),
                says=Words(en="{name} is before {value}", zh="{name}早于{value}"),
                input=kind,
                inline="v < k",
            ),
            Operator(
                type=kind,
                key="on_or_before",
                label=Words(en="is not after", zh="不晚于"),
                says=Words(en="{name} is not after {value}", zh="{name}不晚于{value}"),
                input=kind,
                inline="v <= k",
            ),
            Operator(
                type=kind,
                key="after",
                label=Words(en="is after", zh="晚于"),
                says=Words(en="{name} is after {value}", zh="{name}晚于{value}"),
                input=kind,
                inline="v > k",
            ),
            Operator(
                type=kind,
                key="on_or_after",
                label=Words(en="is not before", zh="不早于"),
                says=Words(en="{name} is not before {value}", zh="{name}不早于{value}"),
                input=kind,
                inline="v >= k",
            ),
            Operator(
                type=kind,
                key="between",
                label=Words(en="is between (both ends count)", zh="介于（含两端）"),
                says=Words(en="{name} is between {low} and {high}", zh="{name}在{low}到{high}之间"),
                input=f"{kind}_range",
                inline="k[0] <= v <= k[1]",
            ),
        )
    ),
)

OPERATORS: dict[tuple[str, str], Operator] = {(row.type, row.key): row for row in _ROWS}


def operators_of(type_key: str) -> list[Operator]:
    return [row for row in _ROWS if row.type == type_key]

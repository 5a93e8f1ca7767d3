"""One row per operator. Editor, evaluator, explanation and sentence read the same row, so none can drift.

The database expression of each row is in rules/sql/operators.py (this package imports no Django).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from functools import cached_property

import re2

from .facts import fold_choice
from .moments import length_of, relative
from .places import is_within
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
    # A predicate (fact, other fact, prepared value) -> bool, if the value may be another variable's.
    against: Callable[[object, object, object], bool] | None = None
    # The other fact is always `now`; the value is a stretch of time.
    needs_now: bool = False

    @property
    def takes_variable(self) -> bool:
        return self.against is not None and not self.needs_now

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


_EXACT = Context(prec=1_000, traps=[])  # digits; of numbers far longer only the first ones count


def mentions(text: str, matchers: tuple) -> bool:
    return any(matcher.find(text) for matcher in matchers)


def found_mentions(text: str, matchers: tuple) -> list[str]:
    return list(dict.fromkeys(span.original for matcher in matchers for span in matcher.find(text)))


def _matchers(lexicons) -> tuple:
    return tuple(lexicon.matcher for lexicon in lexicons)


def risen_by_more(low, high, amount) -> bool:
    """Whether `high` is more than `amount` above `low`; exact for all numbers a rule may name."""
    if None in (low, high):
        return False
    return _EXACT.subtract(Decimal(high), Decimal(low)) > amount


def _as_it_is(value):
    return value


_ROWS = (
    # Texts -----------------------------------------------------------------------------------------------
    Operator(
        type="string",
        key="equal_to",
        label=Words(en="is", zh="是"),
        says=Words(en="{name} is {value}", zh="{name}是{value}"),
        input="text",
        against=lambda v, w, _: v == w,
        inline="v == k",
    ),
    Operator(
        type="string",
        key="not_equal_to",
        label=Words(en="is not", zh="不是"),
        says=Words(en="{name} is not {value}", zh="{name}不是{value}"),
        input="text",
        against=lambda v, w, _: v != w,
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
        against=lambda v, w, _: w in v,
        inline="k in v",
    ),
    Operator(
        type="string",
        key="does_not_contain",
        label=Words(en="does not contain", zh="不包含"),
        says=Words(en="{name} does not contain {value}", zh="{name}不包含{value}"),
        input="text",
        against=lambda v, w, _: w not in v,
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
        against=lambda v, w, _: v.startswith(w),
        inline="v.startswith(k)",
    ),
    Operator(
        type="string",
        key="ends_with",
        label=Words(en="ends with", zh="结尾是"),
        says=Words(en="{name} ends with {value}", zh="{name}以{value}结尾"),
        input="text",
        against=lambda v, w, _: v.endswith(w),
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
    Operator(
        type="string",
        key="mentions_any_of",
        label=Words(en="mentions a word of the lexicon", zh="命中词库"),
        says=Words(en="{name} mentions a word of {value}", zh="{name}命中词库{value}"),
        input="lexicons",
        test=mentions,
        prepare=_matchers,
        found=found_mentions,
    ),
    Operator(
        type="string",
        key="mentions_none_of",
        label=Words(en="mentions no word of the lexicon", zh="未命中词库"),
        says=Words(en="{name} mentions no word of {value}", zh="{name}未命中词库{value}"),
        input="lexicons",
        test=lambda text, matchers: not mentions(text, matchers),
        prepare=_matchers,
        found=found_mentions,
    ),
    # Numbers ---------------------------------------------------------------------------------------------
    Operator(
        type="numeric",
        key="equal_to",
        label=Words(en="equals", zh="等于"),
        says=Words(en="{name} equals {value}", zh="{name}等于{value}"),
        input="number",
        against=lambda v, w, _: v == w,
        inline="v == k",
    ),
    Operator(
        type="numeric",
        key="not_equal_to",
        label=Words(en="does not equal", zh="不等于"),
        says=Words(en="{name} does not equal {value}", zh="{name}不等于{value}"),
        input="number",
        against=lambda v, w, _: v != w,
        inline="v != k",
    ),
    Operator(
        type="numeric",
        key="greater_than",
        label=Words(en="is more than", zh="大于"),
        says=Words(en="{name} is more than {value}", zh="{name}大于{value}"),
        input="number",
        against=lambda v, w, _: v > w,
        inline="v > k",
    ),
    Operator(
        type="numeric",
        key="greater_than_or_equal_to",
        label=Words(en="is at least", zh="大于或等于"),
        says=Words(en="{name} is at least {value}", zh="{name}大于或等于{value}"),
        input="number",
        against=lambda v, w, _: v >= w,
        inline="v >= k",
    ),
    Operator(
        type="numeric",
        key="less_than",
        label=Words(en="is less than", zh="小于"),
        says=Words(en="{name} is less than {value}", zh="{name}小于{value}"),
        input="number",
        against=lambda v, w, _: v < w,
        inline="v < k",
    ),
    Operator(
        type="numeric",
        key="less_than_or_equal_to",
        label=Words(en="is at most", zh="小于或等于"),
        says=Words(en="{name} is at most {value}", zh="{name}小于或等于{value}"),
        input="number",
        against=lambda v, w, _: v <= w,
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
    Operator(
        type="numeric",
        key="not_one_of",
        label=Words(en="is none of", zh="不是其中任何一个"),
        says=Words(en="{name} is none of {value}", zh="{name}不是{value}中的任何一个"),
        input="numbers",
        inline="v not in k",
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
        against=lambda v, w, _: not v.isdisjoint(w),
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
        against=lambda v, w, _: v.isdisjoint(w),
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
        against=lambda v, w, _: w <= v,
        inline="k <= v",
        prepare=_fold_all,
    ),
    Operator(
        type="select_multiple",
        key="is_contained_by",
        label=Words(en="is nothing but", zh="全部属于"),
        says=Words(en="{name} is nothing but {value}", zh="{name}全部属于{value}"),
        input="select_multiple",
        against=lambda v, w, _: v <= w,
        inline="v <= k",
        prepare=_fold_all,
    ),
    Operator(
        type="select_multiple",
        key="shares_at_least_one_element_with",
        label=Words(en="includes any of", zh="包含任意一个"),
        says=Words(en="{name} includes any of {value}", zh="{name}包含{value}中的任意一个"),
        input="select_multiple",
        against=lambda v, w, _: not v.isdisjoint(w),
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
        against=lambda v, w, _: v.isdisjoint(w),
        inline="k.isdisjoint(v)",
        prepare=_fold_all,
    ),
    Operator(
        type="select_multiple",
        key="equals_set",
        label=Words(en="is exactly", zh="完全相同"),
        says=Words(en="{name} is exactly {value}", zh="{name}与{value}完全相同"),
        input="select_multiple",
        against=lambda v, w, _: v == w,
        inline="v == k",
        prepare=_fold_all,
    ),
    Operator(
        type="select_multiple",
        key="not_equals_set",
        label=Words(en="is not exactly", zh="不完全相同"),
        says=Words(en="{name} is not exactly {value}", zh="{name}与{value}不完全相同"),
        input="select_multiple",
        against=lambda v, w, _: v != w,
        inline="v != k",
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
                against=lambda v, w, _: v == w,
                inline="v == k",
            ),
            Operator(
                type=kind,
                key="before",
                label=Words(en="is before", zh="早于"),
                says=Words(en="{name} is before {value}", zh="{name}早于{value}"),
                input=kind,
                against=lambda v, w, _: v < w,
                inline="v < k",
            ),
            Operator(
                type=kind,
                key="on_or_before",
                label=Words(en="is not after", zh="不晚于"),
                says=Words(en="{name} is not after {value}", zh="{name}不晚于{value}"),
                input=kind,
                against=lambda v, w, _: v <= w,
                inline="v <= k",
            ),
            Operator(
                type=kind,
                key="after",
                label=Words(en="is after", zh="晚于"),
                says=Words(en="{name} is after {value}", zh="{name}晚于{value}"),
                input=kind,
                against=lambda v, w, _: v > w,
                inline="v > k",
            ),
            Operator(
                type=kind,
                key="on_or_after",
                label=Words(en="is not before", zh="不早于"),
                says=Words(en="{name} is not before {value}", zh="{name}不早于{value}"),
                input=kind,
                against=lambda v, w, _: v >= w,
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
            Operator(
                type=kind,
                key="not_equal_to",
                label=Words(en="is not", zh="不等于"),
                says=Words(en="{name} is not {value}", zh="{name}不是{value}"),
                input=kind,
                against=lambda v, w, _: v != w,
                inline="v != k",
            ),
            Operator(
                type=kind,
                key="one_of",
                label=Words(en="is one of", zh="是其中之一"),
                says=Words(en="{name} is one of {value}", zh="{name}是{value}之一"),
                input=f"{kind}s",
                inline="v in k",
                prepare=frozenset,
            ),
            Operator(
                type=kind,
                key="not_one_of",
                label=Words(en="is none of", zh="不是其中任何一个"),
                says=Words(en="{name} is none of {value}", zh="{name}不是{value}中的任何一个"),
                input=f"{kind}s",
                inline="v not in k",
                prepare=frozenset,
            ),
            Operator(
                type=kind,
                key="within_last",
                label=Words(en="is within the last", zh="在最近…之内"),
                says=Words(en="{name} is within the last {value}", zh="{name}在最近{value}之内"),
                input="relative_days" if kind == "date" else "relative_time",
                against=relative(kind, "within_last"),
                needs_now=True,
            ),
            Operator(
                type=kind,
                key="more_than_ago",
                label=Words(en="is more than … ago", zh="早于…之前"),
                says=Words(en="{name} is more than {value} ago", zh="{name}在{value}以前"),
                input="relative_days" if kind == "date" else "relative_time",
                against=relative(kind, "more_than_ago"),
                needs_now=True,
            ),
            Operator(
                type=kind,
                key="within_next",
                label=Words(en="is within the next", zh="在今后…之内"),
                says=Words(en="{name} is within the next {value}", zh="{name}在今后{value}之内"),
                input="relative_days" if kind == "date" else "relative_time",
                against=relative(kind, "within_next"),
                needs_now=True,
            ),
            Operator(
                type=kind,
                key="more_than_ahead",
                label=Words(en="is more than … ahead", zh="晚于…之后"),
                says=Words(en="{name} is more than {value} ahead", zh="{name}在{value}以后"),
                input="relative_days" if kind == "date" else "relative_time",
                against=relative(kind, "more_than_ahead"),
                needs_now=True,
            ),
        )
    ),
    # Lengths of time ------------------------------------------------------------------------------------
    Operator(
        type="duration",
        key="equal_to",
        label=Words(en="is exactly", zh="等于"),
        says=Words(en="{name} is exactly {value}", zh="{name}等于{value}"),
        input="duration",
        against=lambda v, w, _: v == w,
        inline="v == k",
        prepare=length_of,
    ),
    Operator(
        type="duration",
        key="not_equal_to",
        label=Words(en="is not", zh="不等于"),
        says=Words(en="{name} is not {value}", zh="{name}不等于{value}"),
        input="duration",
        against=lambda v, w, _: v != w,
        inline="v != k",
        prepare=length_of,
    ),
    Operator(
        type="duration",
        key="greater_than",
        label=Words(en="is longer than", zh="长于"),
        says=Words(en="{name} is longer than {value}", zh="{name}长于{value}"),
        input="duration",
        against=lambda v, w, _: v > w,
        inline="v > k",
        prepare=length_of,
    ),
    Operator(
        type="duration",
        key="greater_than_or_equal_to",
        label=Words(en="is at least", zh="不短于"),
        says=Words(en="{name} is at least {value}", zh="{name}不短于{value}"),
        input="duration",
        against=lambda v, w, _: v >= w,
        inline="v >= k",
        prepare=length_of,
    ),
    Operator(
        type="duration",
        key="less_than",
        label=Words(en="is shorter than", zh="短于"),
        says=Words(en="{name} is shorter than {value}", zh="{name}短于{value}"),
        input="duration",
        against=lambda v, w, _: v < w,
        inline="v < k",
        prepare=length_of,
    ),
    Operator(
        type="duration",
        key="less_than_or_equal_to",
        label=Words(en="is at most", zh="不长于"),
        says=Words(en="{name} is at most {value}", zh="{name}不长于{value}"),
        input="duration",
        against=lambda v, w, _: v <= w,
        inline="v <= k",
        prepare=length_of,
    ),
    Operator(
        type="duration",
        key="between",
        label=Words(en="is between (both ends count)", zh="介于（含两端）"),
        says=Words(en="{name} is between {low} and {high}", zh="{name}在{low}到{high}之间"),
        input="duration_range",
        inline="k[0] <= v <= k[1]",
        prepare=lambda ends: tuple(map(length_of, ends)),
    ),
    # Places ----------------------------------------------------------------------------------------------
    Operator(
        type="location",
        key="within_distance",
        label=Words(en="is within a distance of", zh="在距某地一定距离之内"),
        says=Words(en="{name} is {value}", zh="{name}在{value}"),
        input="circle",
        test=is_within,
    ),
    Operator(
        type="location",
        key="beyond_distance",
        label=Words(en="is farther away than", zh="在距某地一定距离之外"),
        says=Words(en="{name} is not {value}", zh="{name}不在{value}"),
        input="circle",
        test=lambda place, circle: not is_within(place, circle),
    ),
    # Changes ---------------------------------------------------------------------------------------------
    *(
        row
        for kind in ("string_change", "numeric_change", "boolean_change", "select_change", "date_change")
        for row in (
            Operator(
                type=kind,
                key="changed",
                label=Words(en="has changed", zh="有变化"),
                says=Words(en="{name} has changed", zh="{name}有变化"),
                input="none",
                test=lambda change, _: change.old != change.new,
            ),
            Operator(
                type=kind,
                key="not_changed",
                label=Words(en="has not changed", zh="没有变化"),
                says=Words(en="{name} has not changed", zh="{name}没有变化"),
                input="none",
                test=lambda change, _: change.old == change.new,
            ),
        )
    ),
    *(
        row
        for kind, one, pair, prepare in (
            ("string_change", "text", "text_pair", str),
            ("numeric_change", "number", "number_pair", _as_it_is),
            ("select_change", "select", "select_pair", fold_choice),
            ("date_change", "date", "date_pair", _as_it_is),
        )
        for row in (
            Operator(
                type=kind,
                key="changed_to",
                label=Words(en="has changed to", zh="变为"),
                says=Words(en="{name} has changed to {value}", zh="{name}变为{value}"),
                input=one,
                test=lambda change, k: change.new == k != change.old,
                prepare=prepare,
            ),
            Operator(
                type=kind,
                key="changed_from",
                label=Words(en="has changed from", zh="不再是"),
                says=Words(en="{name} has changed from {value}", zh="{name}不再是{value}"),
                input=one,
                test=lambda change, k: change.old == k != change.new,
                prepare=prepare,
            ),
            Operator(
                type=kind,
                key="changed_from_to",
                label=Words(en="has changed from … to", zh="从…变为"),
                says=Words(en="{name} has changed from {low} to {high}", zh="{name}从{low}变为{high}"),
                input=pair,
                test=lambda change, k: (change.old, change.new) == k,
                prepare=lambda ends, prepare=prepare: tuple(map(prepare, ends)),
            ),
        )
    ),
    Operator(
        type="boolean_change",
        key="changed_to_yes",
        label=Words(en="has become yes", zh="变为“是”"),
        says=Words(en="{name} has become yes", zh="{name}变为“是”"),
        input="none",
        test=lambda change, _: change.new is True and change.old is not True,
    ),
    Operator(
        type="boolean_change",
        key="changed_to_no",
        label=Words(en="has become no", zh="变为“否”"),
        says=Words(en="{name} has become no", zh="{name}变为“否”"),
        input="none",
        test=lambda change, _: change.new is False and change.old is not False,
    ),
    Operator(
        type="numeric_change",
        key="increased",
        label=Words(en="has gone up", zh="上升"),
        says=Words(en="{name} has gone up", zh="{name}上升"),
        input="none",
        test=lambda change, _: risen_by_more(change.old, change.new, 0),
    ),
    Operator(
        type="numeric_change",
        key="decreased",
        label=Words(en="has gone down", zh="下降"),
        says=Words(en="{name} has gone down", zh="{name}下降"),
        input="none",
        test=lambda change, _: risen_by_more(change.new, change.old, 0),
    ),
    Operator(
        type="numeric_change",
        key="increased_by_more_than",
        label=Words(en="has gone up by more than", zh="上升超过"),
        says=Words(en="{name} has gone up by more than {value}", zh="{name}上升超过{value}"),
        input="amount",
        test=lambda change, k: risen_by_more(change.old, change.new, k),
    ),
    Operator(
        type="numeric_change",
        key="decreased_by_more_than",
        label=Words(en="has gone down by more than", zh="下降超过"),
        says=Words(en="{name} has gone down by more than {value}", zh="{name}下降超过{value}"),
        input="amount",
        test=lambda change, k: risen_by_more(change.new, change.old, k),
    ),
    Operator(
        type="date_change",
        key="moved_later",
        label=Words(en="has moved to a later day", zh="推迟"),
        says=Words(en="{name} has moved to a later day", zh="{name}推迟"),
        input="none",
        test=lambda change, _: None not in (change.old, change.new) and change.old < change.new,
    ),
    Operator(
        type="date_change",
        key="moved_earlier",
        label=Words(en="has moved to an earlier day", zh="提前"),
        says=Words(en="{name} has moved to an earlier day", zh="{name}提前"),
        input="none",
        test=lambda change, _: None not in (change.old, change.new) and change.new < change.old,
    ),
)

# Of a time of day, compared as a number and under the same keys: conditions from before there was a type
# for times keep their meaning. What it is called, and how it is asked for.
_CLOCK_WORDS = {
    "equal_to": (Words(en="is", zh="等于"), Words(en="{name} is {value}", zh="{name}是{value}"), "time"),
    "not_equal_to": (
        Words(en="is not", zh="不等于"),
        Words(en="{name} is not {value}", zh="{name}不是{value}"),
        "time",
    ),
    "less_than": (
        Words(en="is before", zh="早于"),
        Words(en="{name} is before {value}", zh="{name}早于{value}"),
        "time",
    ),
    "less_than_or_equal_to": (
        Words(en="is at or before", zh="不晚于"),
        Words(en="{name} is at or before {value}", zh="{name}不晚于{value}"),
        "time",
    ),
    "greater_than": (
        Words(en="is after", zh="晚于"),
        Words(en="{name} is after {value}", zh="{name}晚于{value}"),
        "time",
    ),
    "greater_than_or_equal_to": (
        Words(en="is at or after", zh="不早于"),
        Words(en="{name} is at or after {value}", zh="{name}不早于{value}"),
        "time",
    ),
    "between": (
        Words(en="is between (both ends count)", zh="介于（含两端）"),
        Words(en="{name} is between {low} and {high}", zh="{name}在{low}到{high}之间"),
        "time_range",
    ),
    "one_of": (
        Words(en="is one of", zh="是其中之一"),
        Words(en="{name} is one of {value}", zh="{name}是{value}之一"),
        "times",
    ),
    "not_one_of": (
        Words(en="is none of", zh="不是其中任何一个"),
        Words(en="{name} is none of {value}", zh="{name}不是{value}中的任何一个"),
        "times",
    ),
}
_BY_NUMBER = {row.key: row for row in _ROWS if row.type == "numeric"}
_ROWS = (
    *_ROWS,
    *(
        replace(_BY_NUMBER[key], type="time", label=label, says=says, input=input)
        for key, (label, says, input) in _CLOCK_WORDS.items()
    ),
)

OPERATORS: dict[tuple[str, str], Operator] = {(row.type, row.key): row for row in _ROWS}


def operators_of(type_key: str) -> list[Operator]:
    return [row for row in _ROWS if row.type == type_key]

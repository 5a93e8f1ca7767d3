"""Unary tests and rows of a table, said in Chinese or English."""

from __future__ import annotations

from ..sentences import fill, is_zh, join
from ..words import Words
from .unary import Comparison, Literal, Name, Operand, Range, Unary
from .values import BOOLEAN, DATE, DATE_TIME, NUMBER, STRING, TIME, kind_of, say

_IS = Words(en="{name} is {value}", zh="{name}是{value}")
_IS_NOT = Words(en="{name} is not {value}", zh="{name}不是{value}")
_EQUALS = Words(en="{name} equals {value}", zh="{name}等于{value}")
_EQUALS_NOT = Words(en="{name} does not equal {value}", zh="{name}不等于{value}")
_YES = Words(en="{name} is yes", zh="{name}为“是”")
_NO = Words(en="{name} is no", zh="{name}为“否”")
_EMPTY = Words(en="{name} has no value", zh="{name}没有值")
_FILLED = Words(en="{name} has a value", zh="{name}有值")
_ONE_OF = Words(en="{name} is one of {value}", zh="{name}是{value}之一")
_NONE_OF = Words(en="{name} is none of {value}", zh="{name}不是{value}中的任何一个")
_BETWEEN = Words(en="{name} is between {low} and {high}", zh="{name}在{low}到{high}之间")
_FROM_TO = Words(en="{low} and {high}", zh="{low}，并且{high}")
_ANYTHING = Words(en="{name} is anything", zh="{name}为任意值")

_AMOUNTS = {
    "<": Words(en="{name} is less than {value}", zh="{name}小于{value}"),
    "<=": Words(en="{name} is at most {value}", zh="{name}小于或等于{value}"),
    ">": Words(en="{name} is more than {value}", zh="{name}大于{value}"),
    ">=": Words(en="{name} is at least {value}", zh="{name}大于或等于{value}"),
}
_MOMENTS = {
    "<": Words(en="{name} is before {value}", zh="{name}早于{value}"),
    "<=": Words(en="{name} is no later than {value}", zh="{name}不晚于{value}"),
    ">": Words(en="{name} is after {value}", zh="{name}晚于{value}"),
    ">=": Words(en="{name} is no earlier than {value}", zh="{name}不早于{value}"),
}
_TEXTS = {
    "<": Words(en="{name} sorts before {value}", zh="{name}排在{value}之前"),
    "<=": Words(en="{name} is {value} or sorts before it", zh="{name}是{value}或排在其之前"),
    ">": Words(en="{name} sorts after {value}", zh="{name}排在{value}之后"),
    ">=": Words(en="{name} is {value} or sorts after it", zh="{name}是{value}或排在其之后"),
}
_ORDERS = {STRING: _TEXTS, DATE: _MOMENTS, TIME: _MOMENTS, DATE_TIME: _MOMENTS}


def unary_sentence(unary: Unary, name: Words, language: str | None) -> str:
    if unary.is_any:
        return fill(_ANYTHING.say(language), {"name": name.say(language)})
    listed = _listed(unary)
    if listed and len(unary.tests) > 1:
        template = _NONE_OF if unary.negated else _ONE_OF
        values = ("、" if is_zh(language) else ", ").join(say_operand(each, language) for each in listed)
        return _fill(template, name, language, value=values)
    if listed and unary.negated:
        return _comparison_sentence(unary, Comparison("!=", listed[0]), name, language)
    spoken = [(_test_sentence(unary, test, name, language), _is_half_open(test)) for test in unary.tests]
    return join("none" if unary.negated else "any", spoken, language)


def _is_half_open(test: Comparison | Range) -> bool:
    """Said in two parts."""
    return isinstance(test, Range) and not (test.low_counts and test.high_counts)


def _listed(unary: Unary) -> list[Operand]:
    """The values of a plain list; nothing when any test of it is more than that."""
    plain = all(isinstance(test, Comparison) and test.sign == "=" for test in unary.tests)
    return [test.operand for test in unary.tests] if plain else []


def _test_sentence(unary: Unary, test: Comparison | Range, name: Words, language: str | None) -> str:
    if isinstance(test, Comparison):
        return _comparison_sentence(unary, test, name, language)
    if test.low_counts and test.high_counts:
        low, high = say_operand(test.low, language), say_operand(test.high, language)
        return _fill(_BETWEEN, name, language, low=low, high=high)
    low = Comparison(">=" if test.low_counts else ">", test.low)
    high = Comparison("<=" if test.high_counts else "<", test.high)
    return _FROM_TO.say(language).format(
        low=_comparison_sentence(unary, low, name, language),
        high=_comparison_sentence(unary, high, name, language),
    )


def _comparison_sentence(unary: Unary, test: Comparison, name: Words, language: str | None) -> str:
    value = test.operand.value if isinstance(test.operand, Literal) else test.operand
    if test.sign not in ("=", "!="):
        template = _ORDERS.get(_kind(value, unary), _AMOUNTS)[test.sign]
    elif value is None:
        template = _EMPTY if test.sign == "=" else _FILLED
    elif isinstance(value, bool):
        template = _YES if value is (test.sign == "=") else _NO
    elif _kind(value, unary) == NUMBER:
        template = _EQUALS if test.sign == "=" else _EQUALS_NOT
    else:
        template = _IS if test.sign == "=" else _IS_NOT
    return _fill(template, name, language, value=say_operand(test.operand, language))


def _kind(value: object, unary: Unary) -> str:
    return unary.type.key if isinstance(value, Name) else kind_of(value) or BOOLEAN


def say_operand(operand: Operand, language: str | None) -> str:
    return operand.name if isinstance(operand, Name) else say(operand.value, language)


def _fill(template: Words, name: Words, language: str | None, **values: str) -> str:
    return fill(template.say(language), {"name": name.say(language), **values})


def output_sentence(name: Words, value: object, language: str | None) -> str:
    if isinstance(value, bool):
        return _fill(_YES if value else _NO, name, language)
    if value is None:
        return _fill(_EMPTY, name, language)
    return _fill(_IS, name, language, value=say(value, language))

"""A condition or an action, said in Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from .facts import Location, is_clock
from .moments import LENGTHS, Span
from .places import Circle
from .tree import Group, Leaf
from .vocabulary import Choosable, NamedLexicon, Variable, Vocabulary
from .words import Words

ALWAYS = Words(en="always", zh="始终")
NOTHING = Words(en="nothing", zh="空")
LONG = 80  # characters of an actual text shown in an explanation


def condition_sentence(tree: Leaf | Group, language: str | None, say_leaf=None) -> str:
    """`say_leaf(leaf, language)` says one comparison; without it, just the comparison."""
    say_leaf = say_leaf or leaf_sentence
    if isinstance(tree, Leaf):
        return say_leaf(tree, language)
    if not tree.children:
        return ALWAYS.say(language)
    return join(
        tree.kind,
        [(condition_sentence(child, language, say_leaf), is_compound(child)) for child in tree.children],
        language,
    )


_AND = Words(en=" and ", zh="，并且")
_OR = Words(en=" or ", zh="，或者")
_NOT = Words(en="not ({inside})", zh="不满足（{inside}）")
_BRACKETS = Words(en="({inside})", zh="（{inside}）")


def join(kind: str, parts: Iterable[tuple[str, bool]], language: str | None) -> str:
    """Parts of a group as one sentence; a compound part gets brackets, unless it stands alone."""
    parts = list(parts)
    alone = len(parts) == 1
    spoken = [
        part if alone or not compound else _BRACKETS.say(language).format(inside=part)
        for part, compound in parts
    ]
    if kind == "none":
        return _NOT.say(language).format(inside=_OR.say(language).join(spoken))
    return (_AND if kind == "all" else _OR).say(language).join(spoken)


def is_compound(tree: Leaf | Group) -> bool:
    """Whether its sentence joins several parts, and so needs brackets inside another."""
    if isinstance(tree, Leaf) or tree.kind == "none" or not tree.children:
        return False
    return len(tree.children) > 1 or is_compound(tree.children[0])


def leaf_sentence(leaf: Leaf, language: str | None) -> str:
    template = leaf.operator.says.say(language)
    values = {"name": leaf.variable.label.say(language)}
    if "{low}" in template:
        low, high = leaf.value
        values |= {
            "low": say_value(low, leaf.variable, language),
            "high": say_value(high, leaf.variable, language),
        }
    elif "{value}" in template:
        values["value"] = say_value(leaf.value, leaf.variable, language)
    return fill(template, values)


_PLACEHOLDER = re.compile(r"(\{\w+\})")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in, with a space where Chinese meets a Latin letter or a digit: 金额大于 1,000."""
    sentence = ""
    for piece in _PLACEHOLDER.split(template):
        piece = values.get(piece[1:-1], piece) if piece.startswith("{") else piece
        gap = " " if sentence and piece and _needs_gap(sentence[-1], piece[0]) else ""
        sentence += gap + piece
    return sentence


def _needs_gap(left: str, right: str) -> bool:
    return (_is_chinese(left) and _is_latin(right)) or (_is_latin(left) and _is_chinese(right))


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _is_latin(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "+-%")


def say_value(value: object, about: Choosable, language: str | None) -> str:
    """A value as people write it: an option by its label, a text in quotes, 1000 as 1,000."""
    if isinstance(value, Variable | NamedLexicon):
        return value.label.say(language)
    if isinstance(value, Span):
        return value.say(language)
    if isinstance(value, timedelta):
        return say_duration(value, language)
    if isinstance(value, Circle):
        return _WITHIN.say(language).format(
            metres=f"{value.metres:,.12g}",
            place=say_value(Location(value.latitude, value.longitude), about, language),
        )
    if isinstance(value, Location):
        return f"{value.latitude:.12g}, {value.longitude:.12g}"
    if isinstance(value, tuple | list):
        entries = [say_value(entry, about, language) for entry in value]
        return ("、" if is_zh(language) else ", ").join(entries) or NOTHING.say(language)
    if option := about.option(value) if about.options else None:
        return option.label.say(language)
    if isinstance(value, bool):
        return Words(en="yes" if value else "no", zh="是" if value else "否").say(language)
    if isinstance(value, str):
        return value if about.type.startswith("select") and value else f"“{value}”"
    if isinstance(value, int | Decimal):
        return say_clock(value) if about.type == "time" and is_clock(value) else say_number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes" if not value.second else "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


_WITHIN = Words(en="within {metres} m of {place}", zh="{place} 周围 {metres} 米之内")


def say_clock(digits: int | Decimal) -> str:
    """1430 is 14:30."""
    return "{:02}:{:02}".format(*divmod(int(digits), 100))


def say_duration(length: timedelta, language: str | None) -> str:
    """In days, hours, minutes and seconds: "1 day 2 hours"."""
    left, parts = abs(length), []
    for unit in ("days", "hours", "minutes"):
        amount, left = divmod(left, LENGTHS[unit])
        if amount:
            parts.append(Span(amount, unit).say(language))
    if left or not parts:
        seconds = Decimal(left // timedelta(microseconds=1)) / 1_000_000
        parts.append(
            Span(seconds.normalize(), "seconds").say(language) if left else Span(0, "seconds").say(language)
        )
    return ("-" if length < timedelta(0) else "") + " ".join(parts)


def say_number(number: int | Decimal) -> str:
    if isinstance(number, int):
        # Python refuses to write out integers of more than 4,300 digits.
        return f"{number:,}" if number.bit_length() < 2_000 else ("-" if number < 0 else "") + "10^1000…"
    return f"{number:,f}" if -40 < number.adjusted() < 40 else str(number)


def is_zh(language: str | None) -> bool:
    return Words(en="", zh="zh").say(language) == "zh"


def action_sentence(action: Mapping, language: str | None, vocabulary: Vocabulary) -> str:
    """What an action {"name", "params"} does. A label may name parameters: "send to {department}"."""
    declared = vocabulary.actions.get(action.get("name"))
    if declared is None:
        return str(action.get("name"))
    given = action.get("params") or {}
    spoken = {
        param.name: say_value(given[param.name], param, language)
        for param in declared.params
        if given.get(param.name) is not None
    }
    label = declared.label.say(language)
    named = {name for name in spoken if "{" + name + "}" in label}
    sentence = fill(label, spoken)
    rest = [
        f"{param.label.say(language)}{'：' if is_zh(language) else ': '}{spoken[param.name]}"
        for param in declared.params
        if param.name in spoken and param.name not in named
    ]
    if not rest:
        return sentence
    if is_zh(language):
        return f"{sentence}（{'，'.join(rest)}）"
    return f"{sentence} ({', '.join(rest)})"

"""What people type into a cell as the standard writes it, and back: `≥ 100`, `100-200`, `gold`, `是`.

Screens and files share this one place. Nothing is guessed: what is S-FEEL already stays as it is, what has
one plain meaning is rewritten, and the rest is left for the compiler to refuse at its cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from ..errors import Refused
from ..sentences import is_zh
from ..words import Words
from .unary import Comparison, Unary, parse_literal, parse_unary
from .values import BOOLEAN, COLUMN_TYPES, DATE, DAYS, NUMBER, ColumnType, parse_duration, say

Labels = Mapping[str, Words]
LONGEST = 4_000  # of a cell; a longer one is only refused, never rewritten

_QUOTES = str.maketrans(dict.fromkeys("“”＂「」", '"'))
_MARKS = str.maketrans(
    {
        **dict(zip("，、；（）［］【】＜＞＝！＋－−–—～〜．％", ",,,()[][]<>=!+----~~.%", strict=True)),
        **dict(zip("０１２３４５６７８９", "0123456789", strict=True)),
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "…": "..",
        "\u3000": " ",
        "\u00a0": " ",
    }
)  # fmt: skip
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')
_YES = {"true", "yes", "y", "是", "对", "√", "✓"}
_NO = {"false", "no", "n", "否", "不是", "×", "✗"}
_NULL = {"null", "空"}
_ANYTHING = {"", "-", "－", "—", "–", "任意", "anything"}
_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?"
_DATE = r'date\("[^"]*"\)'
_LENGTH_WRITTEN = r'duration\("[^"]*"\)'
_UNIT = "seconds?|秒钟?|minutes?|分钟?|hours?|个?小时|days?|天|weeks?|周|星期"
_LENGTH = re.compile(rf"(\d+(?:\.\d+)?)\s*({_UNIT})", re.IGNORECASE)
_LENGTHS = re.compile(rf"(?<![\w.])(?:\d+(?:\.\d+)?\s*(?:{_UNIT})\s*)+(?<!\s)", re.IGNORECASE)
_SECONDS_OF = {
    **dict.fromkeys(("second", "秒", "秒钟"), 1),
    **dict.fromkeys(("minute", "分", "分钟"), 60),
    **dict.fromkeys(("hour", "小时", "个小时"), 3_600),
    **dict.fromkeys(("day", "天"), 86_400),
    **dict.fromkeys(("week", "周", "星期"), 604_800),
}
_WRITTEN_DATE = re.compile(r"(?<![\d-])(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?(?![\d-])")
_DIGITS_AND_COMMAS = str.maketrans("０１２３４５６７８９，", "0123456789,")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_SCALED = re.compile(r"(?<![\w.])([-+]?(?:\d+(?:\.\d+)?|\.\d+))\s*(%|万|亿)(?!\w)|"
                     r"(?<![\w.])([-+]?(?:\d+(?:\.\d+)?|\.\d+))\s*(万|亿)")  # fmt: skip
_SCALES = {"%": Decimal("0.01"), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
_BEFORE = {
    ">=": "大于等于|大于或等于|不少于|不低于|不小于|至少|at least|=>",
    "<=": "小于等于|小于或等于|不多于|不高于|不大于|不超过|至多|最多|at most|up to|=<",
    ">": "大于|超过|高于|多于|more than|over|above",
    "<": "小于|低于|少于|不足|不满|less than|under|below",
    "!=": "不等于|不是|is not|<>",
    "=": "等于|==",
}
# Both include the number itself, as Chinese law counts (Civil Code, article 1259).
_AFTER = {">=": r"及以上|以上|or more|\+", "<=": "及以下|以下|以内|or less"}


def read_test(
    typed: object, type: ColumnType, *, labels: Labels | None = None, names: Iterable[str] = ()
) -> str:
    """An input cell as S-FEEL. What cannot be understood comes back folded, for the compiler to refuse."""
    if not isinstance(typed, str) or len(typed) > LONGEST:
        return typed
    text = typed.strip()
    if text.lower() in _ANYTHING:
        return "-"
    names = frozenset(names)
    if type.key == NUMBER and (readings := readings_of(text, names)):
        return readings[0] if len(readings) == 1 else _commas(text)
    # The choice someone means comes before the name of another fact.
    if choice := _choice(text, labels):
        return quoted(choice)
    if _is_test(text, type, names):
        return text
    if type.is_text:
        return _text_test(text, labels or {}, names)
    rewritten = _REWRITE.get(type.key, _folded)(text)
    return rewritten if _is_test(rewritten, type, names) else _folded(text)


def readings_of(text: str, names: Iterable[str] = ()) -> list[str]:
    """What `1,500` in a cell of numbers can mean, as S-FEEL: the number 1500, or 1 and 500.

    Both where both can be meant, one where the other makes no sense (1,000; 1,500-2,500); none where nothing
    looks like thousands."""
    text = _commas(text)
    if not _THOUSANDS.search(text):
        return []
    number = _number(_without_thousands(text))
    numbers = _number(_THOUSANDS.sub(lambda found: found[0].replace(",", ", "), text))
    # Nobody writes 000 or 050 in a list.
    is_list = not any(
        group.startswith("0") for found in _THOUSANDS.findall(text) for group in found.split(",")[1:]
    )
    meant = [number, *([numbers] if is_list else [])]
    return [reading for reading in meant if _is_test(reading, COLUMN_TYPES[NUMBER], frozenset(names))]


def read_value(typed: object, type: ColumnType, *, labels: Labels | None = None) -> str:
    """An output cell as S-FEEL. An empty one stays empty, which the compiler refuses."""
    if not isinstance(typed, str) or len(typed) > LONGEST:
        return typed
    text = typed.strip()
    if not text:
        return ""
    if choice := _choice(text, labels):
        return quoted(choice)
    if _is_value(text, type):
        return text
    if type.is_text:
        if text.lower() in _NULL:
            return "null"
        folded = text.translate(_QUOTES)
        return folded if _is_value(folded, type) else quoted(text)
    rewritten = _REWRITE.get(type.key, _folded)(_without_thousands(_folded(text)))
    return rewritten if _is_value(rewritten, type) else _folded(text)


def show_test(
    stored: str,
    type: ColumnType,
    *,
    language: str | None,
    labels: Labels | None = None,
    names: Iterable[str] = (),
) -> str:
    """A stored input cell as people like to read and type it; `read_test` makes the same of it again."""
    try:
        friendly = _friendly_test(parse_unary(stored, type), stored, language, labels or {})
    except Refused:
        return stored
    back = read_test(friendly, type, labels=labels, names=names)
    return friendly if friendly and back == stored else stored


def show_value(stored: str, type: ColumnType, *, language: str | None, labels: Labels | None = None) -> str:
    try:
        friendly = _friendly_value(parse_literal(stored, type).value, stored, language, labels or {})
    except Refused:
        return stored
    return friendly if friendly and read_value(friendly, type, labels=labels) == stored else stored


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


# Reading ------------------------------------------------------------------------------------------


def _is_test(text: str, type: ColumnType, names: frozenset[str]) -> bool:
    try:
        return not parse_unary(text, type).names - names
    except Refused:
        return False


def _is_value(text: str, type: ColumnType) -> bool:
    try:
        parse_literal(text, type)
    except Refused:
        return False
    return True


def _choice(text: str, labels: Labels | None) -> str | None:
    """The name of the one choice called so, by name or by label in either language."""
    if not labels:
        return None
    if text in labels:
        return text
    wanted = text.casefold()
    called = [
        name
        for name, label in labels.items()
        if wanted in (name.casefold(), label.en.casefold(), label.zh.casefold())
    ]
    return called[0] if len(called) == 1 else None


def _is_some_label(text: str, labels: Labels) -> bool:
    wanted = text.casefold()
    return any(wanted in (label.en.casefold(), label.zh.casefold()) for label in labels.values())


def _outside_quotes(text: str, change: Callable[[str], str]) -> str:
    parts = _QUOTED.split(text.translate(_QUOTES))
    return "".join(part if place % 2 else change(part) for place, part in enumerate(parts))


def _folded(text: str) -> str:
    """Full-width marks and curly quotes as plain ones; what stands in quotes stays."""
    return _outside_quotes(text, lambda part: part.translate(_MARKS)).strip()


_NOT = re.compile(r"(?:not|非)\s*[(（](.*)[)）]", re.IGNORECASE | re.DOTALL)
_SIGN = re.compile(r"(!=|≠|！=|！＝|!＝|<>|不等于|=|＝)\s*(.+)", re.DOTALL)


def _text_test(text: str, labels: Labels, names: frozenset[str]) -> str:
    if inner := _NOT.fullmatch(text):
        return f"not({_text_list(inner[1], labels, names)})"
    return _text_list(text, labels, names)


def _text_list(text: str, labels: Labels, names: frozenset[str]) -> str:
    parts, current = [], ""
    for place, piece in enumerate(_QUOTED.split(text.translate(_QUOTES))):
        if place % 2:
            current += piece
            continue
        first, *more = re.split("[,，、;；]", piece)
        current += first
        for following in more:
            parts.append(current)
            current = following
    parts.append(current)
    return ", ".join(_text_part(part.strip(), labels, names) for part in parts if part.strip()) or text


def _text_part(part: str, labels: Labels, names: frozenset[str]) -> str:
    if choice := _choice(part, labels):
        return quoted(choice)
    if _QUOTED.fullmatch(part) or part in names or _is_some_label(part, labels):
        return part
    if part.lower() in _NULL:
        return "null"
    if signed := _SIGN.fullmatch(part):
        sign = "=" if signed[1] in "=＝" else "!="
        return f"{sign} {_text_part(signed[2], labels, names)}"
    if part[0] in "<>[](＜＞（［【≤≥" and ('"' in part or part[1:].strip() in names):
        return _folded(part)
    return quoted(part)


def _without_thousands(text: str) -> str:
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)


def _commas(text: str) -> str:
    """With plain digits and commas; “、” and “；” part a list and no thousands, so they stay."""
    return text.translate(_DIGITS_AND_COMMAS)


def _scaled(found: re.Match) -> str:
    number, scale = found[1] or found[3], found[2] or found[4]
    return f"{(Decimal(number) * _SCALES[scale]).normalize():f}"


def _number(text: str) -> str:
    if text.lower() in _NULL:
        return "null"
    text = _SCALED.sub(_scaled, _folded(text))
    if interval := re.fullmatch(rf"([\[(])\s*({_NUMBER})\s*,\s*({_NUMBER})\s*([\])])", text):
        return f"{interval[1]}{interval[2]}..{interval[3]}{interval[4]}"
    return _compared(text, _NUMBER)


def _date(text: str) -> str:
    if text.lower() in _NULL:
        return "null"
    folded = _outside_quotes(
        text,
        lambda part: _WRITTEN_DATE.sub(
            lambda found: f'date("{int(found[1]):04}-{int(found[2]):02}-{int(found[3]):02}")',
            part.translate(_MARKS),
        ),
    ).strip()
    return _compared(folded, _DATE)


def _duration(text: str) -> str:
    if text.lower() in _NULL:
        return "null"
    folded = _outside_quotes(text, lambda part: _LENGTHS.sub(_length, part.translate(_MARKS))).strip()
    return _compared(folded, _LENGTH_WRITTEN)


def _length(found: re.Match) -> str:
    """2 天 3 小时 as duration("P2DT3H"); a fraction of a second stays as it is, and is refused."""
    total = sum(
        (
            Decimal(amount) * _SECONDS_OF[unit.lower().removesuffix("s")]
            for amount, unit in _LENGTH.findall(found[0])
        ),
        Decimal(0),
    )
    if total != total.to_integral_value():
        return found[0]
    return f'duration("{_iso(int(total))}")'


def _iso(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(
        f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if amount
    )
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "" if days else "T0S")


def _compared(text: str, operand: str) -> str:
    """A list of comparisons and ranges in words or signs. Commas in brackets do not part it."""
    if negated := _NOT.fullmatch(text):
        return f"not({_compared(negated[1], operand)})"
    return ", ".join(_comparison(part.strip(), operand) for part in text.split(","))


def _comparison(part: str, operand: str) -> str:
    if found := re.fullmatch(rf"({operand})\s*(?:-|~|至|到|to|\.\.)\s*({operand})(?:之间)?", part):
        return f"[{found[1]}..{found[2]}]"
    if found := re.fullmatch(
        rf"(>=?)\s*({operand})\s*(?:and|&+|且|并且|而且)?\s*(<=?)\s*({operand})", part, re.IGNORECASE
    ):
        low, high = "[" if "=" in found[1] else "(", "]" if "=" in found[3] else ")"
        return f"{low}{found[2]}..{found[4]}{high}"
    for sign, words in _BEFORE.items():
        if found := re.fullmatch(rf"(?:{words})\s*({operand})", part, re.IGNORECASE):
            return f"{sign}{found[1]}"
    for sign, words in _AFTER.items():
        if found := re.fullmatch(rf"({operand})\s*(?:{words})", part, re.IGNORECASE):
            return f"{sign}{found[1]}"
    return part.removeprefix("+")


def _boolean(text: str) -> str:
    folded = _folded(text).lower()
    if folded in _NULL:
        return "null"
    return "true" if folded in _YES else "false" if folded in _NO else folded


_REWRITE = {NUMBER: _number, DATE: _date, BOOLEAN: _boolean, DAYS: _duration}


# Showing ------------------------------------------------------------------------------------------

_STORED_LENGTH = re.compile(r'duration\("([^"]*)"\)')
_STORED_DATE = re.compile(r'date\("(\d{4}-\d\d-\d\d)"\)')


def _friendly_test(unary: Unary, stored: str, language: str | None, labels: Labels) -> str:
    if unary.type.is_text and unary.tests and all(_equals_text(test) for test in unary.tests):
        said = ", ".join(_label(test.operand.value, language, labels) for test in unary.tests)
        return f"not({said})" if unary.negated else said
    if unary.type.key == BOOLEAN and unary.equals and len(unary.tests) == 1:
        return _say_boolean(unary.equals[0].value, language)
    if unary.type.key == DAYS:
        return _STORED_LENGTH.sub(lambda found: _say_length(found, language), stored)
    return _STORED_DATE.sub(r"\1", stored) if unary.type.key == DATE else stored


def _say_length(found: re.Match, language: str | None) -> str:
    try:
        return say(parse_duration(found[1]), language)
    except Refused:
        return found[0]


def _equals_text(test: object) -> bool:
    return (
        isinstance(test, Comparison)
        and test.sign == "="
        and isinstance(getattr(test.operand, "value", None), str)
    )


def _label(name: str, language: str | None, labels: Labels) -> str:
    return labels[name].say(language) if name in labels else name


def _friendly_value(value: object, stored: str, language: str | None, labels: Labels) -> str:
    if isinstance(value, bool):
        return _say_boolean(value, language)
    if isinstance(value, str):
        return _label(value, language, labels)
    return _STORED_DATE.sub(r"\1", stored)


def _say_boolean(value: object, language: str | None) -> str:
    if value is None:
        return ""
    return ("是" if value else "否") if is_zh(language) else ("yes" if value else "no")

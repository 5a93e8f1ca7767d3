"""A formula cut into tokens. Full-width marks count as their plain ones; every place stays the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import Problem
from ..words import Words

LENGTH = 2_000
PROBLEMS = 50
LITERAL_DIGITS = 40

_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord(mark): plain
    for mark, plain in {
        "　": " ",
        "“": '"',
        "”": '"',
        "„": '"',
        "「": '"',
        "」": '"',
        "‘": "'",
        "’": "'",
        "【": "[",
        "】": "]",
        "［": "[",
        "］": "]",
        "、": ",",
        "。": ".",
        "×": "*",
        "÷": "/",
        "∕": "/",
        "−": "-",
        "–": "-",
        "—": "-",
        "﹪": "%",
    }.items()
}
_SAME = {"==": "=", "<>": "≠", "!=": "≠", "<=": "≤", ">=": "≥"}
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
    | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    | \[(?P<label>[^\[\]\n]+)\]
    | "(?P<text>[^"\n]*)"
    | '(?P<quoted>[^'\n]*)'
    | (?P<mark><=|>=|<>|!=|==|[-+*/%(),=<>≤≥≠])
    """,
    re.VERBOSE,
)
WORDS = ("and", "or", "not", "true", "false")


def fold(text: str) -> str:
    """The same length, with plain marks."""
    return text.translate(_FOLDED)


@dataclass(frozen=True)
class Token:
    kind: str  # number, name, label, text, mark, word (one of WORDS), end
    text: str
    start: int
    end: int


def tokens_of(text: str) -> tuple[list[Token], list[Problem]]:
    """All tokens, the last of kind "end", and what could not be read."""
    folded, found, problems, place = fold(text), [], [], 0
    while place < len(text):
        match = _TOKEN.match(folded, place)
        if match is None:
            if len(problems) < PROBLEMS:
                problems.append(_unreadable(text, folded, place))
            place = _end_of_unreadable(folded, place)
            continue
        if match.lastgroup != "space":
            token = _token(match, text)
            if token.kind == "number" and len(token.text) > LITERAL_DIGITS:
                problems.append(_problem(_TOO_LONG.fill(most=LITERAL_DIGITS), token.start, token.end))
            found.append(token)
        place = match.end()
    return [*found, Token(kind="end", text="", start=len(text), end=len(text))], problems


def _token(match: re.Match, text: str) -> Token:
    kind, said = match.lastgroup, match[match.lastgroup]
    start, end = match.span(match.lastgroup)
    if kind == "mark":
        said = _SAME.get(said, said)
    elif kind == "name" and said.lower() in WORDS:
        kind, said = "word", said.lower()
    elif kind in ("text", "quoted"):
        # What stands between quotes is meant as it is.
        kind, said = "text", text[start:end]
    return Token(kind=kind, text=said, start=match.start(), end=match.end())


_TOO_LONG = Words(en="This number has too many digits: at most {most}.", zh="数字位数过多，最多 {most} 位。")
NO_POWER = Words(
    en="There are no powers here. Multiply instead: a * a.", zh="公式不支持乘方，请改用乘法：a * a。"
)
_NOT_CLOSED = Words(en="This quotation mark is not closed.", zh="引号没有配对。")
_BRACKET = Words(
    en="This square bracket is not closed. A variable is written as [name].",
    zh="方括号没有配对。变量写作 [名称]。",
)
_STRANGE = Words(en="“{mark}” does not belong in a formula.", zh="公式中不能有“{mark}”。")


def _unreadable(text: str, folded: str, place: int) -> Problem:
    mark = folded[place]
    if mark in "\"'":
        return _problem(_NOT_CLOSED, place, _end_of_unreadable(folded, place))
    if mark in "[]":
        return _problem(_BRACKET, place, _end_of_unreadable(folded, place))
    if mark == "^":
        return _problem(NO_POWER, place, place + 1)
    shown = text[place] if text[place].isprintable() else f"U+{ord(text[place]):04X}"
    return _problem(_STRANGE.fill(mark=shown), place, place + 1)


def _end_of_unreadable(folded: str, place: int) -> int:
    if folded[place] not in "\"'[":
        return place + 1
    line_end = folded.find("\n", place)
    return line_end if line_end > place else len(folded)


def _problem(sentence: Words, start: int, end: int) -> Problem:
    return Problem(path="", sentence=sentence, start=start, end=end)

"""S-FEEL unary tests: what stands in a cell of a table, such as `<10`, `"A","B"`, `]0..5]` or `not(null)`.

A text is cut into tokens by one expression that never goes back, and parsed without recursion: tests do not
nest.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property

from ..errors import Problem, Refused, RuleErrors
from ..facts import UNREADABLE, Change
from ..values import LIST_LENGTH, is_encodable, read_number_value, sound_text
from ..words import Words
from .values import (
    BOOLEAN,
    ColumnType,
    column_type,
    in_utc,
    key_of,
    kind_of,
    ordered,
    parse_at,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
    same,
)

# The tree ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Literal:
    value: object  # as it is written: what an output gives, what a sentence says
    compared: object  # what a test compares with: an instant is in UTC


@dataclass(frozen=True)
class Name:
    """Another fact: `< limit`."""

    name: str


Operand = Literal | Name
# What a name stands for, already read as the type of the column.
Names = Callable[[str], object]

_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def compare(left: object, sign: str, right: object) -> bool | None:
    """None where FEEL has no answer."""
    if sign in _ORDERS:
        return _ORDERS[sign](left, right) if ordered(left, right) else None
    equal = same(left, right)
    return equal if sign == "=" or equal is None else not equal


def both(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


@dataclass(frozen=True)
class Comparison:
    sign: str  # = != < <= > >=
    operand: Operand

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.operand,)

    def outcome(self, value: object, names: Names) -> bool | None:
        return compare(value, self.sign, _value(self.operand, names))


@dataclass(frozen=True)
class Range:
    low: Operand
    high: Operand
    low_counts: bool
    high_counts: bool

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.low, self.high)

    def outcome(self, value: object, names: Names) -> bool | None:
        above = compare(value, ">=" if self.low_counts else ">", _value(self.low, names))
        below = compare(value, "<=" if self.high_counts else "<", _value(self.high, names))
        return both(above, below)


def _value(operand: Operand, names: Names) -> object:
    return operand.compared if isinstance(operand, Literal) else names(operand.name)


@dataclass(frozen=True, eq=False)
class Unary:
    """Compiled unary tests; immutable. `tests` is empty for `-`, which always holds."""

    type: ColumnType
    tests: tuple[Comparison | Range, ...]
    negated: bool = False

    def __deepcopy__(self, memo) -> Unary:
        return self

    @property
    def is_any(self) -> bool:
        return not self.tests

    @cached_property
    def names(self) -> frozenset[str]:
        """The other facts it asks for."""
        operands = (operand for test in self.tests for operand in test.operands)
        return frozenset(operand.name for operand in operands if isinstance(operand, Name))

    @cached_property
    def equals(self) -> tuple[Literal, ...] | None:
        """The literals, when it is nothing but a list of them: `"A","B"`."""
        if self.negated or not self.tests:
            return None
        if all(_is_equal_literal(test) for test in self.tests):
            return tuple(test.operand for test in self.tests)
        return None

    @cached_property
    def keys(self) -> frozenset | None:
        """What it is equal to, for an index; None when it must be asked."""
        if self.equals is None or any(literal.compared is None for literal in self.equals):
            return None
        return frozenset(key_of(literal.compared) for literal in self.equals)

    def holds(self, value: object, facts: Mapping[str, object] | None = None) -> bool | None:
        """True, False, or None where the standard has no answer (null): an order with a missing value, say.

        value   a fact as given; None is null, and so is a value that is not of the type
        facts   the values of names, where a test has any
        """
        read = self.type.read(value) if value is not None else None
        return self.outcome(None if read is UNREADABLE else read, names_in(facts or {}, self.type))

    def outcome(self, value: object, names: Names) -> bool | None:
        """Of a value that has been read."""
        if self.is_any:
            return True
        held = self._any_outcome(value, names)
        return held if not self.negated or held is None else not held

    def _any_outcome(self, value: object, names: Names) -> bool | None:
        unknown = False
        for test in self.tests:
            held = test.outcome(value, names)
            if held:
                return True
            unknown = unknown or held is None
        return None if unknown else False

    def sentence(
        self, name: object, language: str | None, *, spoken: Callable[[object], object] | None = None
    ) -> str:
        """It in words, about something called `name`; `spoken` says what its values are called."""
        from .sentences import unary_sentence

        unary = self
        if spoken:
            unary = replace(self, tests=tuple(_spoken_test(test, spoken) for test in self.tests))
        return unary_sentence(unary, Words.of(name), language)


def _spoken_test(test: Comparison | Range, spoken: Callable[[object], object]) -> Comparison | Range:
    """Only equal texts are choices with a label; an order is between the texts themselves."""
    if not isinstance(test, Comparison) or not isinstance(test.operand, Literal):
        return test
    return replace(test, operand=Literal(value=spoken(test.operand.value), compared=test.operand.compared))


def _is_equal_literal(test: Comparison | Range) -> bool:
    return isinstance(test, Comparison) and test.sign == "=" and isinstance(test.operand, Literal)


def names_in(facts: Mapping[str, object], type: ColumnType) -> Names:
    def read(name: str) -> object:
        raw = fact(facts, name)
        value = type.read(raw) if raw is not None else None
        return None if value is UNREADABLE else value

    return read


def fact(facts: Mapping[str, object], name: str) -> object:
    """The fact of that name, or None; `order.total` may also be the entry `total` of a mapping `order`."""
    found = _entry(facts, name)
    if found is not None or "." not in name:
        return found
    inside: object = facts
    for part in name.split("."):
        inside = _entry(inside, part)
    return inside


def _entry(facts: object, name: str) -> object:
    if isinstance(facts, Change):
        return {"old": facts.old, "new": facts.new}.get(name)
    try:
        return facts[name] if isinstance(facts, Mapping) else None
    except KeyError:
        return None


# Compiling ---------------------------------------------------------------------------------------------


def compile_unary(text: object, type: object) -> Unary:
    """Check and parse unary tests.

    type    string, select, number, boolean, date, time, "date and time", "days and time duration",
            "years and months duration", duration (either kind), any; or one of values.ALIASES
    raises  RuleErrors
    """
    column = column_type(type)
    if column is None:
        raise RuleErrors([Problem(path="type", sentence=NO_SUCH_TYPE)])
    try:
        return parse_unary(text, column)
    except Refused as refused:
        raise RuleErrors(refused.problems_at(())) from None


NO_SUCH_TYPE = Words(en="Choose a type that exists.", zh="请选择存在的类型。")


def parse_unary(text: object, type: ColumnType) -> Unary:
    """Raises Refused."""
    if not isinstance(text, str):
        raise Refused(Words(en="A test is written as text.", zh="测试应以文本书写。"))
    return _Parser(text, type).parse_unary()


def parse_literal(text: str, type: ColumnType) -> Literal:
    """One value, as an output has it. Raises Refused."""
    return _Parser(text, type).parse_output()


def literal(value: object, type: ColumnType) -> Literal:
    compared = in_utc(value) if isinstance(value, datetime) else value
    if type.is_choice and compared is not None:
        compared = type.read(compared)
    return Literal(value=value, compared=compared)


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*")
    | (?P<word>[^\W\d]\w*)
    | (?P<mark>\.\.|<=|>=|!=|[-<>=(),\[\]@.])
    """,
    re.VERBOSE,
)
# What input methods and spreadsheets put in place of the marks that are meant.
_LOOKALIKES = {
    **dict.fromkeys("“”‘’＂'", '"'),
    **dict(zip("，、（）－【】＜＞＝．０１２３４５６７８９", ",,()-[]<>=.0123456789", strict=True)),
    **{"≤": "<=", "≥": ">=", "≠": "!=", "…": ".."},
}
# Words of FEEL that people try in a cell; taken for part of a name they would pass unnoticed.
_CONNECTIVES = ("and", "or", "not", "between")
_KEYWORDS = {"null": None, "true": True, "false": False}
_FUNCTIONS = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "duration": parse_duration,
}


def scan(text: str) -> list[tuple[str, str]]:
    """[(kind, text)] without spaces. Raises Refused."""
    sound_text(text)
    tokens = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _unknown_character(text, place)
        if match.lastgroup != "space":
            tokens.append((match.lastgroup, match.group()))
        place = match.end()
    return tokens


def _unknown_character(text: str, place: int) -> Refused:
    character = text[place]
    if character == '"':
        return Refused(
            Words(
                en="A text that begins with a quote must end with one, on the same line.",
                zh="以引号开头的文本必须在同一行以引号结尾。",
            )
        )
    if character in _LOOKALIKES:
        return Refused(
            Words(en="Write {ascii} instead of {character}.", zh="请用 {ascii} 代替 {character}。").fill(
                ascii=_LOOKALIKES[character], character=character
            )
        )
    return Refused(
        Words(en="“{rest}” cannot be read here.", zh="无法识别“{rest}”。").fill(rest=_cut(text[place:]))
    )


def _cut(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "…"


class _Parser:
    def __init__(self, text: str, type: ColumnType):
        self.type = type
        self.tokens = scan(text)
        self.place = 0

    # Moving along -------------------------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self.place += 1
        return token

    def _take(self, mark: str) -> bool:
        """Whether that mark comes next; if so it is passed."""
        if self._peek() != ("mark", mark):
            return False
        self.place += 1
        return True

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise Refused(
                Words(en="“{mark}” is missing here: {found}.", zh="此处缺少“{mark}”：{found}。").fill(
                    mark=mark, found=self._found()
                )
            )

    def _found(self) -> Words:
        kind, text = self._peek()
        if kind == "end":
            return Words(en="the text ends", zh="文本已结束")
        return Words(en="“{text}” follows", zh="后面是“{text}”").fill(text=_cut(text))

    def _expect_end(self) -> None:
        if self._peek()[0] != "end":
            raise Refused(
                Words(en="“{text}” does not belong here.", zh="此处不应有“{text}”。").fill(
                    text=_cut(self._peek()[1])
                )
            )

    # Tests --------------------------------------------------------------------------------------------------

    def parse_unary(self) -> Unary:
        if not self.tokens:
            raise Refused(
                Words(en="Enter a test; “-” stands for anything.", zh="请填写测试；“-”表示任意值。")
            )
        if self.tokens == [("mark", "-")]:
            return Unary(type=self.type, tests=())
        negated = self._peek() == ("word", "not") and self._peek(1) == ("mark", "(")
        if negated:
            self.place = 2
        tests = self._parse_list()
        if negated:
            self._expect(")")
        self._expect_end()
        return Unary(type=self.type, tests=tests, negated=negated)

    def _parse_list(self) -> tuple[Comparison | Range, ...]:
        tests = [self._parse_test()]
        while self._take(","):
            if len(tests) == LIST_LENGTH:
                raise Refused(
                    Words(
                        en="This list is too long: at most {most} are allowed.",
                        zh="列表过长：最多 {most} 项。",
                    ).fill(most=f"{LIST_LENGTH:,}")
                )
            tests.append(self._parse_test())
        return tuple(tests)

    def _parse_test(self) -> Comparison | Range:
        kind, text = self._peek()
        if kind == "mark" and text in ("(", "[", "]"):
            return self._parse_range()
        if kind == "mark" and text in ("=", "!=", "<", "<=", ">", ">="):
            self.place += 1
            operand = self._parse_operand()
            if text in _ORDERS:
                self._check_order(operand)
            return Comparison(sign=text, operand=operand)
        return Comparison(sign="=", operand=self._parse_operand())

    def _check_order(self, operand: Operand) -> None:
        if self.type.is_choice:
            raise Refused(Words(en="Choices are in no order.", zh="选项之间没有大小之分。"))
        _check_order(operand)

    def _parse_range(self) -> Range:
        _, opening = self._next()
        low = self._parse_operand()
        self._expect("..")
        high = self._parse_operand()
        kind, closing = self._next()
        if kind != "mark" or closing not in (")", "]", "["):
            self.place -= 1
            raise Refused(
                Words(en="A range ends with “]” or “)”: {found}.", zh="区间应以“]”或“)”结尾：{found}。").fill(
                    found=self._found()
                )
            )
        self._check_order(low)
        self._check_order(high)
        _check_ends(low, high)
        return Range(low=low, high=high, low_counts=opening == "[", high_counts=closing == "]")

    # Values -------------------------------------------------------------------------------------------------

    def parse_output(self) -> Literal:
        if not self.tokens:
            raise Refused(Words(en="Enter a value; null for none.", zh="请填写值；没有值时写 null。"))
        operand = self._parse_operand()
        self._expect_end()
        if isinstance(operand, Name):
            raise Refused(self.type.expects)
        return operand

    def _parse_operand(self) -> Operand:
        kind, text = self._next()
        if kind == "number":
            return self._typed(_number(text))
        if kind == "mark" and text == "-" and self._peek()[0] == "number":
            return self._typed(_number("-" + self._next()[1]))
        if kind == "string":
            return self._typed(unescape(text))
        if kind == "mark" and text == "@" and self._peek()[0] == "string":
            return self._typed(parse_at(unescape(self._next()[1])))
        if kind == "word":
            return self._parse_words(text)
        self.place -= 1
        raise Refused(
            Words(en="A value is missing here: {found}.", zh="此处缺少值：{found}。").fill(
                found=self._found()
            )
        )

    def _parse_words(self, first: str) -> Operand:
        name = first
        while True:
            if self._peek()[0] == "word":
                name += " " + self._next()[1]
            elif self._peek() == ("mark", ".") and self._peek(1)[0] == "word":
                self.place += 1
                name += "." + self._next()[1]
            else:
                break
        if self._peek() == ("mark", "("):
            return self._parse_function(name)
        if name in _KEYWORDS:
            return self._typed(_KEYWORDS[name])
        for word in name.replace(".", " ").split():
            if word in _CONNECTIVES:
                raise Refused(
                    Words(
                        en="“{word}” is no part of a test; commas part tests of which any may hold.",
                        zh="测试中不能使用“{word}”；多个测试用逗号分隔，满足任一即可。",
                    ).fill(word=word)
                )
        return Name(name)

    def _parse_function(self, name: str) -> Literal:
        if name == "not":
            raise Refused(Words(en="not(...) must enclose the whole test.", zh="not(...) 必须包含整个测试。"))
        parse = _FUNCTIONS.get(name)
        if parse is None:
            raise Refused(
                Words(
                    en="“{name}” is unknown; there are date, time, date and time, and duration.",
                    zh="没有“{name}”；可用的有 date、time、date and time 和 duration。",
                ).fill(name=_cut(name))
            )
        self._expect("(")
        kind, text = self._next()
        if kind != "string":
            self.place -= 1
            raise Refused(
                Words(
                    en="{name}(...) takes one text in quotes: {found}.",
                    zh="{name}(...) 中应为一个带引号的文本：{found}。",
                ).fill(name=name, found=self._found())
            )
        value = parse(unescape(text))
        self._expect(")")
        return self._typed(value)

    def _typed(self, value: object) -> Literal:
        if value is not None and kind_of(value) not in self.type.kinds:
            raise Refused(self.type.expects)
        read = literal(value, self.type)
        if read.compared is UNREADABLE:
            raise Refused(self.type.expects)
        return read


def _check_order(operand: Operand) -> None:
    if isinstance(operand, Literal) and (operand.value is None or kind_of(operand.value) == BOOLEAN):
        raise Refused(
            Words(
                en="null, true and false are neither more nor less than anything.",
                zh="null、true 和 false 不能比较大小。",
            )
        )


def _check_ends(low: Operand, high: Operand) -> None:
    if not isinstance(low, Literal) or not isinstance(high, Literal):
        return
    if not ordered(low.compared, high.compared):
        raise Refused(Words(en="The two ends of a range must be of one kind.", zh="区间两端必须是同一类型。"))
    if high.compared < low.compared:
        raise Refused(Words(en="The lower end of a range comes first.", zh="区间应先写较小的一端。"))


def _number(text: str) -> int | Decimal:
    try:
        return read_number_value(Decimal(text), None)
    except InvalidOperation:
        return read_number_value(Decimal("1e401"), None)


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|([ntr\"'\\]))|\\")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


def unescape(quoted: str) -> str:
    text = _ESCAPE.sub(_unescape, quoted[1:-1])
    if not is_encodable(text):  # 😀 may be written as its two halves
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _paired(text) else text
    return sound_text(text)


def _paired(text: str) -> bool:
    try:
        text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return False
    return True


def _unescape(match: re.Match) -> str:
    short, long, letter = match.groups()
    if letter:
        return _ESCAPES[letter]
    if (code := int(short or long or "110000", 16)) > 0x10FFFF:
        raise Refused(
            Words(
                en="After a backslash comes n, t, r, a quote, a backslash, u and 4 or U and 6 hex digits.",
                zh="反斜杠后应为 n、t、r、引号、反斜杠，或 u 加 4 位、U 加 6 位十六进制数字。",
            )
        )
    return chr(code)

"""A checked formula as a tree: each node knows its type and unit, its value on facts, and how it is said.

`value` raises NoValue where there is none; `phrase` says the node with its operands said by `say`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce

from ..facts import TYPES, UNREADABLE, order_of
from ..sentences import fill, is_zh, say_number, say_value
from ..vocabulary import Variable
from ..words import Words
from . import numbers
from .units import UNKNOWN, say_quantity

LINES = 10_000
# Steps one evaluation may take: each part of a sum counts once per line.
STEPS = 40_000

# How tight a node binds; one that binds looser than its place wants gets brackets.
PHRASE, OR, AND, NOT, COMPARE, SUM, PRODUCT, ATOM = range(8)

Say = Callable[["Node", int], str]


class NoValue(Exception):
    """There is no value. `reason` says why; `names` are the facts that are missing."""

    def __init__(self, reason: Words, *, names: tuple[str, ...] = ()):
        self.reason = reason
        self.names = names
        super().__init__(reason)


class Run:
    """One evaluation: the facts, the line that is looked at, and the steps that are left.

    known  what sums over lines gave before, for many runs on the same facts
    """

    __slots__ = ("facts", "known", "left", "line")

    def __init__(
        self,
        facts: Mapping[str, object],
        *,
        line: Mapping | None = None,
        left: int = STEPS,
        known: dict | None = None,
    ):
        self.facts = facts
        self.line = line
        self.left = left
        self.known = known

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise NoValue(TOO_MUCH)


MISSING = Words(en="{name} has no value", zh="{name}没有值")
WRONG = Words(en="{name} is {wrong}", zh="{name}{wrong}")
ON_LINE = Words(en="line {number}: {reason}", zh="第 {number} 行：{reason}")
BY_ZERO = Words(en="division by zero: {divisor} is 0", zh="除数为零：{divisor}为 0")
TOO_MANY_DIGITS = Words(
    en="a number on the way has more than {most} digits", zh="计算中出现超过 {most} 位的数字"
).fill(most=numbers.DIGITS)
TOO_MUCH = Words(en="there is too much to reckon at once", zh="计算量过大")
TOO_MANY_LINES = Words(en="{lines}: more than {most} lines", zh="{lines}超过 {most} 行").fill(
    lines="{lines}", most=f"{LINES:,}"
)
NO_LINES = Words(en="{lines}: there are none", zh="{lines}：一行也没有")
NOT_LINES = Words(en="{lines} cannot be read as lines", zh="{lines}无法读取为明细")


@dataclass(frozen=True, eq=False, kw_only=True)
class Node:
    """`type` is number, boolean, text, choice, choices, date or datetime; "" after a problem."""

    type: str = ""
    unit: str = UNKNOWN
    start: int = 0
    end: int = 0
    level: int = ATOM

    @property
    def operands(self) -> Sequence[Node]:
        return ()

    @property
    def size(self) -> int:
        return 1 + sum(part.size for part in self.operands)

    def value(self, run: Run) -> object:
        raise NotImplementedError

    def asked(self, run: Run) -> Sequence[Node]:
        """The operands that the value depends on, on these facts."""
        return self.operands

    def phrase(self, language: str | None, say: Say) -> str:
        raise NotImplementedError

    def step(self, language: str | None, run: Run, say: Say) -> str:
        """One line of the working, without its outcome."""
        return self.phrase(language, say)

    def sentence(self, language: str | None) -> str:
        def say(node: Node, level: int) -> str:
            return bracketed(node.phrase(language, say), node.level < level, language)

        return self.phrase(language, say)

    @property
    def words(self) -> Words:
        return Words(en=self.sentence("en"), zh=self.sentence("zh"))

    def say_value(self, value: object, language: str | None) -> str:
        if self.type == "number":
            return say_quantity(value, self.unit, language)
        return say_plain(value, language)


def bracketed(text: str, needed: bool, language: str | None) -> str:
    if not needed:
        return text
    return f"（{text}）" if is_zh(language) else f"({text})"


def say_plain(value: object, language: str | None) -> str:
    if isinstance(value, bool):
        return Words(en="yes" if value else "no", zh="是" if value else "否").say(language)
    if isinstance(value, str):
        return f"“{value[:40]}{'…' if len(value) > 40 else ''}”"
    if isinstance(value, Decimal):
        return say_number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, frozenset):
        return ("、" if is_zh(language) else ", ").join(
            order_of(entry)[1] for entry in sorted(value, key=order_of)[:10]
        )
    return str(value)


@dataclass(frozen=True, eq=False, kw_only=True)
class Literal(Node):
    """A number, a text, true or false, a date, or an option's name (then `shown` is its label)."""

    constant: object
    in_percent: bool = False
    shown: Words | None = None

    def value(self, run):
        return self.constant

    def phrase(self, language, say):
        if self.shown is not None:
            return self.shown.say(language)
        if self.in_percent:
            return say_quantity(self.constant, "percent", language)
        return say_plain(self.constant, language)


class UnknownNode(Node):
    """What a problem was found in; compiling goes on to find others."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Fact(Node):
    variable: Variable
    of_line: bool = False

    def value(self, run):
        source = run.line if self.of_line else run.facts
        try:
            raw = source[self.variable.name]
        except KeyError:
            raw = None
        if raw is None:
            raise NoValue(MISSING.fill(name=self.variable.label), names=(self.variable.name,))
        fact_type = TYPES[self.variable.type]
        value = fact_type.read(raw)
        if value is UNREADABLE:
            raise NoValue(WRONG.fill(name=self.variable.label, wrong=fact_type.wrong))
        return self._as_number(value) if self.type == "number" else value

    def _as_number(self, value: int | Decimal) -> Decimal:
        try:
            number = numbers.as_number(value)
        except numbers.TooManyDigits:
            raise NoValue(TOO_MANY_DIGITS) from None
        # 15 percent are a share of 0.15.
        return number.scaleb(-2) if self.unit == "percent" else number

    def phrase(self, language, say):
        return self.variable.label.say(language)

    def say_value(self, value, language):
        if self.type in ("choice", "choices"):
            return say_value(sorted(value, key=order_of)[:10], self.variable, language)
        return super().say_value(value, language)


@dataclass(frozen=True, eq=False, kw_only=True)
class Negate(Node):
    part: Node
    level: int = PRODUCT

    @property
    def operands(self):
        return (self.part,)

    def value(self, run):
        return numbers.negative(self.part.value(run))

    def phrase(self, language, say):
        return f"−{say(self.part, ATOM)}"


_SIGNS = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ "}


@dataclass(frozen=True, eq=False, kw_only=True)
class Chain(Node):
    """a + b − c, or a × b ÷ c: from left to right."""

    parts: tuple[Node, ...]
    marks: tuple[str, ...]

    @property
    def operands(self):
        return self.parts

    def value(self, run):
        total = self.parts[0].value(run)
        for mark, part in zip(self.marks[1:], self.parts[1:], strict=True):
            number = part.value(run)
            try:
                total = ARITHMETIC[mark](total, number)
            except ZeroDivisionError:
                raise NoValue(BY_ZERO.fill(divisor=part.words)) from None
            except numbers.TooManyDigits:
                raise NoValue(TOO_MANY_DIGITS) from None
            if total.__class__ is not Decimal:
                run.spend(numbers.cost(total))
        return total

    def phrase(self, language, say):
        # What follows a minus or a division sign keeps its own brackets: a − (b − c).
        first = say(self.parts[0], self.level)
        rest = [
            _SIGNS[mark] + say(part, self.level + 1)
            for mark, part in zip(self.marks[1:], self.parts[1:], strict=True)
        ]
        return first + "".join(rest)


ARITHMETIC = {
    "+": numbers.add,
    "-": numbers.subtract,
    "*": numbers.multiply,
    "/": numbers.divide,
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Compare(Node):
    left: Node
    mark: str
    right: Node
    type: str = "boolean"
    level: int = COMPARE

    @property
    def operands(self):
        return (self.left, self.right)

    def value(self, run):
        return COMPARING[self.mark](self.left.value(run), self.right.value(run))

    def phrase(self, language, say):
        return f"{say(self.left, SUM)} {self.mark} {say(self.right, SUM)}"


COMPARING = {
    "=": operator.eq,
    "≠": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "≤": operator.le,
    "≥": operator.ge,
}


@dataclass(frozen=True, eq=False, kw_only=True)
class IsOption(Node):
    """Whether a choice is (or, of several, holds) an option. `wanted` is folded as facts are."""

    fact: Fact
    wanted: object
    option: Literal
    negated: bool = False
    type: str = "boolean"
    level: int = COMPARE

    @property
    def operands(self):
        return (self.fact, self.option)

    def value(self, run):
        return (self.wanted in self.fact.value(run)) is not self.negated

    def phrase(self, language, say):
        if self.fact.type == "choices":
            template = Words(en="{fact} includes {option}", zh="{fact}包含{option}")
            return fill(
                template.say(language), {"fact": say(self.fact, SUM), "option": say(self.option, SUM)}
            )
        return f"{say(self.fact, SUM)} {'≠' if self.negated else '='} {say(self.option, SUM)}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Both(Node):
    """`and`, `or`: asked from left to right, no further than needed."""

    parts: tuple[Node, ...]
    settles: bool  # what ends it: False of `and`, True of `or`
    type: str = "boolean"

    @property
    def operands(self):
        return self.parts

    def value(self, run):
        return next(
            (self.settles for part in self.parts if part.value(run) is self.settles), not self.settles
        )

    def asked(self, run):
        asked = []
        for part in self.parts:
            asked.append(part)
            if part.value(run) is self.settles:
                break
        return asked

    def phrase(self, language, say):
        word = Words(en=" or ", zh=" 或 ") if self.settles else Words(en=" and ", zh=" 且 ")
        return word.say(language).join(say(part, self.level + 1) for part in self.parts)

    def step(self, language, run, say):
        return self.sentence(language)


@dataclass(frozen=True, eq=False, kw_only=True)
class Not(Node):
    part: Node
    type: str = "boolean"
    level: int = NOT

    @property
    def operands(self):
        return (self.part,)

    def value(self, run):
        return not self.part.value(run)

    def phrase(self, language, say):
        return f"{Words(en='not ', zh='非').say(language)}{say(self.part, ATOM)}"

    def step(self, language, run, say):
        return self.sentence(language)


@dataclass(frozen=True, eq=False, kw_only=True)
class Apply(Node):
    """A function of values: `compute(*values)`. `says` has {a}, {b} for its parts, or {all} for a list."""

    name: str
    parts: tuple[Node, ...]
    compute: Callable
    says: Words
    # How the first part must bind, for phrases that begin with it.
    inside: int = OR
    level: int = PHRASE

    @property
    def operands(self):
        return self.parts

    def value(self, run):
        try:
            return self.compute(*[part.value(run) for part in self.parts])
        except numbers.TooManyDigits:
            raise NoValue(TOO_MANY_DIGITS) from None

    def phrase(self, language, say):
        said = [say(part, self.inside) for part in self.parts]
        mark = Words(en=", ", zh="、").say(language)
        return fill(self.says.say(language), dict(zip("abc", said, strict=False)) | {"all": mark.join(said)})


@dataclass(frozen=True, eq=False, kw_only=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node
    level: int = PHRASE

    @property
    def operands(self):
        return (self.condition, self.then, self.otherwise)

    def taken(self, run) -> Node:
        return self.then if self.condition.value(run) else self.otherwise

    def value(self, run):
        return self.taken(run).value(run)

    def asked(self, run):
        return (self.condition, self.taken(run))

    def phrase(self, language, say):
        template = Words(
            en="{then} if {condition}, otherwise {otherwise}",
            zh="如果{condition}，则为{then}，否则为{otherwise}",
        )
        return fill(
            template.say(language),
            {
                "condition": say(self.condition, OR),
                "then": say(self.then, OR),
                "otherwise": say(self.otherwise, OR),
            },
        )

    def step(self, language, run, say):
        holds = self.condition.value(run)
        template = Words(
            en="{condition} holds, so {taken}" if holds else "{condition} does not hold, so {taken}",
            zh="{condition}成立，取{taken}" if holds else "{condition}不成立，取{taken}",
        )
        taken = self.taken(run)
        return fill(
            template.say(language),
            {"condition": self.condition.sentence(language), "taken": taken.sentence(language)},
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class OrElse(Node):
    part: Node
    otherwise: Node
    level: int = PHRASE

    @property
    def operands(self):
        return (self.part, self.otherwise)

    def value(self, run):
        try:
            return self.part.value(run)
        except NoValue:
            return self.otherwise.value(run)

    def asked(self, run):
        try:
            self.part.value(run)
        except NoValue:
            return (self.otherwise,)
        return (self.part,)

    def phrase(self, language, say):
        template = Words(en="{part}, or without a value {otherwise}", zh="{part}，没有值时为{otherwise}")
        return fill(
            template.say(language),
            {"part": say(self.part, COMPARE), "otherwise": say(self.otherwise, COMPARE)},
        )

    def step(self, language, run, say):
        if self.asked(run) == (self.part,):
            return say(self.part, PHRASE)
        template = Words(en="{part} has no value, so {otherwise}", zh="{part}没有值，取{otherwise}")
        return fill(
            template.say(language),
            {"part": self.part.sentence(language), "otherwise": say(self.otherwise, PHRASE)},
        )


@dataclass(frozen=True)
class Lines:
    """A list of rows that formulas may reckon over: facts[name] is a list of mappings.

    `vocabulary` is what may be asked of one row.
    """

    name: str
    label: Words
    vocabulary: object


@dataclass(frozen=True, eq=False, kw_only=True)
class OverLines(Node):
    """sum, count, min, max over lines. `body` is worked out once per line; without one, lines count."""

    name: str
    lines: Lines
    body: Node | None
    says: Words
    level: int = PHRASE

    @property
    def operands(self):
        return (self.body,) if self.body else ()

    def asked(self, run):
        return ()

    def rows(self, run) -> Sequence:
        try:
            rows = run.facts[self.lines.name]
        except KeyError:
            rows = None
        if rows is None:
            raise NoValue(MISSING.fill(name=self.lines.label), names=(self.lines.name,))
        if not isinstance(rows, list | tuple):
            raise NoValue(NOT_LINES.fill(lines=self.lines.label))
        if len(rows) > LINES:
            raise NoValue(TOO_MANY_LINES.fill(lines=self.lines.label))
        if not all(isinstance(row, Mapping) for row in rows):
            raise NoValue(NOT_LINES.fill(lines=self.lines.label))
        return rows

    def values(self, run) -> list:
        rows = self.rows(run)
        if self.body is None:
            return [True] * len(rows)
        run.spend(len(rows) * self.body.size)
        inner = Run(run.facts, left=run.left)
        values = []
        for number, row in enumerate(rows, start=1):
            inner.line = row
            try:
                values.append(self.body.value(inner))
            except NoValue as nothing:
                raise NoValue(
                    ON_LINE.fill(number=number, reason=nothing.reason), names=nothing.names
                ) from None
        run.left = inner.left
        return values

    def value(self, run):
        if run.known is None:
            return self._reckoned(run)
        if self not in run.known:
            try:
                run.known[self] = self._reckoned(run)
            except NoValue as nothing:
                run.known[self] = nothing
        if isinstance(run.known[self], NoValue):
            raise run.known[self]
        return run.known[self]

    def _reckoned(self, run: Run) -> numbers.Number:
        values = self.values(run)
        if self.name == "count":
            return Decimal(sum(values))
        run.spend(numbers.cost(*values))
        if self.name == "sum":
            return self._total(values)
        if not values:
            raise NoValue(NO_LINES.fill(lines=self.lines.label))
        return (min if self.name == "min" else max)(values)

    def _total(self, values: list) -> numbers.Number:
        try:
            return reduce(numbers.add, values, Decimal(0))
        except numbers.TooManyDigits:
            raise NoValue(TOO_MANY_DIGITS) from None

    def phrase(self, language, say):
        spoken = {"lines": self.lines.label.say(language)}
        if self.body:
            spoken["a"] = say(self.body, OR)
        return fill(self.says.say(language), spoken)

    def step(self, language, run, say):
        return self.sentence(language)


def days_between(begin: date, end: date) -> Decimal:
    """Calendar days between two dates; whole days of 24 hours, toward zero, between two instants."""
    if isinstance(begin, datetime):
        whole = abs(end - begin) // timedelta(days=1)
        return Decimal(whole if end >= begin else -whole)
    return Decimal((end - begin).days)


def hours_between(begin: datetime, end: datetime):
    apart = end - begin
    micros = (apart.days * 86_400 + apart.seconds) * 1_000_000 + apart.microseconds
    return numbers.divide(Decimal(micros), Decimal(3_600_000_000))

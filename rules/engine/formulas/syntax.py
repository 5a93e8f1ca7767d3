"""What a formula's text says, as a tree of plain syntax: nothing is looked up yet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ..errors import Problem
from ..words import Words
from .tokens import NO_POWER, Token, tokens_of

DEPTH = 32
NODES = 500
COMPARISONS = ("=", "≠", "<", ">", "≤", "≥")


@dataclass(frozen=True)
class Syntax:
    """
    kind      number, text, truth, name, call, negate, not, compare, or a chain: sum, product, and, or
    value     the number, text or truth; the name that is named or called; the mark of a comparison
    parts     of a call its arguments, else the operands
    marks     of a chain the mark before each part, the first one included
    in_percent, in_brackets   how a number, a name was written
    """

    kind: str
    start: int
    end: int
    value: object = None
    parts: tuple[Syntax, ...] = ()
    marks: tuple[str, ...] = ()
    in_percent: bool = False
    in_brackets: bool = False
    name_end: int = 0  # of a call: where the name ends


class _Stop(Exception):
    """Nothing that follows can be made sense of."""


def parse(text: str) -> tuple[Syntax | None, list[Token], list[Problem]]:
    """The tree, or None with what is wrong; and the tokens."""
    tokens, problems = tokens_of(text)
    parser = _Parser(tokens, problems)
    return (parser.parse() if not problems else None), tokens, problems


class _Parser:
    def __init__(self, tokens: list[Token], problems: list[Problem]):
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._nodes = 0
        self.problems = problems

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def parse(self) -> Syntax | None:
        try:
            if self._next.kind == "end":
                self._refuse(self._next, _EMPTY)
            tree = self._or()
            if self._next.kind != "end":
                self._refuse_next()
            return tree
        except _Stop:
            return None

    # From the loosest to the tightest.

    def _or(self) -> Syntax:
        return self._words("or", self._and)

    def _and(self) -> Syntax:
        return self._words("and", self._not)

    def _words(self, word: str, inner) -> Syntax:
        parts = [inner()]
        while self._take("word", word):
            parts.append(inner())
        return self._node(word, parts) if len(parts) > 1 else parts[0]

    def _not(self) -> Syntax:
        token = self._next
        if not self._take("word", "not"):
            return self._comparison()
        with_depth = self._deeper(self._not)
        return self._node("not", [with_depth], start=token.start)

    def _comparison(self) -> Syntax:
        left = self._sum()
        mark = self._take_mark(*COMPARISONS)
        if not mark:
            return left
        right = self._sum()
        if self._next.kind == "mark" and self._next.text in COMPARISONS:
            self._refuse(self._next, _ONE_COMPARISON)
        return self._node("compare", [left, right], value=mark)

    def _sum(self) -> Syntax:
        return self._chain("sum", "+", self._product, "+", "-")

    def _product(self) -> Syntax:
        return self._chain("product", "*", self._unary, "*", "/")

    def _chain(self, kind: str, first: str, inner, *marks: str) -> Syntax:
        parts, written = [inner()], [first]
        while mark := self._take_mark(*marks):
            written.append(mark)
            parts.append(inner())
        return self._node(kind, parts, marks=tuple(written)) if len(parts) > 1 else parts[0]

    def _unary(self) -> Syntax:
        token = self._next
        if mark := self._take_mark("-", "+"):
            part = self._deeper(self._unary)
            return self._node("negate", [part], start=token.start) if mark == "-" else part
        return self._primary()

    def _primary(self) -> Syntax:
        token = self._next
        if token.kind == "number":
            return self._number()
        if token.kind == "text":
            return self._leaf("text", token.text)
        if token.kind == "word" and token.text in ("true", "false"):
            return self._leaf("truth", token.text == "true")
        if token.kind == "label":
            return self._leaf("name", token.text.strip(), in_brackets=True)
        if token.kind == "name":
            following = self._tokens[self._place + 1]
            if (following.kind, following.text) == ("mark", "("):
                return self._call()
            return self._leaf("name", token.text)
        if self._take("mark", "("):
            inside = self._deeper(self._or)
            self._close()
            return inside
        return self._refuse_next()

    def _number(self) -> Syntax:
        token = self._next
        value = Decimal(token.text)
        self._place += 1
        percent = self._next
        if self._take("mark", "%"):
            return self._count(
                Syntax("number", token.start, percent.end, value=value.scaleb(-2), in_percent=True)
            )
        return self._count(Syntax("number", token.start, token.end, value=value))

    def _leaf(self, kind: str, value: object, *, in_brackets: bool = False) -> Syntax:
        token = self._next
        self._place += 1
        if self._next.text == "%" and self._next.kind == "mark":
            self._refuse(self._next, _PERCENT)
        return self._count(Syntax(kind, token.start, token.end, value=value, in_brackets=in_brackets))

    def _call(self) -> Syntax:
        name = self._next
        self._place += 2
        arguments = []
        if not self._take("mark", ")"):
            arguments.append(self._deeper(self._or))
            while self._take("mark", ","):
                arguments.append(self._deeper(self._or))
            self._close()
        end = self._tokens[self._place - 1].end
        return self._count(
            Syntax("call", name.start, end, value=name.text, parts=tuple(arguments), name_end=name.end)
        )

    def _close(self) -> None:
        if self._take("mark", ")"):
            return
        if self._next.kind == "end":
            self._refuse(self._next, _NOT_CLOSED)
        self._refuse_next()

    # The machinery.

    def _take(self, kind: str, text: str) -> bool:
        if (self._next.kind, self._next.text) != (kind, text):
            return False
        self._place += 1
        return True

    def _take_mark(self, *marks: str) -> str:
        token = self._next
        if token.kind != "mark" or token.text not in marks:
            return ""
        self._place += 1
        return token.text

    def _deeper(self, inner) -> Syntax:
        self._depth += 1
        if self._depth > DEPTH:
            self._refuse(self._next, _TOO_DEEP.fill(most=DEPTH))
        node = inner()
        self._depth -= 1
        return node

    def _node(self, kind: str, parts: list[Syntax], *, start: int | None = None, **rest) -> Syntax:
        start = parts[0].start if start is None else start
        return self._count(Syntax(kind, start, parts[-1].end, parts=tuple(parts), **rest))

    def _count(self, node: Syntax) -> Syntax:
        self._nodes += 1
        if self._nodes > NODES:
            self._refuse(self._next, _TOO_LARGE.fill(most=NODES))
        return node

    def _refuse_next(self):
        token = self._next
        if token.kind == "end":
            self._refuse(token, _MORE_WANTED)
        before = self._tokens[self._place - 1] if self._place else None
        if token.text == "%":
            self._refuse(token, _PERCENT)
        if token.text == "*" and before and before.text == "*":
            self._refuse(token, NO_POWER)
        if token.text == "," and before and before.kind == "number":
            self._refuse(token, _THOUSANDS)
        self._refuse(token, _UNEXPECTED.fill(found=token.text[:40]))

    def _refuse(self, token: Token, sentence: Words):
        # At the end of the text there is nothing to point at but what stands last.
        start, end = token.start, token.end
        if token.kind == "end" and self._place:
            start, end = self._tokens[self._place - 1].start, self._tokens[self._place - 1].end
        self.problems.append(Problem(path="", sentence=sentence, start=start, end=end))
        raise _Stop


_EMPTY = Words(en="Write a formula.", zh="请填写公式。")
_MORE_WANTED = Words(en="Something is missing at the end.", zh="公式末尾缺少内容。")
_NOT_CLOSED = Words(en="A closing bracket is missing: ).", zh="缺少右括号 )。")
_UNEXPECTED = Words(en="“{found}” is not expected here.", zh="此处不应出现“{found}”。")
_THOUSANDS = Words(
    en="A comma is not expected here. Write numbers without separators: 1000.",
    zh="此处不应有逗号。数字中不要使用分隔符，例如 1000。",
)
_PERCENT = Words(en="% follows a number only: 15%.", zh="% 只能跟在数字后面，例如 15%。")
_ONE_COMPARISON = Words(
    en="Compare two things at a time: a > 1 and a < 5.", zh="一次只能比较两项，例如 a > 1 and a < 5。"
)
_TOO_DEEP = Words(
    en="Brackets are nested too deep: at most {most} levels.", zh="括号嵌套过深，最多 {most} 层。"
)
_TOO_LARGE = Words(en="This formula is too large: at most {most} parts.", zh="公式过大，最多 {most} 个部分。")

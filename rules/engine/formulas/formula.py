"""A formula, compiled once: exact, explained, and never failing when it is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..errors import Problem, RuleErrors
from ..vocabulary import Vocabulary
from ..words import Words
from .check import TYPE_LABELS, Checker, Mention
from .nodes import Fact, If, Lines, Literal, Node, NoValue, OverLines, Run, bracketed
from .numbers import as_decimal, trimmed
from .syntax import parse
from .tokens import LENGTH
from .units import PLAIN, UNKNOWN, label_of

RESULTS = ("number", "boolean", "text")
STEPS_SHOWN = 200
LINES_SHOWN = 10


@dataclass(frozen=True, eq=False)
class FormulaResult:
    """`value` is a Decimal, a str or a bool; None when there is none, and then `reason` says why."""

    formula: Formula
    value: Decimal | str | bool | None
    reason: Words | None = None
    missing: tuple[str, ...] = ()  # names of the facts there were none of

    @property
    def nothing(self) -> bool:
        return self.value is None

    def sentence(self, language: str | None) -> str:
        """The value with its unit; or "no value: amount has no value"."""
        if self.nothing:
            return NOTHING.fill(reason=self.reason).say(language)
        return self.formula.say_value(self.value, language)


NOTHING = Words(en="no value: {reason}", zh="没有值：{reason}")


@dataclass(frozen=True)
class Step:
    """One line of the working: "80 × 15% = 12". `depth` is 1 within a line of lines, else 0."""

    text: str
    depth: int = 0


@dataclass(frozen=True, eq=False)
class FormulaExplanation:
    formula: Formula
    facts: Mapping[str, object]
    result: FormulaResult

    def steps(self, language: str | None) -> list[Step]:
        """What was reckoned, in order, each with the values it met. At most STEPS_SHOWN."""
        return _Working(language).of(self.formula.tree, Run(self.facts))

    def sentences(self, language: str | None) -> list[str]:
        return [step.text for step in self.steps(language)]

    def sentence(self, language: str | None) -> str:
        """The working in one line, and what came out."""
        mark = "；" if (language or "").lower().startswith("zh") else "; "
        steps = self.sentences(language)
        if not steps or self.result.nothing:
            steps.append(self.result.sentence(language))
        return mark.join(steps)

    def as_json(self, language: str | None) -> dict:
        """{"sentence", "steps": [{"text", "depth"}], "nothing"} ready to be shown."""
        return {
            "sentence": self.result.sentence(language),
            "steps": [{"text": step.text, "depth": step.depth} for step in self.steps(language)],
            "nothing": self.result.nothing,
        }


@dataclass(frozen=True, eq=False)
class Formula:
    """Immutable. `text` names variables by name, as it is to be stored.

    type   number, boolean or text
    unit   of a number, such as "CNY"; "" where it is not known
    names  the facts it may ask for
    """

    text: str
    tree: Node
    names: frozenset[str]
    vocabulary: Vocabulary
    lines: tuple[Lines, ...] = ()
    mentions: tuple[Mention, ...] = ()

    def __deepcopy__(self, memo) -> Formula:
        return self

    @property
    def type(self) -> str:
        return self.tree.type

    @property
    def unit(self) -> str:
        return UNKNOWN if self.tree.unit == PLAIN else self.tree.unit

    @property
    def unit_label(self) -> Words | None:
        return label_of(self.unit) if self.unit not in (UNKNOWN, "number") else None

    @property
    def is_constant(self) -> bool:
        return not self.names

    def evaluate(self, facts: Mapping[str, object]) -> FormulaResult:
        """Never raises: what cannot be worked out has no value, and says why."""
        try:
            value = self.tree.value(Run(facts))
        except NoValue as nothing:
            return FormulaResult(self, None, reason=nothing.reason, missing=nothing.names)
        return FormulaResult(self, self._out(value))

    def _out(self, value: object) -> Decimal | str | bool:
        if self.type != "number":
            return value
        # A number that was rounded keeps its zeros: 12.00.
        return as_decimal(value) if _is_rounded(self.tree) else trimmed(value)

    def explain(self, facts: Mapping[str, object]) -> FormulaExplanation:
        return FormulaExplanation(self, facts, self.evaluate(facts))

    def sentence(self, language: str | None) -> str:
        return self.tree.sentence(language)

    def written(self, language: str | None) -> str:
        """The text with variables by their labels, as people read and edit it: [订单金额] * 15%."""
        return _rewritten(self.text, self.mentions, lambda mention: mention.label.say(language))

    def say_value(self, value: object, language: str | None) -> str:
        return self.tree.say_value(value, language)


def _is_rounded(node: Node) -> bool:
    return getattr(node, "name", "") == "round"


def compile_formula(
    text: object, vocabulary: Vocabulary, *, lines: Iterable[Lines] = (), returns: str | None = None
) -> Formula:
    """Check and parse a formula.

    text     round(amount * 15%, 2); variables by name, or by label in square brackets
    lines    lists of rows it may add up: sum(lines, price * quantity)
    returns  the type it must have: number, boolean or text; any of them if not given
    raises   RuleErrors; each Problem has `start` and `end`, the characters it is about
    """
    lines = tuple(lines)
    tree, mentions, asked = _compiled(text, vocabulary, lines, returns)
    canonical = _rewritten(text, mentions, lambda mention: mention.canonical)
    if canonical != text:
        # Compiled again, so that the places it knows are those of the text it has.
        tree, mentions, asked = _compiled(canonical, vocabulary, lines, returns)
    return Formula(
        text=canonical,
        tree=tree,
        names=frozenset(asked),
        vocabulary=vocabulary,
        lines=lines,
        mentions=tuple(mentions),
    )


def _compiled(text, vocabulary, lines, returns) -> tuple[Node, list[Mention], set[str]]:
    if not isinstance(text, str):
        raise RuleErrors([Problem(path="", sentence=_NO_TEXT, start=0, end=0)])
    if len(text) > LENGTH:
        sentence = _TOO_LONG.fill(length=f"{len(text):,}", most=f"{LENGTH:,}")
        raise RuleErrors([Problem(path="", sentence=sentence, start=LENGTH, end=len(text))])
    syntax, _tokens, problems = parse(text)
    if problems:
        raise RuleErrors(problems)
    checker = Checker(vocabulary, lines)
    tree = checker.check(syntax)
    if not checker.problems:
        _check_result(checker, tree, returns)
    if checker.problems:
        raise RuleErrors(sorted(checker.problems, key=lambda problem: (problem.start, problem.end)))
    return tree, sorted(checker.mentions, key=lambda mention: mention.start), checker.asked


def _check_result(checker: Checker, tree: Node, returns: str | None) -> None:
    wanted = (returns,) if returns else RESULTS
    if tree.type not in wanted:
        sentence = _RESULT.fill(wanted=TYPE_LABELS[wanted[0]], found=TYPE_LABELS[tree.type])
        checker.problems.append(Problem(path="", sentence=sentence, start=tree.start, end=tree.end))


def _rewritten(text: str, mentions: Iterable[Mention], as_written) -> str:
    pieces, place = [], 0
    for mention in mentions:
        pieces += [text[place : mention.start], as_written(mention)]
        place = mention.end
    return "".join([*pieces, text[place:]])


_NO_TEXT = Words(en="A formula is expected here.", zh="此处应为公式。")
_TOO_LONG = Words(
    en="This formula is too long: {length} characters; at most {most} are allowed.",
    zh="公式过长：共 {length} 个字符，最多 {most} 个。",
)
_RESULT = Words(
    en="The formula should give {wanted}, and gives {found}.", zh="公式的结果应为{wanted}，而现在是{found}。"
)


class _Working:
    def __init__(self, language: str | None):
        self.language = language
        self.steps: list[Step] = []
        self._known: dict = {}

    def of(self, tree: Node, run: Run) -> list[Step]:
        run.known = self._known
        self._add(tree, run, depth=0)
        return self.steps[:STEPS_SHOWN]

    def _add(self, node: Node, run: Run, depth: int) -> None:
        if isinstance(node, Literal | Fact) or len(self.steps) >= STEPS_SHOWN:
            return
        try:
            asked = node.asked(run)
        except NoValue:
            asked = node.operands
        for part in asked:
            self._add(part, run, depth)
        if isinstance(node, OverLines):
            self._add_lines(node, run)
        if sentence := self._line(node, run):
            self.steps.append(Step(sentence, depth))

    def _add_lines(self, node: OverLines, run: Run) -> None:
        try:
            rows = node.rows(run)
        except NoValue:
            return
        if node.body is None or isinstance(node.body, Fact | Literal):
            return
        for number, row in enumerate(rows[:LINES_SHOWN], start=1):
            inside = _Working(self.language)
            steps = inside.of(node.body, Run(run.facts, line=row))
            if steps:
                text = _ON_LINE.fill(number=number, text=steps[-1].text).say(self.language)
                self.steps.append(Step(text, depth=1))
        if len(rows) > LINES_SHOWN:
            more = _MORE_LINES.fill(number=len(rows) - LINES_SHOWN).say(self.language)
            self.steps.append(Step(more, depth=1))

    def _line(self, node: Node, run: Run) -> str:
        """ "" where there is no value: the result says why."""
        try:
            said = self._say(node, node.value(Run(run.facts, line=run.line, known=self._known)))
            step = node.step(self.language, run, self._shown(run))
        except NoValue:
            return ""
        if isinstance(node, If) and isinstance(node.taken(run), Literal):
            return step
        return f"{step}{_COLON.say(self.language) if node.type == 'boolean' else ' = '}{said}"

    def _shown(self, run: Run):
        """How operands stand in a line: a variable with its value, what was reckoned before by its value."""

        def say(node: Node, level: int) -> str:
            if isinstance(node, Literal):
                return node.phrase(self.language, say)
            try:
                said = self._say(node, node.value(Run(run.facts, line=run.line, known=self._known)))
            except NoValue:
                said = "?"
            if not isinstance(node, Fact):
                return bracketed(said, said.startswith("-") and level > 0, self.language)
            label = node.phrase(self.language, say)
            return f"{label}{bracketed(said, True, self.language)}" if self._is_zh else f"{label} ({said})"

        return say

    @property
    def _is_zh(self) -> bool:
        return (self.language or "").lower().startswith("zh")

    def _say(self, node: Node, value: object) -> str:
        if node.type == "number":
            value = as_decimal(value) if _is_rounded(node) else trimmed(value)
        return node.say_value(value, self.language)


_ON_LINE = Words(en="line {number}: {text}", zh="第 {number} 行：{text}")
_MORE_LINES = Words(en="… and {number} lines more", zh="……另有 {number} 行")
_COLON = Words(en=": ", zh="：")

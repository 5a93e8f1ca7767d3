"""A scorecard: rows that hold give points, each with its reason; points lead to a band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from .conditions import Condition, ConditionParser
from .errors import Problem, Refused, RuleErrors, strange_keys
from .explain import Explanation
from .facts import Complete
from .formulas import Formula, FormulaResult, Lines, compile_formula
from .formulas.numbers import trimmed
from .formulas.units import LABELS
from .sentences import fill, say_number
from .values import read_number_value, sound_text
from .vocabulary import Vocabulary
from .words import Words

ROWS = 1_000
BANDS = 100
# Points are counted, not reckoned with: so many digits, and so many of them decimals.
POINTS_DIGITS = 15
POINTS_PLACES = 6
_POINTS = LABELS["points"]


@dataclass(frozen=True, eq=False)
class ScoreRow:
    """`points` is a number, or a formula that gives one. Of the rows of one `group` only the best counts."""

    name: str
    condition: Condition
    points: Decimal | Formula
    reason: Words  # "" where the condition says it
    group: str = ""

    def say_reason(self, language: str | None) -> str:
        return self.reason.say(language) or self.name or self.condition.sentence(language)

    def sentence(self, language: str | None) -> str:
        """ "+20: bought three times, when number of orders is at least 3"."""
        template = _ROW if self.reason or self.name else _ROW_BARE
        return fill(
            template.say(language),
            {
                "points": self._say_points(language),
                "reason": self.reason.say(language) or self.name,
                "condition": self.condition.sentence(language),
            },
        )

    def _say_points(self, language: str | None) -> str:
        return self.points.sentence(language) if isinstance(self.points, Formula) else signed(self.points)


@dataclass(frozen=True)
class Band:
    """Reached from `begin` points on, up to the next band."""

    name: str
    label: Words
    begin: Decimal

    def sentence(self, language: str | None) -> str:
        template = Words(en="{label}: from {points} points", zh="{label}：{points} 分起")
        return template.fill(label=self.label, points=say_number(self.begin)).say(language)


@dataclass(frozen=True, eq=False)
class RowOutcome:
    """What became of one row. `points` are those that counted: 0 unless the row held and was the best."""

    row: ScoreRow
    held: bool
    points: Decimal
    formula_result: FormulaResult | None = None  # where the points are a formula and the row held
    beaten: bool = False  # it held, but another row of its group counts
    facts: Mapping | None = None

    @property
    def counted(self) -> bool:
        return self.held and not self.beaten and not self.has_no_value

    @property
    def has_no_value(self) -> bool:
        return self.formula_result is not None and self.formula_result.nothing

    @cached_property
    def explanation(self) -> Explanation:
        return self.row.condition.explain(self.facts)

    def sentence(self, language: str | None) -> str:
        """ "+20: bought three times"; or why there are no points."""
        reason = self.row.say_reason(language)
        if self.has_no_value:
            why = self.formula_result.reason.say(language)
            return fill(_NO_POINTS.say(language), {"reason": reason, "why": why})
        if self.beaten:
            return fill(_BEATEN.say(language), {"reason": reason, "group": self.row.group})
        if not self.held:
            return fill(_NOT_HELD.say(language), {"reason": reason})
        return f"{signed(self.points)}{_COLON.say(language)}{reason}"

    def because(self, language: str | None) -> str:
        """The comparisons that settled it, with the values they met; then the working of a formula."""
        said = [self.explanation.because(language)]
        if self.formula_result is not None:
            said.append(self.formula_result.formula.explain(self.facts).sentence(language))
        return _SEMICOLON.say(language).join(said)

    def as_json(self, language: str | None) -> dict:
        return {
            "row": self.row.name,
            "held": self.held,
            "counted": self.counted,
            "points": str(self.points),
            "sentence": self.sentence(language),
            "because": self.because(language),
        }


class Score:
    """What some facts score. `points` are exact; `counted` are they before the floor and the ceiling."""

    def __init__(self, scorecard: Scorecard, facts: Mapping, rows: tuple[RowOutcome, ...]):
        self.scorecard = scorecard
        self.facts = facts
        self.rows = rows
        self.counted = _total([scorecard.base, *(row.points for row in rows)])
        self.points = scorecard.within_bounds(self.counted)

    @property
    def reasons(self) -> list[RowOutcome]:
        """The rows that held, in their order."""
        return [row for row in self.rows if row.held]

    @cached_property
    def band(self) -> Band | None:
        """The highest band that is reached."""
        return self.scorecard.band_of(self.points)

    def sentence(self, language: str | None) -> str:
        """ "35 points: gold"."""
        said = f"{say_number(self.points)} {_POINTS.say(language)}"
        return f"{said}{_COLON.say(language)}{self.band.label.say(language)}" if self.band else said

    def sentences(self, language: str | None) -> list[str]:
        """What makes up the points: the base, each row that counted, and the floor or ceiling that was met.

        A row that held but whose points have no value is told too.
        """
        said = []
        if self.scorecard.base:
            said.append(f"{signed(self.scorecard.base)}{_COLON.say(language)}{_BASE.say(language)}")
        said += [row.sentence(language) for row in self.reasons if not row.beaten]
        if self.points != self.counted:
            template = _CEILING if self.points < self.counted else _FLOOR
            said.append(
                template.fill(counted=say_number(self.counted), points=say_number(self.points)).say(language)
            )
        return said

    def explain(self, language: str | None) -> list[str]:
        """Every row, also those that did not hold, with the values their conditions met."""
        return [f"{row.sentence(language)}{_DASH.say(language)}{row.because(language)}" for row in self.rows]

    def as_json(self, language: str | None) -> dict:
        """{"points", "band", "sentence", "sentences", "rows": [...]}, texts ready to be shown."""
        return {
            "points": str(self.points),
            "band": self.band and self.band.name,
            "sentence": self.sentence(language),
            "sentences": self.sentences(language),
            "rows": [row.as_json(language) for row in self.rows],
        }


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Immutable. `bands` stand from the lowest to the highest."""

    base: Decimal
    rows: tuple[ScoreRow, ...]
    floor: Decimal | None
    ceiling: Decimal | None
    bands: tuple[Band, ...]
    vocabulary: Vocabulary
    lines: tuple[Lines, ...] = ()

    def __deepcopy__(self, memo) -> Scorecard:
        return self

    @cached_property
    def names(self) -> frozenset[str]:
        """The facts it may ask for."""
        return frozenset().union(*(row.condition.names | _names_of(row.points) for row in self.rows))

    @property
    def unfinished(self) -> list[Problem]:
        return [
            Problem(path=f"rows/{place}/condition/{problem.path}", sentence=problem.sentence)
            for place, row in enumerate(self.rows)
            for problem in row.condition.unfinished
        ]

    def score(self, facts: Mapping[str, object]) -> Score:
        # A copy: the reasons are worked out later, and the caller may go on changing its dict.
        facts = Complete(facts)
        outcomes = [_outcome_of(row, facts) for row in self.rows]
        return Score(self, facts, tuple(_best_of_groups(outcomes)))

    def within_bounds(self, points: Decimal) -> Decimal:
        if self.floor is not None and points < self.floor:
            return self.floor
        if self.ceiling is not None and points > self.ceiling:
            return self.ceiling
        return points

    def band_of(self, points: Decimal) -> Band | None:
        """What so many points mean."""
        reached = [band for band in self.bands if band.begin <= points]
        return reached[-1] if reached else None

    def sentences(self, language: str | None) -> list[str]:
        """One per row, in order."""
        return [row.sentence(language) for row in self.rows]


def _names_of(points: Decimal | Formula) -> frozenset[str]:
    return points.names if isinstance(points, Formula) else frozenset()


def _outcome_of(row: ScoreRow, facts: Complete) -> RowOutcome:
    if not row.condition.holds(facts):
        return RowOutcome(row=row, held=False, points=Decimal(0), facts=facts)
    if not isinstance(row.points, Formula):
        return RowOutcome(row=row, held=True, points=row.points, facts=facts)
    result = row.points.evaluate(facts)
    points = Decimal(0) if result.nothing else trimmed(result.value)
    return RowOutcome(row=row, held=True, points=points, formula_result=result, facts=facts)


def _best_of_groups(outcomes: list[RowOutcome]) -> list[RowOutcome]:
    """Of each group only the row with the most points counts; of equal ones the first."""
    best: dict[str, RowOutcome] = {}
    for outcome in outcomes:
        group = outcome.row.group
        if group and outcome.counted and (group not in best or outcome.points > best[group].points):
            best[group] = outcome
    return [
        RowOutcome(
            row=outcome.row,
            held=True,
            points=Decimal(0),
            formula_result=outcome.formula_result,
            beaten=True,
            facts=outcome.facts,
        )
        if outcome.row.group and outcome.counted and best[outcome.row.group] is not outcome
        else outcome
        for outcome in outcomes
    ]


def _total(points: list[Decimal]) -> Decimal:
    """Exact: formulas give at most some hundred digits."""
    return trimmed(sum((Fraction(number) for number in points), Fraction(0)))


def signed(points: Decimal) -> str:
    said = say_number(abs(points))
    return f"−{said}" if points < 0 else f"+{said}"


_COLON = Words(en=": ", zh="：")
_SEMICOLON = Words(en="; ", zh="；")
_DASH = Words(en=" – ", zh=" — ")
_BASE = Words(en="to begin with", zh="基础分")
_ROW = Words(en="{points}: {reason} ({condition})", zh="{points}：{reason}（{condition}）")
_ROW_BARE = Words(en="{points}: {condition}", zh="{points}：{condition}")
_NO_POINTS = Words(en="no points: {reason} ({why})", zh="不计分：{reason}（{why}）")
_BEATEN = Words(
    en="not counted: {reason} (another row of “{group}” gives more)",
    zh="不计分：{reason}（“{group}”中有得分更高的一行）",
)
_NOT_HELD = Words(en="not met: {reason}", zh="未满足：{reason}")
_CEILING = Words(en="at most {points}: {counted} were counted", zh="最高 {points} 分：原为 {counted} 分")
_FLOOR = Words(en="at least {points}: {counted} were counted", zh="最低 {points} 分：原为 {counted} 分")


def compile_scorecard(document: object, vocabulary: Vocabulary, *, lines=()) -> Scorecard:
    """Check and parse a scorecard.

    document  {"base"?, "rows": [{"name", "condition", "points", "reason"?, "group"?}], "floor"?, "ceiling"?,
              "bands"?: [{"name", "label"?, "from"}]}
              points: a number, or a formula's text; reason and label: a text, or {"en", "zh"}
    lines     as in compile_formula
    raises    RuleErrors with every Problem, each under its path: "rows/2/points"
    """
    parser = _Parser(vocabulary, tuple(lines))
    scorecard = parser.parse(document)
    if parser.problems:
        raise RuleErrors(parser.problems)
    return scorecard


class _Parser:
    def __init__(self, vocabulary: Vocabulary, lines: tuple):
        self.vocabulary = vocabulary
        self.lines = lines
        self.problems: list[Problem] = []

    def parse(self, document: object) -> Scorecard | None:
        if not isinstance(document, Mapping):
            return self._refuse((), en="A scorecard is expected here.", zh="此处应为评分卡。")
        self._refuse_unknown_keys(document, ("base", "rows", "floor", "ceiling", "bands"), ())
        base = self._number(document.get("base", 0), ("base",))
        rows = self._list(document.get("rows", []), ("rows",), ROWS, self._parse_row)
        floor = self._bound(document, "floor")
        ceiling = self._bound(document, "ceiling")
        if floor is not None and ceiling is not None and floor > ceiling:
            self._refuse(
                ("ceiling",), en="The highest must not be below the lowest.", zh="最高分不能低于最低分。"
            )
        bands = self._list(document.get("bands", []), ("bands",), BANDS, self._parse_band)
        self._refuse_equal_bands(bands)
        if self.problems:
            return None
        return Scorecard(
            base=base,
            rows=tuple(rows),
            floor=floor,
            ceiling=ceiling,
            bands=tuple(sorted(bands, key=lambda band: band.begin)),
            vocabulary=self.vocabulary,
            lines=self.lines,
        )

    def _list(self, rows: object, path: tuple[str, ...], most: int, parse_one) -> list:
        if not isinstance(rows, list | tuple):
            self._refuse(path, en="A list is expected here.", zh="此处应为列表。")
            return []
        if len(rows) > most:
            self._refuse(
                path,
                en="There are too many entries: at most {most} are allowed.",
                zh="条目过多，最多 {most} 项。",
                most=f"{most:,}",
            )
            return []
        return [parse_one(row, (*path, str(place))) for place, row in enumerate(rows)]

    def _parse_row(self, row: object, path: tuple[str, ...]) -> ScoreRow | None:
        if not isinstance(row, Mapping):
            return self._refuse(path, en="A row is expected here.", zh="此处应为一行。")
        self._refuse_unknown_keys(row, ("name", "condition", "points", "reason", "group"), path)
        return ScoreRow(
            name=self._text(row.get("name", ""), (*path, "name")),
            condition=self._condition(row.get("condition"), (*path, "condition")),
            points=self._points(row.get("points"), (*path, "points")),
            reason=self._words(row.get("reason", ""), (*path, "reason")),
            group=self._text(row.get("group", ""), (*path, "group")),
        )

    def _condition(self, document: object, path: tuple[str, ...]) -> Condition:
        parser = ConditionParser(self.vocabulary)
        tree = parser.parse(document, path)
        self.problems += parser.problems
        # `unfinished` is told with paths that begin at the condition.
        prefix = len("/".join(path)) + 1
        return Condition(
            tree=tree,
            unfinished=tuple(
                Problem(path=problem.path[prefix:], sentence=problem.sentence)
                for problem in parser.unfinished
            ),
        )

    def _points(self, points: object, path: tuple[str, ...]) -> Decimal | Formula | None:
        if points is None or points == "":
            return self._refuse(path, en="Enter the points.", zh="请填写分值。")
        if not isinstance(points, str):
            return self._number(points, path)
        try:
            formula = compile_formula(points, self.vocabulary, lines=self.lines, returns="number")
        except RuleErrors as errors:
            self.problems += [
                Problem(path="/".join(path), sentence=problem.sentence, start=problem.start, end=problem.end)
                for problem in errors.problems
            ]
            return None
        # "20" typed as text is the number: it needs no working, and can be asked of a database.
        return self._number(formula.evaluate({}).value, path) if formula.is_constant else formula

    def _parse_band(self, band: object, path: tuple[str, ...]) -> Band | None:
        if not isinstance(band, Mapping):
            return self._refuse(path, en="A band is expected here.", zh="此处应为一个等级。")
        self._refuse_unknown_keys(band, ("name", "label", "from"), path)
        name = self._text(band.get("name", ""), (*path, "name"))
        if not name:
            self._refuse((*path, "name"), en="A band needs a name.", zh="等级需要名称。")
        if band.get("from") is None:
            return self._refuse(
                (*path, "from"), en="Enter from how many points it counts.", zh="请填写从多少分起。"
            )
        begin = self._number(band["from"], (*path, "from"))
        return Band(name=name, label=self._words(band.get("label") or name, (*path, "label")), begin=begin)

    def _refuse_equal_bands(self, bands: list[Band | None]) -> None:
        names, begins = set(), set()
        for place, band in enumerate(bands):
            if band is None:
                continue
            if band.name in names:
                self._refuse(
                    ("bands", str(place), "name"), en="Two bands have this name.", zh="等级名称重复。"
                )
            if band.begin is not None and band.begin in begins:
                self._refuse(
                    ("bands", str(place), "from"),
                    en="Two bands begin at these points.",
                    zh="有两个等级从同一分值开始。",
                )
            names.add(band.name)
            begins.add(band.begin)

    def _bound(self, document: Mapping, key: str) -> Decimal | None:
        value = document.get(key)
        return None if value is None else self._number(value, (key,))

    def _number(self, value: object, path: tuple[str, ...]) -> Decimal | None:
        """Points are read as a decimal column stores them."""
        try:
            number = Decimal(read_number_value(value, None))
        except Refused as refused:
            self.problems += refused.problems_at(path)
            return None
        number = trimmed(number)
        if number.adjusted() >= POINTS_DIGITS - POINTS_PLACES or -number.as_tuple().exponent > POINTS_PLACES:
            return self._refuse(
                path,
                en="Points have at most {whole} digits and {places} decimals.",
                zh="分值最多 {whole} 位整数、{places} 位小数。",
                whole=POINTS_DIGITS - POINTS_PLACES,
                places=POINTS_PLACES,
            )
        return number

    def _text(self, text: object, path: tuple[str, ...]) -> str:
        if not isinstance(text, str):
            self._refuse(path, en="Enter a text.", zh="请输入文本。")
            return ""
        try:
            return sound_text(text)
        except Refused as refused:
            self.problems += refused.problems_at(path)
            return ""

    def _words(self, said: object, path: tuple[str, ...]) -> Words:
        if isinstance(said, Mapping):
            self._refuse_unknown_keys(said, ("en", "zh"), path)
            return Words.of(
                {
                    language: self._text(said.get(language) or "", (*path, language))
                    for language in ("en", "zh")
                }
            )
        if isinstance(said, Words):
            return said
        return Words.of(self._text(said, path))

    def _refuse_unknown_keys(self, row: Mapping, known: tuple[str, ...], path: tuple[str, ...]) -> None:
        for name in strange_keys(row, known):
            self._refuse((*path, name), en="This does not belong here.", zh="此处不应有此内容。")

    def _refuse(self, path: tuple[str, ...], *, en: str, zh: str, **values: object) -> None:
        sentence = Words(en=en, zh=zh)
        self.problems.append(
            Problem(path="/".join(path), sentence=sentence.fill(**values) if values else sentence)
        )

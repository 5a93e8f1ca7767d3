"""A scorecard as one database expression: the points of every row of a set in one scan."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Case, DecimalField, IntegerField, TextField, Value, When
from django.db.models.expressions import Expression, Func

from rules.engine import Formula, Problem, Scorecard, Vocabulary, Words, compile_condition
from rules.engine.scorecards import POINTS_PLACES, Band, ScoreRow

from . import expressions as sql
from .columns import Column
from .compile import NotInSql, condition_as_q

# Points are added as whole numbers of the smallest step; PostgreSQL's integers hold so many.
MOST_STEPS = 2_000_000_000


def scorecard_as_expression(scorecard: Scorecard, columns: Mapping[str, Column]) -> Expression:
    """The points that `scorecard.score` gives, for an annotation; never null.

    An integer, or a decimal where the points have decimals. Raises NotInSql: for what a condition asks, at
    "rows/2/condition/all/0/name"; for points that are a formula, at "rows/2/points".
    """
    tests, problems = _conditions(scorecard, columns)
    places = _places(scorecard)
    steps = _Steps(places)
    most = sum(abs(steps.of(row.points)) for row in scorecard.rows if isinstance(row.points, Decimal))
    if most + abs(steps.of(scorecard.base)) > MOST_STEPS:
        problems.append(Problem(path="rows", sentence=_TOO_MANY))
    if problems:
        raise NotInSql(problems)
    parts = [
        _Cases([(test, steps.of(row.points)) for test, row in rows]) for rows in _groups(scorecard, tests)
    ]
    total = sql.joined(sql.Plus, [_Whole(steps.of(scorecard.base)), *parts])
    if scorecard.floor is not None or scorecard.ceiling is not None:
        total = _Within(total, low=steps.of(scorecard.floor), high=steps.of(scorecard.ceiling))
    return total if places == 0 else _Scaled(total, places=places)


_FORMULA = Words(
    en="These points are a formula, which cannot be asked of the database.",
    zh="该分值是公式，无法在数据库中计算。",
)
_TOO_MANY = Words(
    en="The points are too many to be added up in the database.", zh="分值过大，无法在数据库中累计。"
)


def _conditions(scorecard: Scorecard, columns: Mapping[str, Column]) -> tuple[list, list[Problem]]:
    tests, problems = [], []
    for place, row in enumerate(scorecard.rows):
        if isinstance(row.points, Formula):
            problems.append(Problem(path=f"rows/{place}/points", sentence=_FORMULA))
        try:
            tests.append(condition_as_q(row.condition, columns))
        except NotInSql as errors:
            tests.append(sql.NEVER)
            problems += [
                Problem(path=f"rows/{place}/condition/{problem.path}", sentence=problem.sentence)
                for problem in errors.problems
            ]
    return tests, problems


def _groups(scorecard: Scorecard, tests: list) -> list[list[tuple[Expression, ScoreRow]]]:
    """Rows that count beside one another, each alone; those of a group together, the best first."""
    alone, grouped = [], {}
    for test, row in zip(tests, scorecard.rows, strict=True):
        if row.group:
            grouped.setdefault(row.group, []).append((test, row))
        else:
            alone.append([(test, row)])
    best_first = [sorted(rows, key=lambda pair: -pair[1].points) for rows in grouped.values()]
    return [*alone, *best_first]


def _places(scorecard: Scorecard) -> int:
    """The decimals that the points need."""
    numbers = [scorecard.base, scorecard.floor, scorecard.ceiling, *(row.points for row in scorecard.rows)]
    return max((-number.as_tuple().exponent for number in numbers if isinstance(number, Decimal)), default=0)


class _Steps:
    def __init__(self, places: int):
        self._scale = Decimal(10) ** min(places, POINTS_PLACES)

    def of(self, points: Decimal | None) -> int | None:
        return None if points is None else int(points * self._scale)


class _Whole(sql.Test):
    """A whole number written out, so that its type does not depend on the driver."""

    output_field = IntegerField()

    def __init__(self, number: int):
        super().__init__()
        self.number = int(number)

    @property
    def text(self) -> str:
        return f"({self.number})"


class _Cases(sql.Test):
    """The points of the first test that holds, else 0."""

    output_field = IntegerField()

    def __init__(self, cases: list[tuple[Expression, int]]):
        super().__init__(*[test for test, _points in cases])
        self.points = tuple(points for _test, points in cases)

    @property
    def text(self) -> str:
        return f"CASE {' '.join(f'WHEN {{}} THEN {points}' for points in self.points)} ELSE 0 END"


class _Within(sql.Test):
    output_field = IntegerField()

    def __init__(self, total: Expression, *, low: int | None, high: int | None):
        super().__init__(total)
        self.low, self.high = low, high

    def as_sqlite(self, compiler, connection, **context):
        return self._as_sql(compiler, "MIN", "MAX")

    def as_postgresql(self, compiler, connection, **context):
        return self._as_sql(compiler, "LEAST", "GREATEST")

    def _as_sql(self, compiler, lowest: str, highest: str):
        [total] = self.get_source_expressions()
        text, params = compiler.compile(total)
        if self.low is not None:
            text = f"{highest}({text}, {self.low})"
        if self.high is not None:
            text = f"{lowest}({text}, {self.high})"
        return text, params


class _Scaled(Func):
    """Steps as the decimal they stand for."""

    arity = 1

    def __init__(self, steps: Expression, *, places: int):
        super().__init__(steps, output_field=DecimalField(max_digits=15, decimal_places=places))
        self.places = places

    def as_sqlite(self, compiler, connection, **context):
        # The cast gives it an affinity, without which a decimal it is compared with stays a text.
        template = f"CAST(ROUND(%(expressions)s / {10**self.places}.0, {self.places}) AS NUMERIC)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler, connection, **context):
        template = f"(%(expressions)s)::numeric / {10**self.places}"
        return self.as_sql(compiler, connection, template=template, **context)


def scorecard_columns(
    scorecard: Scorecard, columns: Mapping[str, Column], *, named: Mapping[str, str]
) -> dict[str, Column]:
    """Its points and its band for conditions: named {"points": fact, "band": fact}. Raises NotInSql."""
    points = Column(scorecard_as_expression(scorecard, columns))
    made = {named["points"]: points}
    if scorecard.bands:
        cases = [When(_reached(band, points), then=Value(band.name)) for band in reversed(scorecard.bands)]
        made[named["band"]] = Column(Case(*cases, output_field=TextField()))
    return made


_POINTS = Vocabulary.of().extended([{"name": "points", "type": "numeric"}])


def _reached(band: Band, points: Column) -> Expression:
    leaf = {"name": "points", "operator": "greater_than_or_equal_to", "value": band.begin}
    return condition_as_q(compile_condition(leaf, _POINTS), {"points": points})

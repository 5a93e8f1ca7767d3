"""Boolean expressions that are never null, and the few functions SQLite and PostgreSQL spell differently."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import (
    BigIntegerField,
    BooleanField,
    DecimalField,
    Func,
    IntegerField,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import Col, Expression


class Test(Func):
    """A boolean expression over its sources, from a template with one {} each."""

    output_field = BooleanField()
    text = ""

    def __init__(self, *sources):
        super().__init__(*sources)
        self.depth = 1 + max(map(_depth, sources), default=0)

    def as_sql(self, compiler, connection, **context):
        parts, params = [], []
        for source in self.get_source_expressions():
            part, its_params = compiler.compile(source)
            parts.append(part if isinstance(source, CLOSED) else f"({part})")
            params += its_params
        return self.text.format(*parts), params


class Not(Test):
    text = "(NOT {})"


class And(Test):
    text = "({} AND {})"


class Or(Test):
    text = "({} OR {})"


class Same(Test):
    text = "({} = {})"


class More(Test):
    text = "({} > {})"


class MoreOrSame(Test):
    text = "({} >= {})"


class Less(Test):
    text = "({} < {})"


class LessOrSame(Test):
    text = "({} <= {})"


class Between(Test):
    text = "({} BETWEEN {} AND {})"


class Known(Test):
    text = "({} IS NOT NULL)"


class NotNull(Test):
    """False instead of null. Reads its source once, which matters for a subquery."""

    text = "COALESCE({}, FALSE)"


class OneOf(Test):
    """Whether the first source is among the others."""

    @property
    def text(self) -> str:
        listed = len(self.get_source_expressions()) - 1
        return f"({{}} IN ({', '.join(['{}'] * listed)}))"


class Holds(Test):
    """A boolean column or subquery as a test."""

    text = "{}"


class Point(Test):
    """1 where a test holds, else 0."""

    text = "CASE WHEN {} THEN 1 ELSE 0 END"
    output_field = IntegerField()


class Plus(Test):
    text = "({} + {})"
    output_field = IntegerField()


class Bit(Test):
    """2 to the power of `place` where a test holds, else 0."""

    output_field = BigIntegerField()

    def __init__(self, test, place: int):
        super().__init__(test)
        self.place = place

    @property
    def text(self) -> str:
        return f"CASE WHEN {{}} THEN CAST({1 << self.place} AS bigint) ELSE 0 END"


class BitOr(Test):
    text = "({} | {})"
    output_field = BigIntegerField()


class Times(Test):
    """How many rows a test holds of."""

    text = "COUNT(CASE WHEN {} THEN 1 END)"
    output_field = IntegerField()


# What needs no brackets around it; a Django lookup, for one, would bind weaker than what stands around it.
CLOSED = (Test, Col, Value, Func, Subquery)
ALWAYS = Value(True, output_field=BooleanField())
NEVER = Value(False, output_field=BooleanField())


# Which of the two constants settles a join, and which changes nothing in it.
_SETTLED_BY = {And: (NEVER, ALWAYS), Or: (ALWAYS, NEVER)}


def joined(kind: type[Test], tests: list[Expression]) -> Expression:
    """All tests joined by And, Or or Plus.

    As a balanced tree, the deeper part first: SQLite allows expressions 1,000 levels deep, and its parser, in
    versions before 3.46, some hundred tokens that wait for their closing bracket.
    """
    if kind in _SETTLED_BY:
        settling, idle = _SETTLED_BY[kind]
        if any(test is settling for test in tests):
            return settling
        # What holds or fails whatever the row says must stay known as such: it is not null for a null.
        tests = [test for test in tests if test is not idle] or [idle]
    if len(tests) == 1:
        return tests[0]
    middle = len(tests) // 2
    halves = [joined(kind, tests[:middle]), joined(kind, tests[middle:])]
    return kind(*sorted(halves, key=_depth, reverse=True))


def _depth(expression: Expression) -> int:
    return getattr(expression, "depth", 0)


def negated(test: Expression) -> Expression:
    if test is ALWAYS:
        return NEVER
    return ALWAYS if test is NEVER else Not(test)


class Lower(Func):
    """Text without letter case, by the same table on every database as Python's str.lower.

    SQLite's own LOWER knows ASCII only; PostgreSQL's depends on the locale the database was made with.
    """

    output_field = TextField()
    arity = 1

    def as_sqlite(self, compiler, connection, **context):
        teach(connection, {"TANGRAM_LOWER": fold_text})
        return self.as_sql(compiler, connection, function="TANGRAM_LOWER", **context)

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(
            compiler, connection, template='LOWER((%(expressions)s) COLLATE "und-x-icu")', **context
        )


def fold_text(text: object) -> str | None:
    return None if text is None else str(text).lower()


def teach(connection, functions: dict[str, Callable[[object], object]]) -> None:
    """Make functions of one argument known to this connection to SQLite, once."""
    connection.ensure_connection()
    taught, names = getattr(connection, "_tangram_taught", (None, set()))
    if taught is not connection.connection:
        names = set()
    for name, function in functions.items():
        if name not in names:
            connection.connection.create_function(name, 1, function, deterministic=True)
    connection._tangram_taught = (connection.connection, names | functions.keys())


class OrElse(Func):
    """The first source, or the second where that is null; of the first one's kind."""

    function = "COALESCE"
    arity = 2

    def _resolve_output_field(self):
        return self.get_source_expressions()[0].output_field


class Number(Func):
    """A number as the decimal it stands for: sums of decimals on SQLite are binary fractions."""

    template = "%(expressions)s"
    arity = 1

    def _resolve_output_field(self):
        return self.get_source_expressions()[0].output_field

    def as_sqlite(self, compiler, connection, **context):
        [source] = self.get_source_expressions()
        places = getattr(source.output_field, "decimal_places", None)
        if isinstance(source, Col) or not isinstance(source.output_field, DecimalField) or places is None:
            return self.as_sql(compiler, connection, **context)
        return self.as_sql(compiler, connection, template=f"ROUND(%(expressions)s, {int(places)})", **context)

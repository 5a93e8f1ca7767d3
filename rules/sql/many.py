"""Many conditions asked of a whole table at once: one scan, with one bit per condition.

Related rows are folded in one pass per table and joined, instead of being looked up for every row. Above
CROSS_OVER conditions, and where the database cannot compare, the scan fetches the values and the index of
rules.engine says which conditions hold. Both ways give the same bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import islice
from operator import or_

from django.db import connections, transaction
from django.db.models import Case, Count, Exists, F, Field, Model, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Expression
from django.db.models.sql import Query

from rules.engine import Condition, Location, Problem
from rules.engine.index import RuleIndex
from rules.engine.tree import leaves

from . import expressions as sql
from .columns import Column, ListedOfOne, Related
from .compile import PARAMETERS, NotInSql, check_sql, condition_as_q, values_in

CROSS_OVER = 150  # conditions; measured by bench/sql.py
WORD = 60  # conditions per 64-bit integer, well away from its sign
CHUNK = 10_000  # rows fetched at once
FEW_TESTS = 8

Conditions = Mapping[object, Condition]
Columns = Mapping[str, Column]
Bits = Iterator[tuple[object, int]]


def matching_bits(queryset: QuerySet, conditions: Conditions, columns: Columns) -> Bits:
    """(primary key, bits) of every row, in no order: bit i is set when the i-th condition holds.

    Rows are fetched while they are read, so a table of any size may be asked.
    Raises NotInSql when a condition asks for a variable without a column.
    """
    scan = Scan(queryset, conditions, columns)
    return scan.bits_in_sql() if scan.is_for_sql else scan.bits_in_python()


def matching_counts(queryset: QuerySet, conditions: Conditions, columns: Columns) -> dict:
    """{key: of how many rows the condition holds}. Raises as matching_bits."""
    if not conditions:
        return {}
    scan = Scan(queryset, conditions, columns)
    return scan.counts_in_sql() if scan.is_for_sql else scan.counts_in_python()


def write_bits(
    queryset: QuerySet,
    conditions: Conditions,
    columns: Columns,
    *,
    into: type[Model],
    row: str,
    bits: Sequence[str],
) -> None:
    """Insert a row of `into` for every row of `queryset`; one statement, where the database does the work.

    row   the field that takes the primary key
    bits  BigIntegerFields, one per WORD conditions
    Raises as matching_bits, and ValueError for too few fields.
    """
    if len(bits) < words_for(conditions):
        raise ValueError(f"{len(conditions)} conditions need {words_for(conditions)} fields of bits.")
    scan, target = Scan(queryset, conditions, columns), Target(into, row, bits)
    with transaction.atomic(using=queryset.db):
        if scan.is_for_sql:
            scan.insert_in_sql(target)
        else:
            scan.copy_from_python(target)


def words_for(conditions: Conditions) -> int:
    return -(-len(conditions) // WORD)


class Joined(Expression):
    """A column of one of the subqueries a scan joins."""

    def __init__(self, table: str, name: str, output_field: Field):
        super().__init__(output_field=output_field)
        self.table, self.name = table, name

    def as_sql(self, compiler, connection):
        quote = connection.ops.quote_name
        return f"{quote(self.table)}.{quote(self.name)}", []


class _Source:
    """A subquery of the scan: rows with a key, and the values that were asked for, each once."""

    def __init__(self, alias: str, rows: QuerySet, *, key: str, key_field: Field):
        self.rows = rows
        self.key = Joined(alias, "scan_key", key_field)
        self._alias, self._key_path = alias, key
        self._values: list[Expression] = []

    def add(self, value: Expression) -> Joined:
        if value not in self._values:
            self._values.append(value)
        name = f"scan_{self._values.index(value)}"
        return Joined(self._alias, name, self._with({name: value}).query.annotations[name].output_field)

    def query(self) -> Query:
        return self._with({f"scan_{place}": value for place, value in enumerate(self._values)}).query

    def _with(self, values: dict[str, Expression]) -> QuerySet:
        return self.rows.values(scan_key=F(self._key_path)).annotate(**values).values("scan_key", *values)


class _Group(_Source):
    """The rows of one Related, folded by the row they belong to."""

    def __init__(self, alias: str, related: Related, *, key_field: Field):
        rows = related.rows.order_by().filter(**{f"{related.by}__isnull": False})
        super().__init__(alias, rows, key=related.by, key_field=key_field)
        self._only: dict[tuple[Q, ...], None] = {}

    def fold(self, value: Expression, only: tuple[Q, ...]) -> Joined:
        self._only[tuple(filter(None, only))] = None
        return self.add(value)

    def query(self) -> Query:
        # Rows that no value counts need not be read. Where some are counted, further tests of them add none.
        tests = [
            only for only in self._only if not any(only[:size] in self._only for size in range(len(only)))
        ]
        if all(tests) and len(tests) <= FEW_TESTS:
            self.rows = self.rows.filter(reduce(or_, (Q(*only) for only in tests)))
        return super().query()


class Scan:
    """One pass over `queryset`; see matching_bits."""

    def __init__(self, queryset: QuerySet, conditions: Conditions, columns: Columns):
        self.conditions = dict(conditions)
        self.asked = _asked(self.conditions, columns)
        self._queryset = queryset
        self._connection = connections[queryset.db]
        is_sliced = queryset.query.is_sliced
        self._base = _Source(
            "scan",
            queryset if is_sliced else queryset.order_by(),
            key="pk",
            key_field=queryset.model._meta.pk,
        )
        self._is_part = is_sliced or bool(queryset.query.where)
        self._groups: dict[tuple[int, str], _Group] = {}

    @property
    def is_for_sql(self) -> bool:
        if len(self.conditions) > CROSS_OVER:
            return False
        if any(check_sql(condition, self.asked) for condition in self.conditions.values()):
            return False
        return sum(values_in(condition) for condition in self.conditions.values()) <= PARAMETERS

    # In the database

    def bits_in_sql(self) -> Bits:
        for key, *words in self._fetched([self._base.key, *self._words()]):
            yield key, sum(word << (WORD * place) for place, word in enumerate(words))

    def counts_in_sql(self) -> dict:
        [counts] = self._fetched([sql.Times(test) for test in self._tests()])
        return dict(zip(self.conditions, counts, strict=True))

    def insert_in_sql(self, target: Target) -> None:
        words = self._words()
        words += [Value(0)] * (len(target.bits) - len(words))
        select, params = self._select([self._base.key, *words])
        with self._connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {target.columns_of(self._connection)} {select}", params)

    def _words(self) -> list[Expression]:
        tests = self._tests()
        words = [tests[start : start + WORD] for start in range(0, len(tests), WORD)]
        return [
            sql.joined(sql.BitOr, [sql.Bit(test, place) for place, test in enumerate(word)]) for word in words
        ]

    def _tests(self) -> list[Expression]:
        joined = {name: self._joined(column) for name, column in self.asked.items()}
        return [condition_as_q(condition, joined) for condition in self.conditions.values()]

    def _joined(self, column: Column) -> Column:
        """The column as a value of one of the joined subqueries."""
        if column.is_answer:
            return replace(column, expression=self._base.add(column.as_it_stands), keys=())
        if column.rows is not None:
            return replace(column, ask=partial(self._some_row, column))
        if column.longitude is not None:
            longitude = self._base.add(column.longitude_value)
            return replace(column, expression=self._base.add(column.value), longitude=longitude)
        return replace(column, expression=self._value(column), fold=None)

    def _value(self, column: Column) -> Expression:
        fold = column.fold
        if isinstance(column.expression, Value):
            return column.expression
        if fold is None:
            return self._base.add(column.value)
        group = self._group(fold.related)
        folded = group.fold(fold.aggregate, fold.related.only)
        if fold.when_none is None:
            return folded
        if fold.times is not None:
            has_some = sql.More(sql.OrElse(group.add(fold.times), Value(0)), Value(0))
            return Case(When(has_some, then=folded), default=Value(fold.when_none))
        return sql.OrElse(folded, Value(fold.when_none))

    def _some_row(self, column: Column, test: Q) -> Expression:
        if column.fold is None:
            return self._base.add(Exists(column.rows.filter(test)))
        only = (*column.fold.related.only, test)
        times = self._group(column.fold.related).fold(Count("pk", filter=Q(*only)), only)
        return sql.More(sql.OrElse(times, Value(0)), Value(0))

    def _group(self, related: Related) -> _Group:
        name = (id(related.rows), related.by)
        if name not in self._groups:
            if self._is_part:
                belonging = {f"{related.by}__in": self._queryset.values("pk")}
                related = replace(related, rows=related.rows.filter(**belonging))
            self._groups[name] = _Group(
                f"folded_{len(self._groups)}", related, key_field=self._queryset.model._meta.pk
            )
        return self._groups[name]

    # In Python

    def bits_in_python(self) -> Bits:
        holding = RuleIndex([condition.tree for condition in self.conditions.values()]).places_of
        for key, facts in self._facts():
            yield key, sum(1 << place for place in holding(facts))

    def counts_in_python(self) -> dict:
        counts = Counter()
        holding = RuleIndex([condition.tree for condition in self.conditions.values()]).places_of
        for _key, facts in self._facts():
            counts.update(holding(facts))
        return {key: counts[place] for place, key in enumerate(self.conditions)}

    def copy_from_python(self, target: Target) -> None:
        rows = ((key, *words_of(bits, len(target.bits))) for key, bits in self.bits_in_python())
        for some in batched(rows, CHUNK):
            target.copy(self._connection, some)

    def _facts(self) -> Iterator[tuple[object, dict]]:
        types = {
            variable.name: variable.type
            for condition in self.conditions.values()
            for leaf in leaves(condition.tree)
            for variable in (leaf.variable, leaf.other)
            if variable is not None
        }
        # The database gives moments back in UTC, but the day of `now` is the day in its own zone.
        fixed = {
            name: column.expression.value
            for name, column in self.asked.items()
            if isinstance(column.expression, Value)
        }
        asked = {name: column for name, column in self.asked.items() if name not in fixed}
        names = list(asked)
        sets = [name for name, column in asked.items() if column.rows is not None]
        places = {name: column for name, column in asked.items() if column.longitude is not None}
        values = [self._fact(column, types[name]) for name, column in asked.items()]
        values += [self._base.add(column.longitude_value) for column in places.values()]
        for key, *row in self._fetched([self._base.key, *values]):
            facts = fixed | dict(zip(names, row, strict=False))
            for name in sets:
                facts[name] = facts[name] or []
            for name, longitude in zip(places, row[len(names) :], strict=True):
                known = facts[name] is not None and longitude is not None
                facts[name] = Location(facts[name], longitude) if known else None
            yield key, facts

    def _fact(self, column: Column, type_key: str) -> Expression:
        """The value as a fact; of a document as it stands there, for the engine to read."""
        if column.rows is None:
            joined = self._joined(column)
            return joined.read_as(type_key) if column.numbers_are_texts else joined.as_it_stands
        if column.fold is None:
            return self._base.add(Subquery(column.rows.values(scan_listed=ListedOfOne(column.value))))
        related = column.fold.related
        return self._group(related).fold(column.fold.aggregate, related.only)

    # The statement

    def _fetched(self, values: list[Expression]) -> Iterator[Sequence]:
        compiler = self._compiler()
        select, params = self._select(values)
        converters = compiler.get_converters(values)
        with self._connection.chunked_cursor() as cursor:
            cursor.execute(select, params)
            while rows := cursor.fetchmany(CHUNK):
                yield from compiler.apply_converters(rows, converters) if converters else rows

    def _select(self, values: list[Expression]) -> tuple[str, list]:
        compiler, quote = self._compiler(), self._connection.ops.quote_name
        parts, params = [], []
        for value in values:
            part, its_params = compiler.compile(value.resolve_expression(compiler.query))
            parts.append(part)
            params += its_params
        statement = f"SELECT {', '.join(parts)}"
        for source in (self._base, *self._groups.values()):
            rows, its_params = source.query().get_compiler(self._queryset.db, elide_empty=False).as_sql()
            alias, key = quote(source.key.table), quote(source.key.name)
            if source is self._base:
                statement += f" FROM ({rows}{self._fence}) AS {alias}"
            else:
                statement += f" LEFT JOIN ({rows}) AS {alias} ON {alias}.{key} = {quote('scan')}.{key}"
            params += its_params
        return statement, params

    @property
    def _fence(self) -> str:
        """Keeps PostgreSQL from working out a value once per comparison."""
        if self._connection.vendor != "postgresql" or self._queryset.query.is_sliced:
            return ""
        return " OFFSET 0" if any(column.is_worked_out for column in self.asked.values()) else ""

    def _compiler(self):
        return Query(self._queryset.model).get_compiler(self._queryset.db)


def _asked(conditions: Conditions, columns: Columns) -> dict[str, Column]:
    problems = [
        Problem(path=f"{key}/{problem.path}", sentence=problem.sentence)
        for key, condition in conditions.items()
        if condition.names - columns.keys()
        for problem in check_sql(condition, columns)
    ]
    if problems:
        raise NotInSql(problems)
    names = frozenset().union(*(condition.names for condition in conditions.values()))
    return {name: columns[name] for name in sorted(names)}


@dataclass(frozen=True)
class Target:
    """Where bits are written: `row` takes the primary key, `bits` the integers."""

    model: type[Model]
    row: str
    bits: Sequence[str]

    def columns_of(self, connection) -> str:
        quote = connection.ops.quote_name
        fields = [self.model._meta.get_field(name).column for name in (self.row, *self.bits)]
        return f"{quote(self.model._meta.db_table)} ({', '.join(map(quote, fields))})"

    def copy(self, connection, rows: Sequence[tuple]) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.columns_of(connection)} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                places = ", ".join(["%s"] * (1 + len(self.bits)))
                cursor.executemany(f"INSERT INTO {self.columns_of(connection)} VALUES ({places})", rows)


def words_of(bits: int, count: int) -> list[int]:
    return [(bits >> (WORD * place)) & ((1 << WORD) - 1) for place in range(count)]


def batched(rows: Iterator, size: int) -> Iterator[list]:
    while some := list(islice(rows, size)):
        yield some

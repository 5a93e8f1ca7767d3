"""Where a variable lives in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db.models import (
    Aggregate,
    Case,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    JSONField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Expression

from rules.engine import Words
from rules.engine.errors import Refused

from .answers import READ_AS, Answer, WrittenNumberAnswer
from .expressions import MoreOrSame, OrElse


@dataclass(frozen=True, eq=False)
class Column:
    """One value per row, or (made by `Column.choices`) a set of values per row.

    expression  a field path that reaches one row only ("amount", "store__region__slug"), or any Django
                expression; null means that the fact is missing
    as_stored   the values of a choice are stored exactly as its options are spelled, so letter case needs no
                folding and an index can be used
    """

    expression: str | Expression
    as_stored: bool = False
    # Of a place (made by `Column.place`), whose latitude is `expression`.
    longitude: str | Expression | None = None
    # For a set of values: the rows that hold them, limited to the outer row; `expression` is their path.
    rows: QuerySet | None = None
    # For a value inside a JSON document: the keys that lead to it; `expression` is the document.
    keys: tuple[str, ...] | None = None
    numbers_are_texts: bool = False
    # Made by Related: how the related rows of all rows are folded in one pass.
    fold: Fold | None = None
    # For a set of values in a scan: an expression whether some of the rows meet a test.
    ask: Callable[[Q], Expression] | None = None

    @property
    def value(self) -> Expression:
        return F(self.expression) if isinstance(self.expression, str) else self.expression

    def read_as(self, type_key: str) -> Expression:
        """Its value for comparisons of this type; null where a JSON document holds one of another type."""
        if not self.is_answer:
            return self.value
        reader = READ_AS.get(type_key)
        if reader is None:
            raise Refused(
                Words(
                    en="A document in the database cannot be asked for this kind of value.",
                    zh="数据库无法查询文档中的这类值。",
                )
            )
        if type_key == "numeric" and self.numbers_are_texts:
            reader = WrittenNumberAnswer
        return reader(self.value, self.keys)

    @property
    def longitude_value(self) -> Expression:
        return F(self.longitude) if isinstance(self.longitude, str) else self.longitude

    @property
    def as_it_stands(self) -> Expression:
        return Answer(self.value, self.keys) if self.is_answer else self.value

    @property
    def is_worked_out(self) -> bool:
        """Whether it is more than a column, and had better be asked for once per row only."""
        if self.rows is not None or self.fold is not None:
            return False
        return self.is_answer or not isinstance(self.expression, str | F)

    @property
    def is_simple(self) -> bool:
        """Whether reading it twice costs nothing."""
        return isinstance(self.expression, str | F) and not self.is_answer

    @property
    def is_answer(self) -> bool:
        return self.keys is not None

    @property
    def is_set(self) -> bool:
        """Whether choices are several values, in related rows or in a document."""
        return self.rows is not None or self.is_answer

    def some_row(self, test: Q) -> Expression:
        """Whether one of the related rows that hold a set of values meets a test."""
        return self.ask(test) if self.ask else Exists(self.rows.filter(test))

    @classmethod
    def answer(
        cls, document: str | Expression, *keys: str, numbers_are_texts: bool = False, as_stored: bool = False
    ) -> Column:
        """What stands at `keys` of a JSON document, `document` being the path of a JSONField.

        It is read as facts are: a JSON text is a text, a date or an instant, true and false are yes and no, a
        text, a number or a list of them are choices; whatever is of another type counts as missing.

        numbers_are_texts  numbers are kept as decimal texts, "12.50"; JSON numbers are then of the wrong type
        """
        if not keys or any('"' in key or "\\" in key or "\x00" in key for key in keys):
            raise ValueError(f"No database finds this in a document: {keys!r}")
        return cls(document, keys=keys, numbers_are_texts=numbers_are_texts, as_stored=as_stored)

    @classmethod
    def place(cls, latitude: str | Expression, longitude: str | Expression) -> Column:
        """A place on the map, in degrees; missing where either is null."""
        return cls(latitude, longitude=longitude)

    @classmethod
    def choices(cls, rows: QuerySet, path: str, *, as_stored: bool = False) -> Column:
        """All values at `path` of related rows, `rows` being Tag.objects.filter(customers=OuterRef("pk")).

        Without rows the fact is an empty list, not missing.
        """
        return cls(expression=path, rows=rows.order_by(), as_stored=as_stored)

    @classmethod
    def count(cls, rows: QuerySet) -> Column:
        """How many related rows there are, `rows` being Order.objects.filter(customer=OuterRef("pk"))."""
        return cls(OrElse(_folded(rows, "COUNT", "pk", IntegerField()), Value(0)))

    @classmethod
    def sum(cls, rows: QuerySet, path: str, *, when_none: int | None = 0) -> Column:
        """The sum over related rows. Without rows it is `when_none`; None means that the fact is missing."""
        total = _folded(rows, "SUM", path)
        return cls(total if when_none is None else OrElse(total, Value(when_none)))

    @classmethod
    def highest(cls, rows: QuerySet, path: str) -> Column:
        """The highest value (the latest date) of related rows; missing without rows."""
        return cls(_folded(rows, "MAX", path))

    @classmethod
    def lowest(cls, rows: QuerySet, path: str) -> Column:
        return cls(_folded(rows, "MIN", path))

    @classmethod
    def exists(cls, rows: QuerySet) -> Column:
        """Yes or no: whether there is such a row."""
        return cls(Exists(rows))


@dataclass(frozen=True, eq=False)
class Related:
    """Rows of another table that belong to one row of this each: Related(Order.objects.all(), by="customer").

    Its columns mean the same as those of Column. Besides, a scan of many rows works out all columns that come
    from one Related in one pass over its rows, instead of looking them up row by row.

    by    the path from such a row to the one it belongs to
    only  what a row must meet to be counted at all
    """

    rows: QuerySet
    by: str
    only: tuple[Q, ...] = ()

    def where(self, *tests: Q, **lookups) -> Related:
        """Of these rows only some: where(placed_at__gte=since) for the orders of the last days."""
        return replace(self, only=(*self.only, Q(*tests, **lookups)))

    @property
    def of_one(self) -> QuerySet:
        return self.rows.filter(*self.only, **{self.by: OuterRef("pk")})

    def count(self) -> Column:
        return self._column(Column.count(self.of_one), self._taking(Count, "pk"), 0)

    def sum(self, path: str, *, when_none: int | None = 0) -> Column:
        column = Column.sum(self.of_one, path, when_none=when_none)
        return self._column(column, self._taking(Sum, path), when_none)

    def highest(self, path: str) -> Column:
        return self._column(Column.highest(self.of_one, path), self._taking(Max, path))

    def lowest(self, path: str) -> Column:
        return self._column(Column.lowest(self.of_one, path), self._taking(Min, path))

    def exists(self) -> Column:
        some = MoreOrSame(self._taking(Count, "pk"), Value(1))
        return self._column(Column.exists(self.of_one), some, when_none=False)

    def choices(self, path: str, *, as_stored: bool = False) -> Column:
        column = Column.choices(self.of_one, path, as_stored=as_stored)
        return self._column(column, Listed(F(path), **self._filter))

    def folded(self, make: Callable[[Callable], Expression], *, when_none: object = None) -> Column:
        """An expression of several aggregates; `when_none` for a row that has no related ones.

        make  is given what makes one aggregate of these rows: lambda take: take(Max, "at") - take(Min, "at")
        """
        one = self.of_one.order_by().values(self.by).annotate(_folded_value=make(_take))
        found = Subquery(one.values("_folded_value"))
        if when_none is not None:
            found = Case(When(Exists(self.of_one), then=found), default=Value(when_none))
        return Column(found, fold=Fold(self, make(self._taking), when_none, times=self._taking(Count, "pk")))

    def _taking(self, aggregate: type[Aggregate], path: str) -> Aggregate:
        return aggregate(path, **self._filter)

    @property
    def _filter(self) -> dict[str, Q]:
        return {"filter": Q(*self.only)} if self.only else {}

    def _column(self, column: Column, aggregate: Aggregate, when_none: object = None) -> Column:
        return replace(column, fold=Fold(self, aggregate, when_none))


@dataclass(frozen=True, eq=False)
class Fold:
    """How a column is worked out of all related rows at once.

    when_none  the value where the aggregate is null, or where `times`, the number of related rows, is 0
    """

    related: Related
    aggregate: Expression
    when_none: object = None
    times: Aggregate | None = None


def _take(aggregate: type[Aggregate], path: str) -> Aggregate:
    return aggregate(path)


class AsList:
    """All values, as a JSON list."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)


class Listed(AsList, Aggregate):
    name = "Listed"


class ListedOfOne(AsList, Func):
    """For a subquery; see _folded."""


def _folded(rows: QuerySet, function: str, path: str, output_field=None) -> Subquery:
    """All rows folded into one value. Func, not Aggregate: that would group by row, and return many."""
    given = {"output_field": output_field} if output_field else {}
    return Subquery(rows.order_by().values(_folded_value=Func(F(path), function=function, **given)))

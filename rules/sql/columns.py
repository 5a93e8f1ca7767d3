"""Where a variable lives in the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, Func, IntegerField, QuerySet, Subquery, Value
from django.db.models.expressions import Expression

from .expressions import OrElse


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

    @property
    def value(self) -> Expression:
        return F(self.expression) if isinstance(self.expression, str) else self.expression

    @property
    def is_simple(self) -> bool:
        """Whether reading it twice costs nothing."""
        return isinstance(self.expression, str | F)

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


def _folded(rows: QuerySet, function: str, path: str, output_field=None) -> Subquery:
    """All rows folded into one value. Func, not Aggregate: that would group by row, and return many."""
    given = {"output_field": output_field} if output_field else {}
    return Subquery(rows.order_by().values(_folded_value=Func(F(path), function=function, **given)))

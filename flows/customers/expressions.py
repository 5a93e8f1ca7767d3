"""Database expressions that mean the same on SQLite and PostgreSQL."""

from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Cast, Round

PRICE_STEPS = 10_000  # prices have four decimals

# Of an OrderLine. Whole numbers, because decimals are floats in SQLite, and floats do not add up.
AMOUNT_IN_STEPS = Cast(Round(F("unit_price") * PRICE_STEPS), models.BigIntegerField()) * F("quantity")


class StepsToUnits(Func):
    """A whole number of price steps as an amount in the currency's units."""

    output_field = models.DecimalField(max_digits=20, decimal_places=4)
    template = f"(%(expressions)s / {PRICE_STEPS}.0)"


class WholeDays(Func):
    """Times 24 hours from the second instant to the first, rounded down."""

    output_field = models.IntegerField()
    arity = 2

    def as_sqlite(self, compiler, connection, **context):
        template = "(django_timestamp_diff(%(expressions)s) / 86400000000)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", ", **context)

    def as_postgresql(self, compiler, connection, **context):
        template = "FLOOR(EXTRACT(EPOCH FROM (%(expressions)s)) / 86400)::integer"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)

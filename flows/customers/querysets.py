from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from flows.customers.expressions import AMOUNT_IN_STEPS, StepsToUnits
from rules.sql import condition_as_q


class CustomerQuerySet(models.QuerySet):
    def with_a_sale(self, *, at: datetime | None = None):
        """Who ever bought: has an order that is neither a return nor an adjustment, placed by `at`."""
        return self.filter(Exists(self._sales(at=at)))

    def bought_within(self, days: int, *, at: datetime):
        """Who has a sale in the `days` times 24 hours that end at `at`, both ends included."""
        return self.filter(Exists(self._sales(at=at, since=at - timedelta(days=days))))

    def matching(self, condition, *, at: datetime, scores=None):
        """Of whom a compiled condition of rules.engine over SEGMENT_VOCABULARY holds, as of `at`: one query.

        scores  rules.store.scores.Scores that it may ask, too. Raises rules.sql.NotInSql."""
        from flows.customers.facts import score_columns, sql_columns

        if condition.is_always:
            return self
        own = [name for name in condition.names if not scores or name not in scores]
        columns = sql_columns(at=at, names=own)
        if scores:
            columns |= score_columns(scores, condition.names, at=at)
        return self.filter(condition_as_q(condition, columns))

    def with_order_facts(self, *, at: datetime):
        """Each with `orders_count` and `last_order_at`, for lists."""
        from flows.customers.facts import columns

        return self.annotate(**columns(at=at, names=["orders_count", "last_order_at"]))

    def with_store(self, *, at: datetime):
        """Each with `store_slug` and `region_slug` of the newest order by `at` that names a store."""
        from flows.customers.models import Order

        orders = Order.objects.placed(by=at).filter(customer=OuterRef("pk"), store__isnull=False)
        newest = orders.order_by("-placed_at", "-pk")
        return self.annotate(
            store_slug=Subquery(newest.values("store__slug")[:1]),
            region_slug=Subquery(newest.values("store__region__slug")[:1]),
        )

    def _sales(self, *, at=None, since=None):
        from flows.customers.models import Order

        return Order.objects.sales().placed(by=at, since=since).filter(customer=OuterRef("pk"))


class OrderQuerySet(models.QuerySet):
    def sales(self):
        return self.filter(kind="sale")

    def returns(self):
        return self.filter(kind="return")

    def with_amount(self):
        """Each with `lines_count` and `amount`, a decimal in the currency's units."""
        from flows.customers.models import OrderLine

        lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
        total, count = lines.annotate(value=Sum(AMOUNT_IN_STEPS)), lines.annotate(value=Count("pk"))
        return self.annotate(
            amount=StepsToUnits(Coalesce(Subquery(total.values("value")), 0)),
            lines_count=Coalesce(Subquery(count.values("value")), 0),
        )

    def placed(self, *, since: datetime | None = None, by: datetime | None = None):
        """Placed in [since, by]; an end that is None is open."""
        orders = self if since is None else self.filter(placed_at__gte=since)
        return orders if by is None else orders.filter(placed_at__lte=by)


class ImportRunQuerySet(models.QuerySet):
    def waiting(self, *, at: datetime):
        """To be run now: nobody has begun, or whoever began has gone silent."""
        return self.filter(Q(state="queued") | Q(state="running", leased_until__lt=at))

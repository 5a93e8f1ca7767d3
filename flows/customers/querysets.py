from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q


class CustomerQuerySet(models.QuerySet):
    def with_a_sale(self, *, at: datetime | None = None):
        """Who ever bought: has an order that is neither a return nor an adjustment, placed by `at`."""
        return self.filter(Exists(self._sales(at=at)))

    def bought_within(self, days: int, *, at: datetime):
        """Who has a sale in the `days` times 24 hours that end at `at`, both ends included."""
        return self.filter(Exists(self._sales(at=at, since=at - timedelta(days=days))))

    def matching(self, condition, *, at: datetime):
        """Of whom a compiled condition of rules.engine over SEGMENT_VOCABULARY holds, as of `at`."""
        from flows.customers.facts import columns

        names = sorted(condition.names)
        facts = columns(at=at, names=names)
        rows = self.values_list("pk", *facts.values())
        return self.filter(
            pk__in=[pk for pk, *values in rows if condition.holds(dict(zip(names, values, strict=True)))]
        )

    def _sales(self, *, at=None, since=None):
        from flows.customers.models import Order

        return Order.objects.sales().placed(by=at, since=since).filter(customer=OuterRef("pk"))


class OrderQuerySet(models.QuerySet):
    def sales(self):
        return self.filter(kind="sale")

    def returns(self):
        return self.filter(kind="return")

    def placed(self, *, since: datetime | None = None, by: datetime | None = None):
        """Placed in [since, by]; an end that is None is open."""
        orders = self if since is None else self.filter(placed_at__gte=since)
        return orders if by is None else orders.filter(placed_at__lte=by)


class ImportRunQuerySet(models.QuerySet):
    def waiting(self, *, at: datetime):
        """To be run now: nobody has begun, or whoever began has gone silent."""
        return self.filter(Q(state="queued") | Q(state="running", leased_until__lt=at))

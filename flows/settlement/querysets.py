from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum


class AccountQuerySet(models.QuerySet):
    def balances(self) -> dict:
        """Debits less credits of each account, in minor units, by account."""
        debited = dict(self.values_list("pk").annotate(Sum("debits__minor", default=0)))
        credited = dict(self.values_list("pk").annotate(Sum("credits__minor", default=0)))
        return {account: debited[account.pk] - credited[account.pk] for account in self}


class EntryQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All of them to who may view the ledger; to a store's manager, what the store earns."""
        if user.has_perm("settlement.view_entry"):
            return self
        if user.store_id and user.has_perm("settlement.view_own_entry"):
            return self.of_store(user.store.slug)
        return self.none()

    def of_store(self, slug):
        own = {"owner_kind": "store", "owner": slug}
        return self.filter(
            Q(**{f"credit__{key}": value for key, value in own.items()})
            | Q(**{f"debit__{key}": value for key, value in own.items()})
        )

    def of_account(self, account):
        return self.filter(Q(debit=account) | Q(credit=account))

    def between(self, start: datetime, end: datetime):
        return self.filter(happened_at__gte=start, happened_at__lt=end)

    def for_reading(self):
        return self.select_related(
            "debit__store", "credit__store", "line__order", "version", "settlement__version"
        )


class SettlementQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(state__in=["requested", "posted"])

    def posted(self):
        return self.filter(state="posted")

    def overlapping(self, *, plan, first_day, until_day):
        return self.in_force().filter(plan=plan, first_day__lt=until_day, until_day__gt=first_day)

    def waiting(self, *, at):
        """Requested, and nobody is at work on them (any more)."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=at), state="requested")


# What rules and arithmetic read of a line, under these names.
LINE_COLUMNS = (
    "pk",
    "position",
    "sku",
    "description",
    "category",
    "quantity",
    "unit_price",
    "order_id",
    "order__number",
    "order__kind",
    "order__placed_at",
    "order__country",
    "order__channel",
    "order__customer_id",
    "order__customer__level",
    "order__store__slug",
    "order__store__region__slug",
)


def lines_between(start: datetime, end: datetime, *, currency=None, counts_returns=True):
    """Order lines of orders placed in [start, end), oldest first."""
    from flows.customers.models import Order, OrderLine

    lines = OrderLine.objects.filter(order__placed_at__gte=start, order__placed_at__lt=end)
    if currency:
        lines = lines.filter(order__currency=currency)
    if not counts_returns:
        lines = lines.exclude(order__kind=Order.Kind.RETURN)
    return lines.order_by("order__placed_at", "order__number", "position")


def lines_of_plan(plan, *, start: datetime, end: datetime):
    """What a compiled plan covers in [start, end)."""
    return lines_between(start, end, currency=plan.currency, counts_returns=plan.counts_returns)


def not_paid_by(lines, *, plan: str):
    """Those of `lines` for which the plan called `plan` has no entry yet."""
    from flows.settlement.models import Entry

    return lines.exclude(Exists(Entry.objects.filter(plan=plan, line=OuterRef("pk"))))


def rows_of(lines):
    """`lines` as plain rows, read in pieces."""
    return lines.values_list(*LINE_COLUMNS, named=True).iterator(chunk_size=5_000)

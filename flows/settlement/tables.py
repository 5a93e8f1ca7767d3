"""Totals of a settlement as rows that people read."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from flows.money import Money
from flows.organisation.models import Store
from flows.settlement.commission import NOT_RULES
from flows.settlement.forms import UNNAMED_RULE
from flows.settlement.models import Account


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    rule: str  # how the ledger's filter asks for it
    name: str
    lines: int
    percent: str
    money: Money


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    name: str
    account: int | None  # key of the account, once it is opened
    money: Money


def rule_rows(totals: dict, *, currency: str) -> list[RuleRow]:
    rows = [
        RuleRow(
            rule=UNNAMED_RULE if rule in NOT_RULES else rule,
            name=NOT_RULES.get(rule, rule),
            lines=row["lines"],
            percent=rate_of(row["percent"]),
            money=Money(minor=row["minor"], currency=currency),
        )
        for rule, row in totals["by_rule"].items()
    ]
    return sorted(rows, key=lambda row: -row.money.minor)


def rate_of(percent: str) -> str:
    return f"{percent} %" if percent else _("by formula")


def account_rows(totals: dict, *, currency: str) -> list[AccountRow]:
    stores = dict(Store.objects.values_list("slug", "name"))
    opened = {account.key: account.pk for account in Account.objects.filter(currency=currency)}
    rows = [
        AccountRow(
            name=owner_name(key, stores),
            account=opened.get(key),
            money=Money(minor=minor, currency=currency),
        )
        for key, minor in totals["by_account"].items()
    ]
    return sorted(rows, key=lambda row: -row.money.minor)


def owner_name(key: str, stores: dict) -> str:
    """Who an Account.key belongs to, as people say it."""
    _kind, owner_kind, owner = [*key.split(":", 2), ""][:3]
    if owner_kind == Account.OwnerKind.STORE:
        return stores.get(owner, owner)
    return owner or _("no region")


@dataclass(frozen=True, kw_only=True)
class CompareRow:
    name: str
    draft: Money
    live: Money | None

    @property
    def difference(self) -> Money | None:
        if self.live is None:
            return None
        return Money(minor=self.draft.minor - self.live.minor, currency=self.draft.currency)

    @property
    def signed_difference(self) -> str:
        """+1.00, -1.00 or 0.00: who gains is seen without colour."""
        difference = self.difference
        return f"+{difference}" if difference and difference.minor > 0 else str(difference or "")


def compare_rows(draft: dict, live: dict | None, *, key: str, currency: str) -> list[CompareRow]:
    """The totals of two plans side by side; `live` may be None.

    key  "by_rule", "by_account" or "total"
    """
    stores = dict(Store.objects.values_list("slug", "name"))
    called = {**NOT_RULES, "total": _("Total")}
    of_draft, of_live = amounts(draft, key), amounts(live, key)

    def name(row):
        return owner_name(row, stores) if key == "by_account" else called.get(row, row)

    return [
        CompareRow(
            name=name(row),
            draft=Money(minor=of_draft.get(row, 0), currency=currency),
            live=Money(minor=of_live.get(row, 0), currency=currency) if live else None,
        )
        for row in [*of_draft, *(row for row in of_live if row not in of_draft)]
    ]


def amounts(totals: dict | None, key: str) -> dict[str, int]:
    if not totals:
        return {}
    if key == "total":
        return {"total": totals["commission_minor"]}
    return {name: row["minor"] if key == "by_rule" else row for name, row in totals[key].items()}

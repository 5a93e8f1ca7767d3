"""Past order lines, for commission plans: which would earn otherwise, and what that costs."""

from django.utils.translation import gettext_lazy as _

from flows.customers.models import OrderLine
from flows.money import Money
from flows.organisation.models import Store
from flows.settlement.actions import payable_of
from flows.settlement.commission import shares_of
from flows.settlement.facts import OrderLineVariables
from flows.settlement.models import CommissionPlan
from flows.settlement.querysets import LINE_COLUMNS, lines_of_plan, rows_of
from rules.engine import FactsOf
from rules.store.histories import Case, History, register_history

PAGE = 2_000


class OrderLines(History):
    """The lines that the draft covers, paid or not."""

    label = _("order lines")
    example = _("order number")

    def count(self, sides, since, until):
        return lines_of_plan(sides.draft.compiled, start=since, end=until).count()

    def pages(self, sides, since, until, after):
        lines = lines_of_plan(sides.draft.compiled, start=since, end=until).order_by("pk")
        while page := list(lines.filter(pk__gt=after).values_list(*LINE_COLUMNS, named=True)[:PAGE]):
            yield [case_of(line) for line in page]
            after = page[-1].pk

    def find(self, sides, text):
        lines = OrderLine.objects.filter(order__number=text.strip()).order_by("position")
        return next(map(case_of, lines.values_list(*LINE_COLUMNS, named=True)[:1]), None)

    def money(self, sides, since, until, progress):
        """Rounded as statements are, so what is shown is what settling the period would pay."""
        draft = by_owner(sides.draft.compiled, since, until, progress)
        # Amounts in two currencies are not compared.
        comparable = sides.live and sides.live.compiled.currency == sides.draft.compiled.currency
        live = by_owner(sides.live.compiled, since, until, progress) if comparable else {}
        names = dict(Store.objects.values_list("slug", "name"))
        rows = [
            [name_of(owner, names), draft.get(owner, 0), live.get(owner, 0) if comparable else None]
            for owner in dict.fromkeys([*draft, *live])
        ]
        return {
            "currency": sides.draft.compiled.currency,
            "rows": sorted(rows, key=lambda row: -abs(row[1] - (row[2] or 0))),
            "draft": sum(draft.values()),
            "live": sum(live.values()) if comparable else None,
        }

    def amount(self, minor, currency):
        return str(Money(minor=minor, currency=currency))


def case_of_entry(entry) -> Case:
    """The line that an entry of the ledger pays."""
    lines = OrderLine.objects.filter(pk=entry.line_id).values_list(*LINE_COLUMNS, named=True)
    return case_of(lines.get())


def case_of(line) -> Case:
    variables = FactsOf(OrderLineVariables(line))
    return Case(place=line.pk, subject=f"order_line:{line.pk}", facts=variables)


def by_owner(plan, since, until, progress) -> dict:
    owners = {}
    for share in shares_of(plan, rows_of(lines_of_plan(plan, start=since, end=until)), progress=progress):
        owner = payable_of(share)
        owners[owner] = owners.get(owner, 0) + share.minor
    return owners


def name_of(owner, stores) -> str:
    kind, name = owner
    return (stores.get(name, name) if kind == "store" else name) or "–"


def register() -> None:
    register_history(CommissionPlan, OrderLines())

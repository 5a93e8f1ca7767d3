"""All customers as they are, for segments: who would enter, who would leave."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flows.customers.facts import columns
from flows.customers.models import Customer, Segment
from rules.store.histories import Case, History, register_history

PAGE = 1_000


class Customers(History):
    label = _("customers")
    example = _("customer number")
    has_period = False

    def count(self, sides, since, until):
        return Customer.objects.count()

    def pages(self, sides, since, until, after):
        asked = asked_of(sides, until)
        while page := list(Customer.objects.filter(pk__gt=after).order_by("pk").values("pk", **asked)[:PAGE]):
            yield [case_of(row) for row in page]
            after = page[-1]["pk"]

    def find(self, sides, text):
        rows = Customer.objects.filter(number=text.strip()).values("pk", **asked_of(sides, timezone.now()))
        return next(map(case_of, rows), None)


def asked_of(sides, at):
    return {f"fact_{name}": column for name, column in columns(at=at, names=sides.names).items()}


def case_of(row):
    facts = {name.removeprefix("fact_"): value for name, value in row.items() if name != "pk"}
    return Case(place=row["pk"], subject=f"customer:{row['pk']}", facts=facts)


def register() -> None:
    register_history(Segment, Customers())

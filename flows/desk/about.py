"""Whom a form is about: what fills its inputs before anyone typed, and when another number is typed."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language

from flows.customers.models import Customer, Order
from flows.customers.views.lists import may_see_contacts
from flows.forms.asking import AnswersForm
from flows.forms.fields import FieldSpec
from flows.forms.prefill import values_from

ABOUT = ("customer", "order", "store")


@dataclass(frozen=True, kw_only=True)
class About:
    """`given`: numbers by kind, as they came. What `user` may not see fills nothing."""

    user: object
    customer: Customer | None = None
    order: Order | None = None
    given: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, given: dict, *, user) -> "About":
        orders = Order.objects.select_related("customer", "store")
        return cls(
            user=user,
            customer=Customer.objects.filter(number=given.get("customer", "")).first(),
            order=orders.filter(number=given.get("order", "")).first(),
            given=tuple(given.items()),
        )

    @classmethod
    def asked_for(cls, request) -> "About":
        """?customer=C1&order=O1"""
        return cls.of({kind: request.GET[kind] for kind in ABOUT if kind in request.GET}, user=request.user)

    @classmethod
    def typed(cls, form: AnswersForm, *, user) -> "About":
        given = {}
        for spec in form.specs:
            if spec.kind in ABOUT and (number := form.cleaned_data.get(spec.name)):
                given.setdefault(spec.kind, number)
        return cls.of(given, user=user)

    @property
    def key(self) -> str:
        """The same for the same customer and order; "" for none."""
        return " ".join(str(found.pk) if found else "-" for found in (self.customer, self.order)).strip("- ")

    def values(self, specs: Iterable[FieldSpec]) -> dict:
        may = self.user.has_perm
        return values_from(
            specs,
            customer=self.customer if may("customers.view_customer") else None,
            order=self.order if may("customers.view_order") else None,
            shows_contacts=may_see_contacts(self.user),
            today=timezone.localdate(),
            language=get_language(),
        )

    def numbers(self, specs: Iterable[FieldSpec]) -> dict:
        """The given numbers themselves, in the first field of their kind."""
        first = {}
        for spec in specs:
            first.setdefault(spec.kind, spec.name)
        return {first[kind]: number for kind, number in self.given if kind in first}

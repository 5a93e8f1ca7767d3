"""Customers and orders in the admin: lists with search, filters and export, and a page for each."""

import io
from decimal import Decimal

from django.core.paginator import Paginator
from django.http import FileResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, DateFromToRangeFilter
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import IndexView
from wagtail.admin.views.generic.models import InspectView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.log_actions import log

from flows.customers.facts import SEGMENT_VOCABULARY, facts_of, values_of
from flows.customers.imports import importer_of
from flows.customers.models import Customer, Order
from flows.customers.resources import CustomerResource, OrderResource
from flows.customers.scores import scores_of

ORDERS_PER_PAGE = 20
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class SpreadsheetIndexView(IndexView):
    """A list that opens a page for each row, and exports by a django-import-export resource."""

    # Wagtail offers its export buttons when this is set; what is exported is the resource's business.
    list_export = ["number"]
    importer = ""

    def get_edit_url(self, instance):
        return self.get_inspect_url(instance)

    def get_list_buttons(self, instance):
        return []

    @cached_property
    def header_buttons(self):
        importer = importer_of(self.importer)
        if not self.request.user.has_perm(importer.permission):
            return super().header_buttons
        url = reverse("imports:upload", args=[importer.kind])
        return [*super().header_buttons, HeaderButton(_("Import"), url=url, icon_name="upload")]

    def make_resource(self):
        raise NotImplementedError

    def as_spreadsheet(self, queryset, spreadsheet_format):
        data = self.make_resource().export(queryset=queryset)
        # Who took which list away is written down.
        log(
            instance=self.request.user,
            action="customers.export",
            user=self.request.user,
            data={"what": str(self.model._meta.verbose_name_plural), "rows": len(data)},
        )
        content = data.export(spreadsheet_format)
        # With a mark, so that spreadsheets read Chinese.
        raw = content.encode("utf-8-sig") if isinstance(content, str) else content
        return FileResponse(
            io.BytesIO(raw),
            as_attachment=True,
            filename=f"{self.model._meta.model_name}s-{timezone.localdate()}.{spreadsheet_format}",
            content_type=CONTENT_TYPES[spreadsheet_format],
        )


class AmountColumn(Column):
    cell_template_name = "customers/_amount_cell.html"


def choices_of(field):
    return lambda: [(value, value) for value in values_of(field)]


class CustomerFilterSet(WagtailFilterSet):
    country = ChoiceFilter(label=_("Country or region"), choices=choices_of("country"))
    level = ChoiceFilter(label=_("Level"), choices=choices_of("level"))

    class Meta:
        model = Customer
        fields = []


class CustomerIndexView(SpreadsheetIndexView):
    importer = "customers"
    # Short, so that a phone has room for the title.
    add_item_label = _("Add")

    def get_base_queryset(self):
        return super().get_base_queryset().with_order_facts(at=timezone.now())

    def make_resource(self):
        return CustomerResource(shows_contacts=may_see_contacts(self.request.user))


def may_see_contacts(user) -> bool:
    return user.has_perm("customers.change_customer")


class CustomerView(InspectView):
    """Who it is, what rules know of them, and their orders."""

    template_name = "customers/customer_page.html"
    page_title = _("Customer")

    def get_context_data(self, **kwargs):
        customer = self.object
        shows_contacts = may_see_contacts(self.request.user)
        orders = customer.orders.with_amount()
        at = timezone.now()
        return super().get_context_data(
            customer=customer,
            phone=customer.phone if shows_contacts else customer.masked_phone,
            facts=facts_in_words(facts_of(customer, at=at)),
            scores=[
                (name, score.sentence(get_language()), score.sentences(get_language()))
                for name, score in scores_of(customer, at=at)
            ],
            orders=Paginator(orders, ORDERS_PER_PAGE).get_page(self.request.GET.get("p")),
            **kwargs,
        )


# What the page does not say elsewhere, in this order.
SHOWN_FACTS = (
    "orders_count",
    "returns_count",
    "total_spent",
    "first_order_at",
    "last_order_at",
    "days_since_first_order",
    "days_since_last_order",
)


def facts_in_words(facts: dict) -> list[tuple[str, object]]:
    """(label, value) of what rules may ask of a customer."""
    language = get_language()
    return [
        (SEGMENT_VOCABULARY.variables[name].label.say(language), in_words(facts[name]))
        for name in SHOWN_FACTS
    ]


def in_words(fact):
    """Amounts as people write them: 1,942.90."""
    return number_format(fact, decimal_pos=2, force_grouping=True) if isinstance(fact, Decimal) else fact


class OrderFilterSet(WagtailFilterSet):
    country = ChoiceFilter(label=_("Country or region"), choices=choices_of("country"))
    placed_at = DateFromToRangeFilter(label=_("Placed"), widget=DateRangePickerWidget)

    class Meta:
        model = Order
        fields = ["kind", "store"]


class OrderIndexView(SpreadsheetIndexView):
    importer = "orders"

    def get_base_queryset(self):
        return super().get_base_queryset().select_related("customer", "store").with_amount()

    def make_resource(self):
        return OrderResource()

    def get_add_url(self):
        return None


class OrderView(InspectView):
    template_name = "customers/order_page.html"
    page_title = _("Order")

    def get_context_data(self, **kwargs):
        lines = list(self.object.lines.all())
        return super().get_context_data(
            order=self.object, lines=lines, total=sum(line.amount for line in lines), **kwargs
        )

    def get_edit_url(self):
        return None

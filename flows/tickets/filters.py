import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from flows.organisation.models import Department
from flows.tickets.models import Ticket, TicketType
from flows.tickets.models.ticket import Status, Urgency


def types_in_use() -> list[tuple[str, str]]:
    return list(TicketType.objects.values_list("slug", "name"))


class TicketFilterSet(WagtailFilterSet):
    ticket_type = django_filters.ChoiceFilter(label=_("Ticket type"), choices=types_in_use)
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Status.choices, widget=forms.CheckboxSelectMultiple
    )
    urgency = django_filters.MultipleChoiceFilter(
        label=_("Urgency"), choices=Urgency.choices, widget=forms.CheckboxSelectMultiple
    )
    department = django_filters.ModelMultipleChoiceFilter(
        label=_("Department"), queryset=Department.objects.all(), widget=forms.CheckboxSelectMultiple
    )
    created_at = django_filters.DateFromToRangeFilter(label=_("Opened"), widget=DateRangePickerWidget)

    class Meta:
        model = Ticket
        fields = []

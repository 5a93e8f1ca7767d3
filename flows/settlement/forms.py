from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flows.customers.models import Order
from flows.settlement.models import Account, CommissionPlan, Entry
from rules.store.runtime import live_versions

# Asks for the entries that no named rate decided: the default rate, or no rule at all.
UNNAMED_RULE = "-"


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """Two days, both included, as people name a period."""

    first_day = forms.DateField(label=_("First day"), widget=DayInput())
    last_day = forms.DateField(label=_("Last day"), widget=DayInput())

    def clean(self):
        data = super().clean()
        if data.get("first_day") and data.get("last_day") and data["last_day"] < data["first_day"]:
            self.add_error("last_day", _("The last day is before the first day."))
        return data

    @property
    def until_day(self):
        return self.cleaned_data["last_day"] + timedelta(days=1)


class SettleForm(PeriodForm):
    plan = forms.ChoiceField(label=_("Commission plan"))
    field_order = ["plan", "first_day", "last_day"]

    def __init__(self, *args, at, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["plan"].choices = [
            (version.slug, str(version)) for version in live_versions(CommissionPlan, at=at)
        ]


class LedgerFilterForm(forms.Form):
    """Every filter of the ledger's list; empty ones do not filter."""

    order = forms.CharField(label=_("Order number"), required=False)
    first_day = forms.DateField(label=_("From"), widget=DayInput(), required=False)
    last_day = forms.DateField(label=_("To"), widget=DayInput(), required=False)
    account = forms.ModelChoiceField(
        label=_("Account"),
        queryset=Account.objects.select_related("store"),
        required=False,
        empty_label=_("All accounts"),
    )
    rule = forms.ChoiceField(label=_("Rule"), required=False)
    settlement = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = Entry.objects.order_by("rule").values_list("rule", flat=True).distinct()
        self.fields["rule"].choices = [
            ("", _("All rules")),
            *((name, name) for name in names if name),
            (UNNAMED_RULE, _("All other lines")),
        ]

    def filter(self, entries):
        """`entries` by every filter that makes sense; one that does not is shown with its error."""
        self.is_valid()
        data = getattr(self, "cleaned_data", {})
        if data.get("order"):
            entries = entries.filter(line__order__number__iexact=data["order"].strip())
        if data.get("first_day"):
            entries = entries.filter(happened_at__gte=midnight(data["first_day"]))
        if data.get("last_day"):
            entries = entries.filter(happened_at__lt=midnight(data["last_day"] + timedelta(days=1)))
        if data.get("account"):
            entries = entries.of_account(data["account"])
        if data.get("rule"):
            entries = entries.filter(rule="" if data["rule"] == UNNAMED_RULE else data["rule"])
        if data.get("settlement"):
            entries = entries.filter(settlement_id=data["settlement"])
        return entries


def midnight(day) -> datetime:
    """When `day` begins for the reader."""
    return timezone.make_aware(datetime.combine(day, time.min))


def last_month_with_orders(*, today):
    """(first day, last day) of the newest month that is over and has orders: most likely what to settle."""
    first_of_this_month = today.replace(day=1)
    newest = Order.objects.filter(placed_at__lt=midnight(first_of_this_month)).order_by("-placed_at").first()
    last = timezone.localdate(newest.placed_at) if newest else first_of_this_month - timedelta(days=1)
    next_month = (last.replace(day=1) + timedelta(days=32)).replace(day=1)
    return last.replace(day=1), next_month - timedelta(days=1)

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flows.customers.models import Segment
from rules.store.forms import StoredRecordForm


def segment_choices():
    segments = Segment.objects.in_use().order_by("name").values_list("slug", "name")
    return [("", _("Choose a segment")), *segments]


class BroadcastForm(StoredRecordForm):
    segment = forms.ChoiceField(
        label=_("Segment"),
        choices=segment_choices,
        help_text=_("Who it is for. Segments are under Customers."),
    )


LOCAL_FORMAT = "%Y-%m-%dT%H:%M:%S"


class MomentForm(forms.Form):
    """When: a moment, or now if left empty."""

    at = forms.DateTimeField(
        label=_("When"), required=False, help_text=_("Leave empty for now."),
        # The browser's own: phones bring up their wheel.
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format=LOCAL_FORMAT),
    )  # fmt: skip

    def clean_at(self):
        return self.cleaned_data["at"] or timezone.now()


class TryTextForm(forms.Form):
    text = forms.CharField(
        label=_("Text to search"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Paste a message, or several."),
    )  # fmt: skip

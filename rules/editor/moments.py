from django import forms
from django.utils.translation import gettext as _


def in_this_era(day):
    """Days at either end of the calendar have no instant in every time zone."""
    if not 1970 <= day.year <= 9000:
        raise forms.ValidationError(_("Enter a valid date."))

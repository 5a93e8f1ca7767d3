import re
from math import isfinite

from django import forms
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _

UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


def always() -> dict:
    """The condition that always holds: nothing is asked."""
    return {"all": []}


def is_storable(value) -> bool:
    """JSON may spell what columns refuse: NaN, and on PostgreSQL null characters and half surrogate pairs."""
    if isinstance(value, dict):
        return all(is_storable(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(map(is_storable, value))
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, str) or not UNSTORABLE.search(value)


class TreeFormField(forms.JSONField):
    """JSON from a builder. An emptied builder stores the field's own "nothing", never null."""

    empty_values = [None, ""]

    def __init__(self, *args, nothing, **kwargs):
        self.nothing = nothing
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        try:
            document = super().to_python(value)
            storable = is_storable(document)
        except RecursionError:
            raise forms.ValidationError(_("This is nested too deeply.")) from None
        except ValueError:
            # Python reads no more than 4,300 digits.
            raise forms.ValidationError(_("A number in it is too long.")) from None
        if not storable:
            raise forms.ValidationError(_("It holds characters that cannot be stored. Please type it anew."))
        return document

    def bound_data(self, data, initial):
        try:
            self.to_python(data)
        except forms.ValidationError:
            # Shown again as it came.
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)

    def clean(self, value):
        cleaned = super().clean(value)
        return self.nothing() if cleaned is None else cleaned


class ConditionField(models.JSONField):
    """A condition tree in business-rules' format. `vocabulary` names one of the record's vocabularies()."""

    nothing = staticmethod(always)

    def __init__(self, *args, vocabulary="", **kwargs):
        self.vocabulary = vocabulary
        kwargs.setdefault("default", self.nothing)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": TreeFormField, "nothing": self.nothing, **kwargs})


class ActionsField(ConditionField):
    """A list of {"name", "params"}, from the actions of one of the record's vocabularies()."""

    nothing = list


class FormulaField(models.TextField):
    """A formula's text, with variables by name. `vocabulary` names one of the record's vocabularies().

    compact  one line, such as the points of a row
    """

    def __init__(self, *args, vocabulary="", compact=False, **kwargs):
        self.vocabulary = vocabulary
        self.compact = compact
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

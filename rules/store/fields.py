from django import forms
from django.db import models


def always() -> dict:
    """The condition that always holds: nothing is asked."""
    return {"all": []}


class TreeFormField(forms.JSONField):
    """JSON from a builder. An emptied builder stores the field's own "nothing", never null."""

    empty_values = [None, ""]

    def __init__(self, *args, nothing, **kwargs):
        self.nothing = nothing
        super().__init__(*args, **kwargs)

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

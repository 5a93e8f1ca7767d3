"""The flow on the edit page: nothing unreadable is stored, and mistakes are told at their step."""

from dataclasses import replace

from django import forms
from django.db import models

from flows.tickets.flow import empty_flow, in_place, problems_of_format
from rules.store.fields import TreeFormField
from rules.store.forms import StoredRecordForm

PARTS_OF_FLOW = [("nodes",), ("transitions",)]


class FlowFormField(TreeFormField):
    widget = forms.Textarea(attrs={"rows": 20, "spellcheck": "false"})

    def to_python(self, value):
        flow = super().to_python(value)
        if flow in self.empty_values:
            return flow
        if problems := problems_of_format(flow):
            raise forms.ValidationError([in_place(problem, flow) for problem in problems])
        return flow


class FlowField(models.JSONField):
    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": FlowFormField, "nothing": empty_flow, **kwargs})


class TicketTypeForm(StoredRecordForm):
    """`flow_problems`: what is wrong with the flow, each with its path, for who draws it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.flow_problems = []

    def place_problems(self, problems):
        self.flow_problems = [problem for problem in problems if problem.path[:1] in PARTS_OF_FLOW]
        flow = self.cleaned_data.get("flow")
        super().place_problems(
            [
                replace(problem, sentence=in_place(problem, flow))
                if problem in self.flow_problems
                else problem
                for problem in problems
            ]
        )

    def place_of(self, path, rows_of):
        return (self, "flow") if path[:1] in PARTS_OF_FLOW else super().place_of(path, rows_of)

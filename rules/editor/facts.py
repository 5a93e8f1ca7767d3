"""Facts typed into a generated form: one input per variable, by type. An empty input is a missing fact."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rules.engine import Location, Variable
from rules.engine.facts import UNREADABLE, read_clock, read_location
from rules.engine.sentences import say_clock

LONGEST_TEXT = 100_000
LONG = 60  # characters; a longer text gets a larger input
LISTED = 200  # options; of more, such as the stores of a large company, the code is typed
SEVERAL = "select_multiple"


class FactsForm(forms.Form):
    """`facts` are shown; what is not touched keeps its exact value, which an input may be unable to show."""

    def __init__(self, data=None, *, variables: Iterable[Variable], facts: Mapping):
        super().__init__(data, prefix="fact")
        self.variables, self.facts = list(variables), dict(facts)
        self.shown = {
            variable.name: as_shown(variable, facts.get(variable.name)) for variable in self.variables
        }
        for variable in self.variables:
            self.fields[variable.name] = field_of(variable, self.shown[variable.name])
            self.initial[variable.name] = self.shown[variable.name]

    def given(self) -> dict:
        """The facts as they are now, once the form is valid; those that are missing are left out."""
        given = {}
        for variable in self.variables:
            name = variable.name
            if self.typed(name) == self.shown[name]:
                if name in self.facts:
                    given[name] = self.facts[name]
            elif (value := as_fact(variable, self.cleaned_data[name])) is not None:
                given[name] = value
        return given

    def typed(self, name):
        key = self.add_prefix(name)
        if isinstance(self.shown[name], list):
            return self.fields[name].widget.value_from_datadict(self.data, {}, key) or []
        return self.data.get(key, "").replace("\r\n", "\n")


def starting_facts(variables: Iterable[Variable]) -> dict:
    """Of a new test: where several choices are asked for, none is chosen; all else is missing."""
    return {variable.name: [] for variable in variables if variable.type == SEVERAL and variable.options}


# One row per type: how a fact is shown, asked for and read.


def as_shown(variable, value) -> str | list[str]:
    """ "" also for a value that is not of the variable's type."""
    several = isinstance(value, list | tuple | set | frozenset)
    match variable.type:
        case "numeric":
            is_number = isinstance(value, int | Decimal | float) and not isinstance(value, bool)
            return str(value) if is_number else ""
        case "time":
            digits = read_clock(value)
            return "" if digits is UNREADABLE else say_clock(digits)
        case "boolean":
            return {True: "yes", False: "no"}[value] if isinstance(value, bool) else ""
        case "select_multiple" if variable.options:
            return [str(one) for one in value] if several else []
        case "select_multiple" if several:
            return _(", ").join(str(one) for one in value)
        case "datetime" if isinstance(value, datetime) and value.tzinfo:
            return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M:%S")
        case "date" if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        case "location" if isinstance(value, Location):
            return f"{value.latitude}, {value.longitude}"
        case "date" | "datetime" | "location":
            return ""
    return str(value).replace("\r\n", "\n") if isinstance(value, str | int) else ""


def field_of(variable: Variable, shown) -> forms.Field:
    asked = {"label": variable.label.say(get_language()), "required": False}
    match variable.type:
        case "numeric":
            widget = forms.TextInput({"inputmode": "decimal"})
            return forms.DecimalField(**asked, max_digits=400, widget=widget)
        case "boolean":
            return forms.ChoiceField(**asked, choices=[("", "–"), ("yes", _("yes")), ("no", _("no"))])
        case "select" if 0 < len(variable.options) <= LISTED:
            return forms.ChoiceField(**asked, choices=[("", "–"), *choices_of(variable, [shown])])
        case "select_multiple" if variable.options:
            widget = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(**asked, choices=choices_of(variable, shown), widget=widget)
        case "select_multiple":
            return forms.CharField(**asked, max_length=LONGEST_TEXT, help_text=_("Several: with commas."))
        case "time":
            return forms.TimeField(**asked, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
        case "date":
            return forms.DateField(**asked, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
        case "datetime":
            widget = forms.DateTimeInput({"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
            return forms.DateTimeField(
                **asked, widget=widget, input_formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
            )
        case "location":
            return PlaceField(**asked, help_text=_("Latitude and longitude: 31.2304, 121.4737"))
    rows = 4 if len(shown) > LONG else 1
    return forms.CharField(
        **asked, max_length=LONGEST_TEXT, strip=False, widget=forms.Textarea({"rows": rows})
    )


class PlaceField(forms.CharField):
    def to_python(self, value):
        text = super().to_python(value)
        try:
            degrees = [Decimal(part.strip()) for part in text.replace("，", ",").split(",")] if text else []
        except InvalidOperation:
            degrees = [None]
        place = Location(*degrees) if len(degrees) == 2 else None
        if text and (place is None or read_location(place) is UNREADABLE):
            raise forms.ValidationError(_("Enter latitude and longitude, such as 31.2304, 121.4737."))
        return place


def choices_of(variable, shown) -> list[tuple]:
    """The options; and what is chosen although it is no option (any more)."""
    known = [(str(option.name), option.label.say(get_language())) for option in variable.options]
    names = {name for name, _label in known}
    return known + [(name, name) for name in shown if name and name not in names]


def as_fact(variable, value):
    """What was typed, as the engine takes it; None for nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.adjusted() < 15 else value
    names = {str(option.name): option.name for option in variable.options}
    match variable.type:
        case "time":
            return f"{value:%H:%M}"
        case "boolean":
            return value == "yes"
        case "select":
            return names.get(value, value)
        case "select_multiple" if isinstance(value, list):
            return [names.get(one, one) for one in value]
        case "select_multiple":
            parts = value.replace("，", ",").replace("、", ",").split(",")
            return [part.strip() for part in parts if part.strip()]
        case "string":
            return value.replace("\r\n", "\n")
    return value

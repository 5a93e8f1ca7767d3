"""Facts typed into a generated form: one input per variable, by type. An empty input is a missing fact."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django import forms
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rules.engine import Lines, Location, Variable
from rules.engine.facts import UNREADABLE, read_clock, read_location
from rules.engine.sentences import say_clock

LONGEST_TEXT = 100_000
LONG = 60  # characters; a longer text gets a larger input
LISTED = 200  # options; of more, such as the stores of a large company, the code is typed
SEVERAL = "select_multiple"
MOST_ROWS = 50
EMPTY_ROWS = 2  # to fill in, behind those that are there


class FactsForm(forms.Form):
    """`facts` are shown; what is not touched keeps its exact value, which an input may be unable to show."""

    def __init__(self, data=None, *, variables: Iterable[Variable | Lines], facts: Mapping):
        super().__init__(data, prefix="fact")
        self.variables, self.facts = list(variables), dict(facts)
        self.shown = {
            variable.name: shown_as(variable)(variable, facts.get(variable.name))
            for variable in self.variables
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
            elif isinstance(variable, Lines):
                given[name] = self.rows_given(variable)
            elif (value := as_fact(variable, self.cleaned_data[name])) is not None:
                given[name] = value
        return given

    def rows_given(self, lines: Lines) -> list[dict]:
        """A row that was not touched keeps its exact values, too."""
        shown, stored = self.shown[lines.name], rows_in(self.facts.get(lines.name))
        kept = [stored[place] for place in range(len(shown))]
        rows = []
        for typed, read in self.cleaned_data[lines.name]:
            row = {
                column.name: fact
                for column in columns_of(lines)
                if (fact := as_fact(column, read[column.name])) is not None
            }
            rows.append(kept[shown.index(typed)] if typed in shown else row)
        return [row for row in rows if row]

    def typed(self, name):
        key = self.add_prefix(name)
        if isinstance(self.shown[name], list):
            return self.fields[name].widget.value_from_datadict(self.data, {}, key) or []
        return self.data.get(key, "").replace("\r\n", "\n")


def starting_facts(variables: Iterable[Variable]) -> dict:
    """Of a new test: where several choices are asked for, none is chosen; all else is missing."""
    return {
        variable.name: []
        for variable in variables
        if isinstance(variable, Variable) and variable.type == SEVERAL and variable.options
    }


# Rows


def columns_of(lines: Lines) -> list[Variable]:
    return list(lines.vocabulary.variables.values())


def rows_in(value) -> list[Mapping]:
    rows = value if isinstance(value, list | tuple) else []
    return [row for row in rows if isinstance(row, Mapping)][:MOST_ROWS]


def rows_as_shown(lines: Lines, value) -> list[dict]:
    return [
        {column.name: as_shown(column, row.get(column.name)) for column in columns_of(lines)}
        for row in rows_in(value)
    ]


class RowsWidget(forms.Widget):
    """A row of inputs per line, and some empty ones. Its value: the texts of each row that has any."""

    use_fieldset = True

    def __init__(self, columns: dict[str, forms.Field]):
        super().__init__()
        self.columns = columns

    def value_from_datadict(self, data, files, name):
        rows = [
            {
                column: field.widget.value_from_datadict(data, files, f"{name}-{place}-{column}") or ""
                for column, field in self.columns.items()
            }
            for place in range(MOST_ROWS)
        ]
        return [row for row in rows if any(row.values())]

    def id_for_label(self, id_):
        return None

    def render(self, name, value, attrs=None, renderer=None):
        rows = (value or []) + [{}] * EMPTY_ROWS
        return render_to_string(
            "editor/widgets/rows.html",
            {
                "rows": [
                    [
                        {
                            "label": field.label,
                            "id": f"id_{name}-{place}-{column}",
                            "input": field.widget.render(
                                f"{name}-{place}-{column}",
                                row.get(column, ""),
                                {"id": f"id_{name}-{place}-{column}"},
                            ),
                        }
                        for column, field in self.columns.items()
                    ]
                    for place, row in enumerate(rows[:MOST_ROWS])
                ]
            },
        )


class RowsField(forms.Field):
    """→ [(the texts of a row, their values)]"""

    def __init__(self, columns: dict[str, forms.Field], **kwargs):
        super().__init__(widget=RowsWidget(columns), **kwargs)
        self.columns = columns

    def clean(self, value):
        return [(row, self.read_row(place, row)) for place, row in enumerate(value or [], start=1)]

    def read_row(self, place, row):
        read = {}
        for column, field in self.columns.items():
            try:
                read[column] = field.clean(row[column])
            except forms.ValidationError as error:
                raise forms.ValidationError(
                    _("Row %(row)s, %(column)s: %(error)s")
                    % {"row": place, "column": field.label, "error": " ".join(error.messages)}
                ) from None
        return read


# One row per type: how a fact is shown, asked for and read.


def shown_as(variable):
    return rows_as_shown if isinstance(variable, Lines) else as_shown


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
            return on_the_clock(value)
        case "date" if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        case "location" if isinstance(value, Location):
            return f"{value.latitude}, {value.longitude}"
        case "date" | "datetime" | "location":
            return ""
    return str(value).replace("\r\n", "\n") if isinstance(value, str | int) else ""


def on_the_clock(at: datetime) -> str:
    """As a browser shows a moment. At the ends of all time there is no other zone's clock."""
    try:
        local = timezone.localtime(at)
    except OverflowError:
        local = at
    return local.replace(tzinfo=None).isoformat(timespec="seconds")


def field_of(variable: Variable | Lines, shown) -> forms.Field:
    asked = {"label": variable.label.say(get_language()), "required": False}
    if isinstance(variable, Lines):
        columns = columns_of(variable)
        return RowsField({column.name: field_of(column, "") for column in columns}, **asked)
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

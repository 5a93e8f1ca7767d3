"""The forms of the desk: generated ones, dressed for phones and searching."""

from django import forms
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from flows.forms.fields import AnswersForm, defaults_of, initial_of

SEARCHED = ("customer", "order", "product", "store", "staff")


class MoveForm(forms.Form):
    """What goes with a press besides the answers. `seen`: how often the ticket had moved when shown."""

    use_required_attribute = False

    seen = forms.IntegerField(widget=forms.HiddenInput)
    transition = forms.CharField(max_length=200)
    note = forms.CharField(
        label=_("Note for the time line"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def answers_form(
    specs, *, today, data=None, files=None, answers=None, initial=None, asks_all=True
) -> AnswersForm:
    """The fields `specs`, filled with `answers`. `asks_all` off: nothing must be answered."""
    form = AnswersForm(
        data,
        files,
        specs=specs,
        language=get_language(),
        today=today,
        initial=defaults_of(specs, today=today) | (initial or {}) | initial_of(answers or {}, specs),
    )
    for spec in specs:
        field = form.fields[spec.name]
        if not asks_all or (spec.asks.is_file and (answers or {}).get(spec.name)):
            field.required = field.widget.is_required = False
        if spec.kind in SEARCHED:
            field.widget.attrs |= searched_attrs(spec)
    return form


def searched_attrs(spec) -> dict:
    """Suggestions while typing a number. Without a script it is a plain text field."""
    found = f"found-{spec.name}"
    return {
        "list": found,
        "hx-get": reverse("desk:find", args=[spec.kind]),
        "hx-trigger": "input changed delay:250ms",
        "hx-target": f"#{found}",
    }

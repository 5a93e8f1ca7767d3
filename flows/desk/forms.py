"""The forms of the desk: generated ones, dressed for phones and searching."""

from django import forms
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from flows.forms.asking import AnswersForm
from flows.forms.fields import defaults_of, initial_of

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
    specs,
    *,
    logic,
    today,
    data=None,
    files=None,
    answers=None,
    initial=None,
    typed_before=None,
    asks_all=True,
    chosen=(),
    demanded=frozenset(),
) -> AnswersForm:
    """The fields `specs` of a form, filled with `answers`. `asks_all` off: nothing must be answered;
    `demanded`: must be answered whatever the form says."""
    form = AnswersForm(
        data,
        files,
        specs=specs,
        logic=logic,
        known=answers,
        asks_all=asks_all,
        chosen=chosen,
        demanded=demanded,
        language=get_language(),
        today=today,
        initial=defaults_of(specs, today=today)
        | (initial or {})
        | initial_of(answers or {}, specs)
        | (typed_before or {}),
    )
    for spec in specs:
        if spec.kind in SEARCHED:
            form.fields[spec.name].widget.attrs |= searched_attrs(spec)
    return form


def chosen_files(specs, data) -> list[str]:
    """htmx sends the names of chosen files without their content."""
    return [spec.name for spec in specs if spec.asks.is_file and f"{AnswersForm.prefix}-{spec.name}" in data]


def changes(form: AnswersForm) -> dict:
    """What a page showing `form` must change after something was typed: names of fields no longer asked and
    of those that must be answered, computed texts by name, and what a screen reader says."""
    form.is_valid()
    shown = set(form.data.get(form.add_prefix("shown"), "").split(","))
    now = set(form.asked_now)
    return {
        "hidden": sorted(form.settled.hidden & form.fields.keys()),
        "required": [spec.name for spec in form.specs if form.must_answer(spec)],
        "computed": {spec.name: form.computed(spec) or "–" for spec in form.specs if spec.asks.is_computed},
        "said": " ".join(
            said
            for said in (
                announced(gettext("Now asked: %(fields)s."), form, now - shown),
                announced(gettext("No longer asked: %(fields)s."), form, shown - now),
            )
            if said
        ),
    }


def announced(sentence: str, form: AnswersForm, names: set[str]) -> str:
    labels = [form.fields[spec.name].label for spec in form.specs if spec.name in names]
    return sentence % {"fields": gettext(", ").join(labels)} if labels else ""


def searched_attrs(spec) -> dict:
    """Suggestions while typing a number. Without a script it is a plain text field."""
    found = f"found-{spec.name}"
    return {
        "list": found,
        "hx-get": reverse("desk:find", args=[spec.kind]),
        "hx-trigger": "input changed delay:250ms",
        "hx-target": f"#{found}",
    }

"""The form of a record that is made for a purpose: scorecards and formulas."""

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rules.store.forms import StoredRecordForm
from rules.store.purposes import about_choices, purpose_choices

SAVE_ONCE = _("After choosing it, save the draft once: what may be asked follows from it.")


def purpose_form(kind: str) -> type[StoredRecordForm]:
    """The form class for records of one kind of `rules.store.purposes`."""

    class PurposefulForm(StoredRecordForm):
        purpose = forms.ChoiceField(
            label=_("Purpose"), choices=lambda: [("", "–"), *purpose_choices(kind)], help_text=SAVE_ONCE
        )
        about = forms.ChoiceField(
            label=_("Only for"), required=False, choices=lambda: [("", _("Everywhere")), *about_choices(kind)]
        )

    return PurposefulForm


def written(record, text: str) -> str:
    """A stored formula as its reader edits it: with labels."""
    formula = record.formula(text)
    return formula.written(get_language()) if formula else text

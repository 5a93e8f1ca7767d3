"""Out of office: a person says from when until when, and who stands in."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from flows.organisation.actions import be_absent, end_absence
from flows.organisation.models import Absence
from flows.organisation.querysets import colleagues_of, whose_absence_may_be_set_by
from rules.store.problems import Refusal

WRITTEN = "%Y-%m-%dT%H:%M"


def moment(label) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        input_formats=[WRITTEN, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format=WRITTEN, attrs={"type": "datetime-local"}),
        error_messages={"required": gettext_lazy("Please give a date and a time.")},
    )


class AbsenceForm(forms.Form):
    use_required_attribute = False

    person = forms.ModelChoiceField(
        label=pgettext_lazy("absence", "Who"), queryset=None, required=False, empty_label=None
    )
    starts_at = moment(pgettext_lazy("absence", "From"))
    ends_at = moment(pgettext_lazy("absence", "Until"))
    backup = forms.ModelChoiceField(
        label=gettext_lazy("Backup"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("nobody"),
        help_text=gettext_lazy("Gets the tickets that rules would have given to the absent person."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=200)

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        people = whose_absence_may_be_set_by(by)
        self.by = by
        self.fields["person"].queryset = people
        self.fields["person"].initial = by.pk
        self.fields["backup"].queryset = colleagues_of(by)
        if people.count() == 1:
            del self.fields["person"]

    def given(self) -> dict:
        given = dict(self.cleaned_data)
        return given | {"person": given.get("person") or self.by}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absences(request):
    form, refusal = AbsenceForm(request.POST or None, by=request.user), ""
    if form.is_bound and form.is_valid():
        try:
            made = be_absent(**form.given(), by=request.user, at=timezone.now())
        except Refusal as refused:
            refusal = refused.sentence
        else:
            messages.success(request, saved_in_words(made))
            return redirect("desk:absences")
    rows = Absence.objects.coming(at=timezone.now()).filter(
        person__in=whose_absence_may_be_set_by(request.user)
    )
    context = {
        "form": form,
        "refusal": refusal,
        "absences": rows.select_related("person", "backup").order_by("starts_at"),
        "now": timezone.now(),
    }
    return render(request, "desk/absences.html", context, status=422 if form.is_bound else 200)


def saved_in_words(made: Absence) -> str:
    if made.backup:
        return _("Saved. %(backup)s stands in for %(person)s. Tickets in hand stay where they are.") % {
            "backup": made.backup,
            "person": made.person,
        }
    return _("Saved. No new tickets are given to %(person)s. Tickets in hand stay where they are.") % {
        "person": made.person
    }


@login_required
@require_POST
def back(request, pk):
    absence = get_object_or_404(
        Absence, pk=pk, person__in=whose_absence_may_be_set_by(request.user)
    )  # fmt: skip
    end_absence(absence=absence, by=request.user, at=timezone.now())
    messages.success(request, _("%(person)s gets tickets again.") % {"person": absence.person})
    return redirect("desk:absences")

"""The wording of notices: built in, or the company's own, per kind and language."""

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.auth import permission_required
from wagtail.log_actions import log

from flows.channels.models import NoticeWording
from flows.channels.notices.kinds import all_kinds, kind_of
from flows.channels.notices.wording import (
    builtin,
    check_wording,
    example_context,
    stored_wordings,
    words_of,
)
from flows.organisation.people import zone_of
from rules.store.problems import Refusal

MAY = "channels.change_noticewording"


class WordingForm(forms.Form):
    """Both languages of one kind; a subject left empty means the built-in words."""

    use_required_attribute = False

    def __init__(self, *args, kind, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind = kind
        own = stored_wordings()
        for language, _name in settings.WAGTAILADMIN_PERMITTED_LANGUAGES:
            subject, body = own.get((kind.key, language), ("", ""))
            usual, more = builtin(kind, language)
            self.fields[f"subject-{language}"] = forms.CharField(
                label=gettext_lazy("Subject"), max_length=200, required=False, initial=subject,
                widget=forms.TextInput(attrs={"placeholder": usual, "lang": language}),
            )  # fmt: skip
            self.fields[f"body-{language}"] = forms.CharField(
                label=gettext_lazy("Text of the message"), max_length=4_000, required=False, initial=body,
                widget=forms.Textarea(attrs={"rows": 4, "placeholder": more, "lang": language}),
            )  # fmt: skip

    def clean(self):
        for name, text in list(self.cleaned_data.items()):
            try:
                check_wording(self.kind, text)
            except Refusal as refusal:
                self.add_error(name, str(refusal))
        for language, _name in settings.LANGUAGES:
            if self.cleaned_data.get(f"body-{language}") and not self.cleaned_data.get(f"subject-{language}"):
                self.add_error(f"subject-{language}", _("Words of your own need a subject, too."))
        return self.cleaned_data

    def wordings(self) -> dict:
        return {
            (self.kind.key, language): (subject, self.cleaned_data[f"body-{language}"])
            for language, _name in settings.LANGUAGES
            if (subject := self.cleaned_data[f"subject-{language}"])
        }

    @transaction.atomic
    def save(self, *, by):
        wordings = self.wordings()
        for language, _name in settings.LANGUAGES:
            row = NoticeWording.objects.filter(event=self.kind.key, language=language).first()
            if words := wordings.get((self.kind.key, language)):
                row = row or NoticeWording(event=self.kind.key, language=language)
                row.subject, row.body = words
                row.save()
                log(row, "channels.change_wording", user=by, data={"subject": row.subject, "body": row.body})
            elif row:
                log(row, "channels.change_wording", user=by, data={"subject": "", "body": ""})
                row.delete()

    @property
    def languages(self):
        return [
            (language, name, [self[f"subject-{language}"], self[f"body-{language}"]])
            for language, name in settings.WAGTAILADMIN_PERMITTED_LANGUAGES
        ]


def previews(kind, wordings, *, zone) -> list[tuple[str, str, str, str]]:
    """(language, its name, line, more) with examples for what placeholders stand for."""
    shown = []
    for language, name in settings.WAGTAILADMIN_PERMITTED_LANGUAGES:
        with translation.override(language):
            context = {key: str(value) for key, value in example_context(kind).items()}
        line, more = words_of(kind, context, language=language, zone=zone, wordings=wordings)
        shown.append((language, name, line, more))
    return shown


@permission_required(MAY)
def wordings(request):
    own = stored_wordings()
    zone = zone_of(request.user)
    rows = [
        (kind, previews(kind, own, zone=zone), any(event == kind.key for event, _language in own))
        for kind in all_kinds()
    ]
    return render(request, "channels/wording_list.html", {"rows": rows})


@permission_required(MAY)
def wording(request, event):
    try:
        kind = kind_of(event)
    except KeyError as unknown:
        raise Http404 from unknown
    form = WordingForm(request.POST if request.method == "POST" else None, kind=kind)
    shown = stored_wordings()
    if form.is_bound and form.is_valid():
        if "preview" not in request.POST:
            form.save(by=request.user)
            messages.success(request, _("Saved. The next notice says it so."))
            return redirect(reverse("channels_wordings"))
        shown = form.wordings()
    return render(
        request,
        "channels/wording_form.html",
        {
            "kind": kind,
            "form": form,
            "placeholders": [(f"{{{name}}}", label) for name, label in kind.placeholders.items()],
            "previews": previews(kind, shown, zone=zone_of(request.user)),
        },
        status=422 if form.errors else 200,
    )

"""The decision log: look a decision up, read why, and replay it."""

from datetime import datetime, time, timedelta

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from rules.editor.lines import leaves
from rules.editor.moments import in_this_era
from rules.editor.names import describe_subject, secrets_of, subjects_numbered
from rules.editor.testing import may_write_tests
from rules.store.decisions import facts_of, replay
from rules.store.models import Decision, StoredRecord, Version
from rules.store.problems import RecordErrors

PER_PAGE = 50


class DecisionsView(WagtailAdminTemplateMixin, TemplateView):
    header_icon = "clipboard-list"

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("decisions"), "label": _("Decisions")},
            {"url": "", "label": self.get_page_title()},
        ]

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm("rules_store.view_decision"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class PlaceField(forms.CharField):
    """Where a page of the log ends: "2026-05-04T09:00:00.123456+00:00,17"."""

    def to_python(self, value):
        text, _comma, pk = super().to_python(value).partition(",")
        try:
            return (parsed_instant(text), int(pk)) if text else None
        except ValueError:
            raise forms.ValidationError(_("This page of the log does not exist.")) from None


def parsed_instant(text):
    at = datetime.fromisoformat(text)
    in_this_era(at)
    return at if at.tzinfo else timezone.make_aware(at)


def place_of(decision) -> str:
    return f"{decision.at.isoformat()},{decision.pk}"


def search_input(**attrs):
    return forms.TextInput({"type": "search", **attrs})


class DecisionListView(DecisionsView):
    template_name = "editor/decision_list.html"

    def get_breadcrumbs_items(self):
        return super().get_breadcrumbs_items()[:-1]

    def get_page_title(self):
        return str(_("Decisions"))

    def get_context_data(self, **kwargs):
        form = DecisionFilterForm(self.request.GET)
        form.is_valid()
        # One more than is shown, to know whether there are older ones without counting them all.
        found = list(form.found()[: PER_PAGE + 1])
        rows = [(decision, *describe_subject(decision.subject)) for decision in found[:PER_PAGE]]
        return super().get_context_data(
            form=form,
            rows=rows,
            older=place_of(found[PER_PAGE - 1]) if len(found) > PER_PAGE else "",
            is_first_page=not form.cleaned_data.get("before"),
            **kwargs,
        )


def subjects_meant(about: str) -> Q:
    """A number is anything that has it; "ticket:12" is one thing, "ticket" a kind of things."""
    number = about.lstrip("#＃")
    if number.isdecimal():
        return Q(subject__in=subjects_numbered(number))
    return Q(subject=about) if ":" in about else Q(subject__startswith=about)


class DecisionFilterForm(forms.Form):
    about = forms.CharField(
        required=False, label=_("About"), widget=search_input(placeholder=_("Number, such as 12"))
    )
    by = forms.CharField(required=False, label=_("Decided by"), widget=search_input())
    day = forms.DateField(
        required=False, label=_("Day"), widget=forms.DateInput({"type": "date"}), validators=[in_this_era]
    )
    before = PlaceField(required=False, widget=forms.HiddenInput)

    def found(self):
        """What was asked for, newest first; what could not be understood asks for nothing."""
        asked = self.cleaned_data
        found = Decision.objects.select_related("version__content_type").defer(
            "facts", "outcome", "reasons", "version__document"
        )
        if about := asked.get("about"):
            found = found.filter(subjects_meant(about))
        if by := asked.get("by"):
            found = found.filter(version__in=list(Version.objects.named(by).values_list("pk", flat=True)))
        if day := asked.get("day"):
            start = timezone.make_aware(datetime.combine(day, time.min))
            found = found.filter(at__gte=start, at__lt=start + timedelta(days=1))
        if before := asked.get("before"):
            at, pk = before
            found = found.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk), at__lte=at)
        return found


class DecisionView(DecisionsView):
    template_name = "editor/decision_detail.html"

    def get_page_title(self):
        return str(_("Decision"))

    def get_context_data(self, **kwargs):
        decision = get_object_or_404(
            Decision.objects.select_related("version", "version__content_type"), pk=self.kwargs["pk"]
        )
        version = decision.version
        label, url = describe_subject(decision.subject)
        said = said_of(decision, get_language(), replay_it="replay" in self.request.GET)
        if secrets := secrets_of(decision.subject, self.request.user) & facts_of(decision).keys():
            said |= without_secrets(decision, secrets, get_language())
        return super().get_context_data(
            decision=decision,
            subject=label,
            subject_url=url,
            version=version,
            adjustments=adjustments_of(decision),
            version_url=versions_url(version),
            may_make_test=not secrets and may_write_tests(self.request.user, version.record_class),
            **said,
            **kwargs,
        )


def adjustments_of(decision) -> list[tuple[str, str]]:
    """(what it is called, address) of each local adjustment that took part, wide to narrow."""
    return [(str(version), versions_url(version)) for version in decision.decided_by.overrides]


def versions_url(version) -> str:
    return version.record and reverse(
        version.record_class.snippet_viewset.get_url_name("versions"), args=[version.object_id]
    )


def without_secrets(decision, secrets: frozenset[str], language: str) -> dict:
    """For who may not see all of the facts: those they may, and no reason, for reasons read the facts out."""
    told = {name: value for name, value in facts_of(decision).items() if name not in secrets}
    return {
        "facts": StoredRecord.facts_in_words(None, told, language),
        "why": [_("It was decided on facts that you may not see.")],
        "unreadable": [],
    }


def said_of(decision, language, *, replay_it) -> dict:
    """The decision in words; where the vocabulary of its version is gone, what is stored and why."""
    kind, facts = decision.version.record_class, facts_of(decision)
    try:
        compiled = decision.decided_by.compiled
    except RecordErrors as errors:
        return {
            "unreadable": errors.problems,
            "facts": StoredRecord.facts_in_words(None, facts, language),
            "why": [],
            "outcome": [" · ".join((*path, text)) for path, text in leaves(decision.outcome)],
        }
    replayed = replay(decision) if replay_it else None
    return {
        "facts": kind.facts_in_words(compiled, facts, language),
        "why": kind.explain(compiled, facts, language),
        "outcome": kind.outcome_in_words(compiled, decision.outcome, language),
        "asked_to_replay": replay_it,
        "replayed": replayed,
        "same": replayed == decision.outcome,
    }


urlpatterns = [
    path("decisions/", DecisionListView.as_view(), name="decisions"),
    path("decisions/<int:pk>/", DecisionView.as_view(), name="decision"),
]

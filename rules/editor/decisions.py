"""The decision log: look a decision up, read why, and replay it."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from rules.editor.names import describe_subject
from rules.store.decisions import facts_of, replay
from rules.store.models import Decision

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


class DecisionListView(DecisionsView):
    template_name = "editor/decision_list.html"

    def get_breadcrumbs_items(self):
        return super().get_breadcrumbs_items()[:-1]

    def get_page_title(self):
        return _("Decisions")

    def get_context_data(self, **kwargs):
        found = Decision.objects.select_related("version", "version__content_type")
        query = {key: self.request.GET.get(key, "").strip() for key in ("about", "by", "day")}
        if query["about"]:
            found = found.filter(subject__istartswith=query["about"])
        if query["by"]:
            found = found.filter(version__slug=query["by"])
        if query["day"]:
            found = found.filter(at__date=query["day"])
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        rows = [(decision, *describe_subject(decision.subject)) for decision in page]
        return super().get_context_data(page=page, rows=rows, query=query, **kwargs)


class DecisionView(DecisionsView):
    template_name = "editor/decision_detail.html"

    def get_page_title(self):
        return _("Decision")

    def get_context_data(self, **kwargs):
        decision = get_object_or_404(
            Decision.objects.select_related("version", "version__content_type"), pk=self.kwargs["pk"]
        )
        version, language = decision.version, get_language()
        facts = facts_of(decision)
        label, url = describe_subject(decision.subject)
        replayed = replay(decision) if "replay" in self.request.GET else None
        return super().get_context_data(
            decision=decision,
            subject=label,
            subject_url=url,
            version=version,
            version_url=version.record
            and reverse(
                version.record_class.snippet_viewset.get_url_name("versions"), args=[version.object_id]
            ),
            facts=version.record_class.facts_in_words(version.compiled, facts, language),
            why=version.record_class.explain(version.compiled, facts, language),
            outcome=version.record_class.outcome_in_words(version.compiled, decision.outcome, language),
            asked_to_replay="replay" in self.request.GET,
            replayed=replayed,
            same=replayed == decision.outcome,
            **kwargs,
        )


urlpatterns = [
    path("decisions/", DecisionListView.as_view(), name="decisions"),
    path("decisions/<int:pk>/", DecisionView.as_view(), name="decision"),
]

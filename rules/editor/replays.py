"""What the nightly replay of the decision log found."""

from django.core.exceptions import PermissionDenied
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.ui.components import Component
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from rules.editor.names import describe_subject
from rules.store.models import Decision, ReplayReport
from rules.store.models.review import is_reviewer

SHOWN = 30


def may_read(user) -> bool:
    return is_reviewer(user) or user.is_superuser


class ReplayPanel(Component):
    """The newest report, for those who answer for the rules. Nothing before the first night."""

    name = "replay"
    order = 15
    template_name = "editor/_replay_panel.html"

    def get_context_data(self, parent_context):
        allowed = may_read(parent_context["request"].user)
        return {"report": ReplayReport.objects.first() if allowed else None}


class ReplaysView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "editor/replay_list.html"
    header_icon = "history"

    def get_page_title(self):
        return _("Replay of decisions")

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("decisions"), "label": _("Decisions")},
            {"url": "", "label": self.get_page_title()},
        ]

    def dispatch(self, request, *args, **kwargs):
        if not may_read(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        reports = list(ReplayReport.objects.all()[:SHOWN])
        differing = [pk for report in reports for pk, _outcome in report.differing]
        decisions = Decision.objects.select_related("version").defer("version__document").in_bulk(differing)
        rows = [
            (report, [row_of(decisions[pk]) for pk, _outcome in report.differing if pk in decisions])
            for report in reports
        ]
        return super().get_context_data(rows=rows, **kwargs)


def row_of(decision) -> dict:
    return {"decision": decision, "subject": describe_subject(decision.subject)[0]}


urlpatterns = [path("decisions/replays/", ReplaysView.as_view(), name="decision_replays")]

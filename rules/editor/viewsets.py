from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, UpdatedAtColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.snippets.views.snippets import SnippetViewSet

from rules.editor import back_tests, testing, views
from rules.editor.places import PlacesView
from rules.store.permissions import StoredRecordPermissionPolicy


class StateColumn(Column):
    cell_template_name = "editor/_state_cell.html"


class SummaryColumn(Column):
    cell_template_name = "editor/_summary_cell.html"


class StoredRecordViewSet(SnippetViewSet):
    """Screens of one kind of stored record: list, edit, review, versions, compare, archive."""

    add_to_admin_menu = False
    copy_view_enabled = True
    inspect_view_enabled = False
    list_per_page = 50
    index_view_class = views.RecordIndexView
    add_view_class = views.RecordCreateView
    copy_view_class = views.RecordCopyView
    edit_view_class = views.RecordEditView
    revisions_compare_view_class = views.CompareView
    workflow_action_view_class = views.WorkflowActionView
    review_view_class = views.ReviewView
    # Wagtail's own for plain models: its one for snippets offers to delete many at once.
    index_template_name = "wagtailadmin/generic/index.html"
    index_results_template_name = "editor/record_index_results.html"
    create_template_name = "editor/record_form.html"
    edit_template_name = "editor/record_form.html"
    # Wagtail's own are said in the language of whoever first made the process load its addresses, and lead
    # to a list of "snippets", which is no word of ours.
    breadcrumbs_items = WagtailAdminTemplateMixin.breadcrumbs_items
    # A record is never deleted and never unpublished around review.
    closed_url_names = frozenset({"delete", "unpublish", "usage"})

    #: One sentence for an empty list: what these records are for.
    teaching = ""

    def drawing_of_change(self, before: dict, after: dict) -> dict | None:
        """For kinds that are drawn: {"template", "drawing"} of what changed between two documents."""
        return None

    @property
    def revisions_revert_view_class(self):
        return type("RevertView", (views.RevertMixin, self.edit_view_class), {})

    @cached_property
    def list_display(self):
        return [
            "name",
            SummaryColumn("summary", label=_("What it does")),
            StateColumn("state", label=_("State")),
            UpdatedAtColumn(label=_("Updated")),
        ]

    @cached_property
    def permission_policy(self):
        return StoredRecordPermissionPolicy(self.model)

    def get_queryset(self, request):
        records = self.model.objects.all()
        return records.archived() if "archived" in request.GET else records.in_use()

    def get_index_view_kwargs(self, **kwargs):
        return super().get_index_view_kwargs(teaching=self.teaching, **kwargs)

    def get_common_view_kwargs(self, **kwargs):
        return super().get_common_view_kwargs(
            **{"delete_url_name": None, "usage_url_name": None, "unpublish_url_name": None, **kwargs}
        )

    def get_urlpatterns(self):
        kept = [pattern for pattern in super().get_urlpatterns() if pattern.name not in self.closed_url_names]
        conv = self.pk_path_converter
        return [
            *kept,
            path(f"review/<{conv}:pk>/", self.record_view(self.review_view_class), name="review"),
            path(f"places/<{conv}:pk>/", self.record_view(PlacesView), name="places"),
            path(f"places/<{conv}:pk>/many/", self.later_view("ManyPlacesView"), name="many_places"),
            path(f"places/<{conv}:pk>/sent/<int:number>/", self.later_view("RolloutView"), name="rollout"),
            path(f"versions/<{conv}:pk>/", self.record_view(views.VersionsView), name="versions"),
            path(
                f"versions/<{conv}:pk>/<int:before>/<int:after>/",
                self.record_view(views.CompareVersionsView),
                name="versions_compare",
            ),
            path(f"versions/<{conv}:pk>/<str:verb>/", self.record_view(views.RecordActionView), name="act"),
            path(f"tests/<{conv}:pk>/", self.record_view(testing.TestsView), name="tests"),
            path(f"tests/<{conv}:pk>/<slug:id>/", self.record_view(testing.TestView), name="test"),
            path(f"back-test/<{conv}:pk>/", self.record_view(back_tests.BackTestView), name="back_test"),
            path(
                f"back-test/<{conv}:pk>/<int:run>/",
                self.record_view(back_tests.OneBackTestView),
                name="back_test_run",
            ),
        ]

    def later_view(self, name):
        # Its module needs the viewset of adjustments, which is one of these.
        from rules.editor import many_places

        return self.record_view(getattr(many_places, name))

    def record_view(self, view_class):
        return view_class.as_view(viewset=self, model=self.model, permission_policy=self.permission_policy)

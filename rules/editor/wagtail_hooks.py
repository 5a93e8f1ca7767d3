from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.snippets.action_menu import SubmitForModerationMenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from rules.editor import choosing, decisions, readback, replays, rulesets, tables, testing, tryouts
from rules.editor.formulas import FormulaViewSet
from rules.editor.menus import PermittedMenuItem
from rules.editor.overrides import OverrideViewSet
from rules.editor.rulesets import RuleSetViewSet
from rules.editor.scorecards import ScorecardViewSet
from rules.editor.tables import DecisionTableViewSet
from rules.store.models import StoredRecord
from rules.store.models.record import NEVER_DELETED


class RulesGroup(SnippetViewSetGroup):
    """Other kinds of rules, and the decision log, join by the hook."""

    items = (RuleSetViewSet, DecisionTableViewSet, ScorecardViewSet, FormulaViewSet, OverrideViewSet)
    menu_label = _("Rules")
    menu_name = "rules"
    menu_icon = "list-ol"
    menu_order = 200
    submenu_hook = "register_rules_menu_item"


register_snippet(RulesGroup)


@hooks.register("register_rules_menu_item")
def decisions_menu_item():
    return PermittedMenuItem(
        _("Decisions"),
        reverse_lazy("decisions"),
        name="decisions",
        icon_name="clipboard-list",
        order=900,
        permission="rules_store.view_decision",
    )


@hooks.register("register_admin_urls")
def admin_urls():
    return [
        *choosing.urlpatterns,
        *decisions.urlpatterns,
        *readback.urlpatterns,
        *replays.urlpatterns,
        *rulesets.urlpatterns,
        *tables.urlpatterns,
        *testing.urlpatterns,
        *tryouts.urlpatterns,
    ]


@hooks.register("before_bulk_action")
def nothing_in_bulk(request, action_type, objects, action):
    """Each record needs its own review, and none is deleted."""
    if issubclass(action.model, StoredRecord):
        messages.error(request, str(NEVER_DELETED))
        return redirect(reverse(action.model.snippet_viewset.get_url_name("list")))


# Publishing happens through review; reviews are decided on their own page.
NOT_FOR_RECORDS = {"action-publish", "action-unpublish", "approve", "reject"}


class AskForReviewMenuItem(SubmitForModerationMenuItem):
    """Wagtail's says "moderation", and names the workflow in the language the company began with."""

    def get_context_data(self, parent_context):
        return super().get_context_data(parent_context) | {"label": _("Ask for review")}


@hooks.register("construct_snippet_action_menu")
def leave_publishing_to_review(menu_items, request, context):
    if issubclass(context["model"], StoredRecord):
        menu_items[:] = [
            AskForReviewMenuItem(order=item.order) if item.name == AskForReviewMenuItem.name else item
            for item in menu_items
            if item.name not in NOT_FOR_RECORDS
        ]

from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from flows.settlement.models import CommissionPlan
from flows.settlement.views import ledger, plans, settlements
from rules.editor.menus import PermittedMenuItem
from rules.editor.viewsets import StoredRecordViewSet


class CommissionPlanViewSet(StoredRecordViewSet):
    model = CommissionPlan
    icon = "decimal"
    menu_label = _("Commission plans")
    edit_view_class = plans.PlanEditView
    teaching = _(
        "A commission plan says who earns which share of which orders, and where amounts are rounded. "
        "For example: orders of the north region earn 15 %, all others 12 %."
    )


class SettlementGroup(SnippetViewSetGroup):
    items = (CommissionPlanViewSet,)
    menu_label = _("Settlement")
    menu_name = "settlement"
    menu_icon = "decimal"
    menu_order = 500
    submenu_hook = "register_settlement_menu_item"


register_snippet(SettlementGroup)


@hooks.register("register_settlement_menu_item")
def settlements_menu_item():
    return PermittedMenuItem(
        _("Settlements"),
        reverse_lazy("settlement_settlements"),
        name="settlements",
        icon_name="calendar-check",
        order=200,
        permission="settlement.view_settlement",
    )


@hooks.register("register_settlement_menu_item")
def ledger_menu_item():
    return PermittedMenuItem(
        _("Ledger"),
        reverse_lazy("settlement_ledger"),
        name="ledger",
        icon_name="table",
        order=300,
        permission="settlement.view_entry",
    )


@hooks.register("register_admin_urls")
def admin_urls():
    return [
        path("settlements/", settlements.SettlementListView.as_view(), name="settlement_settlements"),
        path("settlements/new/", settlements.SettleView.as_view(), name="settlement_settle"),
        path("settlements/<int:pk>/", settlements.SettlementView.as_view(), name="settlement_settlement"),
        path("settlements/<int:pk>/cancel/", settlements.cancel, name="settlement_cancel"),
        path("ledger/", ledger.LedgerView.as_view(), name="settlement_ledger"),
        path("ledger/<int:pk>/", ledger.EntryView.as_view(), name="settlement_entry"),
        path("ledger/<int:pk>/make-test/", ledger.make_test, name="settlement_entry_test"),
        path("commission-plans/<int:pk>/try/", plans.TryView.as_view(), name="settlement_try"),
    ]


@hooks.register("register_log_actions")
def log_actions(actions):
    actions.register_action("settlement.request", _("Ask for a settlement"), _("Settlement asked for"))
    actions.register_action("settlement.post", _("Post a settlement"), _("Settlement posted"))
    actions.register_action("settlement.cancel", _("Cancel a settlement"), _("Settlement cancelled"))

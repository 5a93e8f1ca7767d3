"""Try a plan on a period: what its draft would pay beside what is live. Posts nothing."""

from django.contrib.admin.utils import quote, unquote
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import HeaderButton

from flows.organisation.models import Store
from flows.organisation.places import path_of_store
from flows.settlement import actions
from flows.settlement.forms import PeriodForm, last_month_with_orders
from flows.settlement.models import CommissionPlan
from flows.settlement.tables import compare_rows
from flows.settlement.views.pages import SettlementPage
from rules.editor.views import RecordEditView
from rules.store.problems import Refusal
from rules.store.runtime import live_version
from rules.store.scope import resolve


class PlanEditView(RecordEditView):
    @cached_property
    def header_buttons(self):
        url = reverse("settlement_try", args=[quote(self.object.pk)])
        return [HeaderButton(_("Try on a period"), url=url, icon_name="view"), *super().header_buttons]


class TryView(SettlementPage):
    permission = "settlement.view_commissionplan"
    template_name = "settlement/try.html"

    def get_page_title(self):
        return _("Try on a period")

    def crumbs(self):
        return [
            {"url": plan_url("list"), "label": _("Commission plans")},
            {"url": plan_url("edit", quote(self.record.pk)), "label": str(self.record)},
        ]

    @cached_property
    def record(self):
        return get_object_or_404(CommissionPlan, pk=unquote(str(self.kwargs["pk"])))

    def get_context_data(self, **kwargs):
        now = timezone.now()
        first, last = last_month_with_orders(today=timezone.localdate(now))
        form = PeriodForm(self.request.GET or None, initial={"first_day": first, "last_day": last})
        context = {"form": form, "record": self.record}
        if form.is_bound and form.is_valid():
            context |= try_on(self.record, form, at=now)
        return super().get_context_data(
            edit_url=plan_url("edit", quote(self.record.pk)),
            **context,
            **kwargs,
        )


def plan_url(name, *args):
    return reverse(CommissionPlan.snippet_viewset.get_url_name(name), args=args)


def draft_by_store(draft, overrides) -> dict:
    """{store code: the draft as it would be there}, where rates are adjusted."""
    document = draft.document()
    return {
        store.slug: CommissionPlan.compile(resolve(CommissionPlan, document, layers).document)
        for store in (Store.objects.select_related("region") if overrides else ())
        if (layers := [overrides[key].compiled for key in path_of_store(store) if key in overrides])
    }


def try_on(record, form, *, at):
    """Totals of the newest draft and of the live version on the same days."""
    days = {"first_day": form.cleaned_data["first_day"], "until_day": form.until_day}
    draft = record.get_latest_revision_as_object()
    try:
        compiled = CommissionPlan.compile(draft.document())
        overrides = actions.adjusted(record.slug, at=at)
        of_draft = actions.what_if(plan=compiled, by_store=draft_by_store(draft, overrides), **days)
    except Refusal as refusal:
        return {"problem": str(refusal)}
    live = live_version(CommissionPlan, record.slug, at=at)
    # Amounts in two currencies are not compared.
    comparable = live and live.compiled.currency == compiled.currency
    of_live = comparable and actions.what_if(
        plan=live.compiled, by_store=actions.plans_by_store(live, overrides), **days
    )
    return {
        "shown": of_draft,
        "live": live if comparable else None,
        "rows": compare_rows(of_draft, of_live, key="by_rule", currency=compiled.currency),
        "owners": compare_rows(of_draft, of_live, key="by_account", currency=compiled.currency),
        "total": compare_rows(of_draft, of_live, key="total", currency=compiled.currency)[0],
    }

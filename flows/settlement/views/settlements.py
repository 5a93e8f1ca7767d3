"""Settle a period, watch it being posted, read the result."""

from functools import partial

from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import permission_required

from flows.money import Money
from flows.settlement import actions
from flows.settlement.forms import SettleForm, last_month_with_orders
from flows.settlement.models import CommissionPlan, Settlement
from flows.settlement.tables import account_rows, rule_rows
from flows.settlement.tasks import post_requested
from flows.settlement.views.pages import SettlementPage
from rules.store.problems import Refusal

PER_PAGE = 30
REFRESH_SECONDS = "2"


class BelowSettlements(SettlementPage):
    def crumbs(self):
        return [{"url": reverse("settlement_settlements"), "label": _("Settlements")}]


class SettlementListView(SettlementPage):
    template_name = "settlement/settlement_list.html"

    def get_page_title(self):
        return _("Settlements")

    def get_context_data(self, **kwargs):
        found = Settlement.objects.select_related("version", "requested_by")
        return super().get_context_data(
            page=Paginator(found, PER_PAGE).get_page(self.request.GET.get("p")),
            may_settle=self.request.user.has_perm("settlement.add_settlement"),
            **kwargs,
        )


class SettleView(BelowSettlements):
    """Choose plan and days, see what would be posted, post it."""

    permission = "settlement.add_settlement"
    template_name = "settlement/settle.html"

    def get_page_title(self):
        return _("Settle a period")

    def get_context_data(self, **kwargs):
        now = timezone.now()
        form = SettleForm(self.request.GET if "plan" in self.request.GET else None, at=now)
        context = {"form": form, "problem": "", "shown": None, "existing": None}
        if form.is_bound and form.is_valid():
            context |= look_ahead(form, at=now)
        elif not form.is_bound:
            form.initial["first_day"], form.initial["last_day"] = last_month_with_orders(
                today=timezone.localdate(now)
            )
        return super().get_context_data(
            plans_url=reverse(CommissionPlan.snippet_viewset.get_url_name("list")),
            **context,
            **kwargs,
        )

    def post(self, request):
        now = timezone.now()
        form = SettleForm(request.POST, at=now)
        if not form.is_valid():
            messages.error(request, _("Choose a plan and two days."))
            return redirect("settlement_settle")
        try:
            settlement = start_settlement(form, by=request.user, at=now)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect(f"{reverse('settlement_settle')}?{request.POST.urlencode()}")
        return redirect("settlement_settlement", settlement.pk)


def look_ahead(form, *, at):
    """What posting would do, or why it cannot be done."""
    plan, first_day = form.cleaned_data["plan"], form.cleaned_data["first_day"]
    period = {"first_day": first_day, "until_day": form.until_day}
    if existing := Settlement.objects.in_force().filter(plan=plan, **period).first():
        return {"existing": existing}
    try:
        version = actions.live_plan(plan, at=at)
        shown = actions.preview(slug=plan, version=version, at=at, **period)
    except Refusal as refusal:
        return {"problem": str(refusal)}
    return {
        "shown": shown,
        "version": version,
        "commission": Money(minor=shown["commission_minor"], currency=version.compiled.currency),
        "rule_rows": rule_rows(shown, currency=version.compiled.currency),
        "account_rows": account_rows(shown, currency=version.compiled.currency),
    }


@transaction.atomic
def start_settlement(form, *, by, at) -> Settlement:
    """Workers do it after the commit; the settlement's page shows how far they are."""
    settlement = actions.request_settlement(
        plan=form.cleaned_data["plan"],
        first_day=form.cleaned_data["first_day"],
        until_day=form.until_day,
        by=by,
        at=at,
    )
    if not settlement.is_posted:
        transaction.on_commit(partial(post_requested, settlement.pk))
    return settlement


class SettlementView(BelowSettlements):
    template_name = "settlement/settlement_detail.html"

    def get_page_title(self):
        return _("Settlement")

    def get_page_subtitle(self):
        return str(self.settlement)

    def get(self, request, *args, **kwargs):
        self.settlement = get_object_or_404(
            Settlement.objects.select_related("version", "requested_by"), pk=kwargs["pk"]
        )
        response = super().get(request, *args, **kwargs)
        if self.settlement.state == Settlement.State.REQUESTED:
            response["Refresh"] = REFRESH_SECONDS
        return response

    def get_context_data(self, **kwargs):
        settlement = self.settlement
        posted = settlement.is_posted
        return super().get_context_data(
            settlement=settlement,
            lines=settlement.version.lines(self.request.LANGUAGE_CODE),
            rule_rows=rule_rows(settlement.totals, currency=settlement.currency) if posted else [],
            account_rows=account_rows(settlement.totals, currency=settlement.currency) if posted else [],
            late_lines=actions.late_lines(settlement) if posted else 0,
            untouched=self.check_fingerprint(),
            may_settle=self.request.user.has_perm("settlement.add_settlement"),
            **kwargs,
        )

    def check_fingerprint(self):
        """Whether the stored entries still are what was posted; None when nobody asked."""
        if "check" not in self.request.GET or not self.settlement.is_posted:
            return None
        return actions.digest_of(self.settlement) == self.settlement.digest


@require_POST
@permission_required("settlement.add_settlement")
def cancel(request, pk):
    settlement = get_object_or_404(Settlement, pk=pk)
    try:
        actions.cancel_settlement(settlement=settlement, by=request.user)
        messages.success(request, _("Cancelled. Nothing was posted."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("settlement_settlement", pk)

"""The ledger: find entries, export them, read where each cent came from."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages

from flows.settlement.export import MOST_ROWS, as_csv, as_xlsx
from flows.settlement.forms import LedgerFilterForm
from flows.settlement.histories import case_of_entry
from flows.settlement.models import CommissionPlan, Entry, Settlement
from flows.settlement.views.pages import SettlementPage
from flows.settlement.words import entry_sentences
from rules.editor.names import subject_label
from rules.editor.testing import keep_and_show, may_write_tests
from rules.store.deciding import Decider
from rules.store.testing import StoredTest

PER_PAGE = 50


class LedgerView(SettlementPage):
    permission = "settlement.view_entry"
    template_name = "settlement/entry_list.html"

    def get_page_title(self):
        return _("Ledger")

    def get(self, request, *args, **kwargs):
        self.form = LedgerFilterForm(request.GET or None)
        self.entries = self.form.filter(Entry.objects.visible_to(request.user))
        match request.GET.get("export"):
            case None:
                return super().get(request, *args, **kwargs)
            case "csv":
                return as_csv(self.entries)
            case "xlsx":
                return self.export_xlsx()
        raise Http404

    def export_xlsx(self):
        if self.entries.count() > MOST_ROWS:
            messages.error(self.request, _("This is more than one sheet holds. Filter it, or export CSV."))
            return redirect("settlement_ledger")
        return as_xlsx(self.entries)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            form=self.form,
            settlement=self.chosen_settlement(),
            page=Paginator(self.entries.for_reading(), PER_PAGE).get_page(self.request.GET.get("p")),
            **kwargs,
        )

    def chosen_settlement(self):
        pk = self.form.is_valid() and self.form.cleaned_data["settlement"]
        return Settlement.objects.select_related("version").filter(pk=pk).first() if pk else None


class EntryView(SettlementPage):
    permission = "settlement.view_entry"
    template_name = "settlement/entry_detail.html"

    def crumbs(self):
        return [{"url": reverse("settlement_ledger"), "label": _("Ledger")}]

    def get_page_title(self):
        return _("Ledger entry")

    def get_context_data(self, **kwargs):
        entry = get_object_or_404(Entry.objects.for_reading(), pk=self.kwargs["pk"])
        same_order = Entry.objects.filter(line__order=entry.line.order, plan=entry.plan).exclude(pk=entry.pk)
        return super().get_context_data(
            entry=entry,
            sentences=entry_sentences(entry),
            plan_url=reverse(
                CommissionPlan.snippet_viewset.get_url_name("versions"), args=[entry.version.object_id]
            ),
            may_make_test=may_write_tests(self.request.user, CommissionPlan),
            same_order=same_order.for_reading().order_by("line__position"),
            **kwargs,
        )


@require_POST
def make_test(request, pk):
    """The line of an entry becomes a test of the plan that paid it."""
    entry = get_object_or_404(Entry.objects.visible_to(request.user).for_reading(), pk=pk)
    if not may_write_tests(request.user, CommissionPlan):
        raise PermissionDenied

    def make():
        paid, case = Decider.of_version(entry.version), case_of_entry(entry)
        facts = paid.only_asked(case.facts)
        return StoredTest.make(name=subject_label(case.subject), facts=facts, expected=paid.decide(facts))

    return keep_and_show(request, entry.version.record, make)

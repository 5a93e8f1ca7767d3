"""Before anything is sent: who would get it, who not and why, and the button that starts it."""

from datetime import datetime
from itertools import islice
from urllib.parse import urlencode

from django.contrib.admin.utils import quote, unquote
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton

from flows.broadcasts import actions, judging
from flows.broadcasts.content import spans_in
from flows.broadcasts.forms import LOCAL_FORMAT, MomentForm
from flows.broadcasts.models import Broadcast, Sending
from flows.broadcasts.views.pages import BroadcastPage, broadcast_url, broadcasts_crumb
from flows.broadcasts.words import reason_rows, reason_text
from flows.customers.models import Customer
from rules.editor.views import RecordEditView
from rules.store.problems import Refusal

SAMPLES = 3
PER_PAGE = 50


class BroadcastEditView(RecordEditView):
    @cached_property
    def header_buttons(self):
        buttons = super().header_buttons
        if self.object.live and self.request.user.has_perm("broadcasts.view_sending"):
            url = reverse("broadcasts_forecast", args=[quote(self.object.pk)])
            buttons = [HeaderButton(_("Who will get it"), url=url, icon_name="group"), *buttons]
        return buttons


class ForecastPage(BroadcastPage):
    """What the live version of a broadcast would do at the moment the form asks for."""

    @cached_property
    def record(self):
        return get_object_or_404(Broadcast, pk=unquote(str(self.kwargs["pk"])))

    @cached_property
    def form(self):
        return MomentForm({"at": self.request.GET.get("at") or self.request.POST.get("at", "")})

    @cached_property
    def at(self) -> datetime | None:
        return self.form.cleaned_data["at"] if self.form.is_valid() else None

    def crumbs(self):
        return [broadcasts_crumb(), (broadcast_url("edit", quote(self.record.pk)), str(self.record))]

    def get_page_subtitle(self):
        return str(self.record)

    def url(self, name, **query):
        return f"{reverse(name, args=[quote(self.record.pk)])}?{urlencode(query)}"

    def get_context_data(self, **kwargs):
        context = {"record": self.record, "form": self.form, "chosen": self.request.GET.get("at", "")}
        try:
            if self.at:
                context |= self.look_ahead()
        except Refusal as refusal:
            context["problem"] = str(refusal)
        return super().get_context_data(**context, **kwargs)

    def look_ahead(self) -> dict:
        forecast = actions.forecast(slug=self.record.slug, at=self.at)
        rows = reason_rows(forecast.by_reason, planned=True)
        for row in rows:
            row["url"] = self.url("broadcasts_forecast_who", at=self.chosen_at(), reason=row["reason"])
        return {
            "forecast": forecast,
            "rows": rows,
            "lines": forecast.version.lines(self.request.LANGUAGE_CODE),
            "waits": forecast.leaves_at != forecast.at,
        }

    def chosen_at(self) -> str:
        return timezone.localtime(self.at).strftime(LOCAL_FORMAT)


class ForecastView(ForecastPage):
    template_name = "broadcasts/forecast.html"

    def get_page_title(self):
        return _("Who will get it")

    def look_ahead(self):
        context = super().look_ahead()
        plan = judging.plan_for(context["forecast"].version, at=self.at)
        later = self.at > timezone.now()
        return context | {
            "samples": samples_of(plan),
            "may_send": self.request.user.has_perm("broadcasts.add_sending"),
            "send_url": self.url("broadcasts_send", **({"at": self.chosen_at()} if later else {})),
            "running": Sending.objects.unfinished().filter(slug=self.record.slug).first(),
        }


def samples_of(plan) -> list[dict]:
    """A few who would get it, with the text as they would read it, cut at what lexicons find."""
    verdicts = (
        verdict
        for chunk in judging.chunks(judging.audience(plan))
        for verdict in judging.judge(chunk, plan=plan)
    )
    chosen = list(islice((verdict for verdict in verdicts if verdict.accepted), SAMPLES))
    customers = Customer.objects.in_bulk([verdict.customer_id for verdict in chosen])
    return [
        {
            "customer": customers[verdict.customer_id],
            "parts": parts_of(verdict.text, spans_in(verdict.text, plan.lexicons)),
        }
        for verdict in chosen
    ]


def parts_of(text: str, spans) -> list[dict]:
    """[{"text", "span" or None}]: the text cut where spans begin and end; overlaps keep the first."""
    parts, done = [], 0
    for span in spans:
        if span.start < done:
            continue
        parts += [{"text": text[done : span.start], "span": None}, {"text": span.original, "span": span}]
        done = span.end
    return [part for part in [*parts, {"text": text[done:], "span": None}] if part["text"]]


class WhoView(ForecastPage):
    """The customers behind one number of the forecast."""

    template_name = "broadcasts/forecast_who.html"

    def get_page_title(self):
        return reason_text(self.reason)

    @cached_property
    def reason(self):
        return self.request.GET.get("reason", "")

    @cached_property
    def page(self):
        number = self.request.GET.get("p", "1")
        return int(number) if number.isdigit() and int(number) > 0 else 1

    def crumbs(self):
        return [
            *super().crumbs(),
            (self.url("broadcasts_forecast", at=self.chosen_at()), _("Who will get it")),
        ]

    def get(self, request, *args, **kwargs):
        if self.at is None:
            raise Http404
        return super().get(request, *args, **kwargs)

    def look_ahead(self):
        plan = judging.plan_for(actions.live_broadcast(self.record.slug), at=self.at)
        start = (self.page - 1) * PER_PAGE
        # One more than a page shows whether there is a next.
        found = list(islice(customers_with(self.reason, plan), start, start + PER_PAGE + 1))
        return {"customers": found[:PER_PAGE], "page": self.page, "has_next": len(found) > PER_PAGE}


def customers_with(reason: str, plan):
    for chunk in judging.chunks(judging.audience(plan)):
        by_id = {customer.pk: customer for customer in chunk}
        for verdict in judging.judge(chunk, plan=plan):
            if verdict.reason == reason:
                yield by_id[verdict.customer_id]


class SendView(ForecastPage):
    """The last look before sending: counts, then one button."""

    permission = "broadcasts.add_sending"
    template_name = "broadcasts/send.html"

    def get_page_title(self):
        return _("Send")

    def look_ahead(self):
        last = Sending.objects.filter(slug=self.record.slug).order_by("-pk").first()
        return super().look_ahead() | {
            "later": self.at > timezone.now(),
            "last": last,
            "back_url": self.url("broadcasts_forecast", at=self.request.GET.get("at", "")),
        }

    def post(self, request, *args, **kwargs):
        now = timezone.now()
        if self.at is None:
            return self.get(request, *args, **kwargs)
        try:
            sending = actions.start_sending(
                slug=self.record.slug, by=request.user, at=max(self.at, now), now=now
            )
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("broadcasts_forecast", quote(self.record.pk))
        return redirect("broadcasts_sending", sending.pk)

"""Sendings: how far they are, who got what and why, pause, go on, stop."""

import io

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import permission_required
from wagtail.log_actions import log

from flows.broadcasts import actions, judging
from flows.broadcasts import limits as kinds
from flows.broadcasts.models import Limit, Recipient, Sending
from flows.broadcasts.real_tests import limits_that_decided, recipient_as_test, what_it_said
from flows.broadcasts.resources import RecipientResource
from flows.broadcasts.views.pages import BroadcastPage, broadcasts_crumb, sendings_crumb
from flows.broadcasts.words import limit_names, reason_rows, reason_text
from rules.editor.names import subject_label
from rules.editor.testing import keep_and_show, may_write_tests
from rules.store.models import Version
from rules.store.problems import Refusal

PER_PAGE = 50
REFRESH_SECONDS = "2"
MOST_EXPORTED = 100_000
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class SendingListView(BroadcastPage):
    template_name = "broadcasts/sending_list.html"

    def get_page_title(self):
        return _("Sendings")

    def crumbs(self):
        return [broadcasts_crumb()]

    def get_context_data(self, **kwargs):
        found = Sending.objects.select_related("version", "by")
        if slug := self.request.GET.get("broadcast", ""):
            found = found.filter(slug=slug)
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        counts = Recipient.objects.filter(sending__in=[sending.pk for sending in page])
        return super().get_context_data(
            page=page, rows=[(sending, counts.filter(sending=sending).by_outcome()) for sending in page],
            broadcasts_url=broadcasts_crumb()[0], **kwargs,
        )  # fmt: skip


class SendingPage(BroadcastPage):
    @cached_property
    def sending(self):
        return get_object_or_404(Sending.objects.select_related("version", "by"), pk=self.kwargs["pk"])

    def crumbs(self):
        return [broadcasts_crumb(), sendings_crumb()]


class SendingView(SendingPage):
    template_name = "broadcasts/sending_detail.html"

    def get_page_title(self):
        return str(self.sending)

    def get(self, request, *args, **kwargs):
        response = super().get(request, *args, **kwargs)
        if self.sending.state in ("preparing", "running"):
            # The page looks again by itself, also where no script runs.
            response["Refresh"] = REFRESH_SECONDS
        return response

    def get_context_data(self, **kwargs):
        sending = self.sending
        by_outcome = sending.recipients.by_outcome()
        total = sum(by_outcome.values())
        waiting = by_outcome.get(Recipient.Outcome.QUEUED, 0)
        return super().get_context_data(
            sending=sending,
            rows=reason_rows(sending.recipients.by_reason()),
            total=total,
            done=total - waiting,
            waiting=waiting,
            sent=by_outcome.get(Recipient.Outcome.SENT, 0),
            percent=round(100 * (total - waiting) / total) if total else 0,
            next_at=next_time(sending) if sending.is_unfinished and waiting else None,
            lines=sending.version.lines(self.request.LANGUAGE_CODE),
            decided_by=Version.objects.filter(pk__in=judging.all_deciding(sending)),
            may_change=self.request.user.has_perm("broadcasts.change_sending"),
            **kwargs,
        )


def next_time(sending):
    """When the next waiting message is due, if that is not now."""
    first = sending.recipients.queued().order_by("counts_at").values_list("counts_at", flat=True).first()
    return first if first and first > timezone.now() else None


class StopView(SendingPage):
    """Says what stopping can still do, and what not, before it is done."""

    permission = "broadcasts.change_sending"
    template_name = "broadcasts/sending_stop.html"

    def get_page_title(self):
        return _("Stop sending")

    def get_page_subtitle(self):
        return str(self.sending)

    def get_context_data(self, **kwargs):
        by_outcome = self.sending.recipients.by_outcome()
        return super().get_context_data(
            sending=self.sending,
            sent=by_outcome.get(Recipient.Outcome.SENT, 0),
            waiting=by_outcome.get(Recipient.Outcome.QUEUED, 0),
            **kwargs,
        )

    def post(self, request, *args, **kwargs):
        try:
            stopped = actions.stop(sending=self.sending, by=request.user, now=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, stopped_sentence(stopped))
        return redirect("broadcasts_sending", self.sending.pk)


def stopped_sentence(count):
    return ngettext(
        "Stopped. %(count)s customer will not get it.", "Stopped. %(count)s customers will not get it.", count
    ) % {"count": count}


@require_POST
@permission_required("broadcasts.change_sending")
def pause(request, pk):
    sending = get_object_or_404(Sending, pk=pk)
    try:
        actions.pause(sending=sending, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("broadcasts_sending", pk)


@require_POST
@permission_required("broadcasts.change_sending")
def resume(request, pk):
    sending = get_object_or_404(Sending, pk=pk)
    try:
        actions.resume(sending=sending, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("broadcasts_sending", pk)


class RecipientsView(SendingPage):
    """Who is behind a number: recipients by reason, as a list or a spreadsheet."""

    template_name = "broadcasts/recipient_list.html"

    def get_page_title(self):
        return reason_text(self.reason) if self.reason else _("Recipients")

    def crumbs(self):
        return [*super().crumbs(), (reverse("broadcasts_sending", args=[self.sending.pk]), str(self.sending))]

    @cached_property
    def reason(self):
        return self.request.GET.get("reason", "").replace("\0", "")

    def recipients(self):
        found = self.sending.recipients.select_related("customer").order_by("pk")
        found = found.filter(reason=self.reason) if self.reason else found
        if words := self.request.GET.get("q", "").replace("\0", "").strip():
            found = found.about_customer(words)
        return found

    def get(self, request, *args, **kwargs):
        kind = request.GET.get("export", "")
        if not kind:
            return super().get(request, *args, **kwargs)
        if kind not in CONTENT_TYPES:
            raise Http404
        return self.export(kind)

    def export(self, kind):
        found = self.recipients()[:MOST_EXPORTED]
        data = RecipientResource().export(queryset=found)
        # Who took which list away is written down.
        log(
            self.sending,
            "broadcasts.export",
            user=self.request.user,
            data={"rows": len(data), "reason": self.reason},
        )
        content = data.export(kind)
        raw = content.encode("utf-8-sig") if isinstance(content, str) else content
        return FileResponse(
            io.BytesIO(raw),
            as_attachment=True,
            filename=f"{self.sending.slug}-{self.sending.pk}.{kind}",
            content_type=CONTENT_TYPES[kind],
        )

    def get_context_data(self, **kwargs):
        by_reason = self.sending.recipients.by_reason()
        page = Paginator(self.recipients(), PER_PAGE).get_page(self.request.GET.get("p"))
        names = limit_names(recipient.reason.partition(":")[2] for recipient in page)
        return super().get_context_data(
            sending=self.sending,
            page=page,
            rows=[
                (recipient, reason_text(recipient.reason, names), detail_text(recipient))
                for recipient in page
            ],
            choices=reason_rows(by_reason),
            reason=self.reason,
            q=self.request.GET.get("q", ""),
            may_make_test=may_write_tests(self.request.user, Limit),
            **kwargs,
        )


class RecipientTestView(SendingPage):
    """It becomes a test: of the limit that held it back, or of one that let it through. Where several
    did, this asks which."""

    http_method_names = ["post"]
    template_name = "broadcasts/recipient_test.html"

    def get_page_title(self):
        return _("Test of which limit?")

    def crumbs(self):
        return [
            *super().crumbs(),
            (reverse("broadcasts_sending", args=[self.sending.pk]), str(self.sending)),
            (reverse("broadcasts_recipients", args=[self.sending.pk]), _("Recipients")),
        ]

    @cached_property
    def recipient(self):
        found = self.sending.recipients.select_related("sending", "customer")
        return get_object_or_404(found, pk=self.kwargs["recipient"])

    def post(self, request, *args, **kwargs):
        if not may_write_tests(request.user, Limit):
            raise PermissionDenied
        limits = limits_that_decided(self.recipient)
        chosen = [version for version in limits if version.slug == request.POST.get("limit")]
        held_back = [
            version for version in limits if what_it_said(self.recipient, version.slug) != kinds.REACHED
        ]
        if version := next(iter(chosen or held_back or (limits if len(limits) == 1 else [])), None):
            return keep_and_show(request, version.record, lambda: self.as_test(version))
        if limits:
            return self.render_to_response(self.get_context_data(limits=limits))
        messages.error(request, _("No limit concerned this message, so there is nothing to test."))
        return redirect("broadcasts_recipients", self.sending.pk)

    def as_test(self, version):
        return recipient_as_test(self.recipient, version, name=subject_label(self.recipient.subject))

    def get_context_data(self, **kwargs):
        language = self.request.LANGUAGE_CODE
        limits = [(version, version.lines(language)[0].text) for version in kwargs.pop("limits")]
        return super().get_context_data(recipient=self.recipient, limits=limits, **kwargs)


def detail_text(recipient) -> str:
    """What is known beside the reason, in a few words."""
    detail = recipient.detail
    parts = []
    if detail.get("version"):
        parts.append(_("version %(number)s of the limit") % {"number": detail["version"]})
    if detail.get("also"):
        names = limit_names(detail["also"])
        parts.append(
            _("also: %(limits)s") % {"limits": _(", ").join(names.get(slug, slug) for slug in detail["also"])}
        )
    if detail.get("found"):
        parts.append(detail["found"])
    if detail.get("error"):
        parts.append(detail["error"])
    if detail.get("checked"):
        parts.append(_("found right before sending"))
    return _("; ").join(parts)

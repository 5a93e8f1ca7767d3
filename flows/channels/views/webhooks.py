"""Webhooks in the settings: address, secret, events, and a call to try it."""

import time

import urllib3
from django import forms
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import permission_required
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import IndexView
from wagtail.log_actions import log

from flows.channels.models import Webhook
from flows.channels.notices.kinds import all_kinds
from flows.channels.webhooks import new_secret, post, target_of
from rules.store.problems import Refusal

SHORTEST_SECRET = 16


def event_choices():
    return [(kind.key, kind.label) for kind in all_kinds()]


class WebhookForm(WagtailAdminModelForm):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("Begins with https://. Addresses inside a network are refused."),
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        min_length=SHORTEST_SECRET,
        max_length=100,
        help_text=gettext_lazy("Give it to the receiver, who checks the signature of every call with it."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), choices=event_choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Webhook
        fields = ["name", "url", "secret", "events", "is_on"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("secret", new_secret())

    def clean_url(self):
        url = self.cleaned_data["url"].strip()
        try:
            target_of(url)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        except (OSError, UnicodeError) as trouble:
            raise forms.ValidationError(_("No address belongs to this name now.")) from trouble
        return url


class TryColumn(Column):
    cell_template_name = "channels/_webhook_try_cell.html"


def events_in_words(webhook) -> str:
    labels = dict(event_choices())
    return _("; ").join(str(labels[event]) for event in webhook.events if event in labels) or "–"


class WebhookIndexView(IndexView):
    page_title = gettext_lazy("Webhooks")


@require_POST
@permission_required("channels.change_webhook")
def try_webhook(request, pk):
    """One call, now, with an event of its own; the person waits for the answer."""
    webhook = get_object_or_404(Webhook, pk=pk)
    at = timezone.now()
    body = {"event": "webhook.test", "subject": f"webhook:{pk}", "at": at.isoformat()}
    body["key"] = f"webhook-test:{pk}:{at.timestamp():.3f}"
    began = time.monotonic()
    try:
        answer = post(webhook, body, key=body["key"])
    except Refusal as refusal:
        messages.error(request, str(refusal))
    except (OSError, UnicodeError, urllib3.exceptions.HTTPError) as trouble:
        messages.error(
            request, _("“%(name)s” could not be reached: %(why)s") % {"name": webhook, "why": trouble}
        )
    else:
        say = messages.success if 200 <= answer.status < 300 else messages.error
        took = round((time.monotonic() - began) * 1000)
        say(
            request,
            _("“%(name)s” answered %(status)s in %(took)s ms. %(start)s")
            % {"name": webhook, "status": answer.status, "took": took, "start": answer.start},
        )
    log(webhook, "channels.try_webhook", user=request.user)
    return redirect(reverse("webhook:index"))

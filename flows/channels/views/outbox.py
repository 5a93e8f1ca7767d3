from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_filters import ChoiceFilter
from wagtail.admin import messages
from wagtail.admin.auth import permission_required
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import IndexView
from wagtail.log_actions import log

from flows.channels import actions
from flows.channels.drivers import all_channels
from flows.channels.models import Outgoing
from flows.channels.senders import sender_of
from rules.store.problems import Refusal


class OutgoingFilterSet(WagtailFilterSet):
    state = ChoiceFilter(label=gettext_lazy("State"), choices=Outgoing.State.choices)
    channel = ChoiceFilter(label=gettext_lazy("Channel"), choices=all_channels)

    class Meta:
        model = Outgoing
        fields = []


class StateColumn(Column):
    cell_template_name = "channels/_state_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        may = parent_context["request"].user.has_perm("channels.change_outgoing")
        certainly_here = instance.state in (Outgoing.State.FAILED, Outgoing.State.DEAD)
        return super().get_cell_context_data(instance, parent_context) | {
            "may_send_again": may and certainly_here
        }


class SubjectColumn(Column):
    """Who asked for it, in words, with the way there."""

    cell_template_name = "channels/_subject_cell.html"

    def get_cell_context_data(self, instance, parent_context):
        known = parent_context["request"].__dict__.setdefault("described_subjects", {})
        if instance.subject not in known:
            known[instance.subject] = describe(instance.subject)
        text, url = known[instance.subject]
        return super().get_cell_context_data(instance, parent_context) | {"text": text, "url": url}


def describe(subject):
    sender = sender_of(subject)
    return sender.describe(subject) if sender else (subject, "")


def channel_label(message):
    return dict(all_channels()).get(message.channel, message.channel)


class OutboxView(IndexView):
    page_title = gettext_lazy("Outbox")

    def get_edit_url(self, instance):
        return None

    def get_add_url(self):
        return None

    def get_list_buttons(self, instance):
        return []


@require_POST
@permission_required("channels.change_outgoing")
def send_again(request, pk):
    message = get_object_or_404(Outgoing, pk=pk)
    try:
        actions.send_again(message=message, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        log(message, "channels.send_again", user=request.user)
        messages.success(request, _("It is in the queue again."))
    return redirect(reverse("outgoing:index"))

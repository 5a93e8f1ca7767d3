from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet

from flows.channels import views
from flows.channels.models import Outgoing


class OutgoingViewSet(ModelViewSet):
    """The outbox, for reading: what waits, what left, what was given up."""

    model = Outgoing
    name = "outgoing"
    icon = "upload"
    menu_label = _("Outbox")
    index_view_class = views.OutboxView
    index_results_template_name = "channels/outbox_results.html"
    filterset_class = views.OutgoingFilterSet
    copy_view_enabled = False
    list_per_page = 50
    form_fields = ["state"]
    search_fields = ["recipient", "idempotency_key", "subject"]
    list_export = ["channel", "recipient", "subject", "state", "attempts", "due_at", "sent_at", "error"]
    list_display = [
        "recipient",
        Column("channel", label=_("Channel"), accessor=views.channel_label),
        views.StateColumn("state", label=_("State"), sort_key="state"),
        views.SubjectColumn("subject", label=_("Asked for by")),
        Column("attempts", label=_("Tries"), sort_key="attempts"),
        DateColumn("due_at", label=_("Due"), sort_key="due_at"),
        DateColumn("sent_at", label=_("Sent"), sort_key="sent_at"),
    ]

    # Messages are written by what causes them, never typed in.
    def get_urlpatterns(self):
        kept = ("index", "index_results")
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in kept]

    def get_common_view_kwargs(self, **kwargs):
        closed = dict.fromkeys(["add_url_name", "edit_url_name", "delete_url_name", "history_url_name"])
        return super().get_common_view_kwargs(**closed, usage_url_name=None, **kwargs)


@hooks.register("register_admin_viewset")
def outbox_viewset():
    return OutgoingViewSet()


@hooks.register("register_admin_urls")
def admin_urls():
    return [path("outbox/<int:pk>/again/", views.send_again, name="channels_send_again")]


@hooks.register("register_log_actions")
def log_actions(actions):
    actions.register_action("channels.send_again", _("Send again"), _("Sent again"))


@hooks.register("register_account_menu_item")
def notices_in_account_menu(request):
    return {
        "url": reverse("desk:notice_choices"),
        "label": _("What I am told"),
        "help_text": _("Which notices reach you by e-mail, and when the daily brief comes."),
    }

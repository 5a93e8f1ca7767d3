from django.urls import path, reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet

from flows.channels.models import Outgoing, Webhook
from flows.channels.views import outbox as views
from flows.channels.views import webhooks, wordings
from rules.editor.menus import PermittedMenuItem


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


class WebhookViewSet(ModelViewSet):
    """Administrators only: a webhook hears of everything of its events."""

    model = Webhook
    name = "webhook"
    icon = "link"
    menu_label = _("Webhooks")
    add_to_settings_menu = True
    index_view_class = webhooks.WebhookIndexView
    index_results_template_name = "channels/webhook_results.html"
    copy_view_enabled = False
    search_fields = ["name", "url"]
    list_display = [
        "name",
        Column("url", label=_("Address")),
        Column("events", label=_("Events"), accessor=webhooks.events_in_words),
        BooleanColumn("is_on", label=_("Switched on")),
        webhooks.TryColumn("try", label=_("Send a test")),
    ]

    def get_form_class(self, for_update=False):
        return webhooks.WebhookForm


@hooks.register("register_admin_viewset")
def outbox_viewset():
    return OutgoingViewSet()


@hooks.register("register_admin_viewset")
def webhook_viewset():
    return WebhookViewSet()


@hooks.register("register_settings_menu_item")
def wordings_menu_item():
    return PermittedMenuItem(
        _("Wording of notices"),
        reverse_lazy("channels_wordings"),
        permission=wordings.MAY,
        name="notice-wordings",
        icon_name="comment",
        order=310,
    )


@hooks.register("register_admin_urls")
def admin_urls():
    return [
        path("outbox/<int:pk>/again/", views.send_again, name="channels_send_again"),
        path("webhook/<int:pk>/try/", webhooks.try_webhook, name="channels_try_webhook"),
        path("notices/", wordings.wordings, name="channels_wordings"),
        path("notices/<str:event>/", wordings.wording, name="channels_wording"),
    ]


@hooks.register("register_log_actions")
def log_actions(actions):
    actions.register_action("channels.send_again", _("Send again"), _("Sent again"))
    actions.register_action("channels.try_webhook", _("Try the webhook"), _("Tried the webhook"))
    actions.register_action("channels.change_wording", _("Change the wording"), _("Changed the wording"))


@hooks.register("register_account_menu_item")
def notices_in_account_menu(request):
    return {
        "url": reverse("desk:notice_choices"),
        "label": _("What I am told"),
        "help_text": _("Which notices reach you by e-mail, and when the daily brief comes."),
    }

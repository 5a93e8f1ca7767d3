from django.urls import path, reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import hooks
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    PublishingPanel,
    TitleFieldPanel,
)
from wagtail.log_actions import LogFormatter
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from flows.broadcasts.models import Broadcast, Lexicon, Limit
from flows.broadcasts.variables import help_text
from flows.broadcasts.views import forecasts, lexicons, sendings
from rules.editor.menus import PermittedMenuItem
from rules.editor.viewsets import StoredRecordViewSet


class LimitViewSet(StoredRecordViewSet):
    model = Limit
    icon = "lock"
    menu_label = _("Limits")
    teaching = _(
        "A limit bounds every broadcast it concerns. For example: at most 2 messages per customer within "
        "7 days, nothing between 21:00 and 09:00, not to customers who bought within the last 7 days."
    )
    # What a kind has no use for is hidden by the style sheet, so that it works without a script.
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldPanel("kind"),
        MultiFieldPanel(
            [
                FieldPanel("most", classname="limit-most"),
                FieldRowPanel([FieldPanel("length"), FieldPanel("unit")]),
                FieldPanel("counted"),
            ],
            heading=_("How many, in what time"),
            classname="limit-period",
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("quiet_from"), FieldPanel("quiet_until")])],
            heading=_("Quiet hours"),
            classname="limit-quiet",
        ),
        FieldPanel("zone"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("channel"), FieldPanel("category")])], heading=_("Which messages")
        ),
        FieldPanel("narrower_may_only_tighten", classname="limit-below"),
        FieldPanel("slug"),
        PublishingPanel(),
    ]


class LexiconViewSet(StoredRecordViewSet):
    model = Lexicon
    icon = "list-ul"
    menu_label = _("Lexicons")
    edit_view_class = lexicons.LexiconEditView
    teaching = _(
        "A lexicon lists words that messages should not have. For example: a category “advertising law” that "
        "warns of 最低价 and 国家级, and one that blocks what the platform forbids."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldPanel("used_for"),
        InlinePanel(
            "categories",
            heading=pgettext_lazy("of messages or words", "Categories"),
            label=pgettext_lazy("of messages or words", "Category"),
            panels=[
                FieldRowPanel([FieldPanel("name"), FieldPanel("action")]),
                FieldPanel("words"),
                FieldPanel("allowed"),
            ],
        ),
        FieldPanel("fold_numerals"),
        FieldPanel("slug"),
        PublishingPanel(),
    ]


class BroadcastViewSet(StoredRecordViewSet):
    model = Broadcast
    icon = "mail"
    menu_label = _("Broadcasts")
    edit_view_class = forecasts.BroadcastEditView
    teaching = _(
        "A broadcast is a message to a segment. Write it, have it reviewed, look at who will get it, then "
        "send it. For example: spring news to customers who have not bought for 30 days."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldPanel("segment"),
        FieldPanel("message", help_text=help_text()),
        MultiFieldPanel(
            [FieldPanel("when_missing"), FieldPanel("stand_in", classname="broadcast-stand-in")],
            heading=_("When something is not known of a customer"),
        ),
        FieldRowPanel([FieldPanel("channel"), FieldPanel("category")]),
        FieldPanel("slug"),
        PublishingPanel(),
    ]


class BroadcastsGroup(SnippetViewSetGroup):
    items = (BroadcastViewSet, LimitViewSet, LexiconViewSet)
    menu_label = _("Broadcasts")
    menu_name = "broadcasts"
    menu_icon = "mail"
    menu_order = 400
    submenu_hook = "register_broadcasts_menu_item"


register_snippet(BroadcastsGroup)


@hooks.register("register_broadcasts_menu_item")
def outbox_menu_item():
    return PermittedMenuItem(
        _("Outbox"),
        reverse_lazy("outgoing:index"),
        name="outbox",
        icon_name="mail",
        order=600,
        permission="channels.view_outgoing",
    )


@hooks.register("register_broadcasts_menu_item")
def sendings_menu_item():
    return PermittedMenuItem(
        _("Sendings"),
        reverse_lazy("broadcasts_sendings"),
        name="sendings",
        icon_name="upload",
        order=500,
        permission="broadcasts.view_sending",
    )


@hooks.register("register_admin_urls")
def admin_urls():
    return [
        path("broadcasts/<int:pk>/forecast/", forecasts.ForecastView.as_view(), name="broadcasts_forecast"),
        path(
            "broadcasts/<int:pk>/forecast/who/", forecasts.WhoView.as_view(), name="broadcasts_forecast_who"
        ),
        path("broadcasts/<int:pk>/send/", forecasts.SendView.as_view(), name="broadcasts_send"),
        path("sendings/", sendings.SendingListView.as_view(), name="broadcasts_sendings"),
        path("sendings/<int:pk>/", sendings.SendingView.as_view(), name="broadcasts_sending"),
        path("sendings/<int:pk>/pause/", sendings.pause, name="broadcasts_pause"),
        path("sendings/<int:pk>/resume/", sendings.resume, name="broadcasts_resume"),
        path("sendings/<int:pk>/stop/", sendings.StopView.as_view(), name="broadcasts_stop"),
        path(
            "sendings/<int:pk>/recipients/", sendings.RecipientsView.as_view(), name="broadcasts_recipients"
        ),
        path(
            "sendings/<int:pk>/recipients/<int:recipient>/make-test/",
            sendings.RecipientTestView.as_view(),
            name="broadcasts_recipient_test",
        ),
        path("lexicons/<int:pk>/try/", lexicons.TryLexiconView.as_view(), name="broadcasts_lexicon_try"),
    ]


@hooks.register("register_log_actions")
def log_actions(actions):
    actions.register_action("broadcasts.start", _("Start sending"), _("Started sending"))
    actions.register_action("broadcasts.pause", _("Pause sending"), _("Paused sending"))
    actions.register_action("broadcasts.resume", _("Go on sending"), _("Went on sending"))
    actions.register_action("broadcasts.stop", _("Stop sending"), _("Stopped sending"))

    @actions.register_action("broadcasts.export")
    class Export(LogFormatter):
        label = _("Export recipients")

        def format_message(self, entry):
            return capfirst(_("exported %(rows)s recipients") % entry.data)

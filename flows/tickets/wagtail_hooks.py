from django.urls import path, reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    PublishingPanel,
    TitleFieldPanel,
)
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from flows.customers.views.lists import SpreadsheetIndexView
from flows.forms.fields import FieldSpec
from flows.tickets.access_panel import AccessPanel
from flows.tickets.field_access import as_seen
from flows.tickets.filters import TicketFilterSet
from flows.tickets.models import Ticket, TicketType
from flows.tickets.resources import TicketResource
from flows.tickets.type_files.views import ReadFileView, SaveAsFileView
from rules.editor.menus import PermittedMenuItem
from rules.editor.views import RecordEditView, RecordIndexView
from rules.editor.viewsets import StoredRecordViewSet
from rules.store.models import Version


class TicketTypeIndexView(RecordIndexView):
    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        if self.permission_policy.user_has_permission(self.request.user, "add"):
            url = reverse(TicketType.snippet_viewset.get_url_name("read_file"))
            buttons.append(Button(_("From a file"), url=url, icon_name="upload", priority=40))
        return buttons


class TicketTypeEditView(RecordEditView):
    @cached_property
    def header_more_buttons(self):
        url = reverse(TicketType.snippet_viewset.get_url_name("save_as_file"), args=[self.object.pk])
        save = Button(_("Save as a file"), url=url, icon_name="download", priority=40)
        return [*super().header_more_buttons, save]


class TicketTypeViewSet(StoredRecordViewSet):
    model = TicketType
    index_view_class = TicketTypeIndexView
    edit_view_class = TicketTypeEditView
    icon = "clipboard-list"
    menu_label = _("Ticket types")
    teaching = _(
        "A ticket type is a form and the steps a ticket goes through. "
        "Example: a refund is opened with an order and an amount, handled, and above 1,000 approved."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        MultiFieldPanel(
            [FieldPanel("name_en"), FieldRowPanel([FieldPanel("description"), FieldPanel("description_en")])],
            heading=_("Name and purpose"),
        ),
        FieldPanel("form", heading=_("Form: what is asked")),
        FieldPanel("flow", heading=_("Flow: the steps a ticket goes through")),
        AccessPanel(
            "field_access",
            heading=_("Who sees which field"),
            help_text=_(
                "For each role: at which step a field is hidden, masked (138****0000), only read, edited, or"
                " must be answered. A person with several roles has the widest right of them."
            ),
        ),
        FieldPanel("slug"),
        PublishingPanel(),
    ]

    def get_urlpatterns(self):
        conv = self.pk_path_converter
        return [
            *super().get_urlpatterns(),
            path("file/", ReadFileView.as_view(viewset=self), name="read_file"),
            path(f"file/<{conv}:pk>/", self.record_view(SaveAsFileView), name="save_as_file"),
        ]


class FlowsGroup(SnippetViewSetGroup):
    """Other parts of flows join by the hook."""

    items = (TicketTypeViewSet,)
    menu_label = _("Flows")
    menu_name = "flows"
    menu_icon = "clipboard-list"
    menu_order = 300
    submenu_hook = "register_flows_menu_item"


register_snippet(FlowsGroup)


# Tickets are looked through here and worked on at the desk.


def fields_of(tickets) -> list[FieldSpec]:
    """Every field that the versions of these tickets ask, the newest version's first."""
    versions = Version.objects.filter(pk__in=tickets.order_by().values("version")).order_by("-number")
    fields = {}
    for version in versions:
        fields |= {spec.name: spec for spec in version.compiled.fields if spec.name not in fields}
    return list(fields.values())


class TicketIndexView(SpreadsheetIndexView):
    importer = "feedback"

    def get_base_queryset(self):
        return Ticket.objects.visible_to(self.request.user).with_names().select_related("order")

    def get_edit_url(self, instance):
        return reverse("desk:ticket", args=[instance.pk])

    def as_spreadsheet(self, queryset, spreadsheet_format):
        # One type has one form: its answers are columns. What all types have in common has none.
        self.exported_fields = fields_of(queryset) if self.request.GET.get("ticket_type") else []
        return super().as_spreadsheet(queryset, spreadsheet_format)

    def make_resource(self):
        return TicketResource(by=self.request.user, fields=self.exported_fields)

    def search_queryset(self, queryset):
        return queryset.matching(self.search_query, by=self.request.user) if self.is_searching else queryset

    def get_table(self, object_list, **kwargs):
        return super().get_table([as_seen(ticket, by=self.request.user) for ticket in object_list], **kwargs)


class TicketViewSet(ModelViewSet):
    model = Ticket
    icon = "list-ul"
    menu_label = _("Tickets")
    index_view_class = TicketIndexView
    filterset_class = TicketFilterSet
    copy_view_enabled = False
    form_fields = ["title"]
    search_fields = ["title", "text"]
    list_display = [
        "title",
        Column("urgency", label=_("Urgency"), accessor="get_urgency_display", sort_key="urgency"),
        Column("status", label=_("Status"), accessor="get_status_display", sort_key="status"),
        Column("department", label=_("Department"), sort_key="department__name"),
        Column("assignee", label=_("Assigned to")),
        DateColumn("created_at", label=_("Opened"), sort_key="created_at"),
    ]

    def get_urlpatterns(self):
        kept = ("index", "index_results")
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in kept]

    def get_common_view_kwargs(self, **kwargs):
        closed = dict.fromkeys(["add_url_name", "edit_url_name", "delete_url_name", "history_url_name"])
        return super().get_common_view_kwargs(**closed, usage_url_name=None, **kwargs)


tickets = TicketViewSet("tickets")


@hooks.register("register_admin_viewset")
def tickets_viewset():
    return tickets


@hooks.register("register_flows_menu_item")
def tickets_menu_item():
    return tickets.get_menu_item(order=200)


@hooks.register("register_flows_menu_item")
def import_menu_item():
    return PermittedMenuItem(
        _("Import feedback"),
        reverse_lazy("imports:upload", args=["feedback"]),
        name="import-feedback",
        icon_name="upload",
        order=300,
        permission="tickets.add_ticket",
    )

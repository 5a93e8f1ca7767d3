from django.urls import include, path
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, PublishingPanel, TitleFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import LogFormatter
from wagtail.snippets.models import register_snippet

from flows.customers.forms import COLUMN, OrderMappingForm
from flows.customers.models import MAPPED_FIELDS, Customer, ImportRun, Order, OrderMapping, Segment
from flows.customers.views import imports, lists
from rules.editor.viewsets import StoredRecordViewSet


class SegmentViewSet(StoredRecordViewSet):
    model = Segment
    icon = "group"
    menu_label = _("Segments")
    teaching = _(
        "A segment is a group of customers described by a condition, and is always up to date. For example: "
        "customers with more than 2 orders who have not ordered for 30 days."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name of the segment")),
        FieldPanel(
            "condition",
            help_text=_(
                "The preview, at the top right, shows how many customers this is now, and who for example."
            ),
        ),
        FieldPanel("slug"),
        PublishingPanel(),
    ]


register_snippet(SegmentViewSet)


class CustomerViewSet(ModelViewSet):
    model = Customer
    icon = "user"
    menu_label = _("Customers")
    index_view_class = lists.CustomerIndexView
    inspect_view_class = lists.CustomerView
    inspect_view_enabled = True
    copy_view_enabled = False
    template_prefix = "customers/lists/"
    filterset_class = lists.CustomerFilterSet
    search_fields = ["number", "name", "phone"]
    form_fields = ["number", "name", "country", "phone", "level"]
    list_display = [
        "number",
        Column("name", label=pgettext_lazy("of a person", "Name"), sort_key="name"),
        Column("country", label=_("Country or region"), sort_key="country", classname="wide-only"),
        Column("level", label=_("Level"), sort_key="level", classname="wide-only"),
        NumberColumn("orders_count", label=_("Orders"), sort_key="orders_count"),
        DateColumn("last_order_at", label=_("Last order"), sort_key="last_order_at"),
    ]


class OrderViewSet(ModelViewSet):
    model = Order
    icon = "list-ul"
    menu_label = _("Orders")
    index_view_class = lists.OrderIndexView
    inspect_view_class = lists.OrderView
    inspect_view_enabled = True
    copy_view_enabled = False
    template_prefix = "customers/lists/"
    filterset_class = lists.OrderFilterSet
    search_fields = ["number", "customer__number", "customer__name"]
    form_fields = ["number"]
    list_display = [
        "number",
        Column("kind", accessor="get_kind_display", label=_("Kind"), sort_key="kind"),
        Column("customer", label=_("Customer"), sort_key="customer__number", classname="wide-only"),
        DateColumn("placed_at", label=_("Placed"), sort_key="placed_at"),
        Column("country", label=_("Country or region"), sort_key="country", classname="wide-only"),
        lists.AmountColumn("amount", label=_("Amount")),
    ]

    # Orders come from shop systems and are not typed in or changed here.
    def get_urlpatterns(self):
        kept = ("index", "index_results", "inspect")
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in kept]

    def get_common_view_kwargs(self, **kwargs):
        closed = dict.fromkeys(["add_url_name", "edit_url_name", "delete_url_name", "history_url_name"])
        return super().get_common_view_kwargs(**closed, usage_url_name=None, **kwargs)


def column_panels(required):
    return [FieldPanel(COLUMN + name) for name, _label, needed in MAPPED_FIELDS if needed is required]


class OrderMappingViewSet(ModelViewSet):
    model = OrderMapping
    icon = "table"
    menu_label = _("Order mappings")
    list_display = ["name", "currency", "time_zone"]
    search_fields = ["name", "slug"]
    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("slug")]),
        MultiFieldPanel(column_panels(True), heading=_("Columns every file has: their headings")),
        MultiFieldPanel(column_panels(False), heading=_("Columns a file may have: their headings")),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("date_format"), FieldPanel("time_zone")]),
                FieldRowPanel([FieldPanel("currency"), FieldPanel("decimal_mark")]),
                FieldPanel("customer_numbers_as_decimals"),
            ],
            heading=_("How values are written"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("return_prefix"), FieldPanel("adjustment_prefix")]),
                FieldPanel("returns_are_positive"),
            ],
            heading=_("Returns and adjustments"),
        ),
        MultiFieldPanel(
            [FieldPanel("channel"), FieldPanel("country"), FieldPanel("store")],
            heading=_("The same for every order"),
        ),
    ]

    def get_form_class(self, for_update=False):
        return OrderMappingForm


class ImportRunViewSet(ModelViewSet):
    model = ImportRun
    name = "import_run"
    icon = "upload"
    menu_label = _("Imports")
    index_view_class = imports.ImportIndexView
    template_prefix = "customers/lists/"
    copy_view_enabled = False
    form_fields = ["filename"]
    list_display = [
        "filename",
        Column("kind", label=_("What"), accessor=imports.title_of, classname="wide-only"),
        Column("state", label=_("State"), accessor="get_state_display", sort_key="state"),
        NumberColumn("added", label=_("Added"), sort_key="added"),
        NumberColumn("known", label=_("Already there"), sort_key="known", classname="wide-only"),
        NumberColumn("rejected", label=_("Rows rejected"), sort_key="rejected"),
        Column("by", label=_("By"), classname="wide-only"),
        DateColumn("created_at", label=_("Created"), sort_key="created_at", classname="wide-only"),
    ]

    def get_urlpatterns(self):
        kept = ("index", "index_results")
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in kept]

    def get_common_view_kwargs(self, **kwargs):
        closed = dict.fromkeys(["add_url_name", "edit_url_name", "delete_url_name", "history_url_name"])
        return super().get_common_view_kwargs(**closed, usage_url_name=None, **kwargs)


class CustomersGroup(ViewSetGroup):
    items = (CustomerViewSet, OrderViewSet, ImportRunViewSet, OrderMappingViewSet)
    menu_label = _("Customers")
    menu_name = "customers"
    menu_icon = "user"
    menu_order = 600
    submenu_hook = "register_customers_menu_item"


@hooks.register("register_admin_viewset")
def customers_viewsets():
    return CustomersGroup()


@hooks.register("register_customers_menu_item")
def segments_menu_item():
    return Segment.snippet_viewset.get_menu_item(order=2)


@hooks.register("register_admin_urls")
def import_urls():
    patterns = [
        path("<slug:kind>/", imports.UploadView.as_view(), name="upload"),
        path("run/<int:pk>/", imports.RunView.as_view(), name="run"),
        path("run/<int:pk>/confirm/", imports.confirm, name="confirm"),
        path("run/<int:pk>/cancel/", imports.cancel, name="cancel"),
        path("run/<int:pk>/rejects/", imports.rejects, name="rejects"),
    ]
    return [path("imports/", include((patterns, "imports")))]


@hooks.register("register_log_actions")
def log_actions(actions):
    @actions.register_action("customers.export")
    class Export(LogFormatter):
        label = _("Export a list")

        def format_message(self, entry):
            return capfirst(_("exported %(rows)s rows of %(what)s") % entry.data)

from django.urls import path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.model import ModelViewSet

from flows.organisation.calendar_views import try_calendar
from flows.organisation.models import Department, Region, Store


class RegionViewSet(ModelViewSet):
    model = Region
    icon = "globe"
    menu_label = _("Regions")
    form_fields = ["name", "slug"]
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    copy_view_enabled = False


class StoreViewSet(ModelViewSet):
    model = Store
    icon = "home"
    menu_label = _("Stores")
    form_fields = ["name", "slug", "region", "calendar"]
    list_display = ["name", "slug", "region"]
    list_filter = ["region"]
    search_fields = ["name", "slug"]
    copy_view_enabled = False


class DepartmentViewSet(ModelViewSet):
    model = Department
    icon = "group"
    menu_label = _("Departments")
    form_fields = ["name", "slug", "head", "calendar"]
    list_display = ["name", "slug", "head"]
    search_fields = ["name", "slug"]
    copy_view_enabled = False


class OrganisationGroup(ViewSetGroup):
    """Staff join by the hook: Wagtail registers their screens itself."""

    items = (RegionViewSet, StoreViewSet, DepartmentViewSet)
    menu_label = _("Organisation")
    menu_name = "organisation"
    menu_icon = "group"
    menu_order = 700
    submenu_hook = "register_organisation_menu_item"


@hooks.register("register_admin_viewset")
def organisation_viewsets():
    return OrganisationGroup()


@hooks.register("register_admin_urls")
def calendar_urls():
    return [path("calendars/try/", try_calendar, name="calendar_try")]

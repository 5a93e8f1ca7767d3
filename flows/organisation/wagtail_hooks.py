from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.base import ViewSetGroup
from wagtail.admin.viewsets.model import ModelViewSet

from flows.organisation.calendar_views import try_calendar
from flows.organisation.models import Absence, Department, Region, Shift, Skill, Store

MOST_NAMED = 6


def people_in_words(row) -> str:
    """Of a skill or shift: the first few, and how many there are."""
    names = [str(person) for person in row.staff.all()[: MOST_NAMED + 1]]
    return gettext(", ").join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def hours_in_words(shift) -> str:
    """Mon–Fri 09:00-18:00; days with the same hours together."""
    said, days = [], [(shift._meta.get_field(day).verbose_name, hours) for day, hours in shift.hours.items()]
    for place, (day, hours) in enumerate(days):
        if not hours:
            continue
        if place and days[place - 1][1] == hours:
            said[-1] = (said[-1][0], day, hours)
        else:
            said.append((day, day, hours))
    return gettext("; ").join(
        f"{first} {hours}" if first == last else f"{first}–{last} {hours}" for first, last, hours in said
    )


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
    form_fields = ["name", "slug", "region", "calendar", "latitude", "longitude"]
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


class SkillViewSet(ModelViewSet):
    """Who has which is set with the member of staff."""

    model = Skill
    icon = "tag"
    menu_label = _("Skills")
    form_fields = ["name", "slug"]
    list_display = ["name", "slug", Column("staff", label=_("People"), accessor=people_in_words)]
    search_fields = ["name", "slug"]
    copy_view_enabled = False


class ShiftViewSet(ModelViewSet):
    model = Shift
    icon = "time"
    menu_label = _("Shifts")
    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("slug")]),
        FieldPanel("timezone"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("mon"), FieldPanel("tue")]),
                FieldRowPanel([FieldPanel("wed"), FieldPanel("thu")]),
                FieldRowPanel([FieldPanel("fri"), FieldPanel("sat")]),
                FieldPanel("sun"),
            ],
            heading=_("Hours"),
            help_text=_(
                "Such as 09:00-12:00, 13:00-18:00; empty is a free day. A night shift 22:00-06:00 ends on the"
                " next day."
            ),
        ),
        FieldPanel("days_off"),
    ]
    list_display = [
        "name",
        Column("hours", label=_("Hours"), accessor=hours_in_words),
        "timezone",
        Column("staff", label=_("People"), accessor=people_in_words),
    ]
    search_fields = ["name", "slug"]
    copy_view_enabled = True


class AbsenceViewSet(ModelViewSet):
    """Everyone sets their own on the desk; here for everybody."""

    model = Absence
    icon = "date"
    menu_label = _("Absences")
    form_fields = ["person", "starts_at", "ends_at", "backup", "note"]
    list_display = [
        "person",
        DateColumn("starts_at", label=_("From")),
        DateColumn("ends_at", label=_("Until")),
        "backup",
    ]
    list_filter = ["person"]
    search_fields = ["note"]
    copy_view_enabled = False


class OrganisationGroup(ViewSetGroup):
    """Staff join by the hook: Wagtail registers their screens itself."""

    items = (
        RegionViewSet,
        StoreViewSet,
        DepartmentViewSet,
        SkillViewSet,
        ShiftViewSet,
        AbsenceViewSet,
    )
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

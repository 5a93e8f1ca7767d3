from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, PublishingPanel, TitleFieldPanel

from flows.organisation.models import Calendar
from rules.editor.viewsets import StoredRecordViewSet


class CalendarViewSet(StoredRecordViewSet):
    """Listed under Flows, where time limits use it."""

    model = Calendar
    icon = "calendar-alt"
    menu_label = _("Calendars")
    teaching = _(
        "A calendar says when work is done, so that time limits count working hours only. "
        "Example: Monday to Friday 09:00–18:00 with a break at noon, China's holidays and make-up days."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        MultiFieldPanel(
            [HelpPanel(template="organisation/calendar_try.html")], heading=_("What it means, and try it")
        ),
        FieldPanel("week", heading=_("Hours of the week")),
        FieldPanel("days", heading=_("Holidays and make-up days")),
        # Zones have English names everywhere.
        FieldPanel("time_zone", widget=forms.Select(attrs={"lang": "en"})),
        FieldPanel("is_usual"),
        FieldPanel("slug"),
        PublishingPanel(),
    ]

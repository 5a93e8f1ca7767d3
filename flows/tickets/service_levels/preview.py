"""On a ticket type's page: when a ticket opened now would be due."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.admin.panels import HelpPanel

from flows.organisation.calendar_words import sentence_of
from flows.organisation.models import Calendar
from flows.tickets.service_levels.counting import ALWAYS, Count
from flows.tickets.service_levels.levels import Level, compile_service_levels, compile_time_limits
from flows.tickets.service_levels.words import clock_name
from rules.store.runtime import live_version, live_versions


class DuePreviewPanel(HelpPanel):
    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context) | {"rows": [], "calendar": ""}
            if self.instance.pk is None:
                return context
            document = self.instance.get_latest_revision_as_object().document()
            return context | preview(document, language=get_language(), at=timezone.now())


def preview(document: dict, *, language: str, at: datetime) -> dict:
    """`rows`: [(limit, when due, when due if urgent or "")], as the saved draft says."""
    version = calendar_of(document, at=at)
    calendar = version.compiled if version else ALWAYS
    levels = compile_service_levels(document.get("service_levels"), problems=[])
    named = [(clock_name(level.measure, {}, language), level) for level in levels.by_measure.values()]
    for node in document["nodes"]:
        if level := compile_time_limits(node.get("time_limits"), problems=[]):
            named.append((clock_name("node", node["label"], language), level))
    return {
        "rows": [
            (
                name,
                due(level, level.seconds, calendar, at=at),
                due(level, level.urgent_seconds, calendar, at=at),
            )
            for name, level in named
        ],
        "calendar": f"{version.name}: {sentence_of(version.document)}"
        if version
        else _("No working calendar is live yet, so every hour counts."),
    }


def calendar_of(document: dict, *, at: datetime):
    slug = document.get("service_levels", {}).get("calendar", "")
    found = live_version(Calendar, slug, at=at) if slug else None
    usual = live_versions(Calendar, at=at).filter(document__is_usual=True).order_by("live_from")
    return found or usual.first()


def due(level: Level, seconds: int | None, calendar, *, at: datetime) -> str:
    if not seconds:
        return ""
    count = Count(budget=seconds, calendar=calendar if level.working else ALWAYS).run(at)
    return date_format(localtime(count.due_at), "DATETIME_FORMAT") if count.due_at else _("never")

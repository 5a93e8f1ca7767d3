import json
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from flows.broadcasts import actions
from flows.broadcasts.words import reason_text
from rules.store.problems import Refusal


class Command(BaseCommand):
    help = (
        "Counts who would get a live broadcast and who would not, by reason. Changes nothing. "
        "An instant without an offset is on the clock of the broadcast's limits if they name one time zone, "
        "else on the clock of the settings."
    )

    def add_arguments(self, parser):
        parser.add_argument("slug", help="short name of the broadcast")
        parser.add_argument("--at", help="ISO instant, else now; see below")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, slug, at, format, **options):
        try:
            forecast = actions.forecast(slug=slug, at=instant(at, zone=actions.zone_of_limits(slug)))
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        if format == "json":
            self.stdout.write(json.dumps(forecast.as_json(), ensure_ascii=False, indent=2))
            return
        for reason, count in forecast.by_reason.items():
            self.stdout.write(f"{count:>9,}  {reason_text(reason)}")
        self.stdout.write(f"{forecast.audience:>9,}  {forecast.version}, {forecast.at.isoformat()}")


def instant(text: str | None, *, zone: ZoneInfo) -> datetime:
    """An aware instant from ISO text; now if there is none. Without an offset it is local time in `zone`."""
    if not text:
        return timezone.now()
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(_("“%(text)s” is no instant. Example: 2011-12-09T23:59:59") % {"text": text})
    return at if timezone.is_aware(at) else at.replace(tzinfo=zone)

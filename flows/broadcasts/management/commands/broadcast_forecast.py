import json
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from flows.broadcasts import actions
from flows.broadcasts.words import reason_text
from rules.store.problems import Refusal


class Command(BaseCommand):
    help = "Counts who would get a live broadcast and who would not, by reason. Changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("slug", help="short name of the broadcast")
        parser.add_argument(
            "--at", help="ISO instant; without offset, in the time zone of the settings; else now"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, slug, at, format, **options):
        try:
            forecast = actions.forecast(slug=slug, at=instant(at))
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        if format == "json":
            self.stdout.write(json.dumps(forecast.as_json(), ensure_ascii=False, indent=2))
            return
        for reason, count in forecast.by_reason.items():
            self.stdout.write(f"{count:>9,}  {reason_text(reason)}")


def instant(text: str | None) -> datetime:
    """An aware instant from ISO text; now if there is none."""
    if not text:
        return timezone.now()
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(_("“%(text)s” is no instant. Example: 2011-12-09T23:59:59") % {"text": text})
    return at if timezone.is_aware(at) else timezone.make_aware(at)

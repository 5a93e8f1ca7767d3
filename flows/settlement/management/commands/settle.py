import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from flows.settlement.actions import settle, summary
from flows.settlement.models import Settlement
from flows.settlement.tables import rule_rows
from rules.store.problems import Refusal


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(_("“%(text)s” is not a day such as 2011-11-01.") % {"text": text}) from None


class Command(BaseCommand):
    help = "Settle the orders of a period by a commission plan. Settling it again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("plan", help="short name of a commission plan that is live")
        parser.add_argument("--from", dest="first_day", required=True, help="first day: 2011-11-01")
        parser.add_argument("--to", dest="until_day", required=True, help="first day not included")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, plan, first_day, until_day, **options):
        try:
            settlement, already = settle(
                plan=plan, first_day=day(first_day), until_day=day(until_day), at=timezone.now()
            )
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
        result = summary(settlement, already_settled=already)
        if options["format"] == "json":
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(in_words(settlement, already_settled=already))


def in_words(settlement: Settlement, *, already_settled: bool) -> str:
    sentence = _("Settled before; nothing was changed.") if already_settled else _("Settled.")
    rows = [
        f"  {row.name}: {row.percent} ({row.lines}) = {row.money}"
        for row in rule_rows(settlement.totals, currency=settlement.currency)
    ]
    return "\n".join([sentence, f"{settlement}: {settlement.commission}", *rows])

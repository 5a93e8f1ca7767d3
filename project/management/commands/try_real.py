"""Real files through a ticket type, a broadcast and a settlement, as one JSON object.

Every step calls what the screens and the other commands call. The records it needs (a segment, a limit, a
broadcast, commission plans) are made once, by a designer, and approved by a reviewer.
"""

import json
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from flows.broadcasts.actions import forecast
from flows.customers.importers import mapping_named, mapping_that_fits
from flows.customers.imports import import_path
from flows.customers.management.commands.import_orders import summary_of as summary_of_orders
from flows.importing import CannotRead
from flows.settlement.actions import ledger_balance, settle, summary
from flows.tickets.management.commands.import_feedback import summary_of as summary_of_feedback
from project.real_records import BROADCAST, publish_real_records
from rules.store.problems import Refusal


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="where the files are")
        parser.add_argument("--feedback", default="waimai_10k.csv", help="file of reviews in the folder")
        parser.add_argument("--ticket-type", default="feedback", help="short name of a live ticket type")
        parser.add_argument("--orders", default="online_retail.csv.gz", help="file of orders in the folder")
        parser.add_argument(
            "--mapping", help="short name of the order mapping; without it, the one that fits"
        )
        parser.add_argument("--at", default="2011-12-09T23:59:59", help="when the broadcast would be sent")
        parser.add_argument("--from", dest="first_day", type=date.fromisoformat, default=date(2011, 11, 1))
        parser.add_argument("--to", dest="until_day", type=date.fromisoformat, default=date(2011, 12, 1))

    def handle(self, *, folder, **options):
        try:
            self.stdout.write(json.dumps(self.results(folder, options), ensure_ascii=False, indent=2))
        except (Refusal, CannotRead) as refusal:
            raise CommandError(str(refusal.sentence)) from refusal

    def results(self, folder, options):
        reviews, orders = folder / options["feedback"], folder / options["orders"]
        mapping = mapping_named(options["mapping"]) if options["mapping"] else mapping_that_fits(orders)
        tickets = self.step("Opening tickets", open_tickets, reviews, options["ticket_type"])
        stored = self.step("Storing orders", store_orders, orders, mapping)
        plans = publish_real_records(mapping)
        recipients = self.step("Forecasting the broadcast", forecast_at, moment(options["at"], mapping))
        period = {"first_day": options["first_day"], "until_day": options["until_day"]}
        commission = {plan: self.step(f"Settling {plan}", settle_by, plan, period) for plan in plans}
        return {
            "tickets": tickets,
            "orders": stored,
            "recipients": recipients,
            "commission": commission,
            "ledger_balance": ledger_balance(),
        }

    def step(self, doing, do, *args) -> dict:
        """What one step returns, with the seconds it took; the step is named while it runs."""
        self.stderr.write(f"{doing} ...")
        begun = perf_counter()
        return do(*args) | {"seconds": round(perf_counter() - begun, 1)}


def moment(text, mapping) -> datetime:
    """An instant from ISO text; without an offset it is local time of the shop that wrote the orders."""
    at = datetime.fromisoformat(text)
    return at if timezone.is_aware(at) else at.replace(tzinfo=ZoneInfo(mapping.time_zone))


def open_tickets(path, ticket_type):
    options = {"ticket_type": ticket_type, "text_column": ""}
    return summary_of_feedback(import_path(kind="feedback", path=path, options=options))


def store_orders(path, mapping):
    return summary_of_orders(import_path(kind="orders", path=path, options={"mapping": mapping.slug}))


def forecast_at(at):
    return forecast(slug=BROADCAST, at=at).as_json()


def settle_by(plan, period):
    settlement, already = settle(plan=plan, at=timezone.now(), **period)
    return summary(settlement, already_settled=already)

import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from flows.customers.importers import mapping_named, mapping_that_fits
from flows.customers.imports import import_path
from flows.importing import CannotRead


class Command(BaseCommand):
    help = "Imports orders from a CSV file (also .csv.gz). Running it twice adds nothing."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument(
            "--mapping", help="short name of the order mapping; without it, the one that fits"
        )
        parser.add_argument("--rejects", help="write rejected lines, with number and reason, to this file")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, file, mapping, rejects, format, **options):
        try:
            found = mapping_named(mapping) if mapping else mapping_that_fits(file)
            run = import_path(
                kind="orders",
                path=file,
                options={"mapping": found.slug},
                rejects_path=rejects,
                clock=timezone.now,
            )
        except CannotRead as refusal:
            raise CommandError(str(refusal.sentence)) from refusal
        summary = summary_of(run, rejects=rejects)
        if format == "json":
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
        else:
            for name, value in summary.items():
                self.stdout.write(f"{name}: {value}")


def summary_of(run, *, rejects=None) -> dict:
    return {
        "file": run.filename,
        "mapping": run.options["mapping"],
        "lines": run.read,
        "added": run.added,
        "already_there": run.known,
        "rejected": run.rejected,
        "reasons": dict(run.reasons),
        "rejects_file": (rejects or run.rejects_file.path) if run.rejected else None,
        "new_orders": run.details.get("orders", 0),
        "new_customers": run.details.get("customers", 0),
        "seconds": round((run.finished_at - run.started_at).total_seconds(), 1),
    }

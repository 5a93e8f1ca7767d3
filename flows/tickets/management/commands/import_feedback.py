import json

from django.core.management.base import BaseCommand, CommandError

from flows.customers.imports import import_path
from flows.importing import CannotRead
from flows.tickets.feedback import BATCH
from flows.tickets.models import Ticket


class Command(BaseCommand):
    help = f"Makes tickets of a CSV file of feedback, {BATCH} at a time. Running it twice adds nothing."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--ticket-type", required=True, help="short name of a live ticket type")
        parser.add_argument(
            "--text-column", default="", help="column with the customer's words, if the form does not name it"
        )
        parser.add_argument("--rejects", help="write rejected lines, with number and reason, to this file")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *, file, ticket_type, text_column, rejects, format, **options):
        try:
            run = import_path(
                kind="feedback",
                path=file,
                options={"ticket_type": ticket_type, "text_column": text_column},
                rejects_path=rejects,
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
    """`by_department` counts all tickets of the type, also those of earlier files; "" is no department."""
    tickets = Ticket.objects.of_type(run.options["ticket_type"])
    return {
        "file": run.filename,
        "ticket_type": run.options["ticket_type"],
        "lines": run.read,
        "added": run.added,
        "already_there": run.known,
        "rejected": run.rejected,
        "reasons": dict(run.reasons),
        "rejects_file": (rejects or run.rejects_file.path) if run.rejected else None,
        "by_department": tickets.counted_by("department__slug"),
        "by_urgency": tickets.counted_by_urgency(),
        "by_status": tickets.counted_by("status"),
        "seconds": round((run.finished_at - run.started_at).total_seconds(), 1),
    }

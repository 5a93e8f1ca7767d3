from django.core.management.base import BaseCommand
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from rules.store.replaying import SAMPLE, replay_sample


class Command(BaseCommand):
    help = "Asks a sample of logged decisions again and reports those that come out differently."

    def add_arguments(self, parser):
        parser.add_argument(
            "--most", type=int, default=SAMPLE, help="how many decisions (default %(default)s)"
        )

    def handle(self, *args, **options):
        report = replay_sample(at=timezone.now(), most=options["most"])
        self.stdout.write(
            f"Of {report.replayed} replayed decisions {report.different} differ; "
            f"{report.unreadable} could not be read any more."
        )
        for pk, _outcome in report.differing:
            self.stdout.write(f"  decision {pk} {address_of(pk)}")
        if report.different:
            raise SystemExit(1)


def address_of(pk):
    try:
        return reverse("decision", args=[pk])
    except NoReverseMatch:
        return ""

from django.core.management.base import BaseCommand, CommandError

from project.catalogues import ROOT, BrokenCatalogue
from project.collect_messages import collect


class Command(BaseCommand):
    help = "Adds the messages that have no Chinese yet to the catalogues of their apps."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("apps", nargs="*", help="apps to collect for, such as: tickets desk; else all")

    def handle(self, *args, apps, **options):
        try:
            added = collect(apps)
        except BrokenCatalogue as fault:
            raise CommandError(str(fault)) from fault
        for path, count in added.items():
            self.stdout.write(f"{path.relative_to(ROOT)}: {count} added")

from django.core.management.base import BaseCommand, CommandError

from project.catalogues import ROOT, BrokenCatalogue, compile_catalogues


class Command(BaseCommand):
    help = "Compiles our message catalogues that changed since they were last compiled."
    requires_system_checks = []

    def handle(self, *args, **options):
        try:
            changed = compile_catalogues()
        except BrokenCatalogue as fault:
            raise CommandError(str(fault)) from fault
        for path in changed if options["verbosity"] else ():
            self.stdout.write(f"compiled {path.relative_to(ROOT)}")

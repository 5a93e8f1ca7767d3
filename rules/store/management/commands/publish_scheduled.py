from django.core.management.base import BaseCommand
from django.utils import timezone

from rules.store.actions import run_schedule


class Command(BaseCommand):
    """Stands for Wagtail's command of this name, which stops at the first record that may not go live."""

    help = "Approved drafts whose time has come go live; records past their end stop."

    def handle(self, *args, **options):
        run_schedule(at=timezone.now())

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from flows.organisation import demo as organisation

# Each may use what the ones before it made.
APPS = ("customers", "tickets", "broadcasts", "settlement")


class Command(BaseCommand):
    help = "Make the demo company: people, customers, ticket types, a broadcast, a commission plan."

    def handle(self, **options):
        if not settings.DEMO:
            raise CommandError(_("The demo's passwords are public. It is made with local settings only."))
        make_demo_company()
        self.stdout.write(accounts_in_words())


@transaction.atomic
def make_demo_company():
    """Make what is missing, all or nothing."""
    people = organisation.make_demo()
    for app in APPS:
        if find_spec(f"flows.{app}.demo"):
            import_module(f"flows.{app}.demo").make_demo(people)
    (settings.DATA / "demo-accounts.txt").write_text(accounts_in_words(), encoding="utf-8")


def accounts_in_words() -> str:
    """One line per account, as `make run` prints them: username, password, who it is."""
    return "".join(
        f"  {username:<10} {organisation.DEMO_PASSWORD}   {name}\n"
        for username, (name, *_rest) in (organisation.ACCOUNTS | organisation.COLLEAGUES).items()
    )

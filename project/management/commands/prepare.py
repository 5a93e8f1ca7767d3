from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from huey.contrib.djhuey import HUEY
from huey.storage import SqliteStorage

from project.catalogues import BrokenCatalogue, compile_catalogues
from project.management.commands.demo_company import make_demo_company
from project.serve import only_one


class Command(BaseCommand):
    help = "Bring everything up to date before a start: messages, database and, when it is new, the demo."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--fresh", action="store_true", help="begin with an empty database")

    def handle(self, *, fresh, **options):
        try:
            compile_catalogues()
        except BrokenCatalogue as fault:
            raise CommandError(str(fault)) from fault
        if fresh:
            with only_one():
                self.set_data_aside()
        if has_migrations_to_run():
            self.stdout.write("Bringing the database up to date ...")
            call_command("migrate", interactive=False, verbosity=0)
        if settings.DEMO and not get_user_model().objects.exists():
            self.stdout.write("Making the demo company ...")
            make_demo_company()

    def set_data_aside(self):
        """Nobody's work is deleted: the files move to a folder named after the moment."""
        if connection.vendor != "sqlite":
            raise CommandError("--fresh works on SQLite. On PostgreSQL, name an empty database instead.")
        folder = settings.DATA / "set-aside" / timezone.localtime().strftime("%Y-%m-%d-%H%M%S")
        there = [path for path in database_files() if path.exists()]
        if there:
            folder.mkdir(parents=True)
            for path in there:
                path.rename(folder / path.name)
            self.stdout.write(f"What was there is now in {folder}")
            begin_queue_again()


def begin_queue_again() -> None:
    """huey made its tables when it was imported, in the file that was just set aside."""
    if isinstance(HUEY.storage, SqliteStorage):
        HUEY.storage.close()
        HUEY.storage.initialize_schema()


def database_files() -> list[Path]:
    """SQLite keeps two more files beside a database in use."""
    databases = (str(connection.settings_dict["NAME"]), str(settings.DATA / "huey.sqlite3"))
    return [Path(name + ending) for name in databases for ending in ("", "-wal", "-shm")]


def has_migrations_to_run() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

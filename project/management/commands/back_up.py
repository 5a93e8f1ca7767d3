import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone


class Command(BaseCommand):
    help = "Copy the database and what people uploaded into a new folder, while Tangram runs."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="where to make the new folder, named after the moment")

    def handle(self, *, folder, **options):
        target = folder / timezone.localtime().strftime("tangram-%Y-%m-%d-%H%M%S")
        unfinished = target.with_name(f"{target.name}.unfinished")
        unfinished.mkdir(parents=True)
        copy_database(unfinished)
        # After the database: every file that a row in the copy names exists by now.
        for uploaded in (settings.PRIVATE_ROOT, settings.MEDIA_ROOT):
            if uploaded.exists():
                shutil.copytree(uploaded, unfinished / uploaded.name)
        unfinished.rename(target)
        self.stdout.write(str(target))


def copy_database(folder: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(folder / "tangram.sqlite3")) as copy:
            connection.connection.backup(copy)
        return
    command = ["pg_dump", "--format=custom", f"--file={folder / 'tangram.dump'}", os.environ["DATABASE_URL"]]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError(
            "pg_dump is missing: install postgresql-client, or back up on the server."
        ) from None
    if result.returncode:
        raise CommandError(f"pg_dump could not copy the database: {result.stderr.strip()}")

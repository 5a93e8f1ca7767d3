import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from project.management.commands import back_up
from tests.conftest import url_of_database


@pytest.fixture
def uploads(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PRIVATE_ROOT.mkdir()
    (settings.PRIVATE_ROOT / "invoice.pdf").write_bytes(b"invoice")


@pytest.mark.django_db(transaction=True)
def test_the_copy_holds_the_rows_and_the_files(uploads, designer, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", url_of_database())
    if connection.vendor == "postgresql" and not shutil.which("pg_dump"):
        pytest.fail("pg_dump belongs to the machine that tests on PostgreSQL")
    call_command("back_up", tmp_path / "copies")
    copy = Path(capsys.readouterr().out.strip())
    assert (copy / "private" / "invoice.pdf").read_bytes() == b"invoice"
    assert usernames_in(copy) == "designer"


def usernames_in(copy):
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(copy / "tangram.sqlite3")) as database:
            return database.execute("SELECT username FROM organisation_user").fetchone()[0]
    restored = subprocess.run(
        ["pg_restore", "--data-only", "--table=organisation_user", "--file=-", copy / "tangram.dump"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return "designer" if "\tdesigner\t" in restored else restored


@pytest.mark.django_db
def test_a_copy_that_failed_never_looks_finished(uploads, tmp_path, monkeypatch):
    def fail(folder):
        raise CommandError("the disk is full")

    monkeypatch.setattr(back_up, "copy_database", fail)
    with pytest.raises(CommandError, match="disk is full"):
        call_command("back_up", tmp_path / "copies")
    assert [path.suffix for path in (tmp_path / "copies").iterdir()] == [".unfinished"]

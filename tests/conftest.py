"""Personas, and a database that starts quickly and is whole again after every test.

Personas: `admin`, `designer`, `reviewer`, `agent`, `store_manager`; `client_of(user)` is a logged-in client.
Their password is PASSWORD. Browser fixtures are in tests/browser.py.
`child_environment` is for tests that start processes of their own.
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client, TransactionTestCase
from django.test.utils import setup_databases, teardown_databases

from rules.store.runtime import forget_compiled
from tests.browser import assets, browser, live, log_in, page, screenshot  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOTS = ROOT / "var" / "test-snapshots"
PASSWORD = "tangram"
GROUPS = {
    "designer": "Ops designers",
    "reviewer": "Compliance reviewers",
    "agent": "Agents",
    "store_manager": "Store managers",
}


@pytest.fixture(autouse=True)
def new_process():
    """What a process keeps by number is of this test's database: the next one uses the numbers again."""
    yield
    forget_compiled()


# People


def make_persona(name, *, username=None):
    username = username or name
    user = get_user_model().objects.create_user(
        username=username, email=f"{username}@example.com", password=PASSWORD
    )
    user.groups.add(Group.objects.get_or_create(name=GROUPS[name])[0])
    return user


@pytest.fixture
def admin(db):
    return get_user_model().objects.create_superuser("admin", "admin@example.com", PASSWORD)


@pytest.fixture
def designer(db):
    return make_persona("designer")


@pytest.fixture
def reviewer(db):
    return make_persona("reviewer")


@pytest.fixture
def agent(db):
    return make_persona("agent")


@pytest.fixture
def store_manager(db):
    return make_persona("store_manager")


@pytest.fixture
def client_of():
    """client_of(user) is a test client logged in as that user."""

    def make_client(user):
        client = Client()
        client.force_login(user)
        return client

    return make_client


@pytest.fixture(scope="session", autouse=True)
def catalogues():
    """Chinese is what most people see, so tests see it too."""
    call_command("compile_catalogues", verbosity=0)


@pytest.fixture
def child_environment(transactional_db, tmp_path):
    """The environment of a process that is to work on this test's database, with a queue of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "project.settings.local",
        "TANGRAM_DATA": str(tmp_path),
        "DATABASE_URL": url_of_database(),
        "PYTHONUNBUFFERED": "1",
    }
    return environment


def url_of_database():
    of = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{of['NAME']}"
    return f"postgres://{of['USER']}:{quote(of['PASSWORD'])}@{of['HOST']}:{of['PORT'] or 5432}/{of['NAME']}"


# The order of tests


def pytest_collection_modifyitems(items):
    """Tests that commit come after those that roll back, and browser tests last: while Playwright
    runs, an event loop is running in the main thread, which would confuse tests of async code."""
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker("browser")
    items.sort(key=lambda item: "browser" in item.fixturenames)


# The database


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker, django_db_modify_db_settings):
    """A migrated database, from a snapshot when no migration has changed since it was taken."""
    with django_db_blocker.unblock():
        snapshot = snapshot_path() if connection.vendor == "sqlite" else None
        if snapshot and snapshot.exists():
            shutil.copy(snapshot, connection.settings_dict["TEST"]["NAME"])
        # With keepdb, `migrate` runs on the copy, finds nothing to do, and refreshes the permissions.
        databases = setup_databases(
            verbosity=0, interactive=False, keepdb=connection.vendor == "sqlite", serialized_aliases=set()
        )
        if snapshot and not snapshot.exists():
            save_snapshot(snapshot)
        keep_rows_of_migrations()
    yield
    with django_db_blocker.unblock():
        teardown_databases(databases, verbosity=0)


def snapshot_path():
    """Named after everything that decides what a migrated database holds."""
    digest = hashlib.sha256()
    for path in [
        ROOT / "requirements.txt",
        *sorted(ROOT.glob("rules/*/migrations/*.py")),
        *sorted(ROOT.glob("flows/**/migrations/*.py")),
    ]:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return SNAPSHOTS / f"{digest.hexdigest()[:20]}.sqlite3"


def save_snapshot(path):
    SNAPSHOTS.mkdir(parents=True, exist_ok=True)
    for old in SNAPSHOTS.glob("*"):
        if old.stat().st_mtime < time.time() - 86_400:
            old.unlink(missing_ok=True)
    # Written aside and renamed, because several runs may do this at once.
    aside = path.with_suffix(f".{os.getpid()}")
    with contextlib.closing(sqlite3.connect(aside)) as target:
        connection.connection.backup(target)
    aside.replace(path)


def keep_rows_of_migrations():
    """After a test that commits, Django empties every table. Wagtail's root page, the groups and the
    permissions are rows that migrations made, so put back all of them instead."""
    restore = restorer_for_sqlite() if connection.vendor == "sqlite" else restorer_for_postgresql()
    TransactionTestCase._fixture_teardown = lambda self: restore()


def restorer_for_sqlite():
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(kept)

    def restore():
        connection.ensure_connection()
        kept.backup(connection.connection)

    return restore


def restorer_for_postgresql():
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        kept = {table: copy_out(cursor, table) for table in tables}
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        empty = emptying(tables, as_superuser=cursor.fetchone()[0])

    def restore():
        # In one transaction rows go back in any order: foreign keys are looked at when it ends, if at all.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(empty)
            for table, rows in kept.items():
                copy_in(cursor, table, rows)

    return restore


def emptying(tables, *, as_superuser):
    """SQL that empties tables, whatever their triggers say."""
    names = [connection.ops.quote_name(table) for table in tables]
    if not as_superuser:
        return f"TRUNCATE {', '.join(names)} CASCADE"
    # Many times as fast, but only a superuser may leave triggers and foreign keys aside.
    return "; ".join(
        ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in names)]
    )


def copy_out(cursor, table):
    with cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as copy:
        return b"".join(bytes(chunk) for chunk in copy)


def copy_in(cursor, table, rows):
    if rows:
        with cursor.copy(f"COPY {connection.ops.quote_name(table)} FROM STDIN") as copy:
            copy.write(rows)

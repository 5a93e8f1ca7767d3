"""What happens before a start: `manage.py prepare`."""

from contextlib import nullcontext

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from huey import SqliteHuey

from flows.organisation.demo import ACCOUNTS, DEMO_PASSWORD
from project.management.commands import demo_company, prepare

User = get_user_model()


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA = tmp_path
    return tmp_path


def test_a_new_database_gets_the_demo_company_and_its_accounts_are_written_down(db, data, client):
    call_command("prepare")
    assert set(User.objects.values_list("username", flat=True)) == set(ACCOUNTS)
    for username in ACCOUNTS:
        assert client.login(username=username, password=DEMO_PASSWORD)
        assert f"{username} " in (data / "demo-accounts.txt").read_text()


def test_a_database_in_use_is_left_alone(db, designer, data):
    call_command("prepare")
    assert list(User.objects.all()) == [designer]
    assert not (data / "demo-accounts.txt").exists()


def test_making_the_demo_twice_changes_nothing(db, capsys):
    call_command("demo_company")
    first = list(User.objects.order_by("pk").values())
    call_command("demo_company")
    assert list(User.objects.order_by("pk").values()) == first


def test_production_never_gets_accounts_whose_password_is_public(db, settings):
    settings.DEMO = False
    call_command("prepare")
    with pytest.raises(CommandError):
        call_command("demo_company")
    assert not User.objects.exists()


def test_a_demo_that_fails_half_way_leaves_nothing(transactional_db, monkeypatch):
    def fail(people):
        raise RuntimeError("half way")

    module = type("Demo", (), {"make_demo": staticmethod(fail)})
    monkeypatch.setattr(demo_company, "find_spec", lambda name: True)
    monkeypatch.setattr(demo_company, "import_module", lambda name: module)
    with pytest.raises(RuntimeError):
        call_command("prepare")
    assert not User.objects.exists()


def test_messages_that_cannot_be_read_do_not_start(db, monkeypatch):
    from project.catalogues import BrokenCatalogue

    def broken():
        raise BrokenCatalogue("flows/tickets/locale/…/django.po: line 3")

    monkeypatch.setattr("project.management.commands.prepare.compile_catalogues", broken)
    with pytest.raises(CommandError, match="line 3"):
        call_command("prepare")


def test_a_fresh_start_sets_the_old_data_aside_instead_of_deleting_it(data, monkeypatch):
    old = [data / "tangram.sqlite3", data / "tangram.sqlite3-wal"]
    for path in old:
        path.write_text("somebody's work")
    monkeypatch.setattr(prepare, "database_files", lambda: [*old, data / "never-there"])
    monkeypatch.setattr(prepare, "only_one", nullcontext)
    monkeypatch.setattr(prepare.connection, "vendor", "sqlite")
    prepare.Command().set_data_aside()
    assert not any(path.exists() for path in old)
    kept = sorted(path.name for path in (data / "set-aside").glob("*/*"))
    assert kept == ["tangram.sqlite3", "tangram.sqlite3-wal"]


def test_the_queue_works_after_a_fresh_start(tmp_path, monkeypatch):
    queue = SqliteHuey(filename=str(tmp_path / "huey.sqlite3"))
    queue.storage.enqueue(b"old")
    monkeypatch.setattr(prepare, "HUEY", queue)
    (tmp_path / "huey.sqlite3").rename(tmp_path / "aside.sqlite3")
    prepare.begin_queue_again()
    assert queue.storage.queue_size() == 0
    queue.storage.enqueue(b"new")
    assert queue.storage.dequeue() == b"new"


def test_a_fresh_start_does_not_touch_a_database_server(monkeypatch):
    monkeypatch.setattr(prepare.connection, "vendor", "postgresql")
    with pytest.raises(CommandError, match="empty database"):
        prepare.Command().set_data_aside()

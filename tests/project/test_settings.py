"""What the environment may say, and what each way of running refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SAFE = {"SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "tangram.example.com"}


@pytest.fixture
def say(tmp_path):
    """say("project.settings.local", expression, **environment) is what a new process prints for it."""

    def say(module, expression, **environment):
        names = {"DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "TANGRAM_URL"}
        inherited = {name: value for name, value in os.environ.items() if name not in names}
        code = f"from django.conf import settings; print(repr({expression}))"
        return subprocess.run(
            [sys.executable, "-c", code],
            env=inherited | {"DJANGO_SETTINGS_MODULE": module, "TANGRAM_DATA": str(tmp_path)} | environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    return say


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "Set SECRET_KEY"),
        (
            {"SECRET_KEY": "for-trying-it-out-on-one-machine-only-never-in-production"},
            "Set SECRET_KEY",
        ),
        ({"DEBUG": "true"}, "DEBUG must not be set"),
        ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "Set ALLOWED_HOSTS"),
    ],
)
def test_production_refuses_what_is_only_safe_on_one_machine(say, change, sentence):
    result = say("project.settings.production", "settings.DEBUG", **(SAFE | change))
    assert result.returncode != 0
    assert sentence in result.stderr


def test_production_refuses_when_the_secret_key_is_missing(say):
    result = say("project.settings.production", "settings.DEBUG", ALLOWED_HOSTS="tangram.example.com")
    assert "Set SECRET_KEY" in result.stderr


def test_production_starts_with_what_it_needs_and_has_no_demo(say):
    result = say("project.settings.production", "(settings.DEBUG, settings.DEMO)", **SAFE)
    assert result.stdout == "(False, False)\n", result.stderr


def test_without_a_word_it_is_sqlite_with_immediate_transactions(say):
    result = say(
        "project.settings.local",
        "(settings.DATABASES['default']['OPTIONS']['transaction_mode'], settings.HUEY['huey_class'])",
    )
    assert result.stdout == "('IMMEDIATE', 'huey.SqliteHuey')\n", result.stderr


def test_postgresql_comes_with_a_pool_and_no_persistent_connections(say):
    result = say(
        "project.settings.local",
        "(settings.DATABASES['default']['CONN_MAX_AGE'],"
        " settings.DATABASES['default']['OPTIONS']['pool']['max_size'],"
        " settings.DATABASES['default']['OPTIONS']['sslmode'])",
        DATABASE_URL="postgres://somebody@db.example.com/tangram?sslmode=require",
        DATABASE_POOL="7",
    )
    assert result.stdout == "(0, 7, 'require')\n", result.stderr


def test_the_queue_is_never_immediate_outside_tests(say):
    for module, more in (("local", {}), ("production", SAFE)):
        result = say(f"project.settings.{module}", "settings.HUEY['immediate']", **more)
        assert result.stdout == "False\n", result.stderr


def test_with_redis_the_queue_is_there(say):
    result = say("project.settings.local", "settings.HUEY['huey_class']", REDIS_URL="redis://h:6379/0")
    assert result.stdout == "'huey.PriorityRedisHuey'\n", result.stderr


def test_mail_goes_to_the_log_until_there_is_a_mail_server(say):
    module, expression = "project.settings.local", "settings.EMAIL_BACKEND.split('.')[-2]"
    assert say(module, expression).stdout == "'console'\n"
    assert say(module, expression, EMAIL_HOST="mail.example.com").stdout == "'smtp'\n"

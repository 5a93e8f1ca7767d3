"""The containers start what `make run` starts: compose.yaml and Dockerfile name only what exists."""

import re
import shlex
from pathlib import Path

import pytest

from project import serve

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = (ROOT / "compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
START = ["python", "-m", "project.serve"]


def commands():
    found = re.findall(r"^ +(?:command|test): (python .+)$", COMPOSE, re.MULTILINE)
    return [shlex.split(command) for command in found]


def flags_of(command):
    return command[len(START) :]


def test_web_and_worker_are_started_by_the_same_script():
    flags = [flags_of(command) for command in commands() if command[: len(START)] == START]
    assert flags == [["--web"], ["--check"], ["--worker"]]
    assert f"CMD {START!r}".replace("'", '"') in DOCKERFILE


@pytest.mark.parametrize("flag", ["--web", "--worker", "--check"])
def test_the_script_knows_the_flags_the_containers_use(flag, monkeypatch):
    monkeypatch.setattr("sys.argv", ["serve", flag])
    assert getattr(serve.read_options(), flag.strip("-")) is True


def test_the_database_is_prepared_before_anything_starts():
    assert ["python", "manage.py", "prepare"] in commands()
    assert COMPOSE.count("condition: service_completed_successfully") == 2


def test_the_containers_set_only_what_the_product_reads():
    sources = [*(ROOT / "project" / "settings").glob("*.py"), ROOT / "project" / "serve.py"]
    code = "\n".join(path.read_text() for path in sources)
    environment = COMPOSE.split("environment: &environment\n")[1].split("  volumes:")[0]
    names = set(re.findall(r"^ {4}([A-Z_]+):", environment, re.MULTILINE))
    names |= set(re.findall(r"\b((?:TANGRAM|STATIC)_\w+|HOST|PORT)=", DOCKERFILE))
    assert names >= {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "TANGRAM_DATA", "HOST"}
    assert [name for name in sorted(names) if f'"{name}"' not in code] == []


def test_a_container_is_given_time_for_a_clean_stop():
    grace = int(re.search(r"stop_grace_period: (\d+)s", COMPOSE)[1])
    assert grace > serve.PATIENCE

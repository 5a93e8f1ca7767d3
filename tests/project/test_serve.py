"""The supervisor, as `make run` and the containers start it: real processes, real signals."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from flows.channels.models import Outgoing
from project import serve as supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
# Seconds: generous, because a busy machine is no fault of the supervisor's.
START = 60
STOP = 20


class Served:
    """A running supervisor, what it printed so far, and its descendants."""

    def __init__(self, environment, log, *flags):
        self.url = f"http://127.0.0.1:{environment['PORT']}"
        self.log = log
        self.output = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "project.serve", *flags],
            cwd=ROOT,
            env=environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def said(self):
        return self.log.read_text()

    def children(self):
        """Command line by process id: of all descendants."""
        parents = {pid: parent_of(pid) for pid in all_processes()}
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return {pid: command_of(pid) for pid in found - {self.process.pid}}

    def worker(self):
        return next((pid for pid, command in self.children().items() if "run_huey" in command), None)

    def stop(self, signum=signal.SIGINT):
        self.process.send_signal(signum)
        return self.process.wait(timeout=STOP)


def all_processes():
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def parent_of(pid):
    try:
        # The name in brackets may hold spaces; what follows it does not.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(happens, *, within):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if result := happens():
            return result
        time.sleep(0.1)
    raise AssertionError(f"did not happen within {within} s")


@pytest.fixture
def start(child_environment, tmp_path):
    """start("--web", ...) runs the supervisor on a free port; what is left of it is killed afterwards."""
    started = []

    def start(*flags, **environment):
        served = Served({**child_environment, **environment}, tmp_path / f"log-{len(started)}", *flags)
        started.append(served)
        return served

    child_environment["PORT"] = str(free_port())
    yield start
    for served in started:
        if served.process.poll() is None:
            served.stop(signal.SIGTERM)
        served.output.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_serves_says_where_and_stops_leaving_nothing(start):
    served = start()
    wait_until(lambda: "Tangram is running at" in served.said(), within=START)
    assert served.url in served.said()
    with urllib.request.urlopen(f"{served.url}/up") as page:
        assert page.read() == b"up"
    with urllib.request.urlopen(f"{served.url}/static/wagtailadmin/css/core.css") as style:
        assert style.headers["Content-Type"].startswith("text/css")
    children = served.children()
    assert served.worker()
    started_stopping = time.monotonic()
    assert served.stop(signal.SIGINT) == 0
    assert time.monotonic() - started_stopping < supervisor.PATIENCE + 2
    assert [command for pid, command in children.items() if is_alive(pid)] == []


def test_a_killed_worker_is_started_again_and_does_the_work(start, child_environment):
    served = start()
    first = wait_until(served.worker, within=START)
    os.kill(first, signal.SIGKILL)
    second = wait_until(lambda: served.worker() not in (None, first) and served.worker(), within=START)
    assert is_alive(second)
    assert "The worker was ended by SIGKILL; starting it again" in served.said()
    queue_a_message(child_environment)
    wait_until(lambda: Outgoing.objects.filter(state=Outgoing.State.SENT).exists(), within=START)


def queue_a_message(environment):
    """From another process, as the web server would."""
    code = """
from django.utils import timezone
from flows.channels.actions import enqueue
enqueue(channel="console", recipient="somebody", payload={"text": "hello"}, idempotency_key="once",
        subject="test:1", at=timezone.now())
"""
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=environment, check=True)


def test_killing_the_supervisor_itself_leaves_nothing_running(start):
    served = start()
    wait_until(lambda: "Tangram is running at" in served.said(), within=START)
    children = served.children()
    served.stop(signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in children), within=STOP)


def test_web_and_worker_can_run_apart_as_in_containers(start):
    web = start("--web")
    wait_until(lambda: "Tangram is running at" in web.said(), within=START)
    assert not web.worker()
    check = [sys.executable, "-m", "project.serve", "--check"]
    environment = {**os.environ, "PORT": web.url.rpartition(":")[2]}
    assert subprocess.run(check, cwd=ROOT, env=environment, check=False).returncode == 0
    assert web.stop(signal.SIGTERM) == 0
    assert subprocess.run(check, cwd=ROOT, env=environment, check=False).returncode == 1
    worker = start("--worker")
    wait_until(worker.worker, within=START)
    assert not any("granian" in command for command in worker.children().values())


def test_a_port_in_use_is_a_sentence(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        served = start(PORT=str(port))
        assert served.process.wait(timeout=START) == 1
    assert f"Port {port} is in use" in served.said()
    assert f"make run PORT={port + 1}" in served.said()


def test_two_supervisors_do_not_share_one_data_folder(start, child_environment):
    first = start()
    wait_until(first.worker, within=START)
    child_environment["PORT"] = str(free_port())
    second = start()
    assert second.process.wait(timeout=START) == 1
    assert (
        f"already running on {child_environment['TANGRAM_DATA']} (process {first.process.pid})"
        in second.said()
    )


def test_what_keeps_dying_is_started_ever_more_slowly(capsys):
    process = supervisor.Process("worker", [sys.executable, "-c", "raise SystemExit(3)"])
    pauses = []
    for _attempt in range(7):
        process.start_at = 0
        process.look_after()
        process.running.wait()
        pauses.append(process.pause)
        process.note_end()
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert "The worker ended with status 3; starting it again in 1 s." in capsys.readouterr().out


def test_a_designer_logs_in_with_the_account_it_prints(start, child_environment, assets, browser):
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=child_environment, check=True)
    served = start("--web")
    # The accounts are printed after the address.
    account = re.compile(r"^ +designer +(\S+) ", re.MULTILINE)
    wait_until(lambda: account.search(served.said()), within=START)
    password = account.search(served.said())[1]
    page = browser.new_page(base_url=served.url, locale="zh-CN")
    broken = []
    page.on("response", lambda answer: broken.append(answer.url) if answer.status >= 400 else None)
    page.goto("/admin/")
    page.fill("[name=username]", "designer")
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    page.locator("#wagtail-sidebar a").first.wait_for()
    assert page.locator("html").get_attribute("lang").startswith("zh")
    assert broken == []
    page.close()

"""Starts what Tangram consists of, the web server and the worker, and keeps both running.

    python -m project.serve            both, as `make run` does
    python -m project.serve --web      the web server only
    python -m project.serve --worker   the worker only
    python -m project.serve --check    is the web server answering? Exit status 0 or 1

HOST, PORT       where the web server listens: 127.0.0.1 and 8000
WEB_PROCESSES    how many processes answer requests: 1

A plain script on purpose: loading Django here would cost the memory of a third process.
"""

import argparse
import contextlib
import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TANGRAM_DATA", ROOT / "var"))
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8000"))
WEB_PROCESSES = os.environ.get("WEB_PROCESSES", "1")

WEB = [
    *(sys.executable, "-m", "granian", "--interface", "asginl", "project.asgi:application"),
    *("--host", HOST, "--port", str(PORT), "--workers", WEB_PROCESSES, "--no-ws"),
    # A page still being written may finish; an open stream of events may not hold up the stop.
    *("--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning"),
]
WORKER = [sys.executable, "manage.py", "run_huey"]

# Seconds.
TICK = 0.2
PATIENCE = 12  # from asking a process to stop until it is killed; the worker gives its tasks 8
LONGEST_PAUSE = 30  # between two starts of a process that keeps dying
STEADY = 60  # a process that ran this long is well again: its next pause is short


class Process:
    """A child in a process group of its own, started again whenever it ends."""

    def __init__(self, name, command):
        self.name = name
        self.command = command
        self.running = None
        self.start_at = 0.0
        self.pause = 1.0

    def look_after(self):
        if self.running and self.running.poll() is not None:
            self.note_end()
        if not self.running and time.monotonic() >= self.start_at:
            self.start()

    def start(self):
        self.running = subprocess.Popen(
            self.command, cwd=ROOT, start_new_session=True, preexec_fn=end_with_parent
        )
        self.started_at = time.monotonic()

    def note_end(self):
        ran = time.monotonic() - self.started_at
        self.pause = 1.0 if ran >= STEADY else self.pause
        say(f"The {self.name} {in_words(self.running.returncode)}; starting it again in {self.pause:.0f} s.")
        self.kill()
        self.start_at = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self):
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self.running.terminate()

    def has_ended(self):
        return not self.running or self.running.poll() is not None

    def kill(self):
        """The process, and whatever it left behind in its group."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()
            self.running = None


def end_with_parent():
    """Runs in the child: if the supervisor itself is killed, the kernel asks the child to stop."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def in_words(returncode):
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"ended with status {returncode}"


class Stopper:
    """Remembers that somebody asked us to stop: Ctrl-C, the container, or a closed terminal."""

    def __init__(self):
        self.asked = False
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, self.note)

    def note(self, signum, frame):
        self.asked = True


def supervise(processes, *, announce):
    """Keep the processes running until a signal says stop; `announce` runs once, when pages are served."""
    stopper = Stopper()
    try:
        while not stopper.asked:
            for process in processes:
                process.look_after()
            if announce and answers():
                announce()
                announce = None
            time.sleep(TICK)
        say("Stopping.")
    finally:
        stop_all(processes)


def stop_all(processes):
    for process in processes:
        process.ask_to_stop()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not all(process.has_ended() for process in processes):
        time.sleep(0.05)
    for process in processes:
        process.kill()


def answers():
    """Whether the web server answers, and its database answers it."""
    # Production answers to its own names only, and sends plain requests to https.
    name = os.environ.get("ALLOWED_HOSTS", "").split(",")[0] or "127.0.0.1"
    connection = http.client.HTTPConnection(address_to_ask(), PORT, timeout=2)
    try:
        connection.request("GET", "/up", headers={"Host": name})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def address_to_ask():
    return "127.0.0.1" if HOST in ("0.0.0.0", "") else HOST


def port_is_free():
    family = socket.AF_INET6 if ":" in HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def only_one():
    """Two supervisors on one data folder would run every task twice."""
    DATA.mkdir(parents=True, exist_ok=True)
    with (DATA / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            sys.exit(f"Tangram is already running on {DATA} (process {lock.read().strip()}). Stop it first.")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def announce():
    say(f"\nTangram is running at http://{address_to_ask()}:{PORT}/ (Ctrl-C stops it)")
    accounts = DATA / "demo-accounts.txt"
    if accounts.exists():
        say(f"\nLog in as one of these:\n{accounts.read_text()}")


def say(sentence):
    print(sentence, flush=True)


def main():
    options = read_options()
    if options.check:
        sys.exit(0 if answers() else 1)
    both = options.web == options.worker
    if (both or options.web) and not port_is_free():
        sys.exit(
            f"Port {PORT} is in use, perhaps by Tangram itself. Stop what uses it, "
            f"or choose another one: make run PORT={PORT + 1}"
        )
    processes = []
    if both or options.web:
        processes.append(Process("web server", WEB))
    if both or options.worker:
        processes.append(Process("worker", WORKER))
    with only_one() if both else contextlib.nullcontext():
        supervise(processes, announce=announce if processes[0].command is WEB else None)


def read_options():
    parser = argparse.ArgumentParser(prog="python -m project.serve", description=__doc__.split("\n")[0])
    parser.add_argument("--web", action="store_true", help="the web server only")
    parser.add_argument("--worker", action="store_true", help="the worker only")
    parser.add_argument("--check", action="store_true", help="say by exit status whether pages are served")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""Wake-ups only: what must happen is stored as rows. See waits.py and service_levels/README.md."""

import logging
import threading
import time

from django.db import close_old_connections
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import HUEY, db_periodic_task

from flows.tickets import queue, waits
from flows.tickets.service_levels import ladder
from flows.tickets.service_levels.sweeping import sweep

logger = logging.getLogger(__name__)

# Seconds between two sweeps. Cron has minutes only, and a step must leave within ten seconds of being due.
PAUSE = 2
_started = threading.Lock()


@HUEY.on_startup()
def keep_sweeping() -> None:
    """A thread of the worker's process, beside its queue: a long task holds up no step that is due."""
    if _started.acquire(blocking=False):
        threading.Thread(target=sweep_for_ever, name="time-limits", daemon=True).start()


def sweep_for_ever() -> None:
    while True:
        sweep_once()
        time.sleep(PAUSE)


@db_periodic_task(crontab(minute="*"))
def sweep_by_cron() -> None:
    """Every minute, should the thread have died. Sweeping twice at once does nothing twice."""
    sweep_once()


def sweep_once() -> None:
    try:
        while sweep(at=timezone.now()) >= ladder.MOST_AT_ONCE:
            pass
        while waits.fire_due(now=timezone.now()) >= waits.MOST_AT_ONCE:
            pass
    except Exception:
        logger.exception("Looking for time limits and waits that are due failed; it is tried again.")
    finally:
        close_old_connections()


@db_periodic_task(crontab(minute="*"))
def recount_queue():
    """When another scorecard has gone live, every open ticket gets its place by it."""
    queue.recount(at=timezone.now())

"""huey only wakes up what is stored: see waits.py."""

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from flows.tickets import queue, waits


@db_periodic_task(crontab(minute="*"))
def fire_due_waits():
    while waits.fire_due(now=timezone.now()) >= waits.MOST_AT_ONCE:
        pass


@db_periodic_task(crontab(minute="*"))
def recount_queue():
    """When another scorecard has gone live, every open ticket gets its place by it."""
    queue.recount(at=timezone.now())

"""huey only wakes up what is stored: see waits.py."""

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from flows.tickets import waits


@db_periodic_task(crontab(minute="*"))
def fire_due_waits():
    while waits.fire_due(now=timezone.now()) >= waits.MOST_AT_ONCE:
        pass

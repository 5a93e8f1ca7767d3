from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from rules.store.actions import run_schedule


@db_periodic_task(crontab(minute="*"))
def publish_scheduled():
    """Approved versions with a set time go live; versions past their expiry stop."""
    run_schedule(at=timezone.now())

"""huey loses a task when its worker is killed, so these only wake up work that is stored as rows."""

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from flows.tickets.together import bulk


@db_task()
def perform_bulk(pk):
    bulk.perform(pk)


@db_periodic_task(crontab(minute="*"))
def sweep_bulk():
    for pk in bulk.sweep(at=timezone.now()):
        perform_bulk(str(pk))

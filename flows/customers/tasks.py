"""What huey does. It loses a task when its worker is killed, so the work itself is a row: ImportRun."""

from datetime import timedelta

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from flows.customers import imports
from flows.customers.models import ImportRun


@db_task()
def perform_import(run_id):
    imports.perform(run_id)


@db_periodic_task(crontab(minute="*"))
def sweep_imports():
    """Give runs whose worker has gone silent to another."""
    for run_id in ImportRun.objects.waiting(at=timezone.now()).values_list("pk", flat=True):
        perform_import(run_id)


@db_periodic_task(crontab(minute="17"))
def forget_unconfirmed_imports():
    imports.forget_unconfirmed(before=timezone.now() - timedelta(days=1))

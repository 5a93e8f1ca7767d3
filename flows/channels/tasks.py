"""huey loses a task when its worker is killed, so these only wake up work that is stored as rows."""

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, on_commit_task

from flows.channels import actions


@on_commit_task()
def deliver_due():
    actions.deliver_due()


@db_periodic_task(crontab(minute="*"))
def sweep():
    """Every minute: finds what dead workers left and what became due without a wake-up."""
    actions.sweep_expired(now=timezone.now())
    actions.deliver_due()

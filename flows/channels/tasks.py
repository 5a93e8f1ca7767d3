"""huey loses a task when its worker is killed, so these only wake up work that is stored as rows."""

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, on_commit_task

from flows.channels import actions
from flows.channels.notices import brief as briefs

# So many messages, then the other tasks of the queue have their turn.
MOST_AT_ONCE = 500


@on_commit_task()
def deliver_due():
    if actions.deliver_due(limit=MOST_AT_ONCE) >= MOST_AT_ONCE:
        deliver_due()


@db_periodic_task(crontab(minute="*"))
def sweep():
    """Every minute: finds what dead workers left and what became due without a wake-up."""
    actions.sweep_expired(now=timezone.now())
    deliver_due()


@db_periodic_task(crontab(minute="*/5"))
def send_briefs():
    """People choose full hours; a brief comes within five minutes of it."""
    briefs.send_briefs(now=timezone.now())

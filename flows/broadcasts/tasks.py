"""Wake-ups only: what must happen is stored as rows. See flows/channels/README.md."""

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, on_commit_task

from flows.broadcasts import actions


@on_commit_task()
def prepare_due():
    actions.prepare_due()


@db_periodic_task(crontab(minute="*"))
def prepare_scheduled():
    """Every minute: sendings whose time has come, and those whose worker died over them."""
    actions.prepare_due()
    actions.finish_sendings(now=timezone.now())

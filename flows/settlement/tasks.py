"""Workers post what was requested. The settlement row is the work: the sweeper finds it if a task is lost."""

from contextlib import suppress

from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from flows.settlement.actions import post_settlement
from flows.settlement.models import Settlement
from rules.store.problems import Refusal


@db_task()
def post_requested(pk):
    settlement = Settlement.objects.get(pk=pk)
    # Someone else posts it, or it was cancelled: the settlement's own page says so.
    with suppress(Refusal):
        post_settlement(settlement=settlement, at=timezone.now())


@db_periodic_task(crontab(minute="*"))
def post_waiting():
    """Settlements nobody is at work on: their task was lost, their worker died, or they erred before."""
    for settlement in Settlement.objects.waiting(at=timezone.now()):
        post_requested(settlement.pk)

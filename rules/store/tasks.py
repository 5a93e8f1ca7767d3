from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from rules.store import back_tests
from rules.store.actions import run_schedule
from rules.store.replaying import replay_sample


@db_periodic_task(crontab(minute="*"))
def publish_scheduled():
    """Approved versions with a set time go live; versions past their expiry stop."""
    run_schedule(at=timezone.now())


@db_task()
def perform_back_test(pk):
    back_tests.perform(pk)


@db_periodic_task(crontab(minute="*"))
def sweep_back_tests():
    """Give back-tests whose worker has gone silent to another."""
    for pk in back_tests.sweep(at=timezone.now()):
        perform_back_test(pk)


@db_periodic_task(crontab(minute="20", hour="2"))
def replay_nightly():
    """The decision log must come out the same again; the first page of the admin says whether it does."""
    replay_sample(at=timezone.now())


@db_periodic_task(crontab(minute="40", hour="2"))
def prune_back_tests():
    """Back-tests of drafts that came to nothing do not stay for ever."""
    back_tests.prune(at=timezone.now())

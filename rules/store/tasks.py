from django.core.management import call_command
from huey import crontab
from huey.contrib.djhuey import db_periodic_task


@db_periodic_task(crontab(minute="*"))
def publish_scheduled():
    """Approved versions with a set time go live; versions past their expiry stop."""
    call_command("publish_scheduled")

"""A worker process of its own, on the database of the test that starts it, for killing.

python -m tests.channels.worker DATABASE_NAME DATA_FOLDER [MOMENT NUMBER]

MOMENT   "before" or "after": dies by SIGKILL right before or right after message NUMBER leaves,
         and in any case before the result is stored
"""

import os
import signal
import sys
from pathlib import Path

import django
from django.conf import settings


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def main(database, folder, moment=None, number=0):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.test")
    settings.DATABASES["default"]["NAME"] = database
    settings.DATA = Path(folder)
    django.setup()
    from flows.channels import actions, drivers

    class MortalDriver(drivers.ConsoleDriver):
        calls = 0

        def send(self, outgoing):
            self.calls += 1
            if self.calls == int(number) and moment == "before":
                die()
            receipt = super().send(outgoing)
            if self.calls == int(number) and moment == "after":
                die()
            return receipt

    drivers.register_driver(MortalDriver())
    actions.deliver_due()


if __name__ == "__main__":
    main(*sys.argv[1:])

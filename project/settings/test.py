"""For the test suite: the same code on the same databases, quicker passwords.

What a run stores goes to a folder of its own, so any number of runs can share one checkout.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from project.settings.base import *  # noqa: F403
from project.settings.base import DATABASES, HUEY

SCRATCH = Path(tempfile.mkdtemp(prefix="tangram-tests-"))
_owner = os.getpid()


@atexit.register
def _remove_scratch():
    # A forked child leaves through here too; the folder is not its own.
    if os.getpid() == _owner:
        shutil.rmtree(SCRATCH, ignore_errors=True)


ALLOWED_HOSTS = ["*"]
SECRET_KEY = "tests"
DEMO = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = SCRATCH / "media"
PRIVATE_ROOT = SCRATCH / "private"
# A real file, not memory: threads, the live server and other processes must meet as in real life.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(SCRATCH / "test.sqlite3")}
HUEY = HUEY | {"immediate": True}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

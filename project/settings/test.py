"""For the test suite: the same code on the same databases, quicker passwords."""

from project.settings.base import *  # noqa: F403
from project.settings.base import HUEY

ALLOWED_HOSTS = ["*"]
SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
HUEY = HUEY | {"immediate": True}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

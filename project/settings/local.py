"""Trying it out on one machine: what `make run` uses."""

from project.settings.base import *  # noqa: F403
from project.settings.base import ALLOWED_HOSTS

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *ALLOWED_HOSTS]

DEMO = True
# Served as they lie in the source folders: nothing to collect after every change.
WHITENOISE_USE_FINDERS = True

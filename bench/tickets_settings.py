"""The project's settings, with the tables of the other engines."""

from project.settings.local import *  # noqa: F403
from project.settings.local import DATABASES, INSTALLED_APPS

# Viewflow finds a flow by the app it is in.
INSTALLED_APPS = [*INSTALLED_APPS, "viewflow", "viewflow.workflow", "bench"]
DEBUG = False
# A worker of the bench is one process with one connection.
DATABASES["default"]["OPTIONS"].pop("pool")
DATABASES["default"]["CONN_MAX_AGE"] = None

"""Settings shared by every way of running. Each comes from the environment, with a safe default.

TANGRAM_DATA    folder for what the embedded default stores (database, queue, media, logs)
DATABASE_URL    e.g. postgres://user@host/name; without it, SQLite in TANGRAM_DATA
REDIS_URL       e.g. redis://host:6379/0; without it, huey keeps its queue in SQLite
DATABASE_POOL   how many connections one process may hold open (PostgreSQL only)
TANGRAM_URL     the address people use, for links in messages
STATIC_ROOT     where `collectstatic` puts what production serves: a folder in TANGRAM_DATA unless set
EMAIL_HOST      the mail server; with EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD and EMAIL_FROM
LOG_LEVEL       how much is written to the log: WARNING unless set
"""

import os
from pathlib import Path

import dj_database_url
from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("TANGRAM_DATA", ROOT / "var"))
DATA.mkdir(parents=True, exist_ok=True)

DEBUG = False
# Whether this is the demo company, whose accounts and passwords everybody knows.
DEMO = False
ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host]
DEFAULT_SECRET_KEY = "for-trying-it-out-on-one-machine-only-never-in-production"
SECRET_KEY = os.environ.get("SECRET_KEY", DEFAULT_SECRET_KEY)

INSTALLED_APPS = [
    "project",
    "rules.store",
    "rules.editor",
    "flows.organisation",
    "flows.customers",
    "flows.forms",
    "flows.tickets",
    "flows.broadcasts",
    "flows.settlement",
    "flows.channels",
    "flows.desk",
    "wagtail.snippets",
    "flows.organisation.apps.StaffUsersConfig",
    "wagtail.images",
    "wagtail.documents",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "taggit",
    "import_export",
    "huey.contrib.djhuey",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "project.middleware.PreferredLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "project.middleware.content_security_middleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
AUTH_USER_MODEL = "organisation.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Without WAL and immediate transactions half of concurrent writes fail; see docs/operators.md.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
}
if os.environ.get("DATABASE_URL"):
    DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=0)}
    if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    else:
        # Persistent connections run out under ASGI; a pool does not. One that died is replaced unnoticed.
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
        DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
            "min_size": 1,
            "max_size": int(os.environ.get("DATABASE_POOL", "10")),
            "timeout": 20,
        }
        # Many conditions are many expressions over few rows: translating them to machine code takes longer
        # than the scan itself (bench/sql.py).
        DATABASES["default"]["OPTIONS"]["options"] = "-c jit=off"
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "tangram.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
        }
    }

REDIS_URL = os.environ.get("REDIS_URL", "")
HUEY = {
    "name": "tangram",
    "immediate": False,
    # Tasks report through rows of ours, so nobody would ever collect a stored result.
    "results": False,
    "consumer": {
        "workers": 2,
        "worker_type": "thread",
        "check_worker_health": True,
        # An idle worker looks for work at least this often; people wait for what they pressed.
        "max_delay": 1.0,
        # Asked to stop, it lets running tasks finish for so many seconds. What is cut short, rows bring back.
        "graceful_signal": "TERM",
        "shutdown_timeout": 8,
    },
}
if REDIS_URL:
    HUEY |= {"huey_class": "huey.PriorityRedisHuey", "connection": {"url": REDIS_URL}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    HUEY |= {"huey_class": "huey.SqliteHuey", "filename": str(DATA / "huey.sqlite3"), "timeout": 20}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
# First the product's own words, then what Wagtail's own Chinese catalogue lacks.
LOCALE_PATHS = [ROOT / "project" / "locale", ROOT / "project" / "locale_wagtail"]
FORMAT_MODULE_PATH = ["project.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
WAGTAIL_USER_TIME_ZONES = ["Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Europe/London", "UTC"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", DATA / "static"))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [("tangram", ROOT / "project" / "assets" / "build")]
(ROOT / "project" / "assets" / "build").mkdir(parents=True, exist_ok=True)
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"
# What people attach to tickets: served by a view that asks who may see it, never by address alone.
PRIVATE_ROOT = DATA / "private"

LOGIN_URL = "wagtailadmin_login"
LOGIN_REDIRECT_URL = "home"

WAGTAIL_SITE_NAME = "Tangram"
WAGTAILADMIN_BASE_URL = os.environ.get("TANGRAM_URL") or f"http://127.0.0.1:{os.environ.get('PORT', 8000)}"
WAGTAILADMIN_USER_LOGIN_FORM = "project.forms.LoginForm"
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_WORKFLOW_ENABLED = True
# Publishing happens only here, after review; see rules/store/review.py.
WAGTAIL_FINISH_WORKFLOW_ACTION = "rules.store.review.publish_reviewed"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
    # Named, so that huey does not set up a louder log of its own.
    "loggers": {"huey": {"handlers": ["console"], "propagate": False}},
}

# Without a mail server, mail is written to the log.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "tangram@localhost")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"

"""For a real company. Refuses to start with what is only safe on one machine."""

import os

from django.core.exceptions import ImproperlyConfigured

from project.settings.base import *  # noqa: F403
from project.settings.base import ALLOWED_HOSTS, DEFAULT_SECRET_KEY, SECRET_KEY

if SECRET_KEY == DEFAULT_SECRET_KEY or len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("Set SECRET_KEY to a random text of at least 32 characters.")
if os.environ.get("DEBUG", "").lower() in {"1", "true", "yes", "on"}:
    raise ImproperlyConfigured("DEBUG must not be set in production.")
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names people use, separated by commas.")

# HTTPS=0 is for a closed network without a proxy: passwords and cookies then travel readable by all in it.
HTTPS = os.environ.get("HTTPS", "1") == "1"
SCHEME = "https" if HTTPS else "http"
CSRF_TRUSTED_ORIGINS = [f"{SCHEME}://{host}" for host in ALLOWED_HOSTS]
if os.environ.get("TANGRAM_URL"):
    CSRF_TRUSTED_ORIGINS.append(os.environ["TANGRAM_URL"].rstrip("/"))
else:
    WAGTAILADMIN_BASE_URL = f"{SCHEME}://{ALLOWED_HOSTS[0]}"
# The proxy in front must set this header itself, whatever its clients send.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
# The supervisor and containers ask from inside, without https.
SECURE_REDIRECT_EXEMPT = [r"^up$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation

from flows.organisation.people import preferred_language

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# Wagtail's inline panels, date fields and choosers run scripts inside the page, and its preview is a frame.
CONTENT_SECURITY_IN_ADMIN = (
    CONTENT_SECURITY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    + "; script-src 'self' 'unsafe-inline'"
)


def content_security_middleware(get_response):
    """Pages run our own scripts only, whatever text a customer managed to put into one."""

    def middleware(request):
        response = get_response(request)
        if request.path.startswith(reverse("wagtailadmin_home")):
            # Replaces what a preview brings along: it is rendered by a request of its own, for no address.
            response.headers["Content-Security-Policy"] = CONTENT_SECURITY_IN_ADMIN
        else:
            response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY)
        return response

    return middleware


class PreferredLanguageMiddleware(LocaleMiddleware):
    """The user's chosen language, else the browser's. Runs after authentication."""

    def process_request(self, request):
        chosen = preferred_language(request.user)
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()
        else:
            super().process_request(request)

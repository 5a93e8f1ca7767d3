from django.conf import settings
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class PreferredLanguageMiddleware(LocaleMiddleware):
    """The user's chosen language, else the browser's. Runs after authentication."""

    def process_request(self, request):
        chosen = preferred_language(request.user)
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()
        else:
            super().process_request(request)


def preferred_language(user) -> str:
    """The language code a person chose in their account, or "" for none."""
    if not user.is_authenticated:
        return ""
    profile = getattr(user, "wagtail_userprofile", None)
    chosen = profile.preferred_language if profile else ""
    return chosen if chosen in dict(settings.LANGUAGES) else ""

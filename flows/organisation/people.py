"""How a person wants to be spoken to: kept with their account, in Wagtail's profile."""

from zoneinfo import ZoneInfo

from django.conf import settings


def preferred_language(user) -> str:
    """The language code a person chose in their account, or "" for none."""
    profile = getattr(user, "wagtail_userprofile", None) if user.is_authenticated else None
    chosen = profile.preferred_language if profile else ""
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def language_of(person) -> str:
    """For what is written to them while they are not here: no browser says which."""
    return preferred_language(person) or settings.LANGUAGE_CODE


def zone_of(person) -> ZoneInfo:
    profile = getattr(person, "wagtail_userprofile", None)
    return ZoneInfo((profile.current_time_zone if profile else "") or settings.TIME_ZONE)

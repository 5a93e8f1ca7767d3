"""Reason codes as people read them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from flows.broadcasts.models import Limit
from rules.store.models import Version

PLAIN = {
    "accepted": lambda: _("will be sent"),
    "sent": lambda: _("sent"),
    "unknown": lambda: _("result unknown: the channel did not answer"),
    "failed": lambda: _("failed: the channel refused it"),
    "no_contact": lambda: _("no contact for this channel"),
    "missing_value": lambda: _("something the message says is not known of them"),
    "blocked_content": lambda: _("their text has a blocked word"),
    "stopped": lambda: _("stopped before it was sent"),
    "quiet_hours:all_day": lambda: _("waits: quiet hours leave no time"),
}
ABOUT_LIMIT = {
    "limit": lambda name: _("held back by the limit “%(name)s”") % {"name": name},
    "quiet_hours": lambda name: _("waits for the end of “%(name)s”") % {"name": name},
    "pace": lambda name: _("waits for room in “%(name)s”") % {"name": name},
}


def reason_text(reason: str, names: dict[str, str] | None = None) -> str:
    """`names`: {slug: name} of limits; asked for if not given."""
    if reason in PLAIN:
        return PLAIN[reason]()
    kind, _colon, slug = reason.partition(":")
    names = limit_names([slug]) if names is None else names
    return ABOUT_LIMIT[kind](names.get(slug, slug)) if kind in ABOUT_LIMIT else reason


def limit_names(slugs: Iterable[str]) -> dict[str, str]:
    """The newest name under which each slug was live."""
    rows = Version.objects.of_model(Limit).filter(slug__in=list(slugs)).order_by("live_from")
    return dict(rows.values_list("slug", "name"))


def reason_rows(by_reason: dict[str, int], *, planned: bool = False) -> list[dict]:
    """[{"reason", "text", "count", "tone"}] for a page, in the order given. `planned`: before a sending."""
    names = limit_names(reason.partition(":")[2] for reason in by_reason)
    return [
        {
            "reason": reason,
            "text": reason_text(reason, names),
            "count": count,
            "tone": "ok" if planned and reason == "accepted" else tone_of(reason),
        }
        for reason, count in by_reason.items()
    ]


def tone_of(reason: str) -> str:
    """ok: gets it; wait: later; no: does not get it. Screens show it as a word and a colour."""
    if reason == "sent":
        return "ok"
    return "wait" if reason.partition(":")[0] in ("accepted", "quiet_hours", "pace", "unknown") else "no"

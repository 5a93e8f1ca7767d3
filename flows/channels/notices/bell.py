"""What stands behind the bell: a person's notices, in their language, as far as they may still see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.channels.models import Notice
from flows.channels.notices.kinds import all_kinds, described
from flows.channels.notices.wording import stored_wordings, words_of
from flows.organisation.people import zone_of


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notice, ready to be shown. `url`: where the thing is; "" when its reader may not see it now."""

    notice: Notice
    line: str
    more: str
    url: str
    is_important: bool


def unread_count(person) -> int:
    return Notice.objects.of(person).unread().count()


def told(notices: Iterable[Notice], *, person) -> list[Told]:
    notices = list(notices)
    kinds = {kind.key: kind for kind in all_kinds()}
    seen = described((notice.subject, person) for notice in notices)
    wordings, zone = stored_wordings(), zone_of(person)
    return [
        as_told(
            notice,
            kinds.get(notice.event),
            seen.get((notice.subject, person.pk)),
            zone=zone,
            wordings=wordings,
        )
        for notice in notices
    ]


def as_told(notice: Notice, kind, about, *, zone, wordings) -> Told:
    if kind is None or about is None:
        return Told(
            notice=notice, line=_("You may not see this any more."), more="", url="", is_important=False
        )
    context = notice.context | dict(about)
    line, more = words_of(kind, context, language=get_language(), zone=zone, wordings=wordings)
    return Told(notice=notice, line=line, more=more, url=about.get("url", ""), is_important=kind.important)


def mark_read(*, person, at: datetime, only: int | None = None, up_to: int | None = None) -> int:
    """One notice, or all up to the newest that was shown; what comes meanwhile stays unread. → how many"""
    unread = Notice.objects.of(person).unread()
    if only is not None:
        unread = unread.filter(pk=only)
    if up_to is not None:
        unread = unread.filter(pk__lte=up_to)
    return unread.update(read_at=at)

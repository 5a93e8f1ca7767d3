"""The daily brief: once a day, at the hour a person chose in their own zone, one message with everything.

It tells what happened before that hour and was not told yet. So the same brief comes out whenever a worker
gets to it, and what happens later in the day waits for tomorrow.
"""

from datetime import datetime, time, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flows.channels import actions
from flows.channels.models import How, Notice, NoticeBrief, NoticeHour, Outgoing
from flows.channels.notices.kinds import all_kinds, described, kind_of
from flows.channels.notices.readers import Reader, readers_of
from flows.channels.notices.telling import ending, link
from flows.channels.notices.wording import Wordings, stored_wordings, words_of

USUAL_HOUR = 9
MOST_IN_ONE = 200


def hour_of(person) -> int:
    chosen = NoticeHour.objects.filter(person=person).values_list("hour", flat=True).first()
    return USUAL_HOUR if chosen is None else chosen


def last_due(*, hour: int, zone, now: datetime) -> datetime:
    """The last instant, up to `now`, at which the day in `zone` reached `hour`."""
    today = now.astimezone(zone).date()
    due = datetime.combine(today, time(hour), tzinfo=zone)
    return due if due <= now else datetime.combine(today - timedelta(days=1), time(hour), tzinfo=zone)


def send_briefs(*, now: datetime) -> int:
    """Write every brief that is due and not written yet. → how many"""
    waiting = Notice.objects.waiting_for_brief(before=now).order_by()
    people = list(waiting.values_list("person", flat=True).distinct())
    return sum(send_brief(person=person, now=now) for person in people)


@transaction.atomic
def send_brief(*, person: int, now: datetime) -> bool:
    """One person's brief, unless it is not due, was written already, or there is nothing to tell."""
    reader = readers_of(get_user_model().objects.filter(pk=person)).get(person)
    if reader is None:
        drop_waiting(person, now=now)
        return False
    due = last_due(hour=hour_of(person), zone=reader.zone, now=now)
    waiting = list(Notice.objects.of(person).waiting_for_brief(before=due).order_by("at", "pk"))
    if not waiting:
        return False
    # The row is the promise that this day has had its brief: of two workers, one makes it.
    day = due.astimezone(reader.zone).date()
    _brief, is_new = NoticeBrief.objects.get_or_create(person_id=person, day=day, defaults={"at": now})
    if not is_new:
        return False
    Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(briefed_at=now)
    told = lines_of(reader, waiting, stored_wordings())
    if told:
        actions.enqueue_new(brief_messages(reader, told, day=day, now=now))
    return bool(told)


def drop_waiting(person: int, *, now: datetime) -> None:
    """Who has left reads no briefs."""
    Notice.objects.of(person).waiting_for_brief(before=now).update(briefed_at=now)


def lines_of(reader: Reader, notices: list[Notice], wordings: Wordings) -> list[tuple[str, str, str]]:
    """(kind, line, address) of what the person may still see today."""
    known = {kind.key for kind in all_kinds()}
    seen = described((notice.subject, reader.person) for notice in notices)
    lines = []
    for notice in notices:
        about = seen.get((notice.subject, reader.person.pk))
        if about is None or notice.event not in known:
            continue
        kind = kind_of(notice.event)
        line, _more = words_of(
            kind, notice.context | dict(about), language=reader.language, zone=reader.zone, wordings=wordings
        )
        lines.append((kind.key, line, link(about.get("url", ""))))
    return lines


def brief_messages(reader: Reader, lines, *, day, now: datetime) -> list[Outgoing]:
    with translation.override(reader.language):
        subject = ngettext(
            "Your brief of %(day)s: %(count)s notice", "Your brief of %(day)s: %(count)s notices", len(lines)
        ) % {"day": date_format(day, "SHORT_DATE_FORMAT"), "count": len(lines)}
        text = text_of(lines)
    channels = {
        channel.key: channel for key, *_rest in lines for channel in reader.channels(kind_of(key), How.BRIEF)
    }
    return [
        Outgoing(
            channel=channel.sends_by(),
            recipient=channel.address_of(reader.person),
            payload={"subject": subject, "text": f"{text}\n\n{ending(reader.language)}"},
            idempotency_key=f"brief:{reader.person.pk}:{day.isoformat()}:{channel.key}",
            subject="brief",
            created_at=now,
            due_at=now,
        )
        for channel in channels.values()
    ]


def text_of(lines) -> str:
    """Grouped by kind, in the order in which kinds were registered."""
    parts = []
    shown = lines[-MOST_IN_ONE:]
    for kind in all_kinds():
        mine = [(line, address) for key, line, address in shown if key == kind.key]
        if mine:
            rows = (f"- {line}\n  {address}" if address else f"- {line}" for line, address in mine)
            parts.append("\n".join([f"{kind.label}", *rows]))
    if older := len(lines) - len(shown):
        parts.append(_("%(count)s older ones stand behind the bell of the desk.") % {"count": older})
    return "\n\n".join(parts)

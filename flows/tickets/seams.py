"""Where a running ticket touches what other parts look after: one small function for each."""

from datetime import datetime

from flows.channels.actions import enqueue
from flows.channels.drivers import channel_choices
from flows.organisation.calendars import WorkingCalendar
from flows.tickets.service_levels.calendars import Calendars
from flows.tickets.service_levels.counting import ALWAYS


def assign_by_rules(*, ticket, node, task, by, at: datetime):
    """(department, person) for a step whose assignment is worked out; None keeps who has it."""
    return None


def calendar_of(ticket, *, at: datetime) -> WorkingCalendar:
    """The hours that count as working for `ticket`; without any calendar, every hour does."""
    calendar = Calendars(at=at).of(ticket)
    return calendar.compiled if calendar else ALWAYS


def call_webhook(*, url: str, payload: dict, key: str, subject: str, at: datetime) -> None:
    known = dict(channel_choices())
    channel = "webhook" if "webhook" in known else "console"
    enqueue(channel=channel, recipient=url, payload=payload, idempotency_key=key, subject=subject, at=at)

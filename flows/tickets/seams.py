"""Where a running ticket touches what other parts look after: one small function for each."""

from datetime import datetime

from django.conf import settings

from flows.channels.actions import enqueue
from flows.channels.drivers import channel_choices
from flows.organisation.calendars import WorkingCalendar

OFFICE_HOURS = {
    "timezone": settings.TIME_ZONE,
    "week": {day: ["09:00-12:00", "13:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
}


def assign_by_rules(*, ticket, node, task, by, at: datetime):
    """The Assignment for a step with a list of ways to find someone; None, without one, keeps who has it."""
    from flows.tickets.assignment import assign

    return assign(ticket=ticket, node=node, task=task, by=by, at=at) if node.assignment else None


def node_entered(*, ticket, node: str, at: datetime) -> None:
    """A task was opened at `node`."""


def node_left(*, ticket, node: str, at: datetime) -> None:
    """The task at `node` was closed."""


def ticket_changed(*, ticket, at: datetime) -> None:
    """The ticket was opened, moved, ended or opened again."""


def calendar_of(ticket) -> WorkingCalendar:
    return WorkingCalendar.from_document(OFFICE_HOURS)


def notify(*, people, event: str, context: dict, subject: str, at: datetime) -> None:
    for person in people:
        enqueue(
            channel="console",
            recipient=person.username,
            payload={"event": event} | context,
            idempotency_key=f"{subject}:{event}:{context.get('number', '')}:{person.pk}",
            subject=subject,
            at=at,
        )


def call_webhook(*, url: str, payload: dict, key: str, subject: str, at: datetime) -> None:
    known = dict(channel_choices())
    channel = "webhook" if "webhook" in known else "console"
    enqueue(channel=channel, recipient=url, payload=payload, idempotency_key=key, subject=subject, at=at)

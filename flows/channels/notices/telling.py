"""`notify`: rows, in the caller's transaction. The bell reads them; other channels go through the outbox."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from flows.channels import actions
from flows.channels.models import How, Notice, Outgoing, Webhook
from flows.channels.notices.kinds import described, kind_of
from flows.channels.notices.readers import Reader, readers_of
from flows.channels.notices.wording import as_json, stored_wordings, words_of


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One event, and who should hear of it. See `notify`.

    by_channels   keys of the channels that take it at once; None: as each person chose
    """

    people: Iterable
    event: str
    subject: str
    context: Mapping = field(default_factory=dict)
    by: object = None
    occasion: str = ""
    by_channels: tuple[str, ...] | None = None


def notify(
    *, people: Iterable, event: str, subject: str, at: datetime, context: Mapping | None = None, by=None,
    occasion: str = "",
) -> None:  # fmt: skip
    """Tell `people` of an event, in the caller's transaction: if that rolls back, nobody hears anything.

    event     the key of a registered kind: "ticket.assigned"
    subject   what it is about: ticket.subject. Who may not see that is told nothing; what the message says
              of it is what the reader may see.
    context   what else the wording of the kind may say: texts, texts by language, or instants
    by        who did it: named in the message, and not told themselves
    occasion  which time it was: `at` unless given. The same person, event, subject and occasion again is the
              same notice, whatever happens to workers.
    """
    happened = Happened(
        people=people, event=event, subject=subject, context=context or {}, by=by, occasion=occasion
    )
    notify_all([happened], at=at)


def notify_all(happened: Iterable[Happened], *, at: datetime) -> None:
    """The same for many events, in a number of queries that does not grow with them."""
    if happened := list(happened):
        store(happened, at=at)


@transaction.atomic(savepoint=False)
def store(happened: list[Happened], *, at: datetime) -> None:
    readers = readers_of(person for one in happened for person in others(one))
    seen = described(
        (one.subject, reader.person) for one in happened for reader in told_of(one, readers)
    )  # fmt: skip
    wordings = stored_wordings() if readers else {}
    notices, messages = [], []
    for one in happened:
        for reader in told_of(one, readers):
            about = seen.get((one.subject, reader.person.pk))
            if about is not None:
                notices.append(notice_for(reader, one, at=at))
                messages += messages_for(reader, one, about, at=at, wordings=wordings)
    Notice.objects.bulk_create(notices, batch_size=500, ignore_conflicts=True)
    actions.enqueue_new(messages + messages_to_programs(happened, at=at))


def told_of(one: Happened, readers: Mapping[int, Reader]) -> list[Reader]:
    """Each once; not who did it, and not who has left."""
    pks = dict.fromkeys(person.pk for person in others(one))
    return [readers[pk] for pk in pks if pk in readers]


def others(one: Happened) -> list:
    """Without who did it."""
    return [person for person in one.people if person.pk != getattr(one.by, "pk", None)]


def occasion_of(one: Happened, *, at: datetime) -> str:
    return one.occasion or at.isoformat()


def context_of(one: Happened) -> dict:
    return as_json(({"by": str(one.by)} if one.by else {}) | dict(one.context))


def notice_for(reader: Reader, one: Happened, *, at: datetime) -> Notice:
    return Notice(
        person=reader.person,
        event=one.event,
        subject=one.subject,
        occasion=occasion_of(one, at=at),
        context=context_of(one),
        at=at,
        in_brief=one.by_channels is None and reader.is_told(kind_of(one.event), How.BRIEF),
    )


def messages_for(reader: Reader, one: Happened, about: Mapping, *, at: datetime, wordings) -> list[Outgoing]:
    kind = kind_of(one.event)
    channels = reader.channels(kind, How.NOW) if one.by_channels is None else reader.by(one.by_channels)
    if not channels:
        return []
    line, more = words_of(
        kind, context_of(one) | dict(about), language=reader.language, zone=reader.zone, wordings=wordings
    )
    text = "\n\n".join(filter(None, [more, link(about.get("url", "")), ending(reader.language)]))
    key = f"notice:{reader.person.pk}:{one.event}:{one.subject}:{occasion_of(one, at=at)}"
    return [
        Outgoing(
            channel=channel.sends_by(),
            recipient=channel.address_of(reader.person),
            payload={"subject": line, "text": text},
            idempotency_key=f"{key}:{channel.key}",
            subject="notice",
            created_at=at,
            due_at=at,
        )
        for channel in channels
    ]


def link(path: str) -> str:
    return urljoin(settings.WAGTAILADMIN_BASE_URL, path) if path else ""


def ending(language: str) -> str:
    with translation.override(language):
        return "-- \n" + _("Choose what you are told, and how: %(address)s") % {
            "address": link("/desk/notices/choices/")
        }


def messages_to_programs(happened: Iterable[Happened], *, at: datetime) -> list[Outgoing]:
    """One message per webhook and event. It says what happened to what, and no word of what people wrote: the
    program asks the interface for that, with permissions of its own."""
    webhooks = list(Webhook.objects.filter(is_on=True))
    return [
        webhook_message(
            webhook,
            event=one.event,
            subject=one.subject,
            at=at,
            key=f"notice:webhook-{webhook.pk}:{one.event}:{one.subject}:{occasion_of(one, at=at)}",
        )
        for one in happened
        for webhook in webhooks
        if one.event in webhook.events
    ]


def webhook_message(webhook: Webhook, *, event: str, subject: str, at: datetime, key: str) -> Outgoing:
    return Outgoing(
        channel="webhook",
        recipient=webhook.url[:200],
        payload={
            "webhook": webhook.pk,
            "body": {"event": event, "subject": subject, "at": at.isoformat(), "key": key},
        },
        idempotency_key=key,
        subject="notice",
        created_at=at,
        due_at=at,
    )

"""What may be done with the outbox. Every change of state compares and sets, so of two workers one wins."""

import logging
import os
import socket
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flows.channels.drivers import Receipt, Rejected, TryLater, driver_of
from flows.channels.models import Outgoing
from flows.channels.senders import Drop, Wait, sender_of
from rules.store.problems import Refusal

State = Outgoing.State
logger = logging.getLogger(__name__)

BATCH = 20
MOST_TRIES = 6
FIRST_RETRY_AFTER = timedelta(seconds=30)
# A channel that cannot tell what became of a message is asked again this often, then it stays unknown.
MOST_LOOK_UPS = 5
LOOK_UP_AGAIN_AFTER = timedelta(minutes=10)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# A batch that takes longer loses what it has not called yet to another worker, and nothing else.
BATCH_LEASE = timedelta(minutes=2)


# Putting in


def enqueue(
    *, channel: str, recipient: str, payload: dict, idempotency_key: str, subject: str, at: datetime,
    due_at: datetime | None = None,
) -> Outgoing:  # fmt: skip
    """Queue one message inside the caller's transaction. The same key again is the same message."""
    outgoing, _created = Outgoing.objects.get_or_create(
        idempotency_key=idempotency_key,
        defaults={
            "channel": channel,
            "recipient": recipient,
            "payload": payload,
            "subject": subject,
            "created_at": at,
            "due_at": due_at or at,
        },
    )
    wake_workers()
    return outgoing


def enqueue_many(messages: Iterable[Outgoing]) -> list[Outgoing]:
    """Queue unsaved messages, inside the caller's transaction, in few queries. Keys must be new."""
    rows = Outgoing.objects.bulk_create(messages, batch_size=500)
    wake_workers()
    return rows


def enqueue_new(messages: list[Outgoing]) -> None:
    """The same where keys may be known already: a message that is there stays as it is."""
    if messages:
        Outgoing.objects.bulk_create(messages, batch_size=500, ignore_conflicts=True)
        wake_workers()


def wake_workers() -> None:
    from flows.channels.tasks import deliver_due as deliver_soon

    deliver_soon()


# Taking out


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@transaction.atomic
def lease_due(*, now: datetime, limit: int, lease: timedelta, by: str) -> list[Outgoing]:
    """Take up to `limit` due messages for worker `by` until now + lease; no other worker gets them."""
    # PostgreSQL skips what another worker is taking; SQLite has one writer at a time anyway.
    due = Outgoing.objects.due(at=now).select_for_update(skip_locked=True)
    ids = list(due.values_list("pk", flat=True)[:limit])
    Outgoing.objects.filter(pk__in=ids, state=State.QUEUED).update(
        state=State.LEASED, leased_by=by, leased_until=now + lease
    )
    return list(Outgoing.objects.filter(pk__in=ids).taken_by(by).order_by("due_at", "pk"))


@transaction.atomic
def ask_senders(*, messages: list[Outgoing], now: datetime) -> list[Outgoing]:
    """Let those who queued `messages` hold some back. → the ones that may go out now"""
    answers = {}
    for subject, group in groupby(sorted(messages, key=lambda m: (m.subject, m.pk)), key=lambda m: m.subject):
        if sender := sender_of(subject):
            answers |= sender.before(list(group), now)
    for until in {answer.until for answer in answers.values() if isinstance(answer, Wait)}:
        ids = [pk for pk, answer in answers.items() if answer == Wait(until)]
        free(Outgoing.objects.filter(pk__in=ids, state=State.LEASED), state=State.QUEUED, due_at=until)
    for because in {answer.because for answer in answers.values() if isinstance(answer, Drop)}:
        ids = [pk for pk, answer in answers.items() if answer == Drop(because)]
        free(Outgoing.objects.filter(pk__in=ids, state=State.LEASED), state=State.CANCELLED, error=because)
    return [message for message in messages if message.pk not in answers]


def free(messages, **changes) -> int:
    return messages.update(leased_by="", leased_until=None, **changes)


def intend(*, message: Outgoing, now: datetime) -> bool:
    """Store, before calling, that the call may happen. False: it was paused, stopped or lost meanwhile."""
    mine = Outgoing.objects.filter(pk=message.pk, state=State.LEASED, leased_by=message.leased_by)
    lease = driver_of(message.channel).lease
    return bool(
        mine.update(
            state=State.SENDING,
            called_at=now,
            leased_until=now + lease,
            attempts=F("attempts") + 1,
            look_ups=0,
        )
    )


def deliver(*, message: Outgoing, clock: Callable[[], datetime]) -> None:
    """Hand one leased message to its channel, between two transactions: intent before, result after."""
    if not intend(message=message, now=clock()):
        return
    message.attempts += 1
    try:
        receipt = driver_of(message.channel).send(message)
    except Rejected as refusal:
        mark_failed(message=message, error=str(refusal), now=clock())
    except TryLater as trouble:
        retry_later(message=message, error=str(trouble), now=clock())
    except Exception as fault:
        logger.exception("Message %s: the channel did not answer properly", message.pk)
        mark_unknown(message=message, error=repr(fault), now=clock())
    else:
        mark_sent(message=message, receipt=receipt, now=clock())


def deliver_due(
    *, clock: Callable[[], datetime] = timezone.now, limit: int | None = None, by: str | None = None
) -> int:
    """Send what is due until nothing is left, or `limit` are done. → how many were taken"""
    by, taken = by or worker_name(), 0
    while limit is None or taken < limit:
        batch = BATCH if limit is None else min(BATCH, limit - taken)
        messages = lease_due(now=clock(), limit=batch, lease=BATCH_LEASE, by=by)
        if not messages:
            break
        taken += len(messages)
        for message in ask_senders(messages=messages, now=clock()):
            deliver(message=message, clock=clock)
        tell_senders_of_pause(messages=messages, now=clock())
    return taken


def tell_senders_of_pause(*, messages: Iterable[Outgoing], now: datetime) -> None:
    for subject in {message.subject for message in messages}:
        if sender := sender_of(subject):
            sender.pause(subject, now)


# Results


@transaction.atomic
def settle(*, message: Outgoing, now: datetime, only_from: tuple = (State.SENDING,), **changes) -> bool:
    """Store what became of a call and tell who asked for it. False: somebody else did so first."""
    here = Outgoing.objects.filter(pk=message.pk, state__in=only_from)
    # A message that another worker is sending by now is not ours to settle.
    ours = ~Q(state=State.SENDING) | Q(leased_by=message.leased_by)
    if not free(here.filter(ours), **changes):
        return False
    for field, value in changes.items():
        setattr(message, field, value)
    if sender := sender_of(message.subject):
        sender.after(message, now)
    return True


# A worker thought dead may still come back with the truth; it is believed unless the row is settled.
BEFORE_ANY_RESULT = (State.SENDING, State.UNKNOWN, State.QUEUED, State.HELD, State.LEASED, State.CANCELLED)


def mark_sent(*, message: Outgoing, receipt: Receipt, now: datetime) -> bool:
    return settle(
        message=message, now=now, only_from=BEFORE_ANY_RESULT, state=State.SENT,
        sent_at=receipt.at or now, reference=receipt.reference, error="",
    )  # fmt: skip


def mark_failed(*, message: Outgoing, error: str, now: datetime) -> bool:
    """The channel refused it for good."""
    return settle(message=message, now=now, state=State.FAILED, error=error)


def mark_unknown(*, message: Outgoing, error: str, now: datetime) -> bool:
    return settle(
        message=message, now=now, only_from=(State.SENDING, State.UNKNOWN), state=State.UNKNOWN, error=error,
        due_at=now + LOOK_UP_AGAIN_AFTER,
    )  # fmt: skip


def retry_later(*, message: Outgoing, error: str, now: datetime) -> bool:
    """It certainly did not leave: try again later, ever more slowly, or give up after MOST_TRIES."""
    unsure = (State.SENDING, State.UNKNOWN)
    if message.attempts >= MOST_TRIES:
        return settle(message=message, now=now, only_from=unsure, state=State.DEAD, error=error)
    return settle(
        message=message, now=now, only_from=unsure, state=State.QUEUED, error=error,
        due_at=now + FIRST_RETRY_AFTER * 4 ** (message.attempts - 1),
    )  # fmt: skip


# After a crash


def sweep_expired(*, now: datetime) -> int:
    """Bring back what dead workers left behind. → how many messages were touched

    Taken but never called: queued again. Perhaps called: looked up, never blindly sent again.
    """
    never_called = Outgoing.objects.taken_but_never_called(before=now)
    swept = free(never_called, state=State.QUEUED)
    perhaps_sent = list(Outgoing.objects.perhaps_sent(before=now)[:1000])
    for message in perhaps_sent:
        look_up(message=message, now=now)
    tell_senders_of_pause(messages=perhaps_sent, now=now)
    return swept + len(perhaps_sent)


def look_up(*, message: Outgoing, now: datetime) -> None:
    """Ask the channel what became of a call whose result was lost, and store the answer."""
    try:
        receipt = driver_of(message.channel).look_up(message)
    except Exception as fault:
        logger.exception("Message %s: the channel could not be asked", message.pk)
        receipt, error = None, repr(fault)
    else:
        error = "the channel cannot tell whether it was sent"
    unsure = (State.SENDING, State.UNKNOWN)
    if receipt is None:
        last = message.look_ups + 1 >= MOST_LOOK_UPS
        settle(
            message=message, now=now, only_from=unsure, state=State.UNKNOWN, look_ups=message.look_ups + 1,
            error=message.error or error, due_at=NEVER if last else now + LOOK_UP_AGAIN_AFTER,
        )  # fmt: skip
    elif receipt.outcome == Receipt.SENT:
        mark_sent(message=message, receipt=receipt, now=now)
    else:
        retry_later(message=message, error="it never reached the channel", now=now)


# What people may ask


@transaction.atomic
def hold(*, subject: str) -> int:
    """Keep everything about `subject` that has not been called yet from going out. → how many"""
    return free(Outgoing.objects.about(subject).not_yet_called(), state=State.HELD)


def postpone(*, subject: str, until: datetime, now: datetime) -> int:
    """Let everything about `subject` that is due by `now` and in no worker's hands wait until then."""
    waiting = Outgoing.objects.about(subject).filter(state=State.QUEUED, due_at__lte=now)
    return waiting.update(due_at=until)


@transaction.atomic
def release(*, subject: str) -> int:
    held = Outgoing.objects.about(subject).on_hold().update(state=State.QUEUED)
    wake_workers()
    return held


@transaction.atomic
def cancel(*, subject: str, because: str) -> int:
    """Never send what is left about `subject`. What was called already may have left. → how many"""
    return free(Outgoing.objects.about(subject).not_yet_called(), state=State.CANCELLED, error=because)


@transaction.atomic
def send_again(*, message: Outgoing, now: datetime) -> None:
    """A person tries a message again that certainly never left. Raises Refusal for any other."""
    certainly_here = Outgoing.objects.filter(pk=message.pk, state__in=[State.DEAD, State.FAILED])
    if not certainly_here.update(state=State.QUEUED, attempts=0, due_at=now, error=""):
        raise Refusal(_("Only messages that certainly did not leave can be sent again."))
    message.refresh_from_db()
    if sender := sender_of(message.subject):
        sender.after(message, now)
    wake_workers()

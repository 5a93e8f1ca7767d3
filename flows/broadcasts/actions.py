"""What may be done with a broadcast: one function per verb. Each refuses with a sentence or does all."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from flows.broadcasts import judging
from flows.broadcasts import limits as kinds
from flows.broadcasts.content import named
from flows.broadcasts.models import Broadcast, Limit, Recipient, Sending
from flows.channels import actions as outbox
from flows.channels.models import Outgoing
from flows.channels.senders import Drop, Wait
from rules.store.models import Version
from rules.store.problems import Refusal
from rules.store.runtime import live_version

State = Sending.State
Outcome = Recipient.Outcome

# When live quiet hours leave no time at all, messages wait for a person to change them.
LOOK_AGAIN_AFTER = timedelta(hours=1)


# Starting


def live_broadcast(slug: str) -> Version:
    version = live_version(Broadcast, slug)
    if version is None:
        raise Refusal(
            _("Only a broadcast that was approved in review can be sent: “%(name)s” is not live.")
            % {"name": slug}
        )
    return version


def forecast(*, slug: str, at: datetime) -> judging.Forecast:
    """What the live version of a broadcast would do at `at`; changes nothing."""
    return judging.forecast(live_broadcast(slug), at=at)


def zone_of_limits(slug: str) -> ZoneInfo:
    """The clock a broadcast goes by: that of its limits if they name one time zone, else the settings'."""
    broadcast = live_broadcast(slug).compiled
    limits = judging.limits_in_force(channel=broadcast.channel, category=broadcast.category)
    zones = {limit.compiled.zone for limit in limits}
    return zones.pop() if len(zones) == 1 else timezone.get_default_timezone()


def start_sending(*, slug: str, by, at: datetime, now: datetime | None = None) -> Sending:
    """Send the live version of a broadcast at `at` (now, or later). Raises Refusal and changes nothing."""
    now = now or timezone.now()
    if not by.has_perm("broadcasts.add_sending"):
        raise Refusal(_("You may not send broadcasts. Ask an ops designer."))
    version = live_broadcast(slug)
    plan = judging.plan_for(version, at=at)
    if spans := judging.template_spans(plan):
        raise Refusal(
            _("The lexicons block this message by now because of %(words)s.") % {"words": named(spans)}
        )
    with transaction.atomic():
        sending = create_sending(version=version, plan=plan, by=by, now=now)
        log(sending, "broadcasts.start", user=by, data={"broadcast": slug, "version": version.number})
        wake_preparers()
    return sending


def create_sending(*, version, plan, by, now) -> Sending:
    try:
        with transaction.atomic():
            return Sending.objects.create(
                version=version,
                slug=version.slug,
                channel=plan.broadcast.channel,
                category=plan.broadcast.category,
                at=plan.at,
                by=by,
                content_digest=version.digest,
                decided_by={
                    "segment": plan.segment.pk,
                    "limits": [limit.id for limit in plan.limits],
                    "lexicons": [lexicon.pk for lexicon in plan.lexicons],
                    "overrides": [
                        override.pk for limit in plan.limits for override in limit.overrides.values()
                    ],
                },
                created_at=now,
            )
    except IntegrityError:
        raise Refusal(_("This broadcast is being sent already. Wait until it is done, or stop it.")) from None


def wake_preparers() -> None:
    from flows.broadcasts.tasks import prepare_due as prepare_soon

    prepare_soon()


# Choosing recipients


def prepare_due(*, clock: Callable[[], datetime] = timezone.now) -> None:
    """Choose the recipients of every sending whose time has come, a chunk per transaction."""
    for sending in Sending.objects.to_prepare(at=clock()):
        while prepare_next_chunk(sending=sending, now=clock()):
            pass


@transaction.atomic
def prepare_next_chunk(*, sending: Sending, now: datetime) -> bool:
    """Judge the next customers and queue their messages. False when there is nothing left to do here.

    A worker that dies in between leaves whole chunks behind; the next goes on after the last one.
    """
    sending = Sending.objects.select_for_update().get(pk=sending.pk)
    if sending.state not in (State.SCHEDULED, State.PREPARING):
        return False
    # What is reserved here is counted by whoever comes next.
    lock_limits()
    plan = judging.plan_of(sending)
    chunk = next(judging.chunks(judging.audience(plan), after=sending.judged_to), None)
    sending.started_at = sending.started_at or now
    if chunk is None:
        sending.state, sending.prepared_at = State.RUNNING, now
        sending.save()
        finish_if_nothing_waits(sending=sending, now=now)
        return False
    store_verdicts(sending=sending, verdicts=list(judging.judge(chunk, plan=plan)), plan=plan, now=now)
    sending.state, sending.judged_to = State.PREPARING, chunk[-1].pk
    sending.save()
    return True


def lock_limits() -> None:
    """Caps are reserved and checked one after the other. Always all rows in one order, against deadlocks."""
    list(Limit.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def store_verdicts(*, sending, verdicts, plan, now) -> None:
    accepted = [verdict for verdict in verdicts if verdict.accepted]
    messages = outbox.enqueue_many(
        Outgoing(
            channel=sending.channel,
            recipient=verdict.address,
            payload={"text": verdict.text},
            idempotency_key=f"{sending.subject}:{verdict.customer_id}",
            subject=sending.subject,
            created_at=now,
            due_at=verdict.leaves_at,
        )
        for verdict in accepted
    )
    message_of = {verdict.customer_id: message for verdict, message in zip(accepted, messages, strict=True)}
    Recipient.objects.bulk_create(
        (
            Recipient(
                sending=sending,
                customer_id=verdict.customer_id,
                outcome=verdict.outcome,
                reason=verdict.reason,
                detail=verdict.detail,
                counts_at=verdict.leaves_at or plan.leaves_at,
                outgoing=message_of.get(verdict.customer_id),
            )
            for verdict in verdicts
        ),
        batch_size=500,
    )


def finish_if_nothing_waits(*, sending: Sending, now: datetime) -> None:
    running = Sending.objects.filter(pk=sending.pk, state=State.RUNNING)
    if not sending.recipients.queued().exists():
        running.update(state=State.DONE, finished_at=now)


# Pausing and stopping


@transaction.atomic
def pause(*, sending: Sending, by, now: datetime) -> int:
    """Let nothing more go out. What is being handed over right now may still leave. → how many are held"""
    move(sending=sending, by=by, to=State.PAUSED, only_from=(State.SCHEDULED, State.PREPARING, State.RUNNING))
    held = outbox.hold(subject=sending.subject)
    log(sending, "broadcasts.pause", user=by, data={"held": held})
    return held


@transaction.atomic
def resume(*, sending: Sending, by, now: datetime) -> None:
    sending.refresh_from_db()
    chosen, begun = sending.prepared_at, sending.started_at
    to = State.RUNNING if chosen else State.PREPARING if begun else State.SCHEDULED
    move(sending=sending, by=by, to=to, only_from=(State.PAUSED,))
    outbox.release(subject=sending.subject)
    wake_preparers()
    finish_if_nothing_waits(sending=sending, now=now)
    log(sending, "broadcasts.resume", user=by)


@transaction.atomic
def stop(*, sending: Sending, by, now: datetime) -> int:
    """Send nothing more, for good. What was sent cannot be called back. → how many will not get it"""
    move(sending=sending, by=by, to=State.STOPPED, only_from=Sending.UNFINISHED, finished_at=now)
    outbox.cancel(subject=sending.subject, because="stopped")
    # Whose call is under way stays queued until its result is known.
    cancelled = sending.recipients.queued().filter(outgoing__state=Outgoing.State.CANCELLED)
    stopped = cancelled.update(outcome=Outcome.HELD_BACK, reason="stopped")
    log(sending, "broadcasts.stop", user=by, data={"stopped": stopped})
    return stopped


def move(*, sending: Sending, by, to: str, only_from: tuple, **changes) -> None:
    """Change the state, if it is still one of `only_from`. Of two people pressing at once one is refused."""
    if not by.has_perm("broadcasts.change_sending"):
        raise Refusal(_("You may not pause or stop broadcasts."))
    if not Sending.objects.filter(pk=sending.pk, state__in=only_from).update(state=to, **changes):
        sending.refresh_from_db()
        raise Refusal(
            _("This cannot be done any more: the sending is “%(state)s” by now.")
            % {"state": sending.get_state_display()}
        )
    sending.refresh_from_db()


# Layer 1 once more, right before a message leaves: the outbox asks, in its transaction


def before_sending(messages: list[Outgoing], now: datetime) -> Mapping[int, Wait | Drop]:
    """Who of these must not go out now, because something has changed since they were accepted."""
    sending = sending_of(messages[0])
    recipients = {r.outgoing_id: r for r in sending.recipients.queued().filter(outgoing__in=messages)}
    if sending.state == State.STOPPED:
        return {message.pk: Drop("stopped") for message in messages}
    lock_limits()
    limits = judging.limits_in_force(channel=sending.channel, category=sending.category)
    answers = {
        message.pk: Drop("nobody waits for it") for message in messages if message.pk not in recipients
    }
    customer_ids = [recipient.customer_id for recipient in recipients.values()]
    groups = judging.limits_by_place(limits, customer_ids, at=now)
    for in_force, customers in groups:
        here = {pk: r for pk, r in recipients.items() if r.customer_id in set(customers)}
        everyone = len(groups) == 1 and not any(limit.overrides for limit in limits)
        answers |= wait_for_quiet_hours(sending, here, in_force, everyone=everyone, now=now) or (
            hold_back_those_at_a_limit(sending, here, in_force, now=now)
        )
    answers |= keep_pace(sending, recipients, limits, answers, now=now)
    free_to_go = [r.pk for pk, r in recipients.items() if pk not in answers]
    Recipient.objects.filter(pk__in=free_to_go).update(cleared_at=now, counts_at=now, reason=judging.ACCEPTED)
    return answers


def sending_of(message: Outgoing) -> Sending:
    return Sending.objects.get(pk=message.subject.partition(":")[2])


def wait(sending, recipients, *, until: datetime, reason: str, now: datetime) -> None:
    """These wait, and with them all others of the sending that are due: there is no room for anyone now."""
    others = sending.recipients.queued().filter(
        outgoing__state=Outgoing.State.QUEUED, outgoing__due_at__lte=now
    )
    for waiting in (Recipient.objects.filter(pk__in=[r.pk for r in recipients]), others):
        waiting.update(counts_at=until, reason=reason, cleared_at=None)
    outbox.postpone(subject=sending.subject, until=until, now=now)


def wait_for_quiet_hours(sending, recipients, limits, *, everyone: bool, now) -> dict[int, Wait]:
    """`everyone`: the same quiet hours hold for the whole sending, so that all of it waits."""
    until, slug = judging.after_quiet_hours(limits, at=now) or (now + LOOK_AGAIN_AFTER, "all_day")
    if not slug:
        return {}
    reason = f"quiet_hours:{slug}"
    if everyone:
        wait(sending, recipients.values(), until=until, reason=reason, now=now)
    else:
        some = Recipient.objects.filter(pk__in=[recipient.pk for recipient in recipients.values()])
        some.update(counts_at=until, reason=reason, cleared_at=None)
    return {pk: Wait(until) for pk in recipients}


def hold_back_those_at_a_limit(sending, recipients, limits, *, now) -> dict[int, Drop]:
    ids = [recipient.customer_id for recipient in recipients.values()]
    hits = judging.hits_by_customer(limits, ids=ids, at=now, leaves_at=now, apart_from=sending)
    answers = {}
    for message_id, recipient in recipients.items():
        if found := hits.get(recipient.customer_id):
            recipient.outcome, recipient.reason = Outcome.HELD_BACK, found[0].reason
            recipient.detail = judging.detail_of(found) | {"checked": "at sending"}
            recipient.counts_at = now
            recipient.save(update_fields=["outcome", "reason", "detail", "counts_at"])
            answers[message_id] = Drop(recipient.reason)
    return answers


def keep_pace(sending, recipients, limits, answers, *, now) -> dict[int, Wait]:
    """Those for whom no limit on the number of messages in all has room yet."""
    waiting = [r for pk, r in recipients.items() if pk not in answers]
    late = {}
    for limit in judging.of_kind(limits, kinds.PACE):
        window = limit.compiled.period_before(now)
        cleared = Recipient.objects.counting().concerned_by(limit.compiled)
        times = cleared.filter(cleared_at__gte=window.start, cleared_at__lte=window.end)
        times = list(
            times.order_by("-cleared_at").values_list("cleared_at", flat=True)[: limit.compiled.most]
        )
        room = limit.compiled.most - len(times)
        if len(waiting) <= room:
            continue
        # The earliest of the last `most` must be out of the period first.
        until = (times[-1] if times else now) + limit.compiled.span + timedelta(seconds=1)
        too_many, waiting = waiting[room:], waiting[:room]
        wait(sending, too_many, until=until, reason=f"pace:{limit.slug}", now=now)
        late |= {recipient.outgoing_id: Wait(until) for recipient in too_many}
    return late


OUTCOME_OF = {
    Outgoing.State.SENT: (Outcome.SENT, "sent"),
    Outgoing.State.UNKNOWN: (Outcome.UNKNOWN, "unknown"),
    Outgoing.State.FAILED: (Outcome.FAILED, "failed"),
    Outgoing.State.DEAD: (Outcome.FAILED, "failed"),
    # Tried in vain, or never arrived: it will be tried again.
    Outgoing.State.QUEUED: (Outcome.QUEUED, "accepted"),
}


def after_sending(message: Outgoing, now: datetime) -> None:
    """Store what became of a message with its recipient; a failed send gives its place back."""
    outcome, reason = OUTCOME_OF[message.state]
    planned = message.due_at if outcome == Outcome.QUEUED else now
    Recipient.objects.filter(outgoing=message).update(
        outcome=outcome,
        reason=reason,
        counts_at=message.sent_at or planned,
        **({"detail": {"error": message.error}} if message.error else {}),
    )


def after_a_batch(subject: str, now: datetime) -> None:
    finish_if_nothing_waits(sending=Sending.objects.get(pk=subject.partition(":")[2]), now=now)


def finish_sendings(*, now: datetime) -> None:
    """Close what is done, also where a worker died before it could say so."""
    for sending in Sending.objects.filter(state=State.RUNNING):
        finish_if_nothing_waits(sending=sending, now=now)


def describe_subject(subject: str) -> tuple[str, str]:
    sending = Sending.objects.select_related("version").get(pk=subject.partition(":")[2])
    return str(sending), reverse("broadcasts_sending", args=[sending.pk])

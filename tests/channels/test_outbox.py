"""The outbox: every message leaves once, whatever happens to the workers."""

import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from flows.channels import actions, drivers, senders
from flows.channels.drivers import Receipt, Rejected, TryLater
from flows.channels.models import Outgoing
from rules.store.problems import Refusal

ROOT = Path(__file__).resolve().parent.parent.parent
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MUCH_LATER = NOON + timedelta(days=1)
State = Outgoing.State


def put(number=1, **changes):
    fields = {
        "channel": "console",
        "recipient": f"c{number}",
        "payload": {"text": f"你好 {number}"},
        "idempotency_key": f"test:{number}",
        "subject": "test:1",
        "at": NOON,
    }
    return actions.enqueue(**fields | changes)


def deliver(now=NOON, **kwargs):
    return actions.deliver_due(clock=lambda: now, **kwargs)


def console(folder):
    path = folder / "console.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def state_of(message):
    message.refresh_from_db()
    return message.state


@pytest.fixture
def channel():
    """channel(send, look_up) replaces the console by a channel that behaves as told."""
    console = drivers.driver_of("console")

    class Told(drivers.ConsoleDriver):
        def __init__(self, send=None, look_up=None):
            self.send = send or super().send
            self.look_up = look_up or super().look_up

    def make(**behaviour):
        drivers.register_driver(Told(**behaviour))

    yield make
    drivers.register_driver(console)


@pytest.fixture
def sender():
    """sender(before, told) registers who owns the subjects "test:…"."""

    def make(before=lambda messages, now: {}, after=lambda message, now: None):
        senders.register_sender("test", senders.Sender(before=before, after=after))

    yield make
    senders._senders.pop("test", None)


def test_a_message_is_written_as_one_line_and_marked_sent(db, data_folder):
    message = put()
    assert deliver() == 1
    assert console(data_folder) == [{"key": "test:1", "to": "c1", "text": "你好 1"}]
    assert state_of(message) == State.SENT
    assert message.sent_at == NOON
    assert message.leased_by == ""


def test_the_same_key_twice_is_one_message(db, data_folder):
    assert put().pk == put().pk
    deliver()
    deliver()
    assert len(console(data_folder)) == 1


def test_a_message_waits_until_it_is_due(db, data_folder):
    message = put(due_at=NOON + timedelta(hours=1))
    assert deliver() == 0
    assert state_of(message) == State.QUEUED
    assert deliver(NOON + timedelta(hours=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_leaves_when_the_change_that_caused_it_is_rolled_back(data_folder):
    with transaction.atomic():
        put()
        transaction.set_rollback(True)
    deliver()
    assert console(data_folder) == []


def test_a_channel_that_cannot_take_it_now_is_tried_again_ever_more_slowly_then_given_up(db, channel):
    def busy(outgoing):
        raise TryLater("quota used up")

    channel(send=busy)
    message, now, waits = put(), NOON, []
    while deliver(now):
        if state_of(message) == State.QUEUED:
            waits.append((message.due_at - now).total_seconds())
            now = message.due_at
    assert waits == [30, 120, 480, 1920, 7680]
    assert state_of(message) == State.DEAD
    assert message.attempts == 6
    assert message.error == "quota used up"


def test_a_refusal_by_the_channel_is_final(db, channel):
    def refuse(outgoing):
        raise Rejected("not a friend")

    channel(send=refuse)
    message = put()
    deliver()
    assert state_of(message) == State.FAILED
    assert deliver(MUCH_LATER) == 0


def test_a_person_can_send_what_was_given_up_again(db, channel, data_folder):
    def refuse(outgoing):
        raise Rejected("not a friend")

    channel(send=refuse)
    message = put()
    deliver()
    channel()
    actions.send_again(message=message, now=NOON)
    deliver()
    assert state_of(message) == State.SENT
    with pytest.raises(Refusal):
        actions.send_again(message=message, now=NOON)


def test_a_timeout_is_looked_up_and_not_sent_again(db, channel, data_folder):
    def send_and_time_out(outgoing):
        drivers.ConsoleDriver().send(outgoing)
        raise TimeoutError("no answer")

    channel(send=send_and_time_out)
    message = put()
    deliver()
    assert state_of(message) == State.UNKNOWN
    actions.sweep_expired(now=MUCH_LATER)
    assert state_of(message) == State.SENT
    assert len(console(data_folder)) == 1


def test_a_channel_that_cannot_tell_leaves_the_result_unknown_for_ever(db, channel, data_folder):
    def time_out(outgoing):
        raise TimeoutError("no answer")

    asked = []
    channel(send=time_out, look_up=lambda outgoing: asked.append(outgoing.pk))
    message = put()
    deliver()
    for hours in range(1, 12):
        actions.sweep_expired(now=NOON + timedelta(hours=hours))
        deliver(NOON + timedelta(hours=hours))
    assert state_of(message) == State.UNKNOWN
    assert len(asked) == actions.MOST_LOOK_UPS
    assert console(data_folder) == []


def test_a_message_that_kills_every_worker_is_given_up(db, data_folder):
    message, now = put(), NOON
    for _attempt in range(actions.MOST_TRIES):
        now = max(now, message.due_at)
        [taken] = actions.lease_due(now=now, limit=1, lease=actions.BATCH_LEASE, by="doomed")
        assert actions.intend(message=taken, now=now)
        now += timedelta(days=1)
        actions.sweep_expired(now=now)
        message.refresh_from_db()
    assert state_of(message) == State.DEAD


def test_what_a_dead_worker_took_but_never_called_goes_back_into_the_queue(db, data_folder):
    message = put()
    actions.lease_due(now=NOON, limit=1, lease=actions.BATCH_LEASE, by="dead")
    assert deliver() == 0
    actions.sweep_expired(now=MUCH_LATER)
    assert deliver(MUCH_LATER) == 1
    assert state_of(message) == State.SENT
    assert len(console(data_folder)) == 1


def test_a_worker_whose_lease_ran_out_does_not_call(db, data_folder):
    put()
    [slow] = actions.lease_due(now=NOON, limit=1, lease=actions.BATCH_LEASE, by="slow")
    actions.sweep_expired(now=MUCH_LATER)
    deliver(MUCH_LATER)
    actions.deliver(message=slow, clock=lambda: MUCH_LATER)
    assert len(console(data_folder)) == 1


def test_a_slow_worker_is_believed_when_it_comes_back_and_says_sent(db, data_folder):
    message = put()
    [slow] = actions.lease_due(now=NOON, limit=1, lease=actions.BATCH_LEASE, by="slow")
    actions.intend(message=slow, now=NOON)
    actions.sweep_expired(now=NOON + timedelta(minutes=1))
    assert state_of(message) == State.QUEUED
    actions.mark_sent(message=slow, receipt=Receipt(Receipt.SENT), now=MUCH_LATER)
    assert deliver(MUCH_LATER) == 0
    assert state_of(message) == State.SENT


def test_paused_messages_stay_and_released_ones_go(db, data_folder):
    message = put()
    [taken] = actions.lease_due(now=NOON, limit=1, lease=actions.BATCH_LEASE, by="worker")
    assert actions.hold(subject="test:1") == 1
    actions.deliver(message=taken, clock=lambda: NOON)
    assert state_of(message) == State.HELD
    assert console(data_folder) == []
    assert actions.release(subject="test:1") == 1
    deliver()
    assert state_of(message) == State.SENT


def test_stopped_messages_never_leave(db, data_folder):
    message = put()
    assert actions.cancel(subject="test:1", because="stopped by admin") == 1
    assert deliver(MUCH_LATER) == 0
    assert state_of(message) == State.CANCELLED
    assert message.error == "stopped by admin"


def test_who_asked_is_asked_again_before_and_told_after(db, sender, data_folder):
    told = []
    one, two, three = put(1), put(2), put(3)
    answers = {two.pk: senders.Drop("bought meanwhile"), three.pk: senders.Wait(MUCH_LATER)}
    sender(
        before=lambda messages, now: {m.pk: answers[m.pk] for m in messages if m.pk in answers},
        after=lambda message, now: told.append((message.pk, message.state)),
    )
    deliver()
    assert [state_of(m) for m in (one, two, three)] == [State.SENT, State.CANCELLED, State.QUEUED]
    assert told == [(one.pk, State.SENT)]
    assert three.due_at == MUCH_LATER
    assert three.attempts == 0


@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_send_each_message_once(data_folder, settings):
    Outgoing.objects.bulk_create(
        Outgoing(
            channel="console", recipient=str(n), payload={}, idempotency_key=f"many:{n}", subject="test:1",
            created_at=NOON, due_at=NOON,
        )
        for n in range(200)
    )  # fmt: skip

    def work():
        try:
            deliver()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(line["key"] for line in console(data_folder)) == sorted(f"many:{n}" for n in range(200))
    assert Outgoing.objects.filter(state=State.SENT).count() == 200


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_sends_everything_in_turns_that_let_other_work_through(data_folder, monkeypatch):
    from flows.channels import tasks

    monkeypatch.setattr(tasks, "MOST_AT_ONCE", 3)
    queue_many(8)
    tasks.sweep.call_local()
    assert_each_left_once(data_folder, 8)


def start_worker(folder, *how):
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.channels.worker", database, str(folder), *map(str, how)]
    return subprocess.Popen(command, cwd=ROOT)


def queue_many(count):
    Outgoing.objects.bulk_create(
        Outgoing(
            channel="console", recipient=str(n), payload={"text": "hello"}, idempotency_key=f"test:{n}",
            subject="test:1", created_at=NOON, due_at=NOON,
        )
        for n in range(count)
    )  # fmt: skip


def assert_each_left_once(folder, count):
    keys = [line["key"] for line in console(folder)]
    assert len(keys) == len(set(keys)), "sent twice"
    assert set(keys) == {f"test:{n}" for n in range(count)}, "lost"
    assert Outgoing.objects.filter(state=State.SENT).count() == count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_right_before_or_after_a_call_loses_and_repeats_nothing(moment, data_folder):
    queue_many(60)
    worker = start_worker(data_folder, moment, 25)
    assert worker.wait(timeout=60) == -9
    assert Outgoing.objects.filter(state=State.SENDING).count() == 1
    assert Outgoing.objects.filter(state=State.LEASED).count() == 15
    soon = datetime.now(UTC) + timedelta(minutes=3)
    actions.sweep_expired(now=soon)
    deliver(soon + timedelta(minutes=1))
    assert_each_left_once(data_folder, 60)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_any_moment_loses_and_repeats_nothing(data_folder):
    queue_many(400)
    worker = start_worker(data_folder)
    while len(console(data_folder)) < 50:
        time.sleep(0.005)
        assert worker.poll() is None, "finished before it could be killed"
    worker.kill()
    worker.wait()
    assert 0 < Outgoing.objects.filter(state=State.SENT).count() < 400
    soon = datetime.now(UTC) + timedelta(minutes=3)
    actions.sweep_expired(now=soon)
    another = start_worker(data_folder)
    another.wait(timeout=60)
    deliver(soon + timedelta(minutes=1))
    assert_each_left_once(data_folder, 400)

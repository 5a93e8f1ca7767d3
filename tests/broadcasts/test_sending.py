"""From a live broadcast to one outcome per customer."""

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from flows.broadcasts import actions, judging
from flows.broadcasts.models import Recipient, Sending
from flows.channels import actions as outbox
from flows.channels import drivers
from flows.channels.models import Outgoing
from flows.customers.models import Customer, Order
from rules.store.actions import save_draft
from rules.store.models import Version
from rules.store.problems import Refusal
from tests.broadcasts.conftest import NOON, reasons, work

ROOT = Path(__file__).resolve().parent.parent.parent
ONE_A_DAY = {"kind": "cap", "most": 1, "length": 1, "unit": "day", "counted": "calendar"}
NOT_RECENT_BUYERS = {"kind": "bought", "length": 7, "unit": "day", "counted": "rolling"}
NIGHTS = {"kind": "quiet", "quiet_from": time(21), "quiet_until": time(9)}
# 23:00 in Shanghai, and 09:00 on the next morning.
AT_NIGHT = NOON + timedelta(hours=11)
NEXT_MORNING = NOON + timedelta(hours=21)


# Everyone gets one outcome


def test_everyone_in_the_segment_gets_one_outcome_and_the_message(make_buyers, make_broadcast, send, console):
    make_buyers(3, name="小明")
    make_broadcast(message="{name}，春天来了", stand_in="您好")
    sending = send("spring")
    assert sending.state == Sending.State.DONE
    assert reasons(sending) == {"sent": 3}
    assert [json.loads(line)["text"] for line in console()] == ["小明，春天来了"] * 3
    assert [json.loads(line)["to"] for line in console()] == ["1", "2", "3"]


def test_who_is_not_in_the_segment_is_no_recipient(make_buyers, make_customer, make_broadcast, send):
    make_buyers(1)
    make_customer("window-shopper")
    make_broadcast()
    assert send("spring").recipients.count() == Recipient.objects.count() == 1


def test_a_large_audience_is_judged_in_chunks(make_buyers, make_broadcast, send, monkeypatch):
    monkeypatch.setattr(judging, "CHUNK", 4)
    make_buyers(10)
    make_broadcast()
    assert actions.forecast(slug="spring", at=NOON).by_reason == {"accepted": 10}
    assert reasons(send("spring")) == {"sent": 10}


def test_the_number_of_queries_does_not_grow_with_the_audience(
    make_buyers, make_limit, make_broadcast, django_assert_num_queries, make_customer, make_order
):
    from django.test.utils import CaptureQueriesContext

    make_buyers(3)
    make_limit("one-a-day", **ONE_A_DAY)
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_broadcast()
    with CaptureQueriesContext(connection) as few:
        actions.forecast(slug="spring", at=NOON)
    for number in range(100, 160):
        make_order(make_customer(number), NOON - timedelta(days=30), number=f"N{number}")
    with CaptureQueriesContext(connection) as many:
        actions.forecast(slug="spring", at=NOON)
    assert len(many) <= len(few)


def test_the_forecast_says_what_the_sending_then_does(
    make_buyers, make_order, make_limit, make_broadcast, send
):
    buyers = make_buyers(6)
    make_order(buyers[0], NOON - timedelta(days=1))
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_broadcast()
    forecast = actions.forecast(slug="spring", at=NOON)
    assert forecast.by_reason == {"accepted": 5, "limit:bought": 1}
    assert (forecast.audience, forecast.would_receive) == (6, 5)
    assert Sending.objects.count() == 0
    assert reasons(send("spring")) == {"sent": 5, "limit:bought": 1}


def test_a_sending_remembers_which_versions_decided(
    make_buyers, make_limit, make_lexicon, make_broadcast, send
):
    make_buyers(1)
    limit = make_limit("one-a-day", **ONE_A_DAY)
    lexicon = make_lexicon(words="赌博")
    version = make_broadcast()
    sending = send("spring")
    assert sending.version == version
    assert sending.content_digest == version.digest
    assert sending.decided_by["limits"] == [limit.pk]
    assert sending.decided_by["lexicons"] == [lexicon.pk]


# Before it starts


def test_a_draft_cannot_be_sent(make_buyers, buyers_segment, designer):
    from flows.broadcasts.models import Broadcast

    save_draft(record=Broadcast(name="x", slug="x", message="hi", segment="buyers"), by=designer)
    with pytest.raises(Refusal, match="x"):
        actions.start_sending(slug="x", by=designer, at=NOON, now=NOON)
    assert Sending.objects.count() == 0


@pytest.mark.parametrize("persona", ["reviewer", "agent", "store_manager"])
def test_only_designers_may_start_one(persona, make_broadcast, request):
    make_broadcast()
    with pytest.raises(Refusal):
        actions.start_sending(slug="spring", by=request.getfixturevalue(persona), at=NOON, now=NOON)


def test_pressing_send_twice_sends_once(make_buyers, make_broadcast, designer, console):
    make_buyers(2)
    make_broadcast()
    actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    with pytest.raises(Refusal):
        actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    work()
    assert len(console()) == 2


def test_a_word_blocked_after_the_review_stops_the_sending(
    make_buyers, make_lexicon, make_broadcast, designer
):
    make_buyers(1)
    make_broadcast(message="全网最低价")
    make_lexicon(words="最低价")
    with pytest.raises(Refusal, match="最低价"):
        actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    forecast = actions.forecast(slug="spring", at=NOON)
    assert forecast.by_reason == {"blocked_content": 1}


def test_a_scheduled_sending_waits_and_judges_when_its_time_comes(
    make_buyers, make_order, make_limit, make_broadcast, designer, console
):
    [buyer] = make_buyers(1)
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_broadcast()
    later = NOON + timedelta(days=2)
    sending = actions.start_sending(slug="spring", by=designer, at=later, now=NOON)
    work(NOON)
    assert sending.recipients.count() == 0
    make_order(buyer, NOON + timedelta(days=1))
    work(later)
    assert reasons(sending) == {"limit:bought": 1}
    assert console() == []


# Who cannot be written to


def test_what_is_not_known_is_replaced_by_the_stand_in(make_buyers, make_broadcast, send, console):
    make_buyers(1)
    make_broadcast(message="{姓名}，您好：{客户编号}", stand_in="亲爱的顾客")
    send("spring")
    assert json.loads(console()[0])["text"] == "亲爱的顾客，您好：1"


def test_who_lacks_a_value_is_left_out_when_the_broadcast_says_so(
    make_buyers, make_customer, make_order, make_broadcast, send
):
    make_buyers(1)
    make_order(make_customer("2", name="小红"), NOON - timedelta(days=30), number="N2")
    make_broadcast(message="{name}，春天来了", when_missing="leave_out")
    assert reasons(send("spring")) == {"missing_value": 1, "sent": 1}


def test_who_has_no_contact_for_the_channel_is_left_out(make_buyers, make_broadcast, send):
    class Phone(drivers.ConsoleDriver):
        address = "phone"

    console_driver = drivers.driver_of("console")
    make_buyers(2)
    Customer.objects.filter(number="1").update(phone="13800000000")
    make_broadcast()
    drivers.register_driver(Phone())
    try:
        assert reasons(send("spring")) == {"no_contact": 1, "sent": 1}
    finally:
        drivers.register_driver(console_driver)


def test_a_name_with_a_blocked_word_holds_only_its_bearer_back(
    make_buyers, make_customer, make_order, make_lexicon, make_broadcast, send
):
    make_buyers(1, name="小明")
    make_order(make_customer("2", name="赌博王"), NOON - timedelta(days=30), number="N2")
    make_lexicon(words="赌博")
    make_broadcast(message="{name}，春天来了", stand_in="您好")
    sending = send("spring")
    assert reasons(sending) == {"blocked_content": 1, "sent": 1}
    assert "赌博" in sending.recipients.get(reason="blocked_content").detail["found"]


# Quiet hours


def test_quiet_hours_let_messages_wait_for_the_morning(
    make_buyers, make_limit, make_broadcast, send, console
):
    make_buyers(2)
    make_limit("nights", **NIGHTS)
    make_broadcast()
    forecast = actions.forecast(slug="spring", at=AT_NIGHT)
    assert forecast.by_reason == {"quiet_hours:nights": 2}
    assert forecast.leaves_at == NEXT_MORNING
    assert forecast.would_receive == 2
    sending = send("spring", AT_NIGHT)
    assert reasons(sending) == {"quiet_hours:nights": 2}
    assert console() == []
    work(NEXT_MORNING)
    assert reasons(sending) == {"sent": 2}


def test_a_message_that_waits_for_the_morning_uses_up_the_cap_of_that_day(
    make_buyers, make_limit, make_broadcast, send
):
    make_buyers(1)
    make_limit("nights", **NIGHTS)
    make_limit("one-a-day", **ONE_A_DAY)
    for slug in ("first", "second", "third"):
        make_broadcast(slug)
    send("first", NOON)
    assert reasons(send("second", AT_NIGHT)) == {"quiet_hours:nights": 1}
    assert reasons(send("third", AT_NIGHT + timedelta(minutes=5))) == {"limit:one-a-day": 1}


def test_messages_still_waiting_when_quiet_hours_begin_wait_again(
    make_buyers, make_limit, make_broadcast, designer, console
):
    make_buyers(1)
    make_broadcast()
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_due(clock=lambda: NOON)
    make_limit("nights", **NIGHTS)
    outbox.deliver_due(clock=lambda: AT_NIGHT)
    assert reasons(sending) == {"quiet_hours:nights": 1}
    assert console() == []
    outbox.deliver_due(clock=lambda: NEXT_MORNING)
    assert reasons(sending) == {"sent": 1}


# Layer 1 once more at sending


def test_who_buys_between_acceptance_and_sending_does_not_get_it(
    make_buyers, make_order, make_limit, make_broadcast, designer, console
):
    buyer, _other = make_buyers(2)
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_broadcast()
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_due(clock=lambda: NOON)
    assert reasons(sending) == {"accepted": 2}
    make_order(buyer, NOON + timedelta(minutes=1))
    work(NOON + timedelta(minutes=2))
    assert reasons(sending) == {"limit:bought": 1, "sent": 1}
    assert len(console()) == 1
    sending.refresh_from_db()
    assert sending.state == Sending.State.DONE


def test_a_cap_that_became_stricter_holds_at_once(
    make_buyers, make_limit, make_broadcast, designer, send, console
):
    make_buyers(1)
    make_broadcast("first")
    make_broadcast("second")
    send("first")
    sending = actions.start_sending(slug="second", by=designer, at=NOON, now=NOON)
    actions.prepare_due(clock=lambda: NOON)
    make_limit("one-a-day", **ONE_A_DAY)
    work()
    assert reasons(sending) == {"limit:one-a-day": 1}
    assert len(console()) == 1


def test_an_accepted_message_is_not_held_back_by_its_own_reservation(
    make_buyers, make_limit, make_broadcast, send
):
    make_buyers(3)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast()
    assert reasons(send("spring")) == {"sent": 3}


# Caps are reserved


def test_an_accepted_message_reserves_its_place_before_it_is_sent(
    make_buyers, make_limit, make_broadcast, designer
):
    make_buyers(2)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast("first")
    make_broadcast("second")
    for slug in ("first", "second"):
        actions.start_sending(slug=slug, by=designer, at=NOON, now=NOON)
    actions.prepare_due(clock=lambda: NOON)
    first, second = Sending.objects.order_by("pk")
    assert reasons(first) == {"accepted": 2}
    assert reasons(second) == {"limit:one-a-day": 2}


def test_a_send_that_fails_gives_its_place_back(make_buyers, make_limit, make_broadcast, send):
    class Refusing(drivers.ConsoleDriver):
        def send(self, outgoing):
            raise drivers.Rejected("not a friend")

    console_driver = drivers.driver_of("console")
    make_buyers(1)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast("first")
    make_broadcast("second")
    drivers.register_driver(Refusing())
    failed = send("first")
    drivers.register_driver(console_driver)
    assert reasons(failed) == {"failed": 1}
    assert failed.recipients.get().detail == {"error": "not a friend"}
    assert reasons(send("second")) == {"sent": 1}


@pytest.mark.django_db(transaction=True)
def test_two_broadcasts_at_once_cannot_exceed_a_cap(
    make_buyers, make_limit, make_broadcast, designer, console, monkeypatch
):
    monkeypatch.setattr(judging, "CHUNK", 10)
    make_buyers(60)
    make_limit("one-a-day", **ONE_A_DAY)
    at = datetime.now(UTC).replace(hour=4)
    slugs = ["first", "second", "third"]
    for slug in slugs:
        make_broadcast(slug)
        Sending.objects.create(**sending_row(slug, designer, at))
    gate = threading.Barrier(len(slugs))

    def run(slug):
        sending = Sending.objects.get(slug=slug)
        gate.wait()
        while actions.prepare_next_chunk(sending=sending, now=at):
            pass
        connection.close()

    threads = [threading.Thread(target=run, args=(slug,)) for slug in slugs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(at)
    assert Recipient.objects.count() == 180
    assert Recipient.objects.filter(outcome="sent").count() == 60
    assert Recipient.objects.filter(reason="limit:one-a-day").count() == 120
    assert sorted(json.loads(line)["to"] for line in console()) == sorted(str(n) for n in range(1, 61))


def sending_row(slug, by, at):
    version = Version.objects.get(slug=slug)
    plan = judging.plan_for(version, at=at)
    return {
        "version": version, "slug": slug, "channel": "console", "category": "promotion", "at": at, "by": by,
        "content_digest": version.digest, "created_at": at,
        "decided_by": {
            "segment": plan.segment.pk, "limits": [limit.id for limit in plan.limits], "lexicons": [],
        },
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_five_an_hour_with_five_workers_lets_at_most_120_of_1000_out_in_a_day(
    make_customer, make_limit, make_broadcast, designer
):
    buyers = Customer.objects.bulk_create(
        Customer(number=str(number), created_at=NOON - timedelta(days=400)) for number in range(1000)
    )
    Order.objects.bulk_create(
        Order(number=f"O{buyer.number}", customer=buyer, placed_at=NOON - timedelta(days=365), currency="CNY")
        for buyer in buyers
    )
    make_limit("five-an-hour", kind="pace", most=5, length=1, unit="hour", counted="rolling")
    make_broadcast()
    sending = Sending.objects.create(**sending_row("spring", designer, NOON))
    actions.prepare_due(clock=lambda: NOON)

    def run(at):
        outbox.deliver_due(clock=lambda: at)
        connection.close()

    # Exactly an hour ago still counts, so every 61 minutes there is room for five.
    for hour in range(24):
        at = NOON + hour * timedelta(minutes=61)
        threads = [threading.Thread(target=run, args=(at,)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert reasons(sending) == {"pace:five-an-hour": 880, "sent": 120}


# Pausing and stopping


@pytest.fixture
def accepted(make_buyers, make_broadcast, designer):
    """A sending whose three messages wait in the outbox."""
    make_buyers(3)
    make_broadcast()
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_due(clock=lambda: NOON)
    sending.refresh_from_db()
    return sending


def test_a_paused_sending_waits_until_it_goes_on(accepted, designer, console):
    outbox.deliver_due(clock=lambda: NOON, limit=1)
    assert actions.pause(sending=accepted, by=designer, now=NOON) == 2
    work(NOON + timedelta(hours=1))
    assert reasons(accepted) == {"accepted": 2, "sent": 1}
    actions.resume(sending=accepted, by=designer, now=NOON)
    work(NOON + timedelta(hours=1))
    assert reasons(accepted) == {"sent": 3}
    assert len(console()) == 3


def test_a_stopped_sending_says_who_got_it_already(accepted, reviewer, console):
    outbox.deliver_due(clock=lambda: NOON, limit=1)
    assert actions.stop(sending=accepted, by=reviewer, now=NOON) == 2
    work(NOON + timedelta(hours=1))
    assert reasons(accepted) == {"stopped": 2, "sent": 1}
    assert len(console()) == 1
    accepted.refresh_from_db()
    assert accepted.state == Sending.State.STOPPED


def test_a_sending_stopped_while_recipients_are_chosen_chooses_no_more(
    make_buyers, make_broadcast, designer, monkeypatch
):
    monkeypatch.setattr(judging, "CHUNK", 2)
    make_buyers(6)
    make_broadcast()
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_next_chunk(sending=sending, now=NOON)
    actions.stop(sending=sending, by=designer, now=NOON)
    work()
    assert reasons(sending) == {"stopped": 2}


def test_a_sending_paused_while_recipients_are_chosen_goes_on_where_it_was(
    make_buyers, make_broadcast, designer, monkeypatch
):
    monkeypatch.setattr(judging, "CHUNK", 2)
    make_buyers(6)
    make_broadcast()
    sending = actions.start_sending(slug="spring", by=designer, at=NOON, now=NOON)
    actions.prepare_next_chunk(sending=sending, now=NOON)
    actions.pause(sending=sending, by=designer, now=NOON)
    work()
    assert reasons(sending) == {"accepted": 2}
    actions.resume(sending=sending, by=designer, now=NOON)
    work()
    assert reasons(sending) == {"sent": 6}


def test_what_is_finished_can_no_longer_be_paused_and_says_so(accepted, designer):
    work()
    with pytest.raises(Refusal):
        actions.pause(sending=accepted, by=designer, now=NOON)


def test_agents_cannot_stop_a_sending(accepted, agent):
    with pytest.raises(Refusal):
        actions.stop(sending=accepted, by=agent, now=NOON)
    assert reasons(accepted) == {"accepted": 3}


def test_who_started_and_stopped_is_in_the_log(accepted, designer, reviewer):
    from wagtail.models import ModelLogEntry

    actions.stop(sending=accepted, by=reviewer, now=NOON)
    entries = ModelLogEntry.objects.for_instance(accepted).order_by("pk")
    assert [(entry.action, entry.user) for entry in entries] == [
        ("broadcasts.start", designer),
        ("broadcasts.stop", reviewer),
    ]


# After a crash


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_nobody_and_writes_to_nobody_twice(
    make_buyers, make_limit, make_broadcast, designer, data_folder, console
):
    make_buyers(40)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast()
    at = datetime.now(UTC) - timedelta(minutes=1)
    sending = Sending.objects.create(**sending_row("spring", designer, at))
    actions.prepare_due()
    worker = subprocess.run(
        [sys.executable, "-m", "tests.channels.worker", str(connection.settings_dict["NAME"]),
         str(data_folder), "after", "15"],
        cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert worker.returncode == -9
    assert len(console()) == 15
    assert reasons(sending) == {"accepted": 26, "sent": 14}
    soon = datetime.now(UTC) + timedelta(minutes=5)
    outbox.sweep_expired(now=soon)
    work(soon)
    assert reasons(sending) == {"sent": 40}
    keys = [json.loads(line)["key"] for line in console()]
    assert len(keys) == len(set(keys)) == 40
    sending.refresh_from_db()
    assert sending.state == Sending.State.DONE


def test_a_result_nobody_knows_is_an_outcome_and_keeps_its_place_in_the_cap(
    make_buyers, make_limit, make_broadcast, send
):
    class Silent(drivers.ConsoleDriver):
        def send(self, outgoing):
            raise TimeoutError("no answer")

        def look_up(self, outgoing):
            return None

    console_driver = drivers.driver_of("console")
    make_buyers(1)
    make_limit("one-a-day", **ONE_A_DAY)
    make_broadcast("first")
    make_broadcast("second")
    drivers.register_driver(Silent())
    sending = send("first")
    drivers.register_driver(console_driver)
    assert reasons(sending) == {"unknown": 1}
    assert sending.state == Sending.State.DONE
    assert reasons(send("second")) == {"limit:one-a-day": 1}


def test_a_message_whose_recipient_no_longer_waits_does_not_leave(accepted, console):
    accepted.recipients.filter(customer__number="1").update(outcome="held_back", reason="stopped")
    work()
    assert len(console()) == 2
    assert Outgoing.objects.get(recipient="1").state == Outgoing.State.CANCELLED


# The command


def test_the_command_prints_the_counts_of_the_screen(
    make_buyers, make_order, make_limit, make_broadcast, capsys
):
    buyers = make_buyers(3)
    make_order(buyers[0], NOON - timedelta(days=1))
    make_limit("bought", **NOT_RECENT_BUYERS)
    make_broadcast()
    # Without an offset: on the clock of the limit, Shanghai.
    call_command("broadcast_forecast", "spring", "--at", "2026-03-02T12:00:00", "--format", "json")
    printed = json.loads(capsys.readouterr().out)
    assert printed["by_reason"] == {"accepted": 2, "limit:bought": 1}
    assert (printed["broadcast"], printed["version"], printed["audience"]) == ("spring", 1, 3)
    assert printed["would_receive"] == 2
    assert printed["at"] == "2026-03-02T12:00:00+08:00"


@pytest.mark.parametrize(
    ("zone", "read_as"),
    [("Europe/London", "2026-03-02T12:00:00+00:00"), ("Asia/Hong_Kong", "2026-03-02T12:00:00+08:00")],
)
def test_an_instant_without_offset_is_on_the_clock_of_the_limits(
    zone, read_as, make_limit, make_broadcast, capsys
):
    make_limit("bought", **NOT_RECENT_BUYERS, zone=zone)
    make_broadcast()
    call_command("broadcast_forecast", "spring", "--at", "2026-03-02T12:00:00", "--format", "json")
    assert json.loads(capsys.readouterr().out)["at"] == read_as


@pytest.mark.parametrize(("slug", "at"), [("nothing", "2026-03-02T12:00:00"), ("spring", "yesterday")])
def test_the_command_says_in_a_sentence_what_it_cannot_do(slug, at, make_broadcast):
    make_broadcast()
    with pytest.raises(CommandError):
        call_command("broadcast_forecast", slug, "--at", at)


def test_a_broadcast_can_be_sent_from_the_command_line(make_buyers, make_broadcast, designer, capsys):
    make_buyers(2)
    make_broadcast()
    call_command("broadcast_send", "spring", "--by", "designer", "--at", NOON.isoformat())
    assert json.loads(capsys.readouterr().out)["by_reason"] == {"sent": 2}

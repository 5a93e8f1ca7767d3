"""Being told of things: the bell, e-mail at once, the daily brief; each once, and nothing one may not see."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from wagtail.users.models import UserProfile

from flows.channels import actions
from flows.channels.models import (
    Notice,
    NoticeBrief,
    NoticeChoice,
    NoticeHour,
    NoticeWording,
    Outgoing,
    Webhook,
)
from flows.channels.notices import (
    About,
    Happened,
    Kind,
    kinds,
    notify,
    notify_all,
    register_about,
    register_kind,
)
from flows.channels.notices.brief import send_briefs

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Monday
DAY = timedelta(days=1)
SECRET = "thing:secret"


@pytest.fixture(autouse=True)
def things():
    """Things that anybody may see, but for one that nobody may; an important kind and another."""
    before = dict(kinds._kinds), dict(kinds._abouts)

    def describe(subjects, people):
        return {
            (subject, person.pk): {"title": f"<{subject}>", "url": f"/{subject}/"}
            for subject in subjects
            for person in people
            if subject != SECRET
        }

    register_about("thing", About(describe=describe, placeholders={"title": "title"}, example={"title": "A"}))
    tells = {"note": "note", "due": "due"}
    register_kind(
        Kind(key="thing.red", label="Red", subject="Red: {title}", body="{by}: {note}", about="thing",
             important=True, tells=tells)
    )  # fmt: skip
    register_kind(Kind(key="thing.new", label="New", subject="New: {title}", about="thing", tells=tells))
    yield
    kinds._kinds, kinds._abouts = before


@pytest.fixture
def li(agent):
    return agent


@pytest.fixture
def wang(reviewer):
    reviewer.first_name = "王芳"
    reviewer.save()
    return reviewer


def tell(*people, event="thing.red", subject="thing:1", at=NOON, **more):
    notify(people=people, event=event, subject=subject, at=at, **more)


def mails(prefix="notice:"):
    return list(Outgoing.objects.filter(idempotency_key__startswith=prefix).order_by("pk"))


def set_profile(person, **changes):
    profile = UserProfile.get_for_user(person)
    for name, value in changes.items():
        setattr(profile, name, value)
    profile.save()


def test_an_important_event_stands_behind_the_bell_and_leaves_as_mail(li, wang):
    tell(li, by=wang, context={"note": "快看"})
    notice = Notice.objects.get()
    assert (notice.person, notice.event, notice.read_at, notice.in_brief) == (li, "thing.red", None, False)
    [mail] = mails()
    assert (mail.recipient, mail.state) == ("agent@example.com", "queued")
    assert mail.payload["subject"] == "Red: <thing:1>"
    assert mail.payload["text"].startswith("王芳: 快看\n\nhttp")
    assert "/thing:1/" in mail.payload["text"]


def test_who_did_it_who_left_and_who_may_not_see_it_are_told_nothing(li, wang, designer):
    designer.is_active = False
    designer.save()
    tell(li, wang, designer, by=li)
    assert [notice.person for notice in Notice.objects.all()] == [wang]
    tell(li, wang, subject=SECRET)
    assert Notice.objects.count() == 1
    assert len(mails()) == 1


def test_the_same_occasion_again_is_the_same_notice(li):
    for _again in range(3):
        tell(li, occasion="opened")
    tell(li, occasion="opened again")
    assert Notice.objects.count() == len(mails()) == 2


def test_a_change_that_is_rolled_back_tells_nobody(li):
    with transaction.atomic():
        tell(li)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not mails()


def test_each_reads_it_in_their_own_language_and_zone(li, wang):
    register_kind(Kind(key="thing.due", label="Due", subject="{word} {due}", about="thing", important=True))
    set_profile(wang, preferred_language="en", current_time_zone="Europe/London")
    context = {"word": {"zh": "截止", "en": "due"}, "due": datetime(2026, 3, 2, 10, 0, tzinfo=UTC)}
    tell(li, wang, event="thing.due", context=context)
    words = {mail.recipient: mail.payload["subject"] for mail in mails()}
    assert words["agent@example.com"].startswith("截止 2026")
    assert "18:00" in words["agent@example.com"]
    assert words["reviewer@example.com"].startswith("due ")
    assert "10" in words["reviewer@example.com"]
    assert "18:00" not in words["reviewer@example.com"]


def test_the_companys_own_words_are_used_in_their_language_only(li, wang):
    NoticeWording.objects.create(event="thing.red", language="zh-hans", subject="红色警报 {title}", body="")
    set_profile(wang, preferred_language="en")
    tell(li, wang)
    words = {mail.recipient: mail.payload["subject"] for mail in mails()}
    assert words["agent@example.com"] == "红色警报 <thing:1>"
    assert words["reviewer@example.com"] == "Red: <thing:1>"


def test_what_people_wrote_is_text_and_never_a_placeholder(li, wang):
    tell(li, by=wang, context={"note": "{title} {by} %(x)s {{ a }}"})
    assert "王芳: {title} {by} %(x)s {{ a }}" in mails()[0].payload["text"]


def test_a_person_without_an_address_has_the_bell_only(li):
    li.email = ""
    li.save()
    tell(li)
    tell(li, event="thing.new")
    assert Notice.objects.filter(in_brief=False).count() == 2
    assert not mails()


def test_what_a_person_chose_holds_over_the_default(li):
    NoticeChoice.objects.create(person=li, event="thing.red", channel="email", how="off")
    NoticeChoice.objects.create(person=li, event="thing.new", channel="email", how="now")
    tell(li)
    tell(li, event="thing.new")
    assert Notice.objects.count() == 2
    assert [mail.payload["subject"] for mail in mails()] == ["New: <thing:1>"]
    assert not Notice.objects.filter(in_brief=True).exists()


def test_a_webhook_hears_of_its_events_once_and_of_no_words(li, wang):
    asked = {"url": "https://example.com/", "secret": "s", "events": ["thing.red"]}
    Webhook.objects.create(name="ERP", **asked)
    Webhook.objects.create(name="off", is_on=False, **asked)
    tell(li, wang, context={"note": "机密"})
    tell(li, event="thing.new")
    [call] = Outgoing.objects.filter(channel="webhook")
    assert call.payload["body"]["event"] == "thing.red"
    assert call.payload["body"]["subject"] == "thing:1"
    assert "机密" not in str(call.payload)


def test_many_events_take_no_more_queries_than_one(li, wang, django_assert_num_queries):
    def happened(count):
        return [
            Happened(people=[li, wang], event="thing.red", subject=f"thing:{number}")
            for number in range(count)
        ]

    with CaptureQueriesContext(connection) as one:
        notify_all(happened(1), at=NOON)
    with django_assert_num_queries(len(one)):
        notify_all(happened(20), at=NOON + DAY)
    assert Notice.objects.count() == 42


# The daily brief


def brief_at(now):
    return send_briefs(now=now)


def test_a_brief_tells_everything_since_the_last_one_at_the_chosen_hour_of_the_persons_zone(li):
    NoticeHour.objects.create(person=li, hour=18)
    tell(li, event="thing.new", subject="thing:1", at=NOON)
    tell(li, event="thing.new", subject="thing:2", at=NOON + timedelta(hours=1))
    assert brief_at(NOON + timedelta(hours=5, minutes=59)) == 0
    assert brief_at(NOON + timedelta(hours=6)) == 1
    [mail] = mails("brief:")
    assert "2026" in mail.payload["subject"]
    assert "New: <thing:1>" in mail.payload["text"]
    assert "New: <thing:2>" in mail.payload["text"]


def test_what_happens_after_the_hour_waits_for_tomorrow(li):
    tell(li, event="thing.new", at=NOON)  # nine o'clock has passed
    assert brief_at(NOON + timedelta(hours=1)) == 0
    assert brief_at(NOON + DAY) == 1
    tell(li, event="thing.new", at=NOON + DAY)
    assert brief_at(NOON + DAY + timedelta(hours=11)) == 0
    assert brief_at(NOON + 2 * DAY) == 1
    assert NoticeBrief.objects.count() == 2


def test_a_worker_that_comes_late_writes_the_same_brief(li):
    tell(li, event="thing.new", subject="thing:1", at=NOON)
    tell(li, event="thing.new", subject="thing:2", at=NOON + DAY)  # after nine of the next day
    assert brief_at(NOON + DAY + timedelta(hours=5)) == 1
    assert "thing:2" not in mails("brief:")[0].payload["text"]


def test_nothing_to_tell_is_no_brief(li):
    assert brief_at(NOON) == 0
    tell(li, event="thing.red")
    assert brief_at(NOON + DAY) == 0
    assert not mails("brief:")
    assert not NoticeBrief.objects.exists()


def test_a_brief_leaves_out_what_the_person_may_not_see_any_more(li, monkeypatch):
    tell(li, event="thing.new", subject="thing:1", at=NOON)
    tell(li, event="thing.new", subject="thing:2", at=NOON)
    Notice.objects.filter(subject="thing:1").update(subject=SECRET)
    assert brief_at(NOON + DAY) == 1
    [mail] = mails("brief:")
    assert "thing:2" in mail.payload["text"]
    assert "secret" not in mail.payload["text"]


def test_who_left_gets_no_brief(li):
    tell(li, event="thing.new", at=NOON)
    li.is_active = False
    li.save()
    assert brief_at(NOON + DAY) == 0
    assert not mails("brief:")


def test_a_brief_that_fails_half_way_is_written_whole_later(li, monkeypatch):
    tell(li, event="thing.new", at=NOON)
    with monkeypatch.context() as patched:
        patched.setattr("flows.channels.actions.enqueue_new", lambda messages: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            brief_at(NOON + DAY)
    assert not NoticeBrief.objects.exists()
    assert brief_at(NOON + DAY) == 1
    assert len(mails("brief:")) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_writes_the_brief_and_one_the_notice(li):
    tell(li, event="thing.new", at=NOON)
    barrier, faults = threading.Barrier(6), []

    def work():
        try:
            barrier.wait()
            tell(li, at=NOON, occasion="opened")
            send_briefs(now=NOON + DAY)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(mails("brief:")) == NoticeBrief.objects.count() == 1
    assert len(mails("notice:")) == Notice.objects.filter(event="thing.red").count() == 1


def test_without_a_mail_server_mail_is_written_to_a_file_of_its_own(li, data_folder):
    tell(li)
    actions.deliver_due(clock=lambda: NOON)
    assert "Red: <thing:1>" in (data_folder / "mail.log").read_text()
    assert not (data_folder / "console.log").exists()
    assert mails()[0].state == Outgoing.State.SENT

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.models import Ticket
from flows.tickets.refusals import NotYours
from flows.tickets.together.comments import (
    MentionedMayNotSee,
    add_comment,
    check_upload,
    edit_comment,
    stop_watching,
    watch_myself,
)
from flows.tickets.together.conversation import conversation
from flows.tickets.together.mentions import candidates, mentioned_in, parts_of
from flows.tickets.together.models import Comment
from rules.store.problems import Refusal
from tests.forms.test_kinds import picture
from tests.tickets.conftest import NOON, flow, node, press, refund_type

SOON, LATER = NOON + timedelta(minutes=5), NOON + timedelta(hours=1)


def test_a_comment_stands_on_the_time_line_among_the_events(ticket, li, wang):
    add_comment(ticket=ticket, text="问过仓库了", by=li, at=SOON)
    lines = conversation(ticket, "zh-hans", to=wang, at=LATER)
    assert lines[0].parts[0].text == "问过仓库了"
    assert lines[-1].at == NOON


def test_who_is_mentioned_is_told_and_watches_and_others_concerned_hear_of_the_comment(
    ticket, li, wang, told, admin
):
    watch_myself(ticket=ticket, by=admin, at=NOON)
    add_comment(ticket=ticket, text="@wang请看一下", by=li, at=SOON)
    assert told() == [
        ("wang", "ticket.mentioned", "@wang请看一下"),
        ("admin", "ticket.commented", "@wang请看一下"),
    ]
    assert {row.person.username for row in ticket.watchers.all()} == {"admin", "wang"}
    stop_watching(ticket=ticket, by=wang)
    add_comment(ticket=ticket, text="好了", by=li, at=SOON)
    assert told()[2:] == [("admin", "ticket.commented", "好了")]


def test_the_author_is_told_before_posting_who_would_not_hear_of_it(ticket, li, outsider, told):
    with pytest.raises(MentionedMayNotSee, match="outsider"):
        add_comment(ticket=ticket, text="@outsider 你好", by=li, at=SOON)
    assert not Comment.objects.exists()
    add_comment(ticket=ticket, text="@outsider 你好", by=li, at=SOON, though_unseen=True)
    assert told() == []
    assert not ticket.watchers.exists()


def test_mentions_are_found_in_the_middle_of_chinese(li, wang):
    assert mentioned_in("请@li和@wang，还有＠li看看；mail@nowhere @lix") == [li, wang]
    assert [part.text for part in parts_of("请@li看")] == ["请", "@li", "看"]


def test_the_chooser_offers_who_sees_the_ticket_first(ticket, li, wang, outsider):
    offered = candidates("", ticket=ticket)
    seeing = [one.sees for one in offered]
    assert seeing == sorted(seeing, reverse=True)
    assert ("outsider", False) in [(one.person.username, one.sees) for one in offered]
    assert [one.person for one in candidates("wang名", ticket=ticket)] == [wang]


def test_one_mends_ones_own_comment_for_some_minutes_and_leaves_a_trace(ticket, li, wang, told):
    comment = add_comment(ticket=ticket, text="明天发货", by=li, at=NOON)
    with pytest.raises(Refusal):
        edit_comment(comment=comment, text="x", by=wang, at=SOON)
    edit_comment(comment=comment, text="后天发货 @wang", by=li, at=SOON)
    assert [edit.text for edit in comment.edits.all()] == ["明天发货"]
    assert told()[-1][:2] == ("wang", "ticket.mentioned")
    with pytest.raises(Refusal, match="15"):
        edit_comment(comment=comment, text="y", by=li, at=LATER)


def test_readers_read_and_do_not_write(ticket, reviewer):
    with pytest.raises(NotYours):
        add_comment(ticket=ticket, text="x", by=reviewer, at=SOON)
    watch_myself(ticket=ticket, by=reviewer, at=SOON)
    assert ticket.watchers.get().person == reviewer


def test_who_does_not_see_the_ticket_can_do_nothing_with_it(ticket, outsider, client_of):
    for act in (
        lambda: add_comment(ticket=ticket, text="x", by=outsider, at=SOON),
        lambda: watch_myself(ticket=ticket, by=outsider, at=SOON),
    ):
        with pytest.raises(NotYours):
            act()
    assert client_of(outsider).post(reverse("desk:comment", args=[ticket.pk])).status_code == 404


def test_files_are_checked_by_content_and_served_to_who_sees_the_ticket(
    ticket, li, wang, outsider, client_of, private_files
):
    client = client_of(li)
    url = reverse("desk:comment", args=[ticket.pk])
    bad = SimpleUploadedFile("foto.jpg", b"<script>")
    page = client.post(url, {"comment-text": "看", "comment-is_public": "internal", "comment-files": bad})
    assert page.status_code == 422
    assert "看" in page.content.decode()
    assert not Comment.objects.exists()
    good = [SimpleUploadedFile(f"{n}.jpg", picture("JPEG")) for n in "ab"]
    client.post(url, {"comment-text": "", "comment-is_public": "public", "comment-files": good})
    comment = Comment.objects.get()
    assert comment.is_public
    kept = comment.files.order_by("name").first()
    served = reverse("desk:comment_file", args=[ticket.pk, comment.pk, kept.pk])
    assert client_of(wang).get(served).status_code == 200
    assert client_of(outsider).get(served).status_code == 404


def test_the_page_warns_while_typing_and_asks_before_posting(ticket, li, outsider, client_of):
    client = client_of(li)
    typed = {"comment-text": "@outsider 看", "comment-is_public": "internal"}
    notice = client.post(reverse("desk:check_comment", args=[ticket.pk]), typed)
    assert "outsider名" in notice.content.decode()
    page = client.post(reverse("desk:comment", args=[ticket.pk]), typed)
    assert page.status_code == 422
    assert "@outsider 看" in page.content.decode()
    client.post(reverse("desk:comment", args=[ticket.pk]), typed | {"comment-though_unseen": "on"})
    assert Comment.objects.get().text == "@outsider 看"


def test_what_a_file_is_called_does_not_matter(li):
    with pytest.raises(Exception, match=r"a\.png"):
        check_upload(SimpleUploadedFile("a.png", b"MZ not a picture"))


def test_a_reader_is_offered_watching_and_nothing_that_writes(ticket, reviewer, client_of):
    client = client_of(reviewer)
    page = client.get(reverse("desk:ticket", args=[ticket.pk])).content.decode()
    assert reverse("desk:watch", args=[ticket.pk]) in page
    for name in ("comment", "link", "change", "merge", "split"):
        assert f'"{reverse(f"desk:{name}", args=[ticket.pk])}"' not in page
    assert reverse("desk:bulk_choose") not in client.get(reverse("desk:tickets")).content.decode()
    assert client.post(reverse("desk:bulk_choose"), {"ticket": ticket.pk}).status_code == 403
    assert client.get(reverse("desk:macros")).status_code == 403


def test_a_public_word_lets_a_step_go_on_that_waits_for_it(publish, departments, agent):
    publish(refund_type(flow=WAITING_FLOW))
    ticket = create_ticket(ticket_type="refund", answers={"story": "坏了"}, by=agent, at=NOON)
    ticket = move_ticket(ticket=ticket, transition="new-wait", by=agent, at=NOON)
    add_comment(ticket=ticket, text="内部", by=agent, at=SOON)
    assert Ticket.objects.get(pk=ticket.pk).node == "wait"
    add_comment(ticket=ticket, text="您好", by=agent, at=SOON, is_public=True)
    assert Ticket.objects.get(pk=ticket.pk).node == "done"


WAITING_FLOW = flow(
    node("new", kind="start", asks=["story"]),
    node("wait", kind="wait", wait={"mode": "event", "event": "said"}),
    node("done", kind="resolved"),
    press("new", "wait"),
    press("wait", "done", trigger="auto"),
)


def test_who_watches_a_ticket_hears_that_it_moved_but_not_who_moved_it(ticket, li, wang, told):
    for person in (li, wang):
        watch_myself(ticket=ticket, by=person, at=NOON)
    move_ticket(ticket=ticket, transition="new-handling", by=li, at=SOON)
    assert [who for who, event, _note in told() if event == "ticket.moved"] == ["wang"]

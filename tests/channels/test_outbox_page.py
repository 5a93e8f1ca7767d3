"""The outbox on screen."""

from datetime import UTC, datetime

from django.urls import reverse

from flows.channels import actions
from flows.channels.models import Outgoing

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def put(**changes):
    message = actions.enqueue(
        channel="console", recipient="c1", payload={"text": "hi"}, idempotency_key="test:1", subject="test:1",
        at=NOON,
    )  # fmt: skip
    Outgoing.objects.filter(pk=message.pk).update(**changes)
    return message


def test_an_empty_outbox_says_what_it_is_for(client_of, designer):
    assert "record-teaching" in client_of(designer).get(reverse("outgoing:index")).content.decode()


def test_a_message_that_was_given_up_shows_why_and_can_be_sent_again(client_of, designer, data_folder):
    message = put(state="dead", error="quota used up", attempts=6)
    client = client_of(designer)
    page = client.get(reverse("outgoing:index")).content.decode()
    assert "quota used up" in page
    assert reverse("channels_send_again", args=[message.pk]) in page
    client.post(reverse("channels_send_again", args=[message.pk]))
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("queued", 0)


def test_what_may_have_left_offers_no_second_try(client_of, designer):
    message = put(state="unknown", called_at=NOON)
    client = client_of(designer)
    assert (
        reverse("channels_send_again", args=[message.pk])
        not in client.get(reverse("outgoing:index")).content.decode()
    )
    client.post(reverse("channels_send_again", args=[message.pk]))
    message.refresh_from_db()
    assert message.state == "unknown"


def test_agents_do_not_see_the_outbox(client_of, agent):
    assert client_of(agent).get(reverse("outgoing:index")).status_code in (302, 403)

"""E-mail: a real mail server on this machine, which behaves as told."""

import email
import socket
from datetime import UTC, datetime
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from flows.channels import actions
from flows.channels.models import Outgoing

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
State = Outgoing.State


class Mailbox:
    """What arrived. `answer` to RCPT and DATA; `hangs_up`: at which step it drops the connection."""

    def __init__(self):
        self.letters, self.rcpt, self.data, self.hangs_up = [], "250 OK", "250 OK", ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.hangs_up == "rcpt":
            server.transport.abort()
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):
        if self.data.startswith("250"):
            self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        if self.hangs_up == "data":
            server.transport.abort()
        return self.data


class OnThisMachine(Controller):
    def factory(self):
        return SMTP(self.handler, **self.SMTP_kwargs)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def mailbox(settings):
    mailbox = Mailbox()
    server = OnThisMachine(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
    settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "七巧 <tangram@example.com>"
    yield mailbox
    server.stop()


@pytest.fixture
def letter(db):
    def letter(**changes):
        given = {
            "channel": "email",
            "recipient": "li@example.com",
            "payload": {"subject": "工单 #7 分给您了", "text": "第一行\n.\n..两个点\n最后"},
            "idempotency_key": "notice:1:ticket.assigned:ticket:7",
            "subject": "notice",
            "at": NOON,
        }
        return actions.enqueue(**given | changes)

    return letter


def deliver(message):
    actions.deliver_due(clock=lambda: NOON)
    message.refresh_from_db()
    return message.state


def test_a_letter_arrives_as_it_was_written(mailbox, letter):
    message = letter()
    assert deliver(message) == State.SENT
    [arrived] = mailbox.letters
    assert arrived["Subject"] == "工单 #7 分给您了"
    assert arrived["To"] == "li@example.com"
    assert arrived["From"] == "七巧 <tangram@example.com>"
    assert arrived.get_content().replace("\r\n", "\n") == "第一行\n.\n..两个点\n最后\n"
    assert arrived["Message-ID"] == "<notice%3A1%3Aticket.assigned%3Aticket%3A7@example.com>"
    assert message.reference == arrived["Message-ID"]


def test_a_line_break_in_a_subject_makes_no_header(mailbox, letter):
    letter_with_break = letter(payload={"subject": "你好\r\nBcc: all@example.com", "text": "a"})
    assert deliver(letter_with_break) == State.SENT
    assert mailbox.letters[0]["Bcc"] is None


def test_an_ascii_text_with_full_stops_and_long_lines_arrives_whole(mailbox, letter):
    text = ".\n.hidden\n" + "x" * 3_000
    assert deliver(letter(payload={"subject": "dots", "text": text})) == State.SENT
    assert mailbox.letters[0].get_content().replace("\r\n", "\n") == text + "\n"


def test_a_mailbox_that_is_full_for_now_is_tried_again(mailbox, letter):
    mailbox.rcpt = "452 mailbox full"
    message = letter()
    assert deliver(message) == State.QUEUED
    assert message.due_at > NOON
    assert "452 mailbox full" in message.error


@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_refusal_for_good_is_not_tried_again(mailbox, letter, step):
    setattr(mailbox, step, "550 no such user")
    message = letter()
    assert deliver(message) == State.FAILED
    assert "550 no such user" in message.error


def test_a_server_that_cannot_be_reached_is_tried_again(mailbox, letter, settings):
    settings.EMAIL_PORT = free_port()
    assert deliver(letter()) == State.QUEUED


def test_a_connection_lost_before_the_letter_was_handed_over_is_tried_again(mailbox, letter):
    mailbox.hangs_up = "rcpt"
    assert deliver(letter()) == State.QUEUED
    assert mailbox.letters == []


def test_a_connection_lost_after_the_letter_was_handed_over_is_never_repeated_blindly(mailbox, letter):
    mailbox.hangs_up = "data"
    message = letter()
    assert deliver(message) == State.UNKNOWN
    assert len(mailbox.letters) == 1
    for _again in range(10):
        actions.sweep_expired(now=message.due_at)
        message.refresh_from_db()
    assert message.state == State.UNKNOWN
    assert len(mailbox.letters) == 1


def test_a_wrong_password_is_trouble_of_the_server_not_of_the_letter(letter, settings):
    def nobody(server, session, envelope, mechanism, data):
        return AuthResult(success=False, handled=False)

    server = OnThisMachine(
        Mailbox(), hostname="127.0.0.1", port=free_port(), authenticator=nobody, auth_require_tls=False
    )
    server.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "tangram", "wrong"
    message = letter()
    try:
        assert deliver(message) == State.QUEUED
        assert "535" in message.error
    finally:
        server.stop()


def test_an_address_that_mail_servers_cannot_take_is_refused(mailbox, letter):
    assert deliver(letter(recipient="李@例子.中国")) == State.FAILED

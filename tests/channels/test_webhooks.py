"""Webhooks: signed, sent again with the same key, and never to the inside of a network."""

import hashlib
import hmac
import ipaddress
import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flows.channels import actions, webhooks
from flows.channels.models import Outgoing, Webhook
from flows.channels.notices.telling import webhook_message
from flows.channels.webhooks import is_allowed, target_of
from rules.store.problems import Refusal

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
State = Outgoing.State


class Receiver(ThreadingHTTPServer):
    """Another program. `status` is what it answers; `slow`: how long it thinks first."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.calls, self.status, self.slow, self.headers = [], 200, 0, {}

    def handle_error(self, request, client_address):
        pass

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?a=1"


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, dict(self.headers), body))
        time.sleep(self.server.slow)
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"thank you")

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def call(db):
    """call(url) queues one event for a webhook of that address."""

    def call(url, **changes):
        webhook = Webhook.objects.create(
            name="ERP", url=url, secret="s3cret", events=["ticket.red"], **changes
        )
        message = webhook_message(webhook, event="ticket.red", subject="ticket:7", at=NOON, key="k:1")
        actions.enqueue_new([message])
        return Outgoing.objects.get(idempotency_key="k:1")

    return call


def deliver(message, now=NOON):
    actions.deliver_due(clock=lambda: now)
    message.refresh_from_db()
    return message.state


def test_an_event_arrives_signed_and_with_its_key(receiver, call):
    message = call(receiver.url)
    assert deliver(message) == State.SENT
    [(path, headers, body)] = receiver.calls
    assert path == "/hook?a=1"
    assert json.loads(body) == {
        "event": "ticket.red", "subject": "ticket:7", "at": "2026-03-02T04:00:00+00:00", "key": "k:1",
    }  # fmt: skip
    signed = headers["Tangram-Timestamp"].encode() + b"." + body
    assert headers["Tangram-Signature"] == "v1=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == "k:1"
    assert headers["Host"] == f"127.0.0.1:{receiver.server_port}"


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_trouble_of_the_receiver_is_tried_again(receiver, call, status):
    receiver.status = status
    message = call(receiver.url)
    assert deliver(message) == State.QUEUED
    assert str(status) in message.error
    receiver.status = 204
    assert deliver(message, now=message.due_at) == State.SENT
    assert len({headers["Idempotency-Key"] for _path, headers, _body in receiver.calls}) == 1


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_refusal_is_not_tried_again(receiver, call, status):
    receiver.status = status
    assert deliver(call(receiver.url)) == State.FAILED


def test_a_redirect_is_not_followed(receiver, call):
    receiver.status, receiver.headers = 302, {"Location": "http://169.254.169.254/latest/"}
    message = call(receiver.url)
    assert deliver(message) == State.FAILED
    assert len(receiver.calls) == 1


def test_no_answer_in_time_is_sent_again_with_the_same_key(receiver, call, monkeypatch):
    monkeypatch.setattr(webhooks, "READ_TIMEOUT", 0.1)
    receiver.slow = 0.5
    message = call(receiver.url)
    assert deliver(message) == State.UNKNOWN
    receiver.slow = 0
    actions.sweep_expired(now=message.due_at)
    message.refresh_from_db()
    assert message.state == State.QUEUED
    assert deliver(message, now=message.due_at) == State.SENT
    assert [headers["Idempotency-Key"] for _path, headers, _body in receiver.calls] == ["k:1", "k:1"]


def test_nobody_listening_is_tried_again(receiver, call):
    assert deliver(call("http://127.0.0.1:1/")) == State.QUEUED


def test_a_webhook_that_was_switched_off_or_removed_gets_nothing(receiver, call):
    message = call(receiver.url, is_on=False)
    assert deliver(message) == State.FAILED
    assert receiver.calls == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_inside_a_network_are_out_of_reach(address):
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_addresses_of_the_internet_are_within_reach(address):
    assert is_allowed(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/", "http://127.0.0.1:6379/", "http://[::1]/", "http://2130706433/", "http://0x7f.1/",
        "ftp://example.com/", "file:///etc/passwd", "https://", "nonsense", "http://a:b@8.8.8.8/",
        "http://8.8.8.8:99999/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_allowed_is_refused_with_a_sentence(url):
    with pytest.raises(Refusal):
        target_of(url)


def test_a_name_with_one_inner_address_among_its_addresses_is_refused(monkeypatch):
    rows = [(2, 1, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.8")]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *args, **kwargs: rows)
    with pytest.raises(Refusal):
        target_of("https://tricky.example/")


def test_a_message_to_a_forbidden_address_fails_for_good_and_says_why(call):
    message = call("http://127.0.0.1:1/")
    assert deliver(message) == State.FAILED
    assert "127.0.0.1" in message.error

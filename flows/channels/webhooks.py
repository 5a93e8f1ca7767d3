"""Webhooks: one signed POST per event to an address that an administrator entered.

    Tangram-Event: ticket.red
    Tangram-Timestamp: 1772424000
    Tangram-Signature: v1=<hex HMAC-SHA256 with the secret over "timestamp.body">
    Idempotency-Key: the same when the same event is sent again

At least once: after a timeout the same event is sent again with the same key, for receivers to recognise.

Where it may go: http and https to addresses of the public internet only. Names are resolved here, every
address they have must be public, and the connection goes to the address that was looked at, so a name that
changes in between gains nothing. Redirects are not followed. WEBHOOK_NETWORKS names internal networks that
are allowed all the same.
"""

import hashlib
import hmac
import ipaddress
import json
import secrets
import socket
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flows.channels.drivers import Receipt, Rejected, TryLater
from flows.channels.models import Webhook
from rules.store.problems import Refusal

CONNECT_TIMEOUT, READ_TIMEOUT = 5, 10
# Of an answer, what the outbox shows of it.
MOST_READ = 200
TRY_LATER = {408, 425, 429}
# These carry an address of the old internet within one of the new; what they lead to cannot be seen.
WRAPPED = [*map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))]
NEVER_LEFT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.SSLError,
    OSError,
)


class WebhookDriver:
    key = "webhook"
    label = gettext_lazy("Webhook")
    address = ""
    lease = timedelta(seconds=60)

    def send(self, outgoing):
        webhook = Webhook.objects.filter(pk=outgoing.payload["webhook"]).first()
        if webhook is None or not webhook.is_on:
            raise Rejected("the webhook was removed or switched off")
        try:
            answer = post(webhook, outgoing.payload["body"], key=outgoing.idempotency_key)
        except Refusal as refusal:
            raise Rejected(str(refusal)) from refusal
        except NEVER_LEFT as trouble:
            raise TryLater(str(trouble)) from trouble
        if 200 <= answer.status < 300:
            return Receipt(Receipt.SENT, reference=str(answer.status))
        if answer.status >= 500 or answer.status in TRY_LATER:
            raise TryLater(f"{answer.status} {answer.start}")
        raise Rejected(f"{answer.status} {answer.start}")

    def look_up(self, outgoing):
        """Nobody can be asked, but the key makes sending again safe."""
        return Receipt(Receipt.ABSENT)


@dataclass(frozen=True)
class Answer:
    status: int
    start: str


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def signature(secret: str, *, timestamp: str, body: bytes) -> str:
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def post(webhook: Webhook, body: dict, *, key: str) -> Answer:
    """Raises a Refusal for an address that is not allowed, and urllib3's exceptions."""
    content = json.dumps(body, ensure_ascii=False).encode()
    timestamp = str(int(timezone.now().timestamp()))
    target = target_of(webhook.url)
    headers = {
        "Host": target.host_header,
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Tangram",
        "Tangram-Event": body["event"],
        "Tangram-Timestamp": timestamp,
        "Tangram-Signature": signature(webhook.secret, timestamp=timestamp, body=content),
        "Idempotency-Key": key,
    }
    with target.pool() as pool:
        response = pool.urlopen(
            "POST", target.path, body=content, headers=headers, redirect=False, retries=False,
            assert_same_host=False, preload_content=False, decode_content=False,
        )  # fmt: skip
        try:
            start = response.read1(MOST_READ).decode(errors="replace")
        finally:
            response.close()
    return Answer(response.status, start)


@dataclass(frozen=True)
class Target:
    """An address that was looked at."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def host_header(self) -> str:
        usual = {"http": 80, "https": 443}[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"

    def pool(self):
        timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
        if self.scheme == "http":
            return urllib3.HTTPConnectionPool(self.address, self.port, timeout=timeout, maxsize=1)
        return urllib3.HTTPSConnectionPool(
            self.address, self.port, timeout=timeout, maxsize=1,
            server_hostname=self.host, assert_hostname=self.host,
        )  # fmt: skip


def target_of(url: str) -> Target:
    """Raises a Refusal when it is no address a webhook may go to, OSError when the name cannot be found."""
    parts = parts_of(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [row[4][0] for row in found]
    if not addresses or not all(is_allowed(address) for address in addresses):
        raise Refusal(
            _("%(host)s is an address inside a network. Webhooks go to the public internet only.")
            % {"host": parts.hostname}
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port, addresses[0], path)


def parts_of(url: str):
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as fault:
        raise Refusal(_("This is no address: %(url)s") % {"url": url}) from fault
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal(_("An address begins with https:// or http://."))
    if parts.username or parts.password:
        raise Refusal(_("Leave name and password out of the address; the signature says who is calling."))
    return parts


def is_allowed(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if getattr(ip, "ipv4_mapped", None):
        ip = ip.ipv4_mapped
    if any(ip in network for network in settings.WEBHOOK_NETWORKS if network.version == ip.version):
        return True
    wrapped = any(ip in network for network in WRAPPED if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not wrapped

"""How a message leaves the house: one small class per channel.

A driver is registered once, in its app's `ready`. It stores nothing of ours and opens no transaction.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Receipt:
    """What a channel says of one message.

    SENT      it has the message
    ABSENT    it is certain that it never got it, so sending it is safe (only from `look_up`)
    """

    SENT = "sent"
    ABSENT = "absent"

    outcome: str
    reference: str = ""
    at: datetime | None = None


class Rejected(Exception):
    """The channel refused this message for good: nothing left the house. `args[0]` says why."""


class TryLater(Exception):
    """The channel could not take it now: nothing left the house. `args[0]` says why."""


class Driver(Protocol):
    """
    key          stored with each message: "console"
    label        what people read
    address      the Customer field that says where to reach someone; "" if it does not reach customers
    lease        how long one call may take at most; a worker silent for longer is taken for dead
    """

    key: str
    label: object
    address: str
    lease: timedelta

    def send(self, outgoing) -> Receipt:
        """Hand one message over. Raises Rejected or TryLater if it certainly did not leave.

        Any other exception means that nobody knows: the message will be looked up, not sent again.
        """

    def look_up(self, outgoing) -> Receipt | None:
        """What became of a call whose result was lost. None: the channel cannot tell."""


_drivers: dict[str, Driver] = {}


def register_driver(driver: Driver) -> None:
    _drivers[driver.key] = driver


def driver_of(channel: str) -> Driver:
    """Raises KeyError for a channel nobody registered."""
    return _drivers[channel]


def channel_choices() -> list[tuple]:
    """Those that reach customers."""
    return [(driver.key, driver.label) for driver in _drivers.values() if driver.address]


def all_channels() -> list[tuple]:
    return [(driver.key, driver.label) for driver in _drivers.values()]


class ConsoleDriver:
    """Writes each message as one line of JSON to console.log in the data folder, for trying things out."""

    key = "console"
    label = _("Console")
    address = "number"
    lease = timedelta(seconds=30)

    file_name = "console.log"

    @property
    def path(self) -> Path:
        return Path(settings.DATA) / self.file_name

    def send(self, outgoing):
        line = {"key": outgoing.idempotency_key, "to": outgoing.recipient, **outgoing.payload}
        # One write to a file opened for appending: lines of several workers never mix.
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, json.dumps(line, ensure_ascii=False).encode() + b"\n")
        finally:
            os.close(file)
        return Receipt(Receipt.SENT)

    def look_up(self, outgoing):
        wanted = json.dumps(outgoing.idempotency_key, ensure_ascii=False).encode()
        found = any(line.startswith(b'{"key": ' + wanted + b",") for line in self.lines())
        return Receipt(Receipt.SENT if found else Receipt.ABSENT)

    def lines(self):
        return self.path.read_bytes().splitlines() if self.path.exists() else []


class MailFileDriver(ConsoleDriver):
    """Where mail goes while no mail server is set up: mail.log in the data folder."""

    key = "mail_file"
    label = _("Mail, into a file")
    address = ""
    file_name = "mail.log"

"""Those who put messages into the outbox may be asked once more right before, and are told right after.

A sender owns the subjects that begin with its name: "broadcast" owns "broadcast:3".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Wait:
    """Not now: back into the queue until then. Does not count as a try."""

    until: datetime


@dataclass(frozen=True)
class Drop:
    """Not at all any more."""

    because: str


@dataclass(frozen=True)
class Sender:
    """
    before    (messages, now) → {message id: Wait or Drop}; who is not named goes out. Runs in the
              transaction that decides, so what it reserves is reserved for all workers.
    after     (message, now): told in the transaction that stores what became of a message
    pause     (subject, now): told when a worker has done what it took of a subject; may be missed in a
              crash, so it only saves waiting
    describe  subject → (text, address) for people; address may be ""
    """

    before: Callable[[list, datetime], Mapping[int, Wait | Drop]] = lambda messages, now: {}
    after: Callable[[object, datetime], None] = lambda message, now: None
    pause: Callable[[str, datetime], None] = lambda subject, now: None
    describe: Callable[[str], tuple[str, str]] = lambda subject: (subject, "")


_senders: dict[str, Sender] = {}


def register_sender(name: str, sender: Sender) -> None:
    _senders[name] = sender


def sender_of(subject: str) -> Sender | None:
    return _senders.get(subject.partition(":")[0])

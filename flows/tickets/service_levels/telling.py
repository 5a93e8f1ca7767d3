"""Where steps of a ladder tell people. One place, so that notifications are joined here."""

from collections.abc import Iterable
from datetime import datetime

from flows.tickets.models import Clock, Ticket


def tell(*, people: Iterable, event: str, ticket: Ticket, clock: Clock, channel: str, at: datetime) -> None:
    """Tell `people` in the caller's transaction. The time line names them whatever channels there are."""

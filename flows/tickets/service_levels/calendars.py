"""Which calendar counts for a ticket: what its type names, else its store's, else its department's, else the
one that counts wherever none was chosen. One that is not live counts as not chosen. Without any, every hour
counts."""

from collections.abc import Iterator
from datetime import datetime

from flows.organisation.models import Calendar
from flows.tickets.models import Ticket
from rules.store.models import Version
from rules.store.runtime import live_version, live_versions


class Calendars:
    """Finds them, each once, for as long as an act takes."""

    def __init__(self, *, at: datetime):
        self.at = at
        self.by_slug: dict[str, Version | None] = {}
        self.by_owner: dict[tuple, str] = {}

    def of(self, ticket: Ticket) -> Version | None:
        return next(filter(None, map(self.named, self.slugs(ticket))), None) or self.usual

    def slugs(self, ticket: Ticket) -> Iterator[str]:
        if ticket.runtime.service_levels.calendar:
            yield ticket.runtime.service_levels.calendar
        for owner in (ticket.store, ticket.department):
            if owner and owner.calendar_id:
                yield self.slug_of(owner)

    def slug_of(self, owner) -> str:
        key = (type(owner), owner.pk)
        if key not in self.by_owner:
            self.by_owner[key] = owner.calendar.slug
        return self.by_owner[key]

    def named(self, slug: str) -> Version | None:
        if slug not in self.by_slug:
            self.by_slug[slug] = live_version(Calendar, slug, at=self.at)
        return self.by_slug[slug]

    @property
    def usual(self) -> Version | None:
        if "" not in self.by_slug:
            live = live_versions(Calendar, at=self.at).filter(document__is_usual=True)
            self.by_slug[""] = live.defer("document").order_by("live_from").first()
        return self.by_slug[""]

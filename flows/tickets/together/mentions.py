"""@mentions: `@username` anywhere in a text, also in the middle of Chinese, which has no spaces."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from flows.organisation.models import User
from flows.tickets.models import Ticket
from flows.tickets.together.rights import sees

# What a username may be made of; what follows it in Chinese text may be letters as well.
# Looked at from each @ anew, for a name may hold one; an address as in mail@example is no mention.
AFTER_AT = re.compile(r"(?<![A-Za-z0-9_.])[@＠](?=([\w.@+-]{1,150}))")
GOES_ON = re.compile(r"[A-Za-z0-9_]")
MOST_OFFERED = 8


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a text; `person` where it is a mention."""

    text: str
    person: User | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    person: User
    sees: bool


def parts_of(text: str) -> list[Part]:
    people = people_named(text)
    parts, place = [], 0
    for match in AFTER_AT.finditer(text):
        username = longest_name(match[1], people)
        if username is None or match.start() < place:
            continue
        end = match.start() + 1 + len(username)
        parts += [Part(text=text[place : match.start()]), Part(text="@" + username, person=people[username])]
        place = end
    return [part for part in [*parts, Part(text=text[place:])] if part.text]


def mentioned_in(text: str) -> list[User]:
    """Each once, in the order of the text."""
    return list(dict.fromkeys(part.person for part in parts_of(text) if part.person))


def people_named(text: str) -> dict[str, User]:
    runs = [match[1] for match in AFTER_AT.finditer(text)]
    if not runs:
        return {}
    prefixes = {run[:length] for run in runs for length in range(1, len(run) + 1)}
    return {person.username: person for person in User.objects.filter(is_active=True, username__in=prefixes)}


def longest_name(run: str, people) -> str | None:
    """`@agent2` does not mean `agent`, but `@agent请看` does."""
    for length in range(len(run), 0, -1):
        rest = run[length : length + 1]
        if run[:length] in people and not GOES_ON.match(rest):
            return run[:length]
    return None


def without_sight(people: Iterable[User], ticket: Ticket) -> list[User]:
    return [person for person in people if not sees(person, ticket)]


def candidates(written: str, *, ticket: Ticket) -> list[Candidate]:
    """Who is meant by what is typed after @, those who see the ticket first."""
    people = User.objects.filter(is_active=True)
    if written:
        people = people.filter(Q(username__istartswith=written) | Q(first_name__icontains=written))
    found = [Candidate(person=one, sees=sees(one, ticket)) for one in people.order_by("username")[:30]]
    return sorted(found, key=lambda one: not one.sees)[:MOST_OFFERED]

"""Who is told, and how they want to be told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from flows.channels.models import How, NoticeChoice
from flows.channels.notices.kinds import Kind
from flows.organisation.people import language_of, zone_of


@dataclass(frozen=True, kw_only=True)
class PersonalChannel:
    """A way to reach one person outside the product.

    address_of  person → where, or "" when they cannot be reached so
    sends_by    () → the driver that takes it
    no_address  what a person without an address reads
    """

    key: str
    label: object
    address_of: Callable[[object], str]
    sends_by: Callable[[], str]
    no_address: object


def mail_driver() -> str:
    """Without a mail server, mail is written to a file, for trying things out."""
    return "email" if settings.EMAIL_HOST else "mail_file"


EMAIL = PersonalChannel(
    key="email",
    label=_("E-mail"),
    address_of=lambda person: person.email,
    sends_by=mail_driver,
    no_address=_("Your account has no e-mail address. An administrator can add it."),
)
PERSONAL_CHANNELS = (EMAIL,)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A person with their language, zone and choices."""

    person: object
    language: str
    zone: ZoneInfo
    choices: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def how(self, kind: Kind, channel: PersonalChannel) -> str:
        default = How.NOW if kind.important else How.BRIEF
        return self.choices.get((kind.key, channel.key), default)

    def channels(self, kind: Kind, how: str) -> list[PersonalChannel]:
        """Those by which they are told of it `how`; none they cannot be reached by."""
        return [
            channel
            for channel in PERSONAL_CHANNELS
            if channel.address_of(self.person) and self.how(kind, channel) == how
        ]

    def by(self, keys: Iterable[str]) -> list[PersonalChannel]:
        """Those of these channels they can be reached by."""
        return [one for one in PERSONAL_CHANNELS if one.key in keys and one.address_of(self.person)]

    def is_told(self, kind: Kind, how: str) -> bool:
        return bool(self.channels(kind, how))


def readers_of(people: Iterable) -> dict[int, Reader]:
    """By id; without those who have left."""
    pks = {person.pk for person in people}
    if not pks:
        return {}
    found = get_user_model().objects.filter(pk__in=pks, is_active=True).select_related("wagtail_userprofile")
    choices: dict[int, dict] = {}
    for row in NoticeChoice.objects.filter(person__in=pks):
        choices.setdefault(row.person_id, {})[row.event, row.channel] = row.how
    return {
        person.pk: Reader(
            person=person,
            language=language_of(person),
            zone=zone_of(person),
            choices=choices.get(person.pk, {}),
        )
        for person in found
    }

"""What a person chose, per kind and channel: at once, in the daily brief or not at all; and its hour."""

from collections.abc import Mapping

from django.db import transaction

from flows.channels.models import NoticeChoice, NoticeHour
from flows.channels.notices.kinds import Kind, all_kinds
from flows.channels.notices.readers import PERSONAL_CHANNELS, Reader, readers_of


def kinds_for(person) -> list[Kind]:
    """Those they can be told of at all."""
    return [kind for kind in all_kinds() if not kind.needs or person.has_perm(kind.needs)]


def reader_of(person) -> Reader:
    return readers_of([person])[person.pk]


@transaction.atomic
def choose(*, person, chosen: Mapping[tuple[str, str], str], hour: int) -> None:
    """chosen  {(event, channel): how}. What is as the kind itself says is not stored, so that it stays so
    when the kind changes."""
    usual = Reader(person=person, language="", zone=None)
    rows = [
        NoticeChoice(person=person, event=kind.key, channel=channel.key, how=chosen[kind.key, channel.key])
        for kind in all_kinds()
        for channel in PERSONAL_CHANNELS
        if (kind.key, channel.key) in chosen and chosen[kind.key, channel.key] != usual.how(kind, channel)
    ]
    events = {event for event, _channel in chosen}
    NoticeChoice.objects.filter(person=person, event__in=events).delete()
    NoticeChoice.objects.bulk_create(rows)
    NoticeHour.objects.update_or_create(person=person, defaults={"hour": hour})

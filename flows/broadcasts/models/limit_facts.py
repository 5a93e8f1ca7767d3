"""What tests and back-tests tell a limit about one message to one customer, and what it says to that."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flows.broadcasts import limits as kinds
from flows.broadcasts.categories import Category
from flows.broadcasts.limits import (
    HELD_BACK,
    REACHED,
    WAITS,
    CompiledLimit,
    Message,
    Ruling,
    Situation,
    ruling,
)
from flows.channels.drivers import channel_choices
from rules.engine import Lines, Option, Variable, Vocabulary, Words
from rules.engine.analysis import Suggestion
from rules.engine.facts import UNREADABLE, read_datetime, read_number

SECOND = timedelta(seconds=1)
# Suggested cases list their messages one by one; nobody reads more than this.
MOST_LISTED = 20


def variables_of(limit: CompiledLimit) -> list[Variable | Lines]:
    """What a test of a limit is told."""
    asked = {
        kinds.CAP: ("at", "channel", "category", "messages"),
        kinds.BOUGHT: ("at", "channel", "category", "last_purchase"),
        kinds.QUIET: ("at", "channel", "category"),
        kinds.PACE: ("channel", "category", "in_all"),
    }[limit.kind]
    return [variable for variable in all_variables() if variable.name in asked]


def all_variables() -> list[Variable | Lines]:
    in_all = Words(
        en="messages in the period before it or waiting in front of it (to all customers)",
        zh="此前周期内已发出及排在前面的消息数（全部客户）",
    )
    return [
        moment("at", Words(en="would be sent at", zh="计划发送时间")),
        channel(Words(en="channel", zh="渠道")),
        category(Words(en="category", zh="类别")),
        messages_to_the_customer(),
        moment("last_purchase", Words(en="last purchase until then", zh="此前最近一次购买")),
        Variable(name="in_all", label=in_all, type="numeric"),
    ]


def messages_to_the_customer() -> Lines:
    columns = (
        moment("at", Words(en="sent or planned at", zh="发送或计划时间")),
        channel(Words(en="channel", zh="渠道")),
        category(Words(en="category", zh="类别")),
    )
    return Lines(
        name="messages",
        label=Words(en="other messages to this customer", zh="发给该客户的其他消息"),
        vocabulary=Vocabulary(variables={column.name: column for column in columns}, actions={}),
    )


def moment(name: str, label: Words) -> Variable:
    return Variable(name=name, label=label, type="datetime")


def channel(label: Words) -> Variable:
    return chosen("channel", label, channel_choices())


def category(label: Words) -> Variable:
    return chosen("category", label, Category.choices)


def chosen(name: str, label: Words, choices) -> Variable:
    options = tuple(Option(name=key, label=in_both(text)) for key, text in choices)
    return Variable(name=name, label=label, type="select", options=options)


def in_both(text) -> Words:
    said = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said[language] = str(text)
    return Words(en=said["en"], zh=said["zh-hans"])


# Facts read


def situation_of(facts: Mapping) -> Situation:
    """What cannot be read counts as not known."""
    rows = facts.get("messages")
    rows = rows if isinstance(rows, list) else []
    others = [message_of(row) for row in rows if isinstance(row, Mapping)]
    in_all = readable(read_number(facts.get("in_all")))
    return Situation(
        message=message_of(facts),
        others=[other for other in others if other.at],
        last_purchase=instant(facts.get("last_purchase")),
        in_all=in_all,
    )


def message_of(facts: Mapping) -> Message:
    return Message(
        at=instant(facts.get("at")), channel=text(facts.get("channel")), category=text(facts.get("category"))
    )


def instant(value) -> datetime | None:
    return readable(read_datetime(value))


def text(value) -> str | None:
    return value if isinstance(value, str) and value else None


def readable(value):
    return None if value is UNREADABLE else value


def decided(limit: CompiledLimit, facts: Mapping) -> dict | None:
    """{"outcome"}, and for quiet hours "until": when by the clock they are over."""
    found = ruling(limit, situation_of(facts))
    return None if found is None else outcome_of(limit, found)


def outcome_of(limit: CompiledLimit, found: Ruling) -> dict:
    if found.until:
        return {"outcome": found.outcome, "until": found.until.astimezone(limit.zone).strftime("%H:%M")}
    return {"outcome": found.outcome}


def possible(limit: CompiledLimit) -> list[dict]:
    if limit.kind == kinds.QUIET:
        return [{"outcome": REACHED}, {"outcome": WAITS, "until": limit.quiet_until.strftime("%H:%M")}]
    return [{"outcome": REACHED}, {"outcome": WAITS if limit.kind == kinds.PACE else HELD_BACK}]


# In words, in the active language


def said(outcome: Mapping) -> str:
    if outcome.get("until"):
        return _("waits until %(until)s") % outcome
    return {
        REACHED: _("may be reached"),
        HELD_BACK: _("is held back"),
        WAITS: _("waits for room"),
    }[outcome["outcome"]]


def why(limit: CompiledLimit, facts: Mapping) -> str:
    situation = situation_of(facts)
    found = ruling(limit, situation)
    if found is None:
        return _("It is not known when it would be sent, or how many are sent")
    if limit.off:
        return _("The limit is switched off here")
    if not found.concerned:
        return _("The limit does not concern this channel or category")
    at = situation.message.at
    match limit.kind:
        case kinds.QUIET:
            return _(
                "By the clock of %(zone)s it would be sent at %(at)s; quiet from %(start)s until %(end)s"
            ) % {
                "zone": limit.zone.key,
                "at": at.astimezone(limit.zone).strftime("%H:%M:%S"),
                "start": limit.quiet_from.strftime("%H:%M"),
                "end": limit.quiet_until.strftime("%H:%M"),
            }
        case kinds.PACE:
            return _("%(number)s messages fall in the period; at most %(most)s may") % {
                "number": situation.in_all,
                "most": limit.most,
            }
        case kinds.BOUGHT:
            return why_bought(limit, situation, at)
    return why_cap(limit, found, at)


def why_bought(limit, situation, at) -> str:
    window = limit.period_before(at)
    period = {"start": told(window.start, limit), "end": told(window.end, limit)}
    if situation.last_purchase is None:
        return _("Nothing was bought between %(start)s and %(end)s") % period
    return _("Last bought at %(bought)s; what counts is %(start)s to %(end)s") % (
        period | {"bought": told(situation.last_purchase, limit)}
    )


def why_cap(limit, found, at) -> str:
    window = limit.period_around(at)
    sentence = ngettext(
        "%(number)s other message counts between %(start)s and %(end)s; at most %(most)s is allowed",
        "%(number)s other messages count between %(start)s and %(end)s; at most %(most)s is allowed",
        len(found.counted),
    )
    return sentence % {
        "number": len(found.counted),
        "most": limit.most,
        "start": told(window.start, limit),
        "end": told(window.end, limit),
    }


def told(at: datetime, limit: CompiledLimit) -> str:
    """By the clock that the limit goes by."""
    return date_format(at.astimezone(limit.zone), "Y-m-d H:i:s")


def facts_told(facts: Mapping) -> dict[str, str]:
    """{name: text} of the facts that are best told otherwise than one value at a time is."""
    told = {name: on_the_clock(at) for name in ("at", "last_purchase") if (at := instant(facts.get(name)))}
    rows = facts.get("messages")
    rows = rows if isinstance(rows, list) else []
    messages = [message for row in rows if isinstance(row, Mapping) and (message := message_of(row)).at]
    if messages:
        messages.sort(key=lambda message: message.at)
        told["messages"] = _("; ").join(map(in_words, messages))
    return told


def in_words(message: Message) -> str:
    channels, categories = dict(channel_choices()), dict(Category.choices)
    parts = [on_the_clock(message.at)]
    parts += [str(channels.get(message.channel, message.channel))] if message.channel else []
    parts += [str(categories.get(message.category, message.category))] if message.category else []
    return " · ".join(parts)


def on_the_clock(at: datetime) -> str:
    """By the reader's own clock, as the form shows it."""
    try:
        return date_format(timezone.localtime(at), "Y-m-d H:i:s")
    except OverflowError:
        return at.isoformat()


# Cases worth a test

AROUND = {
    -1: Words(en="One less than the limit's number.", zh="比限制的数量少一条。"),
    0: Words(en="Exactly the limit's number.", zh="正好达到限制的数量。"),
    1: Words(en="One more than the limit's number.", zh="比限制的数量多一条。"),
}


def boundaries(limit: CompiledLimit) -> Iterator[Suggestion]:
    """Around the number, and around the ends of the period or of the quiet hours. The day is any Wednesday,
    so that the same limit always suggests the same cases."""
    noon = datetime(2026, 3, 4, 12, tzinfo=limit.zone)
    match limit.kind:
        case kinds.QUIET:
            yield from edges_of_quiet_hours(limit, noon)
        case kinds.PACE:
            for more, sentence in AROUND.items():
                yield Suggestion({"in_all": limit.most + more}, sentence)
        case kinds.BOUGHT:
            yield from edges_of_period(
                limit, noon, lambda bought: {"at": noon, "last_purchase": bought}, what_of_purchases
            )
        case kinds.CAP if limit.most <= MOST_LISTED:
            yield from around_the_cap(limit, noon)


def around_the_cap(limit, noon) -> Iterator[Suggestion]:
    def before(number):
        return [{"at": noon - (place + 1) * SECOND} for place in range(number)]

    for more, sentence in AROUND.items():
        yield Suggestion({"at": noon, "messages": before(limit.most + more)}, sentence)
    yield from edges_of_period(
        limit,
        noon,
        lambda first: {"at": noon, "messages": [{"at": first}, *before(limit.most - 1)]},
        what_of_messages,
    )


def edges_of_period(limit, noon, facts_with, sentence) -> Iterator[Suggestion]:
    start = limit.period_before(noon).start
    yield Suggestion(facts_with(start), sentence(inside=True))
    yield Suggestion(facts_with(start - SECOND), sentence(inside=False))


def edges_of_quiet_hours(limit, noon) -> Iterator[Suggestion]:
    for clock in (limit.quiet_from, limit.quiet_until):
        edge = datetime.combine(noon.date(), clock, tzinfo=limit.zone)
        yield Suggestion(
            {"at": edge - SECOND},
            Words(en="Just before an end of the quiet hours.", zh="免打扰时段边界前一秒。"),
        )
        yield Suggestion(
            {"at": edge}, Words(en="Exactly at an end of the quiet hours.", zh="正好在免打扰时段的边界上。")
        )


def what_of_messages(*, inside: bool) -> Words:
    if inside:
        return Words(en="The earliest message just belongs to the period.", zh="最早的一条消息刚好在周期内。")
    return Words(en="The earliest message is just outside the period.", zh="最早的一条消息刚好在周期外。")


def what_of_purchases(*, inside: bool) -> Words:
    if inside:
        return Words(en="The purchase just belongs to the period.", zh="购买时间刚好在周期内。")
    return Words(en="The purchase is just outside the period.", zh="购买时间刚好在周期外。")

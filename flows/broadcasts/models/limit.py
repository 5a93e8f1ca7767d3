from datetime import time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from flows.broadcasts.categories import Category
from flows.broadcasts.limits import (
    BOUGHT,
    CALENDAR,
    CALENDAR_UNITS,
    CAP,
    PACE,
    QUIET,
    ROLLING,
    ROLLING_UNITS,
    CompiledLimit,
)
from flows.broadcasts.models import limit_facts
from flows.broadcasts.models.limit_parts import parts_of
from flows.channels.drivers import channel_choices
from rules.store.models import StoredRecord
from rules.store.problems import Line, RecordErrors, RecordProblem


def zone_choices():
    return [(zone, zone) for zone in settings.WAGTAIL_USER_TIME_ZONES]


class Limit(StoredRecord):
    """One thing that bounds broadcasts. All live limits that concern a broadcast hold; the strictest wins."""

    class Kind(models.TextChoices):
        CAP = CAP, _("at most so many messages per customer")
        PACE = PACE, _("at most so many messages in all; the others wait")
        BOUGHT = BOUGHT, _("not to customers who bought recently")
        QUIET = QUIET, _("quiet hours; messages wait until they are over")

    class Counted(models.TextChoices):
        ROLLING = ROLLING, _("back from the moment of sending")
        CALENDAR = CALENDAR, _("by the calendar")

    class Unit(models.TextChoices):
        MINUTE = "minute", _("minutes")
        HOUR = "hour", _("hours")
        DAY = "day", _("days")
        WEEK = "week", _("weeks")
        MONTH = "month", _("months")

    kind = models.CharField(_("what it does"), max_length=10, choices=Kind, default=Kind.CAP)
    channel = models.CharField(
        _("channel"), max_length=40, blank=True, choices=channel_choices,
        help_text=_("Leave empty for all channels."),
    )  # fmt: skip
    category = models.CharField(
        pgettext_lazy("of messages or words", "category"), max_length=20, blank=True, choices=Category,
        help_text=_("Leave empty for messages of every category."),
    )  # fmt: skip
    most = models.PositiveIntegerField(
        _("at most"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Messages.")
    )
    length = models.PositiveIntegerField(
        _("within"), null=True, blank=True, default=1, validators=[MinValueValidator(1)]
    )
    unit = models.CharField(_("unit"), max_length=10, choices=Unit, default=Unit.DAY)
    counted = models.CharField(
        _("counted"), max_length=10, choices=Counted, default=Counted.CALENDAR,
        help_text=_(
            "By the calendar: 1 day is today from midnight on, in the time zone below. "
            "Back from the moment of sending: 1 day is the last 24 hours; exactly 24 hours ago still counts."
        ),
    )  # fmt: skip
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(
        _("quiet until"), null=True, blank=True, help_text=_("May be on the next morning: 21:00 until 09:00.")
    )
    zone = models.CharField(
        _("time zone"), max_length=40, choices=zone_choices, default="Asia/Shanghai",
        help_text=_("Whose midnight begins a day."),
    )  # fmt: skip

    narrower_may_only_tighten = models.BooleanField(
        _("regions and stores may only tighten it"),
        default=True,
        help_text=_("If not, a region or store may also allow more than this, or switch it off."),
    )

    class Meta(StoredRecord.Meta):
        verbose_name = _("limit")
        verbose_name_plural = _("limits")

    def document(self):
        document = {
            "kind": self.kind,
            "channel": self.channel,
            "category": self.category,
            "zone": self.zone,
            "only_tighten": self.narrower_may_only_tighten,
        }
        if self.kind == QUIET:
            return document | {
                "quiet_from": clock_text(self.quiet_from),
                "quiet_until": clock_text(self.quiet_until),
            }
        document |= {"counted": self.counted, "length": self.length, "unit": self.unit}
        return document if self.kind == BOUGHT else document | {"most": self.most}

    @classmethod
    def compile(cls, document):
        if problems := list(problems_of(document)):
            raise RecordErrors(problems)
        return CompiledLimit(
            kind=document["kind"],
            channel=document["channel"],
            category=document["category"],
            zone=ZoneInfo(document["zone"]),
            most=document.get("most"),
            counted=document.get("counted", ""),
            length=document.get("length"),
            unit=document.get("unit", ""),
            quiet_from=clock_of(document.get("quiet_from")),
            quiet_until=clock_of(document.get("quiet_until")),
            off=document.get("off", False),
        )

    @classmethod
    def adjustable_parts(cls, document):
        return parts_of(document)

    @classmethod
    def with_parts(cls, document, values):
        return document | {name: value for part in values.values() for name, value in part.items()}

    @classmethod
    def may_only_tighten(cls, document):
        # Versions from before there were regions and stores to tighten it do not say.
        return document.get("only_tighten", True)

    @classmethod
    def in_words(cls, document, language):
        with translation.override(language):
            lines = [
                Line("says", say("Limit"), limit_text(document)),
                Line("concerns", say("Holds for"), concerns_text(document)),
            ]
            if below := below_text(document):
                lines.append(Line("below", say("Regions and stores"), below))
            return lines

    # Tests and back-tests: one message to one customer at one moment.

    @classmethod
    def asks(cls, compiled):
        return limit_facts.variables_of(compiled)

    @classmethod
    def replay(cls, compiled, facts):
        return limit_facts.decided(compiled, facts)

    @classmethod
    def boundaries(cls, compiled):
        return list(limit_facts.boundaries(compiled))

    @classmethod
    def possible_outcomes(cls, compiled, facts):
        return limit_facts.possible(compiled)

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        with translation.override(language):
            return [limit_facts.said(outcome)]

    @classmethod
    def explain(cls, compiled, facts, language):
        with translation.override(language):
            return [limit_facts.why(compiled, facts)]

    @classmethod
    def facts_in_words(cls, compiled, facts, language):
        with translation.override(language):
            labels = {asked.name: asked.label.say(language) for asked in limit_facts.all_variables()}
            rest = {name: value for name, value in facts.items() if name != "messages"}
            said = dict(super().facts_in_words(compiled, rest, language))
            for name, text in limit_facts.facts_told(facts).items():
                said[labels[name]] = text
            return list(said.items())


def clock_text(clock: time | None) -> str:
    return clock.strftime("%H:%M") if clock else ""


def clock_of(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


# What can be wrong, each at its field.


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return False
    return True


def problems_of(document):
    kind = document["kind"]
    missing = _("Please fill this in.")
    if not is_zone(document["zone"]):
        yield RecordProblem(("zone",), missing)
    if kind == QUIET:
        yield from (
            RecordProblem((name,), missing) for name in ("quiet_from", "quiet_until") if not document[name]
        )
        if document["quiet_from"] and document["quiet_from"] == document["quiet_until"]:
            yield RecordProblem(
                ("quiet_until",),
                _("Quiet hours that end when they begin would last all day. Choose another end."),
            )
        return
    if not document["length"]:
        yield RecordProblem(("length",), missing)
    if kind in (CAP, PACE) and not document["most"]:
        yield RecordProblem(("most",), missing)
    yield from unit_problems(document)


# What is counted over a longer time than ten years is a slip of the hand.
MOST_DAYS = 3_660
DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 31}


def unit_problems(document):
    if (document["length"] or 0) * DAYS.get(document["unit"], 1) > MOST_DAYS:
        yield RecordProblem(("length",), _("Choose at most ten years."))
    if document["kind"] == PACE and document["counted"] == CALENDAR:
        yield RecordProblem(
            ("counted",), _("A pace is counted back from the moment of sending. Choose that here.")
        )
    elif document["counted"] == CALENDAR and document["unit"] not in CALENDAR_UNITS:
        yield RecordProblem(("unit",), _("By the calendar, count in days, weeks or months."))
    elif document["counted"] == ROLLING and document["unit"] not in ROLLING_UNITS:
        yield RecordProblem(
            ("unit",),
            _("Back from the moment of sending, count in minutes, hours or days."),
        )


# What it says, in the active language.


def limit_text(document):
    if document["kind"] == QUIET:
        return (
            say("Nothing is sent from %(quiet_from)s until %(quiet_until)s (%(zone)s); messages wait.")
            % document
        )
    said = document | {"period": period_text(document)}
    if document["kind"] == BOUGHT:
        return say("Not to customers who bought %(period)s.") % said
    if document["kind"] == PACE:
        return say("At most %(most)s messages in all %(period)s; the others wait.") % said
    return (
        ngettext(
            "At most %(most)s message per customer %(period)s.",
            "At most %(most)s messages per customer %(period)s.",
            document["most"] or 0,
        )
        % said
    )


# (counted, unit): what is said of one, and of several.
PERIODS = {
    (ROLLING, "minute"): (_("within the last minute"), _("within the last %(length)s minutes")),
    (ROLLING, "hour"): (_("within the last hour"), _("within the last %(length)s hours")),
    (ROLLING, "day"): (_("within the last 24 hours"), _("within the last %(length)s times 24 hours")),
    (CALENDAR, "day"): (
        _("on one calendar day (%(zone)s)"),
        _("on %(length)s calendar days, today included (%(zone)s)"),
    ),
    (CALENDAR, "week"): (
        _("in one calendar week (%(zone)s)"),
        _("in %(length)s calendar weeks, this one included (%(zone)s)"),
    ),
    (CALENDAR, "month"): (
        _("in one calendar month (%(zone)s)"),
        _("in %(length)s calendar months, this one included (%(zone)s)"),
    ),
}


def period_text(document):
    """ "" for a draft whose unit does not fit how it is counted."""
    one, several = PERIODS.get((document["counted"], document["unit"]), ("", ""))
    return str(one if document["length"] == 1 else several) % document


def below_text(document):
    """ "" where regions and stores may only tighten it, which is the rule."""
    if document.get("off"):
        return say("Switched off here.")
    if document["kind"] == PACE or document.get("only_tighten", True):
        return ""
    return say("may allow more than this, or switch it off")


def concerns_text(document):
    channels = dict(channel_choices())
    said = {
        "channel": channels.get(document["channel"], document["channel"]),
        "category": Category(document["category"]).label if document["category"] else "",
    }
    if document["channel"] and document["category"]:
        return say("messages of the category %(category)s on the channel %(channel)s") % said
    if document["channel"]:
        return say("all messages on the channel %(channel)s") % said
    if document["category"]:
        return say("messages of the category %(category)s on every channel") % said
    return say("all messages on every channel")

from dataclasses import dataclass

from django.db import models
from django.utils import translation
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from flows.broadcasts import variables
from flows.broadcasts.categories import Category
from flows.broadcasts.content import blocked, lexicons_in_force, named, spans_in
from flows.broadcasts.forms import BroadcastForm
from flows.channels.drivers import channel_choices
from flows.customers.models import Segment
from rules.store.models import StoredRecord
from rules.store.problems import Line, RecordErrors, RecordProblem
from rules.store.runtime import live_version


@dataclass(frozen=True, kw_only=True)
class CompiledBroadcast:
    """`stand_in` says what is written for {name}'s empty value; "" leaves such customers out."""

    segment: str
    channel: str
    category: str
    message: str
    stand_in: str

    def text_for(self, customer) -> str | None:
        """The message as `customer` reads it; None if it asks for something that is not known of them."""
        values = {
            field: getattr(customer, field) or self.stand_in for field in variables.fields_in(self.message)
        }
        return variables.filled(self.message, values) if all(values.values()) else None


class Broadcast(StoredRecord):
    """A message to a segment on one channel. Reviewed once, it can be sent; each sending is a Sending."""

    class WhenMissing(models.TextChoices):
        STAND_IN = "stand_in", _("write the words below instead")
        LEAVE_OUT = "leave_out", _("leave this customer out")

    segment = models.SlugField(_("segment"), max_length=80, help_text=_("Who it is for."))
    channel = models.CharField(_("channel"), max_length=40, choices=channel_choices, default="console")
    category = models.CharField(
        pgettext_lazy("of messages or words", "category"),
        max_length=20,
        choices=Category,
        default=Category.PROMOTION,
    )
    message = models.TextField(_("message"), max_length=2000)
    when_missing = models.CharField(
        _("when something is not known of a customer"), max_length=10,
        choices=WhenMissing, default=WhenMissing.STAND_IN,
    )  # fmt: skip
    stand_in = models.CharField(
        _("words to write instead"), max_length=60, blank=True, help_text=_("For example: dear customer.")
    )

    base_form_class = BroadcastForm

    class Meta(StoredRecord.Meta):
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")

    def document(self):
        return {
            "segment": self.segment,
            "channel": self.channel,
            "category": self.category,
            "message": self.message,
            "when_missing": self.when_missing,
            "stand_in": self.stand_in if self.when_missing == self.WhenMissing.STAND_IN else "",
        }

    @classmethod
    def compile(cls, document):
        if problems := list(problems_of(document)):
            raise RecordErrors(problems)
        return CompiledBroadcast(
            **{key: document[key] for key in ("segment", "channel", "category", "message", "stand_in")}
        )

    def completeness(self):
        problems = []
        if self.segment and live_version(Segment, self.segment) is None:
            problems.append(
                RecordProblem(("segment",), _("This segment is not live. Have it reviewed first."))
            )
        if spans := blocked(self.spans()):
            problems.append(
                RecordProblem(
                    ("message",),
                    _("The lexicons block this message because of %(words)s.") % {"words": named(spans)},
                )
            )
        return problems

    def spans(self):
        """What the live lexicons find in the message, placeholders apart."""
        return spans_in(variables.without_placeholders(self.message), lexicons_in_force())

    @classmethod
    def in_words(cls, document, language):
        with translation.override(language):
            lines = [
                Line("segment", say("Who gets it"), segment_name(document["segment"])),
                Line("message", say("Message"), document["message"]),
                Line(
                    "channel",
                    say("Channel"),
                    channel_name(document["channel"]),
                ),
                Line(
                    "category",
                    pgettext("of messages or words", "Category"),
                    str(Category(document["category"]).label),
                ),
            ]
            if variables.PLACEHOLDER.search(document["message"]):
                lines.append(Line("missing", say("When something is not known"), missing_text(cls, document)))
            if spans := spans_in(variables.without_placeholders(document["message"]), lexicons_in_force()):
                lines.append(Line("lexicons", say("The lexicons find"), named(spans)))
            return lines


def problems_of(document):
    for name in dict.fromkeys(variables.unknown_in(document["message"])):
        yield RecordProblem(
            ("message",),
            _("{%(name)s} is not known. You can write: %(known)s")
            % {"name": name, "known": variables.spelled_out(get_language() or "en")},
        )
    if (
        document["when_missing"] == Broadcast.WhenMissing.STAND_IN
        and not document["stand_in"]
        and variables.PLACEHOLDER.search(document["message"])
    ):
        yield RecordProblem(
            ("stand_in",), _("Write what the message says when something is not known of a customer.")
        )


# What it says, in the active language.


def segment_name(slug):
    segment = Segment.objects.filter(slug=slug).first()
    return segment.name if segment else slug


def channel_name(key):
    return str(dict(channel_choices()).get(key, key))


def missing_text(broadcast, document):
    if document["when_missing"] == broadcast.WhenMissing.LEAVE_OUT:
        return say("the customer is left out")
    return say("“%(words)s” is written instead") % {"words": document["stand_in"]}

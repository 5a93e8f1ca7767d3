"""What cannot be done with a ticket now, each with a sentence for the person who tried."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.texts import said
from rules.store.problems import Refusal


class NoLiveType(Refusal):
    def __init__(self, slug: str):
        super().__init__(_("No live ticket type is called “%(slug)s”.") % {"slug": slug})


class NoSuchStep(Refusal):
    def __init__(self, ticket):
        super().__init__(_("This step does not lead on from where the ticket is now."))


class NotYours(Refusal):
    """Not by you; `sentence` says by whom."""


class ConditionNotMet(Refusal):
    """`explanation` is None for those who may not see what it tells."""

    def __init__(self, step, explanation):
        language = get_language()
        if explanation is None:
            super().__init__(
                _("“%(button)s” is possible only when %(condition)s.")
                % {"button": said(step.label, language), "condition": step.condition.sentence(language)}
            )
            return
        super().__init__(
            _("“%(button)s” is possible only when %(condition)s. Now: %(why)s")
            % {
                "button": said(step.label, language),
                "condition": step.condition.sentence(language),
                "why": explanation.because(language),
            }
        )


class AnswersMissing(Refusal):
    """`names`: the fields that must be answered first."""

    def __init__(self, specs):
        self.names = [spec.name for spec in specs]
        labels = _(", ").join(said(spec.label, get_language()) for spec in specs)
        super().__init__(_("Please answer first: %(fields)s.") % {"fields": labels})


class TicketMovedMeanwhile(Refusal):
    """Someone else moved it between looking and pressing. Nothing was changed."""

    def __init__(self, event):
        self.event = event
        language = get_language()
        super().__init__(
            _(
                "%(name)s pressed “%(button)s” on %(when)s and moved this ticket from “%(from)s” to “%(to)s”."
                " Your step was not made; what you typed is still here."
            )
            % {
                "name": event.by or _("The system"),
                "button": said(event.data["button"], language),
                "when": date_format(localtime(event.at), "DATETIME_FORMAT"),
                "from": said(event.data["from"], language),
                "to": said(event.data["to"], language),
            }
        )


class TakenMeanwhile(Refusal):
    def __init__(self, person):
        super().__init__(_("%(name)s took this ticket a moment ago.") % {"name": person})

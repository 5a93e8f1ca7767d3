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


class WentOnMeanwhile(Refusal):
    """It went on by itself, or was decided, between looking and pressing."""

    def __init__(self):
        super().__init__(
            _("This ticket went on meanwhile. Your step was not made; what you typed is still here.")
        )


def moved_meanwhile(ticket) -> Refusal:
    """What to tell whoever came second: who moved it, if a person did last."""
    last = ticket.events.exclude(kind="taken").select_related("by").order_by("at", "pk")
    moved = last.filter(kind="moved").last()
    return TicketMovedMeanwhile(moved) if moved else WentOnMeanwhile()


class Told(Refusal):
    """One that is kept and read later, so it is said anew in each reader's language."""

    def __init__(self):
        super().__init__(self)

    def say_it(self) -> str:
        raise NotImplementedError

    @property
    def sentence(self):
        return self.say_it()

    @sentence.setter
    def sentence(self, value):
        pass

    def __str__(self):
        return self.say_it()


class NoWayOn(Told):
    def __init__(self, node):
        self.node = node
        super().__init__()

    def say_it(self):
        return _("At “%(step)s” no condition holds, so the ticket cannot go on from there.") % {
            "step": said(self.node.label, get_language())
        }


class GoesRound(Told):
    def __init__(self, node, times: int = 0):
        self.node, self.times = node, times
        super().__init__()

    def say_it(self):
        step = said(self.node.label, get_language())
        if self.times:
            return _("This ticket has been at “%(step)s” %(times)s times. Someone should look at it.") % {
                "step": step,
                "times": self.times,
            }
        return _("This flow goes round in a circle by itself at “%(step)s”.") % {"step": step}


class TooDeep(Told):
    def __init__(self, ticket):
        self.ticket = ticket
        super().__init__()

    def say_it(self):
        return _("Tickets would open tickets without end here.")


class CannotBeDone(Refusal):
    """Something a flow does by itself; `sentence` says why not."""


class TakenMeanwhile(Refusal):
    def __init__(self, person):
        super().__init__(_("%(name)s took this ticket a moment ago.") % {"name": person})

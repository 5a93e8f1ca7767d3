"""Doing what a flow does by itself. Each is part of the step that caused it; what leaves the house waits in
the outbox until that step is stored."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from flows.channels.actions import enqueue_new
from flows.channels.models import Webhook
from flows.channels.notices.telling import webhook_message
from flows.forms.fields import answer_of, is_unanswered
from flows.forms.texts import said
from flows.tickets.automatic import usual_actions
from flows.tickets.models import TicketTag
from flows.tickets.models.ticket import Urgency
from flows.tickets.notices import told_by_flow
from flows.tickets.refusals import CannotBeDone
from rules.engine import action_sentence

LANGUAGES = {"en": "en", "zh": "zh-hans"}


def do(walk, action: Mapping, *, holder) -> dict:
    """Do one action. → what was done, in both languages"""
    DOERS[action["name"]](walk, holder=holder, **action["params"])
    if action["name"] == "set_field":
        # What was answered is for those who may see the field; that it was is for all.
        return {short: field_was_set(walk, action, language) for short, language in LANGUAGES.items()}
    return {
        short: action_sentence(action, language, usual_actions()) for short, language in LANGUAGES.items()
    }


def field_was_set(walk, action: Mapping, language: str) -> str:
    spec = walk.runtime.field_named.get(action["params"]["field"])
    with override(language):
        return _("set “%(field)s”") % {"field": said(spec.label, language) if spec else ""}


def set_field(walk, *, holder, field: str, value: str = "") -> None:
    ticket, spec = walk.ticket, walk.runtime.field_named.get(field)
    if spec is None:
        return
    answer = read_answer(spec, value, today=localtime(walk.at).date())
    answers = {name: given for name, given in ticket.answers.items() if name != field}
    if not is_unanswered(answer):
        answers[field] = answer
    walk.answered(walk.runtime.logic.settle(answers).answers)


def read_answer(spec, value: str, *, today):
    """`value` as the field itself reads it. Raises CannotBeDone."""
    try:
        asked = spec.form_field(language="zh-hans", today=today)
        return answer_of(spec, asked.clean(spec.asks.from_text(value, spec, today=today)))
    except ValidationError as error:
        raise CannotBeDone(
            _("“%(field)s” cannot be set to “%(value)s”: %(why)s")
            % {"field": said(spec.label, None), "value": value, "why": " ".join(error.messages)}
        ) from error


def add_tag(walk, *, holder, tag: str) -> None:
    if name := tag.strip()[:50]:
        TicketTag.objects.get_or_create(ticket=walk.ticket, name=name)
        walk.facts_changed(tag=name)


def set_urgency(walk, *, holder, level: str) -> None:
    walk.ticket.urgency = Urgency.of(level)
    walk.facts_changed()


def create_ticket(walk, *, holder, ticket_type: str) -> None:
    walk.open_tickets([{"ticket_type": ticket_type}])


def notify(walk, *, holder, who: str, message: str) -> None:
    people = {
        "assignee": [holder.assignee],
        "creator": [walk.ticket.created_by],
        "department": holder.department.staff.filter(is_active=True) if holder.department else [],
    }[who]
    walk.told.append(
        told_by_flow(
            filter(None, people), note=message, number=walk.next_number(), subject=walk.ticket.subject
        )
    )


def call_webhook(walk, *, holder, url: str) -> None:
    """`url`: of a webhook that an administrator has set up, so that it is signed and goes nowhere else."""
    webhook = Webhook.objects.filter(url=url, is_on=True).first()
    if webhook is None:
        raise CannotBeDone(
            _("No webhook “%(url)s” is switched on. An administrator sets it up under Settings.")
            % {"url": url}
        )
    ticket = walk.ticket
    message = webhook_message(
        webhook,
        event="ticket.flow",
        subject=ticket.subject,
        at=walk.at,
        key=f"{ticket.subject}:{walk.next_number()}",
    )
    # Numbers and names of steps only: no answer leaves the house without someone deciding that it may.
    message.payload["body"] |= {"ticket_type": ticket.ticket_type, "node": walk.node}
    enqueue_new([message])


DOERS = {
    "set_field": set_field,
    "add_tag": add_tag,
    "set_urgency": set_urgency,
    "create_ticket": create_ticket,
    "notify": notify,
    "call_webhook": call_webhook,
}

"""Macros: a stored answer with what goes with it, tried before it is done, done whole or not at all.

Placeholders are written in braces, in either language: {customer} or {顾客}. They say what the person who
uses the macro may read, never more; one that has nothing to say stops the macro, for “Dear ,” must reach
nobody.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from flows.forms.texts import said
from flows.organisation.models import Department
from flows.tickets.actions import live_type, move_ticket, offers
from flows.tickets.field_access import as_seen
from flows.tickets.models import Ticket
from flows.tickets.models.ticket import Urgency
from flows.tickets.refusals import NoLiveType
from flows.tickets.together.changing import change_tags, checked_tag, set_urgency
from flows.tickets.together.comments import add_comment
from flows.tickets.together.models import Macro
from flows.tickets.together.models.macro import Audience
from flows.tickets.together.rights import demand_work, may_work
from rules.store.problems import Refusal

BRACES = re.compile(r"[{｛]\s*([^{}｛｝]{1,40}?)\s*[}｝]")


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    names: tuple[str, ...]
    label: object
    says: Callable


def placeholder(*names: str, label, says: Callable) -> Placeholder:
    return Placeholder(names=names, label=label, says=says)


PLACEHOLDERS = (
    placeholder(
        "customer",
        "顾客",
        label=gettext_lazy("name of the customer"),
        says=lambda ticket, by: ticket.customer and (ticket.customer.name or ticket.customer.number),
    ),
    placeholder(
        "ticket", "工单", label=gettext_lazy("number of the ticket"), says=lambda ticket, by: f"#{ticket.pk}"
    ),
    placeholder(
        "order",
        "订单",
        label=gettext_lazy("number of the order"),
        says=lambda ticket, by: ticket.order and ticket.order.number,
    ),
    placeholder(
        "store",
        "门店",
        label=gettext_lazy("store"),
        says=lambda ticket, by: ticket.store and str(ticket.store),
    ),
    placeholder("me", "我", label=gettext_lazy("who answers"), says=lambda ticket, by: str(by)),
    placeholder(
        "assignee",
        "处理人",
        label=gettext_lazy("who has the ticket"),
        says=lambda ticket, by: ticket.assignee and str(ticket.assignee),
    ),
)
BY_NAME = {name: one for one in PLACEHOLDERS for name in one.names}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a macro would do to one ticket. `refusal`: why it cannot."""

    reply: str
    steps: list[str] = field(default_factory=list)
    refusal: str = ""


# Using


def offered(ticket: Ticket, *, to) -> list[Macro]:
    return list(Macro.objects.offered_to(to).for_type(ticket.ticket_type)) if may_work(to) else []


def preview(macro: Macro, *, ticket: Ticket, by, at: datetime) -> Preview:
    refusal, reply = "", macro.reply
    try:
        reply = filled(macro.reply, ticket=ticket, by=by)
        refusal = refusal_to_press(macro, ticket=ticket, by=by, at=at)
    except Refusal as refused:
        refusal = str(refused)
    return Preview(reply=reply, steps=steps_of(macro), refusal=refusal)


def refusal_to_press(macro: Macro, *, ticket: Ticket, by, at: datetime) -> str:
    if not macro.transition:
        return ""
    found = [
        offer for offer in offers(ticket=ticket, to=by, at=at) if offer.step.key == macro.transition["key"]
    ]
    if not found:
        return _("“%(button)s” cannot be pressed where this ticket is now.") % {
            "button": said(macro.transition["label"], get_language())
        }
    return found[0].refusal


def steps_of(macro: Macro) -> list[str]:
    """What the macro does, in sentences."""
    steps = []
    if macro.reply:
        steps.append(
            _("writes a comment the customer may read")
            if macro.is_public
            else _("writes an internal comment")
        )
    if macro.add_tags:
        steps.append(_("adds tags: %(tags)s") % {"tags": _(", ").join(macro.add_tags)})
    if macro.remove_tags:
        steps.append(_("removes tags: %(tags)s") % {"tags": _(", ").join(macro.remove_tags)})
    if macro.urgency:
        steps.append(_("sets the urgency: %(urgency)s") % {"urgency": Urgency(macro.urgency).label})
    if macro.transition:
        steps.append(_("presses “%(button)s”") % {"button": said(macro.transition["label"], get_language())})
    return steps


def filled(text: str, *, ticket: Ticket, by) -> str:
    """Raises Refusal when a placeholder has nothing to say."""
    seen = as_seen(ticket, by=by)

    def say(match) -> str:
        known = BY_NAME.get(match[1].lower())
        if known is None:
            return match[0]
        words = known.says(seen, by)
        if not words:
            raise Refusal(
                _("The reply names “%(what)s”, which this ticket does not have.") % {"what": known.label}
            )
        return words

    return BRACES.sub(say, text)


@transaction.atomic
def use_macro(*, macro: Macro, ticket: Ticket, by, at: datetime, reply: str | None = None) -> Ticket:
    """Do all of it, or raise a Refusal and do nothing. `reply`: what the person made of the stored one."""
    demand_work(ticket, by=by)
    if not Macro.objects.offered_to(by).for_type(ticket.ticket_type).filter(pk=macro.pk).exists():
        raise Refusal(_("This macro is not for you or not for tickets of this type."))
    text = filled(macro.reply if reply is None else reply, ticket=ticket, by=by)
    if text.strip():
        add_comment(ticket=ticket, text=text, is_public=macro.is_public, by=by, at=at, though_unseen=True)
    if macro.add_tags or macro.remove_tags:
        change_tags(ticket=ticket, add=macro.add_tags, remove=macro.remove_tags, by=by, at=at)
    if macro.urgency:
        set_urgency(ticket=ticket, urgency=macro.urgency, by=by, at=at)
    if macro.transition:
        return move_ticket(ticket=ticket, transition=macro.transition["key"], by=by, at=at)
    return ticket


# Making


def audiences_for(person) -> list[str]:
    """To whom a person may offer what they store."""
    audiences = [Audience.SELF]
    if person.has_perm("together.share_macro"):
        return [*audiences, Audience.DEPARTMENT, Audience.EVERYONE]
    if person.has_perm("together.share_in_department_macro") and person.department_id:
        return [*audiences, Audience.DEPARTMENT]
    return audiences


def departments_for(person):
    """Which departments they may name."""
    if person.has_perm("together.share_macro"):
        return Department.objects.all()
    return Department.objects.filter(pk=person.department_id)


def may_change(stored, person) -> bool:
    """A macro or a view: one's own, or one of an audience that one may offer things to."""
    if stored.audience == Audience.SELF:
        return stored.owner_id == person.pk
    if stored.audience not in audiences_for(person):
        return False
    return stored.department_id is None or departments_for(person).filter(pk=stored.department_id).exists()


def demand_audience(audience: str, department, *, by) -> None:
    """Raises Refusal."""
    if audience not in audiences_for(by):
        raise Refusal(_("You may not offer this to others."))
    if audience == Audience.DEPARTMENT and (
        department is None or not departments_for(by).filter(pk=department.pk)
    ):
        raise Refusal(_("Choose a department you may offer this to."))


@transaction.atomic
def save_macro(*, macro: Macro, by, at: datetime) -> Macro:
    """Raises Refusal, saying what to mend."""
    if not may_work(by) and not by.has_perm("together.share_macro"):
        raise Refusal(_("Macros are made by agents, team leads and designers."))
    if macro.pk and not may_change(Macro.objects.get(pk=macro.pk), by):
        raise Refusal(_("Only who made this macro, or who may offer such macros, changes it."))
    if macro.audience != Audience.DEPARTMENT:
        macro.department = None
    demand_audience(macro.audience, macro.department, by=by)
    unknown = [name for name in BRACES.findall(macro.reply) if name.lower() not in BY_NAME]
    if unknown:
        raise Refusal(
            _("Nothing is known as {%(name)s}. Use one of the words below the reply.") % {"name": unknown[0]}
        )
    macro.add_tags = [checked_tag(tag) for tag in macro.add_tags]
    if not steps_of(macro):
        raise Refusal(_("Give the macro something to do: a reply, tags, an urgency or a button."))
    macro.owner = macro.owner or by
    macro.changed_at = at
    macro.save()
    return macro


def buttons_of(slug: str, *, at: datetime) -> Mapping[str, dict]:
    """The buttons of a live type by key: what a macro can press."""
    try:
        runtime = live_type(slug, at=at).compiled
    except NoLiveType:
        return {}
    return {step.key: step.label for step in runtime.transitions.values()}

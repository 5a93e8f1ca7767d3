"""A ticket in words: its time line, what was answered, and why it came to who has it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flows.forms.texts import said
from flows.tickets.assignment.explaining import Told, assigned_in_words
from flows.tickets.assignment.explaining import explained as assignment_explained
from flows.tickets.events import event_in_words as what_happens
from flows.tickets.field_access import untold
from flows.tickets.models import Ticket, TicketEvent
from flows.tickets.service_levels.words import late_in_words
from rules.engine import Condition
from rules.store.decisions import facts_of
from rules.store.models import Decision, RuleSet

# Kinds of events that flows/tickets/together puts in words.
TOGETHER = ("handed", "tagged", "urgency", "linked", "unlinked", "split", "merged", "unmerged")


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One line of the time line, ready to be shown."""

    at: datetime
    who: str
    what: str
    note: str = ""
    own: bool = False  # done by a person, not by rules


@dataclass(frozen=True, kw_only=True)
class Why:
    """A rule that held: its name, what it met, what it did."""

    rule: str
    because: str
    done: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Explained:
    """What one rule set decided about a ticket."""

    decision: Decision
    name: str
    number: int
    reasons: list[Why]


# Who did it, where no person did.
WITHOUT_PERSON = {
    "routed": gettext_lazy("Rules"),
    "assigned": gettext_lazy("Rules"),
    "late": gettext_lazy("Time limit"),
}


def time_line(ticket: Ticket, language: str, *, to) -> list[Happened]:
    """Newest first."""
    secret = untold(ticket, by=to)
    events = ticket.events.select_related("by").order_by("-at", "-pk")
    return [
        Happened(
            at=event.at,
            who=str(event.by) if event.by else WITHOUT_PERSON.get(event.kind, _("System")),
            what=event_in_words(event, language, secret=secret),
            note=event.data.get("note", ""),
            own=event.by_id is not None,
        )
        for event in events
    ]


def event_in_words(event: TicketEvent, language: str, *, secret: frozenset[str] = frozenset()) -> str:
    match event.kind:
        case "created":
            return opened_in_words(event.data.get("source"))
        case "moved":
            return _("pressed “%(button)s”: from “%(from)s” to “%(to)s”") % {
                name: said(event.data[name], language) for name in ("button", "from", "to")
            }
        case "late":
            return late_in_words(event.data, language)
        case "taken":
            return _("took the ticket")
        case "assigned":
            return assigned_in_words(event.data, secret=secret)
        case "routed":
            return routed_in_words(event.data, language)
        case kind if kind in TOGETHER:
            from flows.tickets.together.conversation import told as said_of

            return said_of(event)
        case kind:
            return FLOW_EVENTS[kind](event.data, language)


def went_in_words(data: dict, language: str) -> str:
    return _("went on by itself: from “%(from)s” to “%(to)s”") % {
        name: said(data[name], language) for name in ("from", "to")
    }


def waits_in_words(data: dict, language: str) -> str:
    step = said(data["node"], language)
    if data["event"]:
        return _("waits at “%(step)s” for: %(event)s") % {"step": step, "event": what_happens(data["event"])}
    until = date_format(localtime(datetime.fromisoformat(data["until"])), "DATETIME_FORMAT")
    return _("waits at “%(step)s” until %(when)s") % {"step": step, "when": until}


def approval_in_words(data: dict, language: str) -> str:
    step = said(data["node"], language)
    return (_("“%(step)s” is approved") if data["approved"] else _("“%(step)s” is refused")) % {"step": step}


def vote_in_words(data: dict, language: str) -> str:
    step = said(data["node"], language)
    return {
        "approved": _("approved at “%(step)s”"),
        "refused": _("refused at “%(step)s”"),
        "waiting": _("took their vote back at “%(step)s”"),
    }[data["vote"]] % {"step": step}


def told(data: dict, name: str, language: str) -> str:
    """What was kept in every language."""
    return data[name].get(language) or next(iter(data[name].values()))


FLOW_EVENTS = {
    "went": went_in_words,
    "did": lambda data, language: _("; ").join(said(one, language) for one in data["done"]),
    "waits": waits_in_words,
    "left": lambda data, language: (
        _("“%(step)s” is not needed any more, since “%(because)s” was reached")
        % {"step": said(data["node"], language), "because": said(data["because"], language)}
    ),
    "opened": lambda data, language: _("opened ticket #%(number)s") % {"number": data["ticket"]},
    "child": lambda data, language: (
        _("#%(number)s ended: %(end)s (%(ended)s of %(of)s)")
        % {
            "number": data["ticket"],
            "end": said(data["end"], language),
            "ended": data["ended"],
            "of": data["of"],
        }
    ),
    "stuck": lambda data, language: (
        _("could not go on from “%(step)s”: %(why)s")
        % {"step": said(data["node"], language), "why": told(data, "why", language)}
    ),
    "resumed": lambda data, language: _("let “%(step)s” go on") % {"step": said(data["node"], language)},
    "asked": lambda data, language: (
        _("“%(step)s” asks for approval: %(who)s")
        % {"step": said(data["node"], language), "who": _(", ").join(data["who"])}
    ),
    "voted": vote_in_words,
    "decided": approval_in_words,
    "passed_on": lambda data, language: _("passed the decision from %(from)s to %(to)s") % data,
    "added": lambda data, language: _("added an approver: %(who)s") % data,
    "returned": lambda data, language: (
        _("returned it from “%(from)s” to “%(to)s”")
        % {name: said(data[name], language) for name in ("from", "to")}
    ),
    "withdrawn": lambda data, language: (
        _("withdrew it from “%(step)s”") % {"step": said(data["node"], language)}
    ),
    "version": lambda data, language: _("moved from version %(from)s of the type to version %(to)s") % data,
}


def opened_in_words(source: str) -> str:
    return {
        "flow": _("opened by another ticket"),
        "import": _("opened it from an imported file"),
        "api": _("opened it from another program"),
    }.get(source, _("opened it"))


def routed_in_words(data: dict, language: str) -> str:
    parts = []
    if data["urgency"] != "green":
        parts.append(_("urgency: %(urgency)s") % {"urgency": urgency_in_words(data["urgency"])})
    if data["tags"]:
        parts.append(_("tags: %(tags)s") % {"tags": _(", ").join(data["tags"])})
    if data["department"]:
        parts.append(_("sent to %(name)s") % {"name": data["department"]})
    if data["person"]:
        parts.append(_("assigned to %(name)s") % {"name": data["person"]})
    if data["ended"]:
        parts.append(_("ended by itself: %(end)s") % {"end": said(data["ended"], language)})
    if data["not_found"]:
        parts.append(
            _("no such department or person any more: %(names)s") % {"names": _(", ").join(data["not_found"])}
        )
    return _("; ").join(parts) or _("no rule applied")


def urgency_in_words(colour: str) -> str:
    return {"red": _("urgent"), "amber": _("soon"), "green": _("normal")}[colour]


def why_assigned(ticket: Ticket, *, to) -> Told | None:
    """Why it was given to whom when it last came to a step where rules decide that."""
    event = ticket.events.filter(kind="assigned").last()
    return event and assignment_explained(event.data, secret=untold(ticket, by=to))


def why_it_came(ticket: Ticket, language: str, *, to) -> list[Explained]:
    """The routing decisions about `ticket`, worked out again from their version and facts."""
    secret = untold(ticket, by=to)
    decisions = (
        Decision.objects.filter(subject=ticket.subject, version__content_type__model=RuleSet._meta.model_name)
        .select_related("version")
        .order_by("pk")
    )  # fmt: skip
    return [explained(decision, language, secret=secret) for decision in decisions]


def explained(decision: Decision, language: str, *, secret: frozenset[str]) -> Explained:
    version = decision.decided_by
    ruleset, facts = version.compiled, facts_of(decision)
    made = ruleset.decide(facts)
    scores = getattr(ruleset, "scores", None)
    names = {rule["id"]: rule["name"] for rule in version.document["rules"]}
    reasons = [
        Why(
            rule=names.get(reason.rule, str(reason.rule)),
            because=_("; ").join(
                settled_in_words(leaf, language, secret=secret)
                if not scores or not asks_score(leaf, scores)
                else score_in_words(leaf, scores, facts, language, secret=secret)
                for leaf in reason.explanation.decisive
            )
            or _("it applies to every ticket"),
            done=[
                ruleset.action_sentence(action, language)
                for action in made.actions
                if action["rule"] == reason.rule
            ],
        )
        for reason in made.reasons
        if reason.held
    ]
    return Explained(decision=decision, name=version.name, number=version.number, reasons=reasons)


def asks_score(leaf, scores) -> bool:
    return leaf.kind == "leaf" and leaf.tree.variable.name in scores


def score_in_words(leaf, scores, facts, language: str, *, secret: frozenset[str]) -> str:
    """The score with what made it up, unless it was made up of what the reader may not see."""
    name = leaf.tree.variable.name
    if secret & (scores.needs_of(name) | Condition(tree=leaf.tree).names):
        return _("something you may not see here")
    return scores.reason(name, facts, language)


def settled_in_words(leaf, language: str, *, secret: frozenset[str]) -> str:
    """The fact that settled a comparison. A word list is not read out: only the words that were met."""
    if secret & Condition(tree=leaf.tree).names:
        return _("something you may not see here")
    if leaf.kind != "leaf":
        return leaf.sentence(language)
    label, find = leaf.tree.variable.label.say(language), leaf.tree.operator.found
    if find and not leaf.missing:
        met = find(leaf.actual, leaf.tree.prepared)
        if met:
            return _("%(fact)s has %(words)s") % {
                "fact": label,
                "words": _(", ").join(f"“{word}”" for word in met),
            }
        return _("%(fact)s has none of %(count)s words") % {"fact": label, "count": len(leaf.tree.value)}
    if leaf.missing:
        return _("%(fact)s: no value") % {"fact": label}
    return _("%(fact)s: %(value)s") % {"fact": label, "value": leaf.as_json(language)["actual"]}


def typed_in_words(form, names: Iterable[str], language: str) -> list[tuple[str, str]]:
    """What someone typed into fields that are not asked any more, so that it is not lost."""
    specs = {spec.name: spec for spec in form.specs}
    typed = []
    for name in names:
        text = form[name].value()
        text = "、".join(text) if isinstance(text, list) else str(text or "")
        if text:
            typed.append((said(specs[name].label, language), text))
    return typed

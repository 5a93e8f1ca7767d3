"""Where a new ticket goes: what the published routing rules decide, put together by one policy.

The policy, where several rules or rule sets hold:
    urgency     the highest wins
    tags        all of them
    department  the first rule that names one; rule sets about this ticket type come before general ones
    person      the same
    ending      a rule may end a ticket by itself only if no rule raised its urgency: a complaint hidden in
                praise is read by a person
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from flows.tickets.facts import VOCABULARY, choices_of_actions, only_used
from rules.store.lexicons import published_lexicons
from rules.store.models import Version
from rules.store.purposes import FORMULAS, SCORECARDS, TABLES, register_purpose
from rules.store.runtime import Effective

PURPOSE = "tickets.routing"
SCORE_PURPOSE = "tickets"
COLOURS = ("green", "amber", "red")
POLICY = _(
    "When several rules hold: the highest urgency counts, all tags are added, the first rule that names a"
    " department or person decides (rules for this ticket type before general ones), and a ticket ends by"
    " itself only if no rule raised its urgency."
)


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What one rule set decided, with the facts it asked for."""

    version: Version | Effective
    facts: dict
    fired: list
    actions: list


@dataclass(frozen=True, kw_only=True)
class Routing:
    """`department` is a slug, `person` a username, `outcome` an end of the flow; "" for none."""

    urgency: str = "green"
    tags: tuple[str, ...] = ()
    department: str = ""
    person: str = ""
    outcome: str = ""
    decided: Sequence[Decided] = ()


def route(facts: dict, rulesets: Iterable[Version | Effective]) -> Routing:
    """`rulesets`: as `live_rulesets` gives them, general ones first, as they decide at the ticket's store.
    Without any, a ticket stays as it is."""
    decided = [decide(facts, version) for version in narrow_first(rulesets)]
    actions = [action for one in decided for action in one.actions]
    return replace(put_together(actions), decided=decided)


def put_together(actions: Iterable[dict]) -> Routing:
    """What the policy makes of [{"name", "params"}], narrower rule sets first."""
    done = [(action["name"], action["params"]) for action in actions]
    urgency = max(
        (params["level"] for name, params in done if name == "set_urgency"),
        key=COLOURS.index,
        default="green",
    )
    return Routing(
        urgency=urgency,
        tags=tuple(sorted({params["tag"].strip()[:50] for name, params in done if name == "add_tag"} - {""})),
        department=first(done, "send_to_department", "department"),
        person=first(done, "assign_to_person", "person"),
        outcome=first(done, "close", "outcome") if urgency == "green" else "",
    )


def sum_up(actions: Iterable[dict]) -> list[dict]:
    """The actions that are left when the policy has put `actions` together; in a fixed order."""
    routing = put_together(actions)
    left = [("set_urgency", "level", routing.urgency if routing.urgency != COLOURS[0] else "")]
    left += [("send_to_department", "department", routing.department)]
    left += [("assign_to_person", "person", routing.person)]
    left += [("add_tag", "tag", tag) for tag in routing.tags]
    left += [("close", "outcome", routing.outcome)]
    return [{"name": name, "params": {param: value}} for name, param, value in left if value]


def decide(facts: dict, version: Version | Effective) -> Decided:
    ruleset = version.compiled
    decision = ruleset.decide(facts)
    return Decided(
        version=version,
        facts=only_used(facts, ruleset.names),
        fired=list(decision.fired),
        actions=decision.actions,
    )


def narrow_first(rulesets: Iterable[Version | Effective]) -> list[Version | Effective]:
    return sorted(rulesets, key=lambda version: not version.base.document["about"])


def first(actions: Iterable[tuple], name: str, param: str) -> str:
    return next((params[param] for acted, params in actions if acted == name), "")


def register() -> None:
    register_purpose(
        key=PURPOSE,
        label=_("Ticket routing"),
        vocabulary=VOCABULARY,
        about_choices=types_to_be_about,
        fields_of=fields_of_type,
        options_of=choices_of_actions,
        lexicons_of=published_lexicons,
        scores_of=SCORE_PURPOSE,
        sum_up=sum_up,
    )
    register_purpose(
        key=SCORE_PURPOSE,
        label=_("Tickets"),
        vocabulary=VOCABULARY,
        about_choices=types_to_be_about,
        fields_of=fields_of_type,
        lexicons_of=published_lexicons,
        kinds=(SCORECARDS, FORMULAS, TABLES),
    )


def types_to_be_about() -> list[tuple[str, str]]:
    from flows.tickets.models import TicketType

    return list(TicketType.objects.in_use().values_list("slug", "name"))


def fields_of_type(slug: str) -> list[dict]:
    """What rules about this type may ask besides what every ticket has: the fields of its live form, else of
    its draft."""
    from flows.forms.blocks import form_document
    from flows.forms.fields import compile_fields, variables_of
    from flows.tickets.models import TicketType
    from rules.store.runtime import live_version

    if version := live_version(TicketType, slug):
        return variables_of(version.compiled.fields)
    record = TicketType.objects.filter(slug=slug).first()
    return variables_of(compile_fields(form_document(record.form))) if record else []

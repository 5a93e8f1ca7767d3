"""Who sees which field at which step: hidden, masked, read, edit or required, per role.

The only place that applies it. Whatever leaves the system about a ticket for one person (page, list, export,
search, decision log, explanation) goes through here; no other code asks for levels.

A matrix is stored with the ticket type, as {role: {step: {field: level}}}; what is not in it is "edit". Who
has several roles has the widest level of them. Administrators and the system itself see everything.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field

from django.db.models import Q

from flows.forms.fields import FieldSpec, all_text
from flows.forms.texts import said

LEVELS = ("hidden", "masked", "read", "edit", "required")  # ever wider
USUAL = "edit"
SECRET = ("hidden", "masked")
# Facts of a ticket that tell what a field of this kind was answered with.
TOLD_BY = {
    "text": ("text", "title", "text_length"),
    "long_text": ("text", "title", "text_length"),
    "customer": ("customer_number", "customer_level", "customer_country", "customer_orders"),
    "store": ("ticket_store",),
}
MASK = "****"


@dataclass(frozen=True)
class FieldAccess:
    """The matrix of one version."""

    levels: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def level(self, name: str, *, node: str, by) -> str:
        roles = roles_of(by) if self.levels else None
        if not roles:
            return USUAL
        given = [self.levels.get(role, {}).get(node, {}).get(name, USUAL) for role in roles]
        return max(given, key=LEVELS.index)


def roles_of(person) -> frozenset[str] | None:
    """None for who sees everything. Kept with the person, who is loaded anew for each request."""
    if person is None or person.is_superuser:
        return None
    if not hasattr(person, "_roles"):
        person._roles = frozenset(person.groups.values_list("name", flat=True))
    return person._roles


# Asking


def fields_for(by, *, runtime, node: str, answers: Mapping | None = None) -> tuple[FieldSpec, ...]:
    """What `by` is asked at `node`: of an open ticket with these `answers`, else of a new one."""
    asked = runtime.fields_at(node) if answers is None else runtime.fields_to_ask(node, answers)
    return tuple(
        spec for spec in asked if runtime.access.level(spec.name, node=node, by=by) in ("edit", "required")
    )


def demanded(by, *, runtime, node: str) -> frozenset[str]:
    """Fields that `by` must answer at `node`, beside those that everyone must."""
    levels = {spec.name: runtime.access.level(spec.name, node=node, by=by) for spec in runtime.fields}
    return frozenset(name for name, level in levels.items() if level == "required")


def allowed_answers(answers: Mapping, *, runtime, node: str, by) -> dict:
    """Without what `by` may not write at `node`."""
    return {
        name: answer
        for name, answer in answers.items()
        if runtime.access.level(name, node=node, by=by) in ("edit", "required")
    }


# Showing


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One answer as it is shown. `kind` is the field's; `answer` the stored one, None where it is masked."""

    label: str
    text: str
    kind: str
    answer: object

    @property
    def picture(self) -> str:
        """The attachment to show small, where there is one."""
        return (self.answer or {}).get("id", "") if self.kind in ("photo", "signature") else ""

    @property
    def file(self) -> str:
        """The attachment to link to."""
        return (self.answer or {}).get("id", "") if self.kind == "file" else ""


def answers_in_words(ticket, language: str, *, to) -> list[Fact]:
    facts = []
    for spec, answer, is_masked in told_answers(ticket, to=to):
        text = spec.shown(answer, language)
        facts.append(
            Fact(
                label=said(spec.label, language),
                text=masked(text, spec) if is_masked else text,
                kind=spec.kind,
                answer=None if is_masked else answer,
            )
        )
    return facts


def answers_in_cells(ticket, language: str, *, to) -> dict[str, str]:
    """{field: text} for a spreadsheet, in which an import reads the same answers again."""
    return {
        spec.name: masked(spec.shown(answer, language), spec) if is_masked else spec.to_text(answer, language)
        for spec, answer, is_masked in told_answers(ticket, to=to)
    }


def told_answers(ticket, *, to) -> Iterator[tuple[FieldSpec, object, bool]]:
    """(field, answer, whether to mask it) of what `to` may be told, in the order of the form."""
    for spec in ticket.runtime.fields:
        level = level_at(ticket, spec, by=to)
        if spec.name in ticket.answers and level != "hidden":
            yield spec, ticket.answers[spec.name], level == "masked"


def masked(text: str, spec: FieldSpec) -> str:
    """138****0000: enough to know it again, too little to use it. Choices, amounts and files show nothing."""
    if spec.kind not in ("text", "customer", "order", "staff", "product") or len(text) < 8:
        return MASK
    return f"{text[:3]}{MASK}{text[-4:]}" if len(text) > 10 else f"{text[:2]}{MASK}{text[-2:]}"


def level_at(ticket, spec: FieldSpec, *, by) -> str:
    return ticket.runtime.access.level(spec.name, node=ticket.node, by=by)


def secret_fields(ticket, *, by) -> list[FieldSpec]:
    runtime = ticket.runtime
    if not runtime.access.levels or not roles_of(by):
        return []
    return [spec for spec in runtime.fields if level_at(ticket, spec, by=by) in SECRET]


def as_seen(ticket, *, by):
    """`ticket` as `by` may see it, for showing only: what tells a secret answer is left out or made anew."""
    secret = secret_fields(ticket, by=by)
    if not secret:
        return ticket
    from flows.tickets.opening import title_of

    seen = copy(ticket)
    names, kinds = {spec.name for spec in secret}, {spec.kind for spec in secret}
    seen.answers = {name: answer for name, answer in ticket.answers.items() if name not in names}
    seen.text = all_text(seen.answers, ticket.runtime.fields)
    if seen.text != ticket.text:
        seen.title = title_of(seen.text) or ticket.version.name
    for kind in kinds & {"customer", "order", "store"}:
        setattr(seen, kind, None)
    return seen


def may_see_file(ticket, spec: FieldSpec, *, by) -> bool:
    return level_at(ticket, spec, by=by) not in SECRET


def untold(ticket, *, by) -> frozenset[str]:
    """Names of facts that `by` must not be told about `ticket`, as rules and conditions ask for them."""
    secret = secret_fields(ticket, by=by)
    return frozenset(name for spec in secret for name in (spec.name, *TOLD_BY.get(spec.kind, ())))


# Searching


def unsearchable(by, *, kinds: Iterable[str]) -> Q | None:
    """Tickets in which `by` must not find a word by a field of these kinds; None when there are none. Finding
    is telling, so where one such field is secret, all of that ticket's are left out."""
    from flows.tickets.models import TicketType
    from rules.store.models import Version

    if not roles_of(by):
        return None
    found = None
    for version in Version.objects.filter(
        content_type__app_label="tickets", content_type__model=TicketType._meta.model_name,
        document__has_key="access",
    ):  # fmt: skip
        runtime = version.compiled
        nodes = [
            node
            for node in runtime.nodes
            if any(
                spec.kind in kinds and runtime.access.level(spec.name, node=node, by=by) in SECRET
                for spec in runtime.fields
            )
        ]
        if nodes:
            these = Q(version=version.pk, node__in=nodes)
            found = these if found is None else found | these
    return found

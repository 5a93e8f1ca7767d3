from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField

from flows.forms.blocks import ANSWERS, FormBlock, form_document
from flows.forms.fields import compile_fields
from flows.forms.logic import vocabulary_of_answers
from flows.forms.texts import said, texts
from flows.tickets.assignment.names import with_names as with_names_of_assignments
from flows.tickets.automatic import action_vocabulary
from flows.tickets.checks_of_world import departments_named, people_named, problems_of_world
from flows.tickets.facts import vocabulary_of
from flows.tickets.field_access import LEVELS, USUAL
from flows.tickets.flow import empty_flow, flow_document, problems_of_format
from flows.tickets.flow_field import FlowField, TicketTypeForm
from flows.tickets.runtime import TicketTypeRuntime, compile_ticket_type
from flows.tickets.service_levels.blocks import LevelsBlock
from flows.tickets.service_levels.documents import levels_document, unknown_names, with_time_limits
from flows.tickets.type_parts import parts_of, with_parts
from flows.tickets.words import lines_of
from rules.engine import Option, Variable, Words
from rules.store.models import StoredRecord
from rules.store.problems import Line, RecordProblem

BUTTON = Words(en="button", zh="按钮")


class AccessMatrixField(models.JSONField):
    """Chosen in a table, never typed."""

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def formfield(self, **kwargs):
        from flows.tickets.access_panel import AccessField, AccessWidget

        return super().formfield(**kwargs | {"form_class": AccessField, "widget": AccessWidget})


class TicketType(StoredRecord):
    """What a kind of ticket asks, and the steps it goes through. Form and flow are versioned together."""

    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    description = models.TextField(
        _("what it is for"), blank=True, help_text=_("Shown to whoever opens such a ticket.")
    )
    description_en = models.TextField(_("the same in English"), blank=True)
    form = StreamField(FormBlock(required=False), verbose_name=_("form"), blank=True)

    # Steps and the ways between them: flows/tickets/flow.py says what is in it.
    flow = FlowField(_("flow"), default=empty_flow, blank=True)

    service_levels = StreamField(LevelsBlock(required=False), verbose_name=_("time limits"), blank=True)
    # Its short name, so that a type read from a file means the calendar that is called so there.
    calendar = models.CharField(
        _("working calendar"), max_length=80, blank=True,
        help_text=_(
            "Which hours are working time. Left empty: the calendar of the ticket's store, else of its"
            " department, else the one that counts wherever none was chosen."
        ),
    )  # fmt: skip

    # {role: {step: {field: level}}}; the rest is "edit". flows/tickets/field_access.py applies it.
    field_access = AccessMatrixField(_("who sees which field"), default=dict, blank=True)

    base_form_class = TicketTypeForm

    class Meta(StoredRecord.Meta):
        verbose_name = _("ticket type")
        verbose_name_plural = _("ticket types")

    def serializable_data(self):
        # A StreamField keeps what it was given until someone reads it, then fills in what was left out. Read
        # it first, so that equal content is always written equally: approvals compare it.
        list(self.form)
        list(self.service_levels)
        return super().serializable_data()

    def document(self) -> dict:
        document = {
            "name": texts(self.name, self.name_en),
            "description": texts(self.description, self.description_en),
            "fields": form_document(self.form),
            **with_names(flow_document(self.flow)),
        }
        access = access_in(self.field_access, document)
        if access:
            document["access"] = access
        if levels := levels_document(self.service_levels, calendar=self.calendar):
            document["service_levels"] = levels
        return with_time_limits(document, self.service_levels)

    @classmethod
    def compile(cls, document: dict) -> TicketTypeRuntime:
        return compile_ticket_type(document)

    def completeness(self) -> list[RecordProblem]:
        if unreadable := problems_of_format(self.flow):
            return unreadable
        document = self.document()
        return problems_of_world(document, slug=self.slug) + unknown_names(document)

    @classmethod
    def in_words(cls, document: dict, language: str) -> list[Line]:
        return lines_of(document, language)

    @classmethod
    def adjustable_parts(cls, document: dict) -> list:
        return parts_of(document)

    @classmethod
    def with_parts(cls, document: dict, values: dict) -> dict:
        return with_parts(document, values)

    def vocabularies(self) -> dict:
        specs = compile_fields(form_document(self.form))
        # Without a field saved yet, the builders of the fields' conditions say so.
        answers = {ANSWERS: vocabulary_of_answers(specs)} if specs else {}
        ticket_types = [
            {"name": slug, "label": name}
            for slug, name in TicketType.objects.in_use().values_list("slug", "name")
        ]
        doing = action_vocabulary(specs, ticket_types=ticket_types)
        return {"routing": vocabulary_of(specs), "doing": doing} | answers

    @classmethod
    def asks(cls, compiled: TicketTypeRuntime) -> list[Variable]:
        """Which button, and what the buttons' conditions ask. Without conditions there is nothing to test."""
        steps = [step for step in compiled.transitions.values() if step.is_conditional]
        if not steps:
            return []
        names = frozenset().union(*(step.condition.names for step in steps))
        known = vocabulary_of(compiled.fields).variables
        return [button_of(steps), *(known[name] for name in known if name in names)]

    @classmethod
    def replay(cls, compiled: TicketTypeRuntime, facts: dict) -> dict | None:
        """A logged decision is whether a transition's condition held."""
        step = compiled.transitions.get(facts.get("transition"))
        return step and {"transition": step.key, "held": step.condition.holds(facts)}

    @classmethod
    def possible_outcomes(cls, compiled: TicketTypeRuntime, facts: dict) -> list[dict]:
        step = compiled.transitions.get(facts.get("transition"))
        return [{"transition": step.key, "held": held} for held in (True, False)] if step else []

    @classmethod
    def outcome_in_words(cls, compiled: TicketTypeRuntime, outcome: dict, language: str) -> list[str]:
        step = compiled.transitions[outcome["transition"]]
        with translation.override(language):
            text = (
                _("“%(button)s” can be pressed") if outcome["held"] else _("“%(button)s” cannot be pressed")
            )
            return [text % {"button": said(step.label, language)}]

    @classmethod
    def explain(cls, compiled: TicketTypeRuntime, facts: dict, language: str) -> list[str]:
        step = compiled.transitions.get(facts.get("transition"))
        return [step.condition.explain(facts).sentence(language)] if step else []


def button_of(steps) -> Variable:
    """The choice of a transition, as a fact."""
    options = [Option(name=step.key, label=Words(**step.label)) for step in steps]
    return Variable(name="transition", label=BUTTON, type="select", options=tuple(options))


def access_in(levels: dict, document: dict) -> dict:
    """What of the matrix is about fields and steps that are still there, and not as usual."""
    nodes, fields = (
        [row[key] for row in document[part]] for part, key in (("nodes", "key"), ("fields", "name"))
    )
    access = {}
    for role, by_node in levels.items():
        for node in nodes:
            for name in fields:
                level = by_node.get(node, {}).get(name, USUAL)
                if level != USUAL and level in LEVELS:
                    access.setdefault(role, {}).setdefault(node, {})[name] = level
    return access


def with_names(flow: dict) -> dict:
    """With departments and people called as they are called now; one that is gone keeps its old name."""
    rows = [*flow["nodes"], *flow["transitions"]]
    for who, names in (("department", departments_named(rows)), ("person", people_named(rows))):
        for row in rows:
            if row.get(who):
                row[f"{who}_name"] = names.get(row[who]) or row[f"{who}_name"] or row[who]
    with_names_of_assignments(flow["nodes"])
    return flow

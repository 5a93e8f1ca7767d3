from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.fields import StreamField
from wagtail.models import Orderable

from flows.forms.blocks import ANSWERS, FormBlock, form_document
from flows.forms.fields import compile_fields
from flows.forms.logic import vocabulary_of_answers
from flows.forms.texts import said, short_name, texts
from flows.tickets.facts import vocabulary_of
from flows.tickets.field_access import LEVELS, USUAL
from flows.tickets.runtime import TicketTypeRuntime, compile_ticket_type
from flows.tickets.service_levels.blocks import LevelsBlock
from flows.tickets.service_levels.documents import levels_document, with_time_limits
from flows.tickets.words import lines_of
from rules.engine import Option, Variable, Words
from rules.store.fields import ConditionField
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

    service_levels = StreamField(LevelsBlock(required=False), verbose_name=_("time limits"), blank=True)
    calendar = models.ForeignKey(
        "organisation.Calendar", verbose_name=_("working calendar"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
        help_text=_(
            "Which hours are working time. Left empty: the calendar of the ticket's store, else of its department,"
            " else the one that counts wherever none was chosen."
        ),
    )  # fmt: skip

    # {role: {step: {field: level}}}; the rest is "edit". flows/tickets/field_access.py applies it.
    field_access = AccessMatrixField(_("who sees which field"), default=dict, blank=True)

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
            "nodes": [node.document() for node in self.nodes.all()],
            "transitions": keyed([row.document() for row in self.transitions.all()]),
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
        return [
            RecordProblem(
                ("nodes", row, "person"), _("%(name)s no longer works here.") % {"name": node.person}
            )
            for row, node in enumerate(self.nodes.all())
            if node.person and not node.person.is_active
        ]

    @classmethod
    def in_words(cls, document: dict, language: str) -> list[Line]:
        return lines_of(document, language)

    def vocabularies(self) -> dict:
        specs = compile_fields(form_document(self.form))
        # Without a field saved yet, the builders of the fields' conditions say so.
        answers = {ANSWERS: vocabulary_of_answers(specs)} if specs else {}
        return {"routing": vocabulary_of(specs)} | answers

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


class Node(Orderable):
    """A step of the flow: what is asked there and who has the ticket while it is there."""

    class Kind(models.TextChoices):
        START = "start", _("start: a new ticket begins here")
        STEP = "step", _("step: someone works on it")
        WAITING = "waiting", _("waiting: for the customer or someone outside")
        RESOLVED = "resolved", _("end: resolved")
        CLOSED = "closed", _("end: closed")
        CANCELLED = "cancelled", _("end: cancelled")

    class Assign(models.TextChoices):
        KEEP = "keep", _("whoever has it")
        PRESSER = "presser", _("who pressed the button")
        DEPARTMENT = "department", _("a department")
        PERSON = "person", _("one person")
        NOBODY = "nobody", _("nobody")

    ticket_type = ParentalKey(TicketType, on_delete=models.CASCADE, related_name="nodes")
    label = models.CharField(_("step"), max_length=60)
    label_en = models.CharField(_("step in English"), max_length=60, blank=True)
    key = models.CharField(
        _("short name"), max_length=50, blank=True,
        help_text=_("Transitions use it. Left empty, it is made from the label."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.STEP)
    asks = models.CharField(
        _("fields asked here"), max_length=1000, blank=True,
        help_text=_("Labels or short names of the form's fields, separated by commas."),
    )  # fmt: skip
    assign = models.CharField(_("who has it"), max_length=12, choices=Assign, default=Assign.KEEP)
    department = models.ForeignKey(
        "organisation.Department", verbose_name=_("department"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip

    class Meta(Orderable.Meta):
        verbose_name = _("step")
        verbose_name_plural = _("steps")

    def __str__(self):
        return self.label

    def clean(self):
        # Fixed from now on: renaming a step must not cut its transitions off.
        self.key = self.key or short_name(self.label)

    def document(self) -> dict:
        return {
            "key": self.key or short_name(self.label),
            "label": texts(self.label, self.label_en),
            "kind": self.kind,
            "asks": names_in(self.asks, self.ticket_type.form),
            "assign": self.assign,
            "department": self.department.slug if self.department else "",
            "department_name": self.department.name if self.department else "",
            "person": self.person.username if self.person else "",
            "person_name": str(self.person) if self.person else "",
        }


class Transition(Orderable):
    """A button on a ticket: from one step to another, when its condition holds."""

    class Who(models.TextChoices):
        ANYONE = "anyone", _("everyone who may work on it")
        ASSIGNEE = "assignee", _("only the person it is assigned to")
        DEPARTMENT = "department", _("only the people of one department")

    ticket_type = ParentalKey(TicketType, on_delete=models.CASCADE, related_name="transitions")
    label = models.CharField(_("button"), max_length=40)
    label_en = models.CharField(_("button in English"), max_length=40, blank=True)
    from_node = models.CharField(_("from step"), max_length=60)
    to_node = models.CharField(_("to step"), max_length=60)
    condition = ConditionField(_("only when"), vocabulary="routing")
    who = models.CharField(_("who may press it"), max_length=12, choices=Who, default=Who.ANYONE)
    department = models.ForeignKey(
        "organisation.Department", verbose_name=_("department"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    needs_answers = models.BooleanField(
        _("answers needed"), default=True,
        help_text=_("Fields of the step that must be answered are asked for. Off for “cancel” or “return”."),
    )  # fmt: skip

    class Meta(Orderable.Meta):
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")

    def __str__(self):
        return self.label

    def document(self) -> dict:
        nodes = self.ticket_type.nodes.all()
        return {
            "from": key_of(self.from_node, nodes),
            "to": key_of(self.to_node, nodes),
            "label": texts(self.label, self.label_en),
            "condition": self.condition,
            "who": self.who,
            "department": self.department.slug if self.department else "",
            "department_name": self.department.name if self.department else "",
            "needs_answers": self.needs_answers,
        }


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


def names_in(written: str, form) -> list[str]:
    """The fields meant by "评分, store": by short name or label. Unknown ones stay as written, to be told."""
    by_spelling = {}
    for field in form_document(form):
        for spelling in (*field["label"].values(), field["name"]):
            by_spelling[spelling.casefold()] = field["name"]
    parts = written.replace("，", ",").replace("、", ",").split(",")
    return [by_spelling.get(part.strip().casefold(), part.strip()) for part in parts if part.strip()]


def key_of(written: str, nodes) -> str:
    """The node meant by its short name or label; an unknown one stays as written, to be told."""
    folded = written.strip().casefold()
    for node in nodes:
        key = node.key or short_name(node.label)
        if folded in {key.casefold(), node.label.casefold(), node.label_en.casefold()}:
            return key
    return written.strip()


def keyed(transitions: list[dict]) -> list[dict]:
    """Each with a key of its own that stays while the flow does: "new-handling", "new-handling-2"."""
    keys = []
    for row in transitions:
        between = f"{row['from']}-{row['to']}"
        keys.append(between if between not in keys else f"{between}-{keys.count(between) + 1}")
        row["key"] = keys[-1]
    return transitions

"""Fields that ops staff design: from the stored definition to a Django form, answers, and facts for rules.

A definition is JSON, kept in the document of the record the form belongs to:
    {"name": "rating", "kind": "choice", "label": {"zh": "评分", "en": "rating"}, "required": true,
     "help": {"zh": "", "en": ""}, "limits": {}, "column": "label", "default": "",
     "visible_if": {"all": [...]}, "required_if": {}, "formula": "", "source": "order.total",
     "options": [{"name": "good", "label": {"zh": "好评", "en": "good"}, "also": ["1"]}]}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from flows.forms.kinds import KINDS, is_pattern, keep_file
from flows.forms.texts import said


@dataclass(frozen=True, kw_only=True)
class Option:
    """`also`: other spellings an imported file may use for it."""

    name: str
    label: dict
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldSpec:
    name: str
    kind: str
    label: dict
    required: bool = False
    help: dict | str = ""
    limits: Mapping = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    column: str = ""  # of an imported file
    default: str = ""  # what stands there at first, written as in an imported file
    visible_if: Mapping = field(default_factory=dict)  # conditions over the form's other fields
    required_if: Mapping = field(default_factory=dict)
    formula: str = ""
    source: str = ""  # where the first value comes from: flows/forms/prefill.py

    @classmethod
    def of(cls, document: Mapping) -> "FieldSpec":
        options = [
            Option(name=option["name"], label=option["label"], also=tuple(option.get("also", ())))
            for option in document.get("options", ())
        ]
        return cls(
            name=document["name"],
            kind=document["kind"],
            label=document["label"],
            required=document.get("required", False),
            help=document.get("help") or "",
            limits=document.get("limits") or {},
            options=tuple(options),
            column=document.get("column", ""),
            default=document.get("default", ""),
            visible_if=document.get("visible_if") or {},
            required_if=document.get("required_if") or {},
            formula=document.get("formula", ""),
            source=document.get("source", ""),
        )

    @property
    def asks(self):
        return KINDS[self.kind]

    def form_field(self, *, language: str, today: date) -> forms.Field:
        made = self.asks.form_field(self, language=language, today=today)
        made.label = said(self.label, language)
        made.required = made.widget.is_required = False  # a form says what is missing: see AnswersForm
        made.help_text = said(self.help, language)
        made.kind = self.kind
        return made

    def shown(self, answer, language: str) -> str:
        return "" if is_unanswered(answer) else self.asks.shown(answer, self, language)

    def to_text(self, answer, language: str) -> str:
        return "" if is_unanswered(answer) else self.asks.to_text(answer, self, language)

    def option_for(self, written: str) -> str:
        """The option a file means by `written` (its name, a label, or another spelling); else as written."""
        folded = written.strip().casefold()
        for option in self.options:
            spellings = {option.name, *option.also, *option.label.values()}
            if folded in {spelling.casefold() for spelling in spellings}:
                return option.name
        return written


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with a definition: `part` of the field at `index` (0, 1, …)."""

    index: int
    part: str
    sentence: str


def compile_fields(documents: Iterable[Mapping]) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec.of(document) for document in documents)


def problems_of(documents: Iterable[Mapping], *, taken: Iterable[str] = ()) -> list[FieldProblem]:
    """All that keeps these definitions from being a form. `taken`: names that already mean something."""
    problems, seen = [], set(taken)
    for index, document in enumerate(documents):
        name = document.get("name")
        if not name:
            problems.append(FieldProblem(index, "label", _("Give this field a label.")))
        elif name in seen:
            problems.append(FieldProblem(index, "name", _("Another field already has this short name.")))
        seen.add(name)
        wrong = [FieldProblem(index, part, why) for part, why in problems_of_limits(document)]
        problems += wrong or problems_of_default(index, document)
    return problems


def problems_of_limits(document: Mapping) -> Iterable[tuple[str, str]]:
    limits = document.get("limits") or {}
    if document["kind"] in ("choice", "multi_choice"):
        names = [option["name"] for option in document.get("options", ())]
        if len(names) < 2:
            yield "options", _("Give at least two options.")
        if len(set(names)) < len(names):
            yield "options", _("Two options have the same name.")
    if limits.get("pattern") and not is_pattern(limits["pattern"]):
        yield "pattern", _("This pattern cannot be read. Example for a mobile number: 1[3-9][0-9]{9}")
    for low, high in (("minimum", "maximum"), ("min_length", "max_length"), ("earliest", "latest")):
        if more_than(limits.get(low), limits.get(high)):
            yield low, _("The lower limit is above the upper one.")
    if document["kind"] == "file" and not limits.get("groups"):
        yield "groups", _("Choose which kinds of file are taken.")


def problems_of_default(index: int, document: Mapping) -> list[FieldProblem]:
    """A default that the form itself would refuse."""
    if not document.get("default"):
        return []
    spec, today = FieldSpec.of(document), date.today()
    try:
        spec.form_field(language="en", today=today).clean(
            spec.asks.from_text(spec.default, spec, today=today)
        )
    except ValidationError as error:
        return [FieldProblem(index, "default", error.messages[0])]
    return []


def more_than(low, high) -> bool:
    if low in (None, "") or high in (None, ""):
        return False
    try:
        return Decimal(str(low)) > Decimal(str(high))
    except InvalidOperation:  # ISO dates order as texts
        return low > high


def answer_of(spec: FieldSpec, value):
    return value if spec.asks.is_file else spec.asks.to_answer(value, spec)


def is_unanswered(value) -> bool:
    """Zero and False are answers."""
    return value is None or value == "" or value == []


def keep_files(answers: Mapping, specs: Iterable[FieldSpec], *, by, at) -> dict:
    """`answers` with uploads stored and replaced by what refers to them."""
    kept = dict(answers)
    for spec in specs:
        upload = kept.get(spec.name)
        if spec.asks.is_file and hasattr(upload, "checked_type"):
            kept[spec.name] = keep_file(upload, by=by, at=at)
    return kept


def initial_of(answers: Mapping, specs: Iterable[FieldSpec]) -> dict:
    return {
        spec.name: spec.asks.to_input(answers[spec.name])
        for spec in specs
        if not is_unanswered(answers.get(spec.name))
    }


def defaults_of(specs: Iterable[FieldSpec], *, today: date) -> dict:
    """What stands in the inputs before anyone answered."""
    return {spec.name: spec.asks.from_text(spec.default, spec, today=today) for spec in specs if spec.default}


def variables_of(specs: Iterable[FieldSpec]) -> list[dict]:
    """For `Vocabulary.extended(fields=...)`: what rules may ask of the answers."""
    return [
        {
            "name": spec.name,
            "label": spec.label,
            "type": spec.asks.fact_type,
            "unit": spec.asks.unit(spec),
            "options": [{"name": option.name, "label": option.label} for option in spec.options],
            "source": spec.asks.chosen_from,
        }
        for spec in specs
    ]


def facts_of(answers: Mapping, specs: Iterable[FieldSpec]) -> dict:
    return {
        spec.name: spec.asks.to_fact(answers[spec.name])
        for spec in specs
        if not is_unanswered(answers.get(spec.name))
    }


def all_text(answers: Mapping, specs: Iterable[FieldSpec]) -> str:
    """Every word that was typed, for rules and search; numbers and choices are facts of their own."""
    return "\n".join(
        answers[s.name] for s in specs if s.kind in ("text", "long_text") and answers.get(s.name)
    )

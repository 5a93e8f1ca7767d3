"""What a region or store may have its own way about a ticket type.

Per part, so that everything else goes on following headquarters. The steps and fields themselves are the same
everywhere: a ticket of any store can be found, counted and compared with every other.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.fields import FieldSpec
from flows.forms.texts import said, texts
from flows.organisation.models import Calendar, Department, User
from flows.tickets.checks import reachable
from flows.tickets.flow import read_node, read_transition
from flows.tickets.service_levels.blocks import SECONDS, UNITS
from flows.tickets.service_levels.words import length_in_words, measure_in_words
from flows.tickets.words import assignment_in_words, presser_in_words
from rules.store.scope import Part

# Steps where a place may say who has the ticket. Who approves is part of the approval.
HELD = ("start", "step", "waiting")
HOLDERS = ("assign", "department", "department_name", "person", "person_name")
PRESSERS = ("who", "department", "department_name")


@dataclass(frozen=True, kw_only=True)
class NamingPart(Part):
    """A part that names departments, people or a calendar. They are kept with what they were called."""

    def clean(self, value):
        cleaned = super().clean(value)
        for asked, name in (("assign", "department"), ("assign", "person"), ("who", "department")):
            if cleaned.get(asked) == name and not cleaned.get(name):
                raise ValidationError(_("Choose who it is."))
        return cleaned | {f"{name}_name": called(name, cleaned[name]) for name in NAMED if name in cleaned}


NAMED = {
    "department": (Department, "slug"),
    "person": (User, "username"),
    "calendar": (Calendar, "slug"),
}


def called(name: str, value: str) -> str:
    model, key = NAMED[name]
    found = model.objects.filter(**{key: value}).first() if value else None
    return str(found) if found else value


def parts_of(document: Mapping) -> list[Part]:
    nodes = [read_node(row) for row in document["nodes"]]
    presses = [read_transition(row) for row in document["transitions"]]
    fields = [FieldSpec.of(row) for row in document["fields"]]
    levels = document.get("service_levels", {}).get("levels", [])
    return [
        *(holder_part(node) for node in nodes if node["kind"] in HELD),
        *(budget_part(f"limit:{node['key']}", limit_label(node), node["time_limits"])
          for node in nodes if node["time_limits"]),
        *(budget_part(f"level:{level['measure']}", level_label(level), level) for level in levels),
        calendar_part(document.get("service_levels", {})),
        *(presser_part(row, nodes) for row in presses if row["trigger"] == "button"),
        *(part for spec in fields for part in field_parts(spec)),
    ]  # fmt: skip


def with_parts(document: Mapping, values: Mapping[str, Mapping]) -> dict:
    levels = document.get("service_levels", {})
    nodes = [
        with_budget(
            row | holder_in(values.get(f"who:{row['key']}")), "time_limits", values.get(f"limit:{row['key']}")
        )
        for row in document["nodes"]
    ]
    changed = document | {
        "nodes": nodes,
        "transitions": [
            row | {name: own[name] for name in PRESSERS if name in own}
            for row, own in ((row, values.get(f"press:{row['key']}", {})) for row in document["transitions"])
            if not own.get("off")
        ],
        "fields": [with_own(row, values) for row in document["fields"]],
    }
    own_levels = [
        level | budget_in(level, values.get(f"level:{level['measure']}"))
        for level in levels.get("levels", [])
    ]
    if levels or "calendar" in values:
        usual = {"calendar": "", "calendar_name": ""}
        changed["service_levels"] = usual | levels | {"levels": own_levels} | values.get("calendar", {})
    return without_unreachable(changed) if any(own.get("off") for own in values.values()) else changed


# Who has it


def holder_part(node: Mapping) -> Part:
    def inputs():
        choices = {
            "keep": _("stays with who had it"),
            "presser": _("whoever pressed the button"),
            "department": _("the department"),
            "person": _("the person"),
            "nobody": _("nobody: it waits to be taken"),
        }
        if node["assign"] == "rules":
            choices["rules"] = _("by the rules of this step")
        return {
            "assign": forms.ChoiceField(label=_("who has it"), choices=list(choices.items())),
            "department": department_field(),
            "person": forms.ChoiceField(label=_("person"), required=False, choices=people),
        }

    def say(value):
        if value["assign"] == "keep":
            return _("stays with who had it")
        if value["assign"] == "rules":
            return _("by the rules of this step")
        return assignment_in_words({"department_name": "", "person_name": ""} | dict(value))

    return NamingPart(
        key=f"who:{node['key']}",
        label=_("Step “%(name)s”: who has the ticket") % {"name": said(node["label"], get_language())},
        value={name: node[name] for name in HOLDERS},
        inputs=inputs,
        say=say,
    )


def holder_in(own: Mapping | None) -> dict:
    """The rules of a step keep the department whose queue they fall back on."""
    if not own or own["assign"] == "rules":
        return {}
    return {name: own[name] for name in HOLDERS if name in own}


def department_field():
    return forms.ChoiceField(label=_("department"), required=False, choices=departments)


def departments() -> list:
    """Where somebody works: elsewhere a ticket would stay for ever."""
    staffed = Department.objects.filter(staff__is_active=True).distinct().order_by("name")
    return [("", _("none")), *staffed.values_list("slug", "name")]


def people() -> list:
    working = User.objects.filter(is_active=True).order_by("username")
    return [("", _("none")), *((person.username, str(person)) for person in working)]


# Time


def limit_label(node) -> str:
    return _("Step “%(name)s”: how long it may take") % {"name": said(node["label"], get_language())}


def level_label(level) -> str:
    return _("%(measure)s: how long it may take") % {"measure": measure_in_words(level["measure"])}


def budget_part(key: str, label: str, level: Mapping) -> Part:
    """How much time there is. What is counted and whom the ladder tells is headquarters' to say."""
    urgent = level.get("urgent_seconds")
    whole_hours = not any((seconds or 0) % SECONDS["hours"] for seconds in (level["seconds"], urgent))
    unit = "hours" if whole_hours else "minutes"

    def say(value):
        usual = length_of(value["amount"], value["unit"])
        if not value.get("urgent"):
            return usual
        urgent = length_of(value["urgent"], value["unit"])
        return _("%(usual)s, %(urgent)s for urgent tickets") % {"usual": usual, "urgent": urgent}

    def length_of(amount, unit):
        return length_in_words(amount * SECONDS[unit], by_days=not level.get("working", True))

    return Part(
        key=key,
        label=label,
        value={
            "amount": level["seconds"] // SECONDS[unit],
            "urgent": urgent // SECONDS[unit] if urgent else None,
            "unit": unit,
        },
        inputs=lambda: {
            "amount": forms.IntegerField(label=_("at most"), min_value=1, max_value=100_000),
            "urgent": forms.IntegerField(
                label=_("if urgent"), min_value=1, max_value=100_000, required=False
            ),
            "unit": forms.ChoiceField(label=_("unit"), choices=UNITS),
        },
        say=say,
    )


def with_budget(row: Mapping, part: str, own: Mapping | None) -> dict:
    return row | {part: row[part] | budget_in(row[part], own)} if own and row.get(part) else dict(row)


def budget_in(level: Mapping, own: Mapping | None) -> dict:
    if not own:
        return {}
    urgent = own.get("urgent")
    return {
        "seconds": own["amount"] * SECONDS[own["unit"]],
        "urgent_seconds": urgent * SECONDS[own["unit"]] if urgent else None,
    }


def calendar_part(levels: Mapping) -> Part:
    def calendars():
        return [
            ("", _("the calendar of the store or department")),
            *Calendar.objects.in_use().order_by("name").values_list("slug", "name"),
        ]

    return NamingPart(
        key="calendar",
        label=_("Working calendar"),
        value={
            "calendar": levels.get("calendar", ""),
            "calendar_name": levels.get("calendar_name", ""),
        },
        inputs=lambda: {
            "calendar": forms.ChoiceField(label=_("calendar"), required=False, choices=calendars)
        },
        say=lambda value: value.get("calendar_name") or _("the calendar of the store or department"),
    )


# Buttons


def presser_part(row: Mapping, nodes: list[Mapping]) -> Part:
    def say(value):
        if value.get("off"):
            return _("switched off")
        return presser_in_words({"department_name": ""} | dict(value)) or _("pressed by anyone")

    language = get_language()
    names = {node["key"]: said(node["label"], language) for node in nodes}
    label = {"button": said(row["label"], language), "step": names.get(row["from"], row["from"])}
    return NamingPart(
        key=f"press:{row['key']}",
        label=_("Button “%(button)s” at “%(step)s”") % label,
        value={"off": False} | {name: row[name] for name in PRESSERS},
        inputs=lambda: {
            "off": yes_or_no(_("here"), no=_("there"), yes=_("switched off")),
            "who": forms.ChoiceField(
                label=_("who may press it"),
                choices=[
                    ("anyone", _("everyone who sees the ticket")),
                    ("assignee", _("the person it is assigned to")),
                    ("department", _("people of the department")),
                ],
            ),
            "department": department_field(),
        },
        say=say,
    )


def without_unreachable(document: Mapping) -> dict:
    """Where only a button led that is switched off, no ticket comes."""
    onward = defaultdict(set)
    for row in document["transitions"]:
        onward[row["from"]].add(row["to"])
    starts = [row["key"] for row in document["nodes"] if read_node(row)["kind"] == "start"]
    reached = reachable(starts, onward)
    return document | {
        "nodes": [row for row in document["nodes"] if row["key"] in reached],
        "transitions": [row for row in document["transitions"] if row["from"] in reached],
    }


def yes_or_no(label: str, *, no: str, yes: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=[(False, no), (True, yes)], coerce=lambda value: value in (True, "True")
    )


# Fields


def field_parts(spec: FieldSpec) -> list[Part]:
    name = {"name": said(spec.label, get_language())}
    help_text = spec.help if isinstance(spec.help, Mapping) else texts(spec.help, "")
    help_part = Part(
        key=f"help:{spec.name}",
        label=_("Field “%(name)s”: help") % name,
        value={"zh": help_text.get("zh", ""), "en": help_text.get("en", "")},
        inputs=lambda: {
            "zh": forms.CharField(label=_("in Chinese"), max_length=500, required=False),
            "en": forms.CharField(label=_("in English"), max_length=500, required=False),
        },
        say=lambda value: said(value, get_language()) or _("none"),
    )
    if spec.asks.is_computed:
        return [help_part]
    required_part = Part(
        key=f"required:{spec.name}",
        label=_("Field “%(name)s”: whether it must be answered") % name,
        value={"required": spec.required},
        inputs=lambda: {"required": yes_or_no(_("answer"), no=_("may be left empty"), yes=_("required"))},
        say=lambda value: _("required") if value["required"] else _("may be left empty"),
    )
    if spec.asks.is_file:
        return [required_part, help_part]
    default_part = Part(
        key=f"default:{spec.name}",
        label=_("Field “%(name)s”: what stands there at first") % name,
        value={"default": spec.default},
        inputs=lambda: {"default": forms.CharField(label=_("at first"), max_length=1_000, required=False)},
        say=lambda value: value["default"] or _("nothing"),
    )
    return [required_part, help_part, default_part]


def with_own(field: Mapping, values: Mapping[str, Mapping]) -> dict:
    name = field["name"]
    own = values.get(f"required:{name}", {}) | values.get(f"default:{name}", {})
    help_text = values.get(f"help:{name}")
    return field | own | ({"help": texts(help_text["zh"], help_text["en"])} if help_text else {})

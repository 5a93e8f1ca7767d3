"""How designers write time limits: one block per limit, with its ladder."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from flows.organisation.models import Department, User
from flows.organisation.roles import roles_to_choose
from flows.tickets.service_levels.levels import NODE

MINUTE, HOUR = 60, 60 * 60
UNITS = [("minutes", _("minutes")), ("hours", _("hours"))]
SECONDS = {"minutes": MINUTE, "hours": HOUR}
MEASURES = [
    ("solution", _("Solution: until the ticket has ended")),
    ("response", _("First answer: until somebody takes or moves it")),
    ("update", _("Next update: the longest time without a move or a word to the customer")),
    (NODE, _("One step: as long as the ticket stays there")),
]
WHEN = [
    ("percent", _("% of the time is used")),
    ("minutes_before", _("minutes before it is due")),
    ("hours_before", _("hours before it is due")),
    ("minutes_after", _("minutes after it was due")),
    ("hours_after", _("hours after it was due")),
]
ACTIONS = [
    ("remind", _("remind")),
    ("raise_urgency", _("raise the urgency and tell")),
    ("escalate", _("escalate: make it urgent and tell")),
    ("reassign", _("hand the ticket to")),
]
CHANNELS = [
    ("usual", _("as each person chose")),
    ("app", _("in Tangram")),
    ("email", _("by e-mail")),
    ("webhook", _("by webhook")),
]


def who_choices() -> list:
    """Whom a step can tell: "assignee", "head", "person:li", "department:quality", "role:Agents"."""
    people = User.objects.filter(is_active=True).order_by("username")
    return [
        ("assignee", _("who has the ticket")),
        ("head", _("the head of its department")),
        (_("People"), [(f"person:{person.username}", str(person)) for person in people]),
        (
            _("Departments"),
            [(f"department:{department.slug}", department.name) for department in Department.objects.all()],
        ),
        (
            _("Roles"),
            [(f"role:{name}", gettext(name)) for name in roles_to_choose().values_list("name", flat=True)],
        ),
    ]


class WhoBlock(blocks.FieldBlock):
    """A choice from what is stored. Wagtail's own looks its choices up whenever a value is read."""

    def __init__(self, required=True, help_text=None, **kwargs):
        self.field = forms.ChoiceField(choices=who_choices, required=required, help_text=help_text)
        super().__init__(**kwargs)

    class Meta:
        icon = "user"


class StepBlock(blocks.StructBlock):
    number = blocks.IntegerBlock(label=_("When"), min_value=0, max_value=100_000, default=80)
    when = blocks.ChoiceBlock(label=_("of what"), choices=WHEN, default="percent")
    action = blocks.ChoiceBlock(label=_("What happens"), choices=ACTIONS, default="remind")
    who = WhoBlock(label=_("Who"), default="assignee")
    channel = blocks.ChoiceBlock(label=_("How they are told"), choices=CHANNELS, default="usual")

    def document(self, value) -> dict:
        who, _colon, name = (value["who"] or "assignee").partition(":")
        return {
            "at": when_in(value),
            "action": value["action"] or "remind",
            "who": who,
            "channel": value["channel"] or "usual",
            **({who: name, f"{who}_name": name_of(who, name)} if name else {}),
        }

    class Meta:
        label = _("Step of the ladder")
        icon = "arrow-up"
        form_classname = "struct-block ladder-step"


def when_in(value) -> dict:
    number, when = value["number"], value["when"] or "percent"
    if number is None:
        return {}
    if when == "percent":
        return {"percent": number}
    unit, _line, side = when.partition("_")
    return {"seconds": number * SECONDS[unit] * (-1 if side == "before" else 1)}


def name_of(who: str, name: str) -> str:
    """As it is called now: kept in the version, so that old ones stay readable."""
    if who == "person":
        return str(User.objects.filter(username=name).first() or name)
    if who == "department":
        return str(Department.objects.filter(slug=name).first() or name)
    return name


class LevelBlock(blocks.StructBlock):
    measure = blocks.ChoiceBlock(label=_("What is limited"), choices=MEASURES, default="solution")
    node = blocks.CharBlock(
        label=_("Which step"), required=False, max_length=60, help_text=_("For a limit on one step."),
        form_classname="level-node",
    )  # fmt: skip
    amount = blocks.IntegerBlock(label=_("Time allowed"), min_value=1, max_value=100_000)
    urgent_amount = blocks.IntegerBlock(
        label=_("for urgent tickets"), required=False, min_value=1, max_value=100_000,
        help_text=_("Left empty: the same."),
    )  # fmt: skip
    unit = blocks.ChoiceBlock(label=_("Unit"), choices=UNITS, default="hours")
    working = blocks.BooleanBlock(
        label=_("only working time counts"), required=False, default=True,
        help_text=_("Otherwise nights and holidays count, too."),
    )  # fmt: skip
    ladder = blocks.ListBlock(StepBlock(), label=_("Ladder"), default=[])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.child_blocks["node"].field.widget = forms.TextInput(
            attrs={"data-suggest": "nodes", "autocomplete": "off"}
        )

    def document(self, value) -> dict:
        unit = SECONDS[value["unit"] or "hours"]
        return {
            "measure": value["measure"] or "solution",
            "seconds": (value["amount"] or 0) * unit,
            "urgent_seconds": value["urgent_amount"] * unit if value["urgent_amount"] else None,
            "working": bool(value["working"]),
            "ladder": [self.child_blocks["ladder"].child_block.document(step) for step in value["ladder"]],
        }

    class Meta:
        label = _("Time limit")
        icon = "time"
        form_classname = "struct-block time-limit"


class LevelsBlock(blocks.StreamBlock):
    level = LevelBlock()

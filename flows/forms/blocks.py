"""How designers write a form: one StreamField block per kind of field."""

import json

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from flows.forms.files import FILE_GROUPS
from flows.forms.prefill import SOURCES
from flows.forms.texts import short_name, texts
from rules.editor.widgets import ConditionWidget
from rules.store.fields import TreeFormField, always

CURRENCIES = [(code, code) for code in ("CNY", "USD", "EUR", "GBP", "HKD", "JPY")]
ANSWERS = "answers"  # the vocabulary of a form's own fields, on the page of the record it belongs to
CHOICES_OF_SOURCES = [(key, source.label) for key, source in SOURCES.items()]
AT_FIRST = _("Stands there at first")
valid_name = RegexValidator(r"^\w+$", _("Letters, digits and underscores only."))


class OptionBlock(blocks.StructBlock):
    label = blocks.CharBlock(label=_("Label"), max_length=100)
    label_en = blocks.CharBlock(label=_("Label in English"), max_length=100, required=False)
    name = blocks.CharBlock(
        label=_("Short name"), max_length=50, required=False, validators=[valid_name],
        help_text=_("Rules use it. Left empty, it is made from the label."),
    )  # fmt: skip
    also = blocks.CharBlock(
        label=_("Also written as"), max_length=200, required=False,
        help_text=_("Other spellings in imported files, separated by commas: 1, good"),
    )  # fmt: skip

    class Meta:
        label = _("Option")
        icon = "list-ul"


class ConditionBlock(blocks.FieldBlock):
    """A condition over the form's own fields, made with the condition builder."""

    def __init__(self, required=False, help_text="", **kwargs):
        self.field = TreeFormField(
            nothing=always, required=False, help_text=help_text, widget=ConditionWidget(vocabulary=ANSWERS)
        )
        super().__init__(**kwargs)

    def value_from_form(self, value):
        try:
            return json.loads(value) if isinstance(value, str) and value else value
        except (ValueError, RecursionError):
            return InvalidJSONInput(value)  # shown again as it came

    class Meta:
        icon = "list-ul"


class FieldBlock(blocks.StructBlock):
    """What every field has. Subclasses add limits under the names that flows/forms/kinds.py reads."""

    label = blocks.CharBlock(label=_("Label"), max_length=100)
    label_en = blocks.CharBlock(label=_("Label in English"), max_length=100, required=False)
    required = blocks.BooleanBlock(label=_("Must be answered"), required=False)
    help = blocks.CharBlock(label=_("Help"), max_length=250, required=False)
    help_en = blocks.CharBlock(label=_("Help in English"), max_length=250, required=False)
    name = blocks.CharBlock(
        label=_("Short name"), max_length=50, required=False, validators=[valid_name],
        help_text=_("Rules and imports use it. Left empty, it is made from the label."),
    )  # fmt: skip
    visible_if = ConditionBlock(
        label=_("Asked only when"), help_text=_("Without a condition it is always asked."),
    )  # fmt: skip
    required_if = ConditionBlock(
        label=_("Must be answered when"), help_text=_("Without a condition, “must be answered” decides."),
    )  # fmt: skip
    column = blocks.CharBlock(
        label=_("Column in imported files"), max_length=100, required=False,
        help_text=_("When the file calls it otherwise than this form does."),
    )  # fmt: skip

    limits: tuple[str, ...] = ()
    # What stands open beside label and "must be answered"; the rest is under "settings".
    shown: tuple[str, ...] = ()

    # What does not concern this kind.
    never: tuple[str, ...] = ()

    def get_form_layout(self):
        offered = [name for name in self.child_blocks if name not in self.never]
        shown = [name for name in ("label", "required", *self.shown) if name in offered]
        return blocks.BlockGroup(children=shown, settings=[name for name in offered if name not in shown])

    def clean(self, value):
        cleaned = super().clean(value)
        if not cleaned["name"] and cleaned["label"]:
            # Fixed from now on: renaming the label must not break the rules that use the field.
            cleaned["name"] = short_name(cleaned["label"])
        return cleaned

    def document(self, value) -> dict:
        return {
            "name": value["name"] or short_name(value["label"] or ""),
            "kind": self.name,
            "label": texts(value["label"] or "", value["label_en"] or ""),
            "required": bool(value["required"]),
            "help": texts(value["help"] or "", value["help_en"] or ""),
            "column": value["column"] or "",
            "limits": self.limits_in(value),
            "options": self.options(value),
            "default": self.default_in(value),
            "visible_if": condition_in(value, "visible_if"),
            "required_if": condition_in(value, "required_if"),
            "formula": value.get("formula") or "",
            "source": value.get("source") or "",
        }

    def limits_in(self, value) -> dict:
        return {limit: as_json(value[limit]) for limit in self.limits if has_value(value[limit])}

    def options(self, value) -> list[dict]:
        return []

    def default_in(self, value) -> str:
        default = value.get("default")
        return str(default) if has_value(default) else ""

    class Meta:
        form_classname = "struct-block field-block"


class SourceBlock(blocks.ChoiceBlock):
    def __init__(self, **kwargs):
        super().__init__(
            label=_("Filled in from"),
            required=False,
            choices=CHOICES_OF_SOURCES,
            help_text=_("When the ticket is about a customer or an order. It can be changed afterwards."),
            **kwargs,
        )


class TextBlock(FieldBlock):
    min_length = blocks.IntegerBlock(label=_("Shortest"), required=False, min_value=1)
    max_length = blocks.IntegerBlock(label=_("Longest"), required=False, min_value=1, max_value=20_000)
    pattern = blocks.CharBlock(
        label=_("Pattern"), max_length=300, required=False,
        help_text=_("A regular expression (RE2) that the whole text must fit: 1[3-9][0-9]{9}"),
    )  # fmt: skip
    pattern_says = blocks.CharBlock(
        label=_("Said when it does not fit"), max_length=150, required=False,
        help_text=_("For example: Eleven digits, beginning with 1."),
    )  # fmt: skip
    pattern_says_en = blocks.CharBlock(label=_("The same in English"), max_length=150, required=False)
    default = blocks.CharBlock(label=AT_FIRST, max_length=1_000, required=False)
    source = SourceBlock()
    limits = ("min_length", "max_length", "pattern")

    def limits_in(self, value):
        limits = super().limits_in(value)
        if limits.get("pattern"):
            limits["pattern_says"] = texts(value["pattern_says"] or "", value["pattern_says_en"] or "")
        return limits

    class Meta:
        label = _("Short text")
        icon = "pilcrow"


class LongTextBlock(TextBlock):
    class Meta:
        label = _("Long text")
        icon = "doc-full"


class NumberBlock(FieldBlock):
    minimum = blocks.DecimalBlock(label=_("Smallest"), required=False)
    maximum = blocks.DecimalBlock(label=_("Largest"), required=False)
    decimals = blocks.IntegerBlock(label=_("Decimal places"), default=0, min_value=0, max_value=8)
    default = blocks.DecimalBlock(label=AT_FIRST, required=False)
    source = SourceBlock()
    limits = ("minimum", "maximum", "decimals")

    class Meta:
        label = pgettext_lazy("kind of field", "Number")
        icon = "order"


class MoneyBlock(FieldBlock):
    currency = blocks.ChoiceBlock(label=_("Currency"), choices=CURRENCIES, default="CNY")
    minimum = blocks.DecimalBlock(label=_("Smallest"), required=False)
    maximum = blocks.DecimalBlock(label=_("Largest"), required=False)
    default = blocks.DecimalBlock(label=AT_FIRST, required=False)
    source = SourceBlock()
    limits = ("currency", "minimum", "maximum")
    shown = ("currency",)

    class Meta:
        label = _("Money")
        icon = "tag"


class ComputedBlock(FieldBlock):
    formula = blocks.TextBlock(
        label=_("Formula"), rows=2,
        help_text=_("Of the other fields, by label in square brackets: round([Amount] * 15%, 2)"),
    )  # fmt: skip
    unit = blocks.CharBlock(label=_("Unit, shown behind the number"), max_length=20, required=False)
    unit_en = blocks.CharBlock(label=_("Unit in English"), max_length=20, required=False)
    shown = ("formula",)
    never = ("required", "required_if", "column")

    def limits_in(self, value):
        return {"unit": texts(value["unit"] or "", value["unit_en"] or "")}

    class Meta:
        label = _("Computed from other fields")
        icon = "cogs"


class DateBlock(FieldBlock):
    earliest = blocks.DateBlock(label=_("Earliest"), required=False)
    latest = blocks.DateBlock(label=_("Latest"), required=False)
    not_in_future = blocks.BooleanBlock(label=_("Today at the latest"), required=False)
    default = blocks.DateBlock(label=AT_FIRST, required=False)
    source = SourceBlock()
    today_at_first = blocks.BooleanBlock(label=_("Today stands there at first"), required=False)
    limits = ("earliest", "latest", "not_in_future")

    def default_in(self, value):
        return "today" if value["today_at_first"] else super().default_in(value)

    class Meta:
        label = _("Date")
        icon = "date"


class TimeBlock(FieldBlock):
    earliest = blocks.TimeBlock(label=_("Earliest"), required=False)
    latest = blocks.TimeBlock(label=_("Latest"), required=False)
    default = blocks.TimeBlock(label=AT_FIRST, required=False)
    limits = ("earliest", "latest")

    class Meta:
        label = _("Time")
        icon = "time"


class ChoiceBlock(FieldBlock):
    choices = blocks.ListBlock(OptionBlock(), label=_("Options"), min_num=2, collapsed=True)
    default = blocks.CharBlock(
        label=AT_FIRST, max_length=300, required=False,
        help_text=_("The label of an option; several choices separated by commas."),
    )  # fmt: skip
    source = SourceBlock()
    shown = ("choices",)

    def clean(self, value):
        cleaned = super().clean(value)
        for option in cleaned["choices"]:
            option["name"] = option["name"] or short_name(option["label"])
        return cleaned

    def options(self, value):
        return [option_document(option) for option in value["choices"]]

    class Meta:
        label = _("Choice")
        icon = "radio-full"


class MultiChoiceBlock(ChoiceBlock):
    most = blocks.IntegerBlock(label=_("At most so many"), required=False, min_value=1)
    limits = ("most",)

    class Meta:
        label = _("Several choices")
        icon = "tasks"


class RatingBlock(FieldBlock):
    stars = blocks.IntegerBlock(label=_("How many stars"), default=5, min_value=3, max_value=10)
    default = blocks.IntegerBlock(label=AT_FIRST, required=False, min_value=1, max_value=10)
    limits = ("stars",)

    class Meta:
        label = _("Rating (stars)")
        icon = "pick"


class PhotoBlock(FieldBlock):
    megabytes = blocks.IntegerBlock(label=_("At most MB"), default=10, min_value=1, max_value=100)
    limits = ("megabytes",)

    class Meta:
        label = _("Photo")
        icon = "image"


class SignatureBlock(FieldBlock):
    class Meta:
        label = _("Signature")
        icon = "edit"


class LocationBlock(FieldBlock):
    class Meta:
        label = _("Location")
        icon = "site"


class FileBlock(FieldBlock):
    groups = blocks.MultipleChoiceBlock(
        label=_("Kinds of file"),
        choices=[(key, group.label) for key, group in FILE_GROUPS.items()],
        default=["image"],
    )
    megabytes = blocks.IntegerBlock(label=_("At most MB"), default=10, min_value=1, max_value=100)
    limits = ("groups", "megabytes")
    shown = ("groups", "megabytes")

    class Meta:
        label = _("File")
        icon = "upload"


class CustomerBlock(FieldBlock):
    source = SourceBlock()

    class Meta:
        label = _("Customer")
        icon = "user"


class OrderBlock(FieldBlock):
    source = SourceBlock()

    class Meta:
        label = _("Order")
        icon = "doc-empty"


class ProductBlock(FieldBlock):
    class Meta:
        label = _("Product")
        icon = "tag"


class StoreBlock(FieldBlock):
    source = SourceBlock()

    class Meta:
        label = _("Store")
        icon = "home"


class StaffBlock(FieldBlock):
    class Meta:
        label = _("Person of the company")
        icon = "group"


class RegionBlock(FieldBlock):
    class Meta:
        label = _("Region")
        icon = "globe"


class FormBlock(blocks.StreamBlock):
    """A whole form. `document(value)` is what is stored and compiled."""

    text = TextBlock()
    long_text = LongTextBlock()
    number = NumberBlock()
    money = MoneyBlock()
    computed = ComputedBlock()
    date = DateBlock()
    time = TimeBlock()
    choice = ChoiceBlock()
    multi_choice = MultiChoiceBlock()
    rating = RatingBlock()
    photo = PhotoBlock()
    file = FileBlock()
    signature = SignatureBlock()
    location = LocationBlock()
    customer = CustomerBlock()
    order = OrderBlock()
    product = ProductBlock()
    store = StoreBlock()
    staff = StaffBlock()
    region = RegionBlock()

    class Meta:
        collapsed = True  # a form reads as the list of its fields

    def clean(self, value):
        cleaned = super().clean(value)
        names = [child.value["name"] for child in cleaned]
        repeated = {
            index: blocks.StructBlockValidationError(
                block_errors={"name": ValidationError(_("Another field already has this short name."))}
            )
            for index, name in enumerate(names)
            if name in names[:index]
        }
        if repeated:
            raise blocks.StreamBlockValidationError(block_errors=repeated)
        return cleaned


def form_document(value) -> list[dict]:
    """The stored definition of a StreamField value."""
    return [child.block.document(child.value) for child in value]


def option_document(option) -> dict:
    return {
        "name": option["name"] or short_name(option["label"] or ""),
        "label": texts(option["label"] or "", option["label_en"] or ""),
        "also": [
            part.strip() for part in (option["also"] or "").replace("，", ",").split(",") if part.strip()
        ],
    }


def condition_in(value, part: str) -> dict:
    condition = value.get(part)
    return {} if not condition or condition == always() or isinstance(condition, str) else condition


def has_value(value) -> bool:
    return value is not None and value != "" and value != []


def as_json(value):
    """Decimals and dates as texts; the rest is JSON already."""
    return value if isinstance(value, bool | int | list) else str(value)

"""The kinds of field: how each is asked, stored, shown and given to rules. One class per kind.

A stored answer is JSON: text and references are texts, numbers are decimal texts ("12.50"), money is
{"minor", "currency"}, dates are ISO texts, several choices are a list, a file is
{"id", "name", "type", "size"}.
"""

from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from flows.forms.files import accepted, check_file
from flows.forms.models import Attachment
from flows.forms.texts import said
from flows.money import Money, minor_digits

LONGEST_TEXT = 20_000
LARGEST_NUMBER_DIGITS = 20
RADIO_UP_TO = 5  # options; above, a drop-down list


class Kind:
    fact_type = "string"
    several = False

    def form_field(self, spec, *, language: str, today: date) -> forms.Field:
        raise NotImplementedError

    def to_answer(self, value, spec):
        """A cleaned form value as JSON."""
        return value

    def to_input(self, answer):
        return answer

    def to_fact(self, answer):
        return answer

    def shown(self, answer, spec, language: str) -> str:
        return str(answer)


class TextKind(Kind):
    rows = 0

    def form_field(self, spec, *, language, today):
        widget = forms.Textarea(attrs={"rows": self.rows}) if self.rows else forms.TextInput()
        return forms.CharField(
            min_length=spec.limits.get("min_length"),
            max_length=spec.limits.get("max_length") or LONGEST_TEXT,
            widget=widget,
        )


class LongTextKind(TextKind):
    rows = 5


class NumberKind(Kind):
    fact_type = "numeric"

    def form_field(self, spec, *, language, today):
        decimals = spec.limits.get("decimals") or 0
        return forms.DecimalField(
            min_value=decimal_or_none(spec.limits.get("minimum")),
            max_value=decimal_or_none(spec.limits.get("maximum")),
            decimal_places=decimals,
            max_digits=LARGEST_NUMBER_DIGITS,
            widget=forms.NumberInput(attrs={"inputmode": "decimal" if decimals else "numeric"}),
        )

    def to_answer(self, value, spec):
        return format(value, "f")

    def to_fact(self, answer):
        return Decimal(answer)


class MoneyKind(NumberKind):
    def form_field(self, spec, *, language, today):
        currency = spec.limits["currency"]
        field = forms.DecimalField(
            min_value=decimal_or_none(spec.limits.get("minimum")),
            max_value=decimal_or_none(spec.limits.get("maximum")),
            decimal_places=minor_digits(currency),
            max_digits=LARGEST_NUMBER_DIGITS,
            widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
        )
        field.unit = currency
        return field

    def to_answer(self, value, spec):
        currency = spec.limits["currency"]
        # Exact: the form took no more decimals than the currency has.
        return {"minor": int(value.scaleb(minor_digits(currency))), "currency": currency}

    def to_input(self, answer):
        return self.to_fact(answer)

    def to_fact(self, answer):
        return Decimal(answer["minor"]).scaleb(-minor_digits(answer["currency"]))

    def shown(self, answer, spec, language):
        return str(Money(**answer))


class DateKind(Kind):
    fact_type = "date"

    def form_field(self, spec, *, language, today):
        attrs = {"type": "date"}
        checks = []
        if spec.limits.get("earliest"):
            attrs["min"] = spec.limits["earliest"]
            checks.append(not_before(date.fromisoformat(spec.limits["earliest"])))
        latest = [date.fromisoformat(spec.limits["latest"])] if spec.limits.get("latest") else []
        latest += [today] if spec.limits.get("not_in_future") else []
        if latest:
            attrs["max"] = min(latest).isoformat()
            checks.append(not_after(min(latest)))
        return forms.DateField(
            input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"],
            validators=checks,
            widget=forms.DateInput(format="%Y-%m-%d", attrs=attrs),
        )

    def to_answer(self, value, spec):
        return value.isoformat()

    def to_input(self, answer):
        return date.fromisoformat(answer)

    to_fact = to_input

    def shown(self, answer, spec, language):
        return date_format(date.fromisoformat(answer))


class ChoiceKind(Kind):
    fact_type = "select"

    def form_field(self, spec, *, language, today):
        options = [(option.name, said(option.label, language)) for option in spec.options]
        few = len(options) <= RADIO_UP_TO
        blank = [("", _("not answered") if few else _("choose…"))] if not (few and spec.required) else []
        return forms.ChoiceField(choices=blank + options, widget=forms.RadioSelect if few else forms.Select)

    def shown(self, answer, spec, language):
        return option_label(spec, answer, language)


class MultiChoiceKind(Kind):
    fact_type = "select_multiple"
    several = True

    def form_field(self, spec, *, language, today):
        most = spec.limits.get("most")
        return forms.MultipleChoiceField(
            choices=[(option.name, said(option.label, language)) for option in spec.options],
            validators=[at_most(most)] if most else [],
            widget=forms.CheckboxSelectMultiple,
        )

    def shown(self, answer, spec, language):
        comma = "、" if language.startswith("zh") else ", "
        return comma.join(option_label(spec, name, language) for name in answer)


class FileKind(Kind):
    fact_type = "boolean"

    def form_field(self, spec, *, language, today):
        return CheckedFileField(groups=spec.limits["groups"], megabytes=spec.limits["megabytes"])

    def to_input(self, answer):
        return None

    def to_fact(self, answer):
        return bool(answer)

    def shown(self, answer, spec, language):
        return f"{answer['name']} ({filesizeformat(answer['size'])})"


class ReferenceKind(Kind):
    """A customer, order or store of the company, by its own number, which is what is stored."""

    model = number = not_found = ""

    def form_field(self, spec, *, language, today):
        return ReferenceField(kind=self)

    def find(self, number: str):
        from django.apps import apps

        return apps.get_model(self.model).objects.filter(**{self.number: number}).first()


class CustomerKind(ReferenceKind):
    model, number = "customers.Customer", "number"
    not_found = _("No customer has the number “%(number)s”.")


class OrderKind(ReferenceKind):
    model, number = "customers.Order", "number"
    not_found = _("No order has the number “%(number)s”.")


class StoreKind(ReferenceKind):
    model, number = "organisation.Store", "slug"
    not_found = _("No store has the code “%(number)s”.")


KINDS: dict[str, Kind] = {
    "text": TextKind(),
    "long_text": LongTextKind(),
    "number": NumberKind(),
    "money": MoneyKind(),
    "date": DateKind(),
    "choice": ChoiceKind(),
    "multi_choice": MultiChoiceKind(),
    "file": FileKind(),
    "customer": CustomerKind(),
    "order": OrderKind(),
    "store": StoreKind(),
}


class CheckedFileField(forms.FileField):
    """Cleans to the upload, with `checked_type` set to what its content says it is."""

    def __init__(self, *, groups: list[str], megabytes: int, **kwargs):
        widget = forms.FileInput(attrs={"accept": accepted(groups)})
        super().__init__(max_length=200, widget=widget, **kwargs)
        self.groups, self.megabytes = groups, megabytes

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        if upload:
            upload.checked_type = check_file(upload, groups=self.groups, megabytes=self.megabytes)
        return upload


class ReferenceField(forms.CharField):
    def __init__(self, *, kind: ReferenceKind, **kwargs):
        super().__init__(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)
        self.reference = kind

    def clean(self, value):
        number = super().clean(value)
        if number and not self.reference.find(number):
            raise ValidationError(self.reference.not_found, params={"number": number})
        return number


def keep_file(upload, *, by, at) -> dict:
    """Store a checked upload; the answer that refers to it."""
    kept = Attachment(
        name=upload.name[:200], content_type=upload.checked_type, size=upload.size, by=by, at=at
    )  # fmt: skip
    kept.file.save(upload.name, upload, save=True)
    return {"id": str(kept.pk), "name": kept.name, "type": kept.content_type, "size": kept.size}


def option_label(spec, name: str, language: str) -> str:
    return next((said(option.label, language) for option in spec.options if option.name == name), name)


def decimal_or_none(value) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def not_before(day: date):
    def check(value):
        if value < day:
            raise ValidationError(_("On or after %(day)s, please."), params={"day": date_format(day)})

    return check


def not_after(day: date):
    def check(value):
        if value > day:
            raise ValidationError(_("On or before %(day)s, please."), params={"day": date_format(day)})

    return check


def at_most(most: int):
    def check(value):
        if len(value) > most:
            raise ValidationError(_("Choose at most %(most)s."), params={"most": most})

    return check

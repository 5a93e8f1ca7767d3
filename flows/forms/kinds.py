"""The kinds of field: how each is asked, stored, shown and given to rules. One class per kind.

A stored answer is JSON: text and references are texts, numbers and stars decimal texts ("12.50"), money is
{"minor", "currency"}, dates and times are ISO texts ("14:30"), several choices are a list, a place is
{"latitude", "longitude"} in decimal texts, a file is {"id", "name", "type", "size"}, a signature is a file or
{"typed": name}.
"""

from datetime import date, time
from decimal import Decimal

import re2
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from flows.forms.files import accepted, check_file, check_photo, drawn_signature
from flows.forms.models import Attachment
from flows.forms.texts import said
from flows.forms.widgets import LocationWidget, OutputWidget, SignatureWidget
from flows.money import Money, minor_digits
from rules.engine import Location
from rules.engine.operators import compile_pattern

LONGEST_TEXT = 20_000
LARGEST_NUMBER_DIGITS = 20
RADIO_UP_TO = 5  # options; above, a drop-down list
STARS = 5
LONGEST_SIGNATURE = 400_000  # characters of a drawn one, which is a PNG in base 64


class Kind:
    """`is_file`: what is posted is an upload, stored apart from the answer that refers to it."""

    label = ""
    fact_type = "string"
    chosen_from = ""  # the source of rules/store/sources.py that an answer names one of
    is_file = False
    is_computed = False

    def form_field(self, spec, *, language: str, today: date) -> forms.Field:
        raise NotImplementedError

    def from_text(self, written: str, spec, *, today: date):
        """A text of a file, or a default, as the browser would have sent it."""
        return written

    def to_answer(self, value, spec):
        """A cleaned form value as JSON."""
        return value

    def to_input(self, answer):
        return answer

    def to_fact(self, answer):
        return answer

    def unit(self, spec) -> str:
        """What a number counts, for formulas; "" where that is not known."""
        return ""

    def shown(self, answer, spec, language: str) -> str:
        return str(answer)

    def to_text(self, answer, spec, language: str) -> str:
        """The answer as a cell of a file, which `from_text` reads again."""
        return self.shown(answer, spec, language)


class TextKind(Kind):
    label = _("text")
    rows = 0

    def form_field(self, spec, *, language, today):
        widget = forms.Textarea(attrs={"rows": self.rows}) if self.rows else forms.TextInput()
        return forms.CharField(
            min_length=spec.limits.get("min_length"),
            max_length=spec.limits.get("max_length") or LONGEST_TEXT,
            validators=[fits_pattern(spec, language)] if spec.limits.get("pattern") else [],
            widget=widget,
        )


class LongTextKind(TextKind):
    label = _("long text")
    rows = 5


class NumberKind(Kind):
    label = _("number")
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
    label = _("money")

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

    def unit(self, spec):
        return spec.limits["currency"]

    def shown(self, answer, spec, language):
        return str(Money(**answer))

    def to_text(self, answer, spec, language):
        return str(self.to_fact(answer))


class DateKind(Kind):
    label = _("date")
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

    def from_text(self, written, spec, *, today):
        return today.isoformat() if written == "today" else written

    def to_answer(self, value, spec):
        return value.isoformat()

    def to_input(self, answer):
        return date.fromisoformat(answer)

    to_fact = to_input

    def shown(self, answer, spec, language):
        return date_format(date.fromisoformat(answer))

    def to_text(self, answer, spec, language):
        return answer


class TimeKind(Kind):
    """Given to rules by its digits, as rules.engine.facts.read_clock reads it: 14:30 is 1430."""

    label = _("time")
    fact_type = "time"

    def form_field(self, spec, *, language, today):
        attrs, checks = {"type": "time"}, []
        if spec.limits.get("earliest"):
            attrs["min"] = spec.limits["earliest"][:5]
            checks.append(not_before(time.fromisoformat(spec.limits["earliest"])))
        if spec.limits.get("latest"):
            attrs["max"] = spec.limits["latest"][:5]
            checks.append(not_after(time.fromisoformat(spec.limits["latest"])))
        return forms.TimeField(
            input_formats=["%H:%M", "%H:%M:%S"],
            validators=checks,
            widget=forms.TimeInput(format="%H:%M", attrs=attrs),
        )

    def to_answer(self, value, spec):
        return f"{value:%H:%M}"

    def to_input(self, answer):
        return time.fromisoformat(answer)

    def to_fact(self, answer):
        return Decimal(answer.replace(":", ""))


class ChoiceKind(Kind):
    label = _("choice")
    fact_type = "select"

    def form_field(self, spec, *, language, today):
        options = [(option.name, said(option.label, language)) for option in spec.options]
        few = len(options) <= RADIO_UP_TO
        blank = [("", _("not answered") if few else _("choose…"))] if not (few and spec.required) else []
        return forms.ChoiceField(choices=blank + options, widget=forms.RadioSelect if few else forms.Select)

    def from_text(self, written, spec, *, today):
        return spec.option_for(written) if written else ""

    def shown(self, answer, spec, language):
        return option_label(spec, answer, language)


class MultiChoiceKind(Kind):
    label = _("several choices")
    fact_type = "select_multiple"

    def form_field(self, spec, *, language, today):
        most = spec.limits.get("most")
        return forms.MultipleChoiceField(
            choices=[(option.name, said(option.label, language)) for option in spec.options],
            validators=[at_most(most)] if most else [],
            widget=forms.CheckboxSelectMultiple,
        )

    def from_text(self, written, spec, *, today):
        return [spec.option_for(part) for part in written.replace("、", ",").split(",") if part.strip()]

    def shown(self, answer, spec, language):
        comma = "、" if language.startswith("zh") else ", "
        return comma.join(option_label(spec, name, language) for name in answer)


class ComputedKind(NumberKind):
    """Nobody types it: its formula makes it of the other answers, exactly, and it is stored with them."""

    label = _("computed")
    is_computed = True

    def form_field(self, spec, *, language, today):
        return forms.Field(disabled=True, widget=OutputWidget())

    def shown(self, answer, spec, language):
        unit = said(spec.limits.get("unit") or "", language)
        return f"{answer} {unit}".strip()

    def to_text(self, answer, spec, language):
        return str(answer)


class RatingKind(NumberKind):
    """Stars, as radio buttons: one for each number."""

    label = _("rating")

    def form_field(self, spec, *, language, today):
        stars = [(str(n), n) for n in range(1, spec.limits.get("stars", STARS) + 1)]
        blank = [] if spec.required else [("", _("not answered"))]
        return forms.ChoiceField(choices=blank + stars, widget=forms.RadioSelect)

    def to_answer(self, value, spec):
        return value

    def shown(self, answer, spec, language):
        return f"{answer} / {spec.limits.get('stars', STARS)}"

    def to_text(self, answer, spec, language):
        return answer


class LocationKind(Kind):
    label = _("location")
    fact_type = "location"

    def form_field(self, spec, *, language, today):
        return LocationField()

    def from_text(self, written, spec, *, today):
        return written.replace("，", ",").split(",") if written else None

    def to_answer(self, value, spec):
        latitude, longitude = value
        return {"latitude": format(latitude, "f"), "longitude": format(longitude, "f")}

    def to_fact(self, answer):
        return Location(Decimal(answer["latitude"]), Decimal(answer["longitude"]))

    def shown(self, answer, spec, language):
        return f"{answer['latitude']}, {answer['longitude']}"


class FileKind(Kind):
    label = _("file")
    fact_type = "boolean"
    is_file = True

    def form_field(self, spec, *, language, today):
        return CheckedFileField(groups=spec.limits["groups"], megabytes=spec.limits["megabytes"])

    def to_input(self, answer):
        return None

    def to_fact(self, answer):
        return bool(answer)

    def shown(self, answer, spec, language):
        return f"{answer['name']} ({filesizeformat(answer['size'])})"


class PhotoKind(FileKind):
    """A picture that can be read as one; a phone opens its camera."""

    label = _("photo")

    def form_field(self, spec, *, language, today):
        field = CheckedFileField(
            groups=["image"], megabytes=spec.limits.get("megabytes", 10), check=check_photo
        )
        field.widget.attrs["capture"] = "environment"
        return field


class SignatureKind(FileKind):
    """Drawn, and stored as a PNG; or the name typed by who cannot draw."""

    label = _("signature")

    def form_field(self, spec, *, language, today):
        return SignatureField()

    def shown(self, answer, spec, language):
        return _("%(name)s (typed)") % {"name": answer["typed"]} if "typed" in answer else str(_("signed"))


class ReferenceKind(Kind):
    """Something of the company by its own number or code, which is what is stored."""

    model = number = not_found = ""

    def form_field(self, spec, *, language, today):
        return ReferenceField(kind=self)

    @property
    def rows(self):
        return apps.get_model(self.model).objects.all()

    def find(self, number: str):
        return self.rows.filter(**{self.number: number}).first()


class CustomerKind(ReferenceKind):
    label = _("customer")
    chosen_from = "customers"
    model, number = "customers.Customer", "number"
    not_found = _("No customer has the number “%(number)s”.")


class OrderKind(ReferenceKind):
    label = _("order")
    chosen_from = "orders"
    model, number = "customers.Order", "number"
    not_found = _("No order has the number “%(number)s”.")


class ProductKind(Kind):
    """A product code. Known codes are those of order lines, so one never sold is taken as it was typed."""

    label = _("product")
    chosen_from = "products"

    def form_field(self, spec, *, language, today):
        return forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class NamedKind(ReferenceKind):
    """Shown with its name beside its code, for few know the codes by heart."""

    def shown(self, answer, spec, language):
        found = self.find(answer)
        return f"{found} ({answer})" if found else answer

    def to_text(self, answer, spec, language):
        return answer


class StoreKind(NamedKind):
    label = _("store")
    chosen_from = "stores"
    model, number = "organisation.Store", "slug"
    not_found = _("No store has the code “%(number)s”.")


class StaffKind(NamedKind):
    label = _("person")
    chosen_from = "staff"
    model, number = "organisation.User", "username"
    not_found = _("No colleague who works here has the account name “%(number)s”.")

    @property
    def rows(self):
        return super().rows.filter(is_active=True)


class RegionKind(NamedKind):
    """Regions are few: they are chosen from a list."""

    label = _("region")
    chosen_from = "regions"
    model, number = "organisation.Region", "slug"
    not_found = _("No region has the code “%(number)s”.")

    def form_field(self, spec, *, language, today):
        regions = [(region.slug, str(region)) for region in self.rows]
        return forms.ChoiceField(
            choices=[("", _("choose…")), *regions],
            error_messages={"invalid_choice": _("No region has the code “%(value)s”.")},
        )


KINDS: dict[str, Kind] = {
    "text": TextKind(),
    "long_text": LongTextKind(),
    "number": NumberKind(),
    "money": MoneyKind(),
    "computed": ComputedKind(),
    "date": DateKind(),
    "time": TimeKind(),
    "choice": ChoiceKind(),
    "multi_choice": MultiChoiceKind(),
    "rating": RatingKind(),
    "photo": PhotoKind(),
    "file": FileKind(),
    "signature": SignatureKind(),
    "location": LocationKind(),
    "customer": CustomerKind(),
    "order": OrderKind(),
    "product": ProductKind(),
    "store": StoreKind(),
    "staff": StaffKind(),
    "region": RegionKind(),
}


class CheckedFileField(forms.FileField):
    """Cleans to the upload, with `checked_type` set to what its content says it is."""

    def __init__(self, *, groups: list[str], megabytes: int, check=check_file, **kwargs):
        widget = forms.FileInput(attrs={"accept": accepted(groups)})
        super().__init__(max_length=200, widget=widget, **kwargs)
        self.groups, self.megabytes, self.check = groups, megabytes, check

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        if upload:
            upload.checked_type = self.check(upload, groups=self.groups, megabytes=self.megabytes)
        return upload


class LocationField(forms.MultiValueField):
    """Cleans to (latitude, longitude) in degrees; six decimals are a hand's breadth."""

    def __init__(self, **kwargs):
        fields = [
            forms.DecimalField(min_value=-limit, max_value=limit, max_digits=9, decimal_places=6)
            for limit in (90, 180)
        ]
        super().__init__(fields, widget=LocationWidget(), **kwargs)

    def compress(self, data_list):
        given = [part for part in data_list if part not in (None, "")]
        if len(given) == 1:
            raise ValidationError(_("Give both latitude and longitude."))
        return tuple(given) or None


class SignatureField(forms.MultiValueField):
    """Cleans to the drawn PNG as a checked upload, else to {"typed": name}."""

    def __init__(self, **kwargs):
        fields = [
            forms.CharField(required=False, max_length=LONGEST_SIGNATURE),
            forms.CharField(required=False, max_length=100),
        ]
        super().__init__(fields, widget=SignatureWidget(), require_all_fields=False, **kwargs)

    def compress(self, data_list):
        drawn, typed = [*data_list, "", ""][:2]
        if drawn:
            return drawn_signature(drawn)
        return {"typed": typed} if typed else None


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


def not_before(moment: date | time):
    def check(value):
        if value < moment:
            raise ValidationError(_("On or after %(day)s, please."), params={"day": in_words(moment)})

    return check


def not_after(moment: date | time):
    def check(value):
        if value > moment:
            raise ValidationError(_("On or before %(day)s, please."), params={"day": in_words(moment)})

    return check


def in_words(moment: date | time) -> str:
    return f"{moment:%H:%M}" if isinstance(moment, time) else date_format(moment)


def fits_pattern(spec, language: str):
    """The whole text must fit. RE2 takes time linear in the text, whatever the pattern."""
    pattern = compile_pattern(spec.limits["pattern"])
    sentence = said(spec.limits.get("pattern_says") or "", language) or _("This is not written as expected.")

    def check(value):
        try:
            fits = pattern.fullmatch(value)
        except UnicodeEncodeError:  # a lone surrogate is not text
            fits = None
        if not fits:
            raise ValidationError(sentence)

    return check


def is_pattern(written: str) -> bool:
    try:
        compile_pattern(written)
    except (re2.error, UnicodeEncodeError):
        return False
    return True


def at_most(most: int):
    def check(value):
        if len(value) > most:
            raise ValidationError(_("Choose at most %(most)s."), params={"most": most})

    return check

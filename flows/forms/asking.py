"""Asking: a Django form for some fields of a form, and the same for rows of a file."""

from collections.abc import Iterable, Mapping
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from flows.forms.fields import FieldSpec, answer_of, is_unanswered
from flows.forms.logic import FormLogic, Settled

MISSING = forms.Field.default_error_messages["required"]


class AnswersForm(forms.Form):
    """The form for some fields. After `is_valid()`: `answers()`, then `keep_files` inside the transaction.

    logic        of the whole form, which may be more than what is asked here
    known        answers given before, elsewhere or here
    asks_all     off: nothing must be answered
    demanded     must be answered by who is asked, whatever the form says
    chosen       fields whose file will come with the form, while it is only asked what to show
    settled      which of the fields count now, as typed so far
    """

    prefix = "answer"
    use_required_attribute = False  # the server says what is missing, all at once and in the user's language

    def __init__(
        self,
        *args,
        specs: Iterable[FieldSpec],
        language: str,
        today: date,
        logic: FormLogic | None = None,
        known: Mapping | None = None,
        asks_all: bool = True,
        demanded: Iterable[str] = (),
        chosen: Iterable[str] = (),
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.specs = tuple(specs)
        self.logic = logic or FormLogic(specs=self.specs)
        self.known, self.asks_all, self.language = known or {}, asks_all, language
        self.demanded = frozenset(demanded)
        self.chosen = dict.fromkeys(chosen, True)
        for spec in self.specs:
            self.fields[spec.name] = spec.form_field(language=language, today=today)
        if not self.is_bound:
            self.settle({spec: self.first_value(spec) for spec in self.specs})

    def first_value(self, spec: FieldSpec):
        """What stands in an input at first, cleaned; None where there is nothing right."""
        made = self.fields[spec.name]
        value = self.initial.get(spec.name)
        if isinstance(made, forms.MultiValueField):
            value = made.widget.decompress(value)
        try:
            return None if spec.asks.is_file or is_unanswered(value) else made.clean(value)
        except ValidationError:
            return None

    def clean(self):
        self.settle({spec: self.cleaned_data.get(spec.name) for spec in self.specs})
        for name in self.settled.hidden & self.fields.keys():
            self.errors.pop(name, None)
            self.cleaned_data.pop(name, None)
        for spec in self.specs:
            unanswered = spec.name not in self.settled.answers and spec.name not in self.errors
            if unanswered and self.must_answer(spec):
                self.add_error(spec.name, MISSING)
        self.refuse_unseen()
        return self.cleaned_data

    def settle(self, typed: Mapping[FieldSpec, object]) -> None:
        """Work out what counts, and dress the fields accordingly."""
        asked = {spec.name for spec in self.specs if not spec.asks.is_file}
        answers = {name: answer for name, answer in self.known.items() if name not in asked}
        answers |= self.chosen | {
            spec.name: answer_of(spec, value)
            for spec, value in typed.items()
            if not is_unanswered(value) and not spec.asks.is_computed
        }
        self.settled: Settled = self.logic.settle(answers)
        for spec in self.specs:
            made = self.fields[spec.name]
            made.not_asked = spec.name in self.settled.hidden
            made.required = self.must_answer(spec)
            if spec.asks.is_computed:
                self.initial[spec.name] = self.computed(spec)

    def must_answer(self, spec: FieldSpec) -> bool:
        required = self.settled.required | self.demanded - self.settled.hidden
        return self.asks_all and spec.name in required and not spec.asks.is_computed

    def computed(self, spec: FieldSpec) -> str:
        return spec.shown(self.settled.answers.get(spec.name), self.language)

    def refuse_unseen(self) -> None:
        """Without a script, a field can come to be asked that the person has not been shown."""
        shown = self.data.get(self.add_prefix("shown"))
        unseen = set(self.asked_now) - set((shown or "").split(","))
        if shown is not None and unseen - self.errors.keys() and not self.were_answered(unseen):
            raise ValidationError(_("With these answers more is asked. Please look at the form once more."))

    def were_answered(self, names: Iterable[str]) -> bool:
        return all(name in self.settled.answers for name in names)

    @property
    def asked_now(self) -> list[str]:
        return [spec.name for spec in self.specs if spec.name not in self.settled.hidden]

    @property
    def shown_names(self) -> str:
        """For a hidden input of the page: what a person was shown."""
        return ",".join(self.asked_now)

    def answers(self) -> dict:
        """Name → JSON answer, None for one that was taken back; files are still uploads."""
        return {
            spec.name: None if is_unanswered(value) else answer_of(spec, value)
            for spec in self.specs
            if spec.name not in self.settled.hidden and not spec.asks.is_computed
            for value in [self.cleaned_data.get(spec.name)]
            if not is_unanswered(value) or (spec.name in self.initial and not spec.asks.is_file)
        }


class AnswerCleaner:
    """Cleans many rows of raw texts against one form: the same fields, built once."""

    def __init__(
        self, specs: Iterable[FieldSpec], *, language: str, today: date, logic: FormLogic | None = None
    ):
        self.specs, self.today = tuple(specs), today
        self.logic = logic or FormLogic(specs=self.specs)
        self.fields = {spec.name: spec.form_field(language=language, today=today) for spec in self.specs}

    def clean(self, raw: Mapping[str, str]) -> dict:
        """Name → JSON answer. Raises ValidationError with every wrong field: {name: [sentence]}."""
        answers, errors = {}, {}
        for spec in self.specs:
            written = raw.get(spec.name) or ""
            try:
                value = self.fields[spec.name].clean(spec.asks.from_text(written, spec, today=self.today))
            except ValidationError as error:
                errors[spec.name] = error
                continue
            if not is_unanswered(value):
                answers[spec.name] = answer_of(spec, value)
        settled = self.logic.settle(answers)
        missing = {spec.name for spec in self.specs} & settled.required - settled.answers.keys()
        errors = dict.fromkeys(missing, MISSING) | errors
        if wrong := {name: error for name, error in errors.items() if name not in settled.hidden}:
            raise ValidationError(wrong)
        return dict(settled.answers)

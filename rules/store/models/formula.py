from decimal import Decimal

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from rules.engine import RuleErrors, compile_formula
from rules.store.fields import FormulaField
from rules.store.models.purposeful import PurposefulRecord, number_typed, plain_number
from rules.store.problems import Line, RecordErrors, at

# How a person may write that something is so, or is not.
YES_OR_NO = {
    **dict.fromkeys(("true", "yes", "是", "1"), True),
    **dict.fromkeys(("false", "no", "否", "0"), False),
}


class Formula(PurposefulRecord):
    """A number (or a text, or yes and no) worked out from facts."""

    text = FormulaField(_("formula"), vocabulary="rules")

    class Meta(PurposefulRecord.Meta):
        verbose_name = _("formula")
        verbose_name_plural = _("formulas")

    def document(self):
        return super().document() | {"text": self.text}

    @classmethod
    def compile(cls, document):
        vocabulary, lines = cls.words_of(document)
        try:
            return compile_formula(document["text"], vocabulary, lines=lines)
        except RuleErrors as errors:
            raise RecordErrors(at(("text",), errors)) from None

    def name_variables(self):
        if formula := self.formula(self.text):
            self.text = formula.text

    @classmethod
    def in_words(cls, document, language):
        formula = cls.compile(document)
        lines = [
            Line(key="sentence", label=_now("What it gives"), text=formula.sentence(language)),
            Line(key="text", label=_now("As it is written"), text=formula.written(language)),
        ]
        if unit := formula.unit_label:
            lines.append(Line(key="unit", label=_now("Unit"), text=unit.say(language)))
        return lines

    @classmethod
    def replay(cls, compiled, facts):
        return outcome_of(compiled.evaluate(facts))

    @classmethod
    def typed(cls, compiled, outcome):
        value = outcome["value"]
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    @classmethod
    def outcome_typed(cls, compiled, text):
        text = text.strip()
        if not text:
            return {"value": None}
        if compiled.type == "boolean":
            return {"value": YES_OR_NO[text.casefold()]}
        if compiled.type == "text":
            return {"value": text}
        return {"value": str(number_typed(text))}

    @classmethod
    def effect(cls, document, outcome):
        """Equal numbers are one result, however many zeros they are written with."""
        value = outcome["value"]
        if isinstance(value, str) and cls.compile(document).type == "number":
            value = plain_number(Decimal(value))
        return {"value": value}

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language):
        value = outcome["value"]
        if value is None:
            return [_now("no value")]
        if compiled.type == "number":
            value = Decimal(value)
        return [compiled.say_value(value, language)]

    @classmethod
    def explain(cls, compiled, facts, language):
        working = compiled.explain(facts)
        return [*working.sentences(language), working.result.sentence(language)]


def outcome_of(result) -> dict:
    """What the decision log keeps of a result: an exact number as text."""
    value = result.value
    return {"value": str(value) if isinstance(value, Decimal) else value}

import re
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rules.engine import Formula, RuleErrors, Vocabulary, compile_formula
from rules.store.lexicons import for_vocabulary
from rules.store.models.record import StoredRecord
from rules.store.models.ruleset import say_fact
from rules.store.problems import RecordErrors, RecordProblem
from rules.store.purposes import purpose

NO_PURPOSE = _("Choose what this is for.")


class PurposefulRecord(StoredRecord):
    """A record that asks the vocabulary of a purpose, and may hold formulas."""

    purpose = models.CharField(_("purpose"), max_length=60)
    about = models.SlugField(
        _("only for"),
        max_length=80,
        blank=True,
        help_text=_("Leave empty if it applies everywhere this purpose is used."),
    )

    class Meta(StoredRecord.Meta):
        abstract = True

    def document(self):
        known = purpose(self.purpose)
        return {
            "purpose": self.purpose,
            "about": self.about,
            # Kept with the version: a field removed from the form later must not change what this meant.
            "fields": known.fields_about(self.about) if known else [],
            "options": known.options() if known else {},
            "lexicons": known.lexicons() if known else {},
        }

    @classmethod
    def words_of(cls, document) -> tuple[Vocabulary, tuple]:
        """What a document may ask: its vocabulary, and its lists of lines. Raises RecordErrors."""
        known = purpose(document["purpose"])
        if known is None:
            raise RecordErrors([RecordProblem(("purpose",), NO_PURPOSE)])
        vocabulary = known.vocabulary.extended(
            fields=document["fields"],
            options=document.get("options"),
            lexicons=for_vocabulary(document.get("lexicons", {})),
        )
        return vocabulary, known.lines

    def vocabularies(self):
        if purpose(self.purpose) is None:
            return {}
        vocabulary, _lines = self.words_of(self.document_of_purpose())
        return {"rules": vocabulary}

    def document_of_purpose(self) -> dict:
        return PurposefulRecord.document(self)

    @property
    def lines(self) -> tuple:
        """Lists of rows its formulas may add up."""
        known = purpose(self.purpose)
        return known.lines if known else ()

    # Formulas are stored with names and shown with labels, so that a label may change.

    def formula(self, text: str) -> Formula | None:
        """`text` compiled; None where it cannot be."""
        known = self.vocabularies()
        if not known:
            return None
        try:
            return compile_formula(text, known["rules"], lines=self.lines)
        except RuleErrors:
            return None

    def name_variables(self) -> None:
        """Rewrite every formula of this record so that it names variables by name."""
        raise NotImplementedError

    def save(self, *args, **kwargs):
        self.name_variables()
        super().save(*args, **kwargs)

    def save_revision(self, *args, **kwargs):
        self.name_variables()
        return super().save_revision(*args, **kwargs)

    @classmethod
    def asks(cls, compiled):
        # A table may ask for one side of a change: "price.old".
        asked = {name.partition(".")[0] for name in compiled.names}
        variables = [known for name, known in compiled.vocabulary.variables.items() if name in asked]
        return variables + [lines for lines in compiled.lines if lines.name in asked]

    @classmethod
    def facts_in_words(cls, compiled, facts, language):
        if compiled is None:
            return super().facts_in_words(compiled, facts, language)
        labels = {name: known.label for name, known in compiled.vocabulary.variables.items()}
        labels |= {lines.name: lines.label for lines in compiled.lines}
        known = compiled.vocabulary.variables
        return [
            (
                labels[name].say(language) if name in labels else name,
                say_lines(value) if is_lines(value) else say_fact(value, known.get(name), language),
            )
            for name, value in facts.items()
        ]


def is_lines(value) -> bool:
    return isinstance(value, list) and any(isinstance(row, dict) for row in value)


def say_lines(rows) -> str:
    return ngettext("%(number)s line", "%(number)s lines", len(rows)) % {"number": len(rows)}


NUMBER = re.compile(r"[-−+]?[0-9]{1,30}(\.[0-9]{1,20})?")


def number_typed(text: str) -> Decimal:
    """A number as people type it: 1,500 or −5.5. Raises ValueError."""
    plain = text.strip().replace(",", "").replace("，", "").replace("−", "-")
    if not NUMBER.fullmatch(plain):
        raise ValueError(text)
    return Decimal(plain)


def plain_number(number) -> str | None:
    """A decimal column as it is written: 10, not 10.000000."""
    if number is None or number == "":
        return None
    return f"{number.normalize():f}" if hasattr(number, "normalize") else str(number)

"""Something that decides, whatever kind of record it is: asked, put in words, compared."""

from dataclasses import dataclass
from functools import cached_property

from django.utils import translation
from django.utils.translation import gettext as _

from rules.store.decisions import as_stored

# More sentences than this explain nothing.
MOST_SENTENCES = 8


@dataclass(frozen=True, kw_only=True)
class Decider:
    """A version or a draft, compiled. Its outcomes are plain JSON, of which only what has an effect is kept:
    two deciders differ where something else would happen, not where a rule got another number."""

    kind: type
    document: dict
    compiled: object

    @classmethod
    def of(cls, record):
        """Of a draft or a live row. Raises RecordErrors."""
        return cls.of_document(type(record), record.document())

    @classmethod
    def of_version(cls, version):
        """Compiled once per process. Raises RecordErrors."""
        return cls(kind=version.record_class, document=version.document, compiled=version.compiled)

    @classmethod
    def of_document(cls, kind, document):
        return cls(kind=kind, document=document, compiled=kind.compile(document))

    def asked_by(self, history):
        """As a history of cases asks it."""
        return history.decider(kind=self.kind, document=self.document, compiled=self.compiled)

    def decide(self, facts: dict):
        """What happens on `facts`; None where that cannot be asked (any more)."""
        outcome = self.kind.replay(self.compiled, facts)
        return None if outcome is None else self.effect(as_stored(outcome))

    def effect(self, outcome):
        """What of a logged outcome counts."""
        return as_stored(self.kind.effect(self.document, outcome))

    @cached_property
    def variables(self) -> list:
        """What it asks for: [rules.engine Variable]."""
        return self.kind.asks(self.compiled)

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(variable.name for variable in self.variables)

    def only_asked(self, facts: dict) -> dict:
        return {name: facts[name] for name in sorted(self.names) if name in facts}

    def say(self, outcome, language: str) -> str:
        """An outcome in one sentence."""
        with translation.override(language):
            if outcome is None:
                return _("cannot be decided")
            try:
                said = self.kind.outcome_in_words(self.compiled, outcome, language)
            except (KeyError, TypeError, AttributeError):
                # What it once did is not in its words any more.
                return _("something that is no longer possible")
            return _("; ").join(said) or _("nothing happens")

    def why(self, facts: dict, language: str) -> list[str]:
        return self.kind.explain(self.compiled, facts, language)[:MOST_SENTENCES]

    def facts_in_words(self, facts: dict, language: str) -> list[tuple[str, str]]:
        return self.kind.facts_in_words(self.compiled, facts, language)

"""Lexicons that rules may name, and the version of each that a rule set was bound to when it went live.

A flow registers the kind of record that holds word lists; a purpose offers its lexicons with
`lexicons_of=published_lexicons`. A document keeps {slug: {"name", "number", "version", "digest"}}, not
the words. Versions never change, so what the document decides does not either.
"""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from rules.engine import Words
from rules.engine.tree import leaves
from rules.store.runtime import kept

_kinds = {}
ALL = Q()


def register_lexicons(model, *, offered: Q = ALL) -> None:
    """
    model    a StoredRecord that compiles to what finds words, as `rules.engine.text.Lexicon` does
    offered  which versions of it rules may name
    """
    _kinds[model] = offered


def lexicon_models() -> tuple:
    return tuple(_kinds)


def published_lexicons() -> dict[str, dict]:
    """The live version of every lexicon that rules may name, as documents keep it. No words are read."""
    return live_lexicons(_kinds)


def live_lexicons(kinds: dict[type, Q]) -> dict[str, dict]:
    from rules.store.models import Version

    now = timezone.now()
    return {
        slug: {"name": name, "number": number, "version": pk, "digest": digest}
        for model, offered in kinds.items()
        for slug, name, number, pk, digest in Version.objects.of_model(model)
        .live_at(now)
        .filter(offered)
        .order_by("slug")
        .values_list("slug", "name", "number", "pk", "digest")
    }


@dataclass(frozen=True)
class LexiconVersion:
    """Finds words as one version of a lexicon does. Read when it is first asked: compiling asks no table."""

    pk: int
    digest: str

    def find(self, text: str) -> list:
        return kept((self.pk, self.digest), self._compile).find(text)

    def _compile(self):
        from rules.store.models import Version

        version = Version.objects.get(pk=self.pk)
        return version.record_class.compile(version.document)


LABEL = Words(en="{name} (version {number})", zh="{name}（第 {number} 版）")


def for_vocabulary(bound: dict[str, dict]) -> dict[str, tuple]:
    """What `Vocabulary.extended` takes as `lexicons`."""
    return {
        slug: (
            LABEL.fill(name=one["name"], number=one["number"]),
            LexiconVersion(one["version"], one["digest"]),
        )
        for slug, one in bound.items()
    }


def lexicons_named(compiled) -> set[str]:
    """The slugs of the lexicons that the rules of a CompiledRuleSet, or the rows of a Scorecard, ask."""
    return {
        lexicon.name
        for rule in getattr(compiled, "rules", None) or compiled.rows
        for leaf in leaves(rule.condition.tree)
        if leaf.operator.input == "lexicons"
        for lexicon in leaf.value
    }


def newer_lexicons(bound: dict[str, dict], named: set[str]) -> list[str]:
    """Sentences about lexicons in `named` that have moved on since they were bound."""
    published, live = published_lexicons(), live_lexicons(dict.fromkeys(_kinds, ALL))
    said = []
    for slug in sorted(named):
        before, now = bound[slug], published.get(slug)
        words = {"name": before["name"], "number": before["number"], "newest": now and now["number"]}
        if now is None and slug in live:
            said.append(
                _(
                    "The lexicon “%(name)s” is not used for rules any more. What is live here still uses its"
                    " version %(number)s; the next draft has to do without it."
                )
                % words
            )
        elif now is None:
            said.append(
                _(
                    "The lexicon “%(name)s” is not live any more. What is live here still uses its version"
                    " %(number)s; the next draft has to do without it."
                )
                % words
            )
        elif now["version"] != before["version"]:
            said.append(
                _(
                    "The lexicon “%(name)s” has a newer version, %(newest)s. What is live here still uses"
                    " version %(number)s. Ask for a review to take the newer one over."
                )
                % words
            )
    return said

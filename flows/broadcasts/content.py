"""Layer 2: what live lexicons say about a text."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from rules.engine.text import BLOCK, Span
from rules.store.runtime import live_versions


def lexicons_in_force() -> list:
    """[Version] of every live lexicon that is used for broadcasts."""
    from flows.broadcasts.models.lexicon import OF_BROADCASTS, Lexicon

    return list(live_versions(Lexicon).filter(OF_BROADCASTS))


def spans_in(text: str, lexicons: Iterable) -> list[Span]:
    """What the lexicons find in `text`, in order of position."""
    return sorted(
        (span for version in lexicons for span in version.compiled.find(text)), key=lambda span: span.start
    )


def blocked(spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span.action == BLOCK]


def named(spans: Iterable[Span]) -> str:
    """“最低价” (advertising law), “国家级” (advertising law)"""
    places = dict.fromkeys((span.original, span.category) for span in spans)
    return str(_(", ")).join(
        str(_("“%(word)s” (%(category)s)") % {"word": word, "category": category})
        for word, category in places
    )

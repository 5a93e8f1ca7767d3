"""Formulas that other records name, and which version of each they were bound to when they went live.

A document keeps {slug: {"name", "number", "version", "digest", "text"}}. A text is short, so it is kept;
what the document decides never changes, whatever becomes of the formula.
"""

from collections.abc import Iterable, Mapping

from django.utils import timezone
from django.utils.translation import gettext as _

from rules.engine import Formula, Vocabulary, compile_formula


def published_formulas(purpose: str) -> dict[str, dict]:
    """The live version of every formula for `purpose` that holds everywhere, as documents keep them."""
    from rules.store.models import Formula as StoredFormula
    from rules.store.models import Version

    live = Version.objects.of_model(StoredFormula).live_at(timezone.now())
    live = live.filter(document__purpose=purpose, document__about="").order_by("slug")
    return {
        version.slug: {
            "name": version.name,
            "number": version.number,
            "version": version.pk,
            "digest": version.digest,
            "text": version.document["text"],
        }
        for version in live
    }


def named_of(bound: Mapping[str, dict], slugs: Iterable[str]) -> dict[str, dict]:
    return {slug: bound[slug] for slug in sorted(set(slugs)) if slug in bound}


def compiled_formulas(bound: Mapping[str, dict], vocabulary: Vocabulary) -> dict[str, Formula]:
    """Raises RuleErrors where a formula asks what is not there any more."""
    return {slug: compile_formula(one["text"], vocabulary) for slug, one in bound.items()}


def newer_formulas(bound: Mapping[str, dict], purpose: str) -> list[str]:
    """Sentences about formulas that have moved on since they were bound."""
    published = published_formulas(purpose)
    said = []
    for slug, before in bound.items():
        now = published.get(slug)
        words = {"name": before["name"], "number": before["number"], "newest": now and now["number"]}
        if now is None:
            said.append(
                _(
                    "The formula “%(name)s” is not live any more. What is live here still uses its version"
                    " %(number)s; the next draft has to do without it."
                )
                % words
            )
        elif now["version"] != before["version"]:
            said.append(
                _(
                    "The formula “%(name)s” has a newer version, %(newest)s. What is live here still uses"
                    " version %(number)s. Ask for a review to take the newer one over."
                )
                % words
            )
    return said

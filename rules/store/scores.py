"""Scores as facts: a rule about a ticket or a customer may ask what a live scorecard gives it, and its band.

A document keeps {slug: {"name", "number", "version", "digest", "bands"}} of each scorecard that may be asked,
as it keeps lexicons: versions never change, so what the document decides does not either. A score is worked
out when a rule asks for it. A fact of its name that is given counts instead, as in a test. Scorecards are
offered no scores themselves, so none can ask its own.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from rules.engine import CompiledRuleSet, Score, Scorecard, Words
from rules.store.runtime import kept

SCORE = Words(en="score “{name}”", zh="评分“{name}”")
BAND = Words(en="band of the score “{name}”", zh="评分“{name}”的等级")


def published_scores(purpose: str, about: str = "", taken: Collection[str] = ()) -> dict[str, dict]:
    """The live scorecards for `purpose` whose facts are there: general ones, and those about `about`.

    taken   names of facts that mean something else already: a scorecard of such a name is not offered
    """
    from rules.store.models import Scorecard as StoredScorecard
    from rules.store.models import Version

    if not purpose:
        return {}
    live = Version.objects.of_model(StoredScorecard).live_at(timezone.now())
    live = live.filter(document__purpose=purpose, document__about__in=["", about]).order_by("slug")
    offered, taken = {}, set(taken)
    for version in live:
        names = {score_name(version.slug), band_name(version.slug)}
        if names & taken:
            continue
        taken |= names
        offered[version.slug] = {
            "name": version.name,
            "number": version.number,
            "version": version.pk,
            "digest": version.digest,
            "bands": [band["name"] for band in version.document["bands"]],
        }
    return offered


@dataclass(frozen=True)
class BoundScore:
    """One version of a scorecard, read when it is first asked: compiling asks no table."""

    name: str
    pk: int
    digest: str

    @property
    def card(self) -> Scorecard:
        return kept((self.pk, self.digest), self._compile)

    def _compile(self) -> Scorecard:
        from rules.store.models import Version

        version = Version.objects.get(pk=self.pk)
        return version.record_class.compile(version.document)


class Scores:
    """The scorecards that a document is bound to, by the names of the facts they give."""

    def __init__(self, bound: Mapping[str, dict]):
        self.bound = bound
        self._by_fact = {}
        for slug, one in bound.items():
            score = BoundScore(one["name"], one["version"], one["digest"])
            self._by_fact[score_name(slug)] = (score, False)
            self._by_fact[band_name(slug)] = (score, True)

    def __contains__(self, fact: object) -> bool:
        return fact in self._by_fact

    def asked(self, names: Collection[str]) -> list[BoundScore]:
        """The scorecards whose points or bands are among `names`, each once."""
        return list(dict.fromkeys(self._by_fact[name][0] for name in sorted(names) if name in self))

    def needs(self, names: Collection[str]) -> frozenset[str]:
        """The facts that they ask for in turn."""
        return frozenset().union(*(score.card.names for score in self.asked(names)))

    def slug_of(self, score: BoundScore) -> str:
        return next(slug for slug, one in self.bound.items() if one["version"] == score.pk)

    def value(self, fact: str, facts: Mapping, made: dict[int, Score]) -> object:
        """The points or the band's name; `made` keeps each score for the next question."""
        bound, wants_band = self._by_fact[fact]
        if bound.pk not in made:
            made[bound.pk] = bound.card.score(facts)
        score = made[bound.pk]
        if wants_band:
            return score.band.name if score.band else None
        return score.points

    def reasons(self, names: Collection[str], facts: Mapping, language: str | None) -> list[str]:
        """Of each that is asked, its points and what made them up."""
        return [said_of(score, facts, language) for score in self.asked(names)]

    def reason(self, fact: str, facts: Mapping, language: str | None) -> str:
        return said_of(self._by_fact[fact][0], facts, language)

    def needs_of(self, fact: str) -> frozenset[str]:
        return self._by_fact[fact][0].card.names if fact in self else frozenset()

    def variables(self) -> list[dict]:
        """What `Vocabulary.extended` takes as `fields`."""
        return [variable for slug, one in self.bound.items() for variable in variables_of(slug, one)]


def said_of(bound: BoundScore, facts: Mapping, language: str | None) -> str:
    score = bound.card.score(facts)
    mark = "；" if (language or "").startswith("zh") else "; "
    made_up = mark.join(score.sentences(language))
    said = f"{SCORE.fill(name=bound.name).say(language)}: {score.sentence(language)}"
    return f"{said} ({made_up})" if made_up else said


def score_name(slug: str) -> str:
    return f"score_{slug.replace('-', '_')}"


def band_name(slug: str) -> str:
    return f"band_{slug.replace('-', '_')}"


def variables_of(slug: str, one: Mapping) -> list[dict]:
    points = {
        "name": score_name(slug),
        "label": SCORE.fill(name=one["name"]),
        "type": "numeric",
        "unit": "points",
    }
    band = {
        "name": band_name(slug),
        "label": BAND.fill(name=one["name"]),
        "type": "select",
        "options": [{"name": name, "label": name} for name in one["bands"]],
    }
    return [points, band] if one["bands"] else [points]


class Scored(Mapping):
    """Facts, with the scores that are asked for and not given."""

    def __init__(self, facts: Mapping, scores: Scores):
        self._facts, self._scores = facts, scores
        self._made: dict[int, Score] = {}

    def __getitem__(self, name: str) -> object:
        if name not in self._scores:
            return self._facts[name]
        try:
            given = self._facts[name]
        except KeyError:
            given = None
        return self._scores.value(name, self._facts, self._made) if given is None else given

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


@dataclass(frozen=True, eq=False)
class ScoredRuleSet(CompiledRuleSet):
    """Rules that may ask scores. `names` has what the scorecards ask, too: it is fetched and logged."""

    scores: Scores = field(kw_only=True)

    @cached_property
    def names(self) -> frozenset[str]:
        own = frozenset().union(*(rule.condition.names for rule in self.rules))
        return own | self.scores.needs(own)

    def decide(self, facts: Mapping[str, object]):
        return super().decide(Scored(facts, self.scores))


def with_scores(compiled: CompiledRuleSet, bound: Mapping[str, dict]) -> CompiledRuleSet:
    """`compiled` able to ask what it names of these; itself where it names none."""
    scores = Scores(bound)
    if not any(name in scores for name in compiled.names):
        return compiled
    return ScoredRuleSet(rules=compiled.rules, vocabulary=compiled.vocabulary, scores=scores)


def newer_scores(
    bound: Mapping[str, dict], names: Collection[str], purpose: str, about: str = ""
) -> list[str]:
    """Sentences about scorecards among `names` that have moved on since they were bound."""
    scores = Scores(bound)
    published = published_scores(purpose, about)
    said = []
    for score in scores.asked(names):
        before, now = bound[scores.slug_of(score)], published.get(scores.slug_of(score))
        words = {"name": before["name"], "number": before["number"], "newest": now and now["number"]}
        if now is None:
            said.append(
                _(
                    "The scorecard “%(name)s” is not live any more. What is live here still uses its version"
                    " %(number)s; the next draft has to do without it."
                )
                % words
            )
        elif now["version"] != before["version"]:
            said.append(
                _(
                    "The scorecard “%(name)s” has a newer version, %(newest)s. What is live here still uses"
                    " version %(number)s. Ask for a review to take the newer one over."
                )
                % words
            )
    return said

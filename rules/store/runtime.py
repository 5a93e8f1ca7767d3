"""What runtime reads: live versions, compiled once per process. Drafts are never seen here."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from threading import Lock

from django.db import transaction
from django.utils import timezone

from rules.store.scope import resolve

# Enough for every version a busy process meets; the least recently used is dropped first.
KEPT_COMPILED = 1_000
_compiled = OrderedDict()
_lock = Lock()
# Those of a rule set hold all its rules, so fewer of them.
KEPT_ROWS = 300
_rows = {}


@dataclass(frozen=True)
class Effective:
    """A version as it decides at a place: adjusted by the versions of overrides on the way there, wide to
    narrow. Reads like a Version; `base` is the one adjusted."""

    base: "Version"  # noqa: F821
    overrides: tuple

    slug = property(attrgetter("base.slug"))
    name = property(attrgetter("base.name"))
    number = property(attrgetter("base.number"))
    record_class = property(attrgetter("base.record_class"))

    @cached_property
    def resolved(self):
        """Where each part comes from, and the document that results."""
        layers = [override.compiled for override in self.overrides]
        return resolve(self.record_class, self.base.document, layers)

    @property
    def document(self) -> dict:
        return self.resolved.document

    @property
    def compiled(self):
        versions = (self.base, *self.overrides)
        key = tuple((version.pk, version.digest) for version in versions)
        return kept(key, lambda: self.record_class.compile(self.document))

    def lines(self, language):
        return self.record_class.in_words(self.document, language)

    def __str__(self):
        return str(self.base)


def live_version(model, slug, at=None, path=()):
    """The version of `model` called `slug` that decides at `at` (now, if not given), or None.

    path    the place it decides at, wide to narrow: ("region:north", "store:sh-001"); → Version, or Effective
            where something on the way is adjusted
    """
    from rules.store.models import Version

    # The document is read only where it is not compiled yet.
    live = Version.objects.of_model(model).live_at(at or timezone.now())
    version = live.filter(slug=slug).defer("document").first()
    if version is None or not path:
        return version
    return at_place(version, path, live_overrides(model, [slug], at=at, places=path))


def live_overrides(model, slugs, at=None, places=None):
    """{slug: {place: Version}} of what is adjusted in these records, everywhere or at `places`."""
    from rules.store.models import Override, Version
    from rules.store.models.override import kind_of, override_slug

    kind = kind_of(model)
    live = Version.objects.of_model(Override).live_at(at or timezone.now())
    if places is None:
        live = live.filter(document__kind=kind, document__record__in=list(slugs))
    else:
        names = [override_slug(kind, slug, place) for slug in slugs for place in places]
        live = live.filter(slug__in=names)
    found = {}
    for version in live:
        found.setdefault(version.document["record"], {})[version.document["place"]] = version
    return found


def at_place(version, path, overrides):
    """`version` as it decides at the end of `path`; `overrides` as `live_overrides` gives them."""
    by_place = overrides.get(version.slug)
    taking_part = tuple(by_place[place] for place in path if place in by_place) if by_place else ()
    return Effective(version, taking_part) if taking_part else version


def adjusted(version, override_ids):
    """`version` as these versions of overrides adjust it, wide to narrow. They are read once per process."""
    if not override_ids:
        return version
    return Effective(version, kept(("overrides", *override_ids), lambda: overrides_of(override_ids)))


def overrides_of(ids) -> tuple:
    from rules.store.models import Version

    found = Version.objects.in_bulk(ids)
    return tuple(found[pk] for pk in ids)


def forget_compiled():
    """As in a process that has just begun."""
    with _lock:
        _compiled.clear()
        _rows.clear()


def live_versions(model, at=None):
    """Every version of `model` that decides at `at`, ordered by slug."""
    from rules.store.models import Version

    return Version.objects.of_model(model).live_at(at or timezone.now()).order_by("slug")


class Live:
    """What decides at `at` (now, if not given) of these kinds of records: one statement for all of them.

    It asks the database which versions are live, so what goes live in another process counts at once; only
    the rows of those versions are kept, and they never change.
    """

    def __init__(self, *models, at=None):
        from django.contrib.contenttypes.models import ContentType

        from rules.store.models import Version

        kinds = {ContentType.objects.get_for_model(model).pk: model for model in models}
        live = Version.objects.filter(content_type__in=kinds).live_at(at or timezone.now())
        found = list(live.order_by("slug", "-live_from").values_list("content_type", "pk"))
        rows = version_rows(pk for _kind, pk in found)
        self._versions = {model: [] for model in models}
        for kind, pk in found:
            self._versions[kinds[kind]].append(rows[pk])

    def version(self, model, slug):
        """The version of `model` called `slug`, or None."""
        return next((version for version in self._versions[model] if version.slug == slug), None)

    def rulesets(self, purpose, about=""):
        """Versions of the rule sets for `purpose`: general ones, then those about `about`."""
        from rules.store.models import RuleSet

        versions = [
            version
            for version in self._for_purpose(RuleSet, purpose)
            if version.document["about"] in ("", about)
        ]
        return sorted(versions, key=lambda version: version.document["about"] != "")

    def scorecards(self, purpose):
        """Versions of the scorecards for `purpose`."""
        from rules.store.models import Scorecard

        return self._for_purpose(Scorecard, purpose)

    def overrides(self, model, slugs):
        """As `live_overrides` gives them, everywhere."""
        from rules.store.models import Override
        from rules.store.models.override import kind_of

        kind, found = kind_of(model), {}
        for version in self._versions[Override]:
            document = version.document
            if document["kind"] == kind and document["record"] in slugs:
                found.setdefault(document["record"], {})[document["place"]] = version
        return found

    def _for_purpose(self, model, purpose):
        return [version for version in self._versions[model] if version.document["purpose"] == purpose]


def live_scorecards(purpose, at=None):
    """Versions of the scorecards for `purpose` that decide at `at`."""
    from rules.store.models import Scorecard

    return Live(Scorecard, at=at).scorecards(purpose)


def version_rows(numbers):
    """{number: Version}, each read once per process. It cannot be stale but in when it ends: a version never
    changes otherwise, nor is it ever deleted."""
    from rules.store.models import Version

    numbers = set(numbers)
    rows = {pk: row for pk in numbers if (row := _rows.get(pk))}
    if missing := numbers - rows.keys():
        read = Version.objects.in_bulk(missing)
        # Those of a transaction that is undone never were.
        transaction.on_commit(lambda: keep_rows(read))
        rows |= read
    return rows


def keep_rows(read):
    if len(_rows) + len(read) > KEPT_ROWS:
        _rows.clear()
    _rows.update(read)


def score_of(slug, facts, at=None):
    """What the live scorecard called `slug` gives these facts, as an engine Score; None if none is live."""
    from rules.store.models import Scorecard

    version = live_version(Scorecard, slug, at)
    return version.compiled.score(facts) if version else None


def value_of(slug, facts, at=None):
    """What the live formula called `slug` gives these facts, as a FormulaResult; None if none is live."""
    from rules.store.models import Formula

    version = live_version(Formula, slug, at)
    return version.compiled.evaluate(facts) if version else None


def decide_table(slug, facts, at=None):
    """What the live decision table called `slug` decides on these facts, as a TableDecision; None if none is
    live. Raises DecisionError where the facts break a promise of the table."""
    from rules.store.models import DecisionTable

    version = live_version(DecisionTable, slug, at)
    return version.compiled.decide(facts) if version else None


def compiled(version):
    return kept((version.pk, version.digest), lambda: version.record_class.compile(version.document))


def kept(key, make):
    """What `make` makes, made once per process as long as it is among those used lately."""
    with _lock:
        if key in _compiled:
            _compiled.move_to_end(key)
            return _compiled[key]
    # Compiling twice in a race costs time, never correctness; holding the lock would stall every thread.
    result = make()
    with _lock:
        _compiled[key] = result
        while len(_compiled) > KEPT_COMPILED:
            _compiled.popitem(last=False)
    return result

"""What runtime reads: live versions, compiled once per process. Drafts are never seen here."""

from collections import OrderedDict
from threading import Lock

from django.utils import timezone

# Enough for every version a busy process meets; the least recently used is dropped first.
KEPT_COMPILED = 1_000
_compiled = OrderedDict()
_lock = Lock()


def live_version(model, slug, at=None):
    """The version of `model` called `slug` that decides at `at` (now, if not given), or None."""
    from rules.store.models import Version

    # The document is read only where it is not compiled yet.
    live = Version.objects.of_model(model).live_at(at or timezone.now())
    return live.filter(slug=slug).defer("document").first()


def live_versions(model, at=None):
    """Every version of `model` that decides at `at`, ordered by slug."""
    from rules.store.models import Version

    return Version.objects.of_model(model).live_at(at or timezone.now()).order_by("slug")


def live_rulesets(purpose, about="", at=None):
    """Versions of the rule sets for `purpose` that decide at `at`: general ones, then those about `about`."""
    from rules.store.models import RuleSet

    versions = live_versions(RuleSet, at=at).filter(
        document__purpose=purpose, document__about__in={"", about}
    )
    return sorted(versions, key=lambda version: version.document["about"] != "")


def live_scorecards(purpose, at=None):
    """Versions of the scorecards for `purpose` that decide at `at`."""
    from rules.store.models import Scorecard

    return live_versions(Scorecard, at=at).filter(document__purpose=purpose)


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


def compiled(version):
    key = (version.pk, version.digest)
    with _lock:
        if key in _compiled:
            _compiled.move_to_end(key)
            return _compiled[key]
    # Compiling twice in a race costs time, never correctness; holding the lock would stall every thread.
    result = version.record_class.compile(version.document)
    with _lock:
        _compiled[key] = result
        while len(_compiled) > KEPT_COMPILED:
            _compiled.popitem(last=False)
    return result

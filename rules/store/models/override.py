import re
from functools import cached_property

from anyascii import anyascii
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from rules.store.digests import digest
from rules.store.models.record import StoredRecord
from rules.store.places import Place, find_place, place_label
from rules.store.problems import Line, RecordErrors, RecordProblem
from rules.store.scope import Layer, resolve


class Override(StoredRecord):
    """A region or store that has parts of a record its own way; everything else flows down to it.

    It names the record by its kind and short name, so that either may come and go without the other.
    """

    kind = models.CharField(_("kind of record"), max_length=100, editable=False)
    record_slug = models.SlugField(_("record"), max_length=80, editable=False)
    place = models.CharField(_("region or store"), max_length=100, editable=False)
    # At the record it adjusts.
    begins_elsewhere = True

    parts = models.JSONField(_("what is different here"), default=dict, blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("local adjustment")
        verbose_name_plural = _("local adjustments")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record_slug", "place"], name="override_once_per_record_and_place"
            )
        ]

    def document(self):
        return {"kind": self.kind, "record": self.record_slug, "place": self.place, "parts": self.parts}

    @classmethod
    def compile(cls, document):
        if not isinstance(document["parts"], dict):
            raise RecordErrors([RecordProblem(("parts",), _("Choose what is different here."))])
        return Layer(document["place"], document["parts"])

    def completeness(self):
        return list(problems_of(self))

    @classmethod
    def in_words(cls, document, language):
        with translation.override(language):
            known = {part.key: part for part in parts_of(document)}
            return [
                Line("place", say("Holds in"), place_label(document["place"])),
                *(
                    Line(f"parts/{key}", *said_part(key, value, known.get(key)))
                    for key, value in document["parts"].items()
                ),
            ]

    def vocabularies(self):
        return self.base.vocabularies() if self.base else {}

    @cached_property
    def base(self) -> StoredRecord | None:
        """The record it adjusts, as its newest draft says it."""
        model = model_of(self.kind)
        record = model and model.objects.filter(slug=self.record_slug).first()
        return record and record.get_latest_revision_as_object()

    def place_found(self) -> Place | None:
        return find_place(self.place)


def model_of(kind: str):
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def kind_of(model) -> str:
    return model._meta.label_lower


def override_slug(kind: str, record_slug: str, place: str) -> str:
    """The short name of the one adjustment of a record at a place; runtime looks it up by this."""
    readable = slugify(anyascii(re.sub(r"[.:]", "-", f"{kind.partition('.')[2]}-{record_slug}-{place}")))
    return f"{readable[:65]}-{digest([kind, record_slug, place])[:12]}"


def document_above(kind: str, record_slug: str) -> dict | None:
    """What the record says for everyone, or last said; None if it was never live."""
    from rules.store.models.version import Version

    model = model_of(kind)
    if model is None:
        return None
    newest = Version.objects.of_model(model).named(record_slug).order_by("-live_from", "-number").first()
    return newest and newest.document


def parts_of(document: dict) -> list:
    above = document_above(document["kind"], document["record"])
    return model_of(document["kind"]).adjustable_parts(above) if above else []


def said_part(key, value, part) -> tuple[str, str]:
    if part is None:
        return key, say("No longer part of the record; it has no effect.")
    return part.label, part.say(value)


def layers_above(override: Override) -> list[Layer]:
    """What is live on the way down to the place, without the place itself."""
    from rules.store.runtime import live_overrides

    place = override.place_found()
    above = place.path[:-1] if place else ()
    # Many at once are checked one by one: not all adjustments of the record for each of them.
    found = live_overrides(model_of(override.kind), [override.record_slug], places=above)
    at_places = found.get(override.record_slug, {})
    return [at_places[key].compiled for key in above if key in at_places]


def problems_of(override: Override):
    document = document_above(override.kind, override.record_slug)
    if document is None:
        yield RecordProblem(("parts",), _("The record that this adjusts does not exist any more."))
        return
    try:
        yield from problems_with(override, document)
    except RecordErrors as errors:
        # The words it was written in are gone.
        yield from (RecordProblem(("parts",), problem.sentence) for problem in errors.problems)


def problems_with(override: Override, document: dict):
    if override.place_found() is None:
        yield RecordProblem(("parts",), _("This region or store does not exist any more."))
    if not override.parts:
        yield RecordProblem(("parts",), _("Choose at least one thing that is different here."))
    kind = model_of(override.kind)
    above = resolve(kind, document, layers_above(override))
    known = {at.part.key: at for at in above.parts}
    for key, value in override.parts.items():
        if at := known.get(key):
            yield from problems_of_part(kind, document, at, value)
    here = resolve(kind, above.document, [Layer(override.place, override.parts)])
    if here.broken:
        yield from broken_problems(kind, above.document, override)
    # Makes sense to the engine, but not to the person who left it empty.
    for problem in getattr(kind.compile(here.document), "unfinished", ()):
        yield RecordProblem(("parts",), problem.sentence)


def problems_of_part(kind, document, at, value):
    path = ("parts", at.part.key)
    try:
        at.part.clean(value)
    except ValidationError as error:
        yield from (RecordProblem(path, f"{at.part.label}: {message}") for message in error.messages)
        return
    if kind.may_only_tighten(document) and not is_as_tight(at, value):
        sentence = _(
            "%(label)s: “%(own)s” would loosen “%(above)s”, which comes from %(origin)s. This record may be"
            " tightened for a region or store, never loosened."
        )
        yield RecordProblem(
            path,
            sentence
            % {
                "label": at.part.label,
                "own": at.part.say(value),
                "above": at.part.say(at.value),
                "origin": place_label(at.origin),
            },
        )


def is_as_tight(at, value) -> bool:
    return at.part.tighter is not None and at.part.tighter(at.value, value) == value


def broken_problems(kind, document, override):
    for key, value in override.parts.items():
        try:
            kind.compile(kind.with_parts(document, {key: value}))
        except RecordErrors as errors:
            yield from (RecordProblem(("parts", key), problem.sentence) for problem in errors.problems)

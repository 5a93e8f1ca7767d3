"""What a draft would change in the places that adjust its record."""

from django.utils.translation import gettext as _

from rules.store.places import find_place, place_label
from rules.store.problems import RecordErrors
from rules.store.runtime import live_overrides
from rules.store.scope import resolve


def reach_of(record, *, live, draft) -> dict | None:
    """Which parts of the change from the `live` version to `draft` do not reach which places, what they lose.

    → {"count": live adjustments, "kept": [sentence], "lost": [sentence]}, None if nothing is adjusted
    """
    model, before = type(record), live.document
    overrides = live_overrides(model, [live.slug]).get(live.slug, {})
    if not overrides:
        return None
    if draft.slug != live.slug:
        lost = [
            _("The short name changes. Adjustments are found by it, so none of them would count any more.")
        ]
        return {"count": len(overrides), "kept": [], "lost": lost}
    try:
        after = draft.document()
        changed = changed_parts(model, before, after)
        kept, lost = [], []
        for key, override in overrides.items():
            place = find_place(key)
            path = place.path if place else (key,)
            layers = [overrides[step].compiled for step in path if step in overrides]
            resolved = resolve(model, after, layers)
            kept += [
                _("%(part)s: the change does not reach %(place)s, which has its own: %(value)s.")
                % {
                    "part": at.part.label,
                    "place": place_label(key),
                    "value": at.part.say(at.value).rstrip(".。"),
                }
                for at in resolved.parts
                if at.part.key in changed and at.part.key in override.compiled.parts and at.origin == key
            ]
            known = {part.key: part.label for part in model.adjustable_parts(before)}
            lost += [
                _("%(place)s: the adjustment of %(part)s has no effect with this draft.")
                % {"part": known.get(part, part), "place": place_label(key)}
                for origin, part in [*resolved.missing, *resolved.broken]
                if origin == key
            ]
    except RecordErrors:
        kept, lost = [], []
    return {"count": len(overrides), "kept": kept, "lost": lost}


def changed_parts(model, before, after) -> set[str]:
    old = {part.key: part.value for part in model.adjustable_parts(before)}
    return {part.key for part in model.adjustable_parts(after) if old.get(part.key) != part.value}

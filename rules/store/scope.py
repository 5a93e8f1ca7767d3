"""What a record says at a place: the base document, with the parts that the places on the way down replace.

Pure: layers in, values and where they come from out. For each part the narrowest layer that names it wins;
everything else flows down from the base. Where a record may only be tightened, the tighter of the two counts
instead, also when the wider place tightened later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from decimal import Decimal

from django import forms

from rules.store.places import HEADQUARTERS
from rules.store.problems import RecordErrors

Value = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing about a record that a place may have its own way.

    key      the same in every version of the record: "most", "rule:Big sale"
    value    {name: JSON value}, as the document has it
    inputs   → {name: form field}, the same names
    say      a value in words, in the active language
    tighter  (wider, narrower) → the tighter of two values; the wider where neither is. None: nothing is
    """

    key: str
    label: str
    value: Value
    inputs: Callable[[], dict[str, forms.Field]]
    say: Callable[[Value], str]
    tighter: Callable[[Value, Value], Value] | None = None

    def clean(self, value: Value) -> dict:
        """`value` as it is stored. Raises ValidationError, a sentence for each input."""
        cleaned, errors = {}, []
        for name, form_field in self.inputs().items():
            try:
                cleaned[name] = as_json(form_field.clean(value.get(name)))
            except forms.ValidationError as error:
                errors += [f"{form_field.label or self.label}: {message}" for message in error.messages]
        if errors:
            raise forms.ValidationError(errors)
        return cleaned


def as_json(value):
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


@dataclass(frozen=True)
class Layer:
    """What one place has its own way. `parts`: {part key: value}."""

    place: str
    parts: Mapping[str, Value]


@dataclass(frozen=True)
class PartAt:
    """A part as it holds at a place.

    origin   the place its value comes from
    outdone  places whose own value does not count, because what is above them is as tight or tighter
    """

    part: Part
    value: Value
    origin: str = HEADQUARTERS
    outdone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resolved:
    """`missing`: [(place, part key)] that name nothing the record says any more; `broken`: that make no sense
    with what it says now. Neither counts."""

    document: dict
    parts: list[PartAt]
    missing: list[tuple[str, str]] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)


def resolve(kind, document: dict, layers: Sequence[Layer]) -> Resolved:
    """`document` of a `kind` of record under `layers`, wide to narrow."""
    parts = {part.key: PartAt(part, part.value) for part in kind.adjustable_parts(document)}
    missing = [(layer.place, key) for layer in layers for key in layer.parts if key not in parts]
    for layer in layers:
        for key in (key for key in layer.parts if key in parts):
            parts[key] = narrowed(parts[key], layer, only_tighten=kind.may_only_tighten(document))
    merged, broken = merge(kind, document, parts)
    return Resolved(merged, list(parts.values()), missing, broken)


def narrowed(above: PartAt, layer: Layer, *, only_tighten: bool) -> PartAt:
    own = layer.parts[above.part.key]
    if only_tighten:
        tighter = above.part.tighter
        counts = tighter(above.value, own) if tighter else above.value
        if counts == above.value:
            return replace(above, outdone=(*above.outdone, layer.place))
        return replace(above, value=counts, origin=layer.place)
    return replace(above, value=own, origin=layer.place)


def merge(kind, document, parts) -> tuple[dict, list[tuple[str, str]]]:
    """The document with every part that is not the base's; without those that no longer compile with it."""
    changed = {key: at.value for key, at in parts.items() if at.origin != HEADQUARTERS}
    if not changed:
        return document, []
    merged = kind.with_parts(document, changed)
    if compiles(kind, merged):
        return merged, []
    # One by one: what still makes sense goes on working.
    kept, broken = {}, []
    for key, value in changed.items():
        if compiles(kind, kind.with_parts(document, kept | {key: value})):
            kept[key] = value
        else:
            broken.append((parts[key].origin, key))
            parts[key] = PartAt(parts[key].part, parts[key].part.value)
    return kind.with_parts(document, kept), broken


def compiles(kind, document) -> bool:
    try:
        kind.compile(document)
    except RecordErrors:
        return False
    return True

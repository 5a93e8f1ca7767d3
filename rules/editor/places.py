"""Regions and stores: where a record is adjusted, and what holds where."""

from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages

from rules.editor import views
from rules.store import actions
from rules.store.many_places import waiting_of
from rules.store.models import Override
from rules.store.models.override import document_above, kind_of
from rules.store.places import find_place, place_choices, place_label
from rules.store.problems import RecordErrors, Refusal
from rules.store.runtime import live_overrides
from rules.store.scope import resolve


def url_of(record, page):
    return reverse(record.snippet_viewset.get_url_name(page), args=[record.pk])


# The page of a record about its places


@dataclass(frozen=True)
class Row:
    """One adjustment of a record, as its newest draft has it. `lost`: parts the record no longer has."""

    override: Override
    place: str
    parts: list[str]
    lost: list[str]

    @property
    def url(self):
        return url_of(self.override, "edit")


class PlacesView(views.RecordView):
    """Which places adjust which parts of a record, and what holds in a place the reader chooses."""

    template_name = "editor/record_places.html"
    http_method_names = ["get", "post"]

    def get_page_title(self):
        return _("Regions and stores")

    @cached_property
    def kind(self):
        return kind_of(self.model)

    @cached_property
    def document(self):
        return document_above(self.kind, self.record.slug)

    def get_context_data(self, **kwargs):
        chosen = find_place(self.request.GET.get("place", ""))
        parts, here = [], None
        try:
            if self.document is not None:
                parts = self.model.adjustable_parts(self.document)
                here = self.holding_at(chosen) if chosen else None
        except RecordErrors as errors:
            kwargs["problems"] = errors.problems
        return super().get_context_data(
            rows=rows_of(self.record, parts),
            parts=parts,
            was_live=self.document is not None,
            only_tighten=bool(self.document) and self.model.may_only_tighten(self.document),
            choices=place_choices(self.request.user),
            all_places=place_choices(),
            chosen=chosen,
            here=here,
            may_change=self.may_change,
            many_url=self.url("many_places"),
            sent_together=[(one, self.url("rollout", one.pk)) for one in waiting_of(self.record)],
            **kwargs,
        )

    @property
    def may_change(self):
        return self.request.user.has_perm("rules_store.change_override")

    def holding_at(self, place):
        """[(PartAt, its value in words, where it comes from)] as it holds now."""
        overrides = live_overrides(self.model, [self.record.slug]).get(self.record.slug, {})
        layers = [overrides[key].compiled for key in place.path if key in overrides]
        resolved = resolve(self.model, self.document, layers)
        return [(at, at.part.say(at.value), place_label(at.origin)) for at in resolved.parts]

    def post(self, request, *args, **kwargs):
        if not self.may_change:
            raise PermissionDenied
        place = find_place(request.POST.get("place", ""))
        try:
            if place is None:
                raise Refusal(_("Choose a region or a store."))
            override = actions.adjust(record=self.record, place=place, by=request.user)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect(self.url("places"))
        return redirect(url_of(override, "edit"))


def rows_of(record, parts) -> list[Row]:
    labels = {part.key: part.label for part in parts}
    found = Override.objects.in_use().filter(kind=kind_of(type(record)), record_slug=record.slug)
    rows = []
    for override in found:
        own = override.get_latest_revision_as_object().parts
        rows.append(
            Row(
                override=override,
                place=place_label(override.place),
                parts=[labels[key] for key in own if key in labels],
                lost=[key for key in own if key not in labels],
            )
        )
    return rows

"""The form of a local adjustment: what holds above, where it comes from, and what is different here."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, PublishingPanel
from wagtail.snippets.models import get_snippet_models

from rules.editor import views
from rules.editor.places import url_of
from rules.editor.viewsets import StoredRecordViewSet
from rules.editor.widgets import ActionsWidget, ConditionWidget
from rules.store.digests import digest
from rules.store.fields import TreeFormField, always
from rules.store.forms import StoredRecordForm
from rules.store.models import Override
from rules.store.models.override import document_above, layers_above, model_of
from rules.store.places import may_adjust, place_label
from rules.store.problems import RecordErrors
from rules.store.scope import PartAt, resolve

# The form of an adjustment


def input_name(name: str, key: str, part: str) -> str:
    """What an input of a part is called. Keys hold spaces and Chinese, which names of inputs should not."""
    return f"{name}-{digest(key)[:10]}-{part}"


def bound_fields(part) -> dict[str, forms.Field]:
    """The inputs of a part, with a builder where a condition or actions are asked."""
    fields = part.inputs()
    for form_field in fields.values():
        if isinstance(form_field, TreeFormField):
            builder = ConditionWidget if form_field.nothing is always else ActionsWidget
            form_field.widget = builder(vocabulary="rules")
    return fields


class PartsWidget(forms.Widget):
    """Per part: what holds above and where it comes from, a tick for "different here", and the inputs."""

    template_name = "editor/widgets/parts.html"
    above: list[PartAt] = []
    missing: dict = {}

    def get_context(self, name, value, attrs):
        value = value or {}
        context = super().get_context(name, None, attrs)
        context["widget"]["rows"] = [self.row(at, value, name) for at in self.above]
        context["widget"]["missing"] = [
            {"key": key, "name": input_name(name, key, "own"), "kept": key in value} for key in self.missing
        ]
        return context

    def row(self, at, value, name):
        own = value.get(at.part.key)
        shown = at.value if own is None else own
        return {
            "label": at.part.label,
            "above": at.part.say(at.value),
            "origin": place_label(at.origin),
            "own": own is not None,
            "name": input_name(name, at.part.key, "own"),
            "inputs": [
                self.input(form_field, input_name(name, at.part.key, part), shown.get(part))
                for part, form_field in bound_fields(at.part).items()
            ],
        }

    def input(self, form_field, name, value):
        attrs = {"id": f"id_{name}"}
        is_builder = isinstance(form_field, TreeFormField)
        html = form_field.widget.render(name, form_field.prepare_value(value), attrs)
        return {"label": form_field.label, "id": attrs["id"], "html": html, "is_builder": is_builder}

    def value_from_datadict(self, data, files, name):
        posted = {
            at.part.key: {
                part: form_field.widget.value_from_datadict(data, files, input_name(name, at.part.key, part))
                for part, form_field in bound_fields(at.part).items()
            }
            for at in self.above
            if input_name(name, at.part.key, "own") in data
        }
        kept = {key: own for key, own in self.missing.items() if input_name(name, key, "own") in data}
        return posted | kept

    def _render(self, template_name, context, renderer=None):
        return mark_safe(render_to_string(template_name, context))

    def id_for_label(self, id_):
        return None


def parts_above(override: Override) -> list[PartAt]:
    """What holds above the place of an adjustment, and where it comes from."""
    document = document_above(override.kind, override.record_slug)
    try:
        return resolve(model_of(override.kind), document, layers_above(override)).parts if document else []
    except RecordErrors:
        # The words the record was written in are gone; what is stored is kept.
        return []


class PartsField(forms.Field):
    widget = PartsWidget

    def bind_to(self, override: Override) -> None:
        """Say which parts there are, and what holds of them above."""
        self.widget.above = parts_above(override)
        known = {at.part.key for at in self.widget.above}
        self.widget.missing = {key: own for key, own in override.parts.items() if key not in known}

    def bound_data(self, data, initial):
        known = {at.part.key: at.part for at in self.widget.above}
        return {
            key: {
                name: form_field.bound_data(value.get(name), None)
                for name, form_field in known[key].inputs().items()
            }
            if key in known
            else value
            for key, value in (data or {}).items()
        }

    def clean(self, value):
        cleaned, errors = {}, []
        known = {at.part.key: at.part for at in self.widget.above}
        for key, own in value.items():
            try:
                cleaned[key] = known[key].clean(own) if key in known else own
            except forms.ValidationError as error:
                errors += [f"{known[key].label}: {message}" for message in error.messages]
        if errors:
            raise forms.ValidationError(errors)
        return cleaned

    def has_changed(self, initial, data):
        try:
            return self.clean(data) != (initial or {})
        except forms.ValidationError:
            return True


class OverrideForm(StoredRecordForm):
    parts = PartsField(
        label=gettext_lazy("What is different here"),
        required=False,
        help_text=gettext_lazy(
            "Without a tick, what is above holds, also when it changes later. "
            "Take a tick away to go back to what is above."
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parts"].bind_to(self.instance)


Override.base_form_class = OverrideForm


class OverrideEditView(views.RecordEditView):
    template_name = "editor/override_form.html"

    def get_context_data(self, **kwargs):
        above = self.object.base
        return super().get_context_data(
            above=above, above_url=url_of(above, "places") if above else "", **kwargs
        )

    def refuse_if_moved_on(self):
        super().refuse_if_moved_on()
        place = self.object.place_found()
        if place and not may_adjust(self.request.user, place):
            raise PermissionDenied(_("You may not adjust records for %(place)s.") % {"place": place.label})


class OverrideReviewView(views.ReviewView):
    """The reviewer reads each part beside what is above it."""

    template_name = "editor/override_review.html"

    def get_context_data(self, **kwargs):
        draft = self.record.get_latest_revision_as_object()
        above = draft.base
        return super().get_context_data(
            above=above,
            above_url=url_of(above, "places") if above else "",
            beside=[
                {
                    "label": at.part.label,
                    "above": at.part.say(at.value),
                    "origin": place_label(at.origin),
                    "own": at.part.say(draft.parts[at.part.key]),
                }
                for at in parts_above(draft)
                if at.part.key in draft.parts
            ],
            **kwargs,
        )


class OverrideIndexView(views.RecordIndexView):
    def get_context_data(self, **kwargs):
        return super().get_context_data(examples=self.where_to_begin(), **kwargs)

    def where_to_begin(self) -> list[tuple[str, str]]:
        """The lists of the kinds that can be adjusted, as far as this person may see them."""
        return [
            (capfirst(model._meta.verbose_name_plural), reverse(model.snippet_viewset.get_url_name("list")))
            for model in get_snippet_models()
            if getattr(model, "is_adjustable", bool)()
            and model.snippet_viewset.permission_policy.user_has_any_permission(
                self.request.user, {"add", "change", "view"}
            )
        ]


class OverrideViewSet(StoredRecordViewSet):
    model = Override
    index_view_class = OverrideIndexView
    icon = "globe"
    menu_label = gettext_lazy("Local adjustments")
    copy_view_enabled = False
    edit_view_class = OverrideEditView
    review_view_class = OverrideReviewView
    edit_template_name = "editor/override_form.html"
    teaching = gettext_lazy(
        "A region or a store has parts of a record its own way, and the rest follows headquarters. "
        "Open a limit, a rule set or a commission plan and press “Regions and stores”."
    )
    panels = [FieldPanel("parts"), PublishingPanel()]

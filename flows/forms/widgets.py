"""Answers of more than one input. Each works without a script; project/assets/desk adds comfort."""

from django import forms
from django.forms.renderers import get_default_renderer
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe


class OutputWidget(forms.Widget):
    """Shows what was computed; nothing can be typed."""

    def render(self, name, value, attrs=None, renderer=None):
        return format_html("<output{}>{}</output>", flatatt(attrs or {}), value or "–")


class PiecesWidget(forms.MultiWidget):
    """Its template lays out `widget.subwidgets`: each has its `input` as HTML, and `attrs.id` for a label."""

    use_fieldset = True
    has_pieces = True

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for piece in context["widget"]["subwidgets"]:
            html = get_default_renderer().render(piece["template_name"], {"widget": piece})
            piece["input"] = mark_safe(html)
        return context

    def _render(self, template_name, context, renderer=None):
        # Django's form renderer does not look into templates/.
        return mark_safe(render_to_string(template_name, context))


class LocationWidget(PiecesWidget):
    template_name = "forms/location.html"

    def __init__(self, attrs=None):
        degrees = {"inputmode": "decimal", "step": "0.000001", "autocomplete": "off"}
        super().__init__(
            {
                "latitude": forms.NumberInput(attrs=degrees | {"data-location-target": "latitude"}),
                "longitude": forms.NumberInput(attrs=degrees | {"data-location-target": "longitude"}),
            },
            attrs,
        )

    def decompress(self, value):
        return [value["latitude"], value["longitude"]] if value else [None, None]


class SignatureWidget(PiecesWidget):
    template_name = "forms/signature.html"

    def __init__(self, attrs=None):
        super().__init__(
            {
                "drawn": forms.HiddenInput(attrs={"data-signature-target": "drawn"}),
                "typed": forms.TextInput(attrs={"autocomplete": "name"}),
            },
            attrs,
        )

    def decompress(self, value):
        return ["", value["typed"]] if value and "typed" in value else ["", ""]

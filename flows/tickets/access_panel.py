"""The matrix of who sees which field, as a table to choose in: a part for each role, fields by steps."""

from dataclasses import dataclass

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from flows.forms.texts import said
from flows.organisation.roles import roles_to_choose
from flows.tickets.field_access import LEVELS, USUAL
from rules.store.fields import is_storable

LABELS = {
    "hidden": _("hidden"),
    "masked": _("masked"),
    "read": _("read only"),
    "edit": _("may edit"),
    "required": _("must answer"),
}
BETWEEN = "~"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A select: `name` of the input, what is chosen, and what a screen reader says of it."""

    name: str
    level: str
    label: str


class AccessWidget(forms.Widget):
    """Selects named "field_access~role~step~field". `document` is that of the record as it was saved."""

    template_name = "tickets/access.html"
    document: dict | None = None

    def render(self, name, value, attrs=None, renderer=None):
        return mark_safe(
            render_to_string(
                self.template_name,
                {
                    "roles": self.roles(name, value if isinstance(value, dict) else {}),
                    "levels": [(level, LABELS[level]) for level in LEVELS],
                    "usual": USUAL,
                },
            )
        )

    def format_value(self, value):
        return value

    def roles(self, name: str, levels: dict) -> list[dict]:
        document, language = self.document or {"fields": [], "nodes": []}, get_language()
        fields = [(field["name"], said(field["label"], language)) for field in document["fields"]]
        nodes = [(node["key"], said(node["label"], language)) for node in document["nodes"]]
        if not fields or not nodes:
            return []
        roles = []
        for role in roles_to_choose().values_list("name", flat=True):
            given = levels.get(role, {})
            rows = [
                (
                    label,
                    [
                        Cell(
                            name=BETWEEN.join((name, role, node, field)),
                            level=given.get(node, {}).get(field, USUAL),
                            label=gettext("%(role)s: %(field)s, %(step)s")
                            % {"role": gettext(role), "field": label, "step": step},
                        )
                        for node, step in nodes
                    ],
                )
                for field, label in fields
            ]
            limits = sum(cell.level != USUAL for _label, cells in rows for cell in cells)
            steps = [step for _key, step in nodes]
            roles.append({"name": gettext(role), "steps": steps, "rows": rows, "limits": limits})
        return roles

    def value_from_datadict(self, data, files, name):
        levels = {}
        for key, level in data.items():
            parts = key.split(BETWEEN)
            if len(parts) == 4 and parts[0] == name and level in LEVELS and level != USUAL:
                _name, role, node, field = parts
                levels.setdefault(role, {}).setdefault(node, {})[field] = level
        return levels

    def value_omitted_from_data(self, data, files, name):
        return not any(key.startswith(name + BETWEEN) for key in data)


class AccessField(forms.JSONField):
    """Never text: the widget reads selects."""

    def to_python(self, value):
        if not is_storable(value):
            raise forms.ValidationError(_("It holds characters that cannot be stored. Please type it anew."))
        return value

    def prepare_value(self, value):
        return value

    def bound_data(self, data, initial):
        return data


class AccessPanel(FieldPanel):
    class BoundPanel(FieldPanel.BoundPanel):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            if self.bound_field and self.instance.pk:
                # As it was saved: rows typed since then have no short name yet.
                saved = self.instance.get_latest_revision_as_object()
                self.bound_field.field.widget.document = saved.document()

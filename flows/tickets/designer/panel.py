"""The flow on the edit page: one hidden input, with the editor of project/assets/admin/flow mounted on it."""

from django import forms
from django.contrib.auth.models import Group
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext
from wagtail.admin.panels import FieldPanel

from flows.forms.fields import compile_fields
from flows.forms.texts import said
from flows.organisation.models import Department, User
from flows.tickets.assignment.choices import ways_to_find_someone
from flows.tickets.events import EVENTS
from rules.editor.widgets import token_for

CONDITIONS = "routing"  # the vocabulary that the conditions of transitions are written in
ACTIONS = "doing"  # what steps and transitions do by themselves
DATES = ("date", "datetime")


class FlowWidget(forms.HiddenInput):
    """`words`: what the editor offers, printed beside the input."""

    words: dict | None = None

    def render(self, name, value, attrs=None, renderer=None):
        hidden = super().render(name, value, {**(attrs or {}), "data-flow-editor-target": "input"}, renderer)
        return mark_safe(
            render_to_string("tickets/designer/editor.html", {"input": hidden, "words": self.words})
        )

    @property
    def is_hidden(self):
        # Its label and its errors are shown.
        return False

    def id_for_label(self, id_):
        return None


class FlowPanel(FieldPanel):
    def __init__(self, field_name, **kwargs):
        super().__init__(field_name, widget=kwargs.pop("widget", FlowWidget), **kwargs)

    class BoundPanel(FieldPanel.BoundPanel):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            if self.bound_field:
                self.bound_field.field.widget.words = words_for(self.instance, language=get_language())


def words_for(record, *, language: str) -> dict:
    """What the editor knows of this ticket type and of the company."""
    specs = compile_fields(record.document()["fields"])
    departments = Department.objects.order_by("name")
    roles = Group.objects.order_by("name").values_list("name", flat=True)
    ticket_types = type(record).objects.in_use().exclude(pk=record.pk).order_by("name")
    return {
        "fields": [choice(spec.name, said(spec.label, language)) for spec in specs],
        "dateFields": [spec.name for spec in specs if spec.kind in DATES],
        "departments": [choice(*row) for row in departments.values_list("slug", "name")],
        "people": [
            choice(user.username, str(user))
            for user in User.objects.filter(is_active=True).order_by("last_name", "first_name", "username")
        ],
        "roles": [choice(name, gettext(name)) for name in roles],
        "ticketTypes": [choice(*row) for row in ticket_types.values_list("slug", "name")],
        "events": [choice(key, str(label)) for key, label in EVENTS.items()],
        **ways_to_find_someone(),
        "conditions": CONDITIONS,
        "actions": ACTIONS,
        "checkUrl": reverse("tickets_check_flow"),
        "walkUrl": walk_url(record),
        "token": token_for(record, CONDITIONS),
    }


def walk_url(record) -> str:
    if not record.pk:
        return ""
    return reverse(record.snippet_viewset.get_url_name("walk"), args=[record.pk])


def choice(name, label) -> dict:
    return {"name": name, "label": label}

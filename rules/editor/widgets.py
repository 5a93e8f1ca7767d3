from django import forms
from django.apps import apps
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe

from rules.engine import Vocabulary
from rules.store.models import StoredRecord

SALT = "rules.editor.vocabulary"


class BuilderWidget(forms.Widget):
    """A hidden input with a builder mounted on it. `vocabulary` names one the page prints."""

    template_name = "editor/widgets/builder.html"
    controller = ""

    def __init__(self, attrs=None, *, vocabulary=""):
        super().__init__(attrs)
        self.vocabulary = vocabulary

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"controller": self.controller, "vocabulary": self.vocabulary}
        return context

    def _render(self, template_name, context, renderer=None):
        # Django's form renderer does not look into templates/.
        return mark_safe(render_to_string(template_name, context))

    def id_for_label(self, id_):
        # The label names the group of inputs that the builder shows, not the hidden one.
        return None


class ConditionWidget(BuilderWidget):
    controller = "condition-builder"


class ActionsWidget(BuilderWidget):
    controller = "actions-builder"


def vocabulary_context(record: StoredRecord, *, read_only: bool, language: str) -> list[dict]:
    """What a record's page prints for its builders: [{"id", "data"}], one per vocabulary."""
    return [
        {
            "id": f"vocabulary-{name}",
            "data": {
                "vocabulary": vocabulary.as_json(language),
                "token": token_for(record, name),
                "readOnly": read_only,
                "readBackUrl": reverse("rules_read_back"),
            },
        }
        for name, vocabulary in record.vocabularies().items()
    ]


def token_for(record: StoredRecord, name: str) -> str:
    """Names a vocabulary so that only what a page of ours printed can be asked for again."""
    return signing.dumps([record._meta.label_lower, record.pk, name], salt=SALT)


def vocabulary_of(token: str) -> Vocabulary:
    """The vocabulary a page was printed with, from the record's newest draft. Raises signing.BadSignature."""
    label, pk, name = signing.loads(token, salt=SALT)
    model = apps.get_model(label)
    record = model.objects.get(pk=pk).get_latest_revision_as_object() if pk else model()
    return record.vocabularies()[name]

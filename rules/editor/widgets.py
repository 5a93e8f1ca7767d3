from django import forms
from django.apps import apps
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from rules.engine import Lines, Vocabulary, Words
from rules.engine.formulas import FUNCTIONS
from rules.store.models import DecisionTable, RuleSet, StoredRecord, Version
from rules.store.models.purposeful import PurposefulRecord
from rules.store.models.table import AGGREGATION_NAMES, OUTPUT_TYPES, POLICIES, POLICY_NAMES, columns_for

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


class TableWidget(BuilderWidget):
    controller = "table-editor"


class FormulaWidget(forms.Textarea):
    """A formula, checked by the server while it is typed. `vocabulary` names one the page prints."""

    def __init__(self, attrs=None, *, vocabulary="", compact=False):
        rows = 1 if compact else 3
        super().__init__({"rows": rows, "spellcheck": "false", "autocomplete": "off", **(attrs or {})})
        self.vocabulary = vocabulary
        self.compact = compact

    def render(self, name, value, attrs=None, renderer=None):
        return format_html(
            '<div class="formula" data-controller="formula-field" data-formula-field-vocabulary-value="{}"'
            ' data-formula-field-compact-value="{}">{}</div>',
            self.vocabulary,
            "true" if self.compact else "false",
            super().render(name, value, attrs, renderer),
        )


def formula_words(record: StoredRecord, language: str) -> dict:
    """What a formula may hold beside the variables, and where it is checked."""
    if not isinstance(record, PurposefulRecord):
        return {}
    return {
        "functions": [function.as_json(language) for function in FUNCTIONS.values()],
        "lines": [lines_as_json(lines, language) for lines in record.lines],
        "formulaUrl": reverse("rules_try_formula"),
        "scorecardUrl": reverse("rules_try_scorecard"),
    }


def table_words(record: StoredRecord, language: str) -> dict:
    """What the editor of a decision table offers beside the variables, and where the table is checked."""
    if not isinstance(record, DecisionTable):
        return {}
    stored = record.pk and record.get_latest_revision()
    viewset = record.snippet_viewset
    return {
        "table": {
            "askable": askable_columns(record.vocabularies()["rules"], language),
            "policies": [
                {"name": name, "label": POLICY_NAMES[name].say(language), "sentence": sentence.say(language)}
                for name, sentence in POLICIES.items()
            ],
            "aggregations": [
                {"name": name, "label": label.say(language)} for name, label in AGGREGATION_NAMES.items()
            ],
            "outputTypes": [
                {"name": name, "label": label.say(language)} for name, label in OUTPUT_TYPES.items()
            ],
            "checkUrl": reverse("rules_check_table"),
            "importUrl": reverse(viewset.get_url_name("import_rows"), args=[record.pk]) if stored else "",
            "exportUrl": reverse(viewset.get_url_name("export_rows"), args=[record.pk]) if stored else "",
            "liveVersion": live_number(record) if stored else None,
        }
    }


def askable_columns(vocabulary: Vocabulary, language: str) -> list[dict]:
    """What a column may ask, with the choices that are few enough to be listed."""
    looked_up = {variable.name for variable in vocabulary.variables.values() if variable.source}
    return [
        {
            "name": name,
            "label": Words.of(column["label"]).say(language),
            "choices": []
            if name in looked_up
            else [Words.of(option["label"]).say(language) for option in column["options"]],
        }
        for name, column in columns_for(vocabulary).items()
    ]


def live_number(record: StoredRecord) -> int | None:
    return Version.objects.of(record).current().values_list("number", flat=True).first()


def lines_as_json(lines: Lines, language: str) -> dict:
    return {
        "name": lines.name,
        "label": lines.label.say(language),
        "type": "lines",
        "columns": [variable.as_json(language) for variable in lines.vocabulary.variables.values()],
    }


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
                "chooseUrl": reverse("rules_choose"),
                **({"rulesUrl": reverse("rules_check_rules")} if isinstance(record, RuleSet) else {}),
                **formula_words(record, language),
                **table_words(record, language),
            },
        }
        for name, vocabulary in record.vocabularies().items()
    ]


def token_for(record: StoredRecord, name: str) -> str:
    """Names a vocabulary so that only what a page of ours printed can be asked for again."""
    return signing.dumps([record._meta.label_lower, record.pk, name], salt=SALT)


def record_of(token: str) -> tuple[StoredRecord, str]:
    """The newest draft of the record a page was printed for, and which vocabulary was meant.

    Raises signing.BadSignature, also where the record is gone.
    """
    if not isinstance(token, str):
        raise signing.BadSignature
    label, pk, name = signing.loads(token, salt=SALT)
    model = apps.get_model(label)
    if not pk:
        return model(), name
    record = model.objects.filter(pk=pk).first()
    if record is None:
        raise signing.BadSignature
    return record.get_latest_revision_as_object(), name


def vocabulary_of(token: str) -> Vocabulary:
    """The vocabulary a page was printed with. Raises signing.BadSignature."""
    record, name = record_of(token)
    return record.vocabularies()[name]

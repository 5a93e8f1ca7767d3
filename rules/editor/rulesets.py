"""Rule sets on their edit page. What the analysis finds is told while they are written, at the rule."""

from django import forms
from django.urls import path
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, PublishingPanel, TitleFieldPanel

from rules.editor.findings import FindingsPanel, rows_shown_at, worst_first
from rules.editor.tryouts import answering
from rules.editor.viewsets import StoredRecordViewSet
from rules.engine import RuleErrors, compile_ruleset
from rules.store.forms import StoredRecordForm
from rules.store.models import RuleSet
from rules.store.purposes import about_choices, purpose_choices
from rules.store.sources import naming

# An analysis of more rules would keep the person who types waiting.
ANALYSED_RULES = 300
TOO_MANY = gettext_noop(
    "There are too many rules to look for contradictions while you type. Save the draft to see."
)
# Stands for a rule that cannot be read yet, so that the others keep their numbers.
UNREADABLE = {"conditions": {"all": []}, "actions": []}


class RuleSetForm(StoredRecordForm):
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=lambda: [("", "–"), *purpose_choices()],
        help_text=_(
            "What these rules decide. After choosing it, save the draft once: the questions follow from it."
        ),
    )
    about = forms.ChoiceField(
        label=_("Only for"), required=False, choices=lambda: [("", _("Everywhere")), *about_choices()]
    )


class RuleSetViewSet(StoredRecordViewSet):
    model = RuleSet
    icon = "list-ol"
    menu_label = _("Rule sets")
    teaching = _(
        "A rule set decides one thing, such as where a ticket goes. "
        "Example: when the text contains “food poisoning”, send it to quality and mark it red."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldRowPanel([FieldPanel("purpose"), FieldPanel("about")]),
        InlinePanel(
            "rules",
            heading=_("Rules, asked from top to bottom"),
            label=_("Rule"),
            panels=[FieldPanel("name"), FieldPanel("condition"), FieldPanel("actions"), FindingsPanel()],
        ),
        FieldPanel("slug"),
        PublishingPanel(),
    ]


RuleSet.base_form_class = RuleSetForm


def checked_rules(record, document, _facts, language) -> dict:
    """What is found in rules as they are typed: {"findings": [Finding as JSON with "at": rows], "note"}.

    A rule that cannot be read yet is left out; what is wrong with it is said where it is built.
    """
    rows = [row for row in document if isinstance(row, dict)] if isinstance(document, list) else []
    if len(rows) > ANALYSED_RULES:
        return {"findings": [], "note": _now(TOO_MANY)}
    vocabulary = record.vocabularies().get("rules")
    if vocabulary is None:
        return {"findings": [], "note": ""}
    vocabulary = naming(vocabulary, [row.get("conditions") for row in rows])
    try:
        compiled, unreadable = readable_part(rows, vocabulary)
    except RuleErrors:  # of all together: they are larger than a rule set may be
        return {"findings": [], "note": ""}
    found = worst_first(record.findings(compiled, left_out=unreadable))
    return {
        "findings": [finding.as_json(language) | {"at": rows_shown_at(finding)} for finding in found],
        "note": "",
    }


def readable_part(rows: list[dict], vocabulary) -> tuple:
    """The rules compiled, each at its place; and the places of those that cannot be read."""
    rules = [
        {"id": str(place), "conditions": row.get("conditions"), "actions": row.get("actions")}
        for place, row in enumerate(rows)
    ]
    try:
        return compile_ruleset(rules, vocabulary), set()
    except RuleErrors as errors:
        firsts = {problem.path.split("/")[0] for problem in errors.problems}
        wrong = {int(first) for first in firsts if first.isdigit()}
    rules = [rule | UNREADABLE if place in wrong else rule for place, rule in enumerate(rules)]
    return compile_ruleset(rules, vocabulary), wrong


urlpatterns = [path("rules/check/rules/", answering(checked_rules, kind=RuleSet), name="rules_check_rules")]

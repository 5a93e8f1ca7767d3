from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, PublishingPanel, TitleFieldPanel

from rules.editor.findings import FindingsPanel
from rules.editor.viewsets import StoredRecordViewSet
from rules.store.forms import StoredRecordForm
from rules.store.models import RuleSet
from rules.store.purposes import about_choices, purpose_choices


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

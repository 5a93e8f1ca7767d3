from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, PublishingPanel, TitleFieldPanel

from rules.editor.purposes import purpose_form, written
from rules.editor.viewsets import StoredRecordViewSet
from rules.store.models import Formula
from rules.store.purposes import FORMULAS


class FormulaForm(purpose_form(FORMULAS)):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.text:
            self.initial["text"] = written(self.instance, self.instance.text)


class FormulaViewSet(StoredRecordViewSet):
    model = Formula
    icon = "superscript"
    menu_label = _("Formulas")
    teaching = _(
        "A formula works out a number from what is known, exactly and with its working shown. "
        "Example: [amount] * 15%."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldRowPanel([FieldPanel("purpose"), FieldPanel("about")]),
        FieldPanel("text", heading=_("Formula")),
        FieldPanel("slug"),
        PublishingPanel(),
    ]


Formula.base_form_class = FormulaForm

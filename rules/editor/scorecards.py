from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    PublishingPanel,
    TitleFieldPanel,
)

from rules.editor.purposes import purpose_form, written
from rules.editor.viewsets import StoredRecordViewSet
from rules.store.models import Scorecard
from rules.store.models.scorecard import plain_number
from rules.store.purposes import SCORECARDS


class ScorecardForm(purpose_form(SCORECARDS)):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in {"base", "floor", "ceiling"} & self.initial.keys():
            self.initial[name] = plain_number(self.initial[name])


class ScoreRowForm(WagtailAdminModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        scorecard = getattr(self.instance, "scorecard", None)
        if scorecard and self.instance.points:
            self.initial["points"] = written(scorecard, self.instance.points)


class ScoreBandForm(WagtailAdminModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "begin" in self.initial:
            self.initial["begin"] = plain_number(self.initial["begin"])


class RowsPanel(InlinePanel):
    """An InlinePanel whose rows have a form class of their own."""

    def __init__(self, *args, row_form, **kwargs):
        super().__init__(*args, **kwargs)
        self.row_form = row_form

    def clone_kwargs(self):
        return super().clone_kwargs() | {"row_form": self.row_form}

    def get_form_options(self):
        options = super().get_form_options()
        options["formsets"][self.relation_name]["form"] = self.row_form
        return options


class ScorecardViewSet(StoredRecordViewSet):
    model = Scorecard
    icon = "order"
    menu_label = _("Scorecards")
    teaching = _(
        "A scorecard adds up points, each with its reason, and says what so many points mean. "
        "Example: +20 for three orders, −10 for a return; from 50 points on a customer is gold."
    )
    panels = [
        TitleFieldPanel("name", placeholder=_("Name")),
        FieldRowPanel([FieldPanel("purpose"), FieldPanel("about")]),
        RowsPanel(
            "rows",
            row_form=ScoreRowForm,
            heading=_("Rows: what gives points"),
            label=_("Scored row"),
            panels=[
                FieldRowPanel([FieldPanel("name"), FieldPanel("points")]),
                FieldPanel("condition"),
                FieldRowPanel([FieldPanel("reason"), FieldPanel("group")]),
            ],
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("base"), FieldPanel("floor"), FieldPanel("ceiling")])],
            heading=_("All in all"),
        ),
        RowsPanel(
            "bands",
            row_form=ScoreBandForm,
            heading=_("Bands: what the points mean"),
            label=_("Band"),
            panels=[FieldRowPanel([FieldPanel("name"), FieldPanel("begin")])],
        ),
        HelpPanel(template="editor/widgets/try_scorecard.html", heading=_("Try it")),
        FieldPanel("slug"),
        PublishingPanel(),
    ]


Scorecard.base_form_class = ScorecardForm

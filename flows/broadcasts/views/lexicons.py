"""Try a lexicon: on a pasted text, and on what was sent in the past."""

from django.contrib.admin.utils import quote, unquote
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import HeaderButton

from flows.broadcasts.forms import TryTextForm
from flows.broadcasts.models import Broadcast, Lexicon
from flows.broadcasts.variables import without_placeholders
from flows.broadcasts.views.forecasts import parts_of
from flows.broadcasts.views.pages import BroadcastPage
from rules.editor.views import RecordEditView
from rules.store.models import Version
from rules.store.problems import Refusal

MOST_PAST_MESSAGES = 500


class LexiconEditView(RecordEditView):
    @cached_property
    def header_buttons(self):
        url = reverse("broadcasts_lexicon_try", args=[quote(self.object.pk)])
        return [HeaderButton(_("Try it on a text"), url=url, icon_name="view"), *super().header_buttons]


class TryLexiconView(BroadcastPage):
    """What the newest draft finds. Stores nothing."""

    permission = "broadcasts.view_lexicon"
    template_name = "broadcasts/lexicon_try.html"
    header_icon = "list-ul"

    def get_page_title(self):
        return _("Try it on a text")

    def get_page_subtitle(self):
        return str(self.record)

    @cached_property
    def record(self):
        return get_object_or_404(Lexicon, pk=unquote(str(self.kwargs["pk"])))

    def crumbs(self):
        viewset = Lexicon.snippet_viewset
        edit = reverse(viewset.get_url_name("edit"), args=[quote(self.record.pk)])
        return [(reverse(viewset.get_url_name("list")), _("Lexicons")), (edit, str(self.record))]

    def post(self, request, *args, **kwargs):
        return self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        form = TryTextForm(self.request.POST or None)
        context = {"form": form, "record": self.record}
        draft = self.record.get_latest_revision_as_object()
        try:
            lexicon = Lexicon.compile(draft.document())
        except Refusal as refusal:
            context["problem"] = str(refusal)
        else:
            context |= {"size": lexicon.size, "past": found_in_past(lexicon)}
            if form.is_bound and form.is_valid():
                text = form.cleaned_data["text"]
                spans = lexicon.find(text)
                context |= {"tried": True, "spans": spans, "parts": parts_of(text, spans)}
        return super().get_context_data(**context, **kwargs)


def found_in_past(lexicon) -> dict:
    """What it would have found in the messages of broadcasts that went through review."""
    versions = Version.objects.of_model(Broadcast).order_by("-live_from")[:MOST_PAST_MESSAGES]
    hits = []
    for version in versions:
        if spans := lexicon.find(without_placeholders(version.document["message"])):
            hits.append({"version": version, "parts": parts_of(version.document["message"], spans)})
    return {"looked_at": len(versions), "hits": hits}

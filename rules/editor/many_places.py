"""One set of parts for many regions and stores: chosen, looked at ahead, sent, and decided together."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from wagtail.admin import messages

from rules.editor import views
from rules.editor.overrides import PartsField
from rules.editor.places import url_of
from rules.editor.widgets import vocabulary_context
from rules.store.many_places import adjust_many, decide_together, plan, waiting_in
from rules.store.models import Override, Rollout
from rules.store.models.override import kind_of, parts_of
from rules.store.models.review import is_reviewer
from rules.store.places import find_place, place_choices
from rules.store.problems import Refusal


class ManyPlacesForm(forms.Form):
    """`everywhere`: kinds of place of which all are meant; `inside`: places of which all below are meant."""

    parts = PartsField(required=False)

    def __init__(self, *args, record, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.choices = place_choices(user)
        adjustment = Override(kind=kind_of(type(record)), record_slug=record.slug, place="")
        self.fields["parts"].bind_to(adjustment)

    @cached_property
    def offered(self):
        """{key: Place} where this person may adjust records."""
        keys = [key for _kind, places in self.choices for key, _label in places]
        return {place.key: place for place in map(find_place, keys) if place}

    @cached_property
    def chosen(self):
        keys = set(self.data.getlist("places")) if self.is_bound else set()
        inside = set(self.data.getlist("inside")) if self.is_bound else set()
        return [
            place
            for key, place in self.offered.items()
            if key in keys or inside.intersection(place.path[:-1])
        ]

    def groups(self):
        """[(the place above, [places])]: every store under its region, what is under nothing at the end."""
        below = {}
        for place in self.offered.values():
            above = place.path[-2] if len(place.path) > 1 else ""
            below.setdefault(above, []).append(place)
        return [(find_place(above) if above else None, places) for above, places in sorted(below.items())]


class ManyPlacesView(views.RecordView):
    template_name = "editor/many_places.html"
    http_method_names = ["get", "post"]

    def get_page_title(self):
        return _("Adjust many at once")

    def dispatch(self, request, *args, **kwargs):
        if not request.user.has_perm("rules_store.change_override"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def form(self):
        data = self.request.POST if self.request.method == "POST" else None
        return ManyPlacesForm(data, record=self.record, user=self.request.user)

    def get_context_data(self, **kwargs):
        kwargs.setdefault("form", self.form())
        vocabularies = vocabulary_context(self.record, read_only=False, language=get_language())
        return super().get_context_data(vocabularies=vocabularies, places_url=self.url("places"), **kwargs)

    def post(self, request, *args, **kwargs):
        form = self.form()
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        parts, verb = form.cleaned_data["parts"], request.POST.get("verb")
        given = {"record": self.record, "places": form.chosen, "parts": parts, "by": request.user}
        try:
            if verb in ("save", "send"):
                return self.done(adjust_many(**given, at=timezone.now(), send=verb == "send"))
            ahead = plan(**given)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data(form=form))
        return self.render_to_response(self.get_context_data(form=form, ahead=ahead))

    def done(self, outcome):
        for name, why in outcome.refused[:20]:
            messages.warning(self.request, f"{name}: {why}")
        count = len(outcome.done)
        if outcome.rollout:
            text = ngettext(
                "%(count)s adjustment is in review.", "%(count)s adjustments are in review together.", count
            )
            messages.success(self.request, text % {"count": count})
            return redirect(self.url("rollout", outcome.rollout.pk))
        text = ngettext("%(count)s draft was saved.", "%(count)s drafts were saved.", count)
        messages.success(self.request, text % {"count": count})
        return redirect(self.url("places"))


class RolloutView(views.RecordView):
    """What was sent together, decided together: each still on its own conditions."""

    template_name = "editor/rollout.html"
    http_method_names = ["get", "post"]

    def get_page_title(self):
        return _("Sent together")

    @cached_property
    def rollout(self):
        of_record = Rollout.objects.filter(kind=kind_of(self.model), record_slug=self.record.slug)
        return get_object_or_404(of_record.select_related("by"), pk=self.kwargs["number"])

    def get_context_data(self, **kwargs):
        known = {part.key: part for part in parts_of({"kind": self.rollout.kind, "record": self.record.slug})}
        rows = []
        for override in waiting_in(self.rollout):
            own = override.get_latest_revision_as_object().parts
            said = [(known[key].label, known[key].say(value)) for key, value in own.items() if key in known]
            rows.append({"name": override.name, "url": url_of(override, "review"), "parts": said})
        return super().get_context_data(
            rollout=self.rollout,
            rows=rows,
            may_decide=is_reviewer(self.request.user) and self.rollout.by != self.request.user,
            **kwargs,
        )

    def post(self, request, *args, **kwargs):
        verdict = request.POST.get("verdict")
        try:
            comment = views.text_from(request, "comment")
            if verdict not in ("approve", "reject"):
                raise Refusal(_("Choose whether to approve this or to send it back."))
            if verdict == "reject" and not comment:
                raise Refusal(_("Please say what has to change; the author reads it."))
            outcome = decide_together(rollout=self.rollout, by=request.user, verdict=verdict, comment=comment)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data(comment=request.POST.get("comment", "")))
        for name, why in outcome.refused[:20]:
            messages.warning(request, f"{name}: {why}")
        if count := len(outcome.done):
            text = (
                ngettext("%(count)s is live now.", "%(count)s are live now.", count)
                if verdict == "approve"
                else ngettext("%(count)s was sent back.", "%(count)s were sent back.", count)
            )
            messages.success(request, text % {"count": count})
        return redirect(self.url("rollout", self.rollout.pk))

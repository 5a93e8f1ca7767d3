from itertools import zip_longest

from django import forms
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.mixins import RevisionsRevertMixin
from wagtail.admin.views.generic.models import CopyViewMixin, RevisionsCompareView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.views import snippets

from rules.editor.comparison import changes_between, compare, drawing_of
from rules.editor.findings import findings_of
from rules.editor.lines import lines_of, lines_of_tests, lines_of_version
from rules.editor.moments import in_this_era
from rules.editor.reach import reach_of
from rules.editor.widgets import vocabulary_context
from rules.store import actions
from rules.store.deciding import Decider
from rules.store.histories import history_of
from rules.store.models import ReviewState, Version
from rules.store.models.review import is_reviewer
from rules.store.problems import RecordErrors, Refusal
from rules.store.testing import run_tests, stored_tests

# What a person writes beside a decision; more than this is no comment.
LONGEST_TEXT = 2_000


def text_from(request, name) -> str:
    """What was typed into `name`. Raises Refusal if it cannot be stored."""
    try:
        return forms.CharField(required=False, max_length=LONGEST_TEXT).clean(request.POST.get(name, ""))
    except ValidationError as errors:
        raise Refusal(" ".join(errors.messages)) from None


class RecordIndexView(snippets.IndexView):
    teaching = ""

    @cached_property
    def columns(self):
        # Nothing may be done to many records at once: each needs its own review.
        return [column for column in super().columns if not isinstance(column, BulkActionsCheckboxColumn)]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            teaching=self.teaching, showing_archived="archived" in self.request.GET, **kwargs
        )


def outdated_in(record) -> list[str]:
    """What the live version of `record` was bound to that has moved on since."""
    live = Version.objects.of(record).current().first()
    try:
        return record.outdated(live.document) if live else []
    except RecordErrors:
        # The words it was written in are gone; the page says so elsewhere.
        return []


def ways_to_try(record) -> dict:
    """Where a stored record's tests and its back-tests are, as far as its kind has them."""

    def url(name):
        return reverse(record.snippet_viewset.get_url_name(name), args=[quote(record.pk)])

    return {
        "tests_url": url("tests") if record.can_be_tested() else "",
        "tests_count": len(record.tests),
        "back_test_url": url("back_test") if history_of(type(record), record.document()) else "",
    }


class RecordFormMixin:
    """What the create and the edit page share: words on top, vocabularies for the builders."""

    #: How long after a change a draft is saved by itself, in milliseconds; 0: only by a click, since it would
    #: surprise a person who only tries a condition.
    saves_itself_after = 0

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.autosave_interval = self.saves_itself_after
        self.autosave_enabled = self.saves_itself_after > 0

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        record = self.object or self.model()
        context["record"] = record
        context["record_lines"] = lines_of(record, get_language()) if record.pk else []
        # After a refused save the form holds something else than the record says.
        is_read = record.pk and self.request.method == "GET"
        context["findings"] = self.request.findings = findings_of(record) if is_read else []
        context["outdated"] = outdated_in(record) if is_read else []
        context["vocabularies"] = vocabulary_context(
            record, read_only=bool(self.locked_for_user), language=get_language()
        )
        context["may_review"] = is_reviewer(self.request.user)
        context["finds_while_typing"] = any("rulesUrl" in one["data"] for one in context["vocabularies"])
        if record.pk:
            context["review_url"] = reverse(
                self.model.snippet_viewset.get_url_name("review"), args=[quote(record.pk)]
            )
            context |= ways_to_try(record)
        return context

    def get_available_actions(self):
        # A review is decided on its own page, where the difference is shown.
        return [action for action in super().get_available_actions() if action != "workflow-action"]

    # Each asks again for what is stored now, with the record locked: others may press at the same moment.

    def submit_action(self):
        actions.request_review(record=self.object, by=self.request.user)

    def cancel_workflow_action(self):
        actions.cancel_review(record=self.object, by=self.request.user)

    def restart_workflow_action(self):
        actions.restart_review(record=self.object, by=self.request.user)

    def run_action_method(self):
        try:
            return super().run_action_method()
        except Refusal as refusal:
            return self.refuse(refusal)

    def form_invalid(self, form):
        try:
            # A review is cancelled from a form that is locked.
            return super().form_invalid(form)
        except Refusal as refusal:
            return self.refuse(refusal)

    def refuse(self, refusal):
        messages.error(self.request, str(refusal))
        return redirect(self.get_edit_url())


class RecordCreateView(RecordFormMixin, snippets.CreateView):
    pass


class RecordCopyView(CopyViewMixin, RecordCreateView):
    def get_initial_form_instance(self):
        # Wagtail hands out the record itself, so a form posted here would write over it.
        return self.get_object().copy_as_draft()


class RecordEditView(RecordFormMixin, snippets.EditView):
    def save_instance(self):
        self.refuse_if_moved_on()
        return super().save_instance()

    def refuse_if_moved_on(self):
        """Between reading the record and storing the draft it may have gone live, or into review."""
        now = self.live_object.locked_row()
        read = self.live_object
        moved_on = (now.live, now.live_revision_id) != (read.live, read.live_revision_id)
        if moved_on or now.get_lock():
            raise PermissionDenied(
                _("Somebody submitted, published or stopped this record while you wrote. Please save again.")
            )

    @cached_property
    def header_buttons(self):
        versions = reverse(self.model.snippet_viewset.get_url_name("versions"), args=[quote(self.object.pk)])
        places = reverse(self.model.snippet_viewset.get_url_name("places"), args=[quote(self.object.pk)])
        return [
            HeaderButton(_("Versions"), url=versions, icon_name="history"),
            *(
                [HeaderButton(_("Regions and stores"), url=places, icon_name="globe")]
                if self.model.is_adjustable()
                else []
            ),
            *super().header_buttons,
        ]


class RevertMixin(RevisionsRevertMixin):
    view_name = "revisions_revert"

    def save_instance(self):
        """A draft again, complete or not, with what the form says. Wagtail's own demands a complete one."""
        self.refuse_if_moved_on()
        instance = self.form.save(commit=not self.object.live)
        self.has_content_changes = self.form.has_changed()
        self.new_revision = instance.save_revision(
            user=self.request.user, log_action=True, previous_revision=self.revision, clean=False
        )
        return instance


class WorkflowActionView(snippets.WorkflowActionView):
    def post(self, request, *args, **kwargs):
        try:
            return super().post(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            if request.headers.get("x-requested-with") == "XMLHttpRequest":
                return self.render_modal_json(request, {"step": "success", "redirect": self.redirect_url})
            return redirect(self.redirect_url)


class CompareView(snippets.RevisionsCompareView):
    """Two revisions of a record, compared in words."""

    template_name = "editor/record_compare.html"

    def get_context_data(self, **kwargs):
        before, before_heading = self._get_revision_and_heading(self.revision_id_a)
        after, after_heading = self._get_revision_and_heading(self.revision_id_b)
        # The view above it computes a field-by-field comparison nobody reads here.
        return super(RevisionsCompareView, self).get_context_data(
            object=self.object,
            before_heading=before_heading,
            after_heading=after_heading,
            changes=compare(before, after, get_language()),
            drawing=drawing_of(before, after),
            header_icon=self.model.snippet_viewset.icon,
            breadcrumbs_items=self.get_breadcrumbs_items(),
            page_title=self.page_title,
            **kwargs,
        )


def is_number(text) -> bool:
    return str(text).isascii() and str(text).isdecimal()


class RecordView(WagtailAdminTemplateMixin, TemplateView):
    """A page about one record, for anyone who may see or change records of its kind."""

    viewset = None
    model = None
    permission_policy = None
    page_heading = ""

    def dispatch(self, request, *args, **kwargs):
        if not self.permission_policy.user_has_any_permission(request.user, ["change", "view"]):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def record(self):
        return get_object_or_404(self.model, pk=unquote(str(self.kwargs["pk"])))

    def url(self, name, *args):
        return reverse(self.viewset.get_url_name(name), args=[quote(self.record.pk), *args])

    def get_page_title(self):
        return self.page_heading

    def get_header_icon(self):
        return self.viewset.icon

    def get_breadcrumbs_items(self):
        kind = capfirst(self.model._meta.verbose_name_plural)
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.viewset.get_url_name("list")), "label": kind},
            {"url": self.url("edit"), "label": str(self.record)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            record=self.record,
            may_review=is_reviewer(self.request.user),
            edit_url=self.url("edit"),
            **kwargs,
        )


def changes_of_tests(live: Version, draft, language: str) -> list:
    """What a reviewer must know: which tests were added, changed or taken away since `live`."""
    try:
        before = live.revision.as_object() if live.revision else None
        return changes_between(
            lines_of_tests(stored_tests(before), Decider.of_version(live), language) if before else [],
            lines_of_tests(stored_tests(draft), Decider.of(draft), language),
        )
    except RecordErrors:
        return []


def results_of(draft) -> list:
    """Its tests, as they come out now; none for a draft that does not make sense."""
    try:
        return run_tests(draft)
    except RecordErrors:
        return []


class ReviewView(RecordView):
    """Where a second person reads what would change and decides."""

    template_name = "editor/record_review.html"

    def get_page_title(self):
        return _("Review")

    @cached_property
    def review(self):
        state = self.record.current_workflow_task_state
        return state.specific if state else None

    def get_context_data(self, **kwargs):
        # Its pages are made of these.
        from rules.editor.back_tests import for_review

        language = get_language()
        draft = self.record.get_latest_revision_as_object()
        live = Version.objects.of(self.record).current().first()
        return super().get_context_data(
            review=self.review,
            refusal=self.refusal(),
            live=live,
            draft=draft,
            now=timezone.now(),
            lines=lines_of(draft, language),
            changes=compare(live, draft, language) if live else [],
            drawing=drawing_of(live, draft) if live else None,
            reach=reach_of(self.record, live=live, draft=draft) if live else None,
            places_url=self.url("places"),
            findings=findings_of(draft),
            versions_url=self.url("versions"),
            results=results_of(draft),
            test_changes=changes_of_tests(live, draft, language) if live else [],
            **for_review(self, draft),
            **kwargs,
        )

    def refusal(self):
        if self.review is None:
            return _("There is no review to decide.")
        if not is_reviewer(self.request.user):
            return _("Only compliance reviewers can decide a review.")
        return self.review.refusal_for(self.request.user)

    def post(self, request, *args, **kwargs):
        verdict, comment = request.POST.get("verdict"), request.POST.get("comment", "")
        try:
            comment = text_from(request, "comment")
            if verdict == "approve":
                actions.approve(record=self.record, by=request.user, comment=comment)
                messages.success(request, self.approved_sentence())
            elif verdict == "reject":
                if not comment:
                    raise Refusal(_("Please say what has to change; the author reads it."))
                actions.reject(record=self.record, by=request.user, comment=comment)
                messages.success(
                    request, _("“%(name)s” was sent back to its author.") % {"name": self.record}
                )
            else:
                raise Refusal(_("Choose whether to approve this or to send it back."))
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data(comment=comment))
        return redirect(self.url("versions"))

    def approved_sentence(self):
        if not self.record.approved_schedule:
            return _("“%(name)s” is live now.") % {"name": self.record}
        return _("“%(name)s” is approved and goes live at the time it names.") % {"name": self.record}


class VersionsView(RecordView):
    template_name = "editor/record_versions.html"

    def get_page_title(self):
        return _("Versions")

    def get_context_data(self, **kwargs):
        versions = list(
            Version.objects.of(self.record).select_related("approved_by", "requested_by").order_by("-number")
        )
        language = get_language()
        approved_at = approval_times(versions)
        rows = [
            {
                "version": version,
                "approved_at": approved_at.get(version.revision_id),
                "compare_url": self.url("versions_compare", before.number, version.number) if before else "",
                "lines": lines_of_version(version, language) if version.live_until is None else [],
            }
            for version, before in zip_longest(versions, versions[1:])
        ]
        return super().get_context_data(
            rows=rows,
            scheduled=self.scheduled(language),
            as_of=self.as_of(language),
            act_url=self.url("act", "VERB").removesuffix("VERB/"),
            review_url=self.url("review"),
            **kwargs,
        )

    def scheduled(self, language) -> dict | None:
        """The approved draft that goes live later: {"record", "approval", "changes" against what is live}."""
        revision = self.record.scheduled_revision
        if revision is None:
            return None
        draft = revision.as_object()
        live = Version.objects.of(self.record).current().first()
        return {
            "record": draft,
            "from": revision.approved_go_live_at,
            "approval": ReviewState.objects.approving(revision, draft),
            "changes": compare(live, draft, language) if live else [],
        }

    def as_of(self, language) -> dict:
        """What was live at the moment that was asked for: {"form", "at", "version", "lines"}."""
        if "at" not in self.request.GET:
            return {"form": AsOfForm()}
        form = AsOfForm(self.request.GET)
        if not form.is_valid():
            return {"form": form}
        at = form.cleaned_data["at"]
        version = Version.objects.of(self.record).live_at(at).select_related("approved_by").first()
        lines = lines_of_version(version, language) if version else []
        return {"form": form, "at": at, "version": version, "lines": lines}


def approval_times(versions) -> dict[int, object]:
    """{revision id: when it was approved, the last time}."""
    approvals = ReviewState.objects.filter(
        revision__in=[version.revision_id for version in versions], status=ReviewState.STATUS_APPROVED
    )
    return dict(approvals.order_by("finished_at").values_list("revision", "finished_at"))


class AsOfForm(forms.Form):
    at = forms.DateTimeField(
        label=gettext_lazy("What was live on"),
        widget=forms.DateTimeInput({"type": "datetime-local", "required": True}, format="%Y-%m-%dT%H:%M"),
        validators=[in_this_era],
    )


class CompareVersionsView(RecordView):
    template_name = "editor/record_compare.html"

    def get_page_title(self):
        return _("Compare")

    def get_context_data(self, **kwargs):
        versions = Version.objects.of(self.record)
        before = get_object_or_404(versions, number=self.kwargs["before"])
        after = get_object_or_404(versions, number=self.kwargs["after"])
        return super().get_context_data(
            before_heading=str(before),
            after_heading=str(after),
            changes=compare(before, after, get_language()),
            drawing=drawing_of(before, after),
            **kwargs,
        )


class RecordActionView(RecordView):
    """Far-reaching acts on a record: each asks first what it will touch, then does it."""

    template_name = "editor/record_act.html"
    http_method_names = ["get", "post"]

    def get_page_title(self):
        return str(self.act["title"])

    @cached_property
    def act(self):
        number = self.request.GET.get("version") or self.request.POST.get("version")
        versions = Version.objects.of(self.record)
        match self.kwargs["verb"]:
            case "roll-back":
                version = get_object_or_404(versions, number=number if is_number(number) else -1)
                return {
                    "title": _("Roll back to version %(number)s") % {"number": version.number},
                    "sentence": _(
                        "This version was approved before. It becomes live again at once, as a new version."
                    ),
                    "lines": lines_of_version(version, get_language()),
                    "button": _("Make it live again"),
                    "do": lambda reason: actions.roll_back(version=version, by=self.request.user),
                    "done": _("“%(name)s” was rolled back."),
                }
            case "stop":
                return {
                    "title": _("Stop now"),
                    "sentence": " ".join(
                        [
                            _(
                                "It stops deciding at once. What already started with it goes on with its "
                                "version."
                            ),
                            _("What is scheduled to follow is cancelled, too.")
                            if self.record.approved_schedule
                            else "",
                        ]
                    ).strip(),
                    "needs_reason": True,
                    "button": _("Stop it"),
                    "do": lambda reason: actions.retire(
                        record=self.record, by=self.request.user, reason=reason
                    ),
                    "done": _("“%(name)s” has stopped."),
                }
            case "cancel-schedule":
                return {
                    "title": _("Cancel the schedule"),
                    "sentence": _("The approved draft does not go live by itself. It stays as a draft."),
                    "button": _("Cancel the schedule"),
                    "do": lambda reason: actions.cancel_schedule(record=self.record, by=self.request.user),
                    "done": _("“%(name)s” is no longer scheduled."),
                }
            case "archive":
                return {
                    "title": _("Archive"),
                    "sentence": _(
                        "It leaves the lists. Its versions and decisions are kept, and it can be restored."
                    ),
                    "button": _("Archive it"),
                    "do": lambda reason: actions.archive(record=self.record, by=self.request.user),
                    "done": _("“%(name)s” is archived."),
                }
            case "restore":
                return {
                    "title": _("Restore"),
                    "sentence": _("It comes back to the lists as a draft."),
                    "button": _("Restore it"),
                    "do": lambda reason: actions.restore(record=self.record, by=self.request.user),
                    "done": _("“%(name)s” is back."),
                }
        raise Http404

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            act=self.act,
            version=self.request.GET.get("version", ""),
            versions_url=self.url("versions"),
            **kwargs,
        )

    def post(self, request, *args, **kwargs):
        if not self.permission_policy.user_has_permission(request.user, "change"):
            raise PermissionDenied
        try:
            self.act["do"](text_from(request, "reason"))
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data())
        messages.success(request, self.act["done"] % {"name": self.record})
        return redirect(self.url("versions"))

"""Try a draft on real history: ask, watch, cancel, read what would have been decided otherwise."""

from datetime import datetime, time, timedelta

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.admin import messages

from rules.editor.decisions import in_this_era
from rules.editor.names import describe_subject, secrets_of
from rules.editor.views import RecordView
from rules.engine import facts_from_json
from rules.store.back_tests import (
    OTHERS,
    cancel_back_test,
    history_for,
    newest_of,
    request_back_test,
    sides_of,
)
from rules.store.histories import history_of
from rules.store.models import BackTest, Version
from rules.store.problems import RecordErrors, Refusal

MOST_SHOWN = 50  # kinds of change
MOST_EXPLAINED = 20
LONGEST_FACT = 300
CUSTOM = "custom"


class PeriodForm(forms.Form):
    days = forms.ChoiceField(
        label=gettext_lazy("Period"),
        choices=[
            ("7", gettext_lazy("last 7 days")),
            ("30", gettext_lazy("last 30 days")),
            ("90", gettext_lazy("last 90 days")),
            (CUSTOM, gettext_lazy("other days")),
        ],
        initial="30",
    )
    first_day = forms.DateField(
        label=gettext_lazy("from"), required=False, validators=[in_this_era],
        widget=forms.DateInput({"type": "date"}),
    )  # fmt: skip
    last_day = forms.DateField(
        label=gettext_lazy("to (that day included)"), required=False, validators=[in_this_era],
        widget=forms.DateInput({"type": "date"}),
    )  # fmt: skip

    def clean(self):
        asked = super().clean()
        if asked.get("days") == CUSTOM:
            for name in ("first_day", "last_day"):
                if not asked.get(name) and name not in self.errors:
                    self.add_error(name, _("Please fill this in."))
        return asked

    def period(self, *, now):
        """→ (since, until)"""
        asked = self.cleaned_data
        if asked["days"] != CUSTOM:
            return now - timedelta(days=int(asked["days"])), now

        def midnight(day):
            return timezone.make_aware(datetime.combine(day, time.min))

        return midnight(asked["first_day"]), midnight(asked["last_day"] + timedelta(days=1))


class BackTestView(RecordView):
    template_name = "editor/record_back_test.html"
    http_method_names = ["get", "post"]

    def get_page_title(self):
        return _("Try on real history")

    @cached_property
    def history(self):
        if found := history_for(self.record):
            return found
        raise Http404

    def get_context_data(self, **kwargs):
        form = kwargs.pop("form", None) or PeriodForm()
        draft = self.record.get_latest_revision_as_object()
        run = newest_of(self.record)
        of_run = (
            shown(run, record=self.record, draft=draft, url=self.url, reader=self.request.user) if run else {}
        )
        return super().get_context_data(
            form=form,
            problems=draft_problems(draft),
            may_run=may_run(self, self.request.user),
            review_url=self.url("review") if self.record.workflow_in_progress else "",
            **{"history": self.history} | of_run | kwargs,
        )

    def post(self, request, *args, **kwargs):
        if not may_run(self, request.user):
            raise PermissionDenied
        self.history  # noqa: B018  (404 where there is none)
        form = PeriodForm(request.POST) if self.history.has_period else PeriodForm({"days": "30"})
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        now = timezone.now()
        since, until = form.period(now=now)
        try:
            request_back_test(record=self.record, since=since, until=until, by=request.user, at=now)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(self.url("back_test"))


def draft_problems(draft) -> list:
    """Why the draft cannot be asked yet."""
    try:
        draft.compile(draft.document())
    except RecordErrors as errors:
        return errors.problems
    return []


def may_run(view, user) -> bool:
    return view.permission_policy.user_has_permission(user, "change")


class OneBackTestView(RecordView):
    """One back-test as a part of a page that shows it, fetched again while it runs; a POST cancels it."""

    http_method_names = ["get", "post"]

    @cached_property
    def run(self):
        runs = BackTest.objects.of(self.record).select_related("asked_by", "live_version")
        return get_object_or_404(runs, pk=self.kwargs["run"])

    def get(self, request, *args, **kwargs):
        draft = self.record.get_latest_revision_as_object()
        context = shown(self.run, record=self.record, draft=draft, url=self.url, reader=request.user)
        return TemplateResponse(
            request,
            "editor/_back_test.html",
            context | {"record": self.record, "may_run": may_run(self, request.user)},
        )

    def post(self, request, *args, **kwargs):
        if not may_run(self, request.user):
            raise PermissionDenied
        try:
            cancel_back_test(run=self.run, at=timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(self.url("back_test"))


# What is shown of one


def shown(run: BackTest, *, record, draft, url, reader) -> dict:
    """What templates/editor/_back_test.html takes."""
    live = Version.objects.of(record).current().first()
    context = {
        "run": run,
        "history": history_of(type(record), run.document),
        "run_url": url("back_test_run", run.pk),
        "is_of_this_draft": run.content_digest == draft.content_digest,
        "is_against_live": run.live_version_id == (live.pk if live else None),
    }
    if run.state != BackTest.State.DONE:
        return context
    try:
        sides = sides_of(run)
    except RecordErrors:
        return context | {"unreadable": True}
    return context | {
        "unchanged": run.done - run.changed if run.live_version else None,
        "rows": rows_of(run, sides, get_language(), reader=reader),
        "money": money_of(run, context["history"]),
    }


def rows_of(run, sides, language, *, reader) -> list[dict]:
    """Kinds of change, the most frequent first: {count, before, after, examples}."""
    kinds = sorted(run.outcomes.items(), key=lambda item: (item[0] == OTHERS, -item[1]["count"]))
    return [
        {
            "count": kind["count"],
            "others": key == OTHERS,
            "before": sides.live.say(kind["before"], language) if sides.live else "",
            "after": sides.draft.say(kind["after"], language),
            "examples": examples_of(kind, sides, language, reader=reader) if place < MOST_EXPLAINED else [],
        }
        for place, (key, kind) in enumerate(kinds[:MOST_SHOWN])
    ]


def examples_of(kind, sides, language, *, reader):
    for example in kind["examples"]:
        facts = facts_from_json(example["facts"])
        draft_facts = facts_from_json(example.get("draft_facts", example["facts"]))
        secret = secrets_of(example["subject"], reader) & (facts.keys() | draft_facts.keys())
        label, address = describe_subject(example["subject"])
        yield {
            "label": label,
            "url": address,
            "facts": facts_told(sides, facts, draft_facts, secret, language),
            # Reasons read the facts out.
            "why_before": sides.live.why(facts, language) if sides.live and not secret else [],
            "why_after": [] if secret else sides.draft.why(draft_facts, language),
        }


def facts_told(sides, facts, draft_facts, secret, language) -> list[tuple[str, str]]:
    """Facts as (label, text); where the draft would have found others, those too."""

    def in_words(facts):
        told = {name: value for name, value in facts.items() if name not in secret}
        return [
            (label, Truncator(text).chars(LONGEST_FACT))
            for label, text in sides.draft.facts_in_words(told, language)
        ]

    found = in_words(facts)
    others = [row for row in in_words(draft_facts) if row not in found]
    return found + [(_("%(fact)s, with the draft") % {"fact": label}, text) for label, text in others]


def money_of(run, history) -> dict | None:
    if not run.money:
        return None
    currency = run.money["currency"]

    def row(whose, draft, live):
        difference = None if live is None else draft - live
        said = history.amount(difference or 0, currency)
        return {
            "whose": whose,
            "draft": history.amount(draft, currency),
            "live": None if live is None else history.amount(live, currency),
            # Who gains is seen without colour.
            "difference": f"+{said}" if difference and difference > 0 else said,
            "differs": bool(difference),
        }

    return {
        "total": row(_("Total"), run.money["draft"], run.money["live"]),
        "rows": [row(*each) for each in run.money["rows"][:MOST_SHOWN]],
        "compares": run.money["live"] is not None,
    }


def for_review(view, draft) -> dict:
    """What the review page says of back-tests: the newest of exactly this content, or that there is none."""
    record = view.record
    if history_for(record) is None:
        return {}
    run = newest_of(record, content_digest=draft.content_digest)
    return {
        "can_be_back_tested": True,
        "older_run": None if run else newest_of(record),
        "back_test_url": view.url("back_test"),
        "may_run": may_run(view, view.request.user),
        **(shown(run, record=record, draft=draft, url=view.url, reader=view.request.user) if run else {}),
    }

"""The tests of a record: written, tried, taken from real cases; each says what it expects and what comes."""

from collections.abc import Mapping

from django import forms
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages

from rules.editor.facts import FactsForm, starting_facts
from rules.editor.names import secrets_of, subject_label
from rules.editor.views import RecordView, text_from
from rules.editor.widgets import ActionsWidget, vocabulary_context
from rules.engine import Lines, RuleErrors, compile_actions
from rules.store.back_tests import sides_now
from rules.store.deciding import Decider
from rules.store.decisions import as_stored, facts_of
from rules.store.fields import TreeFormField
from rules.store.histories import history_of
from rules.store.models import Decision, RuleSet, StoredRecord
from rules.store.problems import RecordErrors, Refusal
from rules.store.testing import (
    NAME_LENGTH,
    StoredTest,
    accept_outcome,
    decision_as_test,
    keep_tests,
    remove_test,
    run_tests,
    stored_tests,
    suggested_tests,
)


class DraftView(RecordView):
    """A page about the newest draft of a record of a kind that can be tested."""

    def dispatch(self, request, *args, **kwargs):
        if not self.model.can_be_tested():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def draft(self):
        return self.record.get_latest_revision_as_object()

    @cached_property
    def decider(self):
        """Raises RecordErrors."""
        return Decider.of(self.draft)

    @cached_property
    def locked(self) -> str:
        """Why this person may not change the tests now, or ""."""
        if not self.permission_policy.user_has_permission(self.request.user, "change"):
            return _("You may read the tests; changing them needs the role of a designer.")
        if self.record.archived_at:
            return _("This record is archived. Restore it first.")
        lock = self.record.get_lock()
        return str(lock.get_message(self.request.user)) if lock and lock.for_user(self.request.user) else ""

    def refuse_unless_permitted(self):
        if not self.permission_policy.user_has_permission(self.request.user, "change"):
            raise PermissionDenied


class TestsView(DraftView):
    template_name = "editor/record_tests.html"
    http_method_names = ["get", "post"]

    def get_page_title(self):
        return _("Tests")

    def get_context_data(self, **kwargs):
        try:
            context = {
                "results": run_tests(self.draft, self.decider),
                "find_by": self.find_by(),
                "suggestions": [] if self.locked else self.suggestions(),
            }
        except RecordErrors as errors:
            context = {"problems": errors.problems}
        return super().get_context_data(
            **context,
            failing=sum(not result.passed for result in context.get("results", ())),
            locked=self.locked,
            new_url=self.url("test", "new"),
            test_url=self.url("test", "ID").removesuffix("ID/"),
            **kwargs,
        )

    def suggestions(self) -> list[dict]:
        language = get_language()
        return [
            {
                "key": one.key,
                "name": name_for(self.decider, one.facts),
                "decides": self.decider.say(one.outcome, language),
                "sentence": one.because.say(language),
            }
            for one in suggested_tests(self.draft, self.decider)
        ]

    def find_by(self):
        """What a real case is found by: "ticket number"; "" where there is no history of cases."""
        history = history_of(self.model, self.decider.document)
        return history.example if history else ""

    def post(self, request, *args, **kwargs):
        self.refuse_unless_permitted()
        id, by = request.POST.get("test", ""), request.user
        try:
            match request.POST.get("verb"):
                case "remove":
                    remove_test(record=self.record, id=id, by=by)
                case "accept":
                    accept_outcome(record=self.record, id=id, by=by)
                case "suggested":
                    self.keep_suggested(request.POST.getlist("suggestion"))
                case "find":
                    self.keep_real_case(text_from(request, "number").strip())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(self.url("tests"))

    def keep_suggested(self, keys):
        chosen = [one for one in suggested_tests(self.draft, self.decider) if one.key in keys]
        if not chosen:
            raise Refusal(_("Tick the cases you want to keep."))
        tests = [
            StoredTest.make(name=name_for(self.decider, one.facts), facts=one.facts, expected=one.outcome)
            for one in chosen
        ]
        keep_tests(record=self.record, tests=tests, by=self.request.user)

    def keep_real_case(self, number):
        """A real case becomes a test that expects what the draft decides on it."""
        history = history_of(self.model, self.decider.document)
        case = history.find(sides_now(self.record), number) if history and number else None
        if case is None:
            raise Refusal(_("There is nothing under “%(number)s”.") % {"number": number})
        facts = self.decider.only_asked(case.facts)
        refuse_secrets(case.subject, facts, reader=self.request.user)
        test = StoredTest.make(
            name=subject_label(case.subject), facts=facts, expected=self.decider.decide(facts)
        )
        keep_tests(record=self.record, tests=[test], by=self.request.user)
        messages.success(self.request, _("“%(name)s” is a test now.") % {"name": test.name})


class TestView(DraftView):
    """One test: its facts, what is decided on them now, what it expects."""

    template_name = "editor/record_test.html"
    http_method_names = ["get", "post"]

    def get_page_title(self):
        return self.test.name if self.test else _("New test")

    def get_breadcrumbs_items(self):
        *crumbs, here = super().get_breadcrumbs_items()
        return [*crumbs, {"url": self.url("tests"), "label": _("Tests")}, here]

    @cached_property
    def test(self) -> StoredTest | None:
        if self.kwargs["id"] == "new":
            return None
        found = (test for test in stored_tests(self.draft) if test.id == self.kwargs["id"])
        if test := next(found, None):
            return test
        raise Http404

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except RecordErrors:
            # Nothing can be asked of it; the list of tests says what to mend.
            return redirect(self.url("tests"))

    @cached_property
    def variables(self):
        """With the options there are now, for choosing."""
        known = {}
        for vocabulary in self.draft.vocabularies().values():
            known |= vocabulary.variables
        return [
            variable
            if isinstance(variable, Lines) or variable.options
            else known.get(variable.name, variable)
            for variable in self.decider.variables
        ]

    @cached_property
    def facts_form(self):
        facts = self.test.facts if self.test else starting_facts(self.variables)
        return FactsForm(self.request.POST or None, variables=self.variables, facts=facts)

    def post(self, request, *args, **kwargs):
        self.refuse_unless_permitted()
        context = {}
        if self.facts_form.is_valid():
            facts = self.facts_form.given()
            if request.POST.get("verb") == "keep":
                try:
                    return self.keep(facts)
                except Refusal as refusal:
                    context["refusal"] = str(refusal)
            context |= self.decided_on(facts)
        return self.render_to_response(self.get_context_data(**context))

    def keep(self, facts):
        expectation = self.expectation_form(facts, self.request.POST)
        if not expectation.is_valid():
            raise Refusal(" ".join(error for errors in expectation.errors.values() for error in errors))
        name = text_from(self.request, "name") or name_for(self.decider, facts)
        test = StoredTest.make(
            id=self.test.id if self.test else "", name=name, facts=facts, expected=expectation.outcome()
        )
        keep_tests(record=self.record, tests=[test], by=self.request.user)
        return redirect(self.url("tests"))

    def get_context_data(self, **kwargs):
        if not self.request.POST and self.test:
            kwargs = self.decided_on(self.test.facts) | kwargs
        return super().get_context_data(
            test=self.test,
            facts_form=self.facts_form,
            locked=self.locked,
            tests_url=self.url("tests"),
            vocabularies=vocabulary_context(self.draft, read_only=bool(self.locked), language=get_language()),
            **kwargs,
        )

    def decided_on(self, facts) -> dict:
        language = get_language()
        outcome = self.decider.decide(facts)
        answered = "expected" in self.request.POST
        return {
            "asked": True,
            "decided": self.decider.say(outcome, language),
            "why": self.decider.why(facts, language),
            "can_be_kept": outcome is not None,
            "name": self.request.POST.get("name")
            or (self.test.name if self.test else name_for(self.decider, facts)),
            "name_length": NAME_LENGTH,
            "expectation": self.expectation_form(facts, self.request.POST if answered else None),
        }

    def expectation_form(self, facts, data=None):
        now = self.decider.decide(facts)
        expected = self.test.expected if self.test else now
        if issubclass(self.model, RuleSet):
            return ActionsExpectation(data, decider=self.decider, expected=expected)
        if expected is not None and self.model.typed(self.decider.compiled, expected) is not None:
            return TypedExpectation(data, decider=self.decider, expected=expected)
        return ChosenExpectation(data, decider=self.decider, facts=facts, expected=expected, now=now)


def name_for(decider, facts) -> str:
    """A test is called by its facts until somebody calls it otherwise."""
    said = [
        f"{label} {Truncator(text).chars(24)}"
        for label, text in decider.facts_in_words(facts, get_language())
        if text != "–"
    ]
    return Truncator(" · ".join(said)).chars(80) or _("Nothing is known")


class ActionsExpectation(forms.Form):
    """What a rule set is expected to do, built as its rules are."""

    def __init__(self, data=None, *, decider, expected):
        super().__init__(data, initial={"expected": (expected or {}).get("actions", [])})
        self.decider = decider
        self.fields["expected"] = TreeFormField(
            label=_("Expected outcome"),
            required=False,
            nothing=list,
            widget=ActionsWidget(vocabulary="rules"),
            help_text=_("Without an action, nothing must happen."),
        )

    def clean_expected(self):
        actions = self.cleaned_data["expected"]
        try:
            read = compile_actions(actions, self.decider.compiled.vocabulary)
        except RuleErrors as errors:
            raise forms.ValidationError(
                [problem.sentence.say(get_language()) for problem in errors.problems]
            ) from None
        return [{"name": action["name"], "params": dict(action["params"])} for action in read]

    def outcome(self):
        return self.decider.effect(as_stored({"actions": self.cleaned_data["expected"]}))


class TypedExpectation(forms.Form):
    """A number, or another value, that must come out."""

    expected = forms.CharField(label=gettext_lazy("Expected outcome"), required=False, max_length=200)

    def __init__(self, data=None, *, decider, expected):
        super().__init__(data, initial={"expected": decider.kind.typed(decider.compiled, expected)})
        self.decider = decider
        self.fields["expected"].help_text = decider.say(expected, get_language())

    def clean_expected(self):
        try:
            return self.decider.kind.outcome_typed(self.decider.compiled, self.cleaned_data["expected"])
        except (ValueError, ArithmeticError, LookupError):
            raise forms.ValidationError(
                _("This cannot come out. Write a number such as 20 or -5.5.")
            ) from None

    def outcome(self):
        return self.decider.effect(self.cleaned_data["expected"])


class ChosenExpectation(forms.Form):
    """What is expected, chosen from all there can be."""

    def __init__(self, data=None, *, decider, facts, expected, now):
        self.outcomes = []
        possible = [
            decider.effect(as_stored(one)) for one in decider.kind.possible_outcomes(decider.compiled, facts)
        ]
        for outcome in [now, *possible, expected]:
            if outcome is not None and outcome not in self.outcomes:
                self.outcomes.append(outcome)
        chosen = self.outcomes.index(expected) if expected in self.outcomes else 0
        super().__init__(data, initial={"expected": str(chosen)})
        self.fields["expected"] = forms.ChoiceField(
            label=_("Expected outcome"),
            choices=[
                (str(place), decider.say(outcome, get_language()))
                for place, outcome in enumerate(self.outcomes)
            ],
        )

    def outcome(self):
        return self.outcomes[int(self.cleaned_data["expected"])]


# From a decision


def may_write_tests(user, model: type[StoredRecord]) -> bool:
    return model.can_be_tested() and model.snippet_viewset.permission_policy.user_has_permission(
        user, "change"
    )


@require_POST
def make_test(request, pk):
    """A logged decision becomes a test of the draft of the record that decided."""
    decision = get_object_or_404(Decision.objects.select_related("version", "version__content_type"), pk=pk)
    model = decision.version.record_class
    if not request.user.has_perm("rules_store.view_decision") or not may_write_tests(request.user, model):
        raise PermissionDenied

    def make():
        refuse_secrets(decision.subject, facts_of(decision), reader=request.user)
        return decision_as_test(decision, name=subject_label(decision.subject))

    return keep_and_show(request, decision.version.record, make)


def refuse_secrets(subject: str, facts: Mapping, *, reader) -> None:
    """Tests are read by everyone who writes rules, so no fact may come into one past who may not see it."""
    if secrets_of(subject, reader) & facts.keys():
        raise Refusal(_("This was decided on facts that you may not see, so you cannot make a test of it."))


def keep_and_show(request, record, make):
    """Keep the test `make` returns in the draft of `record`; the reader comes to its tests."""
    try:
        with transaction.atomic():
            test = make()
            keep_tests(record=record, tests=[test], by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("“%(name)s” is a test now.") % {"name": test.name})
    return redirect(reverse(record.snippet_viewset.get_url_name("tests"), args=[quote(record.pk)]))


urlpatterns = [path("decisions/<int:pk>/make-test/", make_test, name="decision_make_test")]

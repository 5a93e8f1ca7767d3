from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.models import ClusterableModel
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    WorkflowMixin,
)
from wagtail.search import index

from rules.engine.analysis import Finding, Suggestion, boundary_facts
from rules.engine.sentences import say_value
from rules.store.digests import BOOKKEEPING, content_digest
from rules.store.forms import StoredRecordForm
from rules.store.problems import Differences, Line, RecordErrors, RecordProblem, Refusal


class StoredRecordQuerySet(models.QuerySet):
    def in_use(self):
        return self.filter(archived_at__isnull=True)

    def archived(self):
        return self.filter(archived_at__isnull=False)

    def delete(self):
        raise Refusal(NEVER_DELETED)


SLUG_TAKEN = _("Another record already uses this short name.")
NEVER_DELETED = _("Records are archived, never deleted: what they once decided must stay explainable.")


def say_fact(value, variable, language):
    if value in (None, "", []):
        return "–"
    return say_value(value, variable, language) if variable else str(value)


def was_used(revision) -> bool:
    """Whether somebody was asked to approve `revision`, or it was live."""
    from rules.store.models.version import Version

    return revision.task_states.exists() or Version.objects.filter(revision=revision).exists()


class StoredRecord(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    index.Indexed,
    ClusterableModel,
):
    """Something ops staff write that decides at runtime: drafted, reviewed by a second person, then live.

    The table row and its revisions are for editing. Runtime reads only `Version` rows: immutable documents
    compiled once per process. A concrete record says how its fields become a document (`document`), how
    that compiles (`compile`), what it says in words (`in_words`), and what it still lacks (`completeness`).
    """

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(
        _("short name"),
        unique=True,
        max_length=80,
        help_text=_("Used in addresses and commands. Letters, digits, hyphens."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    # [{"id", "name", "facts", "expected"}]: see rules/store/testing.py.
    tests = models.JSONField(_("tests"), default=list, blank=True, editable=False)

    objects = models.Manager.from_queryset(StoredRecordQuerySet)()
    base_form_class = StoredRecordForm
    search_fields = [index.SearchField("name"), index.AutocompleteField("name"), index.FilterField("slug")]

    # Whether records of this kind begin on some other page, so that nobody adds one from their list.
    begins_elsewhere = False

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self):
        return self.name

    # What a concrete record says.

    def document(self) -> dict:
        """Everything runtime needs, as JSON-able data, from this instance (draft or live)."""
        raise NotImplementedError

    @classmethod
    def compile(cls, document: dict):
        """The immutable runtime object for a document. Raises RecordErrors; asks no table and no clock."""
        raise NotImplementedError

    def completeness(self) -> list[RecordProblem]:
        """What is missing before this may go live, beyond what `compile` finds. May query."""
        return []

    @classmethod
    def in_words(cls, document: dict, language: str) -> list[Line]:
        """What a document says, line by line."""
        raise NotImplementedError

    @classmethod
    def differences(cls, before: dict, after: dict, language: str) -> Differences:
        """What changed within the lines of `in_words`, where more can be said than their old and new text."""
        return Differences()

    def vocabularies(self) -> dict:
        """Vocabulary by the name its condition and action fields use."""
        return {}

    @classmethod
    def asks(cls, compiled) -> list:
        """What `compiled` wants to know: [rules.engine Variable]. A kind that says so can have tests."""
        return []

    @classmethod
    def can_be_tested(cls) -> bool:
        return cls.asks.__func__ is not StoredRecord.asks.__func__

    @classmethod
    def replay(cls, compiled, facts: dict):
        """What `compiled` decides on `facts`, in the shape that was logged; None if it cannot be replayed."""
        return None

    @classmethod
    def in_engine(cls, compiled):
        """The CompiledRuleSet or DecisionTable that decides, so that its boundaries can be tested; None if
        there is no such thing."""
        return None

    @classmethod
    def boundaries(cls, compiled) -> list[Suggestion]:
        """Cases worth a test: at the edges of what decides."""
        found = cls.in_engine(compiled)
        return [] if found is None else boundary_facts(found)

    @classmethod
    def effect(cls, document: dict, outcome: dict) -> dict:
        """What of a logged outcome counts when two are compared, in tests and back-tests. `outcome_in_words`
        takes it too."""
        return outcome

    @classmethod
    def possible_outcomes(cls, compiled, facts: dict) -> list[dict]:
        """Every effect there can be on these facts, to choose an expectation from; empty if too many."""
        return []

    @classmethod
    def outcome_typed(cls, compiled, text: str) -> dict:
        """The effect a person means by `text`, for kinds whose outcome is a value that can be typed.

        Raises ValueError, ArithmeticError or LookupError for anything else.
        """
        raise LookupError(text)

    @classmethod
    def typed(cls, compiled, outcome: dict) -> str | None:
        """An effect as it is typed; None for kinds whose outcomes are chosen or built."""
        return None

    @classmethod
    def explain(cls, compiled, facts: dict, language: str) -> list[str]:
        """Why `compiled` decides so on `facts`: sentences for a person."""
        return []

    @classmethod
    def outcome_in_words(cls, compiled, outcome, language: str) -> list[str]:
        """A logged outcome as sentences."""
        return [f"{key}: {value}" for key, value in (outcome or {}).items()]

    @classmethod
    def facts_in_words(cls, compiled, facts: dict, language: str) -> list[tuple[str, str]]:
        """Logged facts as (label, text)."""
        known = {variable.name: variable for variable in cls.asks(compiled)} if compiled else {}
        return [
            (
                known[name].label.say(language) if name in known else name,
                say_fact(value, known.get(name), language),
            )
            for name, value in facts.items()
        ]

    # Scope: what a region or store may have its own way. See rules/store/scope.py.

    @classmethod
    def adjustable_parts(cls, document: dict) -> list:
        """The rules.store.scope.Part of a document that may be adjusted below headquarters, said in the
        active language."""
        return []

    @classmethod
    def is_adjustable(cls) -> bool:
        """Whether records of this kind have parts at all."""
        return cls.adjustable_parts.__func__ is not StoredRecord.adjustable_parts.__func__

    @classmethod
    def with_parts(cls, document: dict, values: dict) -> dict:
        """`document` with other values of some of its parts: {part key: value}."""
        return document

    @classmethod
    def may_only_tighten(cls, document: dict) -> bool:
        """Whether regions and stores may tighten what it says, but never loosen it."""
        return False

    @classmethod
    def findings(cls, compiled) -> list[Finding]:
        """What is surely not meant in it although it may go live: `rules.engine.analysis`."""
        return []

    @classmethod
    def outdated(cls, document: dict) -> list[str]:
        """What a live document was bound to that has moved on since, in sentences. May query."""
        return []

    # Checks.

    def problems(self) -> list[RecordProblem]:
        """All that must be mended before this may go live; empty when ready."""
        from rules.store.testing import problems_of_tests

        found = [
            RecordProblem(path=(field.name,), sentence=_("Please fill this in."))
            for field in self._meta.concrete_fields
            if not field.blank and field.editable and getattr(self, field.name) in ("", None)
        ]
        if type(self)._base_manager.exclude(pk=self.pk).filter(slug=self.slug).exists():
            found.append(RecordProblem(path=("slug",), sentence=SLUG_TAKEN))
        if self.expire_at and self.expire_at <= timezone.now():
            found.append(RecordProblem(path=("expire_at",), sentence=_("The time to stop has passed.")))
        elif self.expire_at and self.go_live_at and self.expire_at <= self.go_live_at:
            found.append(RecordProblem(path=("expire_at",), sentence=_("It would stop before it goes live.")))
        found += [problem for problem in self.completeness() if problem not in found]
        try:
            compiled = self.compile(self.document())
        except RecordErrors as errors:
            return found + [problem for problem in errors.problems if problem not in found]
        return found + problems_of_tests(self, compiled)

    # The life of a record.

    @classmethod
    def get_default_workflow(cls):
        from rules.store.models.review import review_workflow

        return review_workflow()

    def publish(self, revision, user=None, **kwargs):
        """Make `revision` live, or schedule it. Raises Refusal unless a second person approved its content.

        Wagtail calls this from every way of publishing: a finished review, the schedule, code.
        """
        from rules.store.models.review import ReviewState, is_reviewer
        from rules.store.models.version import Version

        with transaction.atomic():
            self.locked_row()
            # What was read before the lock may have changed since.
            revision = Revision.objects.get(pk=revision.pk)
            draft = revision.as_object()
            approval = ReviewState.objects.approving(revision, draft)
            if approval is None:
                raise Refusal(_("This has not been approved by a reviewer, so it cannot go live."))
            if Version.objects.filter(revision=revision).exists() and not (user and is_reviewer(user)):
                raise Refusal(_("Only a compliance reviewer makes an earlier version live again."))
            if draft.archived_at:
                raise Refusal(_("This record is archived. Restore it first."))
            if problems := draft.problems():
                raise RecordErrors(problems)
            super().publish(revision, user=user, **kwargs)
            self.refresh_from_db()
            if self.live and self.live_revision_id == revision.pk:
                Version.objects.supersede(
                    draft, revision=revision, approval=approval, at=self.last_published_at
                )

    def unpublish(self, set_expired=False, commit=True, user=None, log_action=True):
        """Stop deciding from now on. Called by `retire` and by a passed expiry date."""
        # Imported before wagtail.models, this module is a circle.
        from wagtail.actions.unpublish import UnpublishAction

        from rules.store.models.version import Version

        with transaction.atomic():
            self.locked_row()
            waiting = self.scheduled_revision if set_expired else None
            approved_for = waiting and waiting.approved_go_live_at
            # Nobody holds the permission; `retire` asks who may, and the schedule needs none.
            UnpublishAction(
                self, set_expired=set_expired, commit=commit, user=user, log_action=log_action
            ).execute(skip_permission_checks=True)
            current = Version.objects.of(self).current()
            version = current.first()
            current.end(at=(set_expired and version and version.expires_at) or timezone.now())
            if waiting:
                # Wagtail clears the schedule. What was approved to follow still follows.
                Revision.objects.filter(pk=waiting.pk).update(approved_go_live_at=approved_for)

    def save_revision(self, *args, overwrite_revision=None, **kwargs):
        """Store a draft. What was handed in or was live is never written over: a new revision is made."""
        if overwrite_revision and overwrite_revision == self.latest_revision and was_used(overwrite_revision):
            overwrite_revision = None
        return super().save_revision(*args, overwrite_revision=overwrite_revision, **kwargs)

    def copy_as_draft(self):
        """A new record, not stored yet, that says what the newest draft of this one says."""
        content = self.get_latest_revision_as_object().serializable_data()
        for relation in self._meta.related_objects:
            for row in content.get(relation.get_accessor_name(), []):
                row["pk"] = None
        left_out = BOOKKEEPING | {"slug", "go_live_at", "expire_at"}
        said = {key: value for key, value in content.items() if key not in left_out}
        return self.from_serializable_data({"pk": None, "live": False, **said})

    def locked_row(self):
        """This record as it is stored now. Others who ask for it wait until the transaction ends."""
        return type(self)._base_manager.select_for_update().get(pk=self.pk)

    def get_lock(self):
        # A person's own lock would let them write during the review.
        task = None if self.approved_schedule else self.current_workflow_task
        return task.lock_class(self, task) if task else super().get_lock()

    def delete(self, *args, **kwargs):
        raise Refusal(NEVER_DELETED)

    def with_content_json(self, content):
        obj = super().with_content_json(content)
        # Whether a record is archived is a fact about the record, not about one of its revisions.
        obj.archived_at = self.archived_at
        return obj

    @property
    def content_digest(self) -> str:
        return content_digest(self)

    @property
    def state(self) -> str:
        """Where it stands: archived, in_review, scheduled, live_draft, live, retired or draft."""
        if self.archived_at:
            return "archived"
        if self.workflow_in_progress:
            return "in_review"
        if self.approved_schedule:
            return "scheduled"
        if self.live:
            return "live_draft" if self.has_unpublished_changes else "live"
        return "retired" if self.first_published_at else "draft"

    def clean(self):
        super().clean()
        if self.slug and type(self).objects.exclude(pk=self.pk).filter(slug=self.slug).exists():
            raise ValidationError({"slug": SLUG_TAKEN})

    # Preview: "what would this do", read by the preview panel and by reviewers.

    def serve_preview(self, request, mode_name):
        return TemplateResponse(request, "editor/record_preview.html", {"record": self, "request": request})

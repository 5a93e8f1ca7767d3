"""What a file of a ticket type would make here, and making it: drafts, reviewed like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.utils.translation import gettext as _

from flows.organisation.models import Department
from flows.tickets.models import TicketType
from flows.tickets.type_files.document import (
    DEPARTMENT,
    NAMED,
    PERSON,
    TICKET_TYPE,
    TypeFile,
    named_in,
    readable_kinds,
    renamed,
)
from rules.store.actions import save_draft
from rules.store.lexicons import lexicon_models
from rules.store.models import StoredRecord
from rules.store.permissions import StoredRecordPermissionPolicy
from rules.store.problems import Refusal
from rules.store.transfer import draft_of

# What a missing name may become besides one that is here.
CREATE, LEAVE_OUT = "+", ""


@dataclass(frozen=True)
class Missing:
    """A short name the file uses that nothing here has. `name`: what that is called where it comes from."""

    what: str
    slug: str
    name: str


@dataclass(frozen=True)
class Part:
    """One record of the file, and what is here under its short name."""

    record: StoredRecord
    here: StoredRecord | None
    is_kept: bool

    @property
    def kind(self) -> str:
        return self.record._meta.verbose_name


class Import:
    """One file brought into this installation.

    as_slug   the short name the ticket type gets here; that of one that is here makes a new draft of it
    raises    Refusal where the file cannot be used; nothing is stored before `run`
    """

    def __init__(self, file: TypeFile, *, as_slug: str = ""):
        self.file = file
        self.slug = as_slug or file.slug
        try:
            validate_slug(self.slug)
        except ValidationError:
            raise Refusal(_("A short name has letters, digits and hyphens only.")) from None
        self.parts  # noqa: B018 (read the whole file before anything is shown)

    @property
    def replaces(self) -> TicketType | None:
        return self.ticket_type.here

    @cached_property
    def ticket_type(self) -> Part:
        return self._part(self.file.ticket_type | {"slug": self.slug}, TicketType)

    @cached_property
    def parts(self) -> list[Part]:
        """The ticket type, and what belongs to it."""
        kinds = readable_kinds()
        return [
            self.ticket_type,
            *(self._part(self._as_here(record), kinds[record["kind"]]) for record in self.file.records),
        ]

    def _as_here(self, record: dict) -> dict:
        """Rules about a type that gets another short name get another one too."""
        if self.slug == self.file.slug or record.get("about") != self.file.slug:
            return record
        return record | {"about": self.slug, "slug": f"{record['slug']}-{self.slug}"[:80]}

    def _part(self, content: dict, model) -> Part:
        here = model.objects.filter(slug=content["slug"]).first()
        # A word list that is here is also used by others: it stays as it is.
        is_kept = here is not None and model in lexicon_models()
        draft = here.get_latest_revision_as_object() if here else None
        return Part(draft_of(content, model=model, instead_of=draft), here, is_kept)

    @cached_property
    def missing(self) -> list[Missing]:
        named = named_in([self.file.ticket_type, *self.file.records])
        named[TICKET_TYPE].discard(self.file.slug)
        return [
            Missing(what, slug, self.file.called[what].get(slug, slug))
            for what in NAMED
            for slug in sorted(named[what] - here(what, named[what]))
        ]

    @transaction.atomic
    def run(self, *, choices: Mapping[tuple[str, str], str], by) -> TicketType:
        """Save the drafts. `choices`: for each missing name one that is here, CREATE or LEAVE_OUT."""
        names = {
            (one.what, one.slug): self._settle(one, choices.get((one.what, one.slug), LEAVE_OUT), by=by)
            for one in self.missing
        }
        file = TypeFile(
            renamed(self.file.ticket_type, names),
            tuple(renamed(record, names) for record in self.file.records),
            self.file.called,
        )
        changed = Import(file, as_slug=self.slug)
        for part in changed.parts:
            if not part.is_kept:
                refuse_unless_allowed(part, by=by)
                save_draft(record=part.record, by=by)
        return changed.ticket_type.record

    def _settle(self, missing: Missing, choice: str, *, by) -> str:
        if choice != CREATE or missing.what != DEPARTMENT:
            return choice if choice in here(missing.what, {choice}) else LEAVE_OUT
        if not may_create_departments(by):
            raise Refusal(_("You may not add departments; ask an administrator, or choose one that is here."))
        Department.objects.create(slug=missing.slug[:50], name=missing.name[:100])
        return missing.slug[:50]


def here(what: str, slugs: set[str]) -> set[str]:
    """Those of `slugs` that name something in this installation."""
    found = {
        DEPARTMENT: lambda: Department.objects.filter(slug__in=slugs).values_list("slug", flat=True),
        PERSON: lambda: (
            get_user_model()
            .objects.filter(username__in=slugs, is_active=True)
            .values_list("username", flat=True)
        ),
        TICKET_TYPE: lambda: (
            TicketType.objects.in_use().filter(slug__in=slugs).values_list("slug", flat=True)
        ),
    }
    return set(found[what]())


def may_create_departments(person) -> bool:
    return person.has_perm("organisation.add_department")


def refuse_unless_allowed(part: Part, *, by) -> None:
    policy = StoredRecordPermissionPolicy(type(part.record))
    if not policy.user_has_permission(by, "change" if part.here else "add"):
        raise Refusal(
            _("You may not write “%(name)s” (%(kind)s).") % {"name": part.record, "kind": part.kind}
        )
    if part.here is None:
        return
    if part.here.archived_at:
        raise Refusal(
            _("“%(name)s” is archived here; restore it first, or choose another short name.")
            % {"name": part.here}
        )
    lock = part.here.get_lock()
    if lock and lock.for_user(by):
        raise Refusal(
            _("“%(name)s” is under review or locked here, so its draft cannot be changed now.")
            % {"name": part.here}
        )

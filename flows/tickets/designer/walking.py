"""A trial ticket walked through a draft: the real acts, in a transaction that is always taken back.

Nothing of a trial is stored. The page keeps what was done, and every press does it all again from the
beginning, so a trial follows the draft as it is now.
"""

import json
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.asking import AnswersForm
from flows.forms.fields import compile_fields, defaults_of, initial_of
from flows.organisation.models import User
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.field_access import demanded, fields_for
from flows.tickets.models import Ticket
from flows.tickets.runtime import StepSpec, TicketTypeRuntime
from rules.store.digests import digest
from rules.store.models import Version
from rules.store.problems import Refusal

MOST_STEPS = 200
LONGEST_ANSWERS = 50_000
OPEN = ""  # the first step of a trial presses no transition


@dataclass(frozen=True, kw_only=True)
class Did:
    """One thing done in a trial: who pressed which transition, and what was typed, as a form sends it."""

    by: str
    press: str
    answers: str = ""


@dataclass(kw_only=True)
class Trial:
    """Where a trial stands after what was done. `form`: of a step that was refused, with what was typed."""

    version: Version
    ticket: Ticket | None = None
    done: list[Did] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    transitions: list[str] = field(default_factory=list)
    refusal: str = ""
    form: AnswersForm | None = None

    @property
    def runtime(self) -> TicketTypeRuntime:
        return self.version.compiled

    @property
    def node(self) -> str:
        return self.ticket.node if self.ticket else self.runtime.start.key


@contextmanager
def nothing_stored():
    """Whatever is written inside is taken back, on success too."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def walk(record, done: Iterable[Did], *, at: datetime) -> Trial:
    """Do it all again on the draft of `record`. Stops at the first step that is refused, and says why.

    Only inside nothing_stored(). Raises RecordErrors where the draft cannot run yet.
    """
    trial = Trial(version=trial_version(record, at=at))
    for did in done:
        try:
            step(trial, did, at=at)
        except Refusal as refusal:
            trial.refusal = str(refusal)
            break
        trial.done.append(did)
    return trial


def step(trial: Trial, did: Did, *, at: datetime) -> None:
    person = User.objects.filter(username=did.by, is_active=True).first()
    if person is None:
        raise Refusal(_("This person no longer works here."))
    pressed = pressed_in(trial, did)
    form = form_for(
        person, trial, data=QueryDict(did.answers), asks_all=pressed is None or pressed.needs_answers
    )
    if not form.is_valid():
        trial.form = form
        raise Refusal(_("Some answers are missing or wrong."))
    trial.form = form
    if pressed is None:
        open_ticket(trial, form, by=person, at=at)
    else:
        trial.ticket = move_ticket(
            ticket=trial.ticket, transition=pressed.key, by=person, at=at, answers=form.answers()
        )
        trial.transitions.append(pressed.key)
    trial.nodes.append(trial.ticket.node)
    trial.form = None


def pressed_in(trial: Trial, did: Did) -> StepSpec | None:
    """The transition; None for the opening."""
    if (did.press == OPEN) is not (trial.ticket is None):
        raise Refusal(_("The draft has changed. The trial goes on from here."))
    if did.press == OPEN:
        return None
    pressed = trial.runtime.transitions.get(did.press)
    if pressed is None:
        raise Refusal(_("The draft has changed. The trial goes on from here."))
    return pressed


def open_ticket(trial: Trial, form: AnswersForm, *, by, at: datetime) -> None:
    if not by.has_perm("tickets.add_ticket"):
        raise Refusal(_("%(name)s may not open tickets. Choose someone else.") % {"name": by})
    opened = create_ticket(ticket_type=trial.version.slug, answers=form.answers(), by=by, at=at)
    trial.ticket = Ticket.objects.with_names().get(pk=opened.pk)


def form_for(person, trial: Trial, *, data=None, asks_all=True) -> AnswersForm:
    """What is asked of `person` where the trial stands."""
    runtime, node = trial.runtime, trial.node
    known = trial.ticket.answers if trial.ticket else {}
    specs = fields_for(person, runtime=runtime, node=node, answers=known)
    today = localdate()
    return AnswersForm(
        data,
        specs=specs,
        logic=runtime.logic,
        known=known,
        asks_all=asks_all,
        demanded=demanded(person, runtime=runtime, node=node),
        language=get_language(),
        today=today,
        initial=defaults_of(specs, today=today) | initial_of(known, specs),
    )


def trial_version(record, *, at: datetime) -> Version:
    """The draft, live for the trial only."""
    document = without_files(record.document())
    record.compile(document)
    earlier = Version.objects.of(record)
    earlier.current().end(at=at)
    last = earlier.order_by("-number").first()
    return Version.objects.create(
        content_type=ContentType.objects.get_for_model(record),
        object_id=record.pk,
        slug=record.slug,
        name=record.name,
        number=last.number + 1 if last else 1,
        document=document,
        digest=digest(document),
        live_from=at,
    )


def without_files(document: dict) -> dict:
    """Files would be stored before the transaction is taken back, so a trial does not ask for them."""
    files = file_fields(document)
    return document | {
        "fields": [
            row | {"required": False, "required_if": {"all": []}} if row["name"] in files else row
            for row in document["fields"]
        ],
        "nodes": [
            row | {"asks": [name for name in row["asks"] if name not in files]} for row in document["nodes"]
        ],
    }


def file_fields(document: dict) -> set[str]:
    return {spec.name for spec in compile_fields(document["fields"]) if spec.asks.is_file}


# What the page keeps


def written(done: Iterable[Did]) -> str:
    return json.dumps([asdict(did) for did in done])


def read(text: str) -> list[Did]:
    """What a page kept; nothing, where it cannot be read."""
    try:
        rows = json.loads(text or "[]")
        done = [Did(**row) for row in rows[:MOST_STEPS]]
    except (ValueError, TypeError, RecursionError):
        return []
    return [did for did in done if all(isinstance(part, str) for part in asdict(did).values())]


def typed_answers(data: QueryDict) -> str:
    """The answers among what a form sent, as a form sends them."""
    answers = QueryDict(mutable=True)
    for name, values in data.lists():
        if name.startswith(f"{AnswersForm.prefix}-"):
            answers.setlist(name, values)
    return answers.urlencode()[:LONGEST_ANSWERS]

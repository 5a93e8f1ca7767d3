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
from flows.tickets import waits
from flows.tickets.actions import create_ticket, move_ticket
from flows.tickets.deciding import vote
from flows.tickets.field_access import demanded, fields_for
from flows.tickets.models import Task, Ticket
from flows.tickets.runtime import StepSpec, TicketTypeRuntime
from flows.tickets.stepping import by_itself
from rules.store.digests import digest
from rules.store.models import Version
from rules.store.problems import Refusal

MOST_STEPS = 200
LONGEST_ANSWERS = 50_000
# What may be done in a trial. Of these, `at` names a transition for PRESS and a node for the others.
OPEN, PRESS, APPROVE, REFUSE, PASS, CHILDREN = "open", "press", "approve", "refuse", "pass", "children"


@dataclass(frozen=True, kw_only=True)
class Did:
    """One thing done in a trial: by whom, where, and what was typed, as a form sends it."""

    by: str
    act: str
    at: str = ""
    answers: str = ""
    note: str = ""


@dataclass(kw_only=True)
class Trial:
    """Where a trial stands after what was done.

    refusal    why the last step was not made, and `refused_at`: the node it belongs to
    form       of that step, with what was typed
    """

    version: Version
    ticket: Ticket | None = None
    done: list[Did] = field(default_factory=list)
    refusal: str = ""
    refused_at: str = ""
    form: AnswersForm | None = None

    @property
    def runtime(self) -> TicketTypeRuntime:
        return self.ticket.runtime if self.ticket else self.version.compiled

    def open_tasks(self) -> list[Task]:
        return list(self.ticket.tasks.open().select_related("department", "assignee")) if self.ticket else []

    def ways(self) -> list[StepSpec]:
        """The transitions it took, told by its time line."""
        if self.ticket is None:
            return []
        took = [
            (event.data["from"], event.data["to"], event.data["button"])
            for event in self.ticket.events.filter(kind__in=["moved", "went"])
        ]
        nodes = self.runtime.nodes
        return [
            step
            for step in self.runtime.transitions.values()
            if (nodes[step.from_node].label, nodes[step.to_node].label, step.label) in took
        ]


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
        trial.form, trial.refused_at = None, node_of(trial, did)
        try:
            with transaction.atomic():
                act(trial, did, at=at)
        except Refusal as refusal:
            trial.refusal = str(refusal)
            break
        trial.form, trial.refused_at = None, ""
        trial.done.append(did)
        trial.ticket = Ticket.objects.with_names().get(pk=trial.ticket.pk)
    return trial


def node_of(trial: Trial, did: Did) -> str:
    if did.act == OPEN:
        return trial.runtime.start.key
    step = trial.runtime.transitions.get(did.at) if did.act == PRESS else None
    return step.from_node if step else did.at


def act(trial: Trial, did: Did, *, at: datetime) -> None:
    if (did.act == OPEN) is not (trial.ticket is None):
        raise Refusal(_("The draft has changed. The trial goes on from here."))
    if did.act in (PASS, CHILDREN):
        go_on_by_itself(trial, did, at=at)
        return
    person = User.objects.filter(username=did.by, is_active=True).first()
    if person is None:
        raise Refusal(_("This person no longer works here."))
    answers = answers_typed(trial, did, by=person)
    match did.act:
        case "open":
            open_ticket(trial, answers, by=person, at=at)
        case "press":
            move_ticket(ticket=trial.ticket, transition=did.at, by=person, at=at, answers=answers)
        case "approve" | "refuse":
            approve = did.act == APPROVE
            vote(
                ticket=trial.ticket, node=did.at, approve=approve, by=person, at=at, note=did.note,
                answers=answers,
            )  # fmt: skip


def answers_typed(trial: Trial, did: Did, *, by) -> dict:
    node = node_of(trial, did)
    if node not in trial.runtime.nodes:
        raise Refusal(_("The draft has changed. The trial goes on from here."))
    step = trial.runtime.transitions.get(did.at)
    asks_all = step.needs_answers if did.act == PRESS and step else did.act != REFUSE
    trial.form = form_for(by, trial, node, data=QueryDict(did.answers), asks_all=asks_all)
    if not trial.form.is_valid():
        raise Refusal(_("Some answers are missing or wrong."))
    return trial.form.answers()


def open_ticket(trial: Trial, answers: dict, *, by, at: datetime) -> None:
    if not by.has_perm("tickets.add_ticket"):
        raise Refusal(_("%(name)s may not open tickets. Choose someone else.") % {"name": by})
    trial.ticket = create_ticket(ticket_type=trial.version.slug, answers=answers, by=by, at=at)


def go_on_by_itself(trial: Trial, did: Did, *, at: datetime) -> None:
    """As if the time had passed, the event had happened, or the tickets opened there had ended."""
    task = trial.ticket.tasks.open().filter(node=did.at).first()
    if task is None:
        raise Refusal(_("The draft has changed. The trial goes on from here."))
    if did.act == CHILDREN:
        task.children.open().update(status="resolved", closed_at=at)
        by_itself(task.pk, lambda walk, task: walk.look_at_children(task), at=at)
    elif task.event:
        waits.happened(ticket=trial.ticket, event=task.event, at=at)
    else:
        waits.fire(task.pk, at=task.due_at or at)


def form_for(person, trial: Trial, node: str, *, data=None, asks_all=True) -> AnswersForm:
    """What is asked of `person` at `node`."""
    runtime = trial.runtime
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
        auto_id=f"id_{node}_%s",
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
    return done if all(isinstance(part, str) for did in done for part in asdict(did).values()) else []


def typed_answers(data: QueryDict) -> str:
    """The answers among what a form sent, as a form sends them."""
    answers = QueryDict(mutable=True)
    for name, values in data.lists():
        if name.startswith(f"{AnswersForm.prefix}-"):
            answers.setlist(name, values)
    return answers.urlencode()[:LONGEST_ANSWERS]

from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.asking import AnswersForm
from flows.forms.texts import said
from flows.organisation.models import User
from flows.tickets.actions import offers
from flows.tickets.deciding import seat_for, voices
from flows.tickets.designer.walking import (
    CHILDREN,
    OPEN,
    PASS,
    Did,
    Trial,
    file_fields,
    form_for,
    nothing_stored,
    read,
    typed_answers,
    walk,
    written,
)
from flows.tickets.explaining import time_line, why_it_came
from flows.tickets.flow import flow_document
from flows.tickets.models import Task, Ticket
from flows.tickets.words import assignment_in_words
from rules.editor.views import RecordView, text_from
from rules.store.problems import RecordErrors, say

# What a button of the page says: "act:node or transition", or one of these.
LOOK, BACK, AS = "look", "back", "as:"


class WalkView(RecordView):
    """A trial ticket through the draft, step by step, as anyone; nothing is stored."""

    template_name = "tickets/designer/walk.html"
    http_method_names = ["get", "post"]

    def dispatch(self, request, *args, **kwargs):
        # It shows the draft to the eyes of others: for those who design only.
        if not self.permission_policy.user_has_permission(request.user, "change"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self):
        return _("Walk it")

    def post(self, request, *args, **kwargs):
        return self.get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        draft = self.record.get_latest_revision_as_object()
        try:
            trial = self.trial_of(draft)
        except RecordErrors as errors:
            problems = [say(problem.sentence) for problem in errors.problems]
            return super().get_context_data(problems=problems, **kwargs)
        return super().get_context_data(**trial, **kwargs)

    def trial_of(self, draft) -> dict:
        """What the page shows, read while the trial lasts."""
        posted, at = self.request.POST, timezone.now()
        done, do = read(posted.get("done", "")), posted.get("do", "")
        people = list(people_to_play())
        person = chosen(people, do.removeprefix(AS) if do.startswith(AS) else posted.get("person"))
        person = person or self.request.user
        if do == BACK:
            done = done[:-1]
        elif ":" in do and not do.startswith(AS):
            done = [*done, self.done_now(do, by=person)]
        typed = posted if do == LOOK else None
        with nothing_stored():
            trial = walk(draft, done, at=at)
            state = render_to_string(
                "tickets/designer/_walk_state.html",
                state_of(trial, person, typed=typed, at=at) | {"done": written(trial.done)},
                request=self.request,
            )
            return {
                "state": state,
                "done": written(trial.done),
                "people": [(one.username, who_is(one)) for one in people],
                "person": person.username,
                "leaves_out_files": bool(file_fields(draft.document())),
                "drawing": drawing_of(trial),
            }

    def done_now(self, do: str, *, by) -> Did:
        act, _colon, at = do.partition(":")
        answers, note = typed_answers(self.request.POST), text_from(self.request, "note")
        return Did(by=by.username, act=act, at=at, answers=answers, note=note)


def chosen(people: list, username: str):
    return next((one for one in people if one.username == username), next(iter(people), None))


def people_to_play():
    """Who may see tickets: those who work on them first."""
    may = Q(groups__permissions__codename="view_ticket") | Q(is_superuser=True)
    people = User.objects.filter(may, is_active=True).select_related("department", "store").distinct()
    return sorted(people, key=lambda one: (not one.has_perm("tickets.change_ticket"), str(one)))


def who_is(person) -> str:
    place = person.department or person.store
    return f"{person} · {place}" if place else str(person)


@dataclass(frozen=True, kw_only=True)
class Place:
    """An open step of the trial ticket as one person sees it.

    acts      [(what the button sends, its words, what it depends on)]
    refused   [(words of a button, why it cannot be pressed)]
    voices    of an approval
    """

    node: str
    label: str
    holder: object
    because: str = ""
    form: AnswersForm | None = None
    acts: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    voices: list = field(default_factory=list)
    waits_until: object = None
    trouble: str = ""


def state_of(trial: Trial, person, *, typed, at) -> dict:
    """Where the trial ticket is, who would have it, and what `person` sees and may press there."""
    language, ticket = get_language(), trial.ticket
    sees = ticket is None or Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists()
    return {
        "ticket": ticket,
        "person": person,
        "sees": sees,
        "refusal": trial.refusal,
        "places": places_of(trial, person, typed=typed, at=at),
        "time_line": time_line(ticket, language, to=person) if ticket else [],
        "why": why_it_came(ticket, language, to=person) if ticket and sees else [],
    }


def places_of(trial: Trial, person, *, typed, at) -> list[Place]:
    if trial.ticket is None:
        start = trial.runtime.start
        form = form_at(trial, person, start.key, typed=typed)
        acts = [(f"{OPEN}:", _("Open a trial ticket"), "")]
        return [Place(node=start.key, label=label_of(trial, start.key), holder=None, form=form, acts=acts)]
    tasks = trial.open_tasks()
    if not tasks:
        # It has ended; it may be opened again.
        return [place_of_people(trial, person, trial.ticket.node, trial.ticket, typed=typed, at=at)]
    return [place_of(trial, person, task, typed=typed, at=at) for task in tasks]


def place_of(trial: Trial, person, task: Task, *, typed, at) -> Place:
    node = trial.runtime.nodes[task.node]
    if node.is_manned:
        return place_of_people(trial, person, task.node, task, typed=typed, at=at)
    go_on = {
        "wait": (f"{PASS}:{node.key}", _("Let it happen") if task.event else _("Let the time pass"), ""),
        "subflow": (f"{CHILDREN}:{node.key}", _("Let these tickets end"), ""),
    }.get(node.kind)
    return Place(
        node=node.key,
        label=label_of(trial, node.key),
        holder=task,
        acts=[go_on] if go_on else [],
        waits_until=task.due_at,
        trouble=said(task.state["trouble"], get_language()) if "trouble" in task.state else "",
    )


def place_of_people(trial: Trial, person, node: str, holder, *, typed, at) -> Place:
    language = get_language()
    buttons = offers(ticket=trial.ticket, to=person, at=at, node=node)
    acts = [
        (f"press:{one.step.key}", said(one.step.label, language), one.hint)
        for one in buttons
        if not one.refusal
    ]
    is_approval = isinstance(holder, Task) and trial.runtime.nodes[node].kind == "approval"
    if is_approval and seat_for(holder, by=person):
        acts += [(f"approve:{node}", _("Approve"), ""), (f"refuse:{node}", _("Refuse"), "")]
    row = next(row for row in trial.version.document["nodes"] if row["key"] == node)
    state = getattr(holder, "state", {})
    return Place(
        node=node,
        label=label_of(trial, node),
        holder=holder,
        because=assignment_in_words(row),
        form=form_at(trial, person, node, typed=typed),
        acts=acts,
        refused=[(said(one.step.label, language), one.refusal) for one in buttons if one.refusal],
        voices=voices(holder) if is_approval else [],
        trouble=said(state["trouble"], language) if "trouble" in state else "",
    )


def form_at(trial: Trial, person, node: str, *, typed) -> AnswersForm:
    """The form as it was refused; else a fresh one, with what is being typed there."""
    if trial.form and trial.refused_at == node:
        return trial.form
    form = form_for(person, trial, node, data=typed if typed and typed.get("node") == node else None)
    if form.is_bound:
        # Only what is asked was to be seen; nobody has pressed anything yet.
        form.is_valid()
        form.errors.clear()
    return form


def label_of(trial: Trial, node: str) -> str:
    return said(trial.runtime.nodes[node].label, get_language())


def drawing_of(trial: Trial) -> dict:
    """The flow with the way of the trial."""
    ways = trial.ways()
    here = [task.node for task in trial.open_tasks()]
    here = here or [trial.ticket.node if trial.ticket else trial.runtime.start.key]
    been = [trial.runtime.start.key, *(end for step in ways for end in (step.from_node, step.to_node))]
    return {
        "flow": flow_document(trial.version.document),
        "nodes": dict.fromkeys(been, "been") | dict.fromkeys(here, "here"),
        "transitions": dict.fromkeys((step.key for step in ways), "been"),
    }

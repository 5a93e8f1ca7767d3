from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.texts import said
from flows.organisation.models import User
from flows.tickets.actions import offers
from flows.tickets.designer.walking import (
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
from flows.tickets.models import Ticket
from flows.tickets.words import assignment_in_words
from rules.editor.views import RecordEditView, RecordView
from rules.store.problems import RecordErrors, say

LOOK, BACK, PRESS = "look", "back", "press:"


class TicketTypeEditView(RecordEditView):
    """A flow is drawn over an hour: the draft saves itself."""

    saves_itself_after = 3_000


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
        done, act = read(posted.get("done", "")), posted.get("do", "")
        people = list(people_to_play())
        person = next((one for one in people if one.username == posted.get("person")), None)
        person = person or next(iter(people), self.request.user)
        if act == BACK:
            done = done[:-1]
        elif act.startswith(PRESS):
            pressed = act.removeprefix(PRESS)
            done = [*done, Did(by=person.username, press=pressed, answers=typed_answers(posted))]
        typed = posted if act == LOOK else None
        with nothing_stored():
            trial = walk(draft, done, at=at)
            state = render_to_string(
                "tickets/designer/_walk_state.html",
                state_of(trial, person, typed=typed, at=at),
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


def people_to_play():
    """Who may see tickets: those who work on them first."""
    may = Q(groups__permissions__codename="view_ticket") | Q(is_superuser=True)
    people = User.objects.filter(may, is_active=True).select_related("department", "store").distinct()
    return sorted(people, key=lambda one: (not one.has_perm("tickets.change_ticket"), str(one)))


def who_is(person) -> str:
    place = person.department or person.store
    return f"{person} · {place}" if place else str(person)


def state_of(trial: Trial, person, *, typed, at) -> dict:
    """Where the trial ticket is, who would have it, and what `person` sees and may press there."""
    language, ticket = get_language(), trial.ticket
    node = trial.runtime.nodes[trial.node]
    sees = ticket is None or Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists()
    form = trial.form or form_for(person, trial, data=typed)
    if typed and not trial.form:
        # Only what is asked was to be seen; nobody has pressed anything yet.
        form.is_valid()
        form.errors.clear()
    buttons = offers(ticket=ticket, to=person, at=at) if ticket and sees else []
    return {
        "ticket": ticket,
        "person": person,
        "node": said(node.label, language),
        "sees": sees,
        "refusal": trial.refusal,
        "form": form,
        "ready": [(one, said(one.step.label, language)) for one in buttons if not one.refusal],
        "refused": [(one, said(one.step.label, language)) for one in buttons if one.refusal],
        "assigned": assigned_in_words(trial) if ticket else "",
        "time_line": time_line(ticket, language) if ticket else [],
        "why": why_it_came(ticket, language, to=person) if ticket and sees else [],
    }


def assigned_in_words(trial: Trial) -> str:
    """What of the draft gave the ticket to who has it."""
    row = next(row for row in trial.version.document["nodes"] if row["key"] == trial.node)
    return assignment_in_words(row)


def drawing_of(trial: Trial) -> dict:
    """The flow with the way of the trial."""
    been = dict.fromkeys([trial.runtime.start.key, *trial.nodes], "been")
    return {
        "flow": flow_document(trial.version.document),
        "nodes": been | {trial.node: "here"},
        "transitions": dict.fromkeys(trial.transitions, "been"),
    }

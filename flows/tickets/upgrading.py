"""Running tickets stay on the version of their type that they began with. Here they are moved to the live
one, where they can go on there; what keeps a ticket back is said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.texts import said
from flows.tickets.actions import lock
from flows.tickets.checks import Graph, asked_on_every_way
from flows.tickets.flow import read_node, read_transition
from flows.tickets.models import Ticket, TicketEvent
from flows.tickets.refusals import NotYours
from rules.store.models import Version
from rules.store.runtime import Effective, adjusted

PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A running ticket on an earlier version. `reasons`: why it cannot go on in the live one, if so."""

    ticket: Ticket
    reasons: tuple[str, ...]


class Upgrade:
    """From earlier versions of one type to `live`."""

    def __init__(self, live: Version):
        self.live = live
        self._here = {}

    def here(self, ticket: Ticket) -> "Here":
        """The live version with those of the ticket's adjustments that still fit."""
        key = tuple(ticket.adjusted_by)
        if key not in self._here:
            self._here[key] = Here(still_fitting(self.live, key))
        return self._here[key]

    def running(self):
        """Open tickets that are not on the live version yet."""
        earlier = Version.objects.of_model(self.live.record_class).filter(slug=self.live.slug)
        return (
            Ticket.objects.open()
            .of_type(self.live.slug)
            .filter(version__in=earlier)
            .exclude(version=self.live)
            .select_related("version")
            .prefetch_related("tasks")
            .order_by("pk")
        )

    def candidates(self) -> Iterator[Candidate]:
        after = 0
        while page := list(self.running().filter(pk__gt=after)[:PAGE]):
            for ticket in page:
                yield Candidate(ticket=ticket, reasons=tuple(self.reasons(ticket)))
            after = page[-1].pk

    def reasons(self, ticket: Ticket) -> list[str]:
        open_tasks = [task for task in ticket.tasks.all() if task.closed_at is None]
        language = get_language()
        # Answers that cannot be read any more cannot be asked whether one is missing.
        return (
            list(self.other_steps(ticket, open_tasks, language)) + list(self.other_fields(ticket, language))
        ) or [reason for task in open_tasks for reason in self.missing_at(task.node, ticket, language)]

    def other_steps(self, ticket: Ticket, open_tasks: list, language: str) -> Iterator[str]:
        for task in open_tasks:
            before = ticket.runtime.nodes[task.node]
            now = self.here(ticket).runtime.nodes.get(task.node)
            step = said(before.label, language)
            if now is None:
                yield _("It is at “%(step)s”, which is gone.") % {"step": step}
            elif now.kind != before.kind:
                yield _("It is at “%(step)s”, which is another kind of step now.") % {"step": step}

    def other_fields(self, ticket: Ticket, language: str) -> Iterator[str]:
        kinds = {spec.name: spec.kind for spec in ticket.runtime.fields}
        for spec in self.live.compiled.fields:
            if spec.name in ticket.answers and kinds.get(spec.name, spec.kind) != spec.kind:
                label = said(spec.label, language)
                yield _("“%(field)s” was answered, and is another kind of field now.") % {"field": label}

    def missing_at(self, node: str, ticket: Ticket, language: str) -> Iterator[str]:
        """What the live version demands before this step, and this ticket was never asked for."""
        here, answers = self.here(ticket), ticket.answers
        runtime = here.runtime
        required = runtime.logic.settle(answers).required
        for name in sorted(here.asked[node] & required - answers.keys()):
            label = said(runtime.field_named[name].label, language)
            yield _("“%(field)s” must be answered before this step, and it never was.") % {"field": label}


class Here:
    """The live version as it holds at a ticket's place. `asked`: what was asked before each step."""

    def __init__(self, version: Version | Effective):
        self.adjusted_by = [override.pk for override in version.overrides]
        self.runtime = version.compiled
        self.asked = asked_on_every_way(
            Graph(
                [read_node(row) for row in version.document["nodes"]],
                [read_transition(row) for row in version.document["transitions"]],
            )
        )


def still_fitting(live: Version, override_ids: Sequence[int]) -> Version | Effective:
    """Without the adjustments of which nothing counts any more."""
    here = adjusted(live, override_ids)
    if not here.overrides:
        return live
    idle = {*here.resolved.missing, *here.resolved.broken}
    fitting = [
        override.pk
        for override in here.overrides
        if any((override.compiled.place, key) not in idle for key in override.compiled.parts)
    ]
    return adjusted(live, fitting)


@transaction.atomic
def move_to_version(*, ticket: Ticket, upgrade: Upgrade, by, at: datetime) -> Ticket:
    """Let a running ticket go on in the live version. Raises NotYours with the reason why it cannot."""
    now = lock(ticket)
    if not now.is_open:
        raise NotYours(_("This ticket has ended."))
    if reasons := upgrade.reasons(now):
        raise NotYours(" ".join(reasons))
    adjusted_by = upgrade.here(now).adjusted_by
    Ticket.objects.filter(pk=now.pk).update(version=upgrade.live, adjusted_by=adjusted_by)
    TicketEvent.objects.create(
        ticket=now,
        kind=TicketEvent.Kind.VERSION,
        at=at,
        by=by,
        data={"from": now.version.number, "to": upgrade.live.number},
    )
    return lock(now)

"""Running tickets stay on the version of their type that they began with. Here they are moved to the live
one, where they can go on there; what keeps a ticket back is said."""

from collections.abc import Iterator, Mapping
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
        document = live.document
        self.asked = asked_on_every_way(
            Graph(
                [read_node(row) for row in document["nodes"]],
                [read_transition(row) for row in document["transitions"]],
            )
        )

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
        ) or [
            reason for task in open_tasks for reason in self.missing_at(task.node, ticket.answers, language)
        ]

    def other_steps(self, ticket: Ticket, open_tasks: list, language: str) -> Iterator[str]:
        for task in open_tasks:
            before, now = ticket.runtime.nodes[task.node], self.live.compiled.nodes.get(task.node)
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

    def missing_at(self, node: str, answers: Mapping, language: str) -> Iterator[str]:
        """What the live version demands before this step, and this ticket was never asked for."""
        runtime = self.live.compiled
        required = runtime.logic.settle(answers).required
        for name in sorted(self.asked[node] & required - answers.keys()):
            label = said(runtime.field_named[name].label, language)
            yield _("“%(field)s” must be answered before this step, and it never was.") % {"field": label}


@transaction.atomic
def move_to_version(*, ticket: Ticket, upgrade: Upgrade, by, at: datetime) -> Ticket:
    """Let a running ticket go on in the live version. Raises NotYours with the reason why it cannot."""
    now = lock(ticket)
    if not now.is_open:
        raise NotYours(_("This ticket has ended."))
    if reasons := upgrade.reasons(now):
        raise NotYours(" ".join(reasons))
    Ticket.objects.filter(pk=now.pk).update(version=upgrade.live)
    TicketEvent.objects.create(
        ticket=now,
        kind=TicketEvent.Kind.VERSION,
        at=at,
        by=by,
        data={"from": now.version.number, "to": upgrade.live.number},
    )
    now.version = upgrade.live
    return now

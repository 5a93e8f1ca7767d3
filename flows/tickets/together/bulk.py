"""One act on many tickets: a result for each, each ticket a transaction of its own.

The rows of a run are the work. A row and what was done to its ticket are written in one transaction, so
that a worker that dies repeats nothing and leaves nothing out. A few seconds are worked while the person
waits; what is left then goes to the background, with progress, and can be cancelled.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from flows.forms.texts import said
from flows.organisation.models import Department, User
from flows.tickets.actions import move_ticket
from flows.tickets.models import Ticket
from flows.tickets.models.ticket import Urgency
from flows.tickets.refusals import NotYours
from flows.tickets.together.changing import change_tags, hand_over, set_urgency
from flows.tickets.together.comments import add_comment
from flows.tickets.together.macros import use_macro
from flows.tickets.together.models import BulkRow, BulkRun, Macro
from flows.tickets.together.rights import may_work
from rules.store.problems import Refusal

State = BulkRun.State
logger = logging.getLogger(__name__)

WHILE_THE_PERSON_WAITS = timedelta(seconds=4)


# What can be done


def press(ticket: Ticket, act: Mapping, *, by, at: datetime) -> None:
    move_ticket(ticket=ticket, transition=act["transition"], by=by, at=at)


def give(ticket: Ticket, act: Mapping, *, by, at: datetime) -> None:
    person = User.objects.filter(username=act["person"]).first() if act.get("person") else None
    department = Department.objects.filter(slug=act["department"]).first() if act.get("department") else None
    if not person and not department:
        raise Refusal(_("That person or department is not there any more."))
    hand_over(ticket=ticket, person=person, department=department, by=by, at=at)


def tag(ticket: Ticket, act: Mapping, *, by, at: datetime) -> None:
    change_tags(ticket=ticket, add=act.get("add", ()), remove=act.get("remove", ()), by=by, at=at)


def urge(ticket: Ticket, act: Mapping, *, by, at: datetime) -> None:
    set_urgency(ticket=ticket, urgency=act["urgency"], by=by, at=at)


def comment(ticket: Ticket, act: Mapping, *, by, at: datetime) -> None:
    add_comment(
        ticket=ticket, text=act["text"], is_public=act["is_public"], by=by, at=at, though_unseen=True
    )  # fmt: skip


def run_macro(ticket: Ticket, act: Mapping, *, by, at: datetime) -> None:
    macro = Macro.objects.filter(pk=act["macro"], is_active=True).first()
    if macro is None:
        raise Refusal(_("This macro is not there any more."))
    use_macro(macro=macro, ticket=ticket, by=by, at=at)


ACTS = {"press": press, "give": give, "tag": tag, "urge": urge, "comment": comment, "macro": run_macro}


def in_words(act: Mapping) -> str:
    match act["name"]:
        case "press":
            return _("press “%(button)s”") % {"button": said(act["label"], get_language())}
        case "give":
            return _("give to %(name)s") % {"name": act["to"]}
        case "tag":
            added, removed = _(", ").join(act["add"]), _(", ").join(act["remove"])
            parts = [_("added: %(tags)s") % {"tags": added}] if added else []
            parts += [_("removed: %(tags)s") % {"tags": removed}] if removed else []
            return _("change the tags; %(what)s") % {"what": _("; ").join(parts)}
        case "urge":
            return _("set the urgency: %(urgency)s") % {"urgency": Urgency(act["urgency"]).label}
        case "comment":
            return _("write a comment")
        case _macro:
            return _("use the macro “%(name)s”") % {"name": act["called"]}


# Asking


@transaction.atomic
def request_bulk(*, key: uuid.UUID, tickets, act: Mapping, by, at: datetime) -> BulkRun:
    """Write down what is to be done to each of `tickets`, a queryset, as it is now. The same key again is the
    same run. Raises NotYours, Refusal."""
    if not may_work(by):
        raise NotYours(_("You may read tickets; working on them needs the role of an agent."))
    run, is_new = BulkRun.objects.get_or_create(
        pk=key, defaults={"act": act, "by": by, "asked_at": at, "language": get_language() or "zh-hans"}
    )
    if not is_new:
        if run.by_id != by.pk:
            raise Refusal(_("This was asked for by somebody else."))
        return run
    numbers = list(tickets.order_by("pk").values_list("pk", flat=True)[: BulkRun.MOST_TICKETS + 1])
    if not numbers:
        raise Refusal(_("Choose at least one ticket."))
    if len(numbers) > BulkRun.MOST_TICKETS:
        raise Refusal(
            _("At most %(limit)s tickets at once. Narrow the filter.") % {"limit": BulkRun.MOST_TICKETS}
        )
    BulkRow.objects.bulk_create((BulkRow(run=run, ticket_id=number) for number in numbers), batch_size=1_000)
    return run


def cancel_bulk(*, run: BulkRun, by, at: datetime) -> None:
    """What is done stays done. Raises Refusal."""
    if run.by_id != by.pk:
        raise Refusal(_("This was asked for by somebody else."))
    with transaction.atomic():
        unfinished = BulkRun.objects.unfinished().filter(pk=run.pk)
        if not unfinished.update(state=State.CANCELLED, finished_at=at, leased_until=None):
            raise Refusal(_("This has already ended."))
        run.rows.filter(state="waiting").update(state="cancelled", at=at)


# The work


def perform(
    pk, *, clock: Callable[[], datetime] = timezone.now, for_at_most: timedelta | None = None
) -> None:
    """Do the waiting rows of a run, unless another worker has it. What is left after `for_at_most` goes to
    the background."""
    worker, began = uuid.uuid4().hex, clock()
    if not take(pk, worker, at=began):
        return
    run = BulkRun.objects.select_related("by").get(pk=pk)
    with translation.override(run.language):
        while do_next(run, worker, clock=clock):
            if for_at_most and clock() - began > for_at_most:
                hand_on(run, worker)
                return


def take(pk, worker: str, *, at: datetime) -> bool:
    return bool(
        BulkRun.objects.waiting(at=at)
        .filter(pk=pk)
        .update(state=State.RUNNING, leased_by=worker, leased_until=at + BulkRun.LEASE)
    )


def mine(run: BulkRun, worker: str):
    return BulkRun.objects.filter(pk=run.pk, state=State.RUNNING, leased_by=worker)


@transaction.atomic
def hand_on(run: BulkRun, worker: str) -> None:
    if mine(run, worker).update(state=State.QUEUED, leased_by="", leased_until=None):
        transaction.on_commit(partial(wake_worker, run.pk))


def wake_worker(pk) -> None:
    from flows.tickets.together.tasks import perform_bulk

    perform_bulk(str(pk))


@transaction.atomic
def do_next(run: BulkRun, worker: str, *, clock: Callable[[], datetime]) -> bool:
    """One ticket. → whether to go on"""
    now = clock()
    # Also keeps who cancels waiting until this ticket is done.
    if not mine(run, worker).update(leased_until=now + BulkRun.LEASE):
        return False
    row = run.rows.filter(state="waiting").select_related("ticket").first()
    if row is None:
        mine(run, worker).update(state=State.DONE, finished_at=now, leased_until=None)
        return False
    row.state, row.why = outcome_of(run, row.ticket, at=now)
    row.at = now
    row.save(update_fields=["state", "why", "at"])
    return True


def outcome_of(run: BulkRun, ticket: Ticket, *, at: datetime) -> tuple[str, str]:
    try:
        with transaction.atomic():
            ACTS[run.act["name"]](ticket, run.act, by=run.by, at=at)
    except Refusal as refusal:
        return BulkRow.State.REFUSED, str(refusal)
    except Exception:
        logger.exception("Bulk action %s failed on ticket %s.", run.pk, ticket.pk)
        return BulkRow.State.REFUSED, _("Something went wrong. It was noted for the administrators.")
    return BulkRow.State.DONE, ""


def sweep(*, at: datetime) -> list:
    """Runs that nobody works on: to be given to a worker."""
    return list(BulkRun.objects.waiting(at=at).values_list("pk", flat=True))

"""Try a draft on real history beside what is live: asked for, worked on in the background, cancelled, read.

The work is a row. A worker takes it with a lease, saves after every page of cases and sees there whether it
was cancelled; when a worker dies, the sweeper gives the row to another, which goes on where it was.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rules.engine import facts_as_json
from rules.store.deciding import Decider
from rules.store.digests import digest
from rules.store.histories import History, Sides, history_of
from rules.store.models import BackTest, StoredRecord, Version
from rules.store.problems import Refusal

State = BackTest.State
logger = logging.getLogger(__name__)

MOST_OUTCOMES = 200
EXAMPLES = 5
# Where changes that are too many to tell apart are counted.
OTHERS = "others"


class Stopped(Exception):
    """The run was cancelled, or given to another worker."""


# Asking


def history_for(record: StoredRecord) -> History | None:
    return history_of(type(record), record.get_latest_revision_as_object().document())


def request_back_test(
    *, record: StoredRecord, since: datetime, until: datetime, by, at: datetime
) -> BackTest:
    """Queue the newest draft to be tried on the cases of [since, until). The same request while it is at work
    is the same back-test. Raises Refusal, and RecordErrors for a draft that does not make sense yet."""
    if since >= until:
        raise Refusal(_("The period ends before it begins."))
    with transaction.atomic():
        # Two people asking at once queue up here.
        draft = record.locked_row().get_latest_revision_as_object()
        if history_of(type(draft), draft.document()) is None:
            raise Refusal(_("There is no history to try records of this kind on."))
        document = Decider.of(draft).document
        live = Version.objects.of(record).current().first()
        at_work = BackTest.objects.of(record).unfinished().first()
        if at_work and at_work.content_digest == draft.content_digest:
            return at_work
        if at_work:
            raise Refusal(_("An older draft is being tried. Wait until it is done, or cancel it."))
        run = BackTest.objects.create(
            content_type=ContentType.objects.get_for_model(record),
            object_id=record.pk,
            content_digest=draft.content_digest,
            document=document,
            live_version=live,
            since=since,
            until=until,
            asked_by=by,
            asked_at=at,
        )
        transaction.on_commit(partial(wake_worker, run.pk))
    return run


def wake_worker(pk: int) -> None:
    from rules.store.tasks import perform_back_test

    perform_back_test(pk)


def cancel_back_test(*, run: BackTest, at: datetime) -> None:
    """Stop before the next page of cases. Raises Refusal when it has ended."""
    unfinished = BackTest.objects.unfinished().filter(pk=run.pk)
    if not unfinished.update(state=State.CANCELLED, finished_at=at, leased_until=None):
        raise Refusal(_("This has already ended."))


def newest_of(record: StoredRecord, *, content_digest: str | None = None) -> BackTest | None:
    """The back-test asked for last; of exactly this content, if given."""
    runs = BackTest.objects.of(record).select_related("asked_by", "live_version")
    return (runs.filter(content_digest=content_digest) if content_digest else runs).first()


def sides_now(record: StoredRecord) -> Sides:
    """The newest draft and what is live. Raises RecordErrors."""
    live = Version.objects.of(record).current().first()
    return Sides(
        draft=Decider.of(record.get_latest_revision_as_object()),
        live=Decider.of_version(live) if live else None,
        slug=record.slug,
    )


def sides_of(run: BackTest) -> Sides:
    """What is compared. Raises RecordErrors where the vocabulary has changed too much since."""
    history = history_of(run.content_type.model_class(), run.document)
    draft = Decider.of_document(run.content_type.model_class(), run.document)
    live = Decider.of_version(run.live_version) if run.live_version else None
    return Sides(
        draft=draft.asked_by(history),
        live=live and live.asked_by(history),
        slug=run.live_version.slug if live else run.record.slug,
    )


# The work


def perform(pk: int, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """Do a waiting back-test, or the rest of it, unless another worker has it."""
    worker = uuid.uuid4().hex
    if not take(pk, worker, at=clock()):
        return
    run = BackTest.objects.select_related("content_type", "live_version").get(pk=pk)
    try:
        carry_out(run, clock=clock)
    except Stopped:
        return
    except Exception:
        logger.exception("Back-test %s failed.", pk)
        run_of(run).update(state=State.FAILED, finished_at=clock(), leased_until=None)


def take(pk, worker, *, at) -> bool:
    """Lease the row, compare and set. One that has cost several workers their life has failed."""
    waiting = BackTest.objects.waiting(at=at).filter(pk=pk)
    if waiting.filter(attempts__gte=BackTest.MOST_ATTEMPTS).update(
        state=State.FAILED, finished_at=at, leased_until=None
    ):
        logger.error("Back-test %s failed: %s workers stopped over it.", pk, BackTest.MOST_ATTEMPTS)
        return False
    return bool(
        waiting.update(
            state=State.RUNNING,
            # It stays when a second worker goes on.
            started_at=Coalesce("started_at", Value(at, output_field=DateTimeField())),
            leased_by=worker,
            leased_until=at + BackTest.LEASE,
            attempts=F("attempts") + 1,
        )
    )


def run_of(run):
    """The row, as long as this worker has it and nobody cancelled it."""
    return BackTest.objects.filter(pk=run.pk, state=State.RUNNING, leased_by=run.leased_by)


def report(run, *, clock, **progress) -> None:
    """Store how far it is, and that we are alive. Raises Stopped."""
    if not run_of(run).update(leased_until=clock() + BackTest.LEASE, **progress):
        raise Stopped


def carry_out(run: BackTest, *, clock) -> None:
    sides = sides_of(run)
    history = history_of(run.content_type.model_class(), run.document)
    period = (sides, run.since, run.until)
    report(run, clock=clock, total=history.count(*period))
    tally = Tally(sides, outcomes=run.outcomes, changed=run.changed, subjects=run.changed_subjects)
    done = run.done
    for page in history.pages(*period, run.place):
        for case in page:
            tally.add(case)
        done += len(page)
        report(
            run,
            clock=clock,
            place=page[-1].place,
            done=done,
            changed=tally.changed,
            changed_subjects=tally.subjects,
            outcomes=tally.outcomes,
        )
    money = history.money(*period, lambda _count: report(run, clock=clock))
    report(
        run, clock=clock, state=State.DONE, money=money, total=done, finished_at=clock(),
    )  # fmt: skip


class Tally:
    """Counts what differs, by what it was and would be, with a few examples of each."""

    def __init__(self, sides: Sides, *, outcomes: dict, changed: int, subjects: int = 0):
        self.sides, self.outcomes, self.changed = sides, outcomes, changed
        # Cases about the same thing come one after the other, on the same page.
        self.subjects, self.last_subject = subjects, ""
        self.names = sides.names

    def add(self, case) -> None:
        before = self.sides.live.decide(case.facts) if self.sides.live else None
        after = self.sides.draft.decide(case.facts_for_draft)
        if self.sides.live and before == after:
            return
        self.changed += 1
        self.subjects += case.subject != self.last_subject
        self.last_subject = case.subject
        row = self.row_of(before, after)
        row["count"] += 1
        if len(row["examples"]) < EXAMPLES:
            example = {"subject": case.subject, "facts": self.asked_of(case.facts)}
            if case.facts_for_draft != case.facts:
                example["draft_facts"] = self.asked_of(case.facts_for_draft)
            row["examples"].append(example)

    def asked_of(self, facts) -> dict:
        return facts_as_json({name: facts[name] for name in sorted(self.names) if name in facts})

    def row_of(self, before, after) -> dict:
        key = digest([before, after])[:16]
        if key not in self.outcomes and len(self.outcomes) >= MOST_OUTCOMES:
            key, before, after = OTHERS, None, None
        return self.outcomes.setdefault(key, {"before": before, "after": after, "count": 0, "examples": []})


def sweep(*, at: datetime) -> list[int]:
    """Back-tests nobody is at work on: their task was lost, or their worker died."""
    return list(BackTest.objects.waiting(at=at).values_list("pk", flat=True))


# Keeping


def prune(*, at: datetime) -> int:
    """Remove back-tests that nobody will ask for again; see BackTestQuerySet.to_prune. → how many"""
    removed, _by_model = BackTest.objects.to_prune(at=at).delete()
    return removed

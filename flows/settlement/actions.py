"""What may be done in settlement: one function per verb. Each refuses with a sentence or does all of it."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from wagtail.log_actions import log

from flows.bulk import insert_rows
from flows.money import Money, plain, to_major
from flows.organisation.models import Store
from flows.organisation.places import path_of_store
from flows.settlement.commission import CompiledPlan, Share, shares_of
from flows.settlement.models import Account, CommissionPlan, Entry, Settlement
from flows.settlement.querysets import lines_between, lines_of_plan, not_paid_by, rows_of
from rules.store.models import Version
from rules.store.problems import Refusal
from rules.store.runtime import at_place, live_overrides, live_version, live_versions

# Longer than the largest settlement takes; a worker that died gives its work back after this.
LEASE = timedelta(minutes=15)
MOST_ATTEMPTS = 3
ENTRY_COLUMNS = (
    "settlement_id",
    "plan",
    "version_id",
    "line_id",
    "happened_at",
    "debit_id",
    "credit_id",
    "minor",
    "currency",
    "rule",
    "region",
    "arithmetic",
)


@dataclass(frozen=True, kw_only=True)
class Period:
    """Calendar days [first_day, until_day) in a plan's zone, and the same as instants."""

    first_day: date
    until_day: date
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, plan: CompiledPlan, *, first_day: date, until_day: date):
        if until_day <= first_day:
            raise Refusal(_("The period ends before it begins. The last day is not included."))

        def midnight(day):
            return datetime.combine(day, time.min, tzinfo=plan.zone)

        return cls(
            first_day=first_day,
            until_day=until_day,
            starts_at=midnight(first_day),
            ends_at=midnight(until_day),
        )

    @property
    def instants(self):
        return {"start": self.starts_at, "end": self.ends_at}


def live_plan(slug: str, *, at: datetime) -> Version:
    version = live_version(CommissionPlan, slug, at=at)
    if version:
        return version
    if CommissionPlan.objects.filter(slug=slug).exists():
        raise Refusal(
            _("The commission plan “%(slug)s” is not live: it must be approved first.") % {"slug": slug}
        )
    raise Refusal(_("There is no commission plan called “%(slug)s”.") % {"slug": slug})


def plans_by_store(version, overrides: dict[str, Version]) -> dict[str, CompiledPlan]:
    """{store code: the plan with the rates of that store}, where its region or the store itself has its own.

    overrides   {place: Version} of what is adjusted in this plan
    """
    if not overrides:
        return {}
    here = {
        store.slug: at_place(version, path_of_store(store), {version.slug: overrides})
        for store in Store.objects.select_related("region")
    }
    return {slug: plan.compiled for slug, plan in here.items() if plan.overrides}


def adjusted(slug: str, *, at: datetime) -> dict[str, Version]:
    """{place: Version} of what is adjusted in a plan at `at`."""
    return live_overrides(CommissionPlan, [slug], at=at).get(slug, {})


# Looking, without posting


def preview(*, slug: str, version: Version, first_day: date, until_day: date, at: datetime) -> dict:
    """The totals that settling would post now. Raises the Refusals of `settle`; posts nothing."""
    plan = version.compiled
    period = Period.of(plan, first_day=first_day, until_day=until_day)
    refuse_unless_over(period, at=at)
    refuse_overlap(plan=slug, period=period)
    lines = not_paid_by(lines_of_plan(plan, **period.instants), plan=slug)
    by_store = plans_by_store(version, adjusted(slug, at=at))
    totals = totals_of(plan, shares_of(plan, rows_of(lines), by_store=by_store), period=period)
    if not totals["lines"]:
        raise Refusal(nothing_to_settle(plan, period=period))
    return totals


def what_if(
    *, plan: CompiledPlan, by_store: Mapping[str, CompiledPlan], first_day: date, until_day: date
) -> dict:
    """The totals of `plan` on all its lines in a period, whether paid or not. Posts nothing.

    by_store   see shares_of
    """
    period = Period.of(plan, first_day=first_day, until_day=until_day)
    lines = lines_of_plan(plan, **period.instants)
    return totals_of(plan, shares_of(plan, rows_of(lines), by_store=by_store), period=period)


BOTH = " / "


def totals_of(plan: CompiledPlan, shares: list[Share], *, period: Period) -> dict:
    """Counts and sums of a settlement, in minor units, JSON-able.

    by_rule: {rule, "default" or "no rule": {"lines", "minor", "percent": "" where a formula gives it}};
    by_account: {Account.key: minor}
    """
    by_rule, by_account = {}, Counter()
    for share in shares:
        rate = share.earned.rate_text
        row = by_rule.setdefault(share.earned.called, {"lines": 0, "minor": 0, "percent": rate})
        row["lines"] += 1
        if rate not in row["percent"].split(BOTH):
            # Stores may have a rate their own way.
            row["percent"] += f"{BOTH}{rate}"
        row["minor"] += share.minor
        by_account[payable_of(share)] += share.minor
    covered = lines_between(**period.instants)
    return {
        "lines": len(shares),
        "orders": len({share.line.order_id for share in shares}),
        "commission_minor": sum(share.minor for share in shares),
        "by_rule": dict(sorted(by_rule.items())),
        "by_account": {
            ":".join(filter(None, (Account.Kind.PAYABLE, *owner))): minor
            for owner, minor in sorted(by_account.items())
        },
        "other_currency": covered.exclude(order__currency=plan.currency).count(),
    }


def payable_of(share: Share) -> tuple[str, str]:
    """(owner kind, owner) of who earns a line: the order's store, else the region the plan names."""
    if store := share.line.order__store__slug:
        return Account.OwnerKind.STORE.value, store
    return Account.OwnerKind.REGION.value, share.earned.region


# Settling


def settle(*, plan: str, first_day: date, until_day: date, at: datetime, by=None) -> tuple[Settlement, bool]:
    """Post what the live version of `plan` pays for a period. → (settlement, whether it was posted before)

    Settling the same period again changes nothing and returns what was posted, also when the plan has a newer
    version by now. Raises Refusal when there is no live version or nothing to settle, when the days overlap
    another settlement of the plan, or are not over at `at`.
    """
    settlement = request_settlement(plan=plan, first_day=first_day, until_day=until_day, at=at, by=by)
    if settlement.is_posted:
        return settlement, True
    return post_settlement(settlement=settlement, at=at), False


@transaction.atomic
def request_settlement(*, plan: str, first_day: date, until_day: date, at: datetime, by=None) -> Settlement:
    """Store the intent to settle a period; `post_settlement` does it. Refusals: see `settle`."""
    # Two people asking at once queue up here; on SQLite every transaction does.
    CommissionPlan.objects.select_for_update().filter(slug=plan).first()
    same = Settlement.objects.in_force().filter(plan=plan, first_day=first_day, until_day=until_day).first()
    if same:
        return same
    version = live_plan(plan, at=at)
    period = Period.of(version.compiled, first_day=first_day, until_day=until_day)
    refuse_unless_over(period, at=at)
    refuse_overlap(plan=plan, period=period)
    expected = not_paid_by(lines_of_plan(version.compiled, **period.instants), plan=plan).count()
    if not expected:
        raise Refusal(nothing_to_settle(version.compiled, period=period))
    settlement = Settlement.objects.create(
        plan=plan,
        version=version,
        adjusted_by=[override.pk for override in adjusted(plan, at=at).values()],
        first_day=first_day,
        until_day=until_day,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        currency=version.compiled.currency,
        requested_by=by,
        requested_at=at,
        lines_expected=expected,
    )
    log(settlement, "settlement.request", user=by, data={"lines": expected})
    return settlement


def refuse_unless_over(period, *, at):
    if period.ends_at > at:
        raise Refusal(
            _("The last day of this period, %(day)s, is not over. Settle it when no more orders can come.")
            % {"day": day_text(period.until_day - timedelta(days=1))}
        )


def refuse_overlap(*, plan, period):
    other = Settlement.objects.overlapping(
        plan=plan, first_day=period.first_day, until_day=period.until_day
    ).first()
    if other:
        raise Refusal(
            _("These days overlap a settlement of this plan: %(first)s to %(last)s. Choose days outside it.")
            % {"first": day_text(other.first_day), "last": day_text(other.last_day)}
        )


def nothing_to_settle(plan, *, period):
    others = lines_between(**period.instants).exclude(order__currency=plan.currency).count()
    if others:
        return ngettext_lazy(
            "Nothing to settle in %(currency)s: %(count)d order line of this period is in another currency.",
            "Nothing to settle in %(currency)s: %(count)d order lines of this period are in others.",
            others,
        ) % {"currency": plan.currency, "count": others}
    return _("There is nothing to settle from %(first)s to %(last)s: no order counts for this plan.") % {
        "first": day_text(period.first_day),
        "last": day_text(period.until_day - timedelta(days=1)),
    }


def day_text(day: date) -> str:
    return date_format(day, "Y-m-d")


def post_settlement(*, settlement: Settlement, at: datetime) -> Settlement:
    """Work out a requested settlement and post its entries, all or none.

    Raises Refusal when someone else is at work on it or it was cancelled meanwhile. After an error the work
    is given back, and after MOST_ATTEMPTS errors the settlement has failed.
    """
    take_lease(settlement, at=at)
    try:
        shares = shares_of_settlement(settlement, progress=show_progress(settlement))
        post_shares(settlement, shares, at=at)
    except Refusal:
        raise
    except Exception as error:
        give_back(settlement, problem=f"{type(error).__name__}: {error}")
        raise
    settlement.refresh_from_db()
    return settlement


def take_lease(settlement, *, at):
    waiting = Settlement.objects.waiting(at=at).filter(pk=settlement.pk)
    if not waiting.update(leased_until=at + LEASE, attempts=settlement.attempts + 1, lines_done=0):
        raise Refusal(_("This settlement is being posted already. Look again in a minute."))
    settlement.attempts += 1


def give_back(settlement, *, problem):
    failed = settlement.attempts >= MOST_ATTEMPTS
    Settlement.objects.filter(pk=settlement.pk, state=Settlement.State.REQUESTED).update(
        leased_until=None,
        problem=problem,
        state=Settlement.State.FAILED if failed else Settlement.State.REQUESTED,
    )


def show_progress(settlement) -> Callable[[int], None]:
    return lambda done: Settlement.objects.filter(pk=settlement.pk).update(lines_done=done)


def shares_of_settlement(settlement, *, progress=None) -> list[Share]:
    plan = settlement.version.compiled
    lines = lines_of_plan(plan, start=settlement.starts_at, end=settlement.ends_at)
    overrides = Version.objects.filter(pk__in=settlement.adjusted_by)
    by_store = plans_by_store(
        settlement.version, {override.document["place"]: override for override in overrides}
    )
    rows = rows_of(not_paid_by(lines, plan=settlement.plan))
    return shares_of(plan, rows, by_store=by_store, progress=progress)


def post_shares(settlement, shares, *, at):
    """All that takes time comes first: on SQLite nobody else can write while the entries are stored."""
    plan = settlement.version.compiled
    period = Period.of(plan, first_day=settlement.first_day, until_day=settlement.until_day)
    rows = entry_rows(settlement, shares)
    posted = {
        "state": Settlement.State.POSTED,
        "posted_at": at,
        "leased_until": None,
        "problem": "",
        "lines_done": len(shares),
        "totals": totals_of(plan, shares, period=period),
        "digest": digest_of_rows(rows),
    }
    with transaction.atomic():
        insert_rows(Entry, ENTRY_COLUMNS, rows)
        still_wanted = Settlement.objects.filter(pk=settlement.pk, state=Settlement.State.REQUESTED)
        if not still_wanted.update(**posted):
            raise Refusal(_("This settlement was cancelled meanwhile; nothing was posted."))
        log(settlement, "settlement.post", user=settlement.requested_by, data={"lines": len(shares)})


def entry_rows(settlement, shares) -> list[tuple]:
    """One row of ENTRY_COLUMNS for each share."""
    plan = settlement.version.compiled
    accounts = accounts_of(settlement, shares)
    expense = account(Account.Kind.EXPENSE, Account.OwnerKind.COMPANY, "", currency=plan.currency)
    return [
        (
            settlement.pk,
            settlement.plan,
            settlement.version_id,
            share.line.pk,
            share.line.order__placed_at,
            # A return moves back what its sale moved.
            *((expense.pk, payable.pk) if share.minor >= 0 else (payable.pk, expense.pk)),
            abs(share.minor),
            plan.currency,
            share.earned.rule,
            share.earned.region,
            share.arithmetic(plan),
        )
        for share in shares
        for payable in [accounts[payable_of(share)]]
    ]


def accounts_of(settlement, shares):
    """The payable account of every owner in `shares`, opened if new."""
    return {
        owner: account(Account.Kind.PAYABLE, *owner, currency=settlement.currency)
        for owner in sorted({payable_of(share) for share in shares})
    }


def account(kind, owner_kind, owner, *, currency) -> Account:
    store = Store.objects.filter(slug=owner).first() if owner_kind == Account.OwnerKind.STORE else None
    found, _created = Account.objects.get_or_create(
        kind=kind, owner_kind=owner_kind, owner=owner, currency=currency, defaults={"store": store}
    )
    return found


def digest_of(settlement) -> str:
    """The fingerprint of the entries as they are stored now; equals `settlement.digest` for ever."""
    entries = settlement.entries.order_by("pk").values_list(*ENTRY_COLUMNS)
    return digest_of_rows(entries.iterator(chunk_size=2_000))


def digest_of_rows(rows) -> str:
    digest = hashlib.sha256()
    for row in rows:
        said = dict(zip(ENTRY_COLUMNS, row, strict=True))
        said["happened_at"] = said["happened_at"].timestamp()
        digest.update(json.dumps(said, ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


@transaction.atomic
def cancel_settlement(*, settlement: Settlement, by) -> None:
    """Take back a request that is not posted yet; the days can be settled again."""
    waiting = Settlement.objects.filter(pk=settlement.pk, state=Settlement.State.REQUESTED)
    if not waiting.update(state=Settlement.State.CANCELLED):
        raise Refusal(_("This settlement is posted already. What is posted is mended by corrections only."))
    log(settlement, "settlement.cancel", user=by)


# Reading the ledger


def late_lines(settlement) -> int:
    """Lines that reached the period after it was settled: they are in no settlement of this plan."""
    plan = settlement.version.compiled
    lines = lines_of_plan(plan, start=settlement.starts_at, end=settlement.ends_at)
    return not_paid_by(lines, plan=settlement.plan).count()


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a live plan would pay for a line nobody settled yet. Rounding over more lines may move a cent."""

    version: Version
    share: Share

    @property
    def currency(self):
        return self.version.compiled.currency

    @property
    def money(self):
        return Money(minor=self.share.minor, currency=self.currency)

    @property
    def price(self):
        return plain(f"{self.share.line.unit_price:f}")


def expected_shares(*, store: str, start: datetime, end: datetime, at: datetime) -> list[Expected]:
    """What the store called `store` has coming from orders of [start, end), by every plan live at `at`."""
    expected = []
    for version in live_versions(CommissionPlan, at=at):
        lines = unpaid_lines(version, store=store, start=start, end=end)
        by_store = plans_by_store(version, adjusted(version.slug, at=at))
        shares = shares_of(version.compiled, rows_of(lines), by_store=by_store)
        expected += [Expected(version=version, share=share) for share in shares]
    return expected


def unpaid_lines(version, *, store, start, end):
    lines = lines_of_plan(version.compiled, start=start, end=end).filter(order__store__slug=store)
    return not_paid_by(lines, plan=version.slug)


def ledger_balance() -> dict[str, int]:
    """Debits less credits over all accounts, by currency: 0 each, or the ledger is broken."""
    balance = defaultdict(int)
    for account_, minor in Account.objects.all().balances().items():
        balance[account_.currency] += minor
    return dict(balance)


def summary(settlement: Settlement, *, already_settled: bool) -> dict:
    """A posted settlement as the `settle` command prints it; amounts are texts in major units."""

    def major(minor):
        return f"{to_major(minor, currency=settlement.currency):f}"

    totals = settlement.totals
    return {
        "plan": settlement.plan,
        "version": settlement.version.number,
        "from": settlement.first_day.isoformat(),
        "to": settlement.until_day.isoformat(),
        "currency": settlement.currency,
        "rounding": {
            "point": settlement.version.compiled.rounding_point,
            "mode": settlement.version.compiled.rounding_mode,
        },
        "lines": totals["lines"],
        "orders": totals["orders"],
        "lines_in_other_currencies": totals["other_currency"],
        "commission": major(totals["commission_minor"]),
        "by_rule": {
            name: {"lines": row["lines"], "percent": row["percent"], "commission": major(row["minor"])}
            for name, row in totals["by_rule"].items()
        },
        "by_account": {key: major(minor) for key, minor in totals["by_account"].items()},
        "ledger_balance": ledger_balance().get(settlement.currency, 0),
        "fingerprint": settlement.digest,
        "already_settled": already_settled,
    }

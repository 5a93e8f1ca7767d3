"""Who gets a broadcast and who does not, and why. The forecast, the sending and the last check before a
message leaves all ask here, so they cannot disagree. Reads only; see README.md for the order of reasons."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from flows.broadcasts import limits as kinds
from flows.broadcasts import variables
from flows.broadcasts.content import blocked, lexicons_in_force, named, spans_in
from flows.broadcasts.limits import CompiledLimit, latest_quiet_end
from flows.broadcasts.models import Limit, Recipient, Sending
from flows.broadcasts.models.broadcast import CompiledBroadcast
from flows.channels.drivers import driver_of
from flows.customers.models import Customer, Order, Segment
from flows.organisation.places import path_of
from rules.store.models import Version
from rules.store.problems import Refusal
from rules.store.runtime import at_place, live_overrides, live_version, live_versions

CHUNK = 5_000

ACCEPTED = "accepted"
NO_CONTACT = "no_contact"
MISSING_VALUE = "missing_value"
BLOCKED_CONTENT = "blocked_content"
NEVER_QUIET_ENOUGH = "quiet_hours:all_day"


@dataclass(frozen=True, eq=False)
class LimitInForce:
    """A live limit, or what it says in one place.

    overrides     {place: Version}, wherever it is adjusted
    adjusted_by   ids of the overrides that make it say so here
    """

    version: Version
    compiled: CompiledLimit
    overrides: Mapping[str, Version] = field(default_factory=dict)
    adjusted_by: tuple[int, ...] = ()

    @classmethod
    def of(cls, version: Version, overrides=None):
        return cls(version, version.compiled, overrides or {})

    @property
    def slug(self) -> str:
        return self.version.slug

    @property
    def number(self) -> int:
        return self.version.number

    @property
    def id(self) -> int:
        return self.version.pk

    def at(self, path: tuple[str, ...]):
        """This limit as it holds at the end of `path`."""
        here = at_place(self.version, path, {self.slug: self.overrides})
        adjusted_by = tuple(override.pk for override in here.overrides)
        return replace(self, compiled=here.compiled, adjusted_by=adjusted_by) if adjusted_by else self

    @property
    def reason(self) -> str:
        return f"limit:{self.slug}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is settled for a whole run before anyone is looked at.

    at         the moment it is judged for
    leaves_at  when messages go out: `at`, or the end of quiet hours
    waits_for  slug of the limit whose quiet hours it waits for, or ""
    """

    broadcast: CompiledBroadcast
    segment: Version
    limits: tuple[LimitInForce, ...]
    lexicons: tuple[Version, ...]
    at: datetime
    leaves_at: datetime
    waits_for: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """On one customer. `text` and `address` are empty, and `leaves_at` is None, when held back."""

    customer_id: int
    outcome: str
    reason: str
    detail: dict = field(default_factory=dict)
    text: str = ""
    address: str = ""
    leaves_at: datetime | None = None

    @property
    def accepted(self) -> bool:
        return self.outcome == Recipient.Outcome.QUEUED


# What is settled for the run


def limits_in_force(*, channel: str, category: str) -> tuple[LimitInForce, ...]:
    """The live limits that concern a channel and category, by slug."""
    concerned = [
        version
        for version in live_versions(Limit)
        if version.compiled.concerns(channel=channel, category=category)
    ]
    overrides = live_overrides(Limit, [version.slug for version in concerned])
    return tuple(LimitInForce.of(version, overrides.get(version.slug)) for version in concerned)


def limits_by_place(
    limits, ids: Collection[int], *, at: datetime
) -> list[tuple[tuple[LimitInForce, ...], list[int]]]:
    """The customers `ids` in groups for which the same holds: [(limits as they hold for them, ids)].

    Where nothing is adjusted there is one group; a place that adjusts something makes one more.
    """
    if not any(limit.overrides for limit in limits):
        return [(tuple(limits), list(ids))]
    at_path, groups = {}, {}
    for pk, path in paths_of(ids, at=at):
        if path not in at_path:
            at_path[path] = tuple(limit.at(path) for limit in limits)
        here = at_path[path]
        in_force = tuple(limit for limit in here if not limit.compiled.off)
        groups.setdefault(tuple(limit.adjusted_by for limit in here), (in_force, []))[1].append(pk)
    return list(groups.values())


def paths_of(ids: Collection[int], *, at: datetime) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(customer id, the way down to the store they last bought in); () for who never bought in one."""
    customers = Customer.objects.filter(pk__in=ids).order_by().with_store(at=at)
    rows = customers.values_list("pk", "store_slug", "region_slug")
    return ((pk, path_of(store=store, region=region)) for pk, store, region in rows)


def of_kind(limits, *wanted) -> list[LimitInForce]:
    return [limit for limit in limits if limit.compiled.kind in wanted]


def plan_for(version: Version, *, at: datetime) -> Plan:
    """A live broadcast under the rules that are live now, judged for the instant `at`. Raises Refusal."""
    broadcast = version.compiled
    segment = live_version(Segment, broadcast.segment)
    if segment is None:
        raise Refusal(_("The segment “%(name)s” is not live.") % {"name": broadcast.segment})
    limits = limits_in_force(channel=broadcast.channel, category=broadcast.category)
    return make_plan(broadcast, segment, limits, tuple(lexicons_in_force()), at=at)


def plan_of(sending: Sending) -> Plan:
    """The plan of a sending: the versions it started with, whatever is live by now."""
    ids = sending.decided_by
    versions = Version.objects.in_bulk(all_deciding(sending))
    overrides = {}
    for pk in ids.get("overrides", []):
        said = versions[pk].document
        overrides.setdefault(said["record"], {})[said["place"]] = versions[pk]
    limits = tuple(LimitInForce.of(versions[pk], overrides.get(versions[pk].slug)) for pk in ids["limits"])
    lexicons = tuple(versions[pk] for pk in ids["lexicons"])
    return make_plan(sending.version.compiled, versions[ids["segment"]], limits, lexicons, at=sending.at)


def all_deciding(sending: Sending) -> list[int]:
    """The ids of all versions a sending was judged by."""
    ids = sending.decided_by
    return [ids["segment"], *ids["limits"], *ids["lexicons"], *ids.get("overrides", [])]


def make_plan(broadcast, segment, limits, lexicons, *, at) -> Plan:
    moment = after_quiet_hours(limits, at=at)
    if moment is None:
        raise Refusal(_("The quiet hours of the live limits leave no time to send at all."))
    leaves_at, waits_for = moment
    return Plan(
        broadcast=broadcast, segment=segment, limits=limits, lexicons=lexicons, at=at, leaves_at=leaves_at,
        waits_for=waits_for,
    )  # fmt: skip


def after_quiet_hours(limits, *, at: datetime) -> tuple[datetime, str] | None:
    """The first instant from `at` on that is not quiet, and the limit it waits for ("" if none).

    None: quiet hours leave no time at all.
    """
    quiet = [(limit.slug, limit.compiled) for limit in of_kind(limits, kinds.QUIET)]
    return latest_quiet_end(quiet, at)


def audience(plan: Plan) -> QuerySet[Customer]:
    return plan.segment.compiled.customers(at=plan.at)


# Sets of customers: one query per limit


def held_back_by(limit: CompiledLimit, *, ids: Collection[int], at, leaves_at, apart_from=None) -> set[int]:
    """Those of the customers `ids` whom `limit` keeps from getting a message.

    at          purchases are looked at from here
    leaves_at   caps are counted around here
    apart_from  a Sending whose own recipients are not counted
    """
    if limit.kind == kinds.BOUGHT:
        return bought_recently(limit, ids=ids, at=at)
    if limit.kind == kinds.CAP:
        return at_their_cap(limit, ids=ids, at=leaves_at, apart_from=apart_from)
    return set()


def bought_recently(limit, *, ids, at) -> set[int]:
    window = limit.period_before(at)
    sales = Order.objects.sales().placed(since=window.start, by=window.end).filter(customer__in=ids)
    return set(sales.order_by().values_list("customer", flat=True).distinct())


def at_their_cap(limit, *, ids, at, apart_from=None) -> set[int]:
    counting = Recipient.objects.counting().concerned_by(limit).within(limit.period_around(at))
    counting = counting.filter(customer__in=ids)
    if apart_from is not None:
        counting = counting.exclude(sending=apart_from)
    per_customer = counting.order_by().values("customer").annotate(count=Count("pk"))
    return set(per_customer.filter(count__gte=limit.most).values_list("customer", flat=True))


def hits_by_customer(limits, *, ids, at, leaves_at, apart_from=None) -> dict[int, list[LimitInForce]]:
    """{customer id: the limits that hold them back}: purchases first, then caps, each by slug."""
    hits = {}
    for limit in of_kind(limits, kinds.BOUGHT) + of_kind(limits, kinds.CAP):
        for pk in held_back_by(limit.compiled, ids=ids, at=at, leaves_at=leaves_at, apart_from=apart_from):
            hits.setdefault(pk, []).append(limit)
    return hits


def detail_of(hits: list[LimitInForce]) -> dict:
    first, *others = hits
    detail = {"version": first.number}
    if first.adjusted_by:
        detail["adjusted_by"] = list(first.adjusted_by)
    return detail | ({"also": [limit.slug for limit in others]} if others else {})


# Verdicts


def judge(customers: Collection[Customer], *, plan: Plan) -> Iterator[Verdict]:
    """One verdict per customer: layer 1, then whether they can be reached, then layer 2."""
    hits, moments = {}, {}
    for limits, ids in limits_by_place(plan.limits, [customer.pk for customer in customers], at=plan.at):
        moment = after_quiet_hours(limits, at=plan.at)
        moments |= dict.fromkeys(ids, moment)
        if moment:
            hits |= hits_by_customer(limits, ids=ids, at=plan.at, leaves_at=moment[0])
    address_field = driver_of(plan.broadcast.channel).address
    spans_of_template = template_spans(plan)
    for customer in customers:
        if moments[customer.pk] is None:
            yield held_back(customer, NEVER_QUIET_ENOUGH)
        elif customer.pk in hits:
            found = hits[customer.pk]
            yield held_back(customer, found[0].reason, detail_of(found))
        elif not getattr(customer, address_field):
            yield held_back(customer, NO_CONTACT, {"field": address_field})
        else:
            address = getattr(customer, address_field)
            yield judge_text(customer, plan, address, spans_of_template, moments[customer.pk])


def template_spans(plan: Plan) -> list:
    return blocked(spans_in(variables.without_placeholders(plan.broadcast.message), plan.lexicons))


def judge_text(customer, plan: Plan, address: str, spans_of_template: list, moment) -> Verdict:
    leaves_at, waits_for = moment
    text = plan.broadcast.text_for(customer)
    if text is None:
        return held_back(customer, MISSING_VALUE)
    # Without variables everyone reads the same text, which has been searched already.
    spans = spans_of_template
    if text != plan.broadcast.message:
        spans = blocked(spans_in(text, plan.lexicons))
    if spans:
        return held_back(customer, BLOCKED_CONTENT, {"found": named(spans)})
    return Verdict(
        customer_id=customer.pk, outcome=Recipient.Outcome.QUEUED,
        reason=f"quiet_hours:{waits_for}" if waits_for else ACCEPTED, text=text, address=address,
        leaves_at=leaves_at,
    )  # fmt: skip


def held_back(customer, reason, detail=None) -> Verdict:
    return Verdict(
        customer_id=customer.pk, outcome=Recipient.Outcome.HELD_BACK, reason=reason, detail=detail or {}
    )


def chunks(customers: QuerySet[Customer], *, after: int = 0) -> Iterator[list[Customer]]:
    """The customers in lists of CHUNK, by primary key, from the one after `after` on."""
    while chunk := list(customers.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        yield chunk
        after = chunk[-1].pk


# The forecast


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a broadcast would do at one instant. `by_reason` adds up to `audience`."""

    version: Version
    at: datetime
    audience: int
    by_reason: dict[str, int]
    would_receive: int
    leaves_at: datetime
    waits_for: str
    limits: tuple[LimitInForce, ...]

    def as_json(self) -> dict:
        return {
            "broadcast": self.version.slug,
            "version": self.version.number,
            "at": self.at.isoformat(),
            "audience": self.audience,
            "by_reason": self.by_reason,
            "would_receive": self.would_receive,
            "would_leave_at": self.leaves_at.astimezone(self.at.tzinfo).isoformat(),
            "waits_for": self.waits_for or None,
            "limits": {limit.slug: limit.number for limit in self.limits},
        }


def forecast(version: Version, *, at: datetime) -> Forecast:
    """Counts by reason if `version` were sent at `at`. Changes nothing. Raises Refusal."""
    plan = plan_for(version, at=at)
    reasons, receive = Counter(), 0
    for chunk in chunks(audience(plan)):
        for verdict in judge(chunk, plan=plan):
            reasons[verdict.reason] += 1
            receive += verdict.accepted
    return Forecast(
        version=version,
        at=at,
        audience=reasons.total(),
        by_reason=dict(sorted(reasons.items(), key=lambda row: (-row[1], row[0]))),
        would_receive=receive,
        leaves_at=plan.leaves_at,
        waits_for=plan.waits_for,
        limits=plan.limits,
    )

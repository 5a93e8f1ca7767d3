"""A real recipient as a test of a limit: what was known of the customer when the limit was asked, and what
it said then."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from flows.broadcasts import limits as kinds
from flows.broadcasts.limits import HELD_BACK, REACHED, WAITS, CompiledLimit
from flows.broadcasts.models import Limit, Recipient
from flows.customers.models import Order
from rules.store.deciding import Decider
from rules.store.models import Version
from rules.store.problems import Refusal
from rules.store.runtime import live_version
from rules.store.testing import StoredTest

# Messages of so long are told, also where the limit looks back less far: a draft may look back further.
TOLD = timedelta(days=31)
MOST_TOLD = 50

OUTCOME_OF = {"limit": HELD_BACK, "quiet_hours": WAITS, "pace": WAITS}


def limits_that_decided(recipient: Recipient) -> list[Version]:
    """Those that held a recipient back or made it wait; if none did, all that let it through."""
    kind, _colon, slug = recipient.reason.partition(":")
    sent_with = {
        version.slug: version
        for version in Version.objects.filter(pk__in=recipient.sending.decided_by.get("limits", []))
    }
    if kind not in OUTCOME_OF:
        return list(sent_with.values())
    found = [version_that_held(recipient, slug, sent_with)]
    found += [
        sent_with.get(other) or live_version(Limit, other) for other in recipient.detail.get("also", [])
    ]
    return [version for version in found if version]


def version_that_held(recipient, slug, sent_with) -> Version | None:
    """It may have gone live after the sending began."""
    if number := recipient.detail.get("version"):
        return Version.objects.of_model(Limit).filter(slug=slug, number=number).first()
    return sent_with.get(slug) or live_version(Limit, slug)


def what_it_said(recipient: Recipient, slug: str) -> str:
    kind, _colon, held_by = recipient.reason.partition(":")
    if slug == held_by and kind in OUTCOME_OF:
        return OUTCOME_OF[kind]
    return HELD_BACK if slug in recipient.detail.get("also", []) else REACHED


def recipient_as_test(recipient: Recipient, version: Version, *, name: str) -> StoredTest:
    """Expects what really happened. Raises Refusal where what was known then cannot be put together again."""
    decider = Decider.of_version(version)
    facts = facts_of_recipient(recipient, version.compiled)
    said = decider.decide(facts)
    if said is None or said["outcome"] != what_it_said(recipient, version.slug):
        if recipient.detail.get("adjusted_by"):
            raise Refusal(
                _(
                    "An adjustment of the customer's region or store decided here, not headquarters' limit. "
                    "Write the test by hand."
                )
            )
        raise Refusal(
            _(
                "What was known when the limit was asked has changed, so this case cannot be told again. "
                "Write the test by hand."
            )
        )
    return StoredTest.make(name=name, facts=decider.only_asked(facts), expected=said)


def facts_of_recipient(recipient: Recipient, limit: CompiledLimit) -> dict:
    """What flows.broadcasts.models.limit_facts reads."""
    sending, at = recipient.sending, asked_at(recipient, limit)
    facts = {"at": at, "channel": sending.channel, "category": sending.category}
    match limit.kind:
        case kinds.CAP:
            facts["messages"] = messages_around(recipient, limit, at)
        case kinds.BOUGHT:
            sales = Order.objects.sales().placed(by=at).filter(customer=recipient.customer_id)
            last = sales.order_by("-placed_at").values_list("placed_at", flat=True).first()
            facts |= {"last_purchase": last} if last else {}
        case kinds.PACE:
            facts["in_all"] = in_front_of(recipient, limit, at)
    return facts


def asked_at(recipient: Recipient, limit: CompiledLimit) -> datetime:
    """The moment for which the limit was asked."""
    waits = recipient.reason.startswith("quiet_hours:")
    chosen = recipient.outcome == Recipient.Outcome.HELD_BACK and "checked" not in recipient.detail
    if (limit.kind == kinds.QUIET and waits) or (limit.kind == kinds.BOUGHT and chosen):
        return recipient.sending.at
    return recipient.counts_at


def messages_around(recipient: Recipient, limit: CompiledLimit, at: datetime) -> list[dict]:
    """What the customer had got and was about to get when the limit was asked, the newest first."""
    period = limit.period_around(at)
    others = Recipient.objects.counting().filter(customer=recipient.customer_id)
    others = others.exclude(sending=recipient.sending_id)
    others = others.filter(counts_at__gte=min(period.start, at - TOLD), counts_at__lte=period.end)
    if recipient.outcome == Recipient.Outcome.HELD_BACK and "checked" not in recipient.detail:
        # Recipients are written in the order in which they are chosen.
        others = others.filter(pk__lt=recipient.pk)
    else:
        others = others.filter(outgoing__created_at__lte=at)
    rows = others.order_by("-counts_at").values_list("counts_at", "sending__channel", "sending__category")
    return [
        {"at": counts_at, "channel": channel, "category": category}
        for counts_at, channel, category in rows[:MOST_TOLD]
    ]


def in_front_of(recipient: Recipient, limit: CompiledLimit, at: datetime) -> int:
    window = limit.period_before(at)
    cleared = Recipient.objects.counting().concerned_by(limit).filter(cleared_at__gte=window.start)
    earlier = cleared.filter(cleared_at__lt=at).count()
    return earlier + cleared.filter(cleared_at=at, pk__lt=recipient.pk).count()

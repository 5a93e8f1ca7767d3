"""The records that `try_real` needs, made by a designer and approved by a reviewer of the demo company."""

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from flows.broadcasts.models import Broadcast, Limit
from flows.customers.models import OrderMapping, Segment
from flows.settlement.models import CommissionPlan, CommissionRate
from rules.store.actions import publish_reviewed_by
from rules.store.models import StoredRecord

SEGMENT = "customers-with-a-sale"
LIMIT = "not-within-7-days-of-buying"
BROADCAST = "news-for-customers"
HOME_COUNTRY = "United Kingdom"
# Slug of a plan: where it rounds, and how.
PLANS = {
    "commission-per-order": ("order", "half_up"),
    "commission-per-line": ("line", "half_up"),
    "commission-per-region": ("statement_and_region", "half_up"),
    "commission-per-line-half-even": ("line", "half_even"),
}


def publish_real_records(mapping: OrderMapping) -> list[str]:
    """Publish what is not there yet. → the short names of the commission plans"""
    people = get_user_model().objects
    author, reviewer = people.get(username="designer"), people.get(username="reviewer")
    for record in (segment(), limit(mapping), broadcast(), *plans(mapping)):
        if not exists(record):
            publish_reviewed_by(record, author=author, reviewer=reviewer)
    return list(PLANS)


def exists(record: StoredRecord) -> bool:
    return type(record).objects.filter(slug=record.slug).exists()


def segment():
    bought = {"all": [{"name": "orders_count", "operator": "greater_than", "value": 0}]}
    return Segment(slug=SEGMENT, name=_("Customers who have bought"), condition=bought)


def limit(mapping):
    return Limit(
        slug=LIMIT,
        name=_("Not within 7 days of buying"),
        kind=Limit.Kind.BOUGHT,
        counted=Limit.Counted.ROLLING,
        length=7,
        unit=Limit.Unit.DAY,
        zone=mapping.time_zone,
    )


def broadcast():
    return Broadcast(
        slug=BROADCAST,
        name=_("News for our customers"),
        segment=SEGMENT,
        channel="console",
        category="service",
        message=_("Dear customer {number}, here is what is new this month."),
        stand_in=_("customer"),
    )


def plans(mapping):
    for slug, (point, mode) in PLANS.items():
        plan = CommissionPlan(
            slug=slug,
            name=slug.replace("-", " ").capitalize(),
            zone=mapping.time_zone,
            currency=mapping.currency,
            rounding_point=point,
            rounding_mode=mode,
            default_rate=12,
            default_region=_("Other countries"),
        )
        at_home = {"all": [{"name": "country", "operator": "equal_to", "value": HOME_COUNTRY}]}
        plan.rates = [CommissionRate(name=HOME_COUNTRY, condition=at_home, percent=15, region=HOME_COUNTRY)]
        yield plan

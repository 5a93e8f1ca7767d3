"""What the demo company has of broadcasts: limits, a lexicon, and one broadcast that was reviewed."""

from datetime import time

from django.utils.translation import gettext as _

from flows.broadcasts.models import Broadcast, Lexicon, LexiconCategory, Limit
from flows.customers.models import Segment
from rules.store.actions import publish_reviewed_by


def make_demo(people):
    """Publish what is not there yet. `people`: accounts by persona."""
    for record in (*limits(), lexicon(), segment(), broadcast()):
        if not type(record).objects.filter(slug=record.slug).exists():
            publish_reviewed_by(record, author=people["designer"], reviewer=people["reviewer"])


def limits():
    """For promotions only: a service notice must reach whoever it concerns."""
    common = {"category": "promotion", "zone": "Asia/Shanghai"}
    yield Limit(
        slug="promotions-1-per-day", name=_("Promotions: 1 per day"), kind=Limit.Kind.CAP, most=1, length=1,
        unit=Limit.Unit.DAY, counted=Limit.Counted.CALENDAR, **common,
    )  # fmt: skip
    yield Limit(
        slug="promotions-2-per-7-days", name=_("Promotions: 2 per 7 days"), kind=Limit.Kind.CAP, most=2,
        length=7, unit=Limit.Unit.DAY, counted=Limit.Counted.ROLLING, **common,
    )  # fmt: skip
    yield Limit(
        slug="promotions-quiet-nights", name=_("Promotions: quiet nights"), kind=Limit.Kind.QUIET,
        quiet_from=time(21), quiet_until=time(9), **common,
    )  # fmt: skip
    yield Limit(
        slug="promotions-bought-7-days", name=_("Promotions: not to whoever bought within 7 days"),
        kind=Limit.Kind.BOUGHT, length=7, unit=Limit.Unit.DAY, counted=Limit.Counted.ROLLING, **common,
    )  # fmt: skip


def lexicon():
    lexicon = Lexicon(slug="house-words", name=_("House words"), fold_numerals=True)
    lexicon.categories = [
        LexiconCategory(
            name=_("Advertising law"),
            action=LexiconCategory.Action.WARN,
            words="最低价\n国家级\n世界级\n最高级\n最佳\n全网第一\n销量第一\n顶级\n绝无仅有\n史无前例",
            allowed="最佳赏味期",
        ),
        LexiconCategory(
            name=_("Outside contacts"),
            action=LexiconCategory.Action.BLOCK,
            words="加微信\n加我微信\n私下转账\n代刷单\n刷单返现",
        ),
    ]
    return lexicon


def segment():
    quiet_for_a_month = [
        {"name": "orders_count", "operator": "greater_than", "value": 0},
        {"name": "days_since_last_order", "operator": "greater_than_or_equal_to", "value": 30},
    ]
    return Segment(
        slug="quiet-for-30-days",
        name=_("Bought before, but not for 30 days"),
        condition={"all": quiet_for_a_month},
    )


def broadcast():
    return Broadcast(
        slug="spring-news",
        name=_("Spring news"),
        segment="quiet-for-30-days",
        channel="console",
        category="promotion",
        message=_("Hello {name}, the spring collection is here. Show this message for a small gift."),
        stand_in=_("dear customer"),
    )

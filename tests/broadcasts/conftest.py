from datetime import UTC, datetime, timedelta

import pytest

from flows.broadcasts import actions
from flows.broadcasts.models import Broadcast, Lexicon, LexiconCategory, Limit
from flows.channels import actions as outbox
from flows.customers.models import Customer, Order, Segment
from rules.store.actions import publish_reviewed_by

# Noon in Shanghai, on a Monday.
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    """Where the console channel writes."""
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def workers_work_when_told(monkeypatch):
    """Tests say when workers work, and at which instant: see `work`."""
    monkeypatch.setattr(outbox, "wake_workers", lambda: None)
    monkeypatch.setattr(actions, "wake_preparers", lambda: None)


@pytest.fixture
def console(data_folder):
    """The lines the console channel has written, as text."""
    return lambda: [
        line for path in data_folder.glob("console.log") for line in path.read_text().splitlines()
    ]


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


@pytest.fixture
def make_customer(db):
    def make_customer(number, **changes):
        fields = {"name": "", "created_at": NOON - timedelta(days=400)}
        return Customer.objects.create(number=str(number), **fields | changes)

    return make_customer


@pytest.fixture
def make_order(db):
    def make_order(customer, placed_at, **changes):
        fields = {"number": f"O{Order.objects.count()}", "currency": "CNY", "kind": "sale"}
        return Order.objects.create(customer=customer, placed_at=placed_at, **fields | changes)

    return make_order


@pytest.fixture
def make_buyers(make_customer, make_order):
    """make_buyers(3): customers "1" to "3", each with a sale a year ago, so that they are in the segment."""

    def make_buyers(count, **changes):
        buyers = [make_customer(number, **changes) for number in range(1, count + 1)]
        for buyer in buyers:
            make_order(buyer, NOON - timedelta(days=365))
        return buyers

    return make_buyers


@pytest.fixture
def buyers_segment(publish):
    bought = {"name": "orders_count", "operator": "greater_than_or_equal_to", "value": 1}
    return publish(Segment(name="Buyers", slug="buyers", condition={"all": [bought]}))


@pytest.fixture
def make_limit(publish):
    """make_limit("one-a-day", kind="cap", most=1, …): a live limit."""

    def make_limit(slug, **fields):
        return publish(Limit(slug=slug, **{"name": slug.replace("-", " "), **fields}))

    return make_limit


@pytest.fixture
def make_lexicon(publish):
    def make_lexicon(slug="words", *, action="block", words="", allowed="", **fields):
        lexicon = Lexicon(name=slug, slug=slug, **fields)
        lexicon.categories = [
            LexiconCategory(name="advertising", action=action, words=words, allowed=allowed)
        ]
        return publish(lexicon)

    return make_lexicon


@pytest.fixture
def make_broadcast(publish, buyers_segment):
    """A live broadcast to the buyers."""

    def make_broadcast(slug="spring", **fields):
        defaults = {"name": slug, "message": "春天来了", "segment": "buyers", "channel": "console"}
        return publish(Broadcast(slug=slug, **defaults | fields))

    return make_broadcast


@pytest.fixture
def send(designer):
    """send("spring", at): start it and let the workers do all they can at that instant. → Sending"""

    def send(slug, at=NOON):
        sending = actions.start_sending(slug=slug, by=designer, at=at, now=at)
        work(at)
        sending.refresh_from_db()
        return sending

    return send


def work(at=NOON):
    """What workers do when they wake up at `at`."""
    actions.prepare_due(clock=lambda: at)
    return outbox.deliver_due(clock=lambda: at)


def reasons(sending):
    return sending.recipients.by_reason()

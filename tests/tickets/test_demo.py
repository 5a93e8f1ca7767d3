from collections import Counter

import pytest

from flows.tickets.demo import make_demo
from flows.tickets.models import Ticket
from rules.store.models import Decision, Version


@pytest.fixture
def demo(designer, reviewer):
    make_demo({"designer": designer, "reviewer": reviewer})


def test_the_demo_is_published_honestly_and_made_once(demo, designer, reviewer):
    assert {version.approved_by for version in Version.objects.all()} == {reviewer}
    before = Ticket.objects.count()
    make_demo({"designer": designer, "reviewer": reviewer})
    assert (Ticket.objects.count(), Version.objects.count()) == (before, 2)
    assert before == 60


def test_each_review_goes_where_it_belongs(demo):
    departments = Counter(Ticket.objects.values_list("department__slug", flat=True))
    red = Ticket.objects.filter(urgency=3)
    assert {ticket.department.slug for ticket in red} == {"quality"}
    assert red.count() == 12
    assert set(Ticket.objects.tagged("表扬").values_list("status", flat=True)) == {"closed"}
    assert Ticket.objects.open().filter(department=None).count() == 0
    assert departments["logistics"] == 9
    assert Decision.objects.count() == Ticket.objects.count()

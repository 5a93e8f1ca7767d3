from flows.broadcasts import actions
from flows.broadcasts.demo import make_demo
from flows.broadcasts.models import Broadcast, Lexicon, Limit
from rules.store.models import Version
from rules.store.runtime import live_versions


def test_the_demo_company_can_send_at_once_and_making_it_twice_changes_nothing(
    designer, reviewer, make_buyers
):
    make_buyers(3)
    people = {"designer": designer, "reviewer": reviewer}
    make_demo(people)
    made = Version.objects.count()
    make_demo(people)
    assert Version.objects.count() == made
    assert len(live_versions(Limit)) == 4
    assert len(live_versions(Lexicon)) == len(live_versions(Broadcast)) == 1
    from tests.broadcasts.conftest import NOON

    assert actions.forecast(slug="spring-news", at=NOON).by_reason == {"accepted": 3}

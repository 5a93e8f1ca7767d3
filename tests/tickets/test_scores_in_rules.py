"""What a scorecard gives is a fact of rules: bound by version, explained by its reasons, the same in SQL."""

import pytest
from django.utils import timezone, translation

from flows.customers.facts import facts_of
from flows.customers.models import Customer, Segment
from flows.tickets.explaining import why_it_came
from rules.store.actions import publish_reviewed_by
from rules.store.decisions import replay
from rules.store.models import Decision, RuleSet, ScoreBand, Scorecard, ScoreRow
from rules.store.scores import published_scores
from tests.tickets.conftest import does

pytestmark = pytest.mark.django_db
RED = does("set_urgency", level="red")


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def publish(designer, reviewer):
    return lambda record: publish_reviewed_by(record, author=designer, reviewer=reviewer)


@pytest.fixture
def scorecard(publish):
    """scorecard("anger", purpose, rows=[(condition, points, reason)], bands=[(name, from)])"""

    def make(slug, purpose, *, rows, bands=()):
        record = Scorecard.objects.filter(slug=slug).first()
        record = record.get_latest_revision_as_object() if record else None
        record = record or Scorecard(name=slug.title(), slug=slug, purpose=purpose)
        record.rows = [
            ScoreRow(
                sort_order=place, name=reason, condition={"all": [condition]}, points=points, reason=reason
            )
            for place, (condition, points, reason) in enumerate(rows)
        ]
        record.bands = [
            ScoreBand(sort_order=place, name=name, begin=begin) for place, (name, begin) in enumerate(bands)
        ]
        return publish(record)

    return make


def leaf(name, operator, value):
    return {"name": name, "operator": operator, "value": value}


LOUD = (leaf("text", "contains", "!"), "20", "an exclamation mark")
LONG = (leaf("text_length", "greater_than", 10), "5", "a long text")
BANDS = [("angry", 20), ("furious", 25)]


@pytest.fixture
def anger(scorecard):
    return scorecard("anger", "tickets", rows=[LOUD, LONG], bands=BANDS)


def test_a_rule_asks_a_score_and_its_band(refund, anger, publish_rules, open_ticket):
    publish_rules(
        [
            (leaf("score_anger", "greater_than_or_equal_to", 25), [RED]),
            (leaf("band_anger", "contains", "angry"), [does("set_urgency", level="amber")]),
        ]
    )
    assert open_ticket("where is it").urgency_colour == "green"
    assert open_ticket("where!").urgency_colour == "amber"
    assert open_ticket("where is my money!").urgency_colour == "red"


def test_the_explanation_of_a_ticket_shows_what_made_up_the_score(
    refund, anger, publish_rules, open_ticket, agent
):
    publish_rules([(leaf("score_anger", "greater_than", 0), [RED])])
    [explained] = why_it_came(open_ticket("where is it now!"), "en", to=agent)
    because = explained.reasons[0].because
    assert "25" in because
    assert "+20: an exclamation mark" in because
    assert "+5: a long text" in because


def test_what_the_scorecard_asked_is_logged_so_the_decision_replays(
    refund, anger, scorecard, publish_rules, open_ticket
):
    publish_rules([(leaf("score_anger", "greater_than", 10), [RED])])
    open_ticket("where!")
    decision = Decision.objects.latest("pk")
    assert {"text", "text_length"} <= set(decision.facts)
    scorecard("anger", "tickets", rows=[LONG])
    assert replay(decision) == decision.outcome


def test_live_rules_keep_the_scorecard_they_went_live_with(
    refund, anger, scorecard, publish_rules, open_ticket
):
    version = publish_rules([(leaf("score_anger", "greater_than", 10), [RED])])
    scorecard("anger", "tickets", rows=[LONG], bands=BANDS)
    assert open_ticket("where!").urgency_colour == "red"
    [sentence] = RuleSet.outdated(version.document)
    assert "“Anger” has a newer version, 2" in sentence


def test_a_scorecard_is_offered_no_score_so_it_cannot_ask_its_own(anger):
    record = Scorecard.objects.get()
    assert "score_anger" not in record.vocabularies()["rules"].variables
    assert "score_anger" in RuleSet(purpose="tickets.routing").vocabularies()["rules"].variables


def test_a_score_that_is_given_in_a_test_counts(refund, anger, publish_rules):
    compiled = publish_rules([(leaf("score_anger", "greater_than", 10), [RED])]).compiled
    assert compiled.decide({"score_anger": 11}).fired
    assert not compiled.decide({"score_anger": 3, "text": "!"}).fired
    assert compiled.decide({"text": "!"}).fired


def test_two_scorecards_that_would_give_one_name_do_not_break_the_page(anger, scorecard):
    scorecard("an-ger", "tickets", rows=[LONG])
    scorecard("an_ger", "tickets", rows=[LOUD])
    assert set(published_scores("tickets")) == {"anger", "an-ger"}
    assert RuleSet(purpose="tickets.routing").vocabularies()["rules"]


def test_a_rule_set_of_before_there_were_scores_still_reads(refund, publish_rules):
    document = publish_rules([(leaf("text", "contains", "x"), [RED])]).document
    assert RuleSet.compile({key: value for key, value in document.items() if key != "scores"}).rules


# Segments: the same score in the database.


@pytest.fixture
def customers(db):
    now = timezone.now()
    for number, (level, phone) in enumerate([("gold", "1"), ("gold", ""), ("", "1"), ("silver", "")]):
        Customer.objects.create(number=f"C{number}", level=level, phone=phone, created_at=now)


VALUE = [
    (leaf("level", "contains", "gold"), "20", "gold"),
    (leaf("has_phone", "is_true", None), "7.5", "can be called"),
]


@pytest.mark.parametrize(
    "asked",
    [
        leaf("score_value", "greater_than_or_equal_to", 20),
        leaf("score_value", "equal_to", 27.5),
        leaf("score_value", "less_than", 7.5),
        leaf("band_value", "contains", "high"),
        leaf("band_value", "does_not_contain", "high"),
        leaf("band_value", "one_of", ["low", "high"]),
        {"none": [leaf("band_value", "contains", "low")]},
    ],
)
def test_a_segment_asks_a_score_in_the_database_as_in_python(asked, customers, scorecard):
    scorecard("value", "customers", rows=VALUE, bands=[("low", 5), ("high", 20)])
    segment = Segment.compile(Segment(condition={"all": [asked]}).document())
    now = timezone.now()
    found = set(segment.customers(at=now).values_list("number", flat=True))
    assert found == {one.number for one in Customer.objects.all() if segment.holds(facts_of(one, at=now))}
    assert 0 < len(found) < 4


def test_a_segment_says_that_points_by_formula_cannot_be_asked_of_the_database(customers, scorecard):
    rows = [(leaf("has_phone", "is_true", None), "[total_spent] / 100", "spent")]
    scorecard("value", "customers", rows=rows)
    segment = Segment(condition={"all": [leaf("score_value", "greater_than", 1)]})
    [problem] = segment.completeness()
    assert "cannot be asked of the database" in problem.sentence.say("en")
    assert "Value" in problem.sentence.say("en")


def test_a_segment_explains_a_score_with_its_reasons(customers, scorecard):
    scorecard("value", "customers", rows=VALUE)
    segment = Segment.compile(Segment(condition={"all": [leaf("score_value", "greater_than", 1)]}).document())
    [_comparison, reasons] = Segment.explain(segment, {"level": "gold", "has_phone": True}, "en")
    assert "27.5" in reasons
    assert "+20: gold" in reasons

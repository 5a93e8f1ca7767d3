"""Routing rules name lexicons. A live rule set keeps the versions it went live with."""

import json
from html import unescape

import pytest
from django.db import models
from django.urls import reverse
from django.utils import translation

from flows.broadcasts.content import lexicons_in_force
from flows.broadcasts.models import Lexicon, LexiconCategory
from flows.organisation.models import Region, Store
from flows.organisation.places import place_of_store
from flows.tickets.models import Ticket
from rules.editor.widgets import token_for, vocabulary_context
from rules.store import runtime
from rules.store.actions import adjust, approve, request_review, retire
from rules.store.decisions import replay
from rules.store.lexicons import published_lexicons
from rules.store.models import Decision, RuleSet, Scorecard, ScoreRow, Version
from rules.store.problems import RecordErrors
from rules.store.runtime import score_of
from rules.store.testing import StoredTest, run_tests
from tests.tickets.conftest import does

RED = does("set_urgency", level="red")


def mentions(*lexicons):
    return {"name": "text", "operator": "mentions_any_of", "value": list(lexicons)}


def complaints(*words):
    record = Lexicon(name="投诉用语", slug="complaints")
    record.categories = [LexiconCategory(sort_order=0, name="食安", action="warn", words="\n".join(words))]
    return record


def newest(model, slug):
    return model.objects.get(slug=slug).get_latest_revision_as_object()


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def lexicon(publish):
    return publish(complaints("变质", "异物"))


@pytest.fixture
def change_words(publish):
    def change_words(*words):
        record = newest(Lexicon, "complaints")
        record.categories = [
            LexiconCategory(sort_order=0, name="食安", action="warn", words="\n".join(words))
        ]
        return publish(record)

    return change_words


@pytest.fixture
def rules(refund, lexicon, publish_rules):
    return publish_rules([(mentions("complaints"), [RED])])


def colour(open_ticket, story):
    return open_ticket(story).urgency_colour


def test_a_ticket_with_a_word_of_the_lexicon_is_routed(rules, open_ticket):
    assert colour(open_ticket, "菜 变-质了") == "red"
    assert colour(open_ticket, "很好吃") == "green"


def test_a_document_keeps_which_version_not_its_words(rules, lexicon):
    assert rules.document["lexicons"] == {
        "complaints": {
            "name": "投诉用语",
            "number": 1,
            "version": lexicon.pk,
            "digest": lexicon.digest,
        }
    }


def test_changing_the_lexicon_changes_nothing_until_the_rules_are_published_again(
    rules, change_words, open_ticket, publish
):
    change_words("发霉")
    # Whatever this process remembers.
    runtime._compiled.clear()
    assert (colour(open_ticket, "变质了"), colour(open_ticket, "发霉了")) == ("red", "green")
    publish(newest(RuleSet, "routing"))
    assert (colour(open_ticket, "变质了"), colour(open_ticket, "发霉了")) == ("green", "red")


def test_asking_for_a_review_of_what_is_live_takes_the_newer_words_over(
    rules, change_words, open_ticket, designer, reviewer
):
    change_words("发霉")
    request_review(record=RuleSet.objects.get(), by=designer)
    approve(record=RuleSet.objects.get(), by=reviewer)
    assert colour(open_ticket, "发霉了") == "red"
    assert RuleSet.outdated(Version.objects.of(RuleSet.objects.get()).current().get().document) == []


def test_a_logged_decision_is_replayed_with_the_words_of_then(rules, change_words, open_ticket, publish):
    ticket = open_ticket("变质了")
    change_words("发霉")
    publish(newest(RuleSet, "routing"))
    runtime._compiled.clear()
    decision = Decision.objects.get(subject=Ticket.objects.get(pk=ticket.pk).subject)
    assert decision.outcome["fired"] == ["1"]
    assert replay(decision) == decision.outcome


def test_compiling_asks_no_table(rules, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert RuleSet.in_words(rules.document, "en")[0].text == (
            "When text of the ticket mentions a word of 投诉用语 (version 1): set urgency to urgent (red)"
        )


def test_the_review_reads_that_another_version_is_taken_over(rules, change_words):
    change_words("发霉")
    draft = newest(RuleSet, "routing")
    differences = RuleSet.differences(rules.document, draft.document(), "en")
    [sentence] = differences.sentences["rules/rule 0"]
    assert "投诉用语 (version 2)" in sentence
    assert "投诉用语 (version 1)" in sentence


def test_without_a_newer_version_nothing_differs(rules):
    draft = newest(RuleSet, "routing")
    assert RuleSet.differences(rules.document, draft.document(), "en").sentences == {"rules/rule 0": []}


def test_the_page_says_that_there_is_a_newer_version(rules, change_words, client_of, designer):
    record = RuleSet.objects.get(slug="routing")
    page = client_of(designer)
    address = reverse(RuleSet.snippet_viewset.get_url_name("edit"), args=[record.pk])
    assert page.get(address).context_data["outdated"] == []
    change_words("发霉")
    answer = page.get(address)
    [sentence] = answer.context_data["outdated"]
    assert "投诉用语" in sentence
    assert sentence in unescape(answer.content.decode())


def test_a_lexicon_that_is_not_live_any_more_is_a_problem_at_the_rule(rules, reviewer, open_ticket, publish):
    retire(record=Lexicon.objects.get(), by=reviewer, reason="old")
    assert colour(open_ticket, "变质了") == "red"
    draft = newest(RuleSet, "routing")
    assert [problem.path for problem in draft.problems()] == [("rules", 0, "condition")]
    with pytest.raises(RecordErrors):
        publish(draft)
    [sentence] = RuleSet.outdated(rules.document)
    assert "not live any more" in sentence


def test_drafts_of_lexicons_cannot_be_named(refund, designer, publish_rules):
    complaints("变质").save()
    assert published_lexicons() == {}
    with pytest.raises(RecordErrors):
        publish_rules([(mentions("complaints"), [RED])])


def test_the_builder_offers_lexicons_and_reads_them_back(rules, client_of, designer):
    record = newest(RuleSet, "routing")
    [printed] = vocabulary_context(record, read_only=False, language="zh-hans")
    offered = printed["data"]["vocabulary"]
    assert offered["lexicons"] == [{"name": "complaints", "label": "投诉用语（第 1 版）"}]
    assert "mentions_any_of" in [row["name"] for row in offered["operators"]["string"]]
    asked = {"token": token_for(record, "rules"), "document": mentions("complaints")}
    answer = client_of(designer).post(
        reverse("rules_read_back"), json.dumps(asked), content_type="application/json"
    )
    assert answer.json()["problems"] == []
    assert "投诉用语" in answer.json()["sentence"]


def test_tests_of_a_rule_set_ask_the_lexicon(rules):
    record = newest(RuleSet, "routing")
    test = StoredTest.make(name="mouldy", facts={"text": "有异物"}, expected={"actions": [RED]})
    record.tests = [test.as_json()]
    [result] = run_tests(record)
    assert result.passed


def test_a_store_may_name_a_lexicon_that_headquarters_do_not(
    refund, lexicon, publish_rules, publish, designer
):
    publish_rules([({"all": []}, [does("add_tag", tag="x")])])
    shop = Store.objects.create(slug="s1", name="S1", region=Region.objects.create(slug="r", name="R"))
    override = adjust(record=RuleSet.objects.get(), place=place_of_store(shop), by=designer)
    override.parts = {"added:1": {"name": "own", "conditions": mentions("complaints"), "actions": [RED]}}
    assert override.problems() == []


# What a lexicon is used for.


def used_for(uses, publish):
    record = newest(Lexicon, "complaints")
    record.used_for = uses
    return publish(record)


def test_rules_are_offered_only_lexicons_that_are_used_for_rules(lexicon, publish):
    assert set(published_lexicons()) == {"complaints"}
    used_for("broadcasts", publish)
    assert published_lexicons() == {}
    used_for("rules", publish)
    assert set(published_lexicons()) == {"complaints"}


def test_broadcasts_are_checked_only_by_lexicons_that_are_used_for_broadcasts(lexicon, publish):
    assert len(lexicons_in_force()) == 1
    used_for("rules", publish)
    assert lexicons_in_force() == []


def test_a_version_of_before_there_was_a_choice_counts_for_both(lexicon):
    document = {key: value for key, value in lexicon.document.items() if key != "used_for"}
    models.QuerySet.update(Version.objects.filter(pk=lexicon.pk), document=document)
    assert set(published_lexicons()) == {"complaints"}
    assert len(lexicons_in_force()) == 1
    assert Lexicon.in_words(document, "en")[-1].text == "broadcasts and rules about tickets"


def test_the_page_says_that_a_lexicon_is_not_used_for_rules_any_more(rules, publish, open_ticket):
    used_for("broadcasts", publish)
    [sentence] = RuleSet.outdated(rules.document)
    assert "is not used for rules any more" in sentence
    assert colour(open_ticket, "菜变质了") == "red"


def test_a_scorecard_over_tickets_may_ask_a_lexicon_and_keeps_its_version(lexicon, publish, change_words):
    card = Scorecard(name="Anger", slug="anger", purpose="tickets")
    card.rows = [ScoreRow(name="words", condition={"all": [mentions("complaints")]}, points="7")]
    version = publish(card)
    assert score_of("anger", {"text": "菜变质了"}).points == 7
    change_words("异物")
    assert score_of("anger", {"text": "菜变质了"}).points == 7
    assert "has a newer version" in Scorecard.outdated(version.document)[0]
